//! An operator's program keeps applications, their addresses and their keys by the admin API.

use serde_json::{Value, json};

use crate::kernia::{Application, IdentityProvider, Kernia};

fn text(object: &Value, name: &str) -> String {
    object[name].as_str().unwrap_or_else(|| panic!("no {name} in {object}")).to_owned()
}

/// Another application with a key of its own.
async fn another(app: &Application, name: &str) -> Application {
    let made = app.posts("/kernia/v1/clients", json!({ "name": name })).await.is(201);
    let id = text(&made, "id");
    let keys = format!("/kernia/v1/clients/{id}/api_keys");
    let key = app.posts(&keys, json!({ "name": "Production" })).await.is(201);
    Application::new(app.address, &id, &text(&key, "value"))
}

#[tokio::test]
async fn a_client_is_made_renamed_and_deleted() {
    let mut kernia = Kernia::start().await;
    let app = kernia.application();
    let made = app.posts("/kernia/v1/clients", json!({ "name": "Second" })).await.is(201);
    let path = format!("/kernia/v1/clients/{}", text(&made, "id"));
    let at = "2026-01-02T03:04:05.678Z";
    let expected = json!({ "object": "client", "id": made["id"], "name": "Second",
        "created_at": at, "updated_at": at });
    assert_eq!(made, expected);
    let renamed = app.patches(&path, json!({ "name": "Renamed" })).await.is(200);
    kernia.restart().await;
    assert_eq!(app.gets(&path).await.is(200), renamed);
    let listed = app.gets("/kernia/v1/clients").await.is(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    let jwks = kernia.anonymous("GET", &format!("/sso/jwks/{}", text(&made, "id"))).await.is(200);
    assert_eq!(jwks["keys"][0]["alg"], "RS256", "it has a signing key of its own");
    assert_eq!(app.deletes(&path).await.status, 204);
    let missing = app.gets(&path).await;
    assert_eq!(missing.content_type(), "application/problem+json");
    assert_eq!(missing.json()["request_id"], missing.request_id());
    assert_eq!(missing.code(404), "entity_not_found");
    assert_eq!(app.patches(&path, json!({ "name": "x" })).await.status, 404);
    assert_eq!(app.deletes(&path).await.status, 404);
}

#[tokio::test]
async fn a_refusal_points_at_the_field() {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    let before = kernia.database().contents();
    let refused = app.posts("/kernia/v1/clients", json!({})).await;
    let body = refused.clone().is(422);
    assert_eq!(refused.content_type(), "application/problem+json");
    assert_eq!(
        body,
        json!({ "type": "about:blank", "title": "`name`: it is missing", "status": 422,
            "code": "required", "request_id": refused.request_id(),
            "errors": [{ "pointer": "#/name", "code": "required", "detail": "it is missing" }] })
    );
    assert_eq!(
        app.posts("/kernia/v1/clients", json!({ "name": "" })).await.code(422),
        "label_empty"
    );
    assert_eq!(app.gets("/kernia/v1/clients?limit=0").await.code(422), "invalid_limit");
    assert_eq!(app.gets("/kernia/v1/clients?after=org_x").await.code(422), "invalid_cursor");
    assert_eq!(app.gets("/kernia/v1/nothing").await.code(404), "not_found");
    assert_eq!(kernia.database().contents(), before);
}

#[tokio::test]
async fn a_key_is_shown_once_and_ends_at_once_when_it_is_revoked() {
    let mut kernia = Kernia::start().await;
    let app = kernia.application();
    let keys = format!("/kernia/v1/clients/{}/api_keys", app.client_id);
    let made = app.posts(&keys, json!({ "name": "Second" })).await.is(201);
    let value = text(&made, "value");
    assert!(value.starts_with("sk_test_") && value.len() == 8 + 43, "{}", value.len());
    let listed = app.gets(&keys).await;
    assert!(!listed.body.contains(&value), "a key is shown only once");
    assert_eq!(listed.json()["data"].as_array().unwrap().len(), 2);
    assert!(listed.body.contains(&text(&made, "obfuscated_value")));

    let second = Application::new(app.address, &app.client_id, &value);
    kernia.restart().await;
    second.gets("/organizations").await.is(200);
    let own = format!("{keys}/{}", text(&made, "id"));
    assert_eq!(second.deletes(&own).await.code(409), "own_api_key");
    assert_eq!(app.deletes(&own).await.status, 204);
    for path in ["/organizations", keys.as_str()] {
        assert_eq!(second.gets(path).await.status, 401);
    }
    let token = second.offers("anything", &[]).await;
    assert_eq!(token.code(400), "invalid_client");
    assert_eq!(app.deletes(&own).await.code(404), "entity_not_found");
    let nobody =
        app.posts("/kernia/v1/clients/client_nobody/api_keys", json!({ "name": "x" })).await;
    assert_eq!(nobody.code(404), "entity_not_found");
}

#[tokio::test]
async fn one_client_is_not_another() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let connection = app.is_ready_for(&idp).await;
    let other = another(&app, "Other").await;
    // Its redirect URIs are its own.
    let mut ada = kernia.browser();
    let refused = ada.goes(&other.authorize(&[("connection", &connection)])).await;
    assert_eq!((refused.status, refused.header("location")), (400, None));
    let listed = other.gets("/user_management/redirect_uris").await.is(200);
    assert_eq!(listed["data"], json!([]));
    // Its key is no secret of another client, and a code is bound to the client that asked.
    let asked = ada.begins(&app, &[("connection", &connection)]).await;
    let answer =
        ada.returns(&asked, &idp.vouches(&asked, "ada@acme.test", kernia.clock.now())).await;
    let code = answer.leads_with("code").unwrap();
    let mixed = app.offers(&code, &[("client_secret", &other.api_key)]).await;
    assert_eq!(mixed.code(400), "unauthorized_client");
    assert_eq!(other.offers(&code, &[]).await.code(400), "invalid_grant");
    // Neither attempt has spent it.
    app.exchanges(&code).await;
}

#[tokio::test]
async fn a_client_goes_with_all_that_is_its_own_but_never_by_its_own_key() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let connection = app.is_ready_for(&idp).await;
    let before = kernia.database().contents();
    let other = another(&app, "Other").await;
    let path = format!("/kernia/v1/clients/{}", other.client_id);
    other
        .posts("/user_management/redirect_uris", json!({ "uri": Application::CALLBACK }))
        .await
        .is(201);
    let mut ada = kernia.browser();
    let asked = ada.begins(&other, &[("connection", &connection)]).await;
    let answer =
        ada.returns(&asked, &idp.vouches(&asked, "ada@acme.test", kernia.clock.now())).await;
    let token = other.exchanges(&answer.leads_with("code").unwrap()).await.token;
    assert_eq!(other.deletes(&path).await.code(409), "own_client");
    assert_eq!(app.deletes(&path).await.status, 204);
    assert_eq!(other.gets("/organizations").await.status, 401);
    assert_eq!(other.profile_by(&token).await.status, 401);
    let answer = ada.goes(&other.authorize(&[("connection", &connection)])).await;
    assert_eq!((answer.status, answer.header("location")), (400, None));
    let after = kernia.database().contents();
    for table in ["clients", "redirect_uris", "api_keys", "signing_keys", "sign_ins", "codes"] {
        assert_eq!(after[table], before[table], "{table}");
    }
}

#[tokio::test]
async fn redirect_uris_are_exact_but_for_two_wildcards() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let connection = app.is_ready_for(&idp).await;
    let path = "/user_management/redirect_uris";
    for uri in
        ["https://*.apps.example.com/cb", "http://127.0.0.1:*/cb", "https://b.example.com/cb?x=1"]
    {
        app.posts(path, json!({ "uri": uri })).await.is(201);
    }
    for (uri, allowed) in [
        ("https://app.example.com/callback", true),
        ("https://app.example.com/callback/", false),
        ("https://app.example.com/callback?x", false),
        ("https://app.example.com:8443/callback", false),
        ("http://app.example.com/callback", false),
        ("https://app.example.com.evil.test/callback", false),
        ("https://app.example.com@evil.test/callback", false),
        ("https://app.example.com/callback#x", false),
        ("https://APP.example.com/callback", true),
        ("https://one.apps.example.com/cb", true),
        ("https://a.b.apps.example.com/cb", false),
        ("https://apps.example.com/cb", false),
        ("http://127.0.0.1:49152/cb", true),
        ("http://127.0.0.1/other", false),
        ("https://b.example.com/cb?x=1", true),
        ("https://b.example.com/cb?x=2", false),
        ("javascript:alert(1)", false),
        ("", false),
    ] {
        let parameters = [("connection", connection.as_str()), ("redirect_uri", uri)];
        let answer = kernia.browser().goes(&app.authorize(&parameters)).await;
        assert_eq!(answer.status, if allowed { 302 } else { 400 }, "{uri}");
        if !allowed {
            assert_eq!(answer.header("location"), None, "{uri}");
        }
    }
}

#[tokio::test]
async fn a_redirect_uri_that_is_too_open_is_refused_and_the_default_one_stays() {
    let kernia = Kernia::start().await;
    let (app, path) = (kernia.application(), "/user_management/redirect_uris");
    app.is_ready_for(&IdentityProvider::acme()).await;
    for uri in [
        "https://*.com/cb",
        "https://a.*.example.com/cb",
        "https://*.*.example.com/cb",
        "https://app.example.com:*/cb",
        "/cb",
        "https://app.example.com/cb#x",
        "javascript:x",
    ] {
        assert_eq!(
            app.posts(path, json!({ "uri": uri })).await.code(422),
            "invalid_redirect_uri",
            "{uri}"
        );
    }
    let again = app.posts(path, json!({ "uri": Application::CALLBACK })).await;
    assert_eq!(again.code(422), "redirect_uri_already_exists");
    let listed = app.gets(path).await.is(200);
    let default =
        listed["data"].as_array().unwrap().iter().find(|uri| uri["default"] == true).unwrap();
    assert_eq!(default["uri"], Application::CALLBACK);
    let default = format!("{path}/{}", text(default, "id"));
    assert_eq!(app.deletes(&default).await.code(409), "default_redirect_uri");
    let next = json!({ "uri": "https://next.example.com/cb", "default": true });
    app.posts(path, next).await.is(201);
    assert_eq!(app.deletes(&default).await.status, 204);
    assert_eq!(app.deletes(&default).await.code(404), "entity_not_found");
}
