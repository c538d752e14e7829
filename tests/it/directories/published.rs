//! What a provider said in SCIM is told to applications in WorkOS's words.

use super::*;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn ids(list: &Value) -> Vec<String> {
    let data = list["data"].as_array().unwrap();
    data.iter().map(|one| text(one, "id").to_owned()).collect()
}

/// The pages of a list, one after the other.
async fn pages(app: &Application, path: &str, order: &str) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("{path}&limit=2&order={order}{after}");
        let page = app.gets(&path).await.is(200);
        found.extend(ids(&page));
        let Some(next) = page["list_metadata"]["after"].as_str() else { return found };
        after = format!("&after={next}");
    }
}

#[tokio::test]
async fn a_user_is_shown_with_everything_that_sdks_read() {
    let stage = Stage::set().await;
    let directory = stage.directory().await;
    let grace = directory.user("grace@acme.test").await;
    let said = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "userName": "ada", "externalId": "00u7k2", "active": false, "title": "Analyst",
        "userType": "full", "password": "planted-password",
        "name": { "givenName": "Ada", "familyName": "Byron" },
        "emails": [
            { "value": "ada@home.test", "type": "home" },
            { "value": "ada@acme.test", "type": "work", "primary": true },
        ],
        ENTERPRISE: {
            "department": "R&D", "costCenter": "7", "division": "Engines",
            "manager": { "value": text(&grace, "id") },
        },
    });
    let ada = directory.posts("/Users", said.clone()).await;
    let group = directory.group("Engineers", &[text(&ada, "id")]).await;
    let now = stage.kernia.clock.now().to_string();
    let shown_group = json!({
        "object": "directory_group", "id": group["id"], "idp_id": group["id"],
        "directory_id": directory.id, "organization_id": stage.organization,
        "name": "Engineers",
        "raw_attributes": {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Engineers",
        },
        "created_at": now, "updated_at": now,
    });
    let mut raw = said.clone();
    raw.as_object_mut().unwrap().remove("password");
    let path = format!("/directory_users/{}", text(&ada, "id"));
    let shown = stage.app.gets(&path).await.is(200);
    let expected = json!({
        "object": "directory_user", "id": ada["id"], "directory_id": directory.id,
        "organization_id": stage.organization, "idp_id": "00u7k2", "email": "ada@acme.test",
        "first_name": "Ada", "last_name": "Byron", "name": "Ada Byron",
        "emails": [
            { "primary": false, "type": "home", "value": "ada@home.test" },
            { "primary": true, "type": "work", "value": "ada@acme.test" },
        ],
        "job_title": "Analyst", "username": "ada", "state": "inactive",
        "custom_attributes": {
            "cost_center_name": "7", "department_name": "R&D", "division_name": "Engines",
            "employee_type": "full", "job_title": "Analyst", "username": "ada",
            "manager_email": "grace@acme.test", "emails": said["emails"],
        },
        "raw_attributes": raw, "role": { "slug": "member" }, "roles": [{ "slug": "member" }],
        "groups": [shown_group], "created_at": now, "updated_at": now,
    });
    assert_eq!(shown, expected);
    let list =
        stage.app.gets(&format!("/directory_users?directory={}", directory.id)).await.is(200);
    assert_eq!(
        list["data"].as_array().unwrap().iter().find(|one| one["idp_id"] == "00u7k2"),
        Some(&shown)
    );
    let path = format!("/directory_groups/{}", text(&group, "id"));
    assert_eq!(stage.app.gets(&path).await.is(200), shown_group);
}

#[tokio::test]
async fn lists_run_in_pages_and_find_one_person() {
    let stage = Stage::set().await;
    let (directory, other) = (stage.directory().await, stage.directory().await);
    let mut users = Vec::new();
    for nth in 0..5 {
        let user = directory.user(&format!("user{nth}@acme.test")).await;
        users.push(text(&user, "id").to_owned());
        stage.kernia.advance(std::time::Duration::from_millis(2));
    }
    let stranger = other.user("user1@acme.test").await;
    let members: Vec<_> = users.iter().take(3).map(String::as_str).collect();
    let group = directory.group("Three", &members).await;
    let second = directory.group("One", &members[..1]).await;
    let app = &stage.app;
    let of = format!("/directory_users?directory={}", directory.id);
    assert_eq!(pages(app, &of, "asc").await, users);
    let reversed: Vec<_> = users.iter().rev().cloned().collect();
    assert_eq!(pages(app, &of, "desc").await, reversed);
    let of_group = format!("/directory_users?group={}", text(&group, "id"));
    assert_eq!(pages(app, &of_group, "asc").await, users[..3]);
    assert_eq!(pages(app, &of_group, "desc").await, reversed[2..]);
    let groups = [text(&group, "id").to_owned(), text(&second, "id").to_owned()];
    let of_user = format!("/directory_groups?user={}", users[0]);
    let mut found = pages(app, &of_user, "asc").await;
    found.sort();
    let mut expected = groups.to_vec();
    expected.sort();
    assert_eq!(found, expected);
    let all = pages(app, &format!("/directory_groups?directory={}", directory.id), "asc").await;
    assert_eq!(all.len(), 2);

    for (query, expected) in [
        ("&email=USER1@acme.test", &users[1..2]),
        ("&email=nobody@acme.test", &[]),
        (&format!("&idp_id={}", users[2]), &users[2..3]),
        (&format!("&idp_id={}", text(&stranger, "id")), &[]),
        (&format!("&idp_id={}&email=user1@acme.test", users[2]), &[]),
    ] {
        assert_eq!(ids(&app.gets(&format!("{of}{query}")).await.is(200)), expected, "{query}");
    }
    let elsewhere = format!("{of_group}&directory={}", other.id);
    assert_eq!(ids(&app.gets(&elsewhere).await.is(200)), Vec::<String>::new());
    for path in ["/directory_users", "/directory_groups", "/directory_users?email=a@acme.test"] {
        app.gets(path).await.is(422);
    }
    for path in [
        "/directory_users?directory=directory_nobody",
        "/directory_users?group=directory_group_nobody",
        "/directory_groups?user=directory_user_nobody",
        "/directory_users/directory_user_nobody",
        "/directory_groups/a%20b",
    ] {
        app.gets(path).await.is(404);
    }
}
