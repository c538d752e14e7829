//! Codes and access tokens: for whom they are, for how long, and how a client proves itself.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{ADA, Stage, code_of};
use crate::kernia::{RelyingParty, encoded, sends};

#[tokio::test]
async fn a_code_is_good_for_a_minute_and_a_token_for_ten() {
    let stage = Stage::set().await;
    let (first, second) = (stage.code(&[]).await, stage.code(&[]).await);
    stage.kernia.advance(Duration::from_millis(60_000 - 1));
    let tokens = stage.rp.exchanges(&first).await;
    stage.kernia.advance(Duration::from_millis(1));
    assert_eq!(stage.rp.offers(&second, &[]).await.code(400), "invalid_grant");
    stage.kernia.advance(Duration::from_millis(600_000 - 2));
    assert_eq!(stage.rp.user_info(&tokens.access).await.status, 200);
    stage.kernia.advance(Duration::from_millis(1));
    let over = stage.rp.user_info(&tokens.access).await;
    assert_eq!(over.status, 401);
    assert!(over.header("www-authenticate").unwrap().starts_with("Bearer error=\"invalid_token\""));
}

#[tokio::test]
async fn a_code_that_comes_twice_takes_back_what_it_gave() {
    let stage = Stage::set().await;
    let code = stage.code(&[("scope", "openid offline_access")]).await;
    let tokens = stage.rp.exchanges(&code).await;
    assert_eq!(stage.rp.user_info(&tokens.access).await.status, 200);
    stage.kernia.advance(Duration::from_mins(5));
    let again = stage.rp.offers(&code, &[]).await;
    assert_eq!(again.code(400), "invalid_grant");
    assert_eq!(stage.rp.user_info(&tokens.access).await.status, 401, "somebody else may have it");
    assert_eq!(stage.rp.refreshes(&tokens.refresh, &[]).await.code(400), "invalid_grant");
    assert_eq!(stage.kernia.database().count("openid_refresh_families"), 0);
}

#[tokio::test]
async fn a_code_offered_many_times_at_once_is_spent_once() {
    let stage = Stage::set().await;
    let code = stage.code(&[]).await;
    stage.rp.exchanges(&stage.code(&[]).await).await;
    let offers: Vec<_> = (0..8)
        .map(|_| {
            let (rp, code) = (stage.rp.clone(), code.clone());
            tokio::spawn(async move { rp.offers(&code, &[]).await.status })
        })
        .collect();
    let mut granted = 0;
    for offer in offers {
        granted += usize::from(offer.await.unwrap() == 200);
    }
    assert_eq!(granted, 1);
}

#[tokio::test]
async fn a_code_is_bound_to_client_address_and_verifier() {
    let stage = Stage::set().await;
    let other = RelyingParty::confidential(&stage.app).await;
    let public = RelyingParty::public(&stage.app).await;
    let code = stage.code(&[]).await;
    assert_eq!(other.offers(&code, &[]).await.code(400), "invalid_grant");
    assert_eq!(public.offers(&code, &[]).await.code(400), "invalid_grant");
    for (more, error) in [
        (("code", "nonsense"), "invalid_grant"),
        (("code", ""), "invalid_request"),
        (("redirect_uri", ""), "invalid_request"),
        (("redirect_uri", "https://rp.example.com/callback/"), "invalid_grant"),
        (("redirect_uri", "https://RP.example.com/callback"), "invalid_grant"),
        (("code_verifier", ""), "invalid_grant"),
        (("code_verifier", "another-verifier-of-forty-three-letters-or-more"), "invalid_grant"),
        // The challenge itself, as `plain` would have it.
        (("code_verifier", RelyingParty::challenge().as_str()), "invalid_grant"),
        (("grant_type", ""), "invalid_request"),
        (("grant_type", "password"), "unsupported_grant_type"),
        (("grant_type", "client_credentials"), "unsupported_grant_type"),
        (("resource", "https://api.example.com"), "invalid_target"),
    ] {
        let answer = stage.rp.offers(&code, &[more]).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{more:?}");
        assert_eq!(answer.code(400), error, "{more:?}");
    }
    stage.rp.exchanges(&code).await;
}

#[tokio::test]
async fn a_challenge_that_was_taken_away_is_noticed() {
    let stage = Stage::set().await;
    // Somebody in between took the challenge out of the request (RFC 9700 §4.8.2).
    let none = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = stage.code(&none).await;
    assert_eq!(stage.rp.offers(&code, &[]).await.code(400), "invalid_grant");
}

#[tokio::test]
async fn a_client_proves_itself_in_one_place() {
    let stage = Stage::set().await;
    let (rp, public) = (&stage.rp, RelyingParty::public(&stage.app).await);
    let code = stage.code(&[]).await;
    let secret = rp.secret.clone().unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", RelyingParty::CALLBACK),
        ("code_verifier", RelyingParty::VERIFIER),
    ];
    let basic =
        |id: &str, secret: &str| format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let own = rp.basic();
    let (mine, hers) = (("client_id", rp.id.as_str()), ("client_id", public.id.as_str()));
    let hush = ("client_secret", secret.as_str());
    for (more, header, status, error) in [
        (&[][..], String::new(), 400, "invalid_request"),
        (&[mine], String::new(), 401, "invalid_client"),
        (&[mine, ("client_secret", "wrong")], String::new(), 401, "invalid_client"),
        (&[("client_id", "client_nobody"), hush], String::new(), 401, "invalid_client"),
        (&[("client_id", "a b"), hush], String::new(), 401, "invalid_client"),
        (&[hers, hush], String::new(), 401, "invalid_client"),
        (&[], basic(&rp.id, "wrong"), 401, "invalid_client"),
        (&[], basic(&rp.id, ""), 401, "invalid_client"),
        (&[], basic("client_nobody", &secret), 401, "invalid_client"),
        (&[], basic(&public.id, &secret), 401, "invalid_client"),
        (&[], format!("Bearer {secret}"), 401, "invalid_client"),
        (&[], "Basic %%%".to_owned(), 401, "invalid_client"),
        (&[mine, hush], own.clone(), 400, "invalid_request"),
        (&[hers], own.clone(), 400, "invalid_request"),
        (&[mine, mine, hush], String::new(), 400, "invalid_request"),
        (&[mine, ("client_assertion", "a.b.c")], String::new(), 401, "invalid_client"),
    ] {
        let headers = [("authorization", header.as_str())];
        let headers = if header.is_empty() { &[][..] } else { &headers[..] };
        let answer = rp.asks(&[&form, more].concat(), headers).await;
        let challenge = answer.header("www-authenticate").map(str::to_owned);
        assert_eq!(challenge.is_some(), status == 401, "{more:?}");
        assert!(challenge.is_none_or(|it| it.starts_with("Basic ")), "{more:?}");
        assert_eq!(answer.code(status), error, "{more:?} {header}");
    }
    let posted = rp.asks(&[&form[..], &[mine, hush]].concat(), &[]).await;
    assert_eq!(posted.status, 200, "client_secret_post: {posted:?}");
}

#[tokio::test]
async fn basic_credentials_are_encoded_before_they_are_joined() {
    let stage = Stage::set().await;
    let encode = |text: &str| text.replace('-', "%2D").replace('_', "%5f");
    let secret = encode(stage.rp.secret.as_deref().unwrap());
    let joined = format!("{}:{secret}", encode(&stage.rp.id));
    let header = format!("Basic {}", STANDARD.encode(joined));
    let code = stage.code(&[]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", RelyingParty::CALLBACK),
        ("code_verifier", RelyingParty::VERIFIER),
    ];
    let answer = stage.rp.asks(&form, &[("authorization", &header)]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn nothing_secret_stands_in_an_address() {
    let stage = Stage::set().await;
    let code = stage.code(&[]).await;
    let all = encoded(&[
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", RelyingParty::CALLBACK),
        ("code_verifier", RelyingParty::VERIFIER),
        ("client_id", &stage.rp.id),
        ("client_secret", stage.rp.secret.as_deref().unwrap()),
    ]);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let (address, path) = (stage.kernia.address, format!("/oauth2/token?{all}"));
    assert_eq!(sends(address, "POST", &path, &form, b"").await.code(400), "invalid_request");
    assert_eq!(
        sends(address, "POST", &path, &form, all.as_bytes()).await.code(400),
        "invalid_request"
    );
    let json = [("content-type", "application/json")];
    let body = json!({ "grant_type": "authorization_code", "code": code }).to_string();
    let answer = sends(address, "POST", "/oauth2/token", &json, body.as_bytes()).await;
    assert_eq!(answer.code(400), "invalid_request");
    let answer = sends(address, "GET", &path, &[], b"").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST, OPTIONS")));
    let tokens = stage.rp.exchanges(&code).await;
    let path = format!("/oauth2/userinfo?access_token={}", tokens.access);
    assert_eq!(sends(address, "GET", &path, &[], b"").await.code(400), "invalid_request");
    for hidden in [&tokens.access, &tokens.id, &code] {
        let files = std::fs::read_dir(stage.kernia.folder()).unwrap();
        for file in files.map(|file| std::fs::read(file.unwrap().path()).unwrap()) {
            let found = file.windows(hidden.len()).any(|bytes| bytes == hidden.as_bytes());
            assert!(!found, "at rest there are digests");
        }
    }
}

#[tokio::test]
async fn an_access_token_opens_userinfo_and_nothing_else() {
    let stage = Stage::set().await;
    let tokens = stage.rp.exchanges(&stage.code(&[]).await).await;
    let address = stage.kernia.address;
    let bearer = format!("Bearer {}", tokens.access);
    for path in ["/sso/profile", "/organizations", "/kernia/v1/openid_clients"] {
        let answer = sends(address, "GET", path, &[("authorization", &bearer)], b"").await;
        assert_eq!(answer.status, 401, "{path}");
    }
    for token in [&tokens.id, "nonsense", &stage.app.api_key, stage.rp.secret.as_ref().unwrap()] {
        assert_eq!(stage.rp.user_info(token).await.status, 401);
    }
    let nobody = sends(address, "GET", "/oauth2/userinfo", &[], b"").await;
    assert_eq!((nobody.status, nobody.header("www-authenticate")), (401, Some("Bearer")));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = encoded(&[("access_token", &tokens.access)]);
    let posted = sends(address, "POST", "/oauth2/userinfo", &form, body.as_bytes()).await;
    assert_eq!(posted.is(200)["email"], ADA);
    let both = [form[0], ("authorization", bearer.as_str())];
    let twice = sends(address, "POST", "/oauth2/userinfo", &both, body.as_bytes()).await;
    let how = twice.header("www-authenticate").unwrap().to_owned();
    assert_eq!(
        (twice.code(400).as_str(), how.as_str()),
        ("invalid_request", "Bearer error=\"invalid_request\"")
    );
}

#[tokio::test]
async fn a_connection_that_is_switched_off_gives_nothing_any_more() {
    let stage = Stage::set().await;
    let mut browser = stage.kernia.browser();
    let scope = [("scope", "openid offline_access")];
    let first = code_of(&stage.signs_in(&mut browser, ADA, &scope).await);
    let tokens = stage.rp.exchanges(&first).await;
    let code = stage.code(&[]).await;
    let own = format!("/connections/{}", stage.connection);
    stage.app.patches(&own, json!({ "state": "inactive" })).await.is(200);
    assert_eq!(stage.rp.offers(&code, &[]).await.code(400), "invalid_grant");
    assert_eq!(stage.rp.user_info(&tokens.access).await.status, 401);
    assert_eq!(stage.rp.refreshes(&tokens.refresh, &[]).await.code(400), "invalid_grant");
    let none = stage.rp.authorize(&[("prompt", "none")]);
    assert_eq!(super::error_of(&browser.goes(&none).await), "login_required");
    stage.app.patches(&own, json!({ "state": "active" })).await.is(200);
    assert_eq!(super::error_of(&browser.goes(&none).await), "login_required", "it ended for good");
    assert_eq!(stage.rp.refreshes(&tokens.refresh, &[]).await.code(400), "invalid_grant");
}

#[tokio::test]
async fn what_was_given_does_not_come_back_with_its_connection() {
    let stage = Stage::set().await;
    let tokens = stage.rp.exchanges(&stage.code(&[]).await).await;
    let code = stage.code(&[("scope", "openid offline_access")]).await;
    let elsewhere = stage.app.organization("other.test").await;
    let another = crate::kernia::IdentityProvider::another();
    let another =
        stage.app.connection(&elsewhere, &another).await["id"].as_str().unwrap().to_owned();
    let own = format!("/connections/{}", stage.connection);
    let off = json!({ "state": "inactive" });
    stage.app.patches(&format!("/connections/{another}"), off.clone()).await.is(200);
    assert_eq!(stage.rp.user_info(&tokens.access).await.status, 200, "another one's end is no end");
    stage.app.patches(&own, off).await.is(200);
    stage.app.patches(&own, json!({ "state": "active" })).await.is(200);
    assert_eq!(stage.rp.offers(&code, &[]).await.code(400), "invalid_grant");
    assert_eq!(stage.rp.user_info(&tokens.access).await.status, 401);
    let (tokens, code) = (stage.rp.exchanges(&stage.code(&[]).await).await, stage.code(&[]).await);
    assert_eq!(stage.app.deletes(&own).await.status, 204);
    stage.app.posts(&format!("/kernia/v1{own}/restore"), json!({})).await.is(200);
    assert_eq!(stage.rp.offers(&code, &[]).await.code(400), "invalid_grant");
    assert_eq!(stage.rp.user_info(&tokens.access).await.status, 401);
}

#[tokio::test]
async fn what_has_no_value_is_left_out() {
    let stage = Stage::set().await;
    let none = [("code_challenge", ""), ("code_challenge_method", "")];
    let path = format!(
        "{}&code_challenge=&code_challenge_method=&prompt=&max_age=&request=",
        stage.rp.authorize(&[&none[..], &[("connection", stage.connection.as_str())]].concat())
    );
    let mut browser = stage.kernia.browser();
    let asked = crate::kernia::Asked::parse(browser.goes(&path).await.location());
    let response = stage.idp.vouches(&asked, ADA, stage.kernia.clock.now());
    let code = code_of(&browser.returns(&asked, &response).await);
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", RelyingParty::CALLBACK),
        ("code_verifier", ""),
        ("client_id", ""),
        ("client_secret", ""),
        ("client_assertion", ""),
        ("resource", ""),
    ];
    let basic = stage.rp.basic();
    let answer = stage.rp.asks(&form, &[("authorization", &basic)]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let form = [("grant_type", ""), ("code", code.as_str())];
    let answer = stage.rp.asks(&form, &[("authorization", &basic)]).await;
    assert_eq!(answer.code(400), "invalid_request");
}
