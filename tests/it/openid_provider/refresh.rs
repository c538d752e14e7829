//! Refresh tokens: each good once, and a stolen one worth nothing for long.

use std::time::Duration;

use super::{ADA, Stage, code_of};
use crate::kernia::{RelyingParty, Tokens};

const OFFLINE: (&str, &str) = ("scope", "openid email offline_access");
const DAY: Duration = Duration::from_hours(24);

async fn begun(stage: &Stage) -> Tokens {
    let tokens = stage.rp.exchanges(&stage.code(&[OFFLINE]).await).await;
    assert!(!tokens.refresh.is_empty(), "{}", tokens.body);
    tokens
}

async fn refused(rp: &RelyingParty, token: &str) {
    assert_eq!(rp.refreshes(token, &[]).await.code(400), "invalid_grant");
}

#[tokio::test]
async fn each_gives_its_successor_and_new_tokens() {
    let stage = Stage::set().await;
    let first = begun(&stage).await;
    stage.kernia.advance(DAY);
    let second = stage.rp.tokens(stage.rp.refreshes(&first.refresh, &[]).await).await;
    assert_ne!(first.refresh, second.refresh);
    for claim in ["sub", "sid", "aud", "iss", "auth_time", "email"] {
        assert_eq!(first.claims[claim], second.claims[claim], "{claim}");
    }
    assert_eq!(second.claims["nonce"], serde_json::Value::Null);
    assert_eq!(second.claims["iat"], stage.seconds());
    assert_eq!(second.claims["at_hash"], super::half_hash(&second.access));
    assert_eq!(stage.rp.user_info(&second.access).await.is(200)["email"], ADA);
    stage.kernia.advance(DAY);
    stage.rp.tokens(stage.rp.refreshes(&second.refresh, &[]).await).await;
}

#[tokio::test]
async fn one_that_comes_again_ends_the_family() {
    let stage = Stage::set().await;
    let first = begun(&stage).await;
    let second = stage.rp.tokens(stage.rp.refreshes(&first.refresh, &[]).await).await;
    stage.kernia.advance(Duration::from_secs(10));
    refused(&stage.rp, &first.refresh).await;
    refused(&stage.rp, &second.refresh).await;
    assert_eq!(stage.rp.user_info(&second.access).await.status, 401);
    assert_eq!(stage.kernia.database().count("openid_refresh_families"), 0);
}

#[tokio::test]
async fn an_answer_that_was_lost_can_be_asked_for_once_more() {
    let stage = Stage::set().await;
    let first = begun(&stage).await;
    let lost = stage.rp.tokens(stage.rp.refreshes(&first.refresh, &[]).await).await;
    stage.kernia.advance(Duration::from_millis(9_999));
    let second = stage.rp.tokens(stage.rp.refreshes(&first.refresh, &[]).await).await;
    // Whoever has the answer that was lost is somebody else.
    refused(&stage.rp, &lost.refresh).await;
    refused(&stage.rp, &second.refresh).await;
}

#[tokio::test]
async fn it_cannot_be_asked_for_when_a_later_one_is_in_use() {
    let stage = Stage::set().await;
    let first = begun(&stage).await;
    let second = stage.rp.tokens(stage.rp.refreshes(&first.refresh, &[]).await).await;
    let third = stage.rp.tokens(stage.rp.refreshes(&second.refresh, &[]).await).await;
    refused(&stage.rp, &first.refresh).await;
    refused(&stage.rp, &third.refresh).await;
}

#[tokio::test]
async fn asking_once_more_does_not_stretch_the_time() {
    let stage = Stage::set().await;
    let first = begun(&stage).await;
    stage.rp.tokens(stage.rp.refreshes(&first.refresh, &[]).await).await;
    stage.kernia.advance(Duration::from_secs(6));
    stage.rp.tokens(stage.rp.refreshes(&first.refresh, &[]).await).await;
    stage.kernia.advance(Duration::from_secs(6));
    refused(&stage.rp, &first.refresh).await;
}

#[tokio::test]
async fn it_is_its_clients_alone() {
    let stage = Stage::set().await;
    let (other, public) =
        (RelyingParty::confidential(&stage.app).await, RelyingParty::public(&stage.app).await);
    let tokens = begun(&stage).await;
    refused(&other, &tokens.refresh).await;
    refused(&public, &tokens.refresh).await;
    refused(&stage.rp, "nonsense").await;
    refused(&stage.rp, &tokens.access).await;
    let missing = stage.rp.refreshes(&tokens.refresh, &[("refresh_token", "")]).await;
    assert_eq!(missing.code(400), "invalid_request");
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens.refresh.as_str()),
        ("client_id", stage.rp.id.as_str()),
    ];
    let nobody = stage.rp.asks(&form, &[]).await;
    assert_eq!(nobody.code(401), "invalid_client", "without its secret");
    stage.rp.tokens(stage.rp.refreshes(&tokens.refresh, &[]).await).await;
}

#[tokio::test]
async fn it_narrows_and_never_widens() {
    let stage = Stage::set().await;
    let first = begun(&stage).await;
    for wider in ["openid profile", "openid email unheard_of", "email"] {
        let answer = stage.rp.refreshes(&first.refresh, &[("scope", wider)]).await;
        assert_eq!(answer.code(400), "invalid_scope", "{wider}");
    }
    let narrow = stage.rp.refreshes(&first.refresh, &[("scope", "openid")]).await;
    let narrow = stage.rp.tokens(narrow).await;
    assert_eq!(narrow.body["scope"], "openid");
    assert_eq!(narrow.claims["email"], serde_json::Value::Null);
    let told = stage.rp.user_info(&narrow.access).await.is(200);
    assert_eq!(told["email"], serde_json::Value::Null);
    let whole = stage.rp.tokens(stage.rp.refreshes(&narrow.refresh, &[]).await).await;
    assert_eq!(whole.claims["email"], ADA, "what was granted stays granted");
}

#[tokio::test]
async fn it_ends_after_two_weeks_without_use_and_after_ninety_days() {
    let stage = Stage::set().await;
    let mut tokens = begun(&stage).await;
    let idle = begun(&stage).await;
    for _ in 0..6 {
        stage.kernia.advance((14 * DAY).saturating_sub(Duration::from_millis(1)));
        tokens = stage.rp.tokens(stage.rp.refreshes(&tokens.refresh, &[]).await).await;
    }
    refused(&stage.rp, &idle.refresh).await;
    stage.kernia.advance(6 * DAY + Duration::from_millis(5));
    tokens = stage.rp.tokens(stage.rp.refreshes(&tokens.refresh, &[]).await).await;
    stage.kernia.advance(Duration::from_millis(1));
    refused(&stage.rp, &tokens.refresh).await;
    let app = stage.kernia.app();
    while app.store.write(kernia::openid_provider::purge).await.unwrap() > 0 {}
    stage.kernia.advance(Duration::from_secs(1));
    while app.store.write(kernia::openid_provider::purge).await.unwrap() > 0 {}
    for table in [
        "openid_refresh_families",
        "openid_refresh_spent",
        "openid_codes",
        "openid_access_tokens",
        "openid_sessions",
        "openid_requests",
    ] {
        let left = stage.kernia.database().count(table);
        assert!(left == 0 || table == "openid_access_tokens", "{table}: {left}");
    }
}

#[tokio::test]
async fn without_offline_access_there_is_none() {
    let stage = Stage::set().await;
    let tokens = stage.rp.exchanges(&stage.code(&[]).await).await;
    assert!(tokens.refresh.is_empty());
    let public = RelyingParty::public(&stage.app).await;
    let mut browser = stage.kernia.browser();
    let answer = stage.signs_in_to(&public, &mut browser, ADA, &[OFFLINE]).await;
    let tokens = public.exchanges(&code_of(&answer)).await;
    let next = public.tokens(public.refreshes(&tokens.refresh, &[]).await).await;
    assert_ne!(next.refresh, tokens.refresh, "a public client has them too, each good once");
}

#[tokio::test]
async fn of_many_at_once_only_the_last_one_lives() {
    let stage = Stage::set().await;
    let tokens = begun(&stage).await;
    stage.kernia.advance(Duration::from_mins(1));
    let all: Vec<_> = (0..8)
        .map(|_| {
            let (rp, token) = (stage.rp.clone(), tokens.refresh.clone());
            tokio::spawn(async move { rp.refreshes(&token, &[]).await })
        })
        .collect();
    for answer in all {
        assert_eq!(answer.await.unwrap().status, 200, "within the moment");
    }
    assert_eq!(stage.kernia.database().count("openid_refresh_families"), 1);
}
