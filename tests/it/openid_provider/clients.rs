//! OpenID clients: made, changed, given other secrets, deleted; and those of `kernia.toml`.

use kernia::config::OpenIdClient;
use serde_json::{Value, json};

use super::{Stage, code_of};
use crate::kernia::{Kernia, RelyingParty};

const PATH: &str = "/kernia/v1/openid_clients";

#[tokio::test]
async fn a_client_is_made_listed_changed_and_deleted() {
    let stage = Stage::set().await;
    let body = json!({
        "name": "Wiki",
        "redirect_uris": ["https://wiki.example.com/cb", "https://wiki.example.com/cb"],
    });
    let made = stage.app.posts(PATH, body).await.is(201);
    assert_eq!(made["object"], "openid_client");
    assert_eq!(made["public"], false);
    assert_eq!(made["configured"], false);
    assert_eq!(made["redirect_uris"], json!(["https://wiki.example.com/cb"]));
    let secret = made["client_secret"].as_str().unwrap();
    assert!(secret.starts_with("kernia_secret_") && secret.len() > 50, "{secret}");
    let own = format!("{PATH}/{}", made["id"].as_str().unwrap());
    let mut shown = made.clone();
    shown.as_object_mut().unwrap().remove("client_secret");
    assert_eq!(stage.app.gets(&own).await.is(200), shown, "it is shown once");
    let listed = stage.app.gets(PATH).await.is(200);
    assert_eq!(listed["data"][0], shown, "the newest first");
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains(secret));
    let change =
        json!({ "name": "Wiki 2", "post_logout_redirect_uris": ["https://wiki.example.com/"] });
    let changed = stage.app.patches(&own, change).await.is(200);
    assert_eq!(changed["name"], "Wiki 2");
    assert_eq!(changed["redirect_uris"], made["redirect_uris"]);
    assert_eq!(changed["post_logout_redirect_uris"], json!(["https://wiki.example.com/"]));
    assert_eq!(stage.app.deletes(&own).await.status, 204);
    assert_eq!(stage.app.gets(&own).await.code(404), "entity_not_found");
    assert_eq!(stage.app.deletes(&own).await.code(404), "entity_not_found");
}

#[tokio::test]
async fn what_may_not_stand_is_told_all_at_once() {
    let stage = Stage::set().await;
    for (body, pointers) in [
        (json!({ "name": "x" }), &["#/redirect_uris"][..]),
        (json!({ "name": "x", "redirect_uris": [] }), &["#/redirect_uris"]),
        (
            json!({ "name": "x", "redirect_uris": ["https://a.test/", "https://*.a.test/", "cb"] }),
            &["#/redirect_uris/1", "#/redirect_uris/2"],
        ),
        (json!({ "name": "x", "redirect_uris": ["https://a.test"] }), &["#/redirect_uris/0"]),
        (
            json!({ "name": "x", "redirect_uris": ["https://a.test/"],
                "post_logout_redirect_uris": ["https://A.test/"] }),
            &["#/post_logout_redirect_uris/0"],
        ),
    ] {
        let answer = stage.app.posts(PATH, body.clone()).await.is(422);
        let pointer = |fault: &Value| fault["pointer"].as_str().unwrap().to_owned();
        let told: Vec<_> = answer["errors"].as_array().unwrap().iter().map(pointer).collect();
        assert_eq!(told, pointers, "{body}");
    }
    for body in [
        json!({ "name": "", "redirect_uris": ["https://a.test/"] }),
        json!({ "name": "x", "redirect_uris": "https://a.test/" }),
        json!({ "name": "x", "redirect_uris": ["https://a.test/"], "secret": "hush" }),
    ] {
        assert_eq!(stage.app.posts(PATH, body.clone()).await.status, 422, "{body}");
    }
    assert_eq!(stage.kernia.database().count("openid_clients"), 1);
}

#[tokio::test]
async fn two_secrets_are_good_at_a_time() {
    let stage = Stage::set().await;
    let own = format!("{PATH}/{}/secrets", stage.rp.id);
    let rotates = || async {
        stage.kernia.advance(std::time::Duration::from_secs(1));
        stage.app.posts(&own, json!({})).await.is(201)
    };
    let works = |secret: String| {
        let rp = RelyingParty { secret: Some(secret), ..stage.rp.clone() };
        async move { rp.refreshes("nonsense", &[]).await.status == 400 }
    };
    let secret = |body: &Value| body["client_secret"].as_str().unwrap().to_owned();
    let first = stage.rp.secret.clone().unwrap();
    let second = rotates().await;
    assert_eq!(second["secrets"].as_array().unwrap().len(), 2);
    let third = {
        assert!(works(first.clone()).await && works(secret(&second)).await);
        rotates().await
    };
    assert!(!works(first).await, "the oldest one is over");
    assert!(works(secret(&second)).await && works(secret(&third)).await);
    let id = third["secrets"][0]["id"].as_str().unwrap();
    assert_eq!(stage.app.deletes(&format!("{own}/{id}")).await.status, 204);
    assert!(!works(secret(&second)).await && works(secret(&third)).await);
    let last = third["secrets"][1]["id"].as_str().unwrap();
    assert_eq!(stage.app.deletes(&format!("{own}/{last}")).await.code(409), "last_secret");
    assert_eq!(stage.app.deletes(&format!("{own}/{id}")).await.code(404), "entity_not_found");
    let public = RelyingParty::public(&stage.app).await;
    assert_eq!(public.secret, None);
    let answer = stage.app.posts(&format!("{PATH}/{}/secrets", public.id), json!({})).await;
    assert_eq!(answer.code(409), "public_client");
}

#[tokio::test]
async fn what_a_client_was_given_goes_with_it() {
    let stage = Stage::set().await;
    let scope = [("scope", "openid offline_access")];
    let tokens = stage.rp.exchanges(&stage.code(&scope).await).await;
    let mut browser = stage.kernia.browser();
    let path = stage.rp.authorize(&[("connection", &stage.connection)]);
    assert_eq!(browser.goes(&path).await.status, 302);
    let own = format!("{PATH}/{}", stage.rp.id);
    assert_eq!(stage.app.deletes(&own).await.status, 204);
    assert_eq!(browser.goes(&path).await.status, 400);
    assert_eq!(stage.rp.user_info(&tokens.access).await.status, 401);
    assert_eq!(stage.rp.refreshes(&tokens.refresh, &[]).await.code(401), "invalid_client");
    for table in ["openid_requests", "openid_codes", "openid_refresh_families", "openid_secrets"] {
        assert_eq!(stage.kernia.database().count(table), 0, "{table}");
    }
}

const SECRET: &str = "a-secret-of-the-operators-with-enough-letters";

/// What stands in `kernia.toml`, and a file beside it.
fn wiki(kernia: &Kernia, secret: &str) -> OpenIdClient {
    let file = kernia.folder().join("wiki.secret");
    std::fs::write(&file, secret).unwrap();
    OpenIdClient {
        id: "wiki".to_owned(),
        name: "Wiki".to_owned(),
        redirect_uris: vec![RelyingParty::CALLBACK.to_owned()],
        post_logout_redirect_uris: Vec::new(),
        public: false,
        client_secret_file: Some(file),
    }
}

#[tokio::test]
async fn a_client_of_the_file_works_and_is_changed_there_alone() {
    let mut stage = Stage::set().await;
    let client = wiki(&stage.kernia, &format!("{SECRET}\n"));
    stage.kernia.changes(|config| config.openid_clients = vec![client]).await;
    let rp = RelyingParty {
        address: stage.kernia.address,
        id: "wiki".to_owned(),
        secret: Some(SECRET.to_owned()),
    };
    let answer = stage.signs_in_to(&rp, &mut stage.kernia.browser(), super::ADA, &[]).await;
    let scope = rp.exchanges(&code_of(&answer)).await;
    assert_eq!(scope.claims["aud"], "wiki");
    let own = format!("{PATH}/wiki");
    let shown = stage.app.gets(&own).await.is(200);
    assert_eq!(shown["configured"], true);
    assert!(!shown.to_string().contains(SECRET));
    for (method, path, body) in [
        ("PATCH", own.clone(), json!({ "name": "x" })),
        ("DELETE", own.clone(), json!({})),
        ("POST", format!("{own}/secrets"), json!({})),
        ("PATCH", "/kernia/v1/clients/wiki".to_owned(), json!({ "name": "x" })),
        ("DELETE", "/kernia/v1/clients/wiki".to_owned(), json!({})),
    ] {
        let answer = stage.app.asks(method, &path, Some(&body)).await;
        assert_eq!(answer.code(409), "configured_client", "{method} {path}");
    }
}

#[tokio::test]
async fn the_store_says_what_the_file_says() {
    let mut stage = Stage::set().await;
    let other = "another-secret-of-the-operators-with-letters";
    let client = wiki(&stage.kernia, SECRET);
    stage.kernia.changes(|config| config.openid_clients = vec![client]).await;
    let rp = |secret: &str| RelyingParty {
        address: stage.kernia.address,
        id: "wiki".to_owned(),
        secret: Some(secret.to_owned()),
    };
    let (old, new) = (rp(SECRET), rp(other));
    let scope = [("scope", "openid offline_access")];
    let answer = stage.signs_in_to(&old, &mut stage.kernia.browser(), super::ADA, &scope).await;
    let tokens = old.exchanges(&code_of(&answer)).await;
    wiki(&stage.kernia, &format!("{other}\n{SECRET}\n"));
    stage.kernia.restart().await;
    assert_eq!(new.refreshes("x", &[]).await.code(400), "invalid_grant", "two lines, two secrets");
    let tokens = old.tokens(old.refreshes(&tokens.refresh, &[]).await).await;
    wiki(&stage.kernia, other);
    stage.kernia.restart().await;
    assert_eq!(old.refreshes(&tokens.refresh, &[]).await.code(401), "invalid_client");
    new.tokens(new.refreshes(&tokens.refresh, &[]).await).await;
    stage.kernia.changes(|config| config.openid_clients[0].redirect_uris.clear()).await;
    assert_eq!(stage.kernia.browser().goes(&new.authorize(&[])).await.status, 400);
    stage.kernia.changes(|config| config.openid_clients.clear()).await;
    assert_eq!(stage.app.gets(&format!("{PATH}/wiki")).await.code(404), "entity_not_found");
    assert_eq!(stage.app.gets(PATH).await.is(200)["data"].as_array().unwrap().len(), 1);
}
