//! Words that the identity provider never signed.

use super::{Scene, replaced};
use crate::{
    idp::{Hash, Signer, form_value, with_signature},
    kernia::IdentityProvider,
};

#[tokio::test]
async fn unsigned_tampered_and_signed_by_a_stranger() {
    let mut scene = Scene::set().await;
    let honest = scene.honest();
    let signed = honest.assertion_signed(&scene.signer());
    let stranger = Signer::new(IdentityProvider::another().key);
    let certificate = format!(
        "<ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data>",
        IdentityProvider::another().key.certificate_base64()
    );
    let brings_its_own = Signer { key_info: Some(&certificate), ..stranger };
    let sha1 = Signer { hash: Hash::Sha1, ..scene.signer() };
    let sha1_digest = Signer { digest: Hash::Sha1, ..scene.signer() };
    for (name, code, xml) in [
        ("unsigned", "unsigned", honest.response(&honest.assertion())),
        ("another name", "signature_invalid", replaced(&signed, ">ada@", ">eve@")),
        ("another attribute", "signature_invalid", replaced(&signed, "<saml:AttributeValue>ada@", "<saml:AttributeValue>eve@")),
        ("another key", "signature_invalid", honest.assertion_signed(&stranger)),
        ("another key with its certificate", "signature_invalid", honest.assertion_signed(&brings_its_own)),
        ("SHA-1", "algorithm_not_allowed", honest.assertion_signed(&sha1)),
        ("a SHA-1 digest", "algorithm_not_allowed", honest.assertion_signed(&sha1_digest)),
        ("a DTD", "dtd_forbidden", format!("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{signed}")),
        ("a comment in the name", "signature_invalid", replaced(&signed, ">ada@", ">eve<!-- -->ada@")),
        ("encrypted", "decryption_failed", honest.response("<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"></saml:EncryptedAssertion>")),
    ] {
        scene.refuses(name, code, &form_value(&xml)).await;
    }
    scene.ends_well().await;
}

#[tokio::test]
async fn wrapped() {
    let mut scene = Scene::set().await;
    let (honest, forged) = (scene.honest(), scene.forged());
    let (plain, evil) = (honest.assertion(), forged.assertion());
    let signature = scene.signer().signature(&honest.assertion_id, &plain);
    let signed = with_signature(&plain, &signature);
    let object = format!("<ds:Object>{plain}</ds:Object></ds:Signature>");
    let in_object = replaced(&signature, "</ds:Signature>", &object);
    let nested = replaced(&evil, "</saml:Assertion>", &format!("{signed}</saml:Assertion>"));
    let advice = format!("<saml:Advice>{signed}</saml:Advice><saml:AuthnStatement");
    let extensions = format!("<samlp:Extensions>{signed}</samlp:Extensions><samlp:Status>");
    let moved = replaced(&forged.response(&evil), "<samlp:Status>", &extensions);
    for (name, code, xml) in [
        ("the forged one first", "one_assertion", honest.response(&format!("{evil}{signed}"))),
        ("the forged one behind", "one_assertion", honest.response(&format!("{signed}{evil}"))),
        ("the honest one inside", "one_assertion", honest.response(&nested)),
        ("in an Object", "one_assertion", honest.response(&with_signature(&evil, &in_object))),
        (
            "in Advice",
            "one_assertion",
            honest.response(&replaced(&evil, "<saml:AuthnStatement", &advice)),
        ),
        ("in Extensions", "one_assertion", moved),
        (
            "the signature moved",
            "signature_misplaced",
            honest.response(&with_signature(&evil, &signature)),
        ),
        (
            "the ID borrowed",
            "signature_invalid",
            honest.response(&with_signature(
                &evil.replace(&forged.assertion_id, &honest.assertion_id),
                &signature,
            )),
        ),
    ] {
        scene.refuses(name, code, &form_value(&xml)).await;
    }
    scene.ends_well().await;
}
