//! Responses that `xmlsec1` signs, which shares nothing with us; also those with SHA-1.

use std::{fs, process::Command};

use super::{ada, encrypting::OURS, idp::form_value, judged, now, pending, replaced, terms};
use crate::saml::{
    certificate::Certificate, rejected::Rejected, response::Assertion, response::Terms,
    trust::Trust,
};

const EXC_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// A Signature that is still to be filled.
fn template(id: &str, method: &str, digest: &str, prefixes: &str) -> String {
    let list = if prefixes.is_empty() {
        String::new()
    } else {
        format!(r#"<ec:InclusiveNamespaces xmlns:ec="{EXC_C14N}" PrefixList="{prefixes}"/>"#)
    };
    format!(
        r##"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{EXC_C14N}"/><ds:SignatureMethod Algorithm="{method}"/><ds:Reference URI="#{id}"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><ds:Transform Algorithm="{EXC_C14N}">{list}</ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature>"##
    )
}

/// What xmlsec1 makes of a document with a template in it, with our key.
fn signed(xml: &str) -> String {
    signed_with(xml, &OURS.key_pem, &OURS.certificate_pem)
}

fn signed_with(xml: &str, key: &str, certificate: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("key.pem"), key).unwrap();
    fs::write(path("certificate.pem"), certificate).unwrap();
    fs::write(path("template.xml"), xml).unwrap();
    let key = format!("{},{}", path("key.pem"), path("certificate.pem"));
    let output = Command::new("xmlsec1")
        .args(["--sign", "--privkey-pem", &key])
        .args(["--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"])
        .args(["--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:protocol:Response"])
        .args(["--output", &path("signed.xml"), &path("template.xml")])
        .output()
        .expect("xmlsec1 is installed (Debian package xmlsec1)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(path("signed.xml")).unwrap()
}

fn verify(xml: &str, allow_sha1: bool) -> Result<Assertion, Rejected> {
    verify_by(OURS.pair.certificate(), xml, allow_sha1)
}

fn verify_by(
    certificate: &Certificate,
    xml: &str,
    allow_sha1: bool,
) -> Result<Assertion, Rejected> {
    let certificates = [certificate.clone()];
    let trust = Trust::new(Terms { allow_sha1, ..terms(&certificates) }).unwrap();
    judged(&form_value(xml), &trust, &pending(), now())
}

fn with(method: &str, digest: &str, prefixes: &str) -> String {
    signed(&unfilled(method, digest, prefixes))
}

/// Ada's answer with a Signature in her Assertion that is still to be filled.
fn unfilled(method: &str, digest: &str, prefixes: &str) -> String {
    let filled = template("_assertion", method, digest, prefixes);
    let filled = format!("</saml:Issuer>{filled}");
    ada().response(&replaced(&ada().assertion(), "</saml:Issuer>", &filled))
}

const RSA: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

#[test]
fn what_xmlsec1_signs_is_believed() {
    let more = |hash: &str| format!("http://www.w3.org/2001/04/xmldsig-more#{hash}");
    let sha512 = "http://www.w3.org/2001/04/xmlenc#sha512".to_owned();
    for (method, digest, prefixes) in [
        ("sha256", SHA256.to_owned(), ""),
        ("sha256", SHA256.to_owned(), "xs xsi #default saml"),
        ("sha384", more("sha384"), ""),
        ("sha512", sha512, ""),
    ] {
        let xml = with(&format!("{RSA}{method}"), &digest, prefixes);
        let assertion = verify(&xml, false).unwrap();
        assert_eq!(assertion.name_id.value, "ada@acme.test");
        assert!(!assertion.signed_with_sha1);
        assert_eq!(assertion.signed_by, [OURS.pair.certificate().fingerprint()]);
    }
    let response = ada().response(&ada().assertion());
    let filled = template("_response", &format!("{RSA}sha256"), SHA256, "");
    let xml = signed(&replaced(&response, "</saml:Issuer>", &format!("</saml:Issuer>{filled}")));
    assert_eq!(verify(&xml, false).unwrap().name_id.value, "ada@acme.test");
    assert_eq!(
        verify(&replaced(&xml, ">ada@", ">eve@"), false).unwrap_err().code,
        "signature_invalid"
    );
}

#[test]
fn every_curve_with_every_hash() {
    for curve in ["prime256v1", "secp384r1", "secp521r1"] {
        let (key, certificate) = elliptic(curve);
        let pinned = Certificate::parse(&certificate).unwrap();
        // Each signature has other numbers; a short one comes up now and then.
        for hash in ["sha256", "sha384", "sha512"].repeat(3) {
            let method = format!("http://www.w3.org/2001/04/xmldsig-more#ecdsa-{hash}");
            let xml = signed_with(&unfilled(&method, SHA256, ""), &key, &certificate);
            let assertion = verify_by(&pinned, &xml, false).unwrap();
            assert_eq!(assertion.name_id.value, "ada@acme.test", "{curve} {hash}");
            let changed = replaced(&xml, ">ada@", ">eve@");
            let no = verify_by(&pinned, &changed, false).unwrap_err();
            assert_eq!(no.code, "signature_invalid");
        }
    }
}

/// A private key on this curve with its certificate, both in PEM.
fn elliptic(curve: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem").to_str().unwrap().to_owned();
    let openssl = |arguments: &[&str]| {
        let output =
            Command::new("openssl").args(arguments).output().expect("openssl is installed");
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    openssl(&["ecparam", "-genkey", "-noout", "-name", curve, "-out", &path]);
    let arguments = ["req", "-x509", "-new", "-key", &path, "-subj", "/CN=idp", "-days", "9"];
    let certificate = openssl(&arguments);
    (fs::read_to_string(&path).unwrap(), certificate)
}

#[test]
fn sha1_is_believed_only_where_an_operator_allowed_it() {
    let (rsa, sha1) =
        ("http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2000/09/xmldsig#sha1");
    let sha256 = format!("{RSA}sha256");
    for (method, digest) in [(rsa, sha1), (rsa, SHA256), (sha256.as_str(), sha1)] {
        let xml = with(method, digest, "");
        let no = verify(&xml, false).unwrap_err();
        assert_eq!((no.code, no.rule), ("algorithm_not_allowed", 11), "{method} {digest}");
        let assertion = verify(&xml, true).unwrap();
        assert!(assertion.signed_with_sha1);
        assert_eq!(assertion.name_id.value, "ada@acme.test");
        let changed = replaced(&xml, ">ada@", ">eve@");
        assert_eq!(verify(&changed, true).unwrap_err().code, "signature_invalid");
    }
    assert!(!verify(&with(&sha256, SHA256, ""), true).unwrap().signed_with_sha1);
    // Nothing weaker comes with it.
    for method in [
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
    ] {
        let xml = replaced(&with(rsa, sha1, ""), rsa, method);
        assert_eq!(verify(&xml, true).unwrap_err().code, "algorithm_not_allowed", "{method}");
    }
}
