//! What is spent goes, in its time: the jobs run as `kernia serve` runs them, the clock is ours.

use std::{sync::Arc, time::Duration};

use kernia::jobs::JOBS;

use crate::kernia::{Application, IdentityProvider, Kernia};

const ADA: &str = "ada@acme.test";

async fn purges(kernia: &Kernia) {
    for job in JOBS {
        (job.run)(Arc::clone(kernia.app())).await.unwrap();
    }
}

/// How many sign-ins, codes, tokens and replay ids there are.
fn counts(kernia: &Kernia) -> [usize; 4] {
    let database = kernia.database();
    ["sign_ins", "codes", "access_tokens", "replay_ids"].map(|table| database.count(table))
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
    assert_eq!(counts(&kernia), [2, 1, 1, 1], "all of it is needed yet");
    let replay = idp.vouches(&asked, ADA, kernia.clock.now());

    // Just before the token's end everything still works.
    kernia.advance(Duration::from_millis(10 * 60 * 1000 - 1));
    purges(&kernia).await;
    assert_eq!(app.profile_by(&token).await.status, 200);
    assert_eq!(counts(&kernia)[..3], [2, 1, 1]);
    // The replay id went with the assertion's own end, skew included: nobody would believe it now.
    assert_eq!(counts(&kernia)[3], 0);
    let refused = late.returns(&asked, &replay).await;
    assert_eq!(refused.status, 400);

    kernia.advance(Duration::from_millis(2));
    purges(&kernia).await;
    assert_eq!(counts(&kernia), [2, 1, 0, 0], "the token is over");
    // The code stays known, so that its second use is noticed, and refused as before.
    assert_eq!(app.offers(&code, &[]).await.code(400), "invalid_grant");

    kernia.advance(Duration::from_mins(5));
    purges(&kernia).await;
    assert_eq!(counts(&kernia), [0, 1, 0, 0], "the sign-ins are over");
    kernia.advance(Duration::from_mins(5));
    purges(&kernia).await;
    assert_eq!(counts(&kernia), [0, 0, 0, 0]);
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
