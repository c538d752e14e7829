//! Signing out at an OpenID provider, both ways.

use serde_json::json;

use super::setup::Scene;
use crate::kernia::{OpenIdProvider, RelyingParty, encoded, from, logging};

#[tokio::test]
async fn an_application_signs_somebody_out_at_the_provider_too() {
    let mut scene = Scene::set().await;
    let location = scene.begins(&[]).await;
    let back = scene.returns(&location).await;
    let signed_in = scene.app.exchanges(&back.leads_with("code").unwrap()).await;
    let asked = json!({ "profile_id": signed_in.profile["id"] });
    let given = scene.app.posts("/sso/logout/authorize", asked.clone()).await.is(200);
    // What the application was given ends at once.
    assert_eq!(scene.app.profile_by(&signed_in.token).await.status, 401);
    let token = given["logout_token"].as_str().unwrap();
    let url = given["logout_url"].as_str().unwrap();
    assert!(url.ends_with(&format!("/sso/logout?token={token}")), "{url}");
    let path = scene.browser.path_of(url);
    let sent = scene.browser.goes(&path).await;
    assert_eq!(sent.status, 302, "{}", sent.body);
    assert!(sent.location().starts_with(&format!("{}/end?", scene.provider.issuer)));
    assert_eq!(sent.leads_with("client_id").as_deref(), Some(OpenIdProvider::CLIENT_ID));
    let hint = sent.leads_with("id_token_hint").unwrap();
    assert_eq!(hint.split('.').count(), 3);
    let rows = format!("{:?}", scene.kernia.database().contents());
    assert!(!rows.contains(&hint), "it is sealed");
    let over = sent.leads_with("post_logout_redirect_uri").unwrap();
    let over = scene.browser.path_of(&over);
    let page = scene.browser.goes(&over).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("You are signed out"), "{}", page.body);
    // The address is good once; and nothing is open any more.
    assert_eq!(scene.browser.goes(&path).await.status, 400);
    let given = scene.app.posts("/sso/logout/authorize", asked).await.is(200);
    let path = scene.browser.path_of(given["logout_url"].as_str().unwrap());
    let page = scene.browser.goes(&path).await;
    assert!(page.status == 200 && page.body.contains("You are signed out"), "{page:?}");
}

#[tokio::test]
async fn a_provider_without_logout_is_told_apart() {
    let kernia = Scene::kernia().await;
    let provider = OpenIdProvider::start(&kernia.clock).await;
    provider.publishes(json!({ "end_session_endpoint": null }));
    let mut scene = Scene::at(kernia, provider, &json!({})).await;
    let profile = scene.signs_in().await;
    let asked = json!({ "profile_id": profile["id"] });
    let answer = scene.app.posts("/sso/logout/authorize", asked).await;
    assert_eq!(answer.is(400)["error"], "connection_invalid");
}

#[tokio::test]
async fn a_provider_ends_a_session_by_its_name() {
    let mut scene = Scene::set().await;
    let location = scene.begins(&[]).await;
    let back = scene.returns(&location).await;
    let signed_in = scene.app.exchanges(&back.leads_with("code").unwrap()).await;
    let at = scene.callback(&location).replace("/callback/", "/idp-logout/");
    let goes = |pairs: &[(&str, &str)]| format!("{at}?{}", encoded(pairs));
    let issuer = scene.provider.issuer.clone();
    let (log, _guard) = logging();
    for (path, status) in [
        (goes(&[("iss", "https://evil.test"), ("sid", "session-1")]), 400),
        (goes(&[("iss", &issuer)]), 400),
        (goes(&[("iss", &issuer), ("sid", "session-2")]), 200),
    ] {
        assert_eq!(scene.kernia.anonymous("GET", &path).await.status, status, "{path}");
        assert_eq!(scene.app.profile_by(&signed_in.token).await.status, 200);
    }
    // A name that nobody knows ends nothing, and nobody is told that it did.
    assert!(!log.text().contains("sessions ended"), "{}", log.text());
    let over = goes(&[("iss", &issuer), ("sid", "session-1")]);
    let answer = scene.kernia.anonymous("GET", &over).await;
    assert!(log.text().contains("sessions ended"));
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    assert_eq!(scene.app.profile_by(&signed_in.token).await.status, 401);
    assert_eq!(from(&location, "response_type").as_deref(), Some("code"));
}

#[tokio::test]
async fn what_openid_clients_were_given_ends_with_the_session() {
    let mut scene = Scene::set().await;
    let rp = RelyingParty::confidential(&scene.app).await;
    let connection = scene.connection.clone();
    let more = [("connection", connection.as_str()), ("scope", "openid offline_access")];
    let sent = scene.browser.goes(&rp.authorize(&more)).await;
    let back = scene.returns(sent.location()).await;
    let tokens = rp.exchanges(&back.leads_with("code").unwrap()).await;
    let at = scene.callback(sent.location()).replace("/callback/", "/idp-logout/");
    let named = [("iss", scene.provider.issuer.as_str()), ("sid", "session-1")];
    let over = format!("{at}?{}", encoded(&named));
    assert_eq!(scene.kernia.anonymous("GET", &over).await.status, 200);
    let told = scene.browser.goes(&rp.authorize(&[("prompt", "none")])).await;
    assert_eq!(told.leads_with("error").as_deref(), Some("login_required"), "{told:?}");
    assert_eq!(rp.refreshes(&tokens.refresh, &[]).await.code(400), "invalid_grant");
    assert_eq!(rp.user_info(&tokens.access).await.status, 401);
}
