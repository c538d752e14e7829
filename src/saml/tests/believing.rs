//! Answers that the genuine key signed, and that still may not be believed here and now.

use super::{
    ACS, ENTITY, IDP, NOW, REQUEST, RSA, TRUST, UNTIL, ada, all_refused, answer,
    idp::{self, Answer, BEARER, confirmation, form_value},
    judged, now, pending, replaced, signer, terms, verify,
};
use crate::{
    kit::time::Timestamp,
    saml::{
        certificate::Certificate,
        journal::Journal,
        response::{self, Pending, Presented, Terms, Trust, Unsolicited},
    },
};

const STATUS: &str = "urn:oasis:names:tc:SAML:2.0:status";

#[test]
fn text_is_whole_or_refused() {
    let signed = signer().signed("_assertion", &ada().assertion());
    // A comment is invisible to the signature, and to the reader: the name stays whole.
    let split =
        replaced(&ada().response(&signed), ">ada@acme.test", ">ada@acme<!-- .evil -->.test");
    assert_eq!(verify(&split).unwrap().name_id.value, "ada@acme.test");
    // CDATA is the same text in another dress.
    let dressed =
        replaced(&ada().response(&signed), ">ada@acme.test", "><![CDATA[ada@]]>acme.test");
    assert_eq!(verify(&dressed).unwrap().name_id.value, "ada@acme.test");
    let child = |name: &str| {
        let mut answer = ada();
        answer.subject = replaced(&answer.subject, "ada@acme.test", name);
        answer.assertion_signed(&signer())
    };
    let mut mixed = ada();
    mixed.attributes = idp::attribute("groups", &["ad<x></x>min"]);
    let mut issuer = ada();
    issuer.issuer = replaced(&issuer.issuer, IDP, &format!("{IDP}<x></x>"));
    let mut encrypted = ada();
    encrypted.subject = replaced(
        &encrypted.subject,
        "</saml:Subject>",
        "<saml:EncryptedID></saml:EncryptedID></saml:Subject>",
    );
    let mut attribute = ada();
    attribute.attributes += "<saml:EncryptedAttribute></saml:EncryptedAttribute>";
    all_refused(&[
        ("an element in NameID", child("ada@<x></x>acme.test"), "mixed_content"),
        ("an element in a value", mixed.assertion_signed(&signer()), "mixed_content"),
        ("an element in Issuer", issuer.assertion_signed(&signer()), "mixed_content"),
        ("EncryptedID", encrypted.assertion_signed(&signer()), "encrypted_attribute"),
        ("EncryptedAttribute", attribute.assertion_signed(&signer()), "encrypted_attribute"),
    ]);
}

/// A case whose Assertion was changed before the genuine key signed it.
fn case(
    name: &'static str,
    code: &'static str,
    change: impl FnOnce(&mut Answer),
) -> (&'static str, String, &'static str) {
    let mut answer = ada();
    change(&mut answer);
    (name, answer.assertion_signed(&signer()), code)
}

fn swap(part: &mut String, from: &str, to: &str) {
    *part = replaced(part, from, to);
}

#[test]
fn who_speaks_and_to_whom() {
    let mut without = ada();
    without.destination.clear();
    all_refused(&[
        (
            "version of the Response",
            replaced(&ada().assertion_signed(&signer()), "Version=\"2.0\">", "Version=\"1.1\">"),
            "version",
        ),
        (
            "version of the Assertion",
            ada().response(&signer().signed(
                "_assertion",
                &replaced(&ada().assertion(), "Version=\"2.0\"", "Version=\"1.1\""),
            )),
            "version",
        ),
        case("another issuer", "issuer", |it| swap(&mut it.issuer, IDP, "https://other.test")),
        case("a suffix", "issuer", |it| swap(&mut it.issuer, IDP, "https://idp.test/saml/evil")),
        case("white space", "issuer", |it| swap(&mut it.issuer, IDP, " https://idp.test/saml ")),
        case("the Response's issuer", "issuer", |it| {
            swap(&mut it.response_issuer, IDP, "https://other.test");
        }),
        case("two issuers", "issuer", |it| {
            it.subject.insert_str(0, "<saml:Issuer>x</saml:Issuer>");
        }),
        case("a format", "issuer", |it| {
            swap(
                &mut it.issuer,
                "<saml:Issuer>",
                "<saml:Issuer Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">",
            );
        }),
        case("Responder", "status", |it| swap(&mut it.status, ":Success", ":Responder")),
        case("other case", "status", |it| swap(&mut it.status, ":Success", ":success")),
        case("nested Success", "status", |it| {
            it.status = format!(
                "<samlp:Status><samlp:StatusCode Value=\"{STATUS}:Responder\"><samlp:StatusCode Value=\"{STATUS}:Success\"></samlp:StatusCode></samlp:StatusCode></samlp:Status>"
            );
        }),
        case("no status", "status", |it| it.status.clear()),
        case("two codes", "status", |it| {
            swap(
                &mut it.status,
                "</samlp:Status>",
                &format!(
                    "<samlp:StatusCode Value=\"{STATUS}:Success\"></samlp:StatusCode></samlp:Status>"
                ),
            );
        }),
        case("another destination", "destination", |it| {
            " Destination=\"https://other.test/acs\"".clone_into(&mut it.destination);
        }),
        case("an empty destination", "destination", |it| {
            " Destination=\"\"".clone_into(&mut it.destination);
        }),
        case("a suffix on the destination", "destination", |it| {
            it.destination = format!(" Destination=\"{ACS}/x\"");
        }),
        ("no destination on a signed Response", without.response_signed(&signer()), "destination"),
    ]);
    // An honest no carries no assertion, and its words reach the administrator.
    let mut no = ada();
    no.status = format!(
        "<samlp:Status><samlp:StatusCode Value=\"{STATUS}:Responder\"><samlp:StatusCode Value=\"{STATUS}:AuthnFailed\"></samlp:StatusCode></samlp:StatusCode><samlp:StatusMessage>locked out</samlp:StatusMessage></samlp:Status>"
    );
    let no = verify(&no.response("")).unwrap_err();
    assert_eq!((no.code, no.got.as_str()), ("status", "Responder/AuthnFailed: locked out"));
}

#[test]
fn confirmations() {
    let data = |request: &str, until: &str, recipient: &str| {
        format!(" InResponseTo=\"{request}\" NotOnOrAfter=\"{until}\" Recipient=\"{recipient}\"")
    };
    let only = |method: &str, data: &str| {
        let (method, data) = (method.to_owned(), data.to_owned());
        move |it: &mut Answer| {
            let from = it.subject.find("<saml:SubjectConfirmation ").unwrap();
            it.subject =
                format!("{}{}</saml:Subject>", &it.subject[..from], confirmation(&method, &data));
        }
    };
    let good = data(REQUEST, UNTIL, ACS);
    let cm = "urn:oasis:names:tc:SAML:2.0:cm";
    all_refused(&[
        case(
            "another recipient",
            "recipient",
            only(BEARER, &data(REQUEST, UNTIL, "https://other.test/acs")),
        ),
        case(
            "no recipient",
            "recipient",
            only(BEARER, &format!(" InResponseTo=\"{REQUEST}\" NotOnOrAfter=\"{UNTIL}\"")),
        ),
        case("over", "expired", only(BEARER, &data(REQUEST, "2026-01-02T03:01:05Z", ACS))),
        case(
            "no expiry",
            "expired",
            only(BEARER, &format!(" InResponseTo=\"{REQUEST}\" Recipient=\"{ACS}\"")),
        ),
        case(
            "a time without a zone",
            "bad_time",
            only(BEARER, &data(REQUEST, "2026-01-02T03:09:05", ACS)),
        ),
        case(
            "not yet",
            "not_yet_valid",
            only(
                BEARER,
                &replaced(
                    &good,
                    " NotOnOrAfter",
                    " NotBefore=\"2026-01-02T03:08:00Z\" NotOnOrAfter",
                ),
            ),
        ),
        case("holder of key", "confirmation", only(&format!("{cm}:holder-of-key"), &good)),
        case("sender vouches", "confirmation", only(&format!("{cm}:sender-vouches"), &good)),
        case("none", "confirmation", |it| {
            it.subject = replaced(&it.subject, &confirmation(BEARER, &good_data()), "");
        }),
        case("no data", "confirmation", |it| {
            it.subject = replaced(
                &it.subject,
                &confirmation(BEARER, &good_data()),
                &format!(
                    "<saml:SubjectConfirmation Method=\"{BEARER}\"></saml:SubjectConfirmation>"
                ),
            );
        }),
        case("an unknown request", "in_response_to", |it| {
            it.subject = it.subject.replace(REQUEST, "_unknown");
            it.in_response_to = it.in_response_to.replace(REQUEST, "_unknown");
        }),
        case(
            "only the Response names it",
            "in_response_to",
            only(BEARER, &format!(" NotOnOrAfter=\"{UNTIL}\" Recipient=\"{ACS}\"")),
        ),
        case("only the confirmation names it", "in_response_to", |it| it.in_response_to.clear()),
        case("two requests", "in_response_to", |it| {
            it.in_response_to = it.in_response_to.replace(REQUEST, "_another");
        }),
        case("unsolicited", "unsolicited", |it| {
            only(BEARER, &format!(" NotOnOrAfter=\"{UNTIL}\" Recipient=\"{ACS}\""))(it);
            it.in_response_to.clear();
        }),
    ]);
    let form = form_value(&ada().assertion_signed(&signer()));
    let code = |pending: &[Pending]| judged(&form, &TRUST, pending, now()).unwrap_err().code;
    assert_eq!(code(&[]), "in_response_to", "another browser");
    let mut old = pending();
    old[1].issued_at = Timestamp::parse("2026-01-02T02:49:00Z").unwrap();
    assert_eq!(code(&old), "in_response_to", "older than 15 minutes");
}

#[test]
fn a_replay_is_remembered_until_the_last_confirmation_ends() {
    let two = |first: &str, second: &str| {
        let mut answer = ada();
        let data = |until| replaced(&good_data(), UNTIL, until);
        let both = [first, second].map(|until| confirmation(BEARER, &data(until))).concat();
        swap(&mut answer.subject, &confirmation(BEARER, &good_data()), &both);
        verify(&answer.assertion_signed(&signer())).unwrap().replayable_until.to_seconds_text()
    };
    let sooner = "2026-01-02T03:05:05Z";
    // Three minutes of skew on top; UNTIL is the end of the Conditions too.
    assert_eq!(two(sooner, UNTIL), "2026-01-02T03:12:05Z");
    assert_eq!(two(UNTIL, sooner), "2026-01-02T03:12:05Z");
    assert_eq!(two(sooner, "2026-01-02T04:00:00Z"), "2026-01-02T03:12:05Z");
    assert_eq!(two(sooner, "soon"), "2026-01-02T03:08:05Z", "what nobody can read lets nobody in");
}

fn good_data() -> String {
    format!(" InResponseTo=\"{REQUEST}\" NotOnOrAfter=\"{UNTIL}\" Recipient=\"{ACS}\"")
}

#[test]
fn conditions_and_times() {
    let restriction = format!(
        "<saml:AudienceRestriction><saml:Audience>{ENTITY}</saml:Audience></saml:AudienceRestriction>"
    );
    let other = "<saml:AudienceRestriction><saml:Audience>https://other.test</saml:Audience></saml:AudienceRestriction>";
    let (statement, session) = (format!("AuthnInstant=\"{NOW}\""), "SessionIndex=\"_session\"");
    let audience = "audience";
    all_refused(&[
        case("another audience", audience, |it| {
            swap(&mut it.conditions, ENTITY, "https://other.test");
        }),
        case("ours plus a suffix", audience, |it| {
            swap(&mut it.conditions, ENTITY, &format!("{ENTITY}/x"));
        }),
        case("no audience", audience, |it| swap(&mut it.conditions, &restriction, "")),
        case("an empty restriction", audience, |it| {
            swap(
                &mut it.conditions,
                &restriction,
                "<saml:AudienceRestriction></saml:AudienceRestriction>",
            );
        }),
        case("one of two restrictions", audience, |it| {
            swap(&mut it.conditions, &restriction, &format!("{restriction}{other}"));
        }),
        case("no Conditions", audience, |it| it.conditions.clear()),
        case("two Conditions", audience, |it| it.conditions = it.conditions.repeat(2)),
        case("over", "expired", |it| swap(&mut it.conditions, UNTIL, "2026-01-02T03:01:05Z")),
        case("not yet", "not_yet_valid", |it| {
            swap(&mut it.conditions, NOW, "2026-01-02T03:07:06Z");
        }),
        case("no time", "bad_time", |it| swap(&mut it.conditions, NOW, "yesterday")),
        case("an unknown condition", "unknown_condition", |it| {
            swap(
                &mut it.conditions,
                "</saml:Conditions>",
                "<saml:Condition></saml:Condition></saml:Conditions>",
            );
        }),
        case("no sign-in", "authn_statement", |it| it.statement.clear()),
        case("session over", "session_expired", |it| {
            swap(&mut it.statement, session, "SessionNotOnOrAfter=\"2026-01-02T03:01:05Z\"");
        }),
        case("signed in tomorrow", "not_yet_valid", |it| {
            swap(&mut it.statement, &statement, "AuthnInstant=\"2026-01-02T03:07:06Z\"");
        }),
        case("no instant", "bad_time", |it| swap(&mut it.statement, &format!("{statement} "), "")),
        case("issued ahead", "not_yet_valid", |it| {
            "2026-01-02T03:07:06Z".clone_into(&mut it.issue_instant);
        }),
        case("issued too long ago", "expired", |it| {
            "2026-01-02T02:04:04Z".clone_into(&mut it.issue_instant);
        }),
        case("issued at no time", "bad_time", |it| {
            "2026-13-02T02:04:04Z".clone_into(&mut it.issue_instant);
        }),
    ]);
    let mut fresh = pending();
    fresh[1].force_authn = true;
    let mut old = ada();
    swap(&mut old.statement, &statement, "AuthnInstant=\"2026-01-02T02:50:00Z\"");
    let form = form_value(&old.assertion_signed(&signer()));
    let no = judged(&form, &TRUST, &fresh, now()).unwrap_err();
    assert_eq!(no.code, "reauthentication");
    assert!(judged(&form, &TRUST, &pending(), now()).is_ok());
}

#[test]
fn names_and_attributes() {
    let name = |text: &str| {
        let text = text.to_owned();
        move |it: &mut Answer| swap(&mut it.subject, "ada@acme.test", &text)
    };
    let values: Vec<&str> = vec!["x"; 2_001];
    let element = "<saml:NameID>evil@attacker.test</saml:NameID><saml:SubjectConfirmation ";
    all_refused(&[
        case("empty", "name_id", name("")),
        case("blank", "name_id", name("  ")),
        case("too long", "name_id", name(&"a".repeat(257))),
        case("a line break", "name_id", name("ada\n@acme.test")),
        case("two", "name_id", |it| swap(&mut it.subject, "<saml:SubjectConfirmation ", element)),
        case("two Subjects", "name_id", |it| it.subject += "<saml:Subject></saml:Subject>"),
        case("no NameID", "name_id", |it| {
            let to = it.subject.find("<saml:SubjectConfirmation ").unwrap();
            it.subject = format!("<saml:Subject>{}", &it.subject[to..]);
        }),
        case("no Subject", "name_id", |it| it.subject.clear()),
        case("too many attributes", "attributes", |it| {
            it.attributes =
                (0..257).map(|nth| idp::attribute(&format!("a{nth}"), &["x"])).collect();
        }),
        case("too many values", "attributes", |it| {
            it.attributes = idp::attribute("groups", &values);
        }),
        case("too long a value", "attributes", |it| {
            it.attributes = idp::attribute("groups", &[&"x".repeat(4_097)]);
        }),
    ]);
}

#[test]
fn another_connection_of_the_same_provider_accepts_nothing() {
    let certificate = Certificate::parse_der(RSA.certificate()).unwrap();
    let other = |idp: &str, acs: &str, entity: &str| {
        let trust = Trust::new(Terms {
            identity_provider: idp,
            acs_urls: vec![acs.to_owned()],
            entity_ids: vec![entity.to_owned()],
            ..terms(std::slice::from_ref(&certificate))
        });
        let form = form_value(&answer("ada@acme.test").assertion_signed(&signer()));
        judged(&form, &trust.unwrap(), &pending(), now()).unwrap_err().code
    };
    assert_eq!(other("https://tenant2.test", ACS, ENTITY), "issuer");
    assert_eq!(other(IDP, "https://kernia.test/sso/saml/acs/k2", ENTITY), "destination");
    assert_eq!(other(IDP, ACS, "https://kernia.test/sso/saml/metadata/k2"), "audience");
}

#[test]
fn an_unsolicited_answer_is_believed_only_where_that_was_chosen() {
    let begun_there = |change: &dyn Fn(&mut Answer)| {
        let mut answer = ada();
        answer.in_response_to.clear();
        let asked = format!(" InResponseTo=\"{REQUEST}\"");
        answer.subject = replaced(&answer.subject, &asked, "");
        change(&mut answer);
        form_value(&answer.assertion_signed(&signer()))
    };
    let verify = |form: &str, unsolicited| {
        let pending = pending();
        let presented = Presented { form_value: form, pending: &pending, unsolicited, now: now() };
        response::verify(&TRUST, &presented, &mut Journal::start()).map(|it| it.get().clone())
    };
    let plain = begun_there(&|_| {});
    assert_eq!(verify(&plain, Unsolicited::Refused).unwrap_err().code, "unsolicited");
    let accepted = verify(&plain, Unsolicited::Accepted).unwrap();
    assert_eq!((accepted.in_response_to, accepted.name_id.value.as_str()), (None, "ada@acme.test"));
    // A request that we do not know is none of ours, wherever it is named.
    let outer = begun_there(&|it| it.in_response_to = " InResponseTo=\"_unknown\"".to_owned());
    let inner = begun_there(&|it| {
        it.subject = replaced(
            &it.subject,
            "<saml:SubjectConfirmationData ",
            "<saml:SubjectConfirmationData InResponseTo=\"_unknown\" ",
        );
    });
    let both = begun_there(&|it| {
        it.in_response_to = " InResponseTo=\"_unknown\"".to_owned();
        it.subject = replaced(
            &it.subject,
            "<saml:SubjectConfirmationData ",
            "<saml:SubjectConfirmationData InResponseTo=\"_unknown\" ",
        );
    });
    for form in [outer, inner, both] {
        for unsolicited in [Unsolicited::Refused, Unsolicited::Accepted] {
            assert_eq!(verify(&form, unsolicited).unwrap_err().code, "in_response_to");
        }
    }
    // All other rules stay.
    let expired = begun_there(&|it| {
        it.conditions = it.conditions.replace(UNTIL, NOW).replace(NOW, "2026-01-02T02:00:00Z");
    });
    assert_eq!(verify(&expired, Unsolicited::Accepted).unwrap_err().code, "expired");
    // An answer to our request is judged as such.
    let ours = form_value(&ada().assertion_signed(&signer()));
    let ours = verify(&ours, Unsolicited::Accepted).unwrap();
    assert_eq!(ours.in_response_to.as_deref(), Some(REQUEST));
}

#[test]
fn the_journal_tells_what_was_seen() {
    let judge = |xml: &str| {
        let mut journal = Journal::start();
        let pending = pending();
        let presented = Presented {
            form_value: &form_value(xml),
            pending: &pending,
            unsolicited: Unsolicited::Refused,
            now: now(),
        };
        let verdict = response::verify(&TRUST, &presented, &mut journal);
        (verdict.map_err(|no| no.code).map(|_| ()), journal)
    };
    let (verdict, journal) = judge(&ada().both_signed(&signer()));
    assert_eq!(verdict, Ok(()));
    assert!(journal.steps.iter().all(|step| step.ok));
    let seen = &journal.seen;
    assert!(seen.verified && !seen.encrypted);
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    assert_eq!(text(&seen.response_id), "_response");
    assert_eq!(text(&seen.assertion_id), "_assertion");
    assert_eq!(text(&seen.issuer), IDP);
    assert_eq!(text(&seen.destination), ACS);
    assert_eq!(text(&seen.in_response_to), REQUEST);
    assert_eq!(text(&seen.status), "Success");
    assert_eq!(text(&seen.name_id), "ada@acme.test");
    assert_eq!((text(&seen.not_before), text(&seen.not_on_or_after)), (NOW.into(), UNTIL.into()));
    assert_eq!(text(&seen.authn_instant), NOW);
    assert_eq!(text(&seen.session_index), "_session");
    assert_eq!(seen.audiences, [ENTITY]);
    assert_eq!(seen.signed, ["response", "assertion"]);
    assert_eq!(seen.algorithms, ["rsa-sha256", "sha256"]);
    assert_eq!(seen.attributes.len(), 1);

    // A refusal tells how far it came, and what a stranger claimed.
    let (verdict, journal) = judge(&ada().response(&ada().assertion()));
    assert_eq!(verdict, Err("unsigned"));
    let last = journal.steps.last().unwrap();
    assert_eq!((last.name, last.rules, last.ok), ("signature", (12, 13), false));
    assert!(!journal.seen.verified);
    assert_eq!(journal.seen.name_id.as_deref(), Some("ada@acme.test"));
    let mut late = ada();
    late.conditions = late.conditions.replace(ENTITY, "https://other.test");
    let (verdict, journal) = judge(&late.assertion_signed(&signer()));
    assert_eq!(verdict, Err("audience"));
    assert!(journal.seen.verified && !journal.steps.last().unwrap().ok);
    assert_eq!(journal.seen.audiences, ["https://other.test"]);
    let (verdict, journal) = judge("no xml");
    assert_eq!(verdict, Err("bad_xml"));
    assert_eq!(journal.steps.len(), 2);
}

#[test]
fn a_signature_of_its_own_is_demanded_where_that_was_chosen() {
    let certificate = Certificate::parse_der(RSA.certificate()).unwrap();
    let strict =
        Terms { require_signed_assertion: true, ..terms(std::slice::from_ref(&certificate)) };
    let strict = Trust::new(strict).unwrap();
    let verify = |xml: &str| judged(&form_value(xml), &strict, &pending(), now());
    let no = verify(&ada().response_signed(&signer())).unwrap_err();
    assert_eq!((no.code, no.rule), ("unsigned", 13));
    assert_eq!(no.got, "a signature of the Response alone");
    for xml in [ada().assertion_signed(&signer()), ada().both_signed(&signer())] {
        let assertion = verify(&xml).unwrap();
        assert_eq!(assertion.signed_by, [certificate.fingerprint()]);
    }
}
