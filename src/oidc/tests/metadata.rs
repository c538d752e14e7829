//! Discovery documents.

use serde_json::{Value as Json, json};

use super::code;
use crate::{
    kit::text::WebAddress,
    oidc::{Provider, Rejected},
};

fn address(text: &str) -> WebAddress {
    WebAddress::parse(text).unwrap()
}

fn document(changes: &Json) -> Vec<u8> {
    let mut document = json!({
        "issuer": "https://idp.test",
        "authorization_endpoint": "https://idp.test/authorize",
        "token_endpoint": "https://idp.test/token",
        "jwks_uri": "https://keys.idp.test/jwks",
        "userinfo_endpoint": "https://idp.test/me",
        "end_session_endpoint": "https://idp.test/logout",
        "response_types_supported": ["code", "code id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "authorization_response_iss_parameter_supported": true,
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "email"],
        "something_new": { "deep": [1, 2, 3] },
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Json::Null => _ = document.as_object_mut().unwrap().remove(name),
            value => document[name] = value.clone(),
        }
    }
    document.to_string().into_bytes()
}

fn read(changes: &Json) -> Result<Provider, Rejected> {
    Provider::parse(
        &document(changes),
        &address("https://idp.test/.well-known/openid-configuration"),
    )
}

#[test]
fn what_a_document_says() {
    let provider = read(&json!({})).unwrap();
    assert_eq!(provider.issuer, "https://idp.test");
    assert_eq!(provider.jwks_uri.as_str(), "https://keys.idp.test/jwks");
    assert_eq!(provider.end_session_endpoint.as_ref().unwrap().as_str(), "https://idp.test/logout");
    assert_eq!(provider.token_authentication_methods, ["client_secret_post", "private_key_jwt"]);
    assert_eq!(provider.id_token_algorithms, ["RS256", "ES256"]);
    assert!(provider.sends_issuer);
    // It is kept as it was read.
    let kept = serde_json::to_string(&provider).unwrap();
    assert_eq!(serde_json::from_str::<Provider>(&kept).unwrap(), provider);

    let short = read(&json!({
        "userinfo_endpoint": null, "end_session_endpoint": "", "scopes_supported": null,
        "response_types_supported": null, "id_token_signing_alg_values_supported": null,
        "token_endpoint_auth_methods_supported": null, "code_challenge_methods_supported": null,
        "authorization_response_iss_parameter_supported": null,
    }))
    .unwrap();
    assert_eq!((short.userinfo_endpoint, short.end_session_endpoint), (None, None));
    assert_eq!(short.token_authentication_methods, ["client_secret_basic"]);
    assert_eq!(short.id_token_algorithms, ["RS256"]);
    assert!(!short.sends_issuer && short.code_challenge_methods.is_empty());
}

#[test]
fn what_is_refused() {
    for (changes, expected) in [
        (json!({ "issuer": null }), "metadata_incomplete"),
        (json!({ "issuer": 1 }), "metadata_incomplete"),
        (json!({ "authorization_endpoint": null }), "metadata_incomplete"),
        (json!({ "token_endpoint": "" }), "metadata_incomplete"),
        (json!({ "jwks_uri": null }), "metadata_incomplete"),
        (json!({ "issuer": "idp.test" }), "metadata_address"),
        (json!({ "issuer": "http://idp.test" }), "metadata_address"),
        (json!({ "issuer": "https://idp.test?x" }), "metadata_address"),
        (json!({ "issuer": "https://idp.test#x" }), "metadata_address"),
        (json!({ "token_endpoint": "http://idp.test/token" }), "metadata_address"),
        (json!({ "authorization_endpoint": "javascript:alert(1)" }), "metadata_address"),
        (json!({ "userinfo_endpoint": "https://a:b@idp.test/" }), "metadata_address"),
        (json!({ "end_session_endpoint": "/logout" }), "metadata_address"),
        (json!({ "jwks_uri": "file:///etc/passwd" }), "metadata_address"),
        (json!({ "jwks_uri": ["https://idp.test/jwks"] }), "metadata_malformed"),
        (json!({ "scopes_supported": "openid" }), "metadata_malformed"),
        (json!({ "authorization_response_iss_parameter_supported": "yes" }), "metadata_malformed"),
        (json!({ "issuer": "https://evil.test" }), "metadata_issuer"),
        (json!({ "issuer": "https://idp.test/realm" }), "metadata_issuer"),
        (json!({ "issuer": "https://IDP.test" }), "metadata_issuer"),
        (json!({ "response_types_supported": ["id_token"] }), "metadata_unsupported"),
        (json!({ "response_types_supported": [] }), "metadata_unsupported"),
        (json!({ "require_pushed_authorization_requests": true }), "metadata_unsupported"),
        (json!({ "require_signed_request_object": true }), "metadata_unsupported"),
    ] {
        assert_eq!(code(&read(&changes)), expected, "{changes}");
    }
    let endpoint = address("https://idp.test/.well-known/openid-configuration");
    let large = " ".repeat(300_000);
    let twice = String::from_utf8(document(&json!({}))).unwrap();
    let twice = twice.replacen('{', r#"{"issuer":"https://evil.test","#, 1);
    let cases: &[(&[u8], &str)] = &[
        (b"", "metadata_malformed"),
        (b"[]", "metadata_malformed"),
        (b"{\"issuer\":1e999}", "metadata_malformed"),
        (b"\x00\x01", "metadata_malformed"),
        (twice.as_bytes(), "metadata_malformed"),
        (b"<html>", "metadata_html"),
        (b"\xef\xbb\xbf\r\n<?xml version=\"1.0\"?>", "metadata_html"),
        (large.as_bytes(), "metadata_too_large"),
    ];
    for (document, expected) in cases {
        let shown = String::from_utf8_lossy(&document[..document.len().min(60)]);
        assert_eq!(code(&Provider::parse(document, &endpoint)), *expected, "{shown}");
    }
}

#[test]
fn an_issuer_fits_the_address() {
    let fits = |endpoint: &str, issuer: &str| {
        let scheme = endpoint.split("//").next().unwrap();
        let at = |path: &str| format!("{scheme}//idp.test/{path}");
        let document = document(&json!({
            "issuer": issuer, "authorization_endpoint": at("a"), "token_endpoint": at("t"),
            "jwks_uri": at("k"), "userinfo_endpoint": at("u"), "end_session_endpoint": at("e"),
        }));
        code(&Provider::parse(&document, &address(endpoint)))
    };
    let known = "/.well-known/openid-configuration";
    let tenant = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let entra = "https://login.microsoftonline.com";
    for (endpoint, issuer) in [
        ("https://idp.test", "https://idp.test".to_owned()),
        ("https://idp.test", "https://idp.test/".to_owned()),
        ("https://idp.test/realms/a", "https://idp.test/realms/a".to_owned()),
        ("https://idp.test:8443/realms/a", "https://idp.test:8443/realms/a/".to_owned()),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000".to_owned()),
        (&format!("{entra}/common/v2.0"), format!("{entra}/{{tenantid}}/v2.0")),
        (&format!("{entra}/organizations/v2.0"), format!("{entra}/{{tenantid}}/v2.0")),
        (&format!("{entra}/{tenant}/v2.0"), format!("{entra}/{tenant}/v2.0")),
        (&format!("{entra}/acme.onmicrosoft.com/v2.0"), format!("{entra}/{tenant}/v2.0")),
        (&format!("{entra}/{tenant}"), format!("https://sts.windows.net/{tenant}/")),
        (&format!("{entra}/common"), "https://sts.windows.net/{tenantid}/".to_owned()),
        ("http://127.0.0.1:9000/common/v2.0", "http://127.0.0.1:9000/{tenantid}/v2.0".to_owned()),
        (
            "https://acme.b2clogin.com/acme.onmicrosoft.com/v2.0",
            format!("https://acme.b2clogin.com/{tenant}/v2.0/"),
        ),
    ] {
        assert_eq!(fits(&format!("{endpoint}{known}"), &issuer), "accepted", "{endpoint} {issuer}");
    }
    assert_eq!(fits(&format!("https://idp.test{known}?appid=1"), "https://idp.test"), "accepted");
    assert_eq!(fits("https://idp.test/metadata.json", "https://idp.test/x"), "accepted");
    for (endpoint, issuer) in [
        (format!("https://idp.test{known}"), "https://idp.test.evil.test".to_owned()),
        (format!("https://idp.test/a{known}"), "https://idp.test".to_owned()),
        (format!("https://idp.test/a{known}"), "https://idp.test/b".to_owned()),
        (format!("https://idp.test/a{known}"), format!("https://idp.test/{tenant}")),
        (format!("https://idp.test/a/b{known}"), "https://idp.test/{tenantid}/c".to_owned()),
        (format!("https://idp.test{known}"), "https://evil.test/{tenantid}".to_owned()),
        (format!("https://idp.test/{tenant}{known}"), format!("https://sts.windows.net/{tenant}/")),
        (format!("{entra}/a/v2.0{known}"), format!("{entra}/{tenant}/v1.0")),
        (format!("{entra}.evil.test/a/v2.0{known}"), format!("{entra}/{tenant}/v2.0")),
        ("https://idp.test/metadata.json".to_owned(), "https://evil.test".to_owned()),
    ] {
        assert_eq!(fits(&endpoint, &issuer), "metadata_issuer", "{endpoint} {issuer}");
    }
}
