//! Attempts that end in other ways than a code or a page: asked anew, held for a yes, a test.

use serde_json::{Value, json};

use super::{ADA, Stage};
use crate::{
    idp::Answer as Spoken,
    kernia::{Asked, hidden_fields},
};

/// Takes every word of our request out of an answer.
fn unasked(stage: &Stage) -> String {
    let named = format!(" InResponseTo=\"{}\"", stage.asked.id);
    stage.spoiled(|it: &mut Spoken| {
        it.in_response_to = String::new();
        it.subject = it.subject.replace(&named, "");
    })
}

impl Stage {
    async fn policy(&self, idp_initiated: &str) {
        let path = format!("/connections/{}", self.connection);
        let options = json!({ "saml_options": { "idp_initiated": idp_initiated } });
        self.app.patches(&path, options).await.is(200);
    }

    /// Brings an answer without a relay state of ours.
    async fn brings_unasked(&mut self) -> crate::kernia::Answer {
        let (url, response) = (self.asked.acs_url.clone(), unasked(self));
        self.browser.posts(&url, &[("SAMLResponse", response.as_str()), ("RelayState", "")]).await
    }
}

#[tokio::test]
async fn what_the_provider_began_by_itself_is_asked_anew() {
    let mut stage = Stage::set().await;
    let answer = stage.brings_unasked().await;
    assert_eq!(answer.status, 303, "{answer:?}");
    Asked::parse(answer.location());
    let trace = stage.newest().await;
    assert_eq!((&trace["outcome"], &trace["code"]), (&json!("restarted"), &Value::Null));
    assert_eq!(trace["response"]["name_id"], ADA, "{trace}");
    assert_eq!(trace["sign_in_id"], Value::Null, "it answers none");

    // With our relay state the provider was asked, and forgot the request: that is a failure.
    let response = unasked(&stage);
    let trace = stage.brings(&response).await;
    assert_eq!((&trace["outcome"], &trace["code"]), (&json!("failed"), &json!("unsolicited")));
    assert_eq!(trace["sign_in_id"], stage.asked.relay_state.as_str());
    let reason = trace["failure"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("The relay state is of a sign-in that we began"), "{reason}");

    stage.policy("refuse").await;
    stage.kernia.advance(std::time::Duration::from_millis(1));
    let answer = stage.brings_unasked().await;
    assert_eq!(answer.leads_with("error").as_deref(), Some("idp_initiated_sso_disabled"));
    let trace = stage.newest().await;
    assert_eq!((&trace["outcome"], &trace["code"]), (&json!("failed"), &json!("unsolicited")));
}

#[tokio::test]
async fn what_waits_for_a_yes_is_held_until_it_comes() {
    for (answer, outcome, code) in
        [("yes", "succeeded", Value::Null), ("no", "failed", json!("signin_consent_denied"))]
    {
        let mut stage = Stage::set().await;
        stage.policy("accept").await;
        let page = stage.brings_unasked().await;
        assert_eq!(page.status, 200, "{page:?}");
        let held = stage.newest().await;
        assert_eq!((&held["outcome"], &held["failure"]), (&json!("held"), &Value::Null), "{held}");
        assert_eq!(held["client_id"], stage.app.client_id.as_str());
        assert_eq!(held["response"]["verified"], true);

        let (action, fields) = hidden_fields(&page.body);
        let mut fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        fields.retain(|(name, _)| *name != "answer");
        fields.push(("answer", answer));
        let back = stage.browser.posts(&action, &fields).await;
        assert_eq!(back.status, 303, "{back:?}");
        let trace = stage.newest().await;
        assert_eq!(trace["id"], held["id"], "one attempt, one trace");
        assert_eq!((&trace["outcome"], &trace["code"]), (&json!(outcome), &code));
        if answer == "no" {
            assert!(trace["failure"]["reason"].as_str().unwrap().contains("did not consent"));
            continue;
        }
        // Whoever said yes before goes on at once.
        stage.kernia.advance(std::time::Duration::from_millis(1));
        assert_eq!(stage.brings_unasked().await.status, 303);
        let trace = stage.newest().await;
        assert_ne!(trace["id"], held["id"]);
        assert_eq!(trace["outcome"], "succeeded", "{trace}");
    }
}

#[tokio::test]
async fn a_test_of_the_connection_comes_with_its_trace() {
    let mut stage = Stage::set().await;
    let tests = format!("/kernia/v1/connections/{}/tests", stage.connection);
    for (good, state) in [(false, "failed"), (true, "succeeded")] {
        stage.kernia.advance(std::time::Duration::from_millis(1));
        let made = stage.app.posts(&tests, json!({})).await.is(201);
        assert_eq!((&made["state"], &made["trace"]), (&json!("pending"), &Value::Null));
        let path = stage.browser.path_of(made["url"].as_str().unwrap());
        let sent = stage.browser.goes(&path).await;
        stage.asked = Asked::parse(sent.location());
        let response = stage.spoiled(|it| {
            if !good {
                it.conditions = String::new();
            }
        });
        let page = stage.browser.returns(&stage.asked.clone(), &response).await;
        assert_eq!(page.status, 200, "{page:?}");
        let path = format!("{tests}/{}", made["id"].as_str().unwrap());
        let ended = stage.app.gets(&path).await.is(200);
        assert_eq!(ended["state"], state, "{ended}");
        assert_eq!(ended["trace"], stage.newest().await);
        assert_eq!(ended["trace"]["sign_in_id"], ended["sign_in_id"]);
        assert_eq!(ended["trace"]["outcome"], state);
        assert_eq!(ended["trace"]["failure"]["code"], ended["code"]);
    }
    assert_eq!(stage.kernia.database().count("traces"), 2, "each test has one");
}
