//! Documents that the identity provider's key never signed, or not so.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{ADA, Attack, EVE, Stage, element, replaced, row};
use crate::{
    corpus::{Key, Signer, with_signature},
    idp::Hash,
};

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const MORE: &str = "http://www.w3.org/2001/04/xmldsig-more#";

pub(super) fn attacks(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    without_a_signature(stage, all);
    changed_afterwards(stage, all);
    own_keys(stage, all);
    confused(stage, all);
    weak(stage, all);
}

fn without_a_signature(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let (signed, _, signature) = stage.parts();
    let (ada, eve) = (stage.ada(), stage.eve());
    row(all, "unsigned, stripped", "unsigned")
        .add("unsigned", eve.response(&eve.assertion()))
        .add("stripped", replaced(&ada.response(&signed), &signature, ""));
}

fn changed_afterwards(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let (signed, ..) = stage.parts();
    let (ada, eve) = (stage.ada(), stage.eve());
    let response = ada.response(&signed);
    let over_response = ada.response_signed(&stage.signer());
    let named = |text: &str| replaced(text, &format!(">{ADA}"), &format!(">{EVE}"));
    let value = "<saml:AttributeValue>";
    let digest = |text: &str| {
        let old = element(text, "ds:DigestValue").to_owned();
        replaced(
            text,
            &old,
            &format!("<ds:DigestValue>{}</ds:DigestValue>", STANDARD.encode([7; 32])),
        )
    };
    row(all, "tampered", "signature_invalid")
        .add("NameID", named(&response))
        .add("NameID in a signed Response", named(&over_response))
        .add("attribute", replaced(&response, &format!("{value}{ADA}"), &format!("{value}{EVE}")))
        .add(
            "SignatureValue",
            replaced(&response, "<ds:SignatureValue>", "<ds:SignatureValue>AAAA"),
        )
        .add(
            "SignatureValue, no base64",
            replaced(&response, "<ds:SignatureValue>", "<ds:SignatureValue>!"),
        )
        .add_as(
            "SignatureValue, white space that XML does not have",
            "signature_shape",
            replaced(&response, "<ds:SignatureValue>", "<ds:SignatureValue>\u{2028}"),
        )
        .add("DigestValue", digest(&response))
        .add("the ID borrowed", {
            let mut borrowed = eve;
            borrowed.assertion_id.clone_from(&ada.assertion_id);
            let signature = stage.signer().signature(&ada.assertion_id, &ada.assertion());
            ada.response(&with_signature(&borrowed.assertion(), &signature))
        })
        .add(
            "a condition added",
            replaced(
                &response,
                "</saml:Conditions>",
                "<saml:OneTimeUse></saml:OneTimeUse></saml:Conditions>",
            ),
        );
}

/// The attacker's own key, offered in every way.
fn own_keys(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let (signed, plain, _) = stage.parts();
    let ada = stage.ada();
    let stranger = Signer::new(stage.keys.stranger);
    let certificate = |key: &Key| {
        format!(
            "<ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data>",
            key.certificate_base64()
        )
    };
    let (modulus, exponent) = stage.keys.stranger.rsa_numbers();
    let value = format!(
        "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{modulus}</ds:Modulus><ds:Exponent>{exponent}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>"
    );
    let own = certificate(stage.keys.stranger);
    let appended = format!("{}{own}", certificate(stage.keys.rsa));
    let with = |info: &str| ada.assertion_signed(&Signer { key_info: Some(info), ..stranger });
    row(all, "KeyInfo trust", "signature_invalid")
        .add("certificate", with(&own))
        .add("KeyValue", with(&value))
        .add("after the genuine one", with(&appended))
        .add("the genuine one alone", with(&certificate(stage.keys.rsa)))
        .add("none", ada.assertion_signed(&stranger))
        .add(
            "only the Response's signature verifies",
            stage.signer().signed(
                &ada.response_id,
                &ada.response(&stranger.signed(&ada.assertion_id, &plain)),
            ),
        )
        .add(
            "only the Assertion's signature verifies",
            stranger.signed(&ada.response_id, &ada.response(&signed)),
        );
}

/// An HMAC by something that everybody knows, in place of a signature.
fn confused(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let eve = stage.eve();
    let keyed = |algorithm: hmac::Algorithm, name: &'static str, key: &[u8]| {
        let method = format!("{MORE}{name}");
        let signer = Signer { method: Some(&method), ..stage.signer() };
        let signature = signer.signature(&eve.assertion_id, &eve.assertion());
        let info = element(&signature, "ds:SignedInfo");
        let canonical =
            replaced(info, "<ds:SignedInfo>", &format!("<ds:SignedInfo xmlns:ds=\"{DS}\">"));
        let tag = hmac::sign(&hmac::Key::new(algorithm, key), canonical.as_bytes());
        let value = format!("<ds:SignatureValue>{}</ds:SignatureValue>", STANDARD.encode(tag));
        let forged = replaced(&signature, element(&signature, "ds:SignatureValue"), &value);
        eve.response(&with_signature(&eve.assertion(), &forged))
    };
    let genuine = stage.keys.rsa;
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        genuine.certificate_base64()
    );
    let usual = |key: &[u8]| keyed(hmac::HMAC_SHA256, "hmac-sha256", key);
    let short = "<ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>";
    row(all, "HMAC confusion", "algorithm_not_allowed")
        .add("the certificate", usual(genuine.certificate()))
        .add("the certificate's PEM", usual(pem.as_bytes()))
        .add("the public key", usual(&genuine.public_key()))
        .add("nothing", usual(b""))
        .add("SHA-512", keyed(hmac::HMAC_SHA512, "hmac-sha512", genuine.certificate()))
        .add("one byte of it", replaced(&usual(b""), "</ds:SignatureMethod>", short));
}

fn weak(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let signed_by = |signer: Signer<'_>| stage.ada().assertion_signed(&signer);
    let method = |method: &str| signed_by(Signer { method: Some(method), ..stage.signer() });
    row(all, "SHA-1", "algorithm_not_allowed")
        .add("RSA-SHA1", signed_by(Signer { hash: Hash::Sha1, ..stage.signer() }))
        .add("a SHA-1 digest", signed_by(Signer { digest: Hash::Sha1, ..stage.signer() }))
        .add("ECDSA-SHA1", signed_by(Signer { hash: Hash::Sha1, ..Signer::new(stage.keys.p256) }))
        .add("MD5", method(&format!("{MORE}rsa-md5")))
        .add("DSA", method("http://www.w3.org/2009/xmldsig11#dsa-sha256"))
        .add_as("ECDSA's name on RSA", "signature_invalid", method(&format!("{MORE}ecdsa-sha256")))
        .add_as("another hash's name", "signature_invalid", method(&format!("{MORE}rsa-sha512")));
    let (_, plain, _) = stage.parts();
    let relative = replaced(&plain, " ID=", " xmlns:x=\"relative\" x:y=\"\" ID=");
    let over_nothing = stage.signer().signature(&stage.ada().assertion_id, "");
    row(all, "void c14n", "signature_invalid")
        .add(
            "a relative namespace",
            stage.ada().response(&with_signature(&relative, &over_nothing)),
        )
        .add("a digest of nothing", stage.ada().response(&with_signature(&plain, &over_nothing)));
}
