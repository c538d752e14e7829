//! Answers that the genuine key signed, and that may not be believed here and now.

use super::{ADA, Attack, Stage, extended, replaced, row, swap};
use crate::{
    corpus::Answer,
    idp::{BEARER, attribute, confirmation},
};

const STATUS: &str = "urn:oasis:names:tc:SAML:2.0:status";
const CONFIRMED: &str = "urn:oasis:names:tc:SAML:2.0:cm";

pub(super) fn attacks(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    for_others(stage, all);
    elsewhere(stage, all);
    times(stage, all);
    confirmations(stage, all);
    requests(stage, all);
    issuers(stage, all);
    envelopes(stage, all);
    names(stage, all);
    conditions(stage, all);
}

/// The attributes of a good confirmation, without those left out.
fn data(stage: &Stage<'_>, without: &str) -> String {
    [
        ("InResponseTo", stage.request_id.clone()),
        ("NotOnOrAfter", stage.at(300)),
        ("Recipient", stage.acs_url.clone()),
    ]
    .iter()
    .filter(|(name, _)| *name != without)
    .fold(String::new(), |data, (name, value)| format!("{data} {name}=\"{value}\""))
}

/// Replaces the confirmation of an answer.
fn confirmed(answer: &mut Answer, confirmation: &str) {
    let from = answer.subject.find("<saml:SubjectConfirmation ").unwrap();
    answer.subject.truncate(from);
    answer.subject.extend([confirmation, "</saml:Subject>"]);
}

fn for_others(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let ours = stage.audience.as_str();
    let restriction =
        |inside: &str| format!("<saml:AudienceRestriction>{inside}</saml:AudienceRestriction>");
    let named = |audience: &str| restriction(&format!("<saml:Audience>{audience}</saml:Audience>"));
    let with = |restrictions: String| {
        stage.changed(|it| swap(&mut it.conditions, &named(ours), &restrictions))
    };
    let other = "https://other.test";
    row(all, "token forwarding", "audience")
        .add("another SP", with(named(other)))
        .add("none", with(String::new()))
        .add("empty", with(restriction("")))
        .add("an empty Audience", with(named("")))
        .add("ours plus a suffix", with(named(&format!("{ours}/x"))))
        .add("ours behind white space", with(named(&format!(" {ours}"))))
        .add("one of two restrictions", with(format!("{}{}", named(ours), named(other))))
        .add("one of two restrictions, first", with(format!("{}{}", named(other), named(ours))));
}

fn elsewhere(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let acs = stage.acs_url.as_str();
    let other = "https://other.test/acs";
    let recipient = |to: &str| stage.changed(|it| swap(&mut it.subject, acs, to));
    let destination =
        |to: &str| stage.changed(|it| it.destination = format!(" Destination=\"{to}\""));
    let mut without = stage.ada();
    without.destination.clear();
    row(all, "wrong ACS", "recipient")
        .add("Recipient", recipient(other))
        .add("Recipient with a suffix", recipient(&format!("{acs}/x")))
        .add(
            "no Recipient",
            stage.changed(|it| confirmed(it, &confirmation(BEARER, &data(stage, "Recipient")))),
        )
        .add_as("Destination", "destination", destination(other))
        .add_as("Destination with a suffix", "destination", destination(&format!("{acs}/x")))
        .add_as("an empty Destination", "destination", destination(""))
        .add_as(
            "no Destination on a signed Response",
            "destination",
            without.response_signed(&stage.signer()),
        );
}

fn times(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let (now, until) = (stage.at(0), stage.at(300));
    // Three minutes of skew are given, and no second more.
    let (over, ahead) = (stage.at(-181), stage.at(182));
    let session = |end: &str| format!("SessionIndex=\"_session\" SessionNotOnOrAfter=\"{end}\"");
    let index = "SessionIndex=\"_session\"";
    row(all, "stale", "expired")
        .add("conditions", stage.changed(|it| swap(&mut it.conditions, &until, &over)))
        .add("confirmation", stage.changed(|it| swap(&mut it.subject, &until, &over)))
        .add_as(
            "session",
            "session_expired",
            stage.changed(|it| swap(&mut it.statement, index, &session(&over))),
        )
        .add(
            "no expiry",
            stage.changed(|it| confirmed(it, &confirmation(BEARER, &data(stage, "NotOnOrAfter")))),
        )
        .add("issued an hour ago", stage.changed(|it| it.issue_instant = stage.at(-3_700)))
        .add_as(
            "no time at all",
            "bad_time",
            stage.changed(|it| "yesterday".clone_into(&mut it.issue_instant)),
        )
        .add_as(
            "a time without a zone",
            "bad_time",
            stage.changed(|it| {
                swap(&mut it.conditions, &now, now.trim_end_matches('Z'));
            }),
        )
        .add_as(
            "no instant",
            "bad_time",
            stage.changed(|it| {
                swap(&mut it.statement, &format!("AuthnInstant=\"{now}\" "), "");
            }),
        );
    row(all, "early", "not_yet_valid")
        .add("NotBefore", stage.changed(|it| swap(&mut it.conditions, &now, &ahead)))
        .add("IssueInstant", stage.changed(|it| it.issue_instant.clone_from(&ahead)))
        .add("AuthnInstant", stage.changed(|it| swap(&mut it.statement, &now, &ahead)))
        .add(
            "NotBefore of the confirmation",
            stage.changed(|it| {
                let more = format!(" NotBefore=\"{ahead}\" NotOnOrAfter=");
                swap(&mut it.subject, " NotOnOrAfter=", &more);
            }),
        );
}

fn confirmations(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let with = |confirmation: &str| stage.changed(|it| confirmed(it, confirmation));
    let by = |method: &str| confirmation(&format!("{CONFIRMED}:{method}"), &data(stage, ""));
    row(all, "confirmation", "confirmation")
        .add("none", with(""))
        .add(
            "no data",
            with(&format!(
                "<saml:SubjectConfirmation Method=\"{BEARER}\"></saml:SubjectConfirmation>"
            )),
        )
        .add("holder-of-key", with(&by("holder-of-key")))
        .add("sender-vouches", with(&by("sender-vouches")))
        .add(
            "both, without bearer",
            with(&format!("{}{}", by("holder-of-key"), by("sender-vouches"))),
        )
        .add("another case", with(&by("Bearer")));
}

fn requests(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let id = stage.request_id.as_str();
    let in_response =
        |answer: &mut Answer, other: &str| swap(&mut answer.in_response_to, id, other);
    let in_subject = |answer: &mut Answer, other: &str| swap(&mut answer.subject, id, other);
    let bare = confirmation(BEARER, &data(stage, "InResponseTo"));
    row(all, "other request", "in_response_to")
        .add(
            "unknown",
            stage.changed(|it| {
                in_response(it, "_unknown");
                in_subject(it, "_unknown");
            }),
        )
        .add("only the Response's right", stage.changed(|it| in_subject(it, "_unknown")))
        .add("only the confirmation's right", stage.changed(|it| in_response(it, "_unknown")))
        .add("only on the Response", stage.changed(|it| confirmed(it, &bare)))
        .add("only on the confirmation", stage.changed(|it| it.in_response_to.clear()))
        .add(
            "in another case",
            stage.changed(|it| {
                in_response(it, &id.to_uppercase());
                in_subject(it, &id.to_uppercase());
            }),
        );
}

fn issuers(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let ours = stage.identity_provider.as_str();
    let from = |other: &str| stage.changed(|it| swap(&mut it.issuer, ours, other));
    let suffix = format!("{ours}.evil");
    let email = "<saml:Issuer Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">";
    row(all, "other IdP", "issuer")
        .add("another", from("https://idp.other.test/metadata"))
        .add("missing", {
            // The Signature's place is behind the Issuer, so the Response is signed.
            let mut answer = stage.ada();
            answer.issuer.clear();
            answer.response_signed(&stage.signer())
        })
        .add("a suffix", from(&suffix))
        .add("white space", from(&format!(" {ours} ")))
        .add("another case", from(&ours.to_uppercase()))
        .add("empty", from(""))
        .add("two", stage.changed(|it| it.subject.insert_str(0, "<saml:Issuer>x</saml:Issuer>")))
        .add("another format", stage.changed(|it| swap(&mut it.issuer, "<saml:Issuer>", email)))
        .add(
            "another around it",
            stage.changed(|it| {
                swap(&mut it.response_issuer, ours, "https://idp.other.test/metadata");
            }),
        );
}

fn envelopes(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let code = |value: &str, inside: &str| {
        format!("<samlp:StatusCode Value=\"{STATUS}:{value}\">{inside}</samlp:StatusCode>")
    };
    let with = |inside: String| {
        stage.changed(|it| it.status = format!("<samlp:Status>{inside}</samlp:Status>"))
    };
    let denied = {
        let mut answer = stage.ada();
        let inner = code("AuthnFailed", "");
        answer.status = format!(
            "<samlp:Status>{}<samlp:StatusMessage>locked out</samlp:StatusMessage></samlp:Status>",
            code("Responder", &inner)
        );
        answer.response("")
    };
    row(all, "status", "status")
        .add("Responder", with(code("Responder", "")))
        .add("nested Success", with(code("Responder", &code("Success", ""))))
        .add("missing", stage.changed(|it| it.status.clear()))
        .add("no code", with(String::new()))
        .add("other case", with(code("success", "")))
        .add("two codes", with(code("Success", "").repeat(2)))
        .add("an honest no", denied);
    let old = |text: &str| replaced(text, "Version=\"2.0\"", "Version=\"1.1\"");
    let ada = stage.ada();
    let (signed, plain, _) = stage.parts();
    let outer = {
        let (head, tail) = ada
            .response(&signed)
            .split_once("<saml:Issuer")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        format!("{}<saml:Issuer{tail}", old(&head))
    };
    let missing = plain.replace(" Version=\"2.0\"", "");
    row(all, "version", "version")
        .add("the Response's", outer)
        .add(
            "the Assertion's",
            ada.response(&stage.signer().signed(&ada.assertion_id, &old(&plain))),
        )
        .add("none", ada.response(&stage.signer().signed(&ada.assertion_id, &missing)));
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn names(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let named = |text: &str| {
        stage.changed(|it| swap(&mut it.subject, &format!(">{ADA}<"), &format!(">{text}<")))
    };
    let name = format!("<saml:NameID>{}</saml:NameID>", super::EVE);
    row(all, "name", "name_id")
        .add("no Subject", stage.changed(|it| it.subject.clear()))
        .add(
            "no NameID",
            stage.changed(|it| {
                let from = it.subject.find("<saml:NameID").unwrap();
                let to = it.subject.find("<saml:SubjectConfirmation ").unwrap();
                it.subject.replace_range(from..to, "");
            }),
        )
        .add("an empty one", named(""))
        .add("a blank one", named("  "))
        .add(
            "two NameIDs",
            stage.changed(|it| {
                swap(
                    &mut it.subject,
                    "<saml:SubjectConfirmation ",
                    &format!("{name}<saml:SubjectConfirmation "),
                );
            }),
        )
        .add(
            "two Subjects",
            stage.changed(|it| it.subject.extend(["<saml:Subject>", &name, "</saml:Subject>"])),
        )
        .add("a long one", named(&"a".repeat(257)))
        .add("a line break", named("ada\n@acme.test"))
        .add_as(
            "a transient one",
            "transient_name_id",
            stage.changed(|it| {
                swap(
                    &mut it.subject,
                    "1.1:nameid-format:emailAddress",
                    "2.0:nameid-format:transient",
                );
            }),
        )
        .add_as(
            "no address anywhere",
            "email_missing",
            stage.changed(|it| {
                swap(&mut it.subject, ADA, "employee-7");
                it.attributes = attribute("title", &["Countess"]);
            }),
        )
        .add_as(
            "an encrypted one",
            "encrypted_attribute",
            stage.changed(|it| {
                swap(
                    &mut it.subject,
                    "<saml:SubjectConfirmation ",
                    "<saml:EncryptedID></saml:EncryptedID><saml:SubjectConfirmation ",
                );
            }),
        );
}

fn conditions(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let unknown = "<saml:Condition></saml:Condition></saml:Conditions>";
    let foreign = "<x xmlns=\"urn:x\"></x></saml:Conditions>";
    let with = |end: &str| stage.changed(|it| swap(&mut it.conditions, "</saml:Conditions>", end));
    let values = vec!["x"; 2_001];
    let many: String = (0..257).map(|nth| attribute(&format!("a{nth}"), &["x"])).collect();
    row(all, "condition", "audience")
        .add_as("an unknown one", "unknown_condition", with(unknown))
        .add_as("a foreign one", "unknown_condition", with(foreign))
        .add("no Conditions", stage.changed(|it| it.conditions.clear()))
        .add("two Conditions", stage.changed(|it| it.conditions = it.conditions.repeat(2)))
        .add_as("no sign-in", "authn_statement", stage.changed(|it| it.statement.clear()));
    row(all, "too much", "attributes")
        .add("257 attributes", stage.changed(|it| it.attributes = many))
        .add("2,001 values", stage.changed(|it| it.attributes = attribute("groups", &values)))
        .add(
            "a value of 4,097 bytes",
            stage.changed(|it| it.attributes = attribute("x", &[&"x".repeat(4_097)])),
        )
        .add_as(
            "Extensions twice",
            "unexpected_element",
            extended(&extended(&stage.changed(|_| ()), ""), ""),
        );
}
