//! Lists: filters, pages by number and by cursor, order, searches.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{escaped, filtered, names, refused, start};
use crate::scim_stage::{ENTERPRISE, LIST, Stage, Target, USER};

/// Seven people with an address each, who were made a minute apart.
async fn seven() -> (Stage, Target) {
    let (stage, target) = start().await;
    for (n, (name, family, active)) in [
        ("ada", "Byron", true),
        ("Bob", "Éclair", false),
        ("cy", "adams", true),
        ("dot", "Zed", true),
        ("eve", "", false),
        ("50%_off", "Byron", true),
        ("gus", "byron", true),
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = json!({
            "schemas": [USER], "userName": name, "active": active, "externalId": format!("X-{n}"),
            "emails": [{ "type": "work", "value": format!("{name}@c.example"), "primary": true },
                       { "type": "home", "value": format!("{n}@home.example") }],
            ENTERPRISE: { "department": if n < 3 { "R" } else { "S" } },
        });
        if !family.is_empty() {
            body["name"] = json!({ "familyName": family });
        }
        target.makes("/Users", &body).await;
        stage.kernia.advance(Duration::from_mins(1));
    }
    (stage, target)
}

#[tokio::test]
async fn filters_find_what_they_say() {
    let (_stage, target) = seven().await;
    let ada = target.gets(&format!("/Users?{}", filtered("userName eq \"ada\""))).await.is(200);
    let id = ada["Resources"][0]["id"].as_str().unwrap();
    let by_id = format!("id eq \"{id}\"");
    let everybody = ["ada", "Bob", "cy", "dot", "eve", "50%_off", "gus"];
    for (filter, found) in [
        ("userName eq \"ADA\"", &["ada"][..]),
        ("USERNAME Eq \"bob\"", &["Bob"]),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"bob\"", &["Bob"]),
        (&by_id, &["ada"]),
        ("externalId eq \"X-2\"", &["cy"]),
        ("externalId eq \"x-2\"", &[]),
        ("emails eq \"BOB@c.example\"", &["Bob"]),
        ("emails.value eq \"2@home.example\"", &["cy"]),
        ("emails[type eq \"work\"].value eq \"cy@c.example\"", &["cy"]),
        ("emails[type eq \"work\" and value eq \"2@home.example\"]", &[]),
        ("emails[type eq \"home\" and value eq \"2@home.example\"]", &["cy"]),
        ("userName eq \"ada\" and active eq false", &[]),
        ("userName eq \"bob\" and active eq \"False\"", &["Bob"]),
        ("userName eq \"ada\" or externalId eq \"X-3\"", &["ada", "dot"]),
        ("active eq false", &["Bob", "eve"]),
        ("not (active eq true)", &["Bob", "eve"]),
        ("name.familyName eq \"éCLAIR\"", &["Bob"]),
        ("name.familyName sw \"BY\" and (userName co \"o\" or not (userName pr))", &["50%_off"]),
        ("userName co \"%_\"", &["50%_off"]),
        ("userName co \"_\"", &["50%_off"]),
        ("userName sw \"g\" or userName ew \"T\"", &["dot", "gus"]),
        ("name.familyName pr and userName gt \"d\"", &["dot", "gus"]),
        ("not (name pr)", &["eve"]),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"r\"",
            &["ada", "Bob", "cy"],
        ),
        ("meta.created lt \"2026-01-02T04:05:00+01:00\"", &["ada"]),
        ("meta.lastModified ge \"2026-01-02T03:09:05.678Z\"", &["50%_off", "gus"]),
        ("meta.lastModified gt \"2026-01-02T03:09:05.678Z\"", &["gus"]),
        ("userName pr", &everybody),
        ("nobodyKnows eq \"x\"", &[]),
        ("displayName eq \"x\"", &[]),
        ("userName eq \"a\\\"b\\u00e9\"", &[]),
    ] {
        let list = target.gets(&format!("/Users?{}", filtered(filter))).await.is(200);
        assert_eq!(names(&list), found, "{filter}");
        assert_eq!(list["totalResults"], found.len(), "{filter}");
        assert_eq!(list["itemsPerPage"], found.len(), "{filter}");
        // A search says the same.
        let search =
            target.asks("POST", "/Users/.search", Some(&json!({ "filter": filter }))).await;
        assert_eq!(search.is(200), list, "{filter}");
    }
    // `+` is a blank, as providers write it.
    assert_eq!(target.names("filter=userName+eq+%22ada%22&startIndex=1&count=100").await, ["ada"]);
}

#[tokio::test]
async fn filters_that_say_nothing_are_refused() {
    let (_stage, target) = seven().await;
    for filter in [
        "userName eq",
        "userName eq \"a\\u0000\"",
        "userName is \"a\"",
        "(userName eq \"a\"",
        "active gt true",
        "userName eq \"a",
        "password eq \"x\"",
        "password pr",
        "meta.created gt \"yesterday\"",
        "and",
        "userName eq a b",
        "emails[type eq \"work\"",
    ] {
        refused(&target.gets(&format!("/Users?{}", filtered(filter))).await, 400, "invalidFilter");
    }
}

#[tokio::test]
async fn pages_have_numbers() {
    let (_stage, target) = seven().await;
    let all = target.gets("/Users").await.is(200);
    assert_eq!(all["schemas"], json!([LIST]));
    assert_eq!(
        (&all["totalResults"], &all["startIndex"], &all["itemsPerPage"]),
        (&json!(7), &json!(1), &json!(7))
    );
    for (query, start, found) in [
        ("startIndex=2&count=2", 2, &["Bob", "cy"][..]),
        ("startIndex=0&count=1", 1, &["ada"]),
        ("startIndex=-5&count=1", 1, &["ada"]),
        ("startIndex=7", 7, &["gus"]),
        ("startIndex=8", 8, &[]),
        ("startIndex=900719925474099", 900_719_925_474_099_u64, &[]),
        ("count=0", 1, &[]),
        ("count=-1", 1, &[]),
        ("COUNT=1&STARTINDEX=3", 3, &["cy"]),
    ] {
        let list = target.gets(&format!("/Users?{query}")).await.is(200);
        assert_eq!(names(&list), found, "{query}");
        assert_eq!(
            (&list["totalResults"], &list["startIndex"]),
            (&json!(7), &json!(start)),
            "{query}"
        );
        assert_eq!(list["itemsPerPage"], found.len(), "{query}");
    }
    let walked =
        target.gets("/Users?filter=name.familyName%20pr&startIndex=3&count=2").await.is(200);
    assert_eq!(
        (names(&walked), &walked["totalResults"]),
        (vec!["cy".to_owned(), "dot".to_owned()], &json!(6))
    );
    for query in ["startIndex=x", "count=1.5", "count=many"] {
        refused(&target.gets(&format!("/Users?{query}")).await, 400, "invalidValue");
    }
    assert_eq!(target.gets("/Users?count=1000000").await.is(200)["itemsPerPage"], 7);
}

#[tokio::test]
async fn the_pages_of_a_large_list_fit_together() {
    let (stage, target) = start().await;
    // More than a block of places, with holes.
    let mut ids = Vec::new();
    for from in (0..2100).step_by(700) {
        let users: Vec<_> = (from..from + 700)
            .map(|n| {
                json!({ "method": "POST", "path": "/Users", "bulkId": format!("u{n}"),
                             "data": { "schemas": [USER], "userName": format!("u{n:04}") } })
            })
            .collect();
        let made =
            target.asks("POST", "/Bulk", Some(&json!({ "Operations": users }))).await.is(200);
        let made = made["Operations"].as_array().unwrap().clone();
        ids.extend(
            made.iter()
                .map(|it| it["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()),
        );
    }
    for id in ids.iter().take(1100).step_by(3) {
        assert_eq!(target.deletes(&format!("/Users/{id}")).await.status, 204);
    }
    let kept: Vec<String> =
        (0..2100).filter(|n| *n >= 1100 || n % 3 != 0).map(|n| format!("u{n:04}")).collect();
    let (mut by_number, mut start) = (Vec::new(), 1);
    loop {
        let list = target
            .gets(&format!("/Users?count=333&startIndex={start}&attributes=userName"))
            .await
            .is(200);
        assert_eq!(list["totalResults"], kept.len());
        by_number.extend(names(&list));
        start += list["itemsPerPage"].as_u64().unwrap();
        if list["itemsPerPage"] == 0 {
            break;
        }
    }
    assert_eq!(by_number, kept);
    assert_eq!(by_cursor(&target, "count=400&attributes=userName").await, kept);
    // What no index answers is the same, in portions.
    let odd = "filter=not%20(userName%20ew%20%225%22)";
    let fitting: Vec<_> = kept.iter().filter(|it| !it.ends_with('5')).cloned().collect();
    assert_eq!(by_cursor(&target, &format!("count=600&{odd}")).await, fitting);
    let list = target.gets(&format!("/Users?{odd}&startIndex=1000&count=3")).await.is(200);
    assert_eq!(
        (names(&list), &list["totalResults"]),
        (fitting[999..1002].to_vec(), &json!(fitting.len()))
    );
    let blocks = "SELECT SUM(users) FROM directory_user_blocks";
    assert_eq!(stage.kernia.database().number(blocks), i64::try_from(kept.len()).unwrap());
}

/// All pages, from cursor to cursor.
async fn by_cursor(target: &Target, query: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let list = target.gets(&format!("/Users?{query}&cursor={cursor}")).await.is(200);
        assert_eq!(list.get("startIndex"), None);
        found.extend(names(&list));
        let Some(next) = list["nextCursor"].as_str() else { return found };
        next.clone_into(&mut cursor);
    }
}

#[tokio::test]
async fn cursors_are_of_one_question_of_one_directory_for_one_day() {
    let (stage, target) = seven().await;
    let first = target.gets("/Users?cursor=&count=3").await.is(200);
    assert_eq!(names(&first), ["ada", "Bob", "cy"]);
    let cursor = first["nextCursor"].as_str().unwrap();
    assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)), "{cursor}");
    // What is made or deleted meanwhile shifts nothing.
    let query = filtered("userName eq \"ada\"");
    let ada = target.gets(&format!("/Users?{query}")).await.is(200)["Resources"][0]["id"].clone();
    target.deletes(&format!("/Users/{}", ada.as_str().unwrap())).await;
    let second = target.gets(&format!("/Users?cursor={cursor}&count=4")).await.is(200);
    assert_eq!(names(&second), ["dot", "eve", "50%_off", "gus"]);
    assert_eq!(second.get("nextCursor"), None);
    let search = json!({ "cursor": cursor, "count": 1 });
    let third = target.asks("POST", "/Users/.search", Some(&search)).await.is(200);
    assert_eq!(names(&third), ["dot"]);
    let mut altered = cursor.to_owned();
    altered.replace_range(40..41, if &altered[40..41] == "A" { "B" } else { "A" });
    for bad in [
        format!("/Users?cursor={altered}"),
        format!("/Users?cursor={cursor}&filter=userName%20pr"),
        format!("/Users?cursor={cursor}&sortBy=userName"),
        format!("/Groups?cursor={cursor}"),
        "/Users?cursor=abc".to_owned(),
        "/Users?cursor=%20%22".to_owned(),
    ] {
        refused(&target.gets(&bad).await, 400, "invalidCursor");
    }
    let elsewhere = stage.directory().await.gets(&format!("/Users?cursor={cursor}")).await;
    refused(&elsewhere, 400, "invalidCursor");
    refused(&target.gets(&format!("/Users?cursor={cursor}&count=0")).await, 400, "invalidCount");
    stage.kernia.advance(Duration::from_hours(25));
    refused(&target.gets(&format!("/Users?cursor={cursor}")).await, 400, "expiredCursor");
}

#[tokio::test]
async fn lists_are_sorted() {
    let (_stage, target) = seven().await;
    for (query, found) in [
        ("sortBy=userName", ["50%_off", "ada", "Bob", "cy", "dot", "eve", "gus"]),
        (
            "sortBy=USERNAME&sortOrder=descending",
            ["gus", "eve", "dot", "cy", "Bob", "ada", "50%_off"],
        ),
        ("sortBy=name.familyName", ["cy", "ada", "50%_off", "gus", "dot", "Bob", "eve"]),
        (
            "sortBy=name.familyName&sortOrder=descending",
            ["eve", "Bob", "dot", "ada", "50%_off", "gus", "cy"],
        ),
        ("sortBy=emails", ["50%_off", "ada", "Bob", "cy", "dot", "eve", "gus"]),
        (
            "sortBy=meta.created&sortOrder=descending",
            ["gus", "50%_off", "eve", "dot", "cy", "Bob", "ada"],
        ),
    ] {
        assert_eq!(target.names(query).await, found, "{query}");
        assert_eq!(
            target.names(&format!("{query}&startIndex=3&count=2")).await,
            found[2..4],
            "{query}"
        );
        assert_eq!(by_cursor(&target, &format!("{query}&count=2")).await, found, "{query}");
    }
    let few = format!(
        "{}&sortBy=userName&sortOrder=descending",
        filtered("userName eq \"ada\" or userName eq \"cy\"")
    );
    assert_eq!(target.names(&few).await, ["cy", "ada"]);
    refused(&target.gets("/Users?sortBy=password").await, 400, "invalidPath");
    refused(&target.gets("/Users?sortBy=userName&sortOrder=up").await, 400, "invalidValue");
}

#[tokio::test]
async fn users_and_groups_are_searched_together() {
    let (stage, target) = seven().await;
    for name in ["Eng", "Ops"] {
        target.group(name, &[]).await;
        stage.kernia.advance(Duration::from_mins(1));
    }
    let search = |body: Json| {
        let target = target.clone();
        async move { target.asks("POST", "/.search", Some(&body)).await.is(200) }
    };
    let all = search(json!({ "startIndex": 6, "count": 3 })).await;
    assert_eq!(
        (names(&all), &all["totalResults"]),
        (vec!["50%_off".into(), "gus".into(), "Eng".into()], &json!(9))
    );
    let some = search(json!({ "filter": "userName eq \"ada\" or displayName eq \"OPS\"" })).await;
    assert_eq!(names(&some), ["ada", "Ops"]);
    let first = search(json!({ "cursor": "", "count": 7 })).await;
    let next = first["nextCursor"].as_str().unwrap();
    let second = search(json!({ "cursor": next, "count": 7 })).await;
    assert_eq!(
        (names(&second), second.get("nextCursor")),
        (vec!["Eng".into(), "Ops".into()], None)
    );
    let kinds = search(json!({ "filter": "meta.resourceType eq \"Group\"" })).await;
    assert_eq!(names(&kinds), ["Eng", "Ops"]);
    let sorted = search(json!({ "sortBy": "id", "count": 2 })).await;
    assert_eq!(
        (names(&sorted), &sorted["totalResults"]),
        (vec!["Eng".into(), "Ops".into()], &json!(9))
    );
    assert_eq!(names(&target.gets("?startIndex=9").await.is(200)), ["Ops"]);
}

#[tokio::test]
async fn groups_are_listed_and_found() {
    let (stage, target) = start().await;
    let (kim, lee) = (target.user("kim").await, target.user("lee").await);
    for (name, members) in [("Eng", &[kim.as_str(), &lee][..]), ("Ops", &[&kim]), ("eng", &[])] {
        target.group(name, members).await;
        stage.kernia.advance(Duration::from_mins(1));
    }
    let eng = target.gets(&format!("/Groups?{}", filtered("displayName eq \"ENG\""))).await.is(200);
    assert_eq!(names(&eng), ["Eng", "eng"]);
    let id = eng["Resources"][0]["id"].as_str().unwrap();
    for (filter, found) in [
        (format!("members eq \"{kim}\""), &["Eng", "Ops"][..]),
        (format!("members[value eq \"{lee}\"]"), &["Eng"]),
        (format!("id eq \"{id}\" and members eq \"{lee}\""), &["Eng"]),
        (format!("id eq \"{id}\" and members eq \"nobody\""), &[]),
        (format!("id eq \"{id}\" and not (members.value eq \"nobody\")"), &["Eng"]),
        ("members pr".to_owned(), &["Eng", "Ops"]),
        ("not (members pr)".to_owned(), &["eng"]),
        ("members.type eq \"Group\"".to_owned(), &[]),
        ("meta.lastModified gt \"2026-01-02T03:04:05.678Z\"".to_owned(), &["Ops", "eng"]),
    ] {
        let path = format!("/Groups?{}&excludedAttributes=members", filtered(&filter));
        let list = target.gets(&path).await.is(200);
        assert_eq!(names(&list), found, "{filter}");
        assert!(list["Resources"].as_array().unwrap().iter().all(|it| it.get("members").is_none()));
    }
    let all = target.gets("/Groups?startIndex=1&count=2").await.is(200);
    assert_eq!((names(&all), &all["totalResults"]), (vec!["Eng".into(), "Ops".into()], &json!(3)));
    assert_eq!(all["Resources"][0]["members"].as_array().unwrap().len(), 2);
    let by_name = format!("/Groups?sortBy={}", escaped("displayName"));
    assert_eq!(names(&target.gets(&by_name).await.is(200))[2], "Ops");
}
