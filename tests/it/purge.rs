//! What is spent goes, in its time: the jobs run as `kernia serve` runs them, the clock is ours.

use std::{sync::Arc, time::Duration};

use kernia::jobs::JOBS;
use serde_json::json;

use crate::kernia::{Application, IdentityProvider, Kernia, hidden_fields};

const ADA: &str = "ada@acme.test";

async fn purges(kernia: &Kernia) {
    for job in JOBS {
        (job.run)(Arc::clone(kernia.app())).await.unwrap();
    }
}

/// How many sign-ins, codes and replay ids there are.
fn counts(kernia: &Kernia) -> [usize; 3] {
    let database = kernia.database();
    ["sign_ins", "codes", "replay_ids"].map(|table| database.count(table))
}

/// Ada signs in; the answer is her token and the code that gave it.
async fn signs_in(kernia: &Kernia, app: &Application, connection: &str) -> (String, String) {
    let idp = IdentityProvider::acme();
    let mut ada = kernia.browser();
    let asked = ada.begins(app, &[("connection", connection)]).await;
    let back = ada.returns(&asked, &idp.vouches(&asked, ADA, kernia.clock.now())).await;
    let code = back.leads_with("code").unwrap();
    (app.exchanges(&code).await.token, code)
}

#[tokio::test]
async fn each_thing_goes_when_nobody_can_need_it_any_more() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let connection = app.is_ready_for(&idp).await;
    let (token, code) = signs_in(&kernia, &app, &connection).await;
    let mut late = kernia.browser();
    let asked = late.begins(&app, &[("connection", &connection)]).await;
    purges(&kernia).await;
    assert_eq!(counts(&kernia), [2, 1, 1], "all of it is needed yet");
    let replay = idp.vouches(&asked, ADA, kernia.clock.now());

    // Just before the token's end everything still works.
    kernia.advance(Duration::from_millis(10 * 60 * 1000 - 1));
    purges(&kernia).await;
    assert_eq!(app.profile_by(&token).await.status, 200);
    assert_eq!(counts(&kernia)[..2], [2, 1]);
    // The replay id went with the assertion's own end, skew included: nobody would believe it now.
    assert_eq!(counts(&kernia)[2], 0);
    let refused = late.returns(&asked, &replay).await;
    assert_eq!(refused.status, 400);

    kernia.advance(Duration::from_millis(2));
    purges(&kernia).await;
    assert_eq!(counts(&kernia), [2, 1, 0], "the token is over");
    // The code stays known, so that its second use is noticed, and refused as before.
    assert_eq!(app.offers(&code, &[]).await.code(400), "invalid_grant");

    kernia.advance(Duration::from_mins(5));
    purges(&kernia).await;
    assert_eq!(counts(&kernia), [0, 1, 0], "the sign-ins are over");
    kernia.advance(Duration::from_mins(5));
    purges(&kernia).await;
    assert_eq!(counts(&kernia), [0, 0, 0]);
    assert_eq!(app.offers(&code, &[]).await.code(400), "invalid_grant");
    // People and their connection stay.
    assert_eq!(kernia.database().count("profiles"), 1);
    signs_in(&kernia, &app, &connection).await;
    assert_eq!(kernia.database().count("profiles"), 1);
}

#[tokio::test]
async fn more_than_one_portion_goes_in_one_run() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let connection = app.is_ready_for(&idp).await;
    let (path, mut begun) = (app.authorize(&[("connection", &connection)]), 0);
    while begun < 1100 {
        let browsers = (0..50).map(|_| {
            let (mut browser, path) = (kernia.browser(), path.clone());
            tokio::spawn(async move { browser.goes(&path).await.status })
        });
        for browser in browsers.collect::<Vec<_>>() {
            assert_eq!(browser.await.unwrap(), 302);
            begun += 1;
        }
    }
    assert_eq!(kernia.database().count("sign_ins"), 1100);
    kernia.advance(Duration::from_secs(15 * 60 + 1));
    purges(&kernia).await;
    assert_eq!(kernia.database().count("sign_ins"), 0);
}

/// What only some connections have.
fn other_counts(kernia: &Kernia) -> [usize; 5] {
    let database = kernia.database();
    ["held_answers", "consents", "sso_sessions", "logouts", "test_sign_ins"]
        .map(|table| database.count(table))
}

#[tokio::test]
async fn what_waits_for_somebody_waits_only_so_long() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let id = app.is_ready_for(&idp).await;
    let options = json!({ "idp_initiated": "accept", "idp_slo_url": "https://idp.acme.test/slo" });
    let path = format!("/connections/{id}");
    let connection = app.patches(&path, json!({ "saml_options": options })).await.is(200);
    let acs_url = connection["saml_options"]["acs_url"].as_str().unwrap();
    let mut ada = kernia.browser();
    // One held answer that is said yes to, one that is not; each is a session.
    for yes in [true, false] {
        let unasked = idp.signs(&idp.unasked(&connection, ADA, kernia.clock.now()));
        let page = ada.another().brings(acs_url, &unasked, "").await;
        assert_eq!(page.status, 200, "{}", page.body);
        if yes {
            let page = ada
                .brings(acs_url, &idp.signs(&idp.unasked(&connection, ADA, kernia.clock.now())), "")
                .await;
            let (action, fields) = hidden_fields(&page.body);
            let token = fields[0].1.clone();
            let said = ada.posts(&action, &[("token", &token), ("answer", "yes")]).await;
            let profile = app.exchanges(&said.leads_with("code").unwrap()).await.profile;
            app.posts("/sso/logout/authorize", json!({ "profile_id": profile["id"] }))
                .await
                .is(200);
        }
    }
    app.posts(&format!("/kernia/v1/connections/{id}/tests"), json!({})).await.is(201);
    purges(&kernia).await;
    let [held, consents, sessions, logouts, tests] = other_counts(&kernia);
    assert!(held > 0 && sessions > 1, "{held} {sessions}");
    assert_eq!([consents, logouts, tests], [1, 1, 1]);
    kernia.advance(Duration::from_secs(10 * 60 + 1));
    purges(&kernia).await;
    assert_eq!(other_counts(&kernia), [0, 1, sessions, 1, 1]);
    kernia.advance(Duration::from_mins(50));
    purges(&kernia).await;
    assert_eq!(other_counts(&kernia), [0, 1, sessions, 0, 1]);
    kernia.advance(Duration::from_hours(24));
    purges(&kernia).await;
    assert_eq!(other_counts(&kernia), [0, 1, sessions, 0, 0]);
    kernia.advance(Duration::from_hours(30 * 24));
    purges(&kernia).await;
    assert_eq!(other_counts(&kernia), [0, 1, 0, 0, 0]);
    kernia.advance(Duration::from_hours(365 * 24));
    purges(&kernia).await;
    assert_eq!(other_counts(&kernia), [0; 5]);
}
