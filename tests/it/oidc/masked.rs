//! Where personal data is masked, the trace of an OpenID provider's answer names nobody.

use serde_json::json;

use super::setup::Scene;
use crate::kernia::{Kernia, OpenIdProvider, from};

async fn masked() -> Scene {
    let kernia = Kernia::start_with(|config| {
        config.fetch.allow_private_addresses = true;
        config.traces.mask_personal_data = true;
    })
    .await;
    let provider = OpenIdProvider::start(&kernia.clock).await;
    Scene::at(kernia, provider, &json!({ "fetch_user_info": true })).await
}

#[tokio::test]
async fn a_good_answer_names_nobody() {
    let mut scene = masked().await;
    scene.signs_in().await;
    let trace = scene.newest().await;
    assert_eq!((&trace["masked"], &trace["outcome"]), (&json!(true), &json!("succeeded")));
    assert_eq!((&trace["user_agent"], &trace["address"]), (&json!(null), &json!(null)));
    let response = &trace["response"];
    assert_eq!(response["name_id"], "a…(8)");
    assert_eq!(response["session_index"], "s…(9)");
    // What an administrator mends a connection by stays.
    assert_eq!(response["issuer"], scene.provider.issuer);
    assert_eq!(response["audiences"], json!([OpenIdProvider::CLIENT_ID]));
    let attributes = response["attributes"].as_array().unwrap();
    let values = |name: &str| {
        attributes.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name}"))["values"]
            .clone()
    };
    assert_eq!(values("email"), json!(["a…(13)"]));
    assert_eq!(values("name"), json!(["A…(12)"]));
    assert_eq!(values("groups"), json!(["Engineering", "Admins"]));
    let all = trace.to_string();
    for personal in ["ada@", "ada-1815", "Ada", "Lovelace"] {
        assert!(!all.contains(personal), "{personal} stands in {all}");
    }
}

#[tokio::test]
async fn a_refusal_names_nobody() {
    let mut scene = masked().await;
    // Somebody else than who signed in.
    scene.provider.user_info(json!({ "sub": "grace-1906", "email": "grace@acme.test" }));
    let trace = scene.is_refused().await;
    assert_eq!(trace["code"], "user_info_subject");
    let failure = &trace["failure"];
    assert_eq!((&failure["got"], &failure["expected"]), (&json!("g…(10)"), &json!("a…(8)")));
    assert!(!trace.to_string().contains("1906"), "{trace}");
    scene.provider.reforms();
    // What a provider says in its own words.
    let location = scene.begins(&[]).await;
    let state = from(&location, "state").unwrap();
    let no = [
        ("error", "access_denied"),
        ("error_description", "Ada Lovelace (ada@acme.test) is not assigned"),
        ("state", state.as_str()),
    ];
    let no = no.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(scene.brings(&location, &no).await.status, 303);
    let trace = scene.newest().await;
    assert_eq!(
        (&trace["code"], &trace["failure"]["got"]),
        (&json!("provider_refused"), &json!("access_denied"))
    );
    assert!(!trace.to_string().contains("ovelace"), "{trace}");
    // The domain tells what to mend, and the person does not.
    scene.provider.person(&json!({ "email": "ada@elsewhere.test" }));
    let trace = scene.is_refused().await;
    assert_eq!(trace["code"], "profile_not_allowed_outside_organization");
    assert_eq!(trace["failure"]["got"], "elsewhere.test");
    assert!(!trace.to_string().contains("ada@"), "{trace}");
}
