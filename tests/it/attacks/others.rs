//! Good answers in the wrong hands: of another request, browser, connection or tenant; and where an
//! answer would like to lead.

use serde_json::{Value, json};

use super::{ADA, EVE, Scene, facts};
use crate::{
    corpus::replaced,
    kernia::{Asked, IdentityProvider},
};

#[tokio::test]
pub(super) async fn an_answer_for_a_request_of_another_browser() {
    let mut scene = Scene::set().await;
    let signed = scene.acme.signs(&scene.honest());
    // A browser that has begun nothing, and one that has begun something else.
    let mut stranger = scene.browser.another();
    let bare = stranger.returns(&scene.asked, &signed).await;
    assert_eq!(bare.status, 200, "asked once more from our own origin");
    let fields = [("SAMLResponse", signed.as_str()), ("Again", "1")];
    let answer = stranger.posts(&scene.asked.acs_url, &fields).await;
    scene.was_refused("a browser without a sign-in", "in_response_to", &answer);
    stranger.begins(&scene.app, &[("connection", &scene.connection)]).await;
    scene.before = facts(&scene.kernia);
    let answer = stranger.returns(&scene.asked, &signed).await;
    scene.was_refused("a browser with another sign-in", "in_response_to", &answer);
    scene.ends_well().await;
}

/// Eve is an employee too, or has an account at the same provider: her answer is a good one. Posted
/// by Ada's browser it would sign Ada in as Eve.
#[tokio::test]
pub(super) async fn login_csrf() {
    let mut scene = Scene::set().await;
    let mut eves = scene.browser.another();
    let asked = eves.begins(&scene.app, &[("connection", &scene.connection)]).await;
    scene.before = facts(&scene.kernia);
    let hers = scene.acme.vouches(&asked, EVE, scene.kernia.clock.now());
    for relay_state in [&asked.relay_state, &scene.asked.relay_state] {
        let with = Asked { relay_state: relay_state.clone(), ..asked.clone() };
        let answer = scene.browser.returns(&with, &hers).await;
        scene.was_refused("Eve's answer in Ada's browser", "in_response_to", &answer);
    }
    // In her own browser it is good.
    let back = eves.returns(&asked, &hers).await;
    let profile = scene.app.exchanges(&back.leads_with("code").unwrap()).await.profile;
    assert_eq!(profile["email"], EVE);
    scene.before = facts(&scene.kernia);
    scene.ends_well().await;
}

#[tokio::test]
pub(super) async fn an_answer_that_nobody_asked_for() {
    let mut scene = Scene::set().await;
    let id = scene.asked.id.clone();
    let unsolicited = scene.spoiled(|it| {
        it.in_response_to = String::new();
        it.subject = replaced(&it.subject, &format!(" InResponseTo=\"{id}\""), "");
    });
    scene.refuses("unsolicited", "unsolicited", &unsolicited).await;
    scene.ends_well().await;
}

/// The same identity provider serves two tenants, each with a connection of its own.
#[tokio::test]
pub(super) async fn an_answer_for_another_tenant() {
    let mut scene = Scene::set().await;
    let signed = scene.acme.signs(&scene.honest());
    let organization = scene.app.organization("tenant.test").await;
    let other = scene.app.connection(&organization, &scene.acme).await;
    let theirs = other["saml_options"]["acs_url"].as_str().unwrap().to_owned();
    let their_id = other["saml_options"]["sp_entity_id"].as_str().unwrap().to_owned();
    scene.before = facts(&scene.kernia);
    let door = Asked { acs_url: theirs.clone(), ..scene.asked.clone() };
    let answer = scene.browser.returns(&door, &signed).await;
    scene.was_refused("at the other tenant's door", "destination", &answer);
    // And rewritten, signed anew by the provider for the other tenant, at our own door.
    let honest = scene.honest();
    let (ours, our_id) = (scene.asked.acs_url.clone(), scene.asked.issuer.clone());
    for (name, code, response) in [
        (
            "their destination",
            "destination",
            scene.spoiled(|it| it.destination = replaced(&it.destination, &ours, &theirs)),
        ),
        (
            "their recipient",
            "recipient",
            scene.spoiled(|it| it.subject = replaced(&it.subject, &ours, &theirs)),
        ),
        (
            "their audience",
            "audience",
            scene.spoiled(|it| it.conditions = replaced(&it.conditions, &our_id, &their_id)),
        ),
    ] {
        scene.refuses(name, code, &response).await;
    }
    // A provider of another name with the same key is another provider.
    let named = IdentityProvider { entity_id: "https://idp.other.test/metadata", ..scene.acme };
    let answer = named.signs(&named.answer(&scene.asked, ADA, scene.kernia.clock.now()));
    scene.refuses("another provider's name", "issuer", &answer).await;
    drop(honest);
    scene.ends_well().await;
}

/// The relay state is a word, never an address.
#[tokio::test]
pub(super) async fn a_relay_state_leads_nowhere() {
    for relay_state in [
        "https://attacker.test/",
        "//attacker.test/",
        "javascript:alert(1)",
        "https://app.example.com/callback@attacker.test",
        "",
    ] {
        let mut scene = Scene::set().await;
        let signed = scene.acme.signs(&scene.honest());
        let door = Asked { relay_state: relay_state.to_owned(), ..scene.asked.clone() };
        let back = scene.browser.returns(&door, &signed).await;
        assert_eq!(back.status, 303, "{relay_state}: {}", back.body);
        let there = back.location();
        assert!(
            there.starts_with("https://app.example.com/callback?code="),
            "{relay_state}: {there}"
        );
        assert!(!there.contains("attacker"), "{relay_state}: {there}");
    }
}

/// New metadata under an old connection: whoever could change it would be every employee.
#[tokio::test]
pub(super) async fn metadata_of_somebody_else() {
    let scene = Scene::set().await;
    let (path, before) = (format!("/connections/{}", scene.connection), scene.before.clone());
    for (url, code) in [
        ("http://192.0.2.1/metadata", "fetch_address_refused"),
        ("https://127.0.0.1/metadata", "fetch_address_refused"),
        ("https://169.254.169.254/metadata", "fetch_address_refused"),
        ("https://[::ffff:10.0.0.1]/metadata", "fetch_address_refused"),
        ("file:///etc/passwd", "url_malformed"),
    ] {
        let body = json!({ "saml_options": { "idp_metadata_url": url } });
        let answer = scene.app.patches(&path, body).await;
        assert_eq!(answer.code(422), code, "{url}");
    }
    assert_eq!(facts(&scene.kernia), before);
    scene.ends_well().await;
}

#[tokio::test]
pub(super) async fn the_log_tells_what_came_and_what_would_have_passed() {
    let mut scene = Scene::set().await;
    let (issuer, other) = (scene.asked.issuer.clone(), "https://other.test/acs");
    let audience = scene.spoiled(|it| it.conditions = replaced(&it.conditions, &issuer, other));
    scene.refuses("another audience", "audience", &audience).await;
    let text = scene.log.text();
    let line = text.lines().find(|line| line.contains("rule 25"));
    let line: Value = serde_json::from_str(line.unwrap()).unwrap();
    let reason = line["reason"].as_str().unwrap();
    assert!(reason.contains(&format!("got {other}; expected {issuer}")), "{reason}");
    scene.ends_well().await;
}
