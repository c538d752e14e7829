//! What is brought that is no answer, or to the wrong door, or a second time.

use serde_json::json;

use super::{ADA, Scene, facts};
use crate::kernia::{Asked, IdentityProvider, Kernia, encoded};

#[tokio::test]
pub(super) async fn what_is_no_form_with_one_answer() {
    let mut scene = Scene::set().await;
    let signed = scene.acme.signs(&scene.honest());
    let path = scene.browser.path_of(&scene.asked.acs_url);
    let form = encoded(&[("SAMLResponse", &signed)]);
    let twice = format!("{form}&{form}");
    let states = format!("{form}&RelayState=a&RelayState=b");
    let long = format!("{form}&RelayState={}", "x".repeat(2049));
    let urlencoded = "application/x-www-form-urlencoded";
    let json = json!({ "SAMLResponse": signed }).to_string();
    for (name, content_type, body) in [
        ("two answers", urlencoded, twice.as_str()),
        ("two relay states", urlencoded, &states),
        ("a long relay state", urlencoded, &long),
        ("none", urlencoded, "RelayState=x"),
        ("nothing", urlencoded, ""),
        ("JSON", "application/json", &json),
        ("multipart", "multipart/form-data; boundary=x", &form),
        ("plain", "text/plain", &form),
        ("no type", "", &form),
    ] {
        let headers = [("content-type", content_type)];
        let answer = scene.browser.sends("POST", &path, &headers, body.as_bytes()).await;
        scene.was_refused(name, "bad_form", &answer);
    }
    for immense in [900 * 1024, 20 << 20] {
        let answer = scene.browser.returns(&scene.asked.clone(), &"A".repeat(immense)).await;
        assert_eq!(answer.status, 413);
        assert!(answer.content_type().starts_with("text/html"), "{answer:?}");
        assert_eq!(facts(&scene.kernia), scene.before);
    }
    let got = scene.browser.goes(&format!("{path}?{form}")).await;
    assert!(matches!(got.status, 404 | 405), "an answer by GET: {got:?}");
    scene.ends_well().await;
}

#[tokio::test]
pub(super) async fn an_answer_brought_to_another_door() {
    let mut scene = Scene::set().await;
    let signed = scene.acme.signs(&scene.honest());
    let found = scene.app.gets(&format!("/connections/{}", scene.connection)).await.is(200);
    let organization = found["organization_id"].as_str().unwrap();
    // A connection to the same provider, and one to another.
    for idp in [IdentityProvider::acme(), IdentityProvider::another()] {
        let other = scene.app.connection(organization, &idp).await;
        scene.before = facts(&scene.kernia);
        let door = Asked {
            acs_url: other["saml_options"]["acs_url"].as_str().unwrap().to_owned(),
            ..scene.asked.clone()
        };
        let answer = scene.browser.returns(&door, &signed).await;
        let code = if idp.key.certificate() == scene.acme.key.certificate() {
            "destination"
        } else {
            "signature_invalid"
        };
        scene.was_refused("another connection's door", code, &answer);
    }
    for key in ["nobody", "no_key", "%00", "..%2fmetadata"] {
        let url = scene.asked.acs_url.rsplit_once('/').unwrap().0.to_owned();
        let door = Asked { acs_url: format!("{url}/{key}"), ..scene.asked.clone() };
        let answer = scene.browser.returns(&door, &signed).await;
        assert!(matches!(answer.status, 400 | 404), "{key}: {answer:?}");
        assert!(answer.content_type().starts_with("text/html"), "{key}: {answer:?}");
        assert_eq!(facts(&scene.kernia), scene.before);
    }
    scene.ends_well().await;
}

#[tokio::test]
pub(super) async fn replayed() {
    let mut scene = Scene::set().await;
    let response = scene.acme.signs(&scene.honest());
    let first = scene.browser.returns(&scene.asked.clone(), &response).await;
    assert_eq!(first.status, 303);
    scene.before = facts(&scene.kernia);
    scene.refuses("the same again", "replay", &response).await;
    // Another assertion for the sign-in that is over.
    let another = scene.acme.signs(&scene.honest());
    scene.refuses("another for the same", "in_response_to", &another).await;
    // The same assertion for a new sign-in: its request is not the new one's.
    let mut begun = scene.browser.clone();
    let asked = begun.begins(&scene.app, &[("connection", &scene.connection)]).await;
    scene.before = facts(&scene.kernia);
    let answer = begun.returns(&asked, &response).await;
    scene.was_refused("for a new sign-in", "replay", &answer);
    scene.app.exchanges(&first.leads_with("code").unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
pub(super) async fn replayed_eight_times_at_once() {
    let kernia = Kernia::start().await;
    let (app, acme) = (kernia.application(), IdentityProvider::acme());
    let connection = app.is_ready_for(&acme).await;
    let mut browser = kernia.browser();
    let asked = browser.begins(&app, &[("connection", &connection)]).await;
    let response = acme.vouches(&asked, ADA, kernia.clock.now());
    let attempts: Vec<_> = (0..8)
        .map(|_| {
            let (mut browser, asked, response) = (browser.clone(), asked.clone(), response.clone());
            tokio::spawn(async move { browser.returns(&asked, &response).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in attempts {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 400, 400, 400, 400, 400, 400, 400]);
    assert_eq!(kernia.database().count("codes"), 1);
}
