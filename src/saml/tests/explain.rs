//! Messages taken apart for a person, in every wrapping that one copies out of a browser.

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;

use super::{
    ACS, IDP, REQUEST, RSA, ada,
    encrypting::{OURS, Sealer},
    idp::{Signer, form_value},
    signer,
};
use crate::{
    kit::time::Timestamp,
    saml::{
        certificate::Certificate,
        explain::{Explained, Kind, explain},
        metadata::{ServiceProvider, service_provider_metadata},
        request::AuthnRequest,
    },
};

fn text(what: &str) -> Explained {
    explain(what.as_bytes()).unwrap()
}

fn field<'e>(explained: &'e Explained, name: &str) -> Option<&'e str> {
    explained.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
}

#[test]
fn a_response_in_every_wrapping() {
    let key_info = format!(
        "<ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data>",
        RSA.certificate_base64()
    );
    let xml = ada().assertion_signed(&Signer { key_info: Some(&key_info), ..signer() });
    let base64 = form_value(&xml);
    let escaped: String =
        percent_encoding::utf8_percent_encode(&base64, percent_encoding::NON_ALPHANUMERIC)
            .collect();
    let form = format!("SAMLResponse={escaped}&RelayState=a+b%26c");
    for (what, wrappings) in [
        (xml.clone(), &[][..]),
        (format!("\u{feff}\n {xml}\n"), &[]),
        (base64.clone(), &["base64"]),
        (base64.replace('A', "A\r\n"), &["base64"]),
        (escaped.clone(), &["base64"]),
        (form.clone(), &["form", "base64"]),
        (format!("RelayState=a+b%26c\nSAMLResponse={base64}\n"), &["form", "base64"]),
        (format!("https://kernia.test/acs?x=1&{form}#top"), &["url", "base64"]),
    ] {
        let explained = text(&what);
        assert_eq!(explained.kind, Kind::Response);
        assert_eq!(explained.wrappings, wrappings, "{what}");
        assert_eq!(explained.xml, xml);
        assert_eq!(explained.form_value(), base64);
        let seen = explained.seen.as_ref().unwrap();
        assert_eq!(seen.name_id.as_deref(), Some("ada@acme.test"));
        assert_eq!(seen.issuer.as_deref(), Some(IDP));
        assert!(!seen.verified);
        assert_eq!(field(&explained, "Recipient"), Some(ACS));
        assert_eq!(field(&explained, "Status"), Some("Success"));
        let shown: Vec<&str> =
            explained.certificates.iter().map(|it| it.fingerprint.as_str()).collect();
        let certificate = Certificate::parse_der(RSA.certificate()).unwrap();
        assert_eq!(shown, [certificate.fingerprint()]);
        if what.contains("RelayState") {
            assert_eq!(explained.relay_state.as_deref(), Some("a b&c"));
        }
    }
    let indented = text(&xml).indented;
    assert!(indented.contains("\n  <saml:Assertion "), "{indented}");
    assert!(indented.contains("\n      <saml:NameID "), "{indented}");
    assert!(indented.contains(">ada@acme.test</saml:NameID>\n"), "{indented}");
    // What is shown is the same document.
    assert_eq!(text(&indented).seen, text(&xml).seen);
}

#[test]
fn requests_logout_and_metadata() {
    let request = AuthnRequest {
        id: REQUEST.to_owned(),
        issued_at: Timestamp::from_millis(1_767_323_045_000),
        destination: "https://idp.test/sso".to_owned(),
        acs_url: ACS.to_owned(),
        issuer: "https://kernia.test".to_owned(),
        force_authn: true,
        name_id_format: Some("urn:x".to_owned()),
        subject: Some("ada".to_owned()),
    };
    let url = request.redirect_url("state", &[], Some(&OURS.pair)).unwrap();
    let explained = text(&url);
    assert_eq!(explained.kind, Kind::AuthnRequest);
    assert_eq!(explained.wrappings, ["url", "base64", "deflate"]);
    for (name, value) in [
        ("ID", REQUEST),
        ("Destination", "https://idp.test/sso"),
        ("AssertionConsumerServiceURL", ACS),
        ("ForceAuthn", "true"),
        ("Format", "urn:x"),
        ("NameID", "ada"),
        ("SigAlg", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
    ] {
        assert_eq!(field(&explained, name), Some(value));
    }
    let posted = text(&request.post_form(Some(&OURS.pair)).unwrap());
    assert_eq!(posted.wrappings, ["base64"]);
    assert_eq!(posted.certificates.len(), 1);

    let logout = r#"<p:LogoutRequest xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1"><p:SessionIndex>s1</p:SessionIndex></p:LogoutRequest>"#;
    assert_eq!(text(logout).kind, Kind::LogoutRequest);
    assert_eq!(field(&text(logout), "SessionIndex"), Some("s1"));
    assert_eq!(text(&logout.replace("LogoutRequest", "LogoutResponse")).kind, Kind::LogoutResponse);

    let acs_urls = [ACS.to_owned()];
    let certificate = OURS.pair.certificate();
    let ours = service_provider_metadata(&ServiceProvider {
        entity_id: "https://kernia.test",
        acs_urls: &acs_urls,
        logout_url: None,
        signing: &[certificate],
        encryption: &[certificate],
        sign_requests: true,
        name_id_format: None,
    });
    let explained = text(&ours);
    assert_eq!((explained.kind, explained.certificates.len()), (Kind::Metadata, 1));
    assert_eq!(field(&explained, "entityID"), Some("https://kernia.test"));
    assert_eq!(
        field(&explained, "AssertionConsumerService"),
        Some(format!("HTTP-POST {ACS}").as_str())
    );
    let sealed =
        ada().response(&Sealer::new("http://www.w3.org/2009/xmlenc11#aes256-gcm").seal("x"));
    assert!(text(&sealed).seen.unwrap().encrypted);
}

#[test]
fn what_is_no_message_is_told_apart() {
    let code = |what: &[u8]| explain(what).unwrap_err().code;
    let unreadable = "message_unreadable";
    for nothing in
        ["", "hello", "!", "<a/>", "https://kernia.test/", "SAMLResponse=", "x=y", "AAAA"]
    {
        assert_eq!(
            code(nothing.as_bytes()).replace("bad_xml", unreadable),
            unreadable,
            "{nothing}"
        );
    }
    assert_eq!(code(b"\xff\xfe"), unreadable);
    assert_eq!(code("<!DOCTYPE x><a/>".as_bytes()), "dtd_forbidden");
    assert_eq!(code(&vec![b'A'; 2_000_000]), unreadable);
    let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
    assert_eq!(code(deep.as_bytes()), "too_complex");
    let private = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let no = explain(private.as_bytes()).unwrap_err();
    assert!(!format!("{no:?}").contains("AAAA"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        _ = explain(&bytes);
        _ = explain(STANDARD.encode(&bytes).as_bytes());
        let query = format!("https://x.test/?SAMLRequest={}", STANDARD.encode(&bytes));
        _ = explain(query.as_bytes());
    }

    #[test]
    fn any_change_gets_an_answer(
        at in any::<prop::sample::Index>(), byte in any::<u8>(), what in 0_u8..3, wrapped in any::<bool>(),
    ) {
        let xml = ada().both_signed(&signer());
        let mut bytes = if wrapped { form_value(&xml) } else { xml }.into_bytes();
        let at = at.index(bytes.len());
        match what {
            0 => bytes[at] = byte,
            1 => _ = bytes.remove(at),
            _ => bytes.truncate(at),
        }
        _ = explain(&bytes);
    }
}
