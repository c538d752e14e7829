//! Keys that sign ID tokens: announced, at work, retired.

use std::{collections::BTreeSet, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernia::app::openid_clients;
use serde_json::{Value, json};

use super::Stage;
use crate::kernia::encoded;

const DAY: Duration = Duration::from_hours(24);

impl Stage {
    /// The `kid` of each published key, the one that signs first.
    async fn published(&self) -> Vec<String> {
        let answer = self.kernia.anonymous("GET", "/oauth2/jwks").await;
        let kid = |key: &Value| key["kid"].as_str().unwrap().to_owned();
        answer.is(200)["keys"].as_array().unwrap().iter().map(kid).collect()
    }

    /// The key that signs.
    async fn signing(&self) -> String {
        let token = self.rp.exchanges(&self.code(&[]).await).await.id;
        let header = token.split('.').next().unwrap();
        let header: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        header["kid"].as_str().unwrap().to_owned()
    }

    async fn states(&self) -> Vec<String> {
        let shown = self.app.gets("/kernia/v1/openid_keys").await.is(200);
        let state = |key: &Value| key["state"].as_str().unwrap().to_owned();
        shown["data"].as_array().unwrap().iter().map(state).collect()
    }
}

#[tokio::test]
async fn the_next_key_is_published_before_it_signs() {
    let stage = Stage::set().await;
    let first = stage.published().await;
    assert_eq!(first.len(), 1);
    assert_eq!(stage.signing().await, first[0]);
    let made = stage.app.posts("/kernia/v1/openid_keys/rotate", json!({})).await.is(201);
    assert_eq!(made["state"], "announced");
    let next = made["id"].as_str().unwrap().to_owned();
    assert_eq!(stage.published().await, [first[0].clone(), next.clone()]);
    let twice = stage.app.posts("/kernia/v1/openid_keys/rotate", json!({})).await;
    assert_eq!(twice.code(409), "key_announced");
    stage.kernia.advance(Duration::from_hours(25) - Duration::from_millis(1));
    assert_eq!(stage.signing().await, first[0]);
    stage.kernia.advance(Duration::from_millis(1));
    assert_eq!(stage.signing().await, next);
    assert_eq!(stage.published().await, [next.clone(), first[0].clone()]);
    assert_eq!(stage.states().await, ["active", "retired"]);
    stage.kernia.advance(Duration::from_mins(70) - Duration::from_millis(1));
    assert_eq!(stage.published().await.len(), 2, "a token of it may live");
    stage.kernia.advance(Duration::from_millis(1));
    assert_eq!(stage.published().await, [next]);
}

#[tokio::test]
async fn a_job_rotates_every_ninety_days_and_erases_what_is_over() {
    let stage = Stage::set().await;
    let app = stage.kernia.app();
    let mut before = stage.published().await;
    let mut signed = BTreeSet::from([before[0].clone()]);
    for day in 1..=200 {
        openid_clients::keep_keys(app).await.unwrap();
        stage.kernia.advance(DAY);
        let now = stage.published().await;
        assert!(before.contains(&now[0]), "day {day}: it was published the day before");
        signed.insert(now[0].clone());
        assert_eq!(signed.len(), 1 + (day - 1) / 90, "day {day}");
        before = now;
    }
    openid_clients::keep_keys(app).await.unwrap();
    let left = "SELECT COUNT(*) FROM openid_keys WHERE private_key IS NOT NULL";
    assert_eq!(stage.kernia.database().number(left), 1, "what signs no more cannot sign any more");
    assert_eq!(stage.kernia.database().count("openid_keys"), 2, "the first one is gone");
}

#[tokio::test]
async fn a_key_in_wrong_hands_is_worth_nothing_at_once() {
    let stage = Stage::set().await;
    let tokens = stage.rp.exchanges(&stage.code(&[]).await).await;
    let body = json!({ "at_once": true });
    let made = stage.app.posts("/kernia/v1/openid_keys/rotate", body).await.is(201);
    assert_eq!(made["state"], "active");
    assert_eq!(stage.published().await, [made["id"].as_str().unwrap()]);
    assert_eq!(stage.signing().await, made["id"].as_str().unwrap());
    let path = format!("/oauth2/logout?{}", encoded(&[("id_token_hint", &tokens.id)]));
    assert_eq!(stage.kernia.browser().goes(&path).await.status, 400);
    let unknown = stage.app.posts("/kernia/v1/openid_keys/rotate", json!({ "now": true })).await;
    assert_eq!(unknown.status, 422);
}

#[tokio::test]
async fn a_key_lives_through_a_restart_and_is_sealed() {
    let mut stage = Stage::set().await;
    let first = stage.signing().await;
    stage.kernia.restart().await;
    assert_eq!(stage.signing().await, first);
    let answer = stage.kernia.anonymous("GET", "/oauth2/jwks").await.is(200);
    let key = &answer["keys"][0];
    assert_eq!(
        (&key["kty"], &key["use"], &key["alg"]),
        (&json!("RSA"), &json!("sig"), &json!("RS256"))
    );
    for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
        assert_eq!(key[private], Value::Null);
    }
}

#[tokio::test]
async fn many_who_come_first_make_one_key() {
    let stage = Stage::set().await;
    let asks: Vec<_> = (0..4)
        .map(|_| {
            let address = stage.kernia.address;
            tokio::spawn(async move {
                crate::kernia::sends(address, "GET", "/oauth2/jwks", &[], b"").await.is(200)
            })
        })
        .collect();
    let mut answers = Vec::new();
    for ask in asks {
        answers.push(ask.await.unwrap());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(stage.kernia.database().count("openid_keys"), 1);
}
