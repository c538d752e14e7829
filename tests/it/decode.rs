//! Somebody with a message in hand and a question: `kernia saml decode`.

use std::{
    fs,
    io::Write as _,
    process::{Output, Stdio},
};

use serde_json::Value;

use crate::{
    idp::{Signer, form_value},
    kernia::{IdentityProvider, kernia},
};

/// `kernia saml decode` with this on its standard input.
fn decode(input: &[u8], arguments: &[&str]) -> Output {
    let mut command = kernia(&[&["saml", "decode"], arguments].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It may have said no before it read all.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A signed response that answers some request.
fn response() -> String {
    let acme = IdentityProvider::acme();
    let asked = crate::kernia::Asked {
        id: "_0123456789abcdef0123456789abcdef".to_owned(),
        acs_url: "https://id.test/sso/saml/acs/k1".to_owned(),
        issuer: "https://id.test/sso/saml/metadata/k1".to_owned(),
        xml: String::new(),
        relay_state: String::new(),
        location: String::new(),
    };
    let now = kernia::kit::time::Timestamp::parse("2026-01-02T03:04:05Z").unwrap();
    acme.answer(&asked, "ada@acme.test", now).assertion_signed(&Signer::new(acme.key))
}

#[test]
fn a_response_is_taken_apart_in_whatever_form_it_comes() {
    let xml = response();
    let base64 = form_value(&xml);
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("SAMLResponse", &base64)
        .append_pair("RelayState", "sign_in_1")
        .finish();
    for (input, wrappings) in [(&xml, 0), (&base64, 1), (&form, 2)] {
        let output = decode(input.as_bytes(), &["--json"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["kind"], "Response");
        assert_eq!(document["wrappings"].as_array().unwrap().len(), wrappings);
        let fields = document["fields"].as_array().unwrap();
        let has = |name: &str, value: &str| {
            fields.iter().any(|field| field["name"] == name && field["value"] == value)
        };
        assert!(has("NameID", "ada@acme.test") && has("Status", "Success"), "{fields:?}");
        assert!(document["check"].is_null());
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("response.txt");
    fs::write(&file, &base64).unwrap();
    let told = decode(b"", &[file.to_str().unwrap()]);
    let told = text(&told.stdout);
    assert!(told.starts_with("A Response\n") && told.contains("ada@acme.test"), "{told}");
    assert!(told.contains("Nothing was verified"), "{told}");
}

#[test]
fn what_is_no_message_is_told_in_words() {
    for input in [&b"hello"[..], b"", b"<html/>", b"\xff\xfe\x00", b"SAMLResponse=%%%", b"PGE+"] {
        let output = decode(input, &[]);
        assert_eq!(output.status.code(), Some(1), "{input:?}");
        let told = text(&output.stderr);
        assert!(told.contains("error:") && told.contains("hint:"), "{input:?}: {told}");
        assert!(output.stdout.is_empty());
    }
    let huge = vec![b'A'; 3 * 1024 * 1024];
    let output = decode(&huge, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("more than"), "{}", text(&output.stderr));
}
