//! Signature wrapping: the signed Assertion stays somewhere, and a forged one is offered for it.

use super::{Attack, Stage, element, extended, replaced, row};
use crate::corpus::with_signature;

pub(super) fn attacks(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    around_the_signature(stage, all);
    hidden(stage, all);
    several(stage, all);
    elsewhere(stage, all);
    repeated_ids(stage, all);
    other_roots(stage, all);
}

/// XSW1 to XSW8, as the papers number them.
fn around_the_signature(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let (signed, plain, signature) = stage.parts();
    let (ada, evil) = (stage.ada(), stage.eve().assertion());
    let original = ada.response(&plain);
    let over_response = stage.signer().signature(&ada.response_id, &original);
    let forged_root = stage.eve().response(&evil);
    let into = |signature: &str, inside: &str| {
        replaced(signature, "</ds:Signature>", &format!("{inside}</ds:Signature>"))
    };
    let nested = replaced(&evil, "</saml:Assertion>", &format!("{signed}</saml:Assertion>"));
    let object = format!("<ds:Object>{plain}</ds:Object>");
    let one = "one_assertion";
    row(all, "XSW1, XSW2", one)
        .add("XSW1", with_signature(&forged_root, &into(&over_response, &original)))
        .add("XSW2", with_signature(&forged_root, &format!("{original}{over_response}")));
    row(all, "XSW3", one).add("before", ada.response(&format!("{evil}{signed}")));
    row(all, "XSW4", one).add("a child", ada.response(&nested));
    row(all, "XSW5, XSW6", one)
        .add("XSW5", ada.response(&format!("{}{plain}", with_signature(&evil, &signature))))
        .add("XSW6", ada.response(&with_signature(&evil, &into(&signature, &plain))));
    row(all, "XSW7", one).add("in Extensions", extended(&ada.response(&signed), &evil));
    row(all, "XSW8", one)
        .add("in an Object", ada.response(&with_signature(&evil, &into(&signature, &object))));
    row(all, "after", one).add("behind", ada.response(&format!("{signed}{evil}")));
}

fn hidden(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let (signed, plain, _) = stage.parts();
    let (ada, eve) = (stage.ada(), stage.eve());
    let evil = eve.assertion();
    let forged_root = eve.response(&evil);
    let advice = format!("<saml:Advice>{signed}</saml:Advice><saml:AuthnStatement");
    let detail = format!("<samlp:StatusDetail>{signed}</samlp:StatusDetail></samlp:Status>");
    let value = format!("<saml:AttributeValue>{signed}");
    row(all, "hidden original", "one_assertion")
        .add("Advice", ada.response(&replaced(&evil, "<saml:AuthnStatement", &advice)))
        .add("StatusDetail", replaced(&forged_root, "</samlp:Status>", &detail))
        .add("AttributeValue", ada.response(&replaced(&evil, "<saml:AttributeValue>", &value)))
        .add("an unknown wrapper", ada.response(&format!("<x>{signed}</x>{evil}")))
        .add("alone in Extensions", extended(&ada.response(""), &signed))
        .add("behind a forged one in the wrapper", ada.response(&format!("{evil}<x>{signed}</x>")));
    let whole = stage.signer().signed(&ada.response_id, &ada.response(&plain));
    row(all, "whole response inside", "one_assertion")
        .add("in a forged Response", eve.response(&format!("{whole}{evil}")))
        .add("in its Extensions", extended(&forged_root, &whole));
}

fn several(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let (signed, ..) = stage.parts();
    let (ada, eve) = (stage.ada(), stage.eve());
    let evil = eve.assertion();
    let evil_signed = stage.signer().signed(&eve.assertion_id, &evil);
    let encrypted = r#"<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"></saml:EncryptedAssertion>"#;
    row(all, "two signed", "one_assertion")
        .add("for two people", ada.response(&format!("{signed}{evil_signed}")))
        .add("for two people, the other way", ada.response(&format!("{evil_signed}{signed}")));
    row(all, "plain beside encrypted", "one_assertion")
        .add("before", ada.response(&format!("{evil}{encrypted}")))
        .add("behind", ada.response(&format!("{encrypted}{evil}")));
    let namespace = "urn:oasis:names:tc:SAML:2.0:assertion";
    let alike = |other: &str| replaced(&evil, namespace, other);
    row(all, "look-alike namespace", "unexpected_element")
        .add(
            "beside",
            ada.response(&format!("{signed}{}", alike("urn:oasis:names:tc:SAML:2.0:assertion#"))),
        )
        .add(
            "before",
            ada.response(&format!("{}{signed}", alike("urn:oasis:names:tc:SAML:2.0:Assertion"))),
        )
        .add("alone", ada.response(&alike("urn:oasis:names:tc:SAML:2.0:assertion/")));
}

/// Signatures that stand where none belongs.
fn elsewhere(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let (signed, plain, signature) = stage.parts();
    let (ada, eve) = (stage.ada(), stage.eve());
    let evil = eve.assertion();
    let over_response = stage.signer().signature(&ada.response_id, &ada.response(&plain));
    let doubled = with_signature(&with_signature(&plain, &signature), &signature);
    row(all, "moved signature", "signature_misplaced")
        .add("under the Response", with_signature(&ada.response(&plain), &signature))
        .add("under a forged Assertion", ada.response(&with_signature(&evil, &signature)))
        .add(
            "the Response's, under the Assertion",
            ada.response(&with_signature(&plain, &over_response)),
        )
        .add("two in one", ada.response(&doubled))
        .add(
            "in the Subject",
            ada.response(&replaced(
                &plain,
                "</saml:Subject>",
                &format!("{signature}</saml:Subject>"),
            )),
        );
    let message = |name: &str, namespace: &str| {
        let plain = format!(r#"<m:{name} xmlns:m="{namespace}" ID="_other"></m:{name}>"#);
        let signature = stage.signer().signature("_other", &plain);
        (replaced(&plain, "></", &format!(">{signature}</")), signature)
    };
    let (logout, of_logout) = message("LogoutResponse", "urn:oasis:names:tc:SAML:2.0:protocol");
    let (metadata, of_metadata) =
        message("EntityDescriptor", "urn:oasis:names:tc:SAML:2.0:metadata");
    row(all, "reused signature", "signature_misplaced")
        .add("of a LogoutResponse", with_signature(&eve.response(&evil), &of_logout))
        .add("of a LogoutResponse, around it", extended(&eve.response(&evil), &logout))
        .add("of metadata", with_signature(&eve.response(&evil), &of_metadata))
        .add("of metadata, around it", extended(&eve.response(&evil), &metadata));
    let many = |count: usize| {
        let short = element(&signature, "ds:Signature").len();
        let copies = signature.repeat(count);
        assert!(copies.len() == short * count);
        extended(&ada.response(&signed), &copies)
    };
    row(all, "1,000 signatures", "signature_misplaced").add("150", many(150)).add_as(
        "1,000",
        "too_large",
        many(1_000),
    );
}

fn repeated_ids(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let (signed, ..) = stage.parts();
    let ada = stage.ada();
    let (response, id) = (ada.response(&signed), &ada.assertion_id);
    let repeated = |name: &str| extended(&response, &format!("<x {name}=\"{id}\"/>"));
    row(all, "duplicate ID", "duplicate_id")
        .add("ID", repeated("ID"))
        .add("Id", repeated("Id"))
        .add("id", repeated("id"))
        .add("xml:id", repeated("xml:id"))
        .add("AssertionID", repeated("AssertionID"))
        .add(
            "behind",
            ada.response(&signed).replace(
                "</samlp:Response>",
                &format!("<samlp:Extensions><x ID=\"{id}\"/></samlp:Extensions></samlp:Response>"),
            ),
        )
        .add_as(
            "under a foreign prefix",
            "bad_id",
            extended(&response, "<x xmlns:y=\"y\" y:ID=\"_z\"/>"),
        );
}

fn other_roots(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let (signed, ..) = stage.parts();
    let response = stage.ada().response(&signed);
    let envelope = "http://schemas.xmlsoap.org/soap/envelope/";
    row(all, "bare Assertion, SOAP", "not_a_response")
        .add("bare Assertion", signed)
        .add(
            "SOAP",
            format!("<e:Envelope xmlns:e=\"{envelope}\"><e:Body>{response}</e:Body></e:Envelope>"),
        )
        .add("LogoutResponse", response.replace("samlp:Response", "samlp:LogoutResponse"))
        .add("a Response of nobody", "<Response/>");
}
