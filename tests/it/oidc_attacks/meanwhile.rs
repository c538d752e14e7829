//! What happens while an answer is under way: the connection goes, the same answer comes once more.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinHandle;

use crate::{
    kernia::{Answer, Key, OpenIdProvider, encoded},
    oidc::Scene,
};

/// The browser brings this answer, and nobody waits for what comes of it.
fn is_brought(scene: &Scene, location: &str, answer: &[(String, String)]) -> JoinHandle<Answer> {
    let pairs: Vec<_> = answer.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let path = format!("{}?{}", scene.callback(location), encoded(&pairs));
    let mut browser = scene.browser.clone();
    tokio::spawn(async move { browser.goes(&path).await })
}

/// The provider was asked for this so often.
async fn is_asked(scene: &Scene, path: &str, times: usize) {
    while scene.provider.asked_for(path) < times {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn of_two_identical_answers_one_is_exchanged() {
    let mut scene = Scene::set().await;
    let location = scene.begins(&[]).await;
    let answer = scene.provider.signs_in(&location);
    scene.provider.holds_back("/token");
    let first = is_brought(&scene, &location, &answer);
    is_asked(&scene, "/token", 1).await;
    scene.kernia.advance(Duration::from_millis(1));
    let second = scene.brings(&location, &answer).await;
    assert_eq!(second.status, 400, "{second:?}");
    assert!(second.body.contains("This sign-in has ended"), "{}", second.body);
    assert_eq!(scene.newest().await["code"], "replay");
    // Whoever has the state alone is in nobody's way, and learns nothing.
    let mut eve = scene.browser.another();
    std::mem::swap(&mut scene.browser, &mut eve);
    assert_eq!(scene.brings(&location, &answer).await.status, 400);
    assert_eq!(scene.newest().await["code"], "state");
    std::mem::swap(&mut scene.browser, &mut eve);
    scene.kernia.advance(Duration::from_millis(1));
    scene.provider.reforms();
    let back = first.await.unwrap();
    scene.profile(&back).await;
    assert_eq!(scene.provider.asked_for("/token"), 1, "one code is sent once");
    assert_eq!(scene.brings(&location, &answer).await.status, 400);
    assert_eq!(scene.provider.asked_for("/token"), 1);
}

#[tokio::test]
async fn who_comes_again_after_a_failure_has_their_turn() {
    let mut scene = Scene::set().await;
    let location = scene.begins(&[]).await;
    let answer = scene.provider.signs_in(&location);
    scene.provider.answers("/token", "SSH-2.0-OpenSSH\r\n");
    let back = scene.brings(&location, &answer).await;
    assert_eq!(back.leads_with("error").as_deref(), Some("oauth_failed"));
    scene.provider.reforms();
    let back = scene.brings(&location, &answer).await;
    scene.profile(&back).await;
}

#[tokio::test]
async fn a_connection_that_goes_before_the_answer_signs_nobody_in() {
    let mut scene = Scene::set().await;
    let path = format!("/connections/{}", scene.connection);
    let location = scene.begins(&[]).await;
    let answer = scene.provider.signs_in(&location);
    scene.app.patches(&path, json!({ "state": "inactive" })).await.is(200);
    let back = scene.brings(&location, &answer).await;
    assert_eq!(back.status, 403, "{}", back.body);
    assert!(back.body.contains("This sign-in is not set up"), "{}", back.body);
    let trace = scene.newest().await;
    assert_eq!(trace["code"], "connection_unlinked", "{trace}");
    assert!(trace["failure"]["fix"].as_str().unwrap().contains("Switch it on"), "{trace}");
    // Switched on again in time, it takes the answer.
    scene.app.patches(&path, json!({ "state": "active" })).await.is(200);
    let back = scene.brings(&location, &answer).await;
    scene.profile(&back).await;

    let location = scene.begins(&[]).await;
    let answer = scene.provider.signs_in(&location);
    let asked = scene.provider.asked_for("/token");
    assert_eq!(scene.app.deletes(&path).await.status, 204);
    let back = scene.brings(&location, &answer).await;
    assert_eq!(back.status, 404, "{}", back.body);
    assert!(back.body.contains("This sign-in is not set up"), "{}", back.body);
    // What was under way ended with it: a restored connection begins anew.
    let restored = format!("/kernia/v1/connections/{}/restore", scene.connection);
    scene.app.posts(&restored, json!({})).await.is(200);
    assert_eq!(scene.brings(&location, &answer).await.status, 400);
    assert_eq!(scene.newest().await["code"], "state");
    assert_eq!(scene.provider.asked_for("/token"), asked, "no code goes anywhere");
    scene.signs_in().await;
}

#[tokio::test]
async fn a_connection_that_goes_while_the_provider_is_asked_signs_nobody_in() {
    for is_deleted in [false, true] {
        let mut scene = Scene::set().await;
        let path = format!("/connections/{}", scene.connection);
        let location = scene.begins(&[]).await;
        let answer = scene.provider.signs_in(&location);
        scene.provider.holds_back("/token");
        let under_way = is_brought(&scene, &location, &answer);
        is_asked(&scene, "/token", 1).await;
        if is_deleted {
            assert_eq!(scene.app.deletes(&path).await.status, 204);
        } else {
            scene.app.patches(&path, json!({ "state": "inactive" })).await.is(200);
        }
        scene.provider.reforms();
        let back = under_way.await.unwrap();
        assert_eq!(back.status, 403, "deleted: {is_deleted}: {}", back.body);
        assert!(back.body.contains("This sign-in is not set up"), "{}", back.body);
        let database = scene.kernia.database();
        for table in ["profiles", "codes"] {
            let rows = database.number(&format!("SELECT COUNT(*) FROM {table}"));
            assert_eq!(rows, 0, "{table}, deleted: {is_deleted}");
        }
    }
}

/// Whoever was a connection's provider until a moment ago signs for it no more, though its keys are
/// being read at that moment.
#[tokio::test]
async fn the_keys_of_the_provider_before_are_not_taken_for_those_of_the_next() {
    let mut scene = Scene::set().await;
    scene.signs_in().await;
    scene.provider.rotates(Key::rsa("RS256", "second"), true);
    let read = scene.provider.asked_for("/jwks");
    let location = scene.begins(&[]).await;
    let answer = scene.provider.signs_in(&location);
    scene.provider.holds_back("/jwks");
    let under_way = is_brought(&scene, &location, &answer);
    is_asked(&scene, "/jwks", read + 1).await;
    let next = OpenIdProvider::start(&scene.kernia.clock).await;
    let endpoint = format!("{}/.well-known/openid-configuration", next.issuer);
    let change = json!({ "oidc_options": { "discovery_endpoint": endpoint } });
    scene.app.patches(&format!("/connections/{}", scene.connection), change).await.is(200);
    scene.provider.reforms();
    let back = under_way.await.unwrap();
    assert_eq!(back.status, 400, "{back:?}");
    scene.provider = next;
    scene.signs_in().await;
}
