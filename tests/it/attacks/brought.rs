//! What is brought that is no answer, or to the wrong door, or a second time.

use serde_json::json;

use super::{ADA, Scene};
use crate::{
    idp::{attribute, form_value},
    kernia::{Asked, IdentityProvider, Kernia, encoded},
};

#[tokio::test]
async fn what_is_no_answer_at_all() {
    let mut scene = Scene::set().await;
    let signed = scene.acme.signs(&scene.honest());
    let mut padded = scene.honest();
    padded.attributes.push_str(&attribute("x", &["a".repeat(300 * 1024).as_str()]));
    let padded = scene.acme.signs(&padded);
    for (name, code, response) in [
        ("not base64", "not_base64", "no base64!".to_owned()),
        ("cut", "not_base64", signed[1..].to_owned()),
        ("not UTF-8", "not_utf8", "/////w==".to_owned()),
        ("not XML", "bad_xml", form_value("hello")),
        ("another message", "not_a_response", form_value("<Response/>")),
        ("empty", "bad_xml", String::new()),
        ("huge", "too_large", padded),
        ("600 kB of nothing", "too_large", "A".repeat(600 * 1024)),
    ] {
        scene.refuses(name, code, &response).await;
    }
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
    let immense = "A".repeat(900 * 1024);
    let answer = scene.browser.returns(&scene.asked.clone(), &immense).await;
    assert_eq!(answer.status, 413);
    assert!(answer.content_type().starts_with("text/html"), "{answer:?}");
    assert_eq!(scene.kernia.database().contents(), scene.before);
    scene.ends_well().await;
}

#[tokio::test]
async fn an_answer_brought_to_another_door() {
    let mut scene = Scene::set().await;
    let signed = scene.acme.signs(&scene.honest());
    let found = scene.app.gets(&format!("/connections/{}", scene.connection)).await.is(200);
    let organization = found["organization_id"].as_str().unwrap();
    // A connection to the same provider, and one to another.
    for idp in [IdentityProvider::acme(), IdentityProvider::another()] {
        let other = scene.app.connection(organization, &idp).await;
        scene.before = scene.kernia.database().contents();
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
        assert_eq!(scene.kernia.database().contents(), scene.before);
    }
    scene.ends_well().await;
}

#[tokio::test]
async fn replayed() {
    let mut scene = Scene::set().await;
    let response = scene.acme.signs(&scene.honest());
    let first = scene.browser.returns(&scene.asked.clone(), &response).await;
    assert_eq!(first.status, 303);
    scene.before = scene.kernia.database().contents();
    scene.refuses("the same again", "replay", &response).await;
    // Another assertion for the sign-in that is over.
    let another = scene.acme.signs(&scene.honest());
    scene.refuses("another for the same", "in_response_to", &another).await;
    // The same assertion for a new sign-in: its request is not the new one's.
    let mut begun = scene.browser.clone();
    let asked = begun.begins(&scene.app, &[("connection", &scene.connection)]).await;
    scene.before = scene.kernia.database().contents();
    let answer = begun.returns(&asked, &response).await;
    scene.was_refused("for a new sign-in", "replay", &answer);
    scene.app.exchanges(&first.leads_with("code").unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replayed_eight_times_at_once() {
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
