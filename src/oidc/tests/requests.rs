//! The way to a provider and back.

use std::time::Duration;

use super::{code, secret};
use crate::{
    kit::text::WebAddress,
    oidc::{Answer, AuthorizationRequest, Callback, EndSessionRequest, Provider},
};

fn address(text: &str) -> WebAddress {
    WebAddress::parse(text).unwrap()
}

#[test]
fn a_request_says_what_it_must_and_nothing_twice() {
    let endpoint = address("https://idp.test/authorize?tenant=a%20b&client_id=evil&state=evil");
    let extra = [
        ("domain_hint", "acme.test"),
        ("scope", "everything"),
        ("redirect_uri", "https://evil.test"),
        ("code_challenge", "evil"),
        ("prompt", "none"),
        ("response_mode", "fragment"),
        ("request", "ey"),
        ("domain_hint", "twice"),
    ];
    let request = AuthorizationRequest {
        endpoint: &endpoint,
        client_id: "kernia & sons",
        redirect_uri: "https://kernia.test/sso/oidc/callback/k1",
        scope: "openid email",
        state: "s+1",
        nonce: "n",
        code_challenge: Some("c"),
        prompt: Some("login"),
        login_hint: Some("ada@acme.test"),
        max_age: Some(Duration::from_mins(1)),
        extra: &extra,
    };
    assert_eq!(
        request.url(),
        "https://idp.test/authorize?tenant=a+b&response_type=code&client_id=kernia+%26+sons\
         &redirect_uri=https%3A%2F%2Fkernia.test%2Fsso%2Foidc%2Fcallback%2Fk1&scope=openid+email\
         &state=s%2B1&nonce=n&code_challenge=c&code_challenge_method=S256&prompt=login\
         &login_hint=ada%40acme.test&max_age=60&domain_hint=acme.test"
    );
    // Without PKCE, nobody else may say how.
    let plain = [("code_challenge", "x"), ("code_challenge_method", "plain")];
    let plain = AuthorizationRequest { code_challenge: None, extra: &plain, ..request };
    assert!(!plain.url().contains("code_challenge"));
}

#[test]
fn a_sign_out_says_whose_it_is() {
    let endpoint = address("https://idp.test/logout");
    let request = EndSessionRequest {
        endpoint: &endpoint,
        id_token_hint: Some("a.b.c"),
        client_id: "kernia",
        post_logout_redirect_uri: Some("https://kernia.test/sso/logout/done"),
        state: None,
    };
    assert_eq!(
        request.url(),
        "https://idp.test/logout?id_token_hint=a.b.c&client_id=kernia\
         &post_logout_redirect_uri=https%3A%2F%2Fkernia.test%2Fsso%2Flogout%2Fdone"
    );
}

#[test]
fn what_a_browser_brings_back() {
    let good =
        Callback::parse("code=c%2B1&state=s&iss=https%3A%2F%2Fidp.test&session_state=x").unwrap();
    assert_eq!((good.state.as_str(), good.issuer.as_deref()), ("s", Some("https://idp.test")));
    assert_eq!(good.code().unwrap().expose(), "c+1");
    assert!(!format!("{good:?}").contains("c+1"));

    let no = Callback::parse("error=access_denied&error_description=Not%0Ayou&state=s").unwrap();
    assert!(matches!(&no.answer, Answer::Refused { error, .. } if error == "access_denied"));
    let refused = no.code().unwrap_err();
    assert_eq!(
        (refused.code, refused.got.as_str()),
        ("provider_refused", "access_denied: Not you")
    );
    assert!(Callback::parse("error=&state=s").unwrap().code().is_err());

    let many = (0..101).map(|nth| format!("&p{nth}=")).collect::<Vec<_>>().concat();
    for (query, expected) in [
        (String::new(), "callback_malformed"),
        ("code=c".to_owned(), "callback_malformed"),
        ("code=c&state=".to_owned(), "callback_malformed"),
        ("state=s".to_owned(), "callback_malformed"),
        ("state=s&code=".to_owned(), "callback_malformed"),
        ("state=s&code=c&error=e".to_owned(), "callback_malformed"),
        (format!("state=s&code={}", "x".repeat(17_000)), "callback_malformed"),
        (format!("state=s&code=c{many}"), "callback_malformed"),
        ("state=s&code=c&code=d".to_owned(), "callback_duplicate"),
        ("state=s&state=s&code=c".to_owned(), "callback_duplicate"),
        ("state=s&code=c&iss=a&iss=a".to_owned(), "callback_duplicate"),
        ("state=s&code=c&x=1&x=2".to_owned(), "callback_duplicate"),
        ("state=s&code=c&%63ode=d".to_owned(), "callback_duplicate"),
    ] {
        assert_eq!(code(&Callback::parse(&query)), expected, "{query:.60}");
    }
}

#[test]
fn an_answer_of_another_provider() {
    let provider = |issuer: &str, sends_issuer| Provider {
        issuer: issuer.to_owned(),
        authorization_endpoint: address("https://idp.test/a"),
        token_endpoint: address("https://idp.test/t"),
        jwks_uri: address("https://idp.test/k"),
        userinfo_endpoint: None,
        end_session_endpoint: None,
        token_authentication_methods: Vec::new(),
        id_token_algorithms: Vec::new(),
        sends_issuer,
        code_challenge_methods: Vec::new(),
        scopes: Vec::new(),
    };
    let answer = |iss: Option<&str>| Callback {
        state: "s".to_owned(),
        answer: Answer::Code(secret("c")),
        issuer: iss.map(str::to_owned),
    };
    let (idp, shared) = ("https://idp.test", "https://idp.test/{tenantid}/v2.0");
    for (issuer, sends, iss, expected) in [
        (idp, true, Some(idp), "accepted"),
        (idp, false, Some(idp), "accepted"),
        (idp, false, None, "accepted"),
        (idp, true, None, "callback_issuer"),
        (idp, true, Some(""), "callback_issuer"),
        (idp, true, Some("https://idp.test/"), "callback_issuer"),
        (idp, false, Some("https://evil.test"), "callback_issuer"),
        (shared, true, Some("https://idp.test/abc-1/v2.0"), "accepted"),
        (shared, true, Some("https://idp.test/a/b/v2.0"), "callback_issuer"),
        (shared, true, Some("https://idp.test//v2.0"), "callback_issuer"),
        (shared, true, Some(shared), "callback_issuer"),
        (shared, true, Some("https://idp.test/v2.0"), "callback_issuer"),
    ] {
        let judged = answer(iss).check_issuer(&provider(issuer, sends));
        assert_eq!(code(&judged), expected, "{issuer} {sends} {iss:?}");
    }
}
