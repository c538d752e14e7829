//! Callback addresses that a provider was given by others: their host leads here now, their path is
//! the connection's own.

use std::time::Duration;

use serde_json::json;

use super::setup::Scene;
use crate::kernia::{OpenIdProvider, encoded, from, hidden_fields};

const THEIRS: &str = "https://auth.workos.com/sso/oidc/abc/callback";

fn paired(answer: &[(String, String)]) -> Vec<(&str, &str)> {
    answer.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[tokio::test]
async fn an_answer_at_an_address_of_others_is_moved_to_ours() {
    let mut scene = Scene::with(&json!({ "redirect_uri": THEIRS })).await;
    let location = scene.begins(&[]).await;
    assert_eq!(from(&location, "redirect_uri").as_deref(), Some(THEIRS));
    let answer = scene.provider.signs_in(&location);
    let address = format!("{THEIRS}?{}", encoded(&paired(&answer)));
    let moved = scene.browser.visits(&address).await;
    assert_eq!(moved.status, 302, "{}", moved.body);
    assert!(moved.location().starts_with(&scene.kernia.base()), "{}", moved.location());
    assert_eq!(scene.provider.asked_for("/token"), 0, "no code goes anywhere without its browser");
    let back = scene.browser.visits(moved.location()).await;
    scene.profile(&back).await;
    // The same in a form.
    let location = scene.begins(&[]).await;
    let answer = scene.provider.signs_in(&location);
    let page = scene.browser.posts_from_elsewhere(THEIRS, &paired(&answer)).await;
    let (action, fields) = hidden_fields(&page.body);
    let back = scene.browser.posts(&action, &paired(&fields)).await;
    scene.profile(&back).await;
    // What is refused there leaves its trace, as everywhere.
    scene.kernia.advance(Duration::from_millis(1));
    let bad = scene.browser.visits(&format!("{THEIRS}?code=c")).await;
    assert_eq!(bad.status, 400, "{}", bad.body);
    assert_eq!(scene.newest().await["code"], "callback_malformed");
}

#[tokio::test]
async fn a_path_of_its_own_leads_to_the_connection_and_no_other_does() {
    let kernia = Scene::kernia().await;
    let provider = OpenIdProvider::start(&kernia.clock).await;
    let own = format!("{}/sso/oidc/from/before", kernia.base());
    let mut scene = Scene::at(kernia, provider, &json!({ "redirect_uri": own })).await;
    let location = scene.begins(&[]).await;
    let back = scene.returns(&location).await;
    scene.profile(&back).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    for path in ["/sso/oidc/from", "/sso/oidc/from/before/", "/sso/oidc/nothing", "/sso/oidc/a/b/c"]
    {
        let nothing = scene.browser.goes(&format!("{path}?code=c&state=s")).await;
        assert_eq!(nothing.status, 404, "{path}: {}", nothing.body);
        let nothing = scene.browser.sends("POST", path, &form, b"code=c&state=s").await;
        assert_eq!(nothing.status, 404, "{path}: {}", nothing.body);
    }
}
