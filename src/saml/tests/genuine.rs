//! Answers of identity providers in order: each is accepted, whatever its dress.

use super::{
    ACS, ENTITY, NOW, OLD_ACS, OLD_ENTITY, P256, P384, REQUEST, RSA, TRUST, UNTIL, ada,
    idp::{self, Answer, BEARER, Hash, Signer, confirmation, form_value},
    judged, now, pending, replaced, second_opinion, signer, trust, verify, verify_form,
};
use crate::{
    kit::time::Timestamp,
    saml::response::{self, Assertion},
};

/// All of these are accepted, and it is Ada each time.
fn all_accepted(cases: &[(&str, String)]) {
    let mut wrong = Vec::new();
    for (name, xml) in cases {
        match verify(xml) {
            Ok(_) if !second_opinion(xml) => wrong.push(format!("{name}: only we accept it")),
            Ok(assertion) if assertion.name_id.value == "ada@acme.test" => {}
            Ok(assertion) => wrong.push(format!("{name}: {}", assertion.name_id.value)),
            Err(no) => wrong.push(format!("{name}: {no}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn changed(change: impl FnOnce(&mut Answer)) -> String {
    let mut answer = ada();
    change(&mut answer);
    answer.assertion_signed(&signer())
}

fn swap(part: &mut String, from: &str, to: &str) {
    *part = replaced(part, from, to);
}

#[test]
fn what_an_assertion_says_comes_out() {
    let xml = changed(|it| {
        swap(
            &mut it.statement,
            "SessionIndex=\"_session\"",
            "SessionIndex=\"_session\" SessionNotOnOrAfter=\"2026-01-02T11:04:05Z\"",
        );
        it.attributes = [
            idp::attribute("email", &["ada@acme.test"]),
            idp::attribute("Role", &["admin"]),
            replaced(
                &idp::attribute("urn:oid:2.5.4.42", &["Ada"]),
                " Name=",
                " FriendlyName=\"givenName\" Name=",
            ),
            idp::attribute("Role", &["staff", "a &amp; b"]),
            idp::attribute("targeted", &["<saml:NameID>opaque</saml:NameID>"]),
        ]
        .concat();
    });
    let verified = verify(&xml).unwrap();
    let Assertion { id, issuer, name_id, in_response_to, authn_instant, .. } = &verified;
    assert_eq!((id.as_str(), issuer.as_str()), ("_assertion", super::IDP));
    assert_eq!(name_id.value, "ada@acme.test");
    assert_eq!(
        name_id.format.as_deref(),
        Some("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")
    );
    assert_eq!(in_response_to.as_deref(), Some(REQUEST));
    assert_eq!(*authn_instant, now());
    assert_eq!(verified.session_index.as_deref(), Some("_session"));
    assert_eq!(verified.session_not_on_or_after, Timestamp::parse("2026-01-02T11:04:05Z"));
    assert_eq!(Some(verified.replayable_until), Timestamp::parse("2026-01-02T03:12:05Z"));
    assert_eq!(verified.values("Role"), ["admin", "staff", "a & b"]);
    assert_eq!(verified.values("urn:oid:2.5.4.42"), ["Ada"]);
    assert_eq!(verified.attributes[2].friendly_name.as_deref(), Some("givenName"));
    assert!(verified.values("targeted").is_empty());
    assert!(verified.values("role").is_empty());
}

#[test]
fn signed_in_either_place_with_every_algorithm() {
    let with = |signer: Signer<'_>| ada().assertion_signed(&signer);
    let key_info = format!(
        "<ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data>",
        RSA.certificate_base64()
    );
    let all_namespaces = r#"xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol""#;
    all_accepted(&[
        ("assertion signed", ada().assertion_signed(&signer())),
        ("response signed", ada().response_signed(&signer())),
        ("both signed", ada().both_signed(&signer())),
        (
            "both, by two keys",
            signer().signed("_response", &ada().assertion_signed(&Signer::new(&P256))),
        ),
        ("P-256", with(Signer::new(&P256))),
        ("P-256, response", ada().response_signed(&Signer::new(&P256))),
        ("P-384", with(Signer { hash: Hash::Sha384, ..Signer::new(&P384) })),
        ("SHA-384", with(Signer { hash: Hash::Sha384, digest: Hash::Sha384, ..signer() })),
        ("SHA-512", with(Signer { hash: Hash::Sha512, digest: Hash::Sha512, ..signer() })),
        ("two hashes", with(Signer { hash: Hash::Sha512, ..signer() })),
        ("its certificate in KeyInfo", with(Signer { key_info: Some(&key_info), ..signer() })),
        (
            "another certificate in KeyInfo",
            with(Signer { key_info: Some(&key_info), ..Signer::new(&P256) }),
        ),
        (
            "only a KeyName",
            with(Signer { key_info: Some("<ds:KeyName>k1</ds:KeyName>"), ..signer() }),
        ),
        ("SignedInfo inclusive", with(Signer { inclusive: Some(all_namespaces), ..signer() })),
    ]);
    // During a rollover both keys verify, in whatever order they were pinned.
    for keys in [[&*P256, &*RSA], [&*RSA, &*P256]] {
        let trust = trust(&keys);
        for key in keys {
            let form = form_value(&with(Signer::new(key)));
            assert!(judged(&form, &trust, &pending(), now()).is_ok());
        }
    }
}

#[test]
fn written_in_other_ways() {
    let xml = ada().assertion_signed(&signer());
    let renamed = |from: &str, to: &str| {
        let plain = ada().assertion().replace("xmlns:saml=", &format!("xmlns{to}="));
        let plain =
            plain.replace("<saml:", &format!("<{from}")).replace("</saml:", &format!("</{from}"));
        let signature = signer().signature("_assertion", &plain);
        let issuer = format!("</{from}Issuer>");
        ada().response(&replaced(&plain, &issuer, &format!("{issuer}{signature}")))
    };
    let pretty =
        ada().assertion().replace("><", ">\n    <").replace("\n    </saml:NameID", "</saml:NameID");
    let pretty = signer().signed("_assertion", &pretty);
    let prefix_list = {
        let mut answer = ada();
        r#" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance""#.clone_into(&mut answer.declarations);
        answer.attributes = answer
            .attributes
            .replace("<saml:AttributeValue>", "<saml:AttributeValue xsi:type=\"xs:string\">");
        answer.assertion_signed(&Signer { prefix_list: Some("xs xsi"), ..signer() })
    };
    let hoisted = replaced(
        &xml,
        "<samlp:Response ",
        r#"<samlp:Response xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:unused="u" "#,
    );
    let self_closed =
        xml.replace("></ds:Transform>", "/>").replace("></saml:SubjectConfirmationData>", " />");
    all_accepted(&[
        ("an XML declaration", format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}\n")),
        ("a byte order mark", format!("\u{feff}{xml}")),
        (
            "comments",
            replaced(
                &replaced(&xml, "<saml:Subject>", "<!-- a --><saml:Subject>"),
                "<samlp:Status>",
                "<!-- b --><samlp:Status>",
            ),
        ),
        ("another prefix", renamed("a:", ":a")),
        ("the default namespace", renamed("", "")),
        ("pretty-printed", ada().response(&pretty).replace("</samlp:Status>", "</samlp:Status>\n")),
        ("pretty-printed with CRLF", ada().response(&pretty).replace('\n', "\r\n")),
        ("a PrefixList", prefix_list),
        ("declarations on the root", hoisted),
        ("empty elements", self_closed),
        ("single quotes", replaced(&xml, "ID=\"_assertion\"", "ID='_assertion'")),
        (
            "other order of attributes",
            replaced(&xml, "ID=\"_response\"", "").replacen(
                "<samlp:Response",
                "<samlp:Response ID=\"_response\"",
                1,
            ),
        ),
        ("character references", replaced(&xml, ">ada@acme.test", ">&#x61;da&#64;acme.test")),
        (
            "folded SignatureValue",
            xml.replace("<ds:SignatureValue>", "<ds:SignatureValue>\n")
                .replace("</ds:SignatureValue>", "\n</ds:SignatureValue>"),
        ),
        (
            "carriage returns in SignatureValue",
            xml.replace("</ds:SignatureValue>", "&#13;\n</ds:SignatureValue>"),
        ),
        (
            "Extensions",
            replaced(
                &xml,
                "<samlp:Status>",
                "<samlp:Extensions><x xmlns=\"urn:x\"/></samlp:Extensions><samlp:Status>",
            ),
        ),
        (
            "a consent",
            replaced(
                &xml,
                "<samlp:Response ",
                "<samlp:Response Consent=\"urn:oasis:names:tc:SAML:2.0:consent:obtained\" ",
            ),
        ),
    ]);
    let form = form_value(&xml);
    let lines: Vec<&str> =
        form.as_bytes().chunks(76).map(|it| std::str::from_utf8(it).unwrap()).collect();
    for separator in ["\r\n", "\n", " ", "\t"] {
        assert!(verify_form(&lines.join(separator)).is_ok(), "{separator:?}");
    }
}

#[test]
fn saying_more_or_less_than_usual() {
    let other = "<saml:Audience>https://other.test</saml:Audience>";
    let restriction = |audience: &str| {
        format!(
            "<saml:AudienceRestriction>{other}<saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>"
        )
    };
    let wrong = confirmation(
        BEARER,
        &format!(r#" InResponseTo="_x" NotOnOrAfter="{UNTIL}" Recipient="https://other.test""#),
    );
    let holder = confirmation("urn:oasis:names:tc:SAML:2.0:cm:holder-of-key", "");
    all_accepted(&[
        ("no Destination", changed(|it| it.destination.clear())),
        ("no Issuer on the Response", changed(|it| it.response_issuer.clear())),
        (
            "the old addresses",
            changed(|it| {
                it.destination = it.destination.replace(ACS, OLD_ACS);
                it.subject = it.subject.replace(ACS, OLD_ACS);
                it.conditions = it.conditions.replace(ENTITY, OLD_ENTITY);
            }),
        ),
        (
            "an entity format",
            changed(|it| {
                swap(
                    &mut it.issuer,
                    "<saml:Issuer>",
                    "<saml:Issuer Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\">",
                );
            }),
        ),
        (
            "several restrictions, ours in each",
            changed(|it| {
                swap(
                    &mut it.conditions,
                    "</saml:Conditions>",
                    &format!(
                        "{}{}</saml:Conditions>",
                        restriction(ENTITY),
                        restriction(OLD_ENTITY)
                    ),
                );
            }),
        ),
        (
            "several confirmations, one right",
            changed(|it| {
                swap(
                    &mut it.subject,
                    "<saml:SubjectConfirmation ",
                    &format!("{holder}{wrong}<saml:SubjectConfirmation "),
                );
            }),
        ),
        (
            "OneTimeUse and ProxyRestriction",
            changed(|it| {
                swap(
                    &mut it.conditions,
                    "</saml:Conditions>",
                    "<saml:OneTimeUse></saml:OneTimeUse><saml:ProxyRestriction Count=\"0\"></saml:ProxyRestriction></saml:Conditions>",
                );
            }),
        ),
        (
            "no NotBefore",
            changed(|it| swap(&mut it.conditions, &format!(" NotBefore=\"{NOW}\""), "")),
        ),
        (
            "Conditions without times",
            changed(|it| {
                swap(
                    &mut it.conditions,
                    &format!(" NotBefore=\"{NOW}\" NotOnOrAfter=\"{UNTIL}\""),
                    "",
                );
            }),
        ),
        ("no attributes", changed(|it| it.attributes.clear())),
        (
            "800 groups",
            changed(|it| {
                let groups: Vec<String> = (0..800)
                    .map(|nth| format!("cn=group-{nth},ou=groups,dc=acme,dc=test"))
                    .collect();
                it.attributes += &idp::attribute(
                    "groups",
                    &groups.iter().map(String::as_str).collect::<Vec<_>>(),
                );
            }),
        ),
        ("two AuthnStatements", changed(|it| it.statement = it.statement.repeat(2))),
        (
            "Advice",
            changed(|it| {
                it.statement.insert_str(
                    0,
                    "<saml:Advice><saml:AssertionIDRef>_x</saml:AssertionIDRef></saml:Advice>",
                );
            }),
        ),
        (
            "an address",
            changed(|it| {
                swap(
                    &mut it.subject,
                    "<saml:SubjectConfirmationData ",
                    "<saml:SubjectConfirmationData Address=\"10.0.0.1\" ",
                );
            }),
        ),
    ]);
}

#[test]
fn clocks_that_are_apart() {
    let shifted = |from: &str, to: &str| ada_with(|xml| xml.replace(from, to));
    all_accepted(&[
        ("fractions", shifted(NOW, "2026-01-02T03:04:05.1234567Z")),
        ("long fractions", shifted(NOW, "2026-01-02T03:04:05.123456789012Z")),
        ("an offset", shifted(NOW, "2026-01-02T04:04:05+01:00")),
        ("their clock 3 minutes ahead", shifted(NOW, "2026-01-02T03:07:05Z")),
        ("their clock behind", shifted(UNTIL, "2026-01-02T03:01:06Z")),
        ("an hour old", shifted(NOW, "2026-01-02T02:04:05Z")),
    ]);
}

/// Ada's answer with each part changed before it was signed.
fn ada_with(change: impl Fn(&str) -> String) -> String {
    let mut answer = ada();
    for part in [
        &mut answer.issue_instant,
        &mut answer.subject,
        &mut answer.conditions,
        &mut answer.statement,
    ] {
        *part = change(part);
    }
    answer.assertion_signed(&signer())
}

#[test]
fn a_fresh_sign_in_is_accepted_where_it_was_demanded() {
    let mut pending = pending();
    pending[1].force_authn = true;
    let form = form_value(&ada().assertion_signed(&signer()));
    assert!(judged(&form, &TRUST, &pending, now()).is_ok());
}

#[test]
fn the_request_can_be_peeked_at() {
    let peek = |xml: &str| response::peek_in_response_to(&form_value(xml));
    let xml = ada().assertion_signed(&signer());
    assert_eq!(peek(&xml).as_deref(), Some(REQUEST));
    assert_eq!(
        peek(&format!("<?xml version=\"1.0\"?><!-- x -->\n{xml}")).as_deref(),
        Some(REQUEST)
    );
    assert_eq!(peek("<a InResponseTo='_x'/>").as_deref(), Some("_x"));
    for nothing in [
        "",
        "x",
        "<",
        "<a",
        "<a/>",
        "<a InResponseTo=''/>",
        "<a InResponseTo='a b'/>",
        "<a x:InResponseTo='_x'/>",
    ] {
        assert_eq!(peek(nothing), None, "{nothing}");
    }
}
