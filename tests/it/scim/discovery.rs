//! What the server says of itself, who may ask, and how it says no.

use serde_json::json;

use super::{refused, start};
use crate::{
    kernia::sends,
    scim_stage::{ENTERPRISE, GROUP, LIST, Target, USER},
};

#[tokio::test]
async fn the_server_says_what_it_can() {
    let (stage, target) = start().await;
    let base = format!("{}{}", stage.kernia.base(), target.base);
    let config = target.gets("/ServiceProviderConfig").await;
    assert!(config.content_type().starts_with("application/scim+json"));
    let config = config.is(200);
    assert_eq!(config["meta"]["location"], format!("{base}/ServiceProviderConfig"));
    for feature in ["patch", "bulk", "filter", "sort", "etag"] {
        assert_eq!(config[feature]["supported"], true, "{feature}");
    }
    assert_eq!(config["pagination"]["cursor"], true);
    assert_eq!(config["authenticationSchemes"][0]["type"], "oauthbearertoken");
    let types = target.gets("/ResourceTypes/").await.is(200);
    assert_eq!((&types["schemas"], &types["totalResults"]), (&json!([LIST]), &json!(2)));
    let user = target.gets("/ResourceTypes/User").await.is(200);
    assert_eq!(types["Resources"][0], user);
    assert_eq!(user["schemaExtensions"], json!([{ "schema": ENTERPRISE, "required": false }]));
    let schemas = target.gets("/Schemas").await.is(200);
    for (nth, urn) in [USER, GROUP, ENTERPRISE].into_iter().enumerate() {
        let schema = target.gets(&format!("/Schemas/{urn}")).await.is(200);
        assert_eq!((&schema["id"], &schema), (&json!(urn), &schemas["Resources"][nth]));
        assert_eq!(schema["meta"]["location"], format!("{base}/Schemas/{urn}"));
    }
    for path in ["/ResourceTypes/Tree", "/Schemas/urn:nothing"] {
        refused(&target.gets(path).await, 404, "");
    }
    for path in ["/ResourceTypes", "/Schemas", "/ServiceProviderConfig"] {
        refused(&target.gets(&format!("{path}?filter=id%20pr")).await, 403, "");
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let answer = target.asks(method, path, None).await;
            refused(&answer, 405, "");
            assert!(answer.header("allow").unwrap().contains("GET"));
        }
    }
}

#[tokio::test]
async fn nobody_enters_without_the_directorys_token() {
    let (stage, target) = start().await;
    let other = stage.directory().await;
    let kim = target.user("kim").await;
    for token in ["", "nonsense", &other.token, &stage.kernia.api_key] {
        let stranger = Target { token: token.to_owned(), ..target.clone() };
        for (method, path) in [
            ("GET", "/Users".to_owned()),
            ("GET", format!("/Users/{kim}")),
            ("DELETE", format!("/Users/{kim}")),
            ("POST", "/Bulk".to_owned()),
            ("GET", "/ServiceProviderConfig".to_owned()),
        ] {
            let answer = stranger.asks(method, &path, None).await;
            refused(&answer, 401, "");
            assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
        }
    }
    // Behind its own door, nobody of another directory is found.
    refused(&other.gets(&format!("/Users/{kim}")).await, 404, "");
    refused(&other.deletes(&format!("/Users/{kim}")).await, 404, "");
    let filter = super::filtered(&format!("id eq \"{kim}\""));
    assert!(other.names(&filter).await.is_empty());
    assert_eq!(target.gets(&format!("/Users/{kim}")).await.status, 200);
}

#[tokio::test]
async fn everything_below_the_root_says_no_in_its_words() {
    let (_stage, target) = start().await;
    for (method, path, status) in [
        ("GET", "/Nothing", 404),
        ("GET", "/Users/a/b", 404),
        ("POST", "/Users/x", 405),
        ("PUT", "/Users", 405),
        ("DELETE", "/Groups", 405),
        ("GET", "/Bulk", 405),
        ("GET", "/.search", 405),
        ("GET", "/Me", 501),
        ("PATCH", "/Me", 501),
        ("BREW", "/Users", 405),
        ("GET", "/Users/%00", 404),
        ("GET", "/Users?filter=%ff", 400),
    ] {
        refused(&target.asks(method, path, None).await, status, "");
    }
    let nowhere = sends(target.address, "GET", "/scim/v3", &[], b"").await;
    refused(&nowhere, 404, "");
}

#[tokio::test]
async fn json_is_taken_by_either_of_its_names() {
    let (_stage, target) = start().await;
    for (nth, declared) in [
        Some("application/scim+json"),
        Some("application/json"),
        Some("Application/SCIM+JSON; charset=utf-8"),
        None,
    ]
    .into_iter()
    .enumerate()
    {
        let bearer = format!("Bearer {}", target.token);
        let mut headers = vec![("authorization", bearer.as_str()), ("accept", "*/*")];
        headers.extend(declared.map(|it| ("content-type", it)));
        let body = json!({ "schemas": [USER], "userName": format!("u{nth}") }).to_string();
        let path = format!("{}/Users", target.base);
        let answer = sends(target.address, "POST", &path, &headers, body.as_bytes()).await;
        assert!(answer.content_type().starts_with("application/scim+json"));
        answer.is(201);
    }
}
