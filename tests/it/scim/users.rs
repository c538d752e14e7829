//! Users: made, told, replaced, deleted; versions; what of them is told.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{filtered, refused, start};
use crate::scim_stage::{ENTERPRISE, USER};

/// Everything that a user can have (requirements 5, 7).
fn whole() -> Json {
    let several =
        |value: &str| json!([{ "value": value, "type": "work", "primary": true, "display": "D" }]);
    json!({
        "schemas": [USER, ENTERPRISE],
        "userName": "Kim@C.example", "externalId": "u-481",
        "name": { "formatted": "Dr Kim Ng", "familyName": "Ng", "givenName": "Kim",
                  "middleName": "J", "honorificPrefix": "Dr", "honorificSuffix": "II" },
        "displayName": "Kim", "nickName": "K", "profileUrl": "https://c.example/kim",
        "title": "Engineer", "userType": "Employee", "preferredLanguage": "en", "locale": "en-GB",
        "timezone": "Europe/Oslo", "active": true, "password": "t1meMa$heen",
        "emails": several("kim@c.example"), "phoneNumbers": several("+47 1"),
        "ims": several("kim"), "photos": several("https://c.example/kim.png"),
        "addresses": [{ "type": "work", "country": "NO", "locality": "Oslo" }],
        "entitlements": several("e"), "roles": several("admin"),
        "x509Certificates": [{ "value": "AAAA" }],
        ENTERPRISE: { "employeeNumber": "7", "costCenter": "1", "organization": "C",
                      "division": "D", "department": "R", "manager": { "value": "m-1" } },
        "urn:example:custom:2.0:User": { "badge": "b-7", "floors": [1, 2] },
        "favouriteColour": "green",
    })
}

#[tokio::test]
async fn a_user_keeps_all_that_was_said_but_the_password() {
    let (stage, target) = start().await;
    let answer = target.asks("POST", "/Users", Some(&whole())).await;
    assert!(answer.content_type().starts_with("application/scim+json"));
    let location = answer.header("location").unwrap().to_owned();
    let tag = answer.header("etag").unwrap().to_owned();
    let made = answer.is(201);
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("directory_user_"), "{id}");
    let at = "2026-01-02T03:04:05.678Z";
    let base = format!("{}{}", stage.kernia.base(), target.base);
    assert_eq!(
        made["meta"],
        json!({ "resourceType": "User", "created": at, "lastModified": at,
                "location": format!("{base}/Users/{id}"), "version": "W/\"1\"" })
    );
    assert_eq!(
        (made["meta"]["location"].as_str(), tag.as_str()),
        (Some(location.as_str()), "W/\"1\"")
    );
    let (mut said, mut kept) = (whole(), made.clone());
    said.as_object_mut().unwrap().remove("password");
    for own in ["id", "meta"] {
        kept.as_object_mut().unwrap().remove(own);
    }
    let schemas = kept["schemas"].take();
    assert!(schemas.as_array().unwrap().contains(&json!(ENTERPRISE)), "{schemas}");
    assert_eq!(schemas[0], USER);
    said["schemas"] = Json::Null;
    assert_eq!(kept, said);
    let found = target.gets(&format!("/Users/{id}")).await;
    assert_eq!(found.header("etag"), Some("W/\"1\""));
    assert_eq!(found.is(200), made);
    // The alias, and a slash at the end, are the same place.
    let alias =
        crate::scim_stage::Target { base: target.base.replace("/v2/", "/v2.0/"), ..target.clone() };
    for path in [format!("/Users/{id}"), format!("/Users/{id}/")] {
        assert_eq!(alias.gets(&path).await.is(200), made);
        assert_eq!(target.gets(&path).await.is(200), made);
    }
    for (_, rows) in stage.kernia.database().contents() {
        assert!(!rows.iter().any(|row| row.contains("t1meMa$heen")));
    }
}

#[tokio::test]
async fn what_the_server_knows_is_not_the_clients_to_say() {
    let (_stage, target) = start().await;
    let body = json!({ "schemas": [USER], "userName": "kim", "id": "mine", "groups": [{ "value": "g" }],
                       "meta": { "created": "2001-01-01T00:00:00Z", "version": "W/\"99\"" } });
    let made = target.asks("POST", "/Users", Some(&body)).await.is(201);
    let id = made["id"].as_str().unwrap();
    assert_ne!(id, "mine");
    assert_eq!(made["meta"]["version"], "W/\"1\"");
    assert_eq!(made.get("groups"), None);
    assert_eq!(made["active"], true, "where nobody says no");
    let path = format!("/Users/{id}");
    assert_eq!(target.asks("PUT", &path, Some(&body)).await.is(200)["id"], id);
    for operation in [
        json!([{ "op": "replace", "path": "id", "value": "other" }]),
        json!([{ "op": "add", "path": "groups", "value": [{ "value": "g" }] }]),
        json!([{ "op": "replace", "path": "meta.created", "value": "2001-01-01T00:00:00Z" }]),
    ] {
        refused(&target.patches(&path, operation).await, 400, "mutability");
    }
}

#[tokio::test]
async fn a_user_name_stands_once_in_a_directory() {
    let (stage, target) = start().await;
    target.user("straße@c.example").await;
    let body = |name: &str| json!({ "schemas": [USER], "userName": name });
    for name in ["straße@c.example", "STRASSE@C.example"] {
        let answer = target.asks("POST", "/Users", Some(&body(name))).await;
        refused(&answer, 409, "uniqueness");
    }
    let other = target.user("other").await;
    let before = stage.kernia.database().contents();
    let path = format!("/Users/{other}");
    refused(&target.asks("PUT", &path, Some(&body("STRASSE@c.example"))).await, 409, "uniqueness");
    let rename = json!([{ "op": "replace", "path": "userName", "value": "Straße@c.example" }]);
    refused(&target.patches(&path, rename).await, 409, "uniqueness");
    assert_eq!(stage.kernia.database().contents(), before);
    // Its own, in other letters, is no other; in another directory it is free.
    target.asks("PUT", &path, Some(&body("OTHER"))).await.is(200);
    stage.directory().await.user("straße@c.example").await;
    // Nor is it an email address that has to be the only one.
    let email =
        json!({ "schemas": [USER], "userName": "a", "emails": [{ "value": "kim@c.example" }] });
    target.asks("POST", "/Users", Some(&email)).await.is(201);
    let email =
        json!({ "schemas": [USER], "userName": "b", "emails": [{ "value": "kim@c.example" }] });
    target.asks("POST", "/Users", Some(&email)).await.is(201);
}

#[tokio::test]
async fn what_is_required_is_required() {
    let (stage, target) = start().await;
    let before = stage.kernia.database().contents();
    for (body, word) in [
        (json!({ "schemas": [USER] }), "invalidValue"),
        (json!({ "schemas": [USER], "userName": "" }), "invalidValue"),
        (json!({ "schemas": [USER], "userName": " " }), "invalidValue"),
        (json!({ "schemas": [USER], "userName": 7 }), "invalidValue"),
        (json!({ "schemas": [USER], "userName": null }), "invalidValue"),
        (json!({ "schemas": [USER], "userName": "k", "emails": "x" }), ""),
        (json!({ "schemas": [USER], "userName": "k", "active": "perhaps" }), "invalidValue"),
        (json!({ "schemas": ["urn:example:nothing"], "userName": "k" }), "invalidSyntax"),
        (json!([{ "userName": "k" }]), "invalidSyntax"),
    ] {
        let answer = target.asks("POST", "/Users", Some(&body)).await;
        if !word.is_empty() {
            refused(&answer, 400, word);
            assert_eq!(stage.kernia.database().count("directory_users"), 0, "{body}");
        } else if answer.status == 201 {
            target.deletes(&format!("/Users/{}", answer.json()["id"].as_str().unwrap())).await;
        }
    }
    assert_eq!(stage.kernia.database().contents()["directory_users"], before["directory_users"]);
}

#[tokio::test]
async fn a_put_replaces_all_that_can_be_said() {
    let (stage, target) = start().await;
    let made = target.asks("POST", "/Users", Some(&whole())).await.is(201);
    let path = format!("/Users/{}", made["id"].as_str().unwrap());
    stage.kernia.advance(Duration::from_mins(1));
    let body = json!({ "schemas": [USER], "userName": "kim", "active": "False" });
    let put = target.asks("PUT", &path, Some(&body)).await.is(200);
    assert_eq!(put["userName"], "kim");
    assert_eq!(put["active"], false, "a text that says false is false");
    for gone in ["name", "emails", "externalId", ENTERPRISE, "favouriteColour"] {
        assert_eq!(put.get(gone), None, "{gone}");
    }
    assert_eq!(put["meta"]["version"], "W/\"2\"");
    assert_eq!(put["meta"]["created"], made["meta"]["created"]);
    assert_eq!(put["meta"]["lastModified"], "2026-01-02T03:05:05.678Z");
    stage.kernia.advance(Duration::from_mins(1));
    assert_eq!(
        target.asks("PUT", &path, Some(&body)).await.is(200),
        put,
        "nothing new, nothing done"
    );
    refused(&target.asks("PUT", "/Users/nobody", Some(&body)).await, 404, "");
}

#[tokio::test]
async fn who_is_deleted_is_gone_and_the_name_is_free() {
    let (stage, target) = start().await;
    let kim = target.user("kim").await;
    let group = target.group("Eng", &[&kim]).await;
    let path = format!("/Users/{kim}");
    let gone = target.deletes(&path).await;
    assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    for answer in [
        target.gets(&path).await,
        target.deletes(&path).await,
        target.patches(&path, json!([{ "op": "replace", "path": "title", "value": "x" }])).await,
        target.asks("PUT", &path, Some(&json!({ "schemas": [USER], "userName": "kim" }))).await,
    ] {
        refused(&answer, 404, "");
    }
    assert!(target.names("").await.is_empty());
    assert!(target.names(&filtered("userName eq \"kim\"")).await.is_empty());
    assert_eq!(target.gets(&format!("/Groups/{group}")).await.is(200).get("members"), None);
    let again = target.user("kim").await;
    assert_ne!(again, kim, "an id is never used again");
    for table in ["directory_user_emails", "directory_members"] {
        assert_eq!(stage.kernia.database().count(table), 0, "{table}");
    }
}

#[tokio::test]
async fn versions_guard_changes() {
    let (_stage, target) = start().await;
    let kim = target.user("kim").await;
    let path = format!("/Users/{kim}");
    let at = |value: &str| [("if-match".to_owned(), value.to_owned())];
    let body = json!({ "schemas": [USER], "userName": "kim", "title": "A" });
    let renamed = json!({ "schemas": [crate::scim_stage::PATCH],
                        "Operations": [{ "op": "replace", "path": "title", "value": "B" }] });
    let stale = at("W/\"7\"");
    refused(&target.asks_with("PUT", &path, &stale, Some(&body)).await, 412, "");
    refused(&target.asks_with("PATCH", &path, &stale, Some(&renamed)).await, 412, "");
    refused(&target.asks_with("DELETE", &path, &stale, None).await, 412, "");
    let put = target.asks_with("PUT", &path, &at("W/\"1\""), Some(&body)).await;
    assert_eq!(put.header("etag"), Some("W/\"2\""));
    target.asks_with("PATCH", &path, &at("\"1\", W/\"2\""), Some(&renamed)).await.is(200);
    target.asks_with("PATCH", &path, &at("*"), Some(&renamed)).await.is(200);
    let known = |value: &str| [("if-none-match".to_owned(), value.to_owned())];
    let same = target.asks_with("GET", &path, &known("W/\"3\""), None).await;
    assert_eq!((same.status, same.body.as_str(), same.header("etag")), (304, "", Some("W/\"3\"")));
    assert_eq!(target.asks_with("GET", &path, &known("W/\"2\""), None).await.status, 200);
    assert_eq!(target.asks_with("DELETE", &path, &at("W/\"3\""), None).await.status, 204);
}

#[tokio::test]
async fn what_is_told_can_be_chosen_everywhere() {
    let (_stage, target) = start().await;
    let query = "attributes=USERNAME,name.givenName";
    let made = target.asks("POST", &format!("/Users?{query}"), Some(&whole())).await.is(201);
    let id = made["id"].as_str().unwrap().to_owned();
    let told = json!({ "schemas": made["schemas"], "id": id, "userName": "Kim@C.example",
                       "name": { "givenName": "Kim" } });
    assert_eq!(made, told);
    let path = format!("/Users/{id}?{query}");
    assert_eq!(target.gets(&path).await.is(200), told);
    assert_eq!(target.asks("PUT", &path, Some(&whole())).await.is(200), told);
    let renamed = json!([{ "op": "replace", "path": "title", "value": "x" }]);
    assert_eq!(target.patches(&path, renamed).await.is(200), told);
    let list = target.gets(&format!("/Users?{query}")).await.is(200);
    assert_eq!(list["Resources"], json!([told]));
    let search = json!({ "attributes": ["userName", "name.givenName"] });
    let list = target.asks("POST", "/Users/.search", Some(&search)).await.is(200);
    assert_eq!(list["Resources"], json!([told]));
    let urn = format!("/Users/{id}?attributes={ENTERPRISE}:department");
    assert_eq!(target.gets(&urn).await.is(200)[ENTERPRISE], json!({ "department": "R" }));
    let without =
        target.gets(&format!("/Users/{id}?excludedAttributes=emails,name,id")).await.is(200);
    assert_eq!((without.get("emails"), without.get("name")), (None, None));
    assert_eq!(without["id"], json!(id), "the id is always told");
    let both = format!("/Users/{id}?attributes=emails&excludedAttributes=name");
    refused(&target.gets(&both).await, 400, "invalidValue");
    let password = target.gets(&format!("/Users/{id}?attributes=password")).await.is(200);
    assert_eq!(password.get("password"), None);
}
