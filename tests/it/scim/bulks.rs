//! Bulks: order, references, failures, limits.

use serde_json::{Value as Json, json};

use super::{names, refused, start};
use crate::scim_stage::{GROUP, PATCH, Target, USER};

const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

async fn bulk(target: &Target, more: Json, operations: Json) -> Vec<Json> {
    let mut body = json!({ "schemas": [BULK], "Operations": operations });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = target.asks("POST", "/Bulk", Some(&body)).await.is(200);
    assert_eq!(answer["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    answer["Operations"].as_array().unwrap().clone()
}

fn post(path: &str, name: &str, data: impl Into<Json>) -> Json {
    let data = data.into();
    json!({ "method": "POST", "path": path, "bulkId": name, "data": data })
}

fn user(name: &str) -> Json {
    post("/Users", name, json!({ "schemas": [USER], "userName": name }))
}

fn statuses(operations: &[Json]) -> Vec<&str> {
    operations.iter().map(|it| it["status"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn many_requests_in_one() {
    let (stage, target) = start().await;
    let lee = target.user("lee").await;
    let group = json!({ "schemas": [GROUP], "displayName": "Eng",
                        "members": [{ "value": "bulkId:kim" }, { "value": lee }] });
    let patch = json!({ "schemas": [PATCH], "Operations": [{ "op": "add", "path": "title", "value": "x" }] });
    let done = bulk(
        &target,
        json!({}),
        json!([
            // It refers to what comes after it.
            post("/Groups", "eng", group),
            user("kim"),
            { "method": "patch", "path": format!("/Users/{lee}"), "data": patch },
            { "method": "PUT", "path": "/Users/bulkId:kim", "data": { "schemas": [USER], "userName": "kim2" } },
            { "method": "PATCH", "path": format!("/Users/{lee}"), "version": "W/\"9\"", "data": patch },
            { "method": "DELETE", "path": format!("/Users/{lee}") },
        ]),
    )
    .await;
    assert_eq!(statuses(&done), ["201", "201", "200", "200", "412", "204"]);
    assert_eq!((&done[0]["method"], &done[0]["bulkId"]), (&json!("POST"), &json!("eng")));
    let base = format!("{}{}", stage.kernia.base(), target.base);
    let at = done[1]["location"].as_str().unwrap();
    assert_eq!(done[3]["location"], at);
    assert!(at.starts_with(&format!("{base}/Users/directory_user_")), "{at}");
    assert_eq!((&done[1]["version"], &done[3]["version"]), (&json!("W/\"1\""), &json!("W/\"2\"")));
    assert_eq!(done[4]["response"]["status"], "412");
    let id = at.rsplit('/').next().unwrap();
    let eng = done[0]["location"].as_str().unwrap().rsplit('/').next().unwrap();
    let told = target.gets(&format!("/Groups/{eng}")).await.is(200);
    assert_eq!(told["members"].as_array().unwrap().len(), 1);
    assert_eq!(told["members"][0]["value"], id);
    assert_eq!(target.names("").await, ["kim2"]);
}

#[tokio::test]
async fn a_circle_of_references_is_closed_when_all_is_made() {
    let (_stage, target) = start().await;
    let enterprise = crate::scim_stage::ENTERPRISE;
    let managed = |name: &str, by: &str| {
        let manager = json!({ "manager": { "value": format!("bulkId:{by}") } });
        post(
            "/Users",
            name,
            json!({ "schemas": [USER, enterprise], "userName": name, enterprise: manager }),
        )
    };
    let done =
        bulk(&target, json!({}), json!([managed("kim", "lee"), managed("lee", "kim")])).await;
    assert_eq!(statuses(&done), ["201", "201"]);
    let ids: Vec<_> = done
        .iter()
        .map(|it| it["location"].as_str().unwrap().rsplit('/').next().unwrap())
        .collect();
    for (one, other) in [(ids[0], ids[1]), (ids[1], ids[0])] {
        let told = target.gets(&format!("/Users/{one}")).await.is(200);
        assert_eq!(told[enterprise]["manager"]["value"], other);
    }
    // Groups in a circle are made, and one of them is told that it may not be.
    let group = |name: &str, member: &str| {
        post(
            "/Groups",
            name,
            json!({ "schemas": [GROUP], "displayName": name,
                                      "members": [{ "value": format!("bulkId:{member}") }] }),
        )
    };
    let done = bulk(&target, json!({}), json!([group("a", "b"), group("b", "a")])).await;
    let mut said = statuses(&done);
    said.sort_unstable();
    assert_eq!(said, ["201", "400"]);
    let done = bulk(&target, json!({}), json!([group("c", "nobody")])).await;
    assert_eq!(statuses(&done), ["400"]);
}

#[tokio::test]
async fn failures_end_it_when_they_are_too_many() {
    let (_stage, target) = start().await;
    target.user("taken").await;
    let operations = json!([user("taken"), user("a"), user("TAKEN"), user("b")]);
    let done = bulk(&target, json!({ "failOnErrors": 2 }), operations.clone()).await;
    assert_eq!(statuses(&done), ["409", "201", "409"]);
    assert_eq!(done[0]["response"]["scimType"], "uniqueness");
    assert_eq!(done[0].get("location"), None);
    assert_eq!(target.names("").await, ["taken", "a"]);
    let done = bulk(&target, json!({}), operations).await;
    assert_eq!(statuses(&done), ["409", "409", "409", "201"]);
    let broken = json!([
        { "method": "GET", "path": "/Users/x" },
        { "method": "POST", "path": "/Users", "data": { "userName": "c" } },
        { "method": "POST", "path": "/Nothing", "bulkId": "n", "data": {} },
        { "method": "PATCH", "path": "/Users/nobody", "data": { "Operations": [{ "op": "remove", "path": "title" }] } },
        { "method": "DELETE", "path": "/Users/nobody" },
    ]);
    assert_eq!(
        statuses(&bulk(&target, json!({}), broken).await),
        ["400", "400", "400", "404", "404"]
    );
}

#[tokio::test]
async fn a_bulk_has_its_limits() {
    let (stage, target) = start().await;
    let said = target.gets("/ServiceProviderConfig").await.is(200)["bulk"].clone();
    let most = usize::try_from(said["maxOperations"].as_u64().unwrap()).unwrap();
    let bytes = usize::try_from(said["maxPayloadSize"].as_u64().unwrap()).unwrap();
    let many: Vec<_> = (0..=most).map(|n| user(&format!("u{n}"))).collect();
    let body = json!({ "schemas": [BULK], "Operations": many });
    refused(&target.asks("POST", "/Bulk", Some(&body)).await, 413, "");
    let large = vec![b' '; bytes + 1];
    refused(&target.asks_raw("POST", "/Bulk", &large).await, 413, "");
    refused(&target.asks_raw("POST", "/Bulk", b"{\"Operations\": 5}").await, 400, "invalidSyntax");
    let twice = json!({ "Operations": [user("a"), user("a")] });
    refused(&target.asks("POST", "/Bulk", Some(&twice)).await, 400, "invalidValue");
    assert_eq!(stage.kernia.database().count("directory_users"), 0);
    // Three megabytes of users are no resource, and a bulk all the same.
    let title = "x".repeat(100_000);
    let large: Vec<_> = (0..30)
        .map(|n| {
            post(
                "/Users",
                &format!("u{n}"),
                json!({ "schemas": [USER], "userName": format!("u{n}"), "title": title }),
            )
        })
        .collect();
    let done = bulk(&target, json!({}), Json::Array(large)).await;
    assert!(statuses(&done).iter().all(|it| *it == "201"));
    assert_eq!(names(&target.gets("/Users?attributes=userName&count=30").await.is(200)).len(), 30);
}
