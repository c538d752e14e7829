//! When metadata is read: every day, soon after a failed signature, more seldom after failures.

use std::time::Duration;

use kernia::kit::time::Timestamp;
use serde_json::{Value, json};

use super::{DAY, HOUR, Stage, acme_rolled, acme_with};
use crate::kernia::IdentityProvider;

impl Stage {
    fn now(&self) -> Timestamp {
        self.kernia.clock.now()
    }

    async fn due_at(&self) -> Timestamp {
        Timestamp::parse(self.metadata().await["due_at"].as_str().unwrap()).unwrap()
    }

    /// Whether it is due after `span`, give or take what keeps many from coming at once.
    async fn is_due_in(&self, span: Duration) {
        let wait = self.due_at().await.since(self.now());
        assert!((span..=span + span / 16).contains(&wait), "{wait:?} is not about {span:?}");
    }
}

#[tokio::test]
async fn it_is_read_once_a_day_also_across_restarts() {
    let mut stage = Stage::set().await;
    let at = stage.now().to_string();
    let known = stage.metadata().await;
    assert_eq!(
        known,
        json!({
            "object": "connection_metadata", "connection_id": stage.connection,
            "url": stage.server.url, "attempted_at": at, "fetched_at": at,
            "due_at": known["due_at"], "valid_until": null, "failure": null, "proposal": null,
        })
    );
    stage.is_due_in(DAY).await;
    stage.kernia.advance(23 * HOUR);
    stage.kernia.restart().await;
    assert_eq!(stage.metadata().await, known);
    stage.refreshes().await;
    assert_eq!(stage.server.asked(), 1);
    stage.kernia.advance(3 * HOUR);
    let expiring = acme_with(&[IdentityProvider::acme()])
        .replace(" entityID=", " validUntil=\"2026-02-03T00:00:00Z\" entityID=");
    stage.server.says(&expiring);
    stage.refreshes().await;
    stage.refreshes().await;
    assert_eq!(stage.server.asked(), 2);
    stage.is_due_in(DAY).await;
    assert_eq!(stage.metadata().await["valid_until"], "2026-02-03T00:00:00.000Z");
}

#[tokio::test]
async fn failures_make_it_more_seldom_and_are_remembered() {
    let mut stage = Stage::set().await;
    stage.server.answers("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    let fetched_at = stage.metadata().await["fetched_at"].clone();
    for hours in [24, 1, 2, 4, 8, 16, 24, 24] {
        stage.kernia.advance(stage.due_at().await.since(stage.now()));
        let asked = stage.server.asked();
        stage.refreshes().await;
        assert_eq!(stage.server.asked(), asked + 1, "it was due after {hours} hours");
        stage.kernia.restart().await;
        let known = stage.metadata().await;
        assert_eq!(known["failure"]["code"], "metadata_not_served");
        assert_eq!(known["fetched_at"], fetched_at);
        assert_eq!(known["attempted_at"], stage.now().to_string());
    }
    stage.is_due_in(DAY).await;
    stage.server.says(&acme_with(&[IdentityProvider::acme()]));
    stage.says("refresh", json!({})).await;
    stage.server.answers("");
    stage.says("refresh", json!({})).await;
    stage.is_due_in(HOUR).await;
}

#[tokio::test]
async fn failed_signatures_hasten_it_but_not_more_than_every_ten_minutes() {
    let stage = Stage::set().await;
    let (acme, stranger) = (IdentityProvider::acme(), acme_rolled());
    let mut asked = 1;
    for _ in 0..3 {
        for _ in 0..5 {
            stage.lets_in(&stranger).await.unwrap_err();
        }
        stage.kernia.advance(Duration::from_millis(10 * 60 * 1000 - 1));
        stage.refreshes().await;
        assert_eq!(stage.server.asked(), asked);
        stage.kernia.advance(Duration::from_millis(1));
        stage.refreshes().await;
        asked += 1;
        assert_eq!(stage.server.asked(), asked);
    }
    // Other refusals do not: what is expired is not healed by another certificate.
    stage.kernia.advance(Duration::from_mins(10));
    let mut ada = stage.kernia.browser();
    let pending = ada.begins(&stage.app, &[("connection", &stage.connection)]).await;
    let late = acme.vouches(&pending, "ada@acme.test", stage.now() - 2 * HOUR);
    assert_eq!(ada.returns(&pending, &late).await.status, 400);
    stage.refreshes().await;
    assert_eq!(stage.server.asked(), asked);
    // While a provider cannot be reached, a failed signature still brings it forward.
    stage.server.answers("");
    for _ in 0..4 {
        stage.says("refresh", json!({})).await;
    }
    stage.is_due_in(8 * HOUR).await;
    stage.lets_in(&stranger).await.unwrap_err();
    assert_eq!(stage.due_at().await, stage.now() + Duration::from_mins(10));
}

#[tokio::test]
async fn a_connection_that_goes_is_not_read_until_it_comes_back() {
    let stage = Stage::set().await;
    let path = format!("/connections/{}", stage.connection);
    assert_eq!(stage.app.deletes(&path).await.status, 204);
    stage.kernia.advance(2 * DAY);
    stage.refreshes().await;
    assert_eq!(stage.server.asked(), 1);
    assert_eq!(stage.app.gets(&stage.path("metadata")).await.code(404), "entity_not_found");
    let refused = stage.app.posts(&stage.path("metadata/refresh"), Value::Null).await;
    assert_eq!(refused.code(404), "entity_not_found");
    stage.app.posts(&stage.path("restore"), Value::Null).await.is(200);
    stage.refreshes().await;
    assert_eq!(stage.server.asked(), 2);
    stage.lets_in(&IdentityProvider::acme()).await.unwrap();
}
