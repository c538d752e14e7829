//! Our own keys: as people give them, as they are kept, and what they sign.

use std::{fs, process::Command};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    ACS, REQUEST,
    encrypting::{OLD, OURS},
};
use crate::{
    kit::{secret::SecretBytes, time::Timestamp},
    saml::{key_pair::KeyPair, request::AuthnRequest},
};

/// What `openssl` makes of these arguments.
fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("openssl is installed");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    output.stdout
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn keys_in_every_dress() {
    let certificate = &OURS.certificate_pem;
    let pkcs8 = &OURS.key_pem;
    let pkcs1 = text(openssl(&["rsa", "-traditional"], pkcs8.as_bytes()));
    assert!(pkcs1.contains("BEGIN RSA PRIVATE KEY"));
    for pem in [pkcs8.clone(), pkcs1, format!("{certificate}{pkcs8}")] {
        let pair = KeyPair::parse(&pem, certificate).unwrap();
        assert_eq!(pair.private_key().expose(), OURS.pair.private_key().expose());
        assert_eq!(pair.certificate().pem(), *certificate);
        let kept = SecretBytes::new(pair.private_key().expose().to_vec());
        let again = KeyPair::from_der(kept, pair.certificate().der()).unwrap();
        assert_eq!(again.sign(b"x").unwrap(), OURS.pair.sign(b"x").unwrap());
    }
    for (curve, method) in [
        ("prime256v1", "#ecdsa-sha256"),
        ("secp384r1", "#ecdsa-sha384"),
        ("secp521r1", "#ecdsa-sha512"),
    ] {
        let sec1 = text(openssl(&["ecparam", "-genkey", "-noout", "-name", curve], b""));
        assert!(sec1.contains("BEGIN EC PRIVATE KEY"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        fs::write(&path, &sec1).unwrap();
        let path = path.to_str().unwrap();
        let request = ["req", "-x509", "-new", "-key", path, "-subj", "/CN=kernia", "-days", "9"];
        let certificate = text(openssl(&request, b""));
        let pair = KeyPair::parse(&sec1, &certificate).unwrap();
        assert!(pair.algorithm().ends_with(method));
        assert!(pair.opens().is_none());
        let pkcs8 = text(openssl(&["pkcs8", "-topk8", "-nocrypt"], sec1.as_bytes()));
        let again = KeyPair::parse(&pkcs8, &certificate).unwrap();
        assert_eq!(again.certificate(), pair.certificate());
    }
}

#[test]
fn keys_that_may_not_be_taken() {
    let certificate = &OURS.certificate_pem;
    let code = |key: &str, certificate: &str| KeyPair::parse(key, certificate).unwrap_err().code;
    let unreadable = "key_pair_unreadable";
    assert_eq!(code(&OLD.key_pem, certificate), "key_pair_mismatch");
    assert_eq!(code("", certificate), unreadable);
    assert_eq!(code(certificate, certificate), unreadable);
    assert_eq!(code(&OURS.key_pem[..300], certificate), unreadable);
    assert_eq!(code(&OURS.key_pem.repeat(2), certificate), unreadable);
    assert_eq!(code(&"x".repeat(40_000), certificate), unreadable);
    assert_eq!(
        code(&OURS.key_pem.replace("PRIVATE KEY", "EC PRIVATE KEY"), certificate),
        unreadable
    );
    assert_eq!(code(&OURS.key_pem, ""), "certificate_unreadable");
    // A certificate field never takes a key, even the right one.
    assert_eq!(code(&OURS.key_pem, &OURS.key_pem), "private_key_given");
    let sealed = openssl(
        &["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:x"],
        OURS.key_pem.as_bytes(),
    );
    let no = KeyPair::parse(&text(sealed), certificate).unwrap_err();
    assert_eq!((no.code, no.got.as_str()), (unreadable, "a key that is protected by a passphrase"));
    let shown = format!("{:?} {no:?}", OURS.pair);
    assert!(!shown.contains("PRIVATE KEY") && shown.len() < 1_000, "{shown}");
}

fn request() -> AuthnRequest {
    AuthnRequest {
        id: REQUEST.to_owned(),
        issued_at: Timestamp::from_millis(1_767_323_045_000),
        destination: "https://idp.test/sso?tenant=1&x=\"2\"".to_owned(),
        acs_url: ACS.to_owned(),
        issuer: "https://kernia.test/?a=1&b=<2>\r\n\t".to_owned(),
        force_authn: true,
        name_id_format: Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent".to_owned()),
        subject: Some("ada & \"co\" <a@acme.test>".to_owned()),
    }
}

#[test]
fn a_redirect_is_signed_over_the_bytes_that_are_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let url =
        request().redirect_url("st/ate &1", &[("login_hint", "ada")], Some(&OURS.pair)).unwrap();
    let (_, query) = url.split_once("&x=\"2\"&").unwrap();
    let names: Vec<&str> = query.split('&').map(|it| it.split_once('=').unwrap().0).collect();
    assert_eq!(names, ["SAMLRequest", "RelayState", "SigAlg", "Signature", "login_hint"]);
    let (signed, rest) = query.split_once("&Signature=").unwrap();
    let (signature, _) = rest.split_once('&').unwrap();
    let signature = percent_encoding::percent_decode_str(signature).decode_utf8().unwrap();
    fs::write(path("signature"), STANDARD.decode(&*signature).unwrap()).unwrap();
    fs::write(path("certificate.pem"), &OURS.certificate_pem).unwrap();
    let public = openssl(&["x509", "-in", &path("certificate.pem"), "-pubkey", "-noout"], b"");
    fs::write(path("public.pem"), public).unwrap();
    let arguments =
        ["dgst", "-sha256", "-verify", &path("public.pem"), "-signature", &path("signature")];
    assert_eq!(text(openssl(&arguments, signed.as_bytes())).trim(), "Verified OK");
    let plain = request().redirect_url("", &[], None).unwrap();
    assert!(!plain.contains("SigAlg") && !plain.contains("RelayState"));
}

#[test]
fn a_foreign_verifier_takes_a_posted_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("certificate.pem"), &OURS.certificate_pem).unwrap();
    let xml = text(STANDARD.decode(request().post_form(Some(&OURS.pair)).unwrap()).unwrap());
    let verifies = |xml: &str| {
        fs::write(path("request.xml"), xml).unwrap();
        let name = "urn:oasis:names:tc:SAML:2.0:protocol:AuthnRequest";
        Command::new("xmlsec1")
            .args(["--verify", "--id-attr:ID", name, "--pubkey-cert-pem"])
            .args([path("certificate.pem"), path("request.xml")])
            .output()
            .expect("xmlsec1 is installed (Debian package xmlsec1)")
            .status
            .success()
    };
    assert!(verifies(&xml), "{xml}");
    assert!(!verifies(&xml.replace("ForceAuthn=\"true\"", "ForceAuthn=\"false\"")));
    assert!(xml.contains("</saml2:Issuer><ds:Signature "));
    let plain = text(STANDARD.decode(request().post_form(None).unwrap()).unwrap());
    assert!(!plain.contains("Signature"));
    for part in [
        r#"Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">ada &amp; "co" &lt;a@acme.test&gt;</saml2:NameID></saml2:Subject>"#,
        "<saml2p:NameIDPolicy ",
        r#"AllowCreate="true""#,
    ] {
        assert!(plain.contains(part), "{plain}");
    }
}
