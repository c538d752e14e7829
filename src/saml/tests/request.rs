//! Our question, and its way to the identity provider and back.

use super::{ACS, REQUEST};
use crate::{
    kit::time::Timestamp,
    saml::request::{AuthnRequest, request_id},
};

fn request(destination: &str) -> AuthnRequest {
    AuthnRequest {
        id: REQUEST.to_owned(),
        issued_at: Timestamp::from_millis(1_767_323_045_000),
        destination: destination.to_owned(),
        acs_url: ACS.to_owned(),
        issuer: "https://kernia.test/?a=1&b=<2>".to_owned(),
        force_authn: true,
        name_id_format: None,
        subject: None,
    }
}

/// The decoded parameters of an address.
fn query(url: &str) -> Vec<(String, String)> {
    url::Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

#[test]
fn a_request_goes_there_and_back() {
    let sent = request("https://idp.test/sso?tenant=1");
    let url = sent.redirect_url("state/1 &", &[("login_hint", "ada@acme.test")], None).unwrap();
    assert!(url.starts_with("https://idp.test/sso?tenant=1&SAMLRequest="));
    let query = query(&url);
    let names: Vec<&str> = query.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["tenant", "SAMLRequest", "RelayState", "login_hint"]);
    assert_eq!(query[2].1, "state/1 &");
    assert_eq!(AuthnRequest::parse_redirect(&query[1].1).unwrap(), sent);
    let plain = AuthnRequest { force_authn: false, ..request("https://idp.test/sso") };
    let url = plain.redirect_url("", &[], None).unwrap();
    assert!(url.starts_with("https://idp.test/sso?SAMLRequest="));
    assert!(!url.contains("RelayState"));
    assert!(!AuthnRequest::parse_redirect(&self::query(&url)[0].1).unwrap().force_authn);
}

#[test]
fn a_request_is_what_the_standard_asks_for() {
    use std::io::Read;

    use base64::{Engine, engine::general_purpose::STANDARD};

    let url = request("https://idp.test/sso").redirect_url("", &[], None).unwrap();
    let deflated = STANDARD.decode(&query(&url)[0].1).unwrap();
    let mut xml = String::new();
    flate2::read::DeflateDecoder::new(&deflated[..]).read_to_string(&mut xml).unwrap();
    insta::assert_snapshot!(xml.replace("><", ">\n<"), @r##"
    <?xml version="1.0" encoding="UTF-8"?>
    <saml2p:AuthnRequest xmlns:saml2p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_0123456789abcdef0123456789abcdef" Version="2.0" IssueInstant="2026-01-02T03:04:05Z" Destination="https://idp.test/sso" ForceAuthn="true" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" AssertionConsumerServiceURL="https://kernia.test/sso/saml/acs/k1">
    <saml2:Issuer xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion">https://kernia.test/?a=1&amp;b=&lt;2&gt;</saml2:Issuer>
    </saml2p:AuthnRequest>
    "##);
}

#[test]
fn ids_are_names_and_never_start_with_a_digit() {
    assert_eq!(request_id([0; 16]), format!("_{}", "0".repeat(32)));
    assert_eq!(request_id([0xab; 16]), format!("_{}", "ab".repeat(16)));
}

#[test]
fn what_is_no_request_is_refused() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use flate2::{Compression, write::DeflateEncoder};
    use std::io::Write;

    let deflated = |text: &str| {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        STANDARD.encode(encoder.finish().unwrap())
    };
    let code = |request: &str| AuthnRequest::parse_redirect(request).unwrap_err().code;
    assert_eq!(code("!"), "request_unreadable");
    assert_eq!(code(&STANDARD.encode("hello")), "request_unreadable");
    assert_eq!(code(&deflated("<a/>")), "request_unreadable");
    assert_eq!(code(&deflated(&"a".repeat(10_000_000))), "request_unreadable");
    assert_eq!(code(&deflated("<!DOCTYPE x><a/>")), "dtd_forbidden");
}
