//! Why an attempt failed: the rule, what came, what would have passed, what to do.

use std::time::Duration;

use serde_json::{Value, json};

use super::{ADA, Stage, steps};
use kernia::kit::time::Timestamp;

use crate::{
    idp::{Hash, Signer, attribute, form_value},
    kernia::IdentityProvider,
};

/// Replaces exactly one place, so that a case that no longer fits is a failure and not a pass.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in {text}");
    text.replacen(from, to, 1)
}

/// What a failure must tell: its rule, its code, and words of what came and would have passed.
type Told<'a> = (u8, &'static str, &'a str, &'a str);

fn tells(trace: &Value, (rule, code, got, expected): Told<'_>) {
    let failure = &trace["failure"];
    assert_eq!((&trace["outcome"], &failure["code"]), (&json!("failed"), &json!(code)), "{trace}");
    assert_eq!(failure["rule"], rule, "{code}");
    let text = |name: &str| failure[name].as_str().unwrap().to_owned();
    assert!(text("got").contains(got), "{code}: got {}", text("got"));
    assert!(text("expected").contains(expected), "{code}: expected {}", text("expected"));
    assert!(text("reason").ends_with('.') && text("reason").len() > 20, "{code}: {failure}");
    assert_eq!(trace["code"], code);
    assert!(trace["incident_id"].as_str().unwrap().starts_with("req_"), "{trace}");
}

#[tokio::test]
async fn of_what_is_no_answer_or_not_signed() {
    let mut stage = Stage::set().await;
    let honest = stage.honest();
    let signed = form_value(&honest.assertion_signed(&Signer::new(stage.acme.key)));
    let stranger = Signer::new(IdentityProvider::another().key);
    let two = honest.response(&format!("{}{}", honest.assertion(), honest.assertion()));
    for (response, told) in [
        ("no base64!".to_owned(), (2, "not_base64", "bytes", "base64")),
        (form_value("hello"), (2, "bad_xml", "", "")),
        (form_value("<Response/>"), (4, "not_a_response", "Response", "")),
        (form_value(&two), (5, "one_assertion", "2", "")),
        (form_value(&honest.response(&honest.assertion())), (13, "unsigned", "", "sign")),
        (form_value(&honest.assertion_signed(&stranger)), (12, "signature_invalid", "", "")),
    ] {
        let trace = stage.brings(&response).await;
        tells(&trace, told);
        assert_ne!(trace["response"]["verified"], true, "{trace}");
        let taken = steps(&trace);
        assert!(taken.last().unwrap().ends_with('!'), "{taken:?}");
        // What a stranger may have written is not taken for more.
        if told.1 == "signature_invalid" {
            assert_eq!(trace["response"]["name_id"], ADA, "but it is shown: {trace}");
            assert_eq!(trace["sign_in_id"], stage.asked.relay_state.as_str());
        }
    }
    // By the id that the person was shown.
    let trace = stage.newest().await;
    let path = |id: &str| format!("/kernia/v1/incidents/{id}/trace");
    let incident = path(trace["incident_id"].as_str().unwrap());
    assert_eq!(stage.app.gets(&incident).await.is(200), trace);
    assert_eq!(stage.app.gets(&path("req_nobody")).await.code(404), "entity_not_found");
    // A form that is none belongs to the connection in its path.
    stage.kernia.advance(Duration::from_millis(1));
    let url = stage.asked.acs_url.clone();
    let fields = [("SAMLResponse", signed.as_str()), ("SAMLResponse", signed.as_str())];
    assert_eq!(stage.browser.posts(&url, &fields).await.status, 400);
    tells(&stage.newest().await, (1, "bad_form", "SAMLResponse twice", "one SAMLResponse"));
    // And to nobody, when there is no such connection.
    let before = stage.kernia.database().count("traces");
    let nowhere = format!("{}nobody", url.rsplit_once('/').unwrap().0.to_owned() + "/");
    stage.browser.posts(&nowhere, &fields).await;
    stage.browser.posts(&nowhere, &fields[..1]).await;
    assert_eq!(stage.kernia.database().count("traces"), before);
}

#[tokio::test]
async fn of_what_is_meant_for_another() {
    let mut stage = Stage::set().await;
    let (acs, issuer, id) =
        (stage.asked.acs_url.clone(), stage.asked.issuer.clone(), stage.asked.id.clone());
    let idp = stage.acme.entity_id;
    let other = "https://other.test/acs";
    let named = format!(" InResponseTo=\"{id}\"");
    let unsolicited = stage.spoiled(|it| {
        it.in_response_to = String::new();
        it.subject = replaced(&it.subject, &named, "");
    });
    let another = stage.spoiled(|it| {
        it.subject = replaced(&it.subject, &id, "_another");
        it.in_response_to = replaced(&it.in_response_to, &id, "_another");
    });
    let old = "2020-01-01T00:00:00Z";
    let until = (stage.kernia.clock.now() + Duration::from_mins(5)).to_seconds_text();
    for (response, told) in [
        (
            stage.spoiled(|it| it.issuer = replaced(&it.issuer, "idp.acme", "idp.other")),
            (18, "issuer", "idp.other", idp),
        ),
        (
            stage.spoiled(|it| it.status = replaced(&it.status, ":Success", ":Responder")),
            (19, "status", "Responder", "Success"),
        ),
        (
            stage.spoiled(|it| it.destination = replaced(&it.destination, &acs, other)),
            (20, "destination", other, acs.as_str()),
        ),
        (
            stage.spoiled(|it| it.subject = replaced(&it.subject, &acs, other)),
            (21, "recipient", other, acs.as_str()),
        ),
        (another, (22, "in_response_to", "_another", "")),
        (unsolicited, (23, "unsolicited", "", "")),
        (
            stage.spoiled(|it| it.conditions = replaced(&it.conditions, &until, old)),
            (24, "expired", "2020-01-01", ""),
        ),
        (
            stage.spoiled(|it| it.conditions = replaced(&it.conditions, &issuer, other)),
            (25, "audience", other, issuer.as_str()),
        ),
        (stage.spoiled(|it| it.statement = String::new()), (27, "authn_statement", "", "")),
    ] {
        let trace = stage.brings(&response).await;
        tells(&trace, told);
        assert_eq!(trace["response"]["verified"], true, "{trace}");
        assert_eq!(trace["response"]["attributes"][0]["values"][0], ADA);
    }
}

#[tokio::test]
async fn of_a_person_who_may_not() {
    let mut stage = Stage::set().await;
    let (email, transient) = ("1.1:nameid-format:emailAddress", "2.0:nameid-format:transient");
    let nobody_twice = stage.spoiled(|it| it.subject = replaced(&it.subject, email, transient));
    let no_address = stage.spoiled(|it| {
        it.subject = replaced(&it.subject, ADA, "employee-7");
        it.attributes = attribute("title", &["Countess"]);
    });
    let now = stage.kernia.clock.now();
    let elsewhere = stage.acme.vouches(&stage.asked, "eve@elsewhere.test", now);
    let outside = "profile_not_allowed_outside_organization";
    for (response, told) in [
        (nobody_twice, (30, "transient_name_id", transient, "stays the same")),
        (no_address, (30, "email_missing", "title", "email address")),
        (elsewhere, (30, outside, "elsewhere.test", "verified domain")),
    ] {
        let trace = stage.brings(&response).await;
        tells(&trace, told);
        assert_eq!(steps(&trace).last().unwrap(), "profile and code!", "{trace}");
    }
    assert!(stage.newest().await["failure"]["fix"].as_str().unwrap().contains("Verify the domain"));
    // The same again, and another for a sign-in that is over.
    let good = stage.acme.signs(&stage.honest());
    assert_eq!(stage.brings(&good).await["outcome"], "succeeded");
    tells(&stage.brings(&good).await, (29, "replay", "_assertion", "never used"));
    let another = stage.acme.signs(&stage.honest());
    let trace = stage.brings(&another).await;
    tells(&trace, (22, "in_response_to", stage.asked.id.as_str(), "not finished"));
    // Switched off.
    let path = format!("/connections/{}", stage.connection);
    stage.app.patches(&path, json!({ "state": "inactive" })).await.is(200);
    let trace = stage.brings(&another).await;
    assert_eq!(trace["failure"]["code"], "connection_unlinked", "{trace}");
    assert_eq!(trace["failure"]["rule"], Value::Null);
}

#[tokio::test]
async fn in_the_words_of_the_provider_at_hand() {
    let mut stage = Stage::set().await;
    let wrong = |stage: &Stage| {
        let (issuer, other) = (&stage.asked.issuer, "https://other.test/app");
        stage.spoiled(|it| it.conditions = replaced(&it.conditions, issuer, other))
    };
    let generic = stage.brings(&wrong(&stage)).await["failure"].clone();
    let organization = stage.app.organization("second.test").await;
    let body = json!({
        "organization_id": organization, "connection_type": "OktaSAML",
        "saml_options": { "idp_metadata_xml": stage.acme.metadata() },
    });
    let made = stage.app.posts("/connections", body).await.is(201);
    made["id"].as_str().unwrap().clone_into(&mut stage.connection);
    stage.begins().await;
    let okta = stage.brings(&wrong(&stage)).await;
    assert_eq!(okta["connection_type"], "OktaSAML");
    assert!(okta["failure"]["fix"].as_str().unwrap().contains("Audience URI"), "{okta}");
    assert_ne!(okta["failure"]["fix"], generic["fix"]);
    assert_eq!(okta["failure"]["reason"], generic["reason"]);
}

#[tokio::test]
async fn what_goes_well_may_deserve_a_warning() {
    let mut stage = Stage::set().await;
    let path = format!("/connections/{}", stage.connection);
    let options = json!({ "saml_options": { "allow_sha1": true } });
    stage.app.patches(&path, options).await.is(200);
    let sha1 = Signer { digest: Hash::Sha1, ..Signer::new(stage.acme.key) };
    let trace = stage.brings(&form_value(&stage.honest().assertion_signed(&sha1))).await;
    assert_eq!(trace["outcome"], "succeeded", "{trace}");
    let warnings = trace["warnings"].as_array().unwrap();
    assert_eq!((warnings.len(), &warnings[0]["code"]), (1, &json!("sha1")), "{trace}");
    // The provider's certificate ends with the year 4095.
    stage.kernia.clock.set(Timestamp::parse("4096-02-01T00:00:00Z").unwrap());
    stage.begins().await;
    let good = stage.acme.signs(&stage.honest());
    let trace = stage.brings(&good).await;
    assert_eq!(trace["outcome"], "succeeded", "{trace}");
    assert_eq!(trace["warnings"][0]["code"], "certificate_expired", "{trace}");
}

#[tokio::test]
async fn a_browser_that_did_not_begin_it_is_told_with_the_sign_in() {
    let stage = Stage::set().await;
    let response = stage.acme.signs(&stage.honest());
    let mut victim = stage.browser.another();
    let connection = stage.connection.clone();
    victim.begins(&stage.app, &[("connection", &connection)]).await;
    assert_eq!(victim.returns(&stage.asked, &response).await.status, 400);
    let trace = stage.newest().await;
    assert_eq!(trace["failure"]["code"], "in_response_to");
    assert_eq!(trace["sign_in_id"], stage.asked.relay_state.as_str());
    // A page of ours in between is no attempt.
    let before = stage.kernia.database().count("traces");
    assert_eq!(stage.browser.another().returns(&stage.asked, &response).await.status, 200);
    assert_eq!(stage.kernia.database().count("traces"), before);
}
