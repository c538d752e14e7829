//! A key of ours proves who we are: a provider that verifies what it is shown lets us in, and nothing
//! is shown twice.

use serde_json::{Value, json};

use super::setup::Scene;
use crate::kernia::OpenIdProvider;

#[tokio::test]
async fn a_key_of_ours_proves_who_we_are() {
    let kernia = Scene::kernia().await;
    let provider = OpenIdProvider::start(&kernia.clock).await;
    provider.wants("private_key_jwt");
    let options =
        json!({ "token_authentication_method": "private_key_jwt", "client_secret": null });
    let mut scene = Scene::at(kernia, provider, &options).await;
    // As long as the provider was not given the key, it is nobody's.
    assert_eq!(scene.is_refused().await["code"], "client_refused");
    let path = format!("/connections/{}", scene.connection);
    let connection = scene.app.gets(&path).await.is(200);
    let keys = connection["oidc_options"]["client_jwks_uri"].as_str().unwrap();
    let keys = scene.kernia.anonymous("GET", &scene.browser.path_of(keys)).await.is(200);
    let keys: Vec<Value> = keys["keys"].as_array().unwrap().clone();
    assert!(keys.iter().all(|key| key.get("d").is_none()), "{keys:?}");
    scene.provider.knows(keys);
    // It takes no assertion twice.
    for _ in 0..3 {
        assert_eq!(scene.signs_in().await["email"], "ada@acme.test");
    }
    let asked = scene.provider.last("/token");
    assert!(!asked.body.contains("client_secret") && asked.authorization.is_none(), "{asked:?}");
    // One that lay around is refused for its age alone.
    scene.provider.lives_ahead(600);
    assert_eq!(scene.is_refused().await["code"], "client_refused");
}
