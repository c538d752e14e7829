//! Foreign and own eyes on what the demo's identity provider signs.

use std::{fs, process::Command};

use super::*;
use crate::{
    kit::text::Email,
    saml::{
        certificate::Certificate,
        journal::Journal,
        metadata,
        response::{Pending, Presented, Terms, Trust, Unsolicited, verify},
    },
};

const NOW: Timestamp = Timestamp::from_millis(1_795_511_642_678);

fn request() -> AuthnRequest {
    AuthnRequest {
        id: "_0123456789abcdef0123456789abcdef".to_owned(),
        issued_at: NOW,
        destination: "http://127.0.0.1:8080/demo/idp/sso".to_owned(),
        acs_url: "http://127.0.0.1:8080/sso/saml/acs/k1?a=1&b=\"2\"".to_owned(),
        issuer: "http://127.0.0.1:8080/sso/saml/k1?x=<1>&y=2".to_owned(),
        force_authn: false,
        name_id_format: None,
        subject: None,
    }
}

/// Somebody whose every value needs escaping.
fn somebody() -> Employee {
    Employee {
        id: "employee-<1> & \"2\"".to_owned(),
        email: Email::parse("zoë&co@example.com").unwrap(),
        first_name: "Zoë\r\n\t]]>".to_owned(),
        last_name: "O'Neil & <Sons>".to_owned(),
        groups: vec!["R&D".to_owned(), "Łódź \"\u{1F680}\"".to_owned()],
        password: String::new(),
    }
}

fn answer(idp: &IdentityProvider) -> String {
    idp.answer(&request(), &somebody(), NOW, &Chance::seeded(7)).unwrap()
}

/// What xmlsec1, which shares nothing with us, says to a response and a pinned certificate.
fn xmlsec1_verifies(xml: &str, certificate: &str) -> bool {
    let folder = std::env::temp_dir().join(format!("kernia-xmlsec1-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let name = Chance::system().alphanumeric(12);
    let (response, key) = (folder.join(format!("{name}.xml")), folder.join(format!("{name}.pem")));
    fs::write(&response, xml).unwrap();
    fs::write(&key, certificate).unwrap();
    let output = Command::new("xmlsec1")
        .args(["--verify", "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"])
        .arg("--pubkey-cert-pem")
        .args([&key, &response])
        .output()
        .expect("xmlsec1 is installed (Debian package xmlsec1)");
    fs::remove_file(response).unwrap();
    fs::remove_file(key).unwrap();
    output.status.success()
}

#[test]
fn a_foreign_verifier_takes_the_signature_and_refuses_a_changed_name() {
    let idp = IdentityProvider::generate(NOW).unwrap();
    let xml = String::from_utf8(STANDARD.decode(answer(&idp)).unwrap()).unwrap();
    assert!(xmlsec1_verifies(&xml, &idp.certificate_pem()), "{xml}");

    let forged = xml.replace("O'Neil", "O'Neal");
    assert_ne!(forged, xml);
    assert!(!xmlsec1_verifies(&forged, &idp.certificate_pem()));
    let other = IdentityProvider::generate(NOW).unwrap();
    assert!(!xmlsec1_verifies(&xml, &other.certificate_pem()));
}

#[test]
fn kernia_takes_the_answer_from_the_metadata_alone() {
    let idp = IdentityProvider::generate(NOW).unwrap();
    let metadata = idp.metadata("http://127.0.0.1:8080/demo/idp/sso?a=1&b=2");
    let known = metadata::IdentityProvider::parse(metadata.as_bytes(), None).unwrap();
    assert_eq!(known.entity_id, ENTITY_ID);
    assert_eq!(known.sso_url.as_str(), "http://127.0.0.1:8080/demo/idp/sso?a=1&b=2");
    let trust = trust(&known.signing_certificates);
    let presented = Presented {
        form_value: &answer(&idp),
        pending: &[pending()],
        unsolicited: Unsolicited::Refused,
        now: NOW,
    };
    let assertion = verify(&trust, &presented, &mut Journal::start()).unwrap();
    let assertion = assertion.get();
    assert_eq!(assertion.name_id.value, somebody().id);
    assert_eq!(assertion.values("email"), [somebody().email.as_str()]);
    assert_eq!(assertion.values("firstName"), ["Zoë\r\n\t]]>"]);
    assert_eq!(assertion.values("groups"), somebody().groups);
    assert_eq!(assertion.in_response_to, Some(request().id));
}

#[test]
fn a_stored_key_comes_back_as_the_same_provider() {
    let idp = IdentityProvider::generate(NOW).unwrap();
    let again =
        IdentityProvider::from_pem(idp.private_key().clone(), &idp.certificate_pem()).unwrap();
    assert_eq!(answer(&again), answer(&idp));
    assert_eq!(again.certificate_pem(), idp.certificate_pem());
    let certificate = Certificate::parse_pem(&again.certificate_pem()).unwrap();
    assert!(certificate.not_before() < NOW && NOW < certificate.not_after());
    assert!(
        IdentityProvider::from_pem(Secret::new("x".to_owned()), &idp.certificate_pem()).is_err()
    );
}

#[test]
fn neither_debug_nor_a_fault_shows_the_private_key() {
    let idp = IdentityProvider::generate(NOW).unwrap();
    let shown = format!("{idp:?}");
    assert!(!shown.contains("PRIVATE") && shown.len() < 1_000, "{shown}");
}

fn trust(certificates: &[Certificate]) -> Trust {
    Trust::new(Terms {
        identity_provider: ENTITY_ID,
        certificates,
        acs_urls: vec![request().acs_url],
        entity_ids: vec![request().issuer],
        decryption_keys: &[],
        allow_sha1: false,
        require_signed_assertion: false,
    })
    .unwrap()
}

fn pending() -> Pending {
    Pending {
        request_id: request().id,
        force_authn: true,
        issued_at: NOW - std::time::Duration::from_secs(1),
    }
}
