//! The token endpoint and the userinfo endpoint.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};

use super::{ada, code, header, key_set, now, rs256, secret, terms};
use crate::{
    kit::text::WebAddress,
    oidc::{
        Account, ClientAuthentication, Journal, Keys, SigningKey, TokenRequest, TokenResponse,
        UserInfo, verify,
    },
};

const ENDPOINT: &str = "https://idp.test/token";

/// The form and the header of an exchange.
fn exchanged(
    authentication: &ClientAuthentication,
) -> (Vec<(&'static str, String)>, Option<String>) {
    let endpoint = WebAddress::parse(ENDPOINT).unwrap();
    let (code, verifier) = (secret("c"), secret("v"));
    let request = TokenRequest {
        endpoint: &endpoint,
        client_id: "kernia:1",
        authentication,
        redirect_uri: "https://kernia.test/cb",
        code: &code,
        code_verifier: Some(&verifier),
        assertion_id: "a-1",
        now: now(),
    };
    let parts = request.parts().unwrap();
    assert!(!format!("{parts:?}{authentication:?}").contains("p@ss"));
    let form = parts.form.iter().map(|(name, value)| (*name, value.expose().to_owned())).collect();
    (form, parts.authorization.map(|it| it.expose().to_owned()))
}

#[test]
fn each_way_to_prove_who_asks() {
    let base = [
        ("grant_type", "authorization_code"),
        ("code", "c"),
        ("redirect_uri", "https://kernia.test/cb"),
        ("code_verifier", "v"),
    ];
    let with = |more: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        base.iter().chain(more).map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    // Both halves are form-encoded first: a colon in the client id would end it.
    let (form, authorization) = exchanged(&ClientAuthentication::Basic(secret("p@ss word+%é~")));
    assert_eq!(form, with(&[]));
    let basic = STANDARD.encode("kernia%3A1:p%40ss+word%2B%25%C3%A9~");
    assert_eq!(authorization.unwrap(), format!("Basic {basic}"));

    let (form, authorization) = exchanged(&ClientAuthentication::Post(secret("p@ss")));
    assert_eq!(form, with(&[("client_id", "kernia:1"), ("client_secret", "p@ss")]));
    assert_eq!(authorization, None);

    let (form, authorization) = exchanged(&ClientAuthentication::None);
    assert_eq!(form, with(&[("client_id", "kernia:1")]));
    assert_eq!(authorization, None);

    let key = SigningKey::from_der(&SigningKey::generate().unwrap()).unwrap();
    let (form, authorization) = exchanged(&ClientAuthentication::PrivateKeyJwt(key.clone()));
    assert_eq!(authorization, None);
    assert_eq!(
        form[4..6],
        with(&[
            ("client_id", "kernia:1"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ])[4..]
    );
    let (name, assertion) = &form[6];
    assert_eq!(*name, "client_assertion");
    let parts: Vec<Vec<u8>> = assertion
        .split('.')
        .map(|part| base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap())
        .collect();
    let json = |bytes: &[u8]| serde_json::from_slice::<Json>(bytes).unwrap();
    assert_eq!(json(&parts[0]), json!({ "alg": "RS256", "kid": key.thumbprint(), "typ": "JWT" }));
    assert_eq!(
        json(&parts[1]),
        json!({
            "iss": "kernia:1", "sub": "kernia:1", "aud": ENDPOINT, "jti": "a-1",
            "iat": 1_800_000_000, "exp": 1_800_000_300,
        })
    );
    // Its signature verifies with the half that is published.
    let keys = Keys::parse(&key_set(&[key.public_jwk(key.thumbprint())])).unwrap();
    let token = key.sign(key.thumbprint(), "JWT", &ada()).unwrap();
    let judged = verify(&token, &super::Terms { keys: &keys, ..terms() }, &mut Journal::start());
    assert!(judged.is_ok());
}

#[test]
fn what_a_token_endpoint_gives() {
    let body = json!({
        "access_token": "at", "token_type": "bearer", "expires_in": 3600, "id_token": "a.b.c",
        "refresh_token": "rt", "scope": "openid", "more": [],
    });
    let tokens = TokenResponse::parse(200, body.to_string().as_bytes()).unwrap();
    assert_eq!(tokens.id_token().unwrap(), "a.b.c");
    assert_eq!(tokens.access_token.as_ref().unwrap().expose(), "at");
    assert_eq!(tokens.expires_in.unwrap().as_secs(), 3600);
    assert!(!format!("{tokens:?}").contains("\"at\"") && !format!("{tokens:?}").contains("rt"));
    for (expires_in, seconds) in [(json!("60"), Some(60)), (json!(-1), None), (json!(1.5), None)] {
        let body = json!({ "id_token": "a.b.c", "expires_in": expires_in }).to_string();
        let tokens = TokenResponse::parse(200, body.as_bytes()).unwrap();
        assert_eq!(tokens.expires_in.map(|it| it.as_secs()), seconds);
    }
    let without = TokenResponse::parse(200, br#"{"access_token":"at"}"#).unwrap();
    assert_eq!(code(&without.id_token()), "id_token_missing");
}

#[test]
fn what_a_token_endpoint_refuses_with() {
    let large = vec![b' '; 300_000];
    let cases: &[(u16, &[u8], &str)] = &[
        (400, br#"{"error":"invalid_grant","error_description":"code was used"}"#, "grant_refused"),
        (401, br#"{"error":"invalid_client"}"#, "client_refused"),
        (400, br#"{"error":"unauthorized_client"}"#, "client_refused"),
        (400, br#"{"error":"invalid_request"}"#, "token_refused"),
        // GitHub refuses with the status 200.
        (200, br#"{"error":"bad_verification_code"}"#, "token_refused"),
        (200, br#"{"error":7}"#, "token_status"),
        (500, br#"{"message":"sorry"}"#, "token_status"),
        (503, b"upstream timed out", "token_status"),
        (302, b"", "token_status"),
        (200, b"", "token_response_malformed"),
        (200, b"access_token=at&id_token=a.b.c", "token_response_malformed"),
        (200, br#"["id_token"]"#, "token_response_malformed"),
        (200, br#"{"id_token":"a.b.c","id_token":"d.e.f"}"#, "token_response_malformed"),
        (200, br#"{"id_token":1}"#, "token_response_malformed"),
        (200, br#"{"access_token":{}}"#, "token_response_malformed"),
        (200, br#"{"id_token":"a.b.c","token_type":"DPoP"}"#, "token_type"),
        (200, b"<!DOCTYPE html><title>Sign in</title>", "token_html"),
        (502, b"<html>Bad gateway", "token_html"),
        (200, &large, "token_too_large"),
    ];
    for (status, body, expected) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
        assert_eq!(code(&TokenResponse::parse(*status, body)), *expected, "{status} {shown}");
    }
    let refused = TokenResponse::parse(400, cases[0].1).unwrap_err();
    assert_eq!(refused.got, "invalid_grant: code was used");
}

#[test]
fn more_claims_of_the_same_person() {
    let verified = || verify(&rs256(&header(), &ada()), &terms(), &mut Journal::start()).unwrap();
    let more = json!({ "sub": "ada", "email": "eve@evil.test", "iss": "evil", "locale": "en" });
    let told = verified().with_user_info(more.to_string().as_bytes()).unwrap();
    assert_eq!(told.get().all["locale"], "en");
    // What is signed stands.
    assert_eq!(told.get().all["email"], "ada@acme.test");
    assert_eq!(
        (told.get().all["iss"].as_str(), told.get().subject.as_str()),
        (Some(super::ISSUER), "ada")
    );
    for other in [json!({}), json!({ "sub": "eve" }), json!({ "sub": "Ada" }), json!({ "sub": 1 })]
    {
        let judged = verified().with_user_info(other.to_string().as_bytes());
        assert_eq!(code(&judged), "user_info_subject", "{other}");
    }
    let large = vec![b' '; 300_000];
    let token = rs256(&header(), &ada());
    let cases: &[(u16, &[u8], &str)] = &[
        (401, br#"{"error":"invalid_token"}"#, "user_info_status"),
        (200, b"<html>", "user_info_html"),
        (200, token.as_bytes(), "user_info_signed"),
        (200, b"eyJ.a.b.c.d", "user_info_signed"),
        (200, b"", "user_info_malformed"),
        (200, br#"{"sub":"ada","sub":"eve"}"#, "user_info_malformed"),
        (200, &large, "user_info_too_large"),
    ];
    for (status, body, expected) in cases {
        assert_eq!(code(&UserInfo::parse(*status, body)), *expected);
    }
}

#[test]
fn an_account_without_an_id_token() {
    let ada = br#"{"id":583231,"login":"ada","name":"Ada","email":"shown@evil.test"}"#;
    let account = Account::parse(200, ada).unwrap();
    assert_eq!(
        (account.subject(), &account.claims()["email"]),
        ("583231", &json!("shown@evil.test"))
    );
    let emails = br#"[{"email":"old@acme.test","primary":false,"verified":true},
        {"email":"ada@acme.test","primary":true,"verified":true}]"#;
    let proven = account.clone().with_emails(200, emails).unwrap();
    assert_eq!(proven.claims()["email"], "ada@acme.test");
    let unproven = br#"[{"email":"ceo@acme.test","primary":true,"verified":false}]"#;
    let unproven = account.clone().with_emails(200, unproven).unwrap();
    assert_eq!(unproven.claims().get("email"), None);
    assert_eq!(code(&account.clone().with_emails(200, b"{}")), "user_info_malformed");
    assert_eq!(code(&account.with_emails(404, b"[]")), "user_info_status");
    for (status, body, expected) in [
        (200, "[]", "user_info_malformed"),
        (200, r#"{"id":1,"id":2}"#, "user_info_malformed"),
        (200, r#"{"login":"ada"}"#, "user_info_subject"),
        (200, r#"{"id":-1}"#, "user_info_subject"),
        (200, r#"{"id":1.5}"#, "user_info_subject"),
        (200, r#"{"id":""}"#, "user_info_subject"),
        (200, "<html>", "user_info_html"),
        (403, "{}", "user_info_status"),
    ] {
        assert_eq!(code(&Account::parse(status, body.as_bytes())), expected, "{body}");
    }
}
