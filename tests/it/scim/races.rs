//! Who comes at the same time: of two users with one name there is one; of two changes of one version
//! one is made; of many who join nobody is lost.

use serde_json::json;

use super::start;
use crate::scim_stage::{PATCH, USER};

#[tokio::test]
async fn of_many_with_one_name_there_is_one() {
    let (stage, target) = start().await;
    let tasks: Vec<_> = (0..24)
        .map(|n| {
            let target = target.clone();
            let name = if n % 2 == 0 { "Kim" } else { "kim" };
            let body = json!({ "schemas": [USER], "userName": name, "emails": [{ "value": "k@c.example" }] });
            tokio::spawn(async move { target.asks("POST", "/Users", Some(&body)).await.status })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        match task.await.unwrap() {
            201 => made += 1,
            status => assert_eq!(status, 409),
        }
    }
    assert_eq!(made, 1);
    let database = stage.kernia.database();
    for table in ["directory_users", "directory_user_emails", "directory_user_blocks"] {
        assert_eq!(database.count(table), 1, "{table}");
    }
    assert_eq!(database.number("SELECT active_users FROM directories"), 1);
}

#[tokio::test]
async fn of_many_at_one_version_one_is_made() {
    let (_stage, target) = start().await;
    let path = format!("/Users/{}", target.user("kim").await);
    let tasks: Vec<_> = (0..16)
        .map(|n| {
            let (target, path) = (target.clone(), path.clone());
            tokio::spawn(async move {
                let body = json!({ "schemas": [PATCH],
                                   "Operations": [{ "op": "replace", "path": "title", "value": format!("t{n}") }] });
                let at = [("if-match".to_owned(), "W/\"1\"".to_owned())];
                target.asks_with("PATCH", &path, &at, Some(&body)).await.status
            })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        match task.await.unwrap() {
            200 => made += 1,
            status => assert_eq!(status, 412),
        }
    }
    assert_eq!(made, 1);
    assert_eq!(target.gets(&path).await.header("etag"), Some("W/\"2\""));
}

#[tokio::test]
async fn who_joins_beside_others_is_not_lost() {
    let (stage, target) = start().await;
    let group = format!("/Groups/{}", target.group("Eng", &[]).await);
    let tasks: Vec<_> = (0..16)
        .map(|n| {
            let (target, group) = (target.clone(), group.clone());
            tokio::spawn(async move {
                let user = target.user(&format!("u{n}")).await;
                let add = json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]);
                target.patches(&group, add).await.is(200);
                if n % 4 == 0 {
                    assert_eq!(target.deletes(&format!("/Users/{user}")).await.status, 204);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let told = target.gets(&group).await.is(200);
    assert_eq!(told["members"].as_array().unwrap().len(), 12);
    assert_eq!(told["meta"]["version"], "W/\"21\"", "sixteen joined and four left");
    assert_eq!(stage.kernia.database().number("SELECT members FROM directory_groups"), 12);
}
