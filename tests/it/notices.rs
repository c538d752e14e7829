//! Certificates that end are told of in time, each threshold once, until a successor is in place.

use std::{sync::Arc, time::Duration};

use kernia::{jobs::JOBS, kit::time::Timestamp};
use serde_json::{Value, json};

use crate::kernia::{Application, Kernia, Log, logging};

const ENTITY_ID: &str = "https://idp.acme.test/metadata";
const DAY: Duration = Duration::from_hours(24);

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_else(|| panic!("no {name} in {object}"))
}

/// A certificate that ends at midnight of this day, in PEM.
fn ending(year: i32, month: u8, day: u8) -> String {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let mut parameters = rcgen::CertificateParams::new(vec!["idp.test".to_owned()]).unwrap();
    parameters.not_after = rcgen::date_time_ymd(year, month, day);
    parameters.self_signed(&key).unwrap().pem()
}

/// A connection with these certificates.
async fn connection(app: &Application, organization: &str, certificates: &[String]) -> String {
    let body = json!({ "organization_id": organization, "saml_options": {
        "idp_entity_id": ENTITY_ID, "idp_sso_url": "https://idp.acme.test/sso",
        "idp_signing_certs": certificates,
    } });
    text(&app.posts("/connections", body).await.is(201), "id").to_owned()
}

async fn tells(kernia: &Kernia) {
    let job = JOBS.iter().find(|job| job.name == "notice_certificates").unwrap();
    (job.run)(Arc::clone(kernia.app())).await.unwrap();
}

async fn notices(app: &Application, query: &str) -> Vec<Value> {
    let listed = app.gets(&format!("/kernia/v1/notices?order=asc&limit=100{query}")).await.is(200);
    listed["data"].as_array().unwrap().clone()
}

/// Which thresholds were told, oldest first.
async fn thresholds(app: &Application) -> Vec<i64> {
    notices(app, "").await.iter().map(|one| one["threshold_days"].as_i64().unwrap()).collect()
}

fn warnings(log: &Log) -> usize {
    log.lines().iter().filter(|line| line.contains("has no successor")).count()
}

fn at(kernia: &Kernia, text: &str) {
    kernia.clock.set(Timestamp::parse(text).unwrap());
}

#[tokio::test]
async fn each_threshold_is_told_once() {
    let mut kernia = Kernia::start().await;
    let app = kernia.application();
    let organization = app.organization("acme.test").await;
    let contacts = format!("/organizations/{organization}/it_contacts");
    app.posts(&contacts, json!({ "email": "it@acme.test" })).await.is(201);
    let id = connection(&app, &organization, &[ending(2026, 7, 1)]).await;
    let certificates = format!("/connections/{id}/saml_idp_signing_certs");
    let certificate = app.gets(&certificates).await.is(200)["data"][0].clone();
    let (log, _guard) = logging();
    at(&kernia, "2026-04-01T23:59:59Z");
    tells(&kernia).await;
    assert_eq!(notices(&app, "").await, Vec::<Value>::new(), "more than 90 days");
    let mut told = Vec::new();
    for (instant, threshold, days) in [
        ("2026-04-02T00:00:00Z", 90, 90),
        ("2026-06-01T00:00:00Z", 30, 30),
        ("2026-06-24T12:00:00Z", 7, 7),
        ("2026-06-30T00:00:00Z", 1, 1),
        ("2026-07-01T00:00:00Z", 0, 0),
    ] {
        at(&kernia, instant);
        tells(&kernia).await;
        tells(&kernia).await;
        told.push(threshold);
        assert_eq!(thresholds(&app).await, told, "at {instant}");
        let newest = notices(&app, "").await.pop().unwrap();
        assert_eq!(
            newest,
            json!({
                "object": "certificate_notice", "id": newest["id"],
                "connection": { "id": id, "organization_id": organization },
                "certificate": {
                    "certificate_type": "ResponseSigning",
                    "fingerprint": certificate["fingerprint"],
                    "expiry_date": "2026-07-01T00:00:00.000Z", "is_expired": days == 0,
                },
                "days_until_expiry": days, "threshold_days": threshold, "renewed_at": null,
                "it_contacts": ["it@acme.test"],
                "created_at": Timestamp::parse(instant).unwrap().to_string(),
            })
        );
        assert_eq!(warnings(&log), told.len());
    }
    kernia.advance(400 * DAY);
    kernia.restart().await;
    tells(&kernia).await;
    assert_eq!(thresholds(&app).await, told, "what is over is told once");
    assert_eq!(warnings(&log), told.len());
}

#[tokio::test]
async fn only_the_nearest_threshold_is_told_of_what_was_asleep() {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    let organization = app.organization("acme.test").await;
    connection(&app, &organization, &[ending(2026, 7, 1)]).await;
    connection(&app, &organization, &[ending(2020, 1, 1)]).await;
    at(&kernia, "2026-06-25T00:00:00Z");
    tells(&kernia).await;
    let mut told = thresholds(&app).await;
    told.sort_unstable();
    assert_eq!(told, [0, 7]);
}

#[tokio::test]
async fn a_successor_answers_the_notice_and_its_loss_opens_it_again() {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    let organization = app.organization("acme.test").await;
    let both = [ending(2026, 7, 1), ending(2027, 7, 1)];
    let safe = connection(&app, &organization, &both).await;
    let id = connection(&app, &organization, &both[..1]).await;
    at(&kernia, "2026-06-25T00:00:00Z");
    tells(&kernia).await;
    assert_eq!(notices(&app, &format!("&connection_id={safe}")).await.len(), 0);
    let open = notices(&app, "").await;
    assert_eq!(open.len(), 1);
    assert_eq!(open[0]["connection"]["id"], id);
    kernia.advance(Duration::from_secs(1));
    let certificates = format!("/connections/{id}/saml_idp_signing_certs");
    // One that ends earlier is no successor.
    app.posts(&certificates, json!({ "value": ending(2026, 6, 30) })).await.is(201);
    assert_eq!(notices(&app, "").await[0]["renewed_at"], Value::Null);
    let next = app.posts(&certificates, json!({ "value": both[1] })).await.is(201);
    let renewed = notices(&app, "").await[0].clone();
    assert_eq!(text(&renewed, "renewed_at"), kernia.clock.now().to_string());
    at(&kernia, "2026-06-30T12:00:00Z");
    tells(&kernia).await;
    assert_eq!(notices(&app, "").await, [json!({ "days_until_expiry": 1 }).merged(&renewed)]);

    let path = format!("{certificates}/{}", text(&next, "id"));
    assert_eq!(app.deletes(&path).await.status, 204);
    assert_eq!(notices(&app, "").await[0]["renewed_at"], Value::Null);
    tells(&kernia).await;
    assert_eq!(thresholds(&app).await, [7, 1], "the next threshold is told");
}

#[tokio::test]
async fn keys_of_ours_end_too() {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    let organization = app.organization("acme.test").await;
    let id = connection(&app, &organization, &[ending(2048, 1, 1)]).await;
    let key_pairs = format!("/kernia/v1/connections/{id}/key_pairs");
    for purpose in ["signing", "encryption"] {
        app.posts(&key_pairs, json!({ "purpose": purpose })).await.is(201);
    }
    let made = app.gets(&key_pairs).await.is(200)["data"].clone();
    let ends = Timestamp::parse(text(&made[0], "not_after")).unwrap();
    tells(&kernia).await;
    assert_eq!(notices(&app, "").await, Vec::<Value>::new());
    kernia.clock.set(ends - DAY);
    tells(&kernia).await;
    let told = notices(&app, "").await;
    let mut types: Vec<_> =
        told.iter().map(|one| &one["certificate"]["certificate_type"]).collect();
    types.sort_by_key(|one| one.as_str());
    assert_eq!(types, ["RequestSigning", "ResponseEncryption"]);
    app.posts(&key_pairs, json!({ "purpose": "encryption" })).await.is(201);
    for one in notices(&app, "").await {
        let is_encryption = one["certificate"]["certificate_type"] == "ResponseEncryption";
        assert_eq!(one["renewed_at"].is_string(), is_encryption, "{one}");
    }
}

/// A change laid over an object.
trait Merged {
    fn merged(&self, onto: &Value) -> Value;
}

impl Merged for Value {
    fn merged(&self, onto: &Value) -> Value {
        let mut merged = onto.clone();
        for (name, value) in self.as_object().unwrap() {
            merged[name] = value.clone();
        }
        merged
    }
}

#[tokio::test]
async fn notices_are_a_list_by_connection_and_go_with_it() {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    let organization = app.organization("acme.test").await;
    let mut connections = Vec::new();
    for _ in 0..5 {
        connections.push(connection(&app, &organization, &[ending(2026, 2, 1)]).await);
    }
    let off = connection(&app, &organization, &[ending(2026, 2, 1)]).await;
    app.patches(&format!("/connections/{off}"), json!({ "state": "inactive" })).await.is(200);
    tells(&kernia).await;
    let all = notices(&app, "").await;
    assert_eq!(all.len(), 5, "one that is switched off is nobody's worry");
    let first = app.gets("/kernia/v1/notices?order=asc&limit=2").await.is(200);
    assert_eq!(first["data"].as_array().unwrap()[..], all[..2]);
    let after = text(&first["list_metadata"], "after");
    let second = app.gets(&format!("/kernia/v1/notices?order=asc&limit=2&after={after}")).await;
    assert_eq!(second.is(200)["data"].as_array().unwrap()[..], all[2..4]);
    let one = notices(&app, &format!("&connection_id={}", connections[3])).await;
    assert_eq!(one.len(), 1);
    assert_eq!(one[0]["connection"]["id"], connections[3]);
    assert_eq!(notices(&app, "&connection_id=conn_nobody").await, Vec::<Value>::new());
    let refused = app.gets("/kernia/v1/notices?connection_id=a%20b").await;
    assert_eq!(refused.code(422), "id_malformed");

    assert_eq!(app.deletes(&format!("/connections/{}", connections[3])).await.status, 204);
    assert_eq!(notices(&app, "").await.len(), 4);
    app.deletes(&format!("/organizations/{organization}")).await;
    assert_eq!(notices(&app, "").await.len(), 0);
}
