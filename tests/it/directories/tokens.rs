//! What a token opens, from when on and until when.

use std::{sync::atomic::AtomicBool, sync::atomic::Ordering, time::Duration};

use super::*;

const DAY: Duration = Duration::from_hours(24);

impl Stage {
    async fn rotates(&self, directory: &Entered, body: Value) -> String {
        let path = format!("{DIRECTORIES}/{}/tokens/rotate", directory.id);
        text(&self.app.posts(&path, body).await.is(201), "scim_token").to_owned()
    }

    async fn tokens(&self, directory: &Entered) -> Vec<Value> {
        let path = format!("{DIRECTORIES}/{}/tokens", directory.id);
        self.app.gets(&path).await.is(200)["data"].as_array().unwrap().clone()
    }

    async fn revokes(&self, directory: &Entered, token: &Value) -> Answer {
        let path = format!("{DIRECTORIES}/{}/tokens/{}", directory.id, text(token, "id"));
        self.app.deletes(&path).await
    }
}

#[tokio::test]
async fn a_token_opens_its_own_directory_and_nothing_else() {
    let stage = Stage::set().await;
    let (ours, theirs) = (stage.directory().await, {
        let other = stage.app.organization("globex.test").await;
        stage.directory_of(&other).await
    });
    assert_eq!(ours.with(&ours.token).await, 200);
    assert_eq!(theirs.with(&theirs.token).await, 200);
    let unknown = ours.asks("scim_unknown", "GET", "/Users", Value::Null).await;
    for wrong in [
        theirs.token.as_str(),
        &stage.app.api_key,
        // As another system gave it: a token is never taken over.
        "01J9W8Q2ZJ5VX6T4N3M2K1H0GF",
        &ours.token[..47],
        &ours.token.to_uppercase(),
    ] {
        let refused = ours.asks(wrong, "GET", "/Users", Value::Null).await;
        assert_eq!((refused.status, &refused.body), (401, &unknown.body), "{wrong}");
        assert!(refused.header("www-authenticate").is_some());
    }
    for (path, token) in [(&ours.id, &ours.token), (&"nobody".to_owned(), &ours.token)] {
        let elsewhere = Entered { path: format!("/scim/v2/{path}"), ..ours.clone() };
        assert_eq!(elsewhere.with(token).await, 401, "{path}: only the key names it");
    }
    let alias = Entered { path: ours.path.replace("/v2/", "/v2.0/"), ..ours.clone() };
    assert_eq!(alias.with(&ours.token).await, 200);
    let stranger = Application { api_key: ours.token.clone(), ..stage.app.clone() };
    assert_eq!(stranger.gets("/directories").await.status, 401, "it is no API key");
    stage.jobs_run().await;
    assert_eq!(stage.shows(&ours).await["refused_tokens"], 6);
    assert_eq!(stage.shows(&theirs).await["refused_tokens"], 0);
}

#[tokio::test]
async fn a_rotation_leaves_the_provider_a_day() {
    let stage = Stage::set().await;
    let directory = stage.directory().await;
    assert_eq!(directory.with(&directory.token).await, 200, "it is remembered now");
    let second = stage.rotates(&directory, json!({})).await;
    assert_ne!(second, directory.token);
    for token in [&directory.token, &second] {
        assert_eq!(directory.with(token).await, 200);
    }
    let tokens = stage.tokens(&directory).await;
    assert_eq!(tokens.len(), 2);
    assert_eq!(tokens[0]["expires_at"], (stage.kernia.clock.now() + DAY).to_string());
    assert_eq!(tokens[1]["expires_at"], Value::Null);

    let all_but_a_moment = DAY.checked_sub(Duration::from_millis(1)).unwrap();
    stage.kernia.advance(all_but_a_moment);
    assert_eq!(directory.with(&directory.token).await, 200);
    stage.kernia.advance(Duration::from_millis(1));
    assert_eq!(directory.with(&directory.token).await, 401, "though it is remembered");
    assert_eq!(directory.with(&second).await, 200);
    assert_eq!(stage.tokens(&directory).await.len(), 1);
    stage.jobs_run().await;
    assert_eq!(stage.kernia.database().count("directory_tokens"), 1);

    // Without an overlap the old one ends with the answer.
    let third = stage.rotates(&directory, json!({ "overlap_seconds": 0 })).await;
    assert_eq!((directory.with(&second).await, directory.with(&third).await), (401, 200));

    // Of three, the oldest goes; and a token that ends soon is not given longer.
    let fourth = stage.rotates(&directory, json!({ "overlap_seconds": 60 })).await;
    let fifth = stage.rotates(&directory, json!({ "overlap_seconds": 3600 })).await;
    let answers = [&third, &fourth, &fifth].map(|token| directory.with(token));
    let [third, fourth, fifth] = answers;
    assert_eq!((third.await, fourth.await, fifth.await), (401, 200, 200));
    let tokens = stage.tokens(&directory).await;
    assert_eq!(stage.revokes(&directory, &tokens[1]).await.status, 204);
    stage.rotates(&directory, json!({ "overlap_seconds": 7200 })).await;
    assert_eq!(stage.tokens(&directory).await[0]["expires_at"], tokens[0]["expires_at"]);

    for (body, code) in [
        (json!({ "overlap_seconds": 90 * 24 * 3600 + 1 }), "invalid_overlap"),
        (json!({ "overlap_seconds": -1 }), "invalid_type"),
        (json!({ "overlap": 1 }), "invalid_type"),
    ] {
        let path = format!("{DIRECTORIES}/{}/tokens/rotate", directory.id);
        assert_eq!(stage.app.posts(&path, body).await.code(422), code);
    }
}

#[tokio::test]
async fn two_tokens_are_good_at_a_time_and_each_can_be_revoked() {
    let stage = Stage::set().await;
    let directory = stage.directory().await;
    let path = format!("{DIRECTORIES}/{}/tokens", directory.id);
    let second = stage.app.posts(&path, json!({})).await.is(201);
    assert_eq!(stage.app.posts(&path, json!({})).await.code(409), "too_many_tokens");
    let second = text(&second, "scim_token").to_owned();
    assert_eq!(directory.with(&second).await, 200);
    let tokens = stage.tokens(&directory).await;
    assert_eq!(stage.revokes(&directory, &tokens[0]).await.status, 204);
    assert_eq!(directory.with(&directory.token).await, 401);
    assert_eq!(stage.revokes(&directory, &tokens[0]).await.status, 404);
    let other = stage.directory().await;
    assert_eq!(stage.revokes(&other, &tokens[1]).await.status, 404, "it is not of this directory");
    assert_eq!(directory.with(&second).await, 200);
    assert_eq!(stage.revokes(&directory, &tokens[1]).await.status, 204);
    assert_eq!(directory.with(&second).await, 401);
    let third = stage.rotates(&directory, json!({})).await;
    assert_eq!(directory.with(&third).await, 200, "a directory without a token gets one again");
}

/// Providers that never stop asking keep nothing alive: whoever asks after the answer is refused,
/// however many look-ups are under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_token_is_dead_with_the_answer_under_any_load() {
    let stage = Stage::set().await;
    let directory = stage.directory().await;
    for round in 0..20 {
        let issued = stage.rotates(&directory, json!({ "overlap_seconds": 0 })).await;
        let done = Arc::new(AtomicBool::new(false));
        let askers: Vec<_> = (0..4)
            .map(|_| {
                let (directory, issued, done) = (directory.clone(), issued.clone(), done.clone());
                tokio::spawn(async move {
                    loop {
                        let was_done = done.load(Ordering::SeqCst);
                        let status = directory.with(&issued).await;
                        if was_done {
                            return status;
                        }
                    }
                })
            })
            .collect();
        let tokens = stage.tokens(&directory).await;
        assert_eq!(directory.with(&issued).await, 200);
        assert_eq!(stage.revokes(&directory, &tokens[0]).await.status, 204);
        done.store(true, Ordering::SeqCst);
        for asker in askers {
            assert_eq!(asker.await.unwrap(), 401, "round {round}");
        }
    }
}
