//! A directory is made, seen, changed, and used for the first time.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn a_directory_is_made_and_both_apis_show_it() {
    let stage = Stage::set().await;
    let body = json!({
        "organization_id": stage.organization, "name": "Acme staff", "type": "okta scim v2.0",
    });
    let made = stage.app.posts(DIRECTORIES, body).await.is(201);
    let key = text(&made, "external_key");
    assert!(key.len() == 16 && key.bytes().all(|b| b.is_ascii_alphanumeric()), "{key}");
    assert_eq!(made["scim_url"], format!("{}/scim/v2/{key}", stage.kernia.base()));
    assert!(text(&made, "scim_token").starts_with("scim_"));
    let now = stage.kernia.clock.now().to_string();
    let id = text(&made, "id");
    assert!(id.starts_with("directory_"), "{id}");
    let published = json!({
        "object": "directory", "id": id, "organization_id": stage.organization,
        "external_key": key, "type": "okta scim v2.0", "state": "unlinked", "name": "Acme staff",
        "domain": "acme.test",
        "metadata": { "users": { "active": 0, "inactive": 0 }, "groups": 0 },
        "created_at": now, "updated_at": now,
    });
    assert_eq!(stage.app.gets(&format!("/directories/{id}")).await.is(200), published);
    let list = stage.app.gets("/directories").await.is(200);
    assert_eq!(list["data"], json!([published]));
    assert_eq!(list["list_metadata"], json!({ "before": null, "after": null }));

    let shown = stage.app.gets(&format!("{DIRECTORIES}/{id}")).await.is(200);
    assert!(shown.get("scim_token").is_none(), "it is shown once");
    let token = &shown["tokens"][0];
    let ending = text(&made, "scim_token").split_at(44).1;
    assert_eq!(text(token, "obfuscated_value"), format!("scim_…{ending}"));
    assert_eq!((&token["expires_at"], &token["last_used_at"]), (&Value::Null, &Value::Null));
    assert_eq!(shown["last_request_at"], Value::Null);

    stage.kernia.advance(Duration::from_secs(5));
    let change = json!({ "name": "All of Acme", "type": "azure scim v2.0" });
    let changed = stage.app.patches(&format!("{DIRECTORIES}/{id}"), change).await.is(200);
    assert_eq!(
        (text(&changed, "name"), text(&changed, "type")),
        ("All of Acme", "azure scim v2.0")
    );
    assert_eq!(changed["external_key"], key, "its address is its own for ever");
    assert_ne!(changed["updated_at"], changed["created_at"]);
    let sync = stage.app.posts(&format!("/directories/{id}/sync"), json!({})).await;
    assert_eq!(sync.is(202), json!({ "status": "queued" }));
}

#[tokio::test]
async fn lists_are_filtered_and_run_in_pages() {
    let stage = Stage::set().await;
    let other = stage.app.organization("globex.test").await;
    let mut made = Vec::new();
    for (organization, name) in
        [(&stage.organization, "One"), (&other, "Two"), (&stage.organization, "Three of ONE")]
    {
        let body = json!({ "organization_id": organization, "name": name });
        made.push(text(&stage.app.posts(DIRECTORIES, body).await.is(201), "id").to_owned());
        stage.kernia.advance(Duration::from_millis(1));
    }
    for (query, found) in [
        ("", &[2, 1, 0][..]),
        ("?order=asc", &[0, 1, 2]),
        ("?search=one", &[2, 0]),
        ("?domain=ACME.test", &[2, 0]),
        ("?domain=nobody.test", &[]),
        (&format!("?organization_id={other}"), &[1]),
        (&format!("?organization_id={other}&domain=acme.test"), &[]),
        ("?organization_id=org_nobody", &[]),
        ("?limit=2", &[2, 1]),
        (&format!("?limit=2&after={}", made[1]), &[0]),
        (&format!("?before={}", made[0]), &[2, 1]),
    ] {
        let list = stage.app.gets(&format!("/directories{query}")).await.is(200);
        let ids: Vec<_> =
            list["data"].as_array().unwrap().iter().map(|one| text(one, "id")).collect();
        let expected: Vec<_> = found.iter().map(|nth| made[*nth].as_str()).collect();
        assert_eq!(ids, expected, "{query}");
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_its_reason() {
    let stage = Stage::set().await;
    let organization = stage.organization.as_str();
    for (body, status, code) in [
        (json!({}), 422, "required"),
        (json!({ "organization_id": "org_nobody" }), 404, "entity_not_found"),
        (json!({ "organization_id": organization, "name": "" }), 422, "label_empty"),
        (json!({ "organization_id": organization, "type": "ldap" }), 422, "invalid_directory_type"),
        (
            json!({ "organization_id": organization, "type": "gsuite directory" }),
            422,
            "directory_type_unsupported",
        ),
        (json!({ "organization_id": organization, "external_key": "mine" }), 422, "invalid_type"),
    ] {
        let refused = stage.app.posts(DIRECTORIES, body.clone()).await;
        assert_eq!(refused.code(status), code, "{body}");
    }
    assert_eq!(stage.kernia.database().count("directories"), 0);
    let directory = stage.directory().await;
    let pulled = json!({ "type": "workday" });
    let refused = stage.app.patches(&format!("{DIRECTORIES}/{}", directory.id), pulled).await;
    assert_eq!(refused.code(422), "directory_type_unsupported");
    for path in ["/directories/directory_nobody", "/kernia/v1/directories/directory_nobody/tokens"]
    {
        stage.app.gets(path).await.is(404);
    }
}

#[tokio::test]
async fn a_directory_comes_to_life_with_its_first_requests() {
    let mut stage = Stage::set().await;
    let directory = stage.directory().await;
    assert_eq!(stage.shows(&directory).await["state"], "unlinked");
    assert_eq!(directory.with("scim_of-somebody-else").await, 401);
    stage.jobs_run().await;
    let shown = stage.shows(&directory).await;
    assert_eq!((text(&shown, "state"), &shown["refused_tokens"]), ("unlinked", &json!(1)));

    stage.kernia.advance(Duration::from_secs(3));
    assert_eq!(directory.with(&directory.token).await, 200);
    let at = stage.kernia.clock.now().to_string();
    stage.jobs_run().await;
    let shown = stage.shows(&directory).await;
    assert_eq!((text(&shown, "state"), text(&shown, "last_request_at")), ("validating", &*at));
    assert_eq!(shown["tokens"][0]["last_used_at"], at);

    directory.user("ada@acme.test").await;
    let shown = stage.shows(&directory).await;
    assert_eq!(shown["state"], "linked");
    assert_eq!(shown["metadata"]["users"], json!({ "active": 1, "inactive": 0 }));
    let before = stage.shows(&directory).await;
    stage.kernia.restart().await;
    assert_eq!(stage.shows(&directory).await, before);
    assert_eq!(directory.with(&directory.token).await, 200);
}
