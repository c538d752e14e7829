//! Words that are signed as they should be, and meant for another time, place, request or person.

use std::time::Duration;

use serde_json::Value;

use super::{ADA, Scene, replaced};
use crate::idp::attribute;

#[tokio::test]
async fn for_another_time() {
    let mut scene = Scene::set().await;
    let now = scene.kernia.clock.now();
    let past = |seconds| (now - Duration::from_secs(seconds)).to_seconds_text();
    let text = now.to_seconds_text();
    let ahead = (now + Duration::from_secs(200)).to_seconds_text();
    let until = (now + Duration::from_mins(5)).to_seconds_text();
    // Three minutes of skew are given, and no second more.
    let over = past(181);
    let subject = scene.spoiled(|it| it.subject = replaced(&it.subject, &until, &over));
    let conditions = scene.spoiled(|it| it.conditions = replaced(&it.conditions, &until, &over));
    let early = scene.spoiled(|it| it.conditions = replaced(&it.conditions, &text, &ahead));
    let statement = scene.spoiled(|it| it.statement = replaced(&it.statement, &text, &ahead));
    let old = scene.spoiled(|it| it.issue_instant = past(3700));
    let no_time = scene.spoiled(|it| it.issue_instant = "yesterday".to_owned());
    for (name, code, response) in [
        ("an expired confirmation", "expired", subject),
        ("expired conditions", "expired", conditions),
        ("conditions of the future", "not_yet_valid", early),
        ("a sign-in of the future", "not_yet_valid", statement),
        ("an hour old", "expired", old),
        ("no time", "bad_time", no_time),
    ] {
        scene.refuses(name, code, &response).await;
    }
    scene.ends_well().await;
}

#[tokio::test]
async fn for_another_place() {
    let mut scene = Scene::set().await;
    let (acs, issuer) = (scene.asked.acs_url.clone(), scene.asked.issuer.clone());
    let other = "https://other.test/acs";
    let audience = scene.spoiled(|it| it.conditions = replaced(&it.conditions, &issuer, other));
    let no_audience = scene.spoiled(|it| it.conditions = String::new());
    let recipient = scene.spoiled(|it| it.subject = replaced(&it.subject, &acs, other));
    let destination = scene.spoiled(|it| it.destination = replaced(&it.destination, &acs, other));
    let from = scene.spoiled(|it| it.issuer = replaced(&it.issuer, "idp.acme", "idp.other"));
    let around = scene
        .spoiled(|it| it.response_issuer = replaced(&it.response_issuer, "idp.acme", "idp.other"));
    for (name, code, response) in [
        ("another audience", "audience", audience),
        ("no audience", "audience", no_audience),
        ("another recipient", "recipient", recipient),
        ("another destination", "destination", destination),
        ("another issuer", "issuer", from),
        ("another issuer around it", "issuer", around),
    ] {
        scene.refuses(name, code, &response).await;
    }
    // The log tells what came and what would have passed.
    let text = scene.log.text();
    let line = text.lines().find(|line| line.contains("rule 25"));
    let line: Value = serde_json::from_str(line.unwrap()).unwrap();
    let reason = line["reason"].as_str().unwrap();
    assert!(reason.contains(&format!("got {other}; expected {issuer}")), "{reason}");
    scene.ends_well().await;
}

#[tokio::test]
async fn for_another_request_or_person() {
    let mut scene = Scene::set().await;
    let id = scene.asked.id.clone();
    let named = format!(" InResponseTo=\"{id}\"");
    let unsolicited = scene.spoiled(|it| {
        it.in_response_to = String::new();
        it.subject = replaced(&it.subject, &named, "");
    });
    let another = scene.spoiled(|it| {
        it.subject = replaced(&it.subject, &id, "_another");
        it.in_response_to = replaced(&it.in_response_to, &id, "_another");
    });
    let two = scene.spoiled(|it| it.subject = replaced(&it.subject, &id, "_another"));
    let refusal = scene.spoiled(|it| it.status = replaced(&it.status, ":Success", ":Responder"));
    let no_statement = scene.spoiled(|it| it.statement = String::new());
    let nobody = scene.spoiled(|it| it.subject = replaced(&it.subject, &format!(">{ADA}<"), "><"));
    let (email, transient) = ("1.1:nameid-format:emailAddress", "2.0:nameid-format:transient");
    let nobody_twice = scene.spoiled(|it| it.subject = replaced(&it.subject, email, transient));
    let no_address = scene.spoiled(|it| {
        it.subject = replaced(&it.subject, ADA, "employee-7");
        it.attributes = attribute("title", &["Countess"]);
    });
    for (name, code, response) in [
        ("unsolicited", "unsolicited", unsolicited),
        ("another request", "in_response_to", another),
        ("two requests", "in_response_to", two),
        ("a refusal", "status", refusal),
        ("no sign-in", "authn_statement", no_statement),
        ("nobody", "name_id", nobody),
        ("nobody twice", "transient_name_id", nobody_twice),
        ("no address", "email_missing", no_address),
    ] {
        scene.refuses(name, code, &response).await;
    }
    scene.ends_well().await;
}
