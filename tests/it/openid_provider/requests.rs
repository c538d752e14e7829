//! Authorization requests: what is a page, what goes back to the client, and what begins nothing.

use serde_json::json;

use super::{ADA, Stage, code_of, error_of};
use crate::kernia::{RelyingParty, encoded};

#[tokio::test]
async fn until_client_and_address_belong_together_a_no_is_a_page() {
    let stage = Stage::set().await;
    let other = "https://evil.example.com/callback";
    for more in [
        ("client_id", "client_nobody"),
        ("client_id", "%00"),
        ("client_id", ""),
        ("redirect_uri", ""),
        ("redirect_uri", other),
        ("redirect_uri", "https://rp.example.com/Callback"),
        ("redirect_uri", "https://RP.example.com/callback"),
        ("redirect_uri", "HTTPS://rp.example.com/callback"),
        ("redirect_uri", "https://rp.example.com/callback/"),
        ("redirect_uri", "https://rp.example.com/callback?"),
        ("redirect_uri", "https://rp.example.com/callback?next=1"),
        ("redirect_uri", "https://rp.example.com/callback#"),
        ("redirect_uri", "https://rp.example.com/a/../callback"),
        ("redirect_uri", "https://rp.example.com/%2e%2e/callback"),
        ("redirect_uri", "https://rp.example.com/./callback"),
        ("redirect_uri", "https://rp.example.com//callback"),
        ("redirect_uri", "https://rp.example.com:443/callback"),
        ("redirect_uri", "https://rp.example.com:8443/callback"),
        ("redirect_uri", "https://rp.example.com./callback"),
        ("redirect_uri", "https://rp.example.com@evil.example.com/callback"),
        ("redirect_uri", "https://rp.example.com\\@evil.example.com/callback"),
        ("redirect_uri", "https://evil.example.com/?https://rp.example.com/callback"),
        ("redirect_uri", "https://rp.example.com.evil.example.com/callback"),
        ("redirect_uri", "http://rp.example.com/callback"),
        ("redirect_uri", "//rp.example.com/callback"),
        ("redirect_uri", "javascript:alert(1)"),
        ("redirect_uri", "https://rp.example.com/callback\r\nset-cookie: a=b"),
    ] {
        let answer = stage.kernia.browser().goes(&stage.rp.authorize(&[more])).await;
        assert_eq!(answer.status, 400, "{more:?}");
        assert!(answer.body.contains("This sign-in link does not work"), "{more:?}");
        assert_eq!(answer.header("location"), None, "{more:?}");
    }
    for name in ["client_id", "redirect_uri"] {
        let path = format!("{}&{}", stage.rp.authorize(&[]), encoded(&[(name, other)]));
        let answer = stage.kernia.browser().goes(&path).await;
        assert_eq!((answer.status, answer.header("location")), (400, None), "{name} twice");
    }
    assert_eq!(stage.kernia.database().count("openid_requests"), 0);
    assert_eq!(stage.kernia.database().count("sign_ins"), 0);
}

#[tokio::test]
async fn afterwards_it_goes_back_to_the_client() {
    let stage = Stage::set().await;
    let (connection, long) = (("connection", stage.connection.as_str()), "x".repeat(8 * 1024 + 1));
    for (more, error) in [
        (&[("response_type", "")][..], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_type", "code id_token")], "unsupported_response_type"),
        (&[("response_type", "id_token")], "unsupported_response_type"),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("response_mode", "form_post")], "invalid_request"),
        (&[("scope", "")], "invalid_scope"),
        (&[("scope", "email")], "invalid_scope"),
        (&[("scope", "OpenID")], "invalid_scope"),
        (&[("request", "eyJhbGciOiJub25lIn0..")], "request_not_supported"),
        (&[("request_uri", "https://rp.example.com/r")], "request_uri_not_supported"),
        (&[("registration", "{}")], "registration_not_supported"),
        (&[("claims", "{}")], "invalid_request"),
        (&[("resource", "https://api.example.com")], "invalid_target"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("prompt", "nonsense")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "consent none")], "invalid_request"),
        (&[("prompt", "none"), connection], "login_required"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("max_age", "+1")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("max_age", "99999999999999999999")], "invalid_request"),
        (&[("state", &long)], "invalid_request"),
        (&[("nonce", &long[..1025])], "invalid_request"),
        (&[("id_token_hint", "nonsense"), connection], "invalid_request"),
        (&[("connection", "conn_nothing")], "invalid_request"),
        (&[("organization", "org_nothing")], "invalid_request"),
    ] {
        let answer = stage.kernia.browser().goes(&stage.rp.authorize(more)).await;
        assert_eq!(error_of(&answer), error, "{more:?}");
        assert_eq!(answer.leads_with("iss"), Some(stage.kernia.base()));
        assert!(answer.leads_with("error_description").is_some(), "{more:?}");
        let sent = if more[0].0 == "state" { long.as_str() } else { "the state" };
        assert_eq!(answer.leads_with("state").as_deref(), Some(sent), "{more:?}");
    }
    for name in ["scope", "nonce", "prompt", "connection", "unheard_of"] {
        let twice = encoded(&[(name, "a"), (name, "a")]);
        let path = format!("{}&{twice}", stage.rp.authorize(&[(name, "")]));
        let answer = stage.kernia.browser().goes(&path).await;
        assert_eq!(error_of(&answer), "invalid_request", "{name} twice");
    }
    let twice = encoded(&[("a\"b\\c\u{e9}\u{7}", "a"), ("a\"b\\c\u{e9}\u{7}", "a")]);
    let path = format!("{}&{twice}", stage.rp.authorize(&[]));
    let told = stage.kernia.browser().goes(&path).await.leads_with("error_description");
    assert_eq!(told.as_deref(), Some("a'bc may be given only once."), "RFC 6749 §4.1.2.1");
    let twice = format!("{}&state=b", stage.rp.authorize(&[]));
    let answer = stage.kernia.browser().goes(&twice).await;
    assert_eq!(error_of(&answer), "invalid_request");
    assert_eq!(answer.leads_with("state"), None, "which one?");
    assert_eq!(stage.kernia.database().count("openid_requests"), 0);
    assert_eq!(stage.kernia.database().count("sign_ins"), 0);
}

#[tokio::test]
async fn what_nobody_knows_is_passed_over() {
    let stage = Stage::set().await;
    let more = [
        ("ui_locales", "de en"),
        ("display", "popup"),
        ("acr_values", "urn:mace:incommon:iap:silver"),
        ("unheard_of", "1"),
        ("response_mode", "query"),
        ("prompt", "consent"),
    ];
    stage.rp.exchanges(&stage.code(&more).await).await;
}

#[tokio::test]
async fn a_public_client_cannot_do_without_pkce() {
    let stage = Stage::set().await;
    let public = RelyingParty::public(&stage.app).await;
    let none = [("code_challenge", ""), ("code_challenge_method", "")];
    let answer = stage.kernia.browser().goes(&public.authorize(&none)).await;
    assert_eq!(error_of(&answer), "invalid_request");
    let answer = stage.signs_in_to(&public, &mut stage.kernia.browser(), ADA, &[]).await;
    let code = code_of(&answer);
    let missing = public.offers(&code, &[("code_verifier", "")]).await;
    assert_eq!(missing.code(400), "invalid_grant");
    public.exchanges(&code).await;
    let code = code_of(&stage.signs_in(&mut stage.kernia.browser(), ADA, &none).await);
    let more = [("code_verifier", "")];
    let tokens = stage.rp.tokens(stage.rp.offers(&code, &more).await).await;
    assert_eq!(tokens.claims["aud"], stage.rp.id, "a confidential one can");
}

#[tokio::test]
async fn whoever_only_looks_begins_nothing() {
    let stage = Stage::set().await;
    let path = stage.rp.authorize(&[("connection", &stage.connection)]);
    let answer = stage.kernia.browser().sends("HEAD", &path, &[], b"").await;
    assert_eq!((answer.status, answer.header("set-cookie")), (200, None));
    let answer = stage.kernia.browser().sends("HEAD", "/oauth2/logout", &[], b"").await;
    assert_eq!(answer.status, 200);
    assert_eq!(stage.kernia.database().count("sign_ins"), 0);
}

#[tokio::test]
async fn a_request_may_come_as_a_form() {
    let stage = Stage::set().await;
    let path = stage.rp.authorize(&[("connection", &stage.connection)]);
    let (address, query) = path.split_once('?').unwrap();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let mut browser = stage.kernia.browser();
    let sent = browser.sends("POST", address, &form, query.as_bytes()).await;
    assert_eq!(sent.status, 303);
    let path = browser.path_of(sent.location());
    let sent = browser.goes(&path).await;
    assert_eq!(sent.status, 302, "{sent:?}");
    assert!(sent.location().starts_with(crate::kernia::IdentityProvider::SSO_URL));
    for (path, headers, body) in [
        (address.to_owned(), &[("content-type", "application/json")][..], "{}"),
        (format!("{address}?client_id=a"), &form, query),
    ] {
        let answer = browser.sends("POST", &path, headers, body.as_bytes()).await;
        assert_eq!((answer.status, answer.header("location")), (400, None), "{path}");
    }
    let huge = format!("{query}&unheard_of={}", "x".repeat(20_000));
    assert_eq!(browser.sends("POST", address, &form, huge.as_bytes()).await.status, 413);
}

#[tokio::test]
async fn a_native_application_takes_the_port_that_it_gets() {
    let stage = Stage::set().await;
    let uris = json!(["http://127.0.0.1/cb", RelyingParty::CALLBACK]);
    let body = json!({ "name": "Tool", "public": true, "redirect_uris": uris });
    let native = RelyingParty::made(&stage.app, body).await;
    let uri = ("redirect_uri", "http://127.0.0.1:51004/cb");
    let answer = stage.signs_in_to(&native, &mut stage.kernia.browser(), ADA, &[uri]).await;
    assert!(answer.location().starts_with("http://127.0.0.1:51004/cb?code="), "{answer:?}");
    let code = answer.leads_with("code").unwrap();
    let other = ("redirect_uri", "http://127.0.0.1:51005/cb");
    assert_eq!(native.offers(&code, &[other]).await.code(400), "invalid_grant");
    native.tokens(native.offers(&code, &[uri]).await).await;
    for bad in ["http://127.0.0.1:51004/", "http://localhost:51004/cb", "http://127.0.0.2:51004/cb"]
    {
        let path = native.authorize(&[("redirect_uri", bad)]);
        assert_eq!(stage.kernia.browser().goes(&path).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn an_organization_stands_for_its_connection() {
    let stage = Stage::set().await;
    let here = [("organization", stage.organization.as_str())];
    let answer = stage.signs_in(&mut stage.kernia.browser(), ADA, &here).await;
    let tokens = stage.rp.exchanges(&code_of(&answer)).await;
    assert_eq!(tokens.claims["connection_id"], stage.connection);
}

#[tokio::test]
async fn a_client_that_lost_its_address_meanwhile_is_not_answered_there() {
    let stage = Stage::set().await;
    let mut browser = stage.kernia.browser();
    let path = stage.rp.authorize(&[("connection", &stage.connection)]);
    let asked = crate::kernia::Asked::parse(browser.goes(&path).await.location());
    let own = format!("/kernia/v1/openid_clients/{}", stage.rp.id);
    let change = json!({ "redirect_uris": ["https://rp.example.com/other"] });
    stage.app.patches(&own, change).await.is(200);
    let response = stage.idp.vouches(&asked, ADA, stage.kernia.clock.now());
    let answer = browser.returns(&asked, &response).await;
    assert_eq!((answer.status, answer.header("location")), (400, None));
    assert_eq!(stage.kernia.database().count("openid_codes"), 0);
}

#[tokio::test]
async fn where_nobody_says_the_person_is_asked_and_the_request_goes_on() {
    let stage = Stage::set().await;
    let mut browser = stage.kernia.browser();
    let sent = browser.goes(&stage.rp.authorize(&[("max_age", "60")])).await;
    assert_eq!(sent.status, 302, "{sent:?}");
    let page = browser.path_of(sent.location());
    assert!(page.starts_with("/login?door=openid&"), "{page}");
    let page = browser.goes(&page).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let (action, fields) = crate::kernia::hidden_fields(&page.body);
    let mut fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    fields.push(("email", ADA));
    let onward = browser.posts(&action, &fields).await;
    assert_eq!(onward.status, 303, "{}", onward.body);
    let path = browser.path_of(onward.location());
    assert!(path.starts_with("/oauth2/authorize?"), "{path}");
    let sent = browser.goes(&path).await;
    assert_eq!(sent.status, 302, "{sent:?}");
    let asked = crate::kernia::Asked::parse(sent.location());
    assert!(asked.xml.contains("ForceAuthn=\"true\""), "all of it came along: {}", asked.xml);
    let response = stage.idp.vouches(&asked, ADA, stage.kernia.clock.now());
    let tokens = stage.rp.exchanges(&code_of(&browser.returns(&asked, &response).await)).await;
    assert_eq!(
        (&tokens.claims["nonce"], &tokens.claims["email"]),
        (&json!("the nonce"), &json!(ADA))
    );
}

#[tokio::test]
async fn hints_lead_to_the_organization_that_has_proved_the_domain() {
    let stage = Stage::set().await;
    for hint in [("login_hint", ADA), ("domain_hint", "acme.test")] {
        let sent = stage.kernia.browser().goes(&stage.rp.authorize(&[hint])).await;
        assert!(sent.location().starts_with(crate::kernia::IdentityProvider::SSO_URL), "{hint:?}");
    }
    let unknown = stage.rp.authorize(&[("login_hint", "eve@gmail.test")]);
    let sent = stage.kernia.browser().goes(&unknown).await;
    assert!(sent.location().contains("/login?door=openid&"), "{sent:?}");
    let both = [("connection", stage.connection.as_str()), ("organization", "org_1")];
    let answer = stage.kernia.browser().goes(&stage.rp.authorize(&both)).await;
    assert_eq!(error_of(&answer), "invalid_request");
}

#[tokio::test]
async fn the_page_that_asks_carries_no_request_of_a_stranger() {
    let stage = Stage::set().await;
    let path = stage.rp.authorize(&[("redirect_uri", "https://evil.example.com/callback")]);
    let path = path.replace("/oauth2/authorize?", "/login?door=openid&");
    assert_eq!(stage.kernia.browser().goes(&path).await.status, 400);
    let path = stage.rp.authorize(&[]).replace("/oauth2/authorize?", "/login?");
    assert_eq!(stage.kernia.browser().goes(&path).await.status, 400, "the other door");
    let path = stage.rp.authorize(&[]).replace("/oauth2/authorize?", "/login?door=other&");
    assert_eq!(stage.kernia.browser().goes(&path).await.status, 400, "no door");
}
