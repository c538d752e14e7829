//! A response is checked against a connection: everything is judged, and nothing happens.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{ADA, Stage, steps};
use crate::kernia::IdentityProvider;

impl Stage {
    async fn checks(&self, body: Value) -> Value {
        let path = format!("/kernia/v1/connections/{}/check", self.connection);
        self.app.posts(&path, body).await.is(200)
    }
}

fn notes(check: &Value) -> Vec<&str> {
    check["notes"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_would_pass_passes_and_is_not_consumed() {
    let mut stage = Stage::set().await;
    let response = stage.acme.signs(&stage.honest());
    let before = stage.kernia.database().contents();
    let xml = String::from_utf8(STANDARD.decode(&response).unwrap()).unwrap();
    for given in [response.clone(), format!("\n{xml}\n")] {
        let check = stage.checks(json!({ "saml_response": given, "relay_state": "x" })).await;
        assert_eq!(check["object"], "check");
        assert_eq!(check["outcome"], "accepted", "{check}");
        assert_eq!(check["connection_id"], stage.connection.as_str());
        assert_eq!(check["sign_in_id"], stage.asked.relay_state.as_str());
        assert_eq!((&check["failure"], &check["warnings"]), (&Value::Null, &json!([])));
        assert_eq!(check["response"]["name_id"], ADA);
        assert_eq!(check["response"]["verified"], true);
        assert_eq!(notes(&check), ["browser"]);
        assert_eq!(steps(&check).last().unwrap(), "conditions");
    }
    assert_eq!(stage.kernia.database().contents(), before);
    assert_eq!(stage.kernia.database().count("traces"), 0);
    assert_eq!(stage.brings(&response).await["outcome"], "succeeded");
}

#[tokio::test]
async fn what_would_be_refused_says_why() {
    let mut stage = Stage::set().await;
    let wrong = stage.spoiled(|it| {
        it.conditions = it.conditions.replace("<saml:Audience>http", "<saml:Audience>urn");
    });
    let check = stage.checks(json!({ "saml_response": wrong })).await;
    assert_eq!(check["outcome"], "refused", "{check}");
    assert_eq!(check["failure"]["code"], "audience");
    assert_eq!(check["failure"]["rule"], 25);
    assert_eq!(check["failure"]["expected"], stage.asked.issuer.as_str());
    assert!(steps(&check).last().unwrap().ends_with('!'));

    let nonsense = stage.checks(json!({ "saml_response": "hello" })).await;
    assert_eq!(nonsense["failure"]["code"], "not_base64", "{nonsense}");

    // A captured one is judged for its own time.
    let response = stage.acme.signs(&stage.honest());
    let then = stage.kernia.clock.now();
    stage.kernia.advance(Duration::from_hours(2));
    stage.runs_jobs().await;
    let check = stage.checks(json!({ "saml_response": response })).await;
    assert_eq!(check["failure"]["code"], "expired", "{check}");
    let at = then.to_string();
    let check = stage.checks(json!({ "saml_response": response, "at": at })).await;
    assert_eq!(check["outcome"], "accepted", "{check}");
    assert_eq!(check["checked_at"], at.as_str());
    assert_eq!((notes(&check), &check["sign_in_id"]), (vec!["in_response_to"], &Value::Null));

    // The request of another connection is unknown here; nobody's answer is refused by its key.
    let organization = stage.app.organization("other.test").await;
    let other = stage.app.connection(&organization, &IdentityProvider::another()).await;
    stage.connection = other["id"].as_str().unwrap().to_owned();
    let check = stage.checks(json!({ "saml_response": response, "at": at })).await;
    assert_eq!(check["failure"]["code"], "signature_invalid", "{check}");
    assert_eq!(check["response"]["verified"], false);
    assert_eq!(notes(&check), ["in_response_to"]);
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_is_judged_as_far_as_it_goes() {
    let stage = Stage::set().await;
    let named = format!(" InResponseTo=\"{}\"", stage.asked.id);
    let response = stage.spoiled(|it| {
        it.in_response_to = String::new();
        it.subject = it.subject.replace(&named, "");
    });
    let check = stage.checks(json!({ "saml_response": response })).await;
    assert_eq!((&check["outcome"], notes(&check)), (&json!("accepted"), vec!["unsolicited"]));
}

#[tokio::test]
async fn what_cannot_be_checked() {
    let stage = Stage::set().await;
    let path = format!("/kernia/v1/connections/{}/check", stage.connection);
    assert_eq!(stage.app.posts(&path, json!({})).await.code(422), "required");
    let nonsense = json!({ "saml_response": "PHg+", "at": "yesterday" });
    assert_eq!(stage.app.posts(&path, nonsense).await.code(422), "invalid_time");
    let nobody = "/kernia/v1/connections/conn_nobody/check";
    let given = json!({ "saml_response": "PHg+" });
    assert_eq!(stage.app.posts(nobody, given).await.code(404), "entity_not_found");
}
