//! What must not harm: broken, deep and large bodies, filter bombs, thousands of members. The RFCs' words,
//! and nothing half done.

use serde_json::json;

use super::{filtered, refused, start};
use crate::scim_stage::{GROUP, USER};

#[tokio::test]
async fn bodies_that_are_no_resource() {
    let (stage, target) = start().await;
    let kim = format!("/Users/{}", target.user("kim").await);
    let before = stage.kernia.database().contents();
    let deep = format!("{{\"userName\":\"a\",\"x\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
    let wide: Vec<_> = (0..300).map(|n| format!("\"a{n}\":1")).collect();
    let wide = format!("{{\"userName\":\"a\",{}}}", wide.join(","));
    for body in [
        &b""[..],
        b"{",
        b"null",
        b"[]",
        b"{\"userName\":\"a\\u0000b\"}",
        b"{\"userName\":\"a\",\"title\":\"\\u0000\"}",
        b"{\"userName\":\"a\xff\"}",
        b"{\"userName\":\"a\",\"userName\":\"b\"}",
        b"{\"userName\":\"a\",\"username\":\"b\"}",
        b"{\"userName\":\"a\"} {}",
        b"userName=a",
        deep.as_bytes(),
        wide.as_bytes(),
    ] {
        let said = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        for (method, path) in
            [("POST", "/Users"), ("PUT", kim.as_str()), ("PATCH", &kim), ("POST", "/Bulk")]
        {
            let answer = target.asks_raw(method, path, body).await;
            refused(&answer, 400, "invalidSyntax");
            assert!(answer.body.len() < 2000, "{said}");
        }
    }
    assert_eq!(stage.kernia.database().contents(), before);
}

#[tokio::test]
async fn bodies_that_are_too_large() {
    let (stage, target) = start().await;
    let kim = format!("/Users/{}", target.user("kim").await);
    let before = stage.kernia.database().contents();
    let five = json!({ "schemas": [USER], "userName": "x", "title": "y".repeat(5 * 1024 * 1024) })
        .to_string();
    for (method, path) in [
        ("POST", "/Users"),
        ("PUT", &kim),
        ("PATCH", &kim),
        ("POST", "/Users/.search"),
        ("POST", "/Bulk"),
    ] {
        refused(&target.asks_raw(method, path, five.as_bytes()).await, 413, "");
    }
    let half = json!({ "schemas": [USER], "userName": "x", "title": "y".repeat(500 * 1024) });
    refused(&target.asks("POST", "/Users", Some(&half)).await, 413, "");
    let grow = json!([{ "op": "add", "path": "title", "value": "y".repeat(500 * 1024) }]);
    refused(&target.patches(&kim, grow).await, 413, "");
    assert_eq!(stage.kernia.database().contents(), before);
}

#[tokio::test]
async fn filters_that_are_bombs() {
    let (_stage, target) = start().await;
    target.user("kim").await;
    let deep = format!("{}userName pr{}", "(".repeat(500), ")".repeat(500));
    let many = vec!["userName eq \"a\""; 300].join(" or ");
    let nots = format!("{}userName pr{}", "not (".repeat(300), ")".repeat(300));
    let long = format!("userName eq \"{}\"", "a".repeat(5000));
    for filter in [deep, many, nots, long] {
        refused(&target.gets(&format!("/Users?{}", filtered(&filter))).await, 400, "invalidFilter");
        let body = json!({ "filter": filter });
        refused(&target.asks("POST", "/Users/.search", Some(&body)).await, 400, "invalidFilter");
    }
    let attributes = vec!["userName"; 101].join(",");
    refused(&target.gets(&format!("/Users?attributes={attributes}")).await, 400, "invalidValue");
}

#[tokio::test]
async fn ten_thousand_members_in_one_change() {
    let (stage, target) = start().await;
    let mut all = Vec::new();
    for from in (0..10_000).step_by(1000) {
        let users: Vec<_> = (from..from + 1000)
            .map(|n| {
                json!({ "method": "POST", "path": "/Users", "bulkId": format!("u{n}"),
                             "data": { "schemas": [USER], "userName": format!("u{n}") } })
            })
            .collect();
        let made =
            target.asks("POST", "/Bulk", Some(&json!({ "Operations": users }))).await.is(200);
        let made = made["Operations"].as_array().unwrap().clone();
        all.extend(made.iter().map(
            |it| json!({ "value": it["location"].as_str().unwrap().rsplit('/').next().unwrap() }),
        ));
    }
    let group = target.makes("/Groups", &json!({ "schemas": [GROUP], "displayName": "All" })).await;
    let path = format!("/Groups/{group}");
    // One of them is nobody: the others do not wait.
    let mut with_nobody = all.clone();
    with_nobody[9_999] = json!({ "value": "nobody" });
    let add = json!([{ "op": "add", "path": "members", "value": with_nobody }]);
    assert_eq!(target.patches(&path, add).await.status, 204);
    assert_eq!(stage.kernia.database().count("directory_members"), 9_999);
    let add = json!([{ "op": "add", "path": "members", "value": all }]);
    assert_eq!(target.patches(&path, add.clone()).await.status, 204);
    assert_eq!(target.patches(&path, add).await.header("etag"), Some("W/\"3\""));
    let told = target.gets(&path).await.is(200);
    assert_eq!(told["members"].as_array().unwrap().len(), 10_000);
    let few = json!([{ "op": "replace", "path": "members", "value": all[..3] }]);
    assert_eq!(target.patches(&path, few).await.is(200)["members"].as_array().unwrap().len(), 3);
    assert_eq!(stage.kernia.database().number("SELECT members FROM directory_groups"), 3);
}
