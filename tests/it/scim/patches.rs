//! Changes end to end: every kind of path, all or nothing, and what providers really send.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{refused, start};
use crate::scim_stage::{ENTERPRISE, Stage, Target, USER};

async fn kim() -> (Stage, Target, String) {
    let (stage, target) = start().await;
    let body = json!({
        "schemas": [USER], "userName": "kim@c.example", "title": "Engineer",
        "name": { "givenName": "Kim", "familyName": "Ng" },
        "emails": [{ "type": "work", "value": "kim@c.example", "primary": true },
                   { "type": "home", "value": "kim@home.example" }],
    });
    let id = target.makes("/Users", &body).await;
    (stage, target, format!("/Users/{id}"))
}

/// Makes one change after another, and looks for what each of them did.
async fn leads(target: &Target, path: &str, table: &[(Json, &str, Json)]) {
    for (operation, at, after) in table {
        let mut told = target.patches(path, json!([operation])).await.is(200);
        told["x"] = told[ENTERPRISE].take();
        let found = told.pointer(at).cloned().unwrap_or_default();
        // Of two primary ones, the newer stays.
        let found = if found == json!(false) && after.is_null() { Json::Null } else { found };
        assert_eq!(&found, after, "{operation}: {told}");
    }
}

#[tokio::test]
async fn every_path_leads_somewhere() {
    let (_stage, target, path) = kim().await;
    let department = format!("{ENTERPRISE}:department");
    let table = [
        (json!({ "op": "ADD", "path": "nickName", "value": "K" }), "/nickName", json!("K")),
        (
            json!({ "op": "replace", "path": "NAME.givenName", "value": "Kimberly" }),
            "/name",
            json!({ "givenName": "Kimberly", "familyName": "Ng" }),
        ),
        (
            json!({ "op": "replace", "path": "name", "value": { "middleName": "J" } }),
            "/name/familyName",
            json!("Ng"),
        ),
        (
            json!({ "op": "replace", "path": "emails[type eq \"home\"].value", "value": "k@h.example" }),
            "/emails/1/value",
            json!("k@h.example"),
        ),
        (
            json!({ "op": "add", "path": "emails", "value": [{ "type": "other", "value": "o@c.example", "primary": true }] }),
            "/emails/0/primary",
            Json::Null,
        ),
        (json!({ "op": "remove", "path": "emails[type eq \"other\"]" }), "/emails/2", Json::Null),
        (json!({ "op": "add", "path": department, "value": "R1" }), "/x/department", json!("R1")),
        (
            json!({ "op": "add", "path": format!("{ENTERPRISE}.costCenter"), "value": "7" }),
            "/x/costCenter",
            json!("7"),
        ),
        (
            json!({ "op": "add", "path": format!("{ENTERPRISE}:manager"), "value": "m-1" }),
            "/x/manager/value",
            json!("m-1"),
        ),
    ];
    leads(&target, &path, &table).await;
}

#[tokio::test]
async fn what_providers_write_in_their_own_way_leads_there_too() {
    let (_stage, target, path) = kim().await;
    let table = [
        (json!({ "op": "remove", "path": ENTERPRISE }), "/x", Json::Null),
        (json!({ "op": "remove", "path": "title" }), "/title", Json::Null),
        (
            json!({ "op": "replace", "value": { "displayName": "Kim", "name.givenName": "Kim",
                 "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division": "D" } }),
            "/x/division",
            json!("D"),
        ),
        (json!({ "op": "Replace", "path": "active", "value": "False" }), "/active", json!(false)),
        (json!({ "op": "replace", "value": { "active": true } }), "/active", json!(true)),
        (
            json!({ "op": "Add", "path": "roles[primary eq \"True\"].value", "value": "admin" }),
            "/roles/0/value",
            json!("admin"),
        ),
        (
            json!({ "op": "Add", "path": "addresses[type eq \"work\"].country", "value": "NO" }),
            "/addresses/0/country",
            json!("NO"),
        ),
        (
            json!({ "op": "Add", "path": "addresses[type eq \"work\"].locality", "value": "Oslo" }),
            "/addresses/0/locality",
            json!("Oslo"),
        ),
    ];
    leads(&target, &path, &table).await;
    let told = target.gets(&path).await.is(200);
    assert_eq!(told["addresses"].as_array().unwrap().len(), 1);
    assert_eq!(told["name"]["givenName"], "Kim");
    assert_eq!(told.get("name.givenName"), None, "no dotted name is kept");
}

#[tokio::test]
async fn all_of_a_change_or_nothing() {
    let (stage, target, path) = kim().await;
    let before = stage.kernia.database().contents();
    for (operation, word) in [
        (json!({ "op": "replace", "path": "nothing", "value": "x" }), "invalidPath"),
        (json!({ "op": "replace", "path": "emails[type eq", "value": "x" }), "invalidFilter"),
        (json!({ "op": "remove" }), "noTarget"),
        (
            json!({ "op": "replace", "path": "emails[type eq \"none\"]", "value": { "value": "x@c.example" } }),
            "noTarget",
        ),
        (json!({ "op": "remove", "path": "userName" }), "invalidValue"),
        (json!({ "op": "replace", "path": "userName", "value": "" }), "invalidValue"),
        (json!({ "op": "replace", "path": "id", "value": "x" }), "mutability"),
        (json!({ "op": "jump", "path": "title", "value": "x" }), "invalidSyntax"),
        (json!({ "op": "add", "path": "title" }), "invalidValue"),
        (json!("add"), "invalidSyntax"),
    ] {
        let first = json!({ "op": "replace", "path": "title", "value": "Boss" });
        let answer = target.patches(&path, json!([first, operation])).await;
        assert_eq!(answer.status, 400, "{operation}");
        let said = answer.json()["scimType"].as_str().unwrap().to_owned();
        let either = word == "invalidValue" && said == "mutability";
        assert!(said == word || either, "{operation}: {said}");
    }
    refused(&target.patches(&path, json!([])).await, 400, "invalidSyntax");
    let other =
        json!({ "schemas": ["urn:nothing"], "Operations": [{ "op": "remove", "path": "title" }] });
    refused(&target.asks("PATCH", &path, Some(&other)).await, 400, "invalidSyntax");
    assert_eq!(stage.kernia.database().contents(), before);
}

#[tokio::test]
async fn what_changes_nothing_is_no_change() {
    let (stage, target, path) = kim().await;
    let made = target.gets(&path).await.is(200);
    stage.kernia.advance(Duration::from_mins(1));
    for operations in [
        json!([{ "op": "replace", "path": "title", "value": "Engineer" }]),
        json!([{ "op": "add", "path": "emails", "value": [{ "type": "home", "value": "kim@home.example" }] }]),
        json!([{ "op": "replace", "path": "active", "value": "True" }]),
        json!([{ "op": "remove", "path": "nickName" }]),
        json!([{ "op": "replace", "path": "title", "value": "X" }, { "op": "replace", "path": "title", "value": "Engineer" }]),
    ] {
        assert_eq!(target.patches(&path, operations.clone()).await.is(200), made, "{operations}");
    }
    let changed = target
        .patches(&path, json!([{ "op": "add", "path": "title", "value": "B" }]))
        .await
        .is(200);
    assert_eq!(changed["meta"]["version"], "W/\"2\"");
    assert_eq!(changed["meta"]["lastModified"], "2026-01-02T03:05:05.678Z");
}

#[tokio::test]
async fn what_is_looked_for_follows_what_is_changed() {
    let (stage, target, path) = kim().await;
    let counts = || {
        let text = |column: &str| {
            stage.kernia.database().number(&format!("SELECT {column} FROM directories"))
        };
        (text("active_users"), text("inactive_users"))
    };
    assert_eq!(counts(), (1, 0));
    let operations = json!([
        { "op": "replace", "path": "userName", "value": "Kim2@c.example" },
        { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "kim2@c.example" },
        { "op": "add", "path": "externalId", "value": "u-2" },
        { "op": "replace", "path": "active", "value": false },
    ]);
    target.patches(&path, operations).await.is(200);
    assert_eq!(counts(), (0, 1));
    for (filter, hits) in [
        ("userName eq \"kim2@C.example\"", 1),
        ("userName eq \"kim@c.example\"", 0),
        ("emails eq \"kim2@c.example\"", 1),
        ("emails eq \"kim@c.example\"", 0),
        ("emails eq \"kim@home.example\"", 1),
        ("externalId eq \"u-2\"", 1),
        ("active eq false", 1),
    ] {
        assert_eq!(target.names(&super::filtered(filter)).await.len(), hits, "{filter}");
    }
    target.user("kim@c.example").await;
    assert_eq!(counts(), (1, 1));
    assert_eq!(target.deletes(&path).await.status, 204);
    assert_eq!(counts(), (1, 0));
}
