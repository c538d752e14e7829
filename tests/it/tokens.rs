//! An application turns a code into a profile: once, soon, and only its own.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::json;

use crate::kernia::{Application, IdentityProvider, Kernia, encoded, sends};

const ADA: &str = "ada@acme.test";

/// A Kernia in which everything is ready, and the connection to Acme.
async fn ready() -> (Kernia, Application, String) {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    let connection = app.is_ready_for(&IdentityProvider::acme()).await;
    (kernia, app, connection)
}

/// A fresh code, of a sign-in with these parameters.
async fn code(kernia: &Kernia, connection: &str, more: &[(&str, &str)]) -> String {
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let mut ada = kernia.browser();
    let parameters = [&[("connection", connection)], more].concat();
    let asked = ada.begins(&app, &parameters).await;
    let back = ada.returns(&asked, &idp.vouches(&asked, ADA, kernia.clock.now())).await;
    back.leads_with("code").unwrap_or_else(|| panic!("{}", back.body))
}

#[tokio::test]
async fn a_code_is_good_for_ten_minutes_and_a_token_for_ten_more() {
    let (kernia, app, connection) = ready().await;
    let (first, second) =
        (code(&kernia, &connection, &[]).await, code(&kernia, &connection, &[]).await);
    kernia.advance(Duration::from_millis(10 * 60 * 1000 - 1));
    let exchanged = app.exchanges(&first).await;
    kernia.advance(Duration::from_millis(1));
    let expired = app.offers(&second, &[]).await;
    assert_eq!(expired.code(400), "invalid_grant");
    let told = expired.json();
    assert!(!told["error_description"].as_str().unwrap().contains(&second), "{told}");
    kernia.advance(Duration::from_millis(10 * 60 * 1000 - 2));
    assert_eq!(app.profile_by(&exchanged.token).await.status, 200);
    kernia.advance(Duration::from_millis(1));
    let expired = app.profile_by(&exchanged.token).await;
    assert_eq!(expired.is(401), json!({ "error": "Unauthorized" }));
}

#[tokio::test]
async fn a_code_that_comes_twice_takes_back_what_it_gave() {
    let (kernia, app, connection) = ready().await;
    let code = code(&kernia, &connection, &[]).await;
    let token = app.exchanges(&code).await.token;
    assert_eq!(app.profile_by(&token).await.status, 200);
    assert_eq!(app.offers(&code, &[]).await.code(400), "invalid_grant");
    assert_eq!(app.profile_by(&token).await.status, 401, "somebody else may have it");
    assert_eq!(app.offers(&code, &[]).await.code(400), "invalid_grant");
}

#[tokio::test]
async fn what_was_given_does_not_come_back_with_its_connection() {
    let (kernia, app, connection) = ready().await;
    let (token, code) = (
        app.exchanges(&code(&kernia, &connection, &[]).await).await.token,
        code(&kernia, &connection, &[]).await,
    );
    let own = format!("/connections/{connection}");
    app.patches(&own, json!({ "state": "inactive" })).await.is(200);
    assert_eq!(app.profile_by(&token).await.status, 401);
    app.patches(&own, json!({ "state": "active" })).await.is(200);
    assert_eq!(app.profile_by(&token).await.status, 401, "it was switched off for a reason");
    assert_eq!(app.offers(&code, &[]).await.code(400), "invalid_grant");
}

#[tokio::test]
async fn a_code_offered_many_times_at_once_is_spent_once() {
    let (kernia, app, connection) = ready().await;
    let code = code(&kernia, &connection, &[]).await;
    let offers: Vec<_> = (0..8)
        .map(|_| {
            let (app, code) = (app.clone(), code.clone());
            tokio::spawn(async move { app.offers(&code, &[]).await.status })
        })
        .collect();
    let mut granted = 0;
    for offer in offers {
        granted += usize::from(offer.await.unwrap() == 200);
    }
    assert_eq!(granted, 1);
    let live = kernia.database().number("SELECT COUNT(token_digest) FROM codes");
    assert_eq!(live, 0, "the second offer took it back");
}

#[tokio::test]
async fn a_token_is_asked_for_by_form_by_json_or_by_query() {
    let (kernia, app, connection) = ready().await;
    let bearer = format!("Bearer {}", app.api_key);
    for (nth, content_type) in
        ["application/x-www-form-urlencoded;charset=utf-8", "application/json", ""]
            .into_iter()
            .enumerate()
    {
        for with_header in [false, true] {
            let code = code(&kernia, &connection, &[]).await;
            let mut pairs = vec![
                ("client_id", app.client_id.as_str()),
                ("code", &code),
                ("grant_type", "authorization_code"),
            ];
            let mut headers = vec![("content-type", content_type)];
            if with_header {
                headers.push(("authorization", bearer.as_str()));
            } else {
                pairs.push(("client_secret", &app.api_key));
            }
            let json: serde_json::Value =
                pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            let (path, body) = match nth {
                0 => ("/sso/token".to_owned(), encoded(&pairs)),
                1 => ("/sso/token".to_owned(), json.to_string()),
                _ => (format!("/sso/token?{}", encoded(&pairs)), String::new()),
            };
            let answer = sends(app.address, "POST", &path, &headers, body.as_bytes()).await.is(200);
            assert_eq!(answer["profile"]["email"], ADA, "{content_type}");
        }
    }
}

#[tokio::test]
async fn a_code_bound_by_pkce_wants_its_verifier() {
    let (kernia, app, connection) = ready().await;
    let verifier = "a-verifier-of-at-least-forty-three-characters";
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    let bound = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
    let code_of_bound = code(&kernia, &connection, &bound).await;
    let wrong = "another-verifier-of-forty-three-characters-x";
    for verifier in [wrong, challenge.as_str(), ""] {
        let refused = app.offers(&code_of_bound, &[("code_verifier", verifier)]).await;
        assert_eq!(refused.code(400), "invalid_grant", "{verifier}");
    }
    // A public client has no key, only the verifier.
    let public = [("client_secret", ""), ("code_verifier", verifier)];
    app.offers(&code_of_bound, &public).await.is(200);
    let both = code(&kernia, &connection, &bound).await;
    app.offers(&both, &[("code_verifier", verifier)]).await.is(200);
    let unbound = code(&kernia, &connection, &[]).await;
    assert_eq!(app.offers(&unbound, &public).await.code(400), "invalid_grant");
    assert_eq!(app.offers(&unbound, &[("client_secret", "")]).await.code(400), "invalid_client");
    app.exchanges(&unbound).await;
}

#[tokio::test]
async fn what_is_offered_wrongly_is_refused_in_the_words_of_oauth_and_spends_nothing() {
    let (kernia, app, connection) = ready().await;
    let code = code(&kernia, &connection, &[]).await;
    let before = kernia.database().contents();
    let elsewhere = "https://elsewhere.test/callback";
    for (more, error) in [
        (vec![("grant_type", "refresh_token")], "unsupported_grant_type"),
        (vec![("grant_type", "")], "unsupported_grant_type"),
        (vec![("client_id", "client_nobody")], "invalid_client"),
        (vec![("client_id", "a b")], "invalid_client"),
        (vec![("client_id", "")], "invalid_request"),
        (vec![("client_secret", "sk_test_wrong")], "invalid_client"),
        (vec![("code", "nonsense")], "invalid_grant"),
        (vec![("code", "")], "invalid_request"),
        (vec![("redirect_uri", elsewhere)], "invalid_grant"),
        (vec![("redirect_uri", "nonsense")], "invalid_request"),
    ] {
        let answer = app.offers(&code, &more).await;
        assert_eq!(answer.code(400), error, "{more:?}");
        let body = answer.json();
        assert!(body["error_description"].is_string() && body.as_object().unwrap().len() == 2);
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let twice = format!(
        "code={code}&code={code}&client_id={}&grant_type=authorization_code",
        app.client_id
    );
    for (headers, body) in [
        (&form[..], twice.as_str()),
        (&[("content-type", "application/json")], "{"),
        (
            &[("content-type", "application/json")],
            "{\"code\": 7, \"grant_type\": \"authorization_code\"}",
        ),
        (&[("content-type", "text/plain")], "hello"),
    ] {
        let answer = sends(app.address, "POST", "/sso/token", headers, body.as_bytes()).await;
        assert_eq!(answer.code(400), "invalid_request", "{body}");
    }
    let huge = "x".repeat(17 * 1024);
    let answer = sends(app.address, "POST", "/sso/token", &form, huge.as_bytes()).await;
    assert_eq!(answer.code(413), "invalid_request");
    assert_eq!(kernia.database().contents(), before);
    app.offers(&code, &[("redirect_uri", Application::CALLBACK)]).await.is(200);
}

#[tokio::test]
async fn only_a_live_access_token_opens_a_profile() {
    let (kernia, app, connection) = ready().await;
    let code = code(&kernia, &connection, &[]).await;
    let token = app.exchanges(&code).await.token;
    let unauthorized = json!({ "error": "Unauthorized" });
    for bearer in [app.api_key.as_str(), code.as_str(), "nonsense", "", &token[..42]] {
        assert_eq!(app.profile_by(bearer).await.is(401), unauthorized, "{bearer}");
    }
    assert_eq!(kernia.anonymous("GET", "/sso/profile").await.is(401), unauthorized);
    // And the token opens nothing else.
    let curious = Application { api_key: token, ..app };
    assert_eq!(curious.gets("/organizations").await.is(401), json!({ "message": "Unauthorized" }));
}

#[tokio::test]
async fn the_public_keys_of_a_client_are_for_everybody() {
    let (kernia, app, _) = ready().await;
    let answer = kernia.anonymous("GET", &format!("/sso/jwks/{}", app.client_id)).await;
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    let keys = answer.is(200);
    let key = &keys["keys"][0];
    let field =
        |name: &str| key[name].as_str().unwrap_or_else(|| panic!("{name}: {key}")).to_owned();
    assert_eq!(
        (field("kty"), field("alg"), field("use")),
        ("RSA".into(), "RS256".into(), "sig".into())
    );
    assert_eq!(field("e"), "AQAB");
    assert_eq!(URL_SAFE_NO_PAD.decode(field("n")).unwrap().len(), 256);
    let certificate = STANDARD.decode(key["x5c"][0].as_str().unwrap()).unwrap();
    assert_eq!(field("x5t#S256"), URL_SAFE_NO_PAD.encode(digest(&SHA256, &certificate)));
    assert!(!field("kid").is_empty());
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    for name in ["d", "p", "q"] {
        assert!(key.get(name).is_none(), "the private part stays here");
    }
    assert_eq!(
        kernia.anonymous("GET", "/sso/jwks/client_nobody").await.code(404),
        "entity_not_found"
    );
}
