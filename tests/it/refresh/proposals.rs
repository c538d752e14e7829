//! Another entity ID or another host is never taken over by itself.

use serde_json::{Value, json};

use super::{DAY, HOUR, Stage, document, text};
use crate::kernia::{IdentityProvider, metadata};

fn other() -> IdentityProvider {
    IdentityProvider::another()
}

fn other_metadata() -> String {
    metadata(other().entity_id, &other().key.certificate_base64())
}

#[tokio::test]
async fn another_provider_waits_for_a_yes() {
    let mut stage = Stage::set().await;
    let acme = IdentityProvider::acme();
    stage.server.says(&other_metadata());
    let answer = stage.says("refresh", json!({})).await;
    assert_eq!(answer["outcome"], "proposed");
    let known = answer["metadata"].clone();
    assert_eq!(known["failure"]["code"], "metadata_refused");
    let proposal = known["proposal"].clone();
    let id = text(&proposal, "id").to_owned();
    let old = stage.certificates().await[0]["fingerprint"].clone();
    assert!(id.starts_with("proposal_"), "{id}");
    assert_eq!(
        proposal,
        json!({
            "object": "metadata_proposal", "id": id, "state": "pending",
            "seen_at": stage.kernia.clock.now().to_string(),
            "idp_entity_id": { "old": acme.entity_id, "new": other().entity_id },
            "idp_sso_url": {
                "old": IdentityProvider::SSO_URL, "new": IdentityProvider::SSO_URL,
            },
            "idp_slo_url": { "old": null, "new": null },
            "fingerprints": { "old": [old], "new": [proposal["fingerprints"]["new"][0]] },
        })
    );
    stage.lets_in(&acme).await.unwrap();
    stage.lets_in(&other()).await.unwrap_err();
    // It is the same proposal a day later, and after a restart.
    stage.kernia.advance(DAY + 2 * HOUR);
    stage.refreshes().await;
    stage.kernia.restart().await;
    assert_eq!(stage.metadata().await["proposal"], proposal);
    let wrong = json!({ "proposal": "proposal_of_another_day" });
    for act in ["confirm", "reject"] {
        let path = stage.path(&format!("metadata/{act}"));
        assert_eq!(stage.app.posts(&path, wrong.clone()).await.code(409), "proposal_changed");
        assert_eq!(stage.app.posts(&path, json!({})).await.code(422), "required");
    }
    assert_eq!(stage.metadata().await["proposal"], proposal);

    let confirmed = stage.says("confirm", json!({ "proposal": id })).await;
    assert_eq!((&confirmed["proposal"], &confirmed["failure"]), (&Value::Null, &Value::Null));
    stage.lets_in(&other()).await.unwrap();
    stage.lets_in(&acme).await.unwrap_err();
    assert_eq!(stage.certificates().await.len(), 1);
    assert_eq!(stage.says("refresh", json!({})).await["outcome"], "unchanged");
    let path = stage.path("metadata/confirm");
    let again = stage.app.posts(&path, json!({ "proposal": id })).await;
    assert_eq!(again.code(404), "no_proposal");
}

#[tokio::test]
async fn a_no_holds_until_the_metadata_says_something_else() {
    let stage = Stage::set().await;
    let acme = IdentityProvider::acme();
    let (certificate, elsewhere) =
        (acme.key.certificate_base64(), "https://login.elsewhere.test/sso");
    stage.server.says(&document(acme.entity_id, elsewhere, &[&certificate]));
    let answer = stage.says("refresh", json!({})).await;
    assert_eq!(answer["outcome"], "proposed", "another host: {answer}");
    let id = text(&answer["metadata"]["proposal"], "id").to_owned();
    let rejected = stage.says("reject", json!({ "proposal": id })).await;
    assert_eq!(rejected["proposal"]["state"], "rejected");
    assert_eq!(rejected["failure"]["code"], "metadata_refused");
    stage.kernia.advance(DAY + 2 * HOUR);
    stage.refreshes().await;
    let known = stage.metadata().await;
    assert_eq!(known["proposal"], rejected["proposal"], "the same does not ask again");
    stage.lets_in(&acme).await.unwrap();

    stage.server.says(&document(acme.entity_id, "https://idp.acme.test:8443/sso", &[&certificate]));
    stage.says("refresh", json!({})).await;
    let proposal = stage.metadata().await["proposal"].clone();
    assert_eq!(proposal["state"], "pending", "another port is another host");
    assert_ne!(proposal["id"], id);
    // Plain http on the same host is no small thing either.
    stage.server.says(&document(acme.entity_id, "http://idp.acme.test/sso", &[&certificate]));
    assert_eq!(stage.says("refresh", json!({})).await["outcome"], "proposed");
    // A confirmed move keeps the certificates of the same provider.
    stage.server.says(&document(acme.entity_id, elsewhere, &[&certificate]));
    let answer = stage.says("refresh", json!({})).await;
    let proposal = &answer["metadata"]["proposal"];
    stage.says("confirm", json!({ "proposal": text(proposal, "id") })).await;
    stage.lets_in(&acme).await.unwrap();
    let connection = stage.app.gets(&format!("/connections/{}", stage.connection)).await.is(200);
    assert_eq!(connection["saml_options"]["idp_sso_url"], elsewhere);
}

/// Acme's metadata with a logout service, whose answers may go elsewhere.
fn leaving_at(url: &str, answers: Option<&str>) -> String {
    let answers = answers.map(|url| format!(" ResponseLocation=\"{url}\"")).unwrap_or_default();
    let service = format!(
        "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"{url}\"{answers}/><md:SingleSignOnService "
    );
    IdentityProvider::acme().metadata().replacen("<md:SingleSignOnService ", &service, 1)
}

#[tokio::test]
async fn a_logout_address_does_not_move_to_another_host_by_itself() {
    let stage = Stage::set().await;
    let refresh = async |metadata: &str| {
        stage.server.says(metadata);
        stage.says("refresh", json!({})).await
    };
    let (here, elsewhere) = ("https://idp.acme.test/slo", "https://leave.elsewhere.test/slo");
    assert_eq!(refresh(&leaving_at(here, None)).await["outcome"], "changed");
    assert_eq!(refresh(&leaving_at(&format!("{here}2"), None)).await["outcome"], "changed");
    assert_eq!(refresh(&leaving_at(here, Some(elsewhere))).await["outcome"], "proposed");
    let answer = refresh(&leaving_at(elsewhere, None)).await;
    assert_eq!(answer["outcome"], "proposed");
    let failure = text(&answer["metadata"]["failure"], "message").to_owned();
    assert!(failure.starts_with("the logout address moved from `https://idp.acme.test/slo2`"));
    let proposal = &answer["metadata"]["proposal"];
    let moves = json!({ "old": format!("{here}2"), "new": elsewhere });
    assert_eq!(proposal["idp_slo_url"], moves);
    stage.says("confirm", json!({ "proposal": text(proposal, "id") })).await;
    let connection = stage.app.gets(&format!("/connections/{}", stage.connection)).await.is(200);
    assert_eq!(connection["saml_options"]["idp_slo_url"], elsewhere);
    assert_eq!(stage.says("refresh", json!({})).await["outcome"], "unchanged");
}

#[tokio::test]
async fn a_proposal_goes_when_the_provider_or_the_operator_goes_back() {
    let stage = Stage::set().await;
    let acme = IdentityProvider::acme();
    stage.server.says(&other_metadata());
    stage.says("refresh", json!({})).await;
    stage.server.says(&acme.metadata());
    let answer = stage.says("refresh", json!({})).await;
    assert_eq!(answer["outcome"], "unchanged");
    assert_eq!(answer["metadata"]["proposal"], Value::Null);
    assert_eq!(answer["metadata"]["failure"], Value::Null);

    stage.server.says(&other_metadata());
    stage.says("refresh", json!({})).await;
    let path = format!("/connections/{}", stage.connection);
    let none = json!({ "saml_options": { "idp_metadata_url": null } });
    stage.app.patches(&path, none).await.is(200);
    let known = stage.metadata().await;
    for field in ["url", "due_at", "fetched_at", "failure", "proposal"] {
        assert_eq!(known[field], Value::Null, "{field}");
    }
    let asked = stage.server.asked();
    stage.kernia.advance(2 * DAY);
    stage.refreshes().await;
    assert_eq!(stage.server.asked(), asked, "without an address nothing is read");
    let refused = stage.app.posts(&stage.path("metadata/refresh"), json!({})).await;
    assert_eq!(refused.code(409), "no_metadata_url");
    stage.lets_in(&acme).await.unwrap();
}
