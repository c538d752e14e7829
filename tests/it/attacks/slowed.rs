//! Somebody tries ciphertexts (saml.md, rule 15): after twenty refusals all further ones wait, whatever
//! for, and nobody else does.

use std::collections::BTreeSet;

use kernia::{
    kit::id::Id,
    sso::slowdown::{Pace, Slowdown, Wait},
};

use super::{ADA, Answer, Scene};
use crate::{
    corpus::{self, ENCRYPTED, Outcome},
    idp::form_value,
};

const WAITS: &str = "this refusal waits";

#[tokio::test]
async fn after_twenty_failures_to_decrypt_the_refusals_wait() {
    let mut scene = Scene::set().await;
    let nothing = "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">\
                   </saml:EncryptedAssertion>";
    let response = form_value(&scene.honest().response(nothing));
    for nth in 1..=21 {
        let asked = scene.asked.clone();
        let answer = scene.browser.returns(&asked, &response).await;
        assert_eq!(answer.status, 400);
        let log = scene.log.text();
        let waits = log.contains("this refusal waits") && log.contains(answer.request_id());
        assert_eq!(waits, nth == 21, "the failure number {nth}");
    }
    // An answer in order is taken at once: it is not looked at twice, nor counted.
    assert_eq!(scene.log.text().matches("this refusal waits").count(), 1);
    let response = scene.acme.vouches(&scene.asked, ADA, scene.kernia.clock.now());
    let back = scene.browser.returns(&scene.asked.clone(), &response).await;
    assert_eq!(back.status, 303, "{}", back.body);
    assert_eq!(scene.log.text().matches("this refusal waits").count(), 1);
}

/// Whether the log says so of this answer.
fn waited(scene: &Scene, answer: &Answer) -> bool {
    let log = scene.log.text();
    log.lines().any(|line| line.contains(WAITS) && line.contains(answer.request_id()))
}

/// Ada's answer, encrypted by this maker of the corpus.
fn sealed(scene: &Scene, name: &str) -> String {
    let (_, make) = ENCRYPTED.iter().find(|(known, _)| *known == name).unwrap();
    make(&scene.stage()).form
}

#[tokio::test]
async fn what_opens_and_is_refused_waits_like_what_does_not_open() {
    let mut scene = Scene::set().await;
    let asked = scene.asked.clone();
    let rows = ["encrypted unsigned", "XSW inside encryption"];
    let mut opens = corpus::attacks(&scene.stage());
    // What stands in an Advice is never opened.
    let unopened = "ciphertext in a forged one's Advice";
    opens.retain(|attack| rows.contains(&attack.row) && attack.way != unopened);
    let (mut codes, mut pages) = (BTreeSet::new(), BTreeSet::new());
    for (nth, attack) in opens.iter().cycle().take(23).enumerate() {
        let Outcome::Refused(code) = attack.outcome else { panic!("{}", attack.way) };
        let answer = scene.browser.returns(&asked, &attack.form).await;
        scene.was_refused(attack.way, code, &answer);
        assert_eq!(waited(&scene, &answer), nth >= 20, "{nth}: {}", attack.way);
        codes.insert(code);
        pages.insert(answer.body.replace(answer.request_id(), ""));
    }
    assert!(codes.contains("unsigned") && codes.len() >= 3, "{codes:?}");
    assert_eq!(pages.len(), 1, "a page tells which: {pages:?}");
    // What is not encrypted tells nothing of a key, and waits for nothing; nor does what is believed.
    let plain = scene.browser.returns(&asked, &form_value("<Response/>")).await;
    assert!(!waited(&scene, &plain));
    let wrong = scene.spoiled(|it| it.conditions = String::new());
    let plain = scene.browser.returns(&asked, &wrong).await;
    assert!(!waited(&scene, &plain));
    let honest = sealed(&scene, "AES-256-GCM");
    let back = scene.browser.returns(&asked, &honest).await;
    assert_eq!(back.status, 303, "{}", back.body);
    assert!(!waited(&scene, &back));
}

/// So many refusals wait at this connection that there is no place for another.
fn fill(slowdown: &Slowdown, scene: &Scene) -> Vec<Wait> {
    let (connection, now) = (Id::parse(&scene.connection).unwrap(), scene.kernia.clock.now());
    let mut waits = Vec::new();
    loop {
        match slowdown.failed(&connection, now) {
            Pace::Free => {}
            Pace::Waits(wait) => waits.push(wait),
            Pace::Full => return waits,
        }
    }
}

#[tokio::test]
async fn where_no_more_can_wait_nothing_is_decrypted() {
    let mut scene = Scene::set().await;
    let asked = scene.asked.clone();
    let waits = fill(&scene.kernia.app().slowdown, &scene);
    assert_eq!(waits.len(), 100);
    let honest = sealed(&scene, "AES-128-CBC");
    let unsigned = "encryption taken for authentication";
    let mut broken = corpus::attacks(&scene.stage());
    broken.retain(|attack| attack.row == "broken ciphertext" || attack.way == unsigned);
    let mut pages = BTreeSet::new();
    for form in broken.iter().map(|attack| &attack.form).chain([&honest]) {
        let answer = scene.browser.returns(&asked, form).await;
        assert_eq!(answer.status, 429, "{}", answer.body);
        let line = scene.log.line(answer.request_id(), "sign-in refused");
        assert_eq!(line["code"], "too_many_requests", "{line}");
        pages.insert(answer.body.replace(answer.request_id(), ""));
    }
    assert!(broken.len() > 5);
    assert_eq!(pages.len(), 1, "a page tells which: {pages:?}");
    let path = format!("/kernia/v1/connections/{}/traces?limit=100", scene.connection);
    let traces = scene.app.gets(&path).await.is(200).to_string();
    assert!(!traces.contains("decrypt"), "{traces}");
    // Everybody else goes on, and so does this one once there is a place again.
    drop(waits);
    let back = scene.browser.returns(&asked, &honest).await;
    assert_eq!(back.status, 303, "{}", back.body);
    let connection = scene.connection.clone();
    let asked = scene.browser.begins(&scene.app, &[("connection", &connection)]).await;
    let _waits = fill(&scene.kernia.app().slowdown, &scene);
    let plain = scene.acme.vouches(&asked, ADA, scene.kernia.clock.now());
    assert_eq!(scene.browser.returns(&asked, &plain).await.status, 303);
}
