//! What is kept is sealed, masked where that is set, and never too much.

use std::{fs, time::Duration};

use serde_json::json;

use super::{ADA, Stage};
use crate::{
    idp::{attribute, form_value},
    kernia::{IdentityProvider, Kernia},
};

/// Somebody with a name that stands nowhere else.
fn about_augusta(stage: &Stage) -> String {
    let mut spoken =
        stage.acme.answer(&stage.asked, "augusta.byron@acme.test", stage.kernia.clock.now());
    spoken.attributes.push_str(
        &[
            attribute("firstName", &["Augusta-Planted"]),
            attribute("memberOf", &["Engineering-Planted", "augusta.byron@acme.test"]),
            attribute("http://schemas.test/claims/office", &["Room-Planted-7"]),
        ]
        .concat(),
    );
    // A refusal: nothing but the trace knows of her.
    spoken.conditions = String::new();
    stage.acme.signs(&spoken)
}

#[tokio::test]
async fn nothing_of_it_stands_in_the_file_in_clear() {
    let kernia = Kernia::start().await;
    let mut stage = Stage::on(kernia).await;
    let response = about_augusta(&stage);
    let trace = stage.brings(&response).await.to_string();
    let planted = ["augusta.byron", "Augusta-Planted", "Room-Planted-7", "Engineering-Planted"];
    for planted in planted {
        assert!(trace.contains(planted), "{planted} is not in {trace}");
    }
    let path = stage.kernia.app().store.path().to_owned();
    stage.kernia.stop().await;
    let folder = path.parent().unwrap();
    let mut searched = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        searched += usize::from(bytes.windows(6).any(|window| window == b"trace_"));
        for planted in planted.iter().chain(&["127.0.0.1\""]) {
            let found = bytes.windows(planted.len()).any(|window| window == planted.as_bytes());
            assert!(!found, "{planted} stands in clear");
        }
    }
    assert!(searched > 0, "the trace's own id stands there");
}

#[tokio::test]
async fn personal_data_is_masked_where_that_is_set() {
    let kernia = Kernia::start_with(|config| config.traces.mask_personal_data = true).await;
    let mut stage = Stage::on(kernia).await;
    let response = about_augusta(&stage);
    let trace = stage.brings(&response).await;
    assert_eq!(trace["masked"], true);
    assert_eq!((&trace["user_agent"], &trace["address"]), (&json!(null), &json!(null)));
    let response = &trace["response"];
    assert_eq!(response["name_id"], "a…(23)");
    let attributes: Vec<_> = response["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["name"].as_str().unwrap(), &it["values"]))
        .collect();
    assert_eq!(
        attributes,
        [
            ("email", &json!(["a…(23)"])),
            ("firstName", &json!(["A…(15)"])),
            ("memberOf", &json!(["Engineering-Planted", "a…(23)"])),
            ("http://schemas.test/claims/office", &json!(["R…(14)"])),
        ]
    );
    // What an administrator mends a connection by stays.
    assert_eq!(response["issuer"], stage.acme.entity_id);
    assert_eq!(trace["failure"]["code"], "audience");

    // A provider's words about a person are left out of the reason too.
    let words = "<samlp:StatusMessage>no such user augusta.byron@acme.test, Augusta Byron\
                 </samlp:StatusMessage></samlp:Status>";
    let refusal = stage.spoiled(|it| {
        it.status = it.status.replace(":Success", ":Responder").replace("</samlp:Status>", words);
    });
    let trace = stage.brings(&refusal).await;
    assert_eq!(trace["failure"]["got"], "Responder", "{trace}");
    assert!(!trace.to_string().contains("ugusta"), "{trace}");
    let good = stage.acme.signs(&stage.honest());
    let trace = stage.brings(&good).await;
    assert_eq!(trace["outcome"], "succeeded");
    assert!(!trace.to_string().contains(ADA), "{trace}");
    // A check is no trace: it shows what it was given.
    let path = format!("/kernia/v1/connections/{}/check", stage.connection);
    let check = stage.app.posts(&path, json!({ "saml_response": good })).await.is(200);
    assert_eq!(check["response"]["name_id"], ADA);
}

#[tokio::test]
async fn a_flood_is_counted_and_not_kept() {
    let mut stage = Stage::set().await;
    for _ in 0..75 {
        stage.browser.returns(&stage.asked.clone(), "no base64!").await;
    }
    assert_eq!(stage.kernia.database().count("traces"), 60);
    // Another connection has its own measure, and what succeeds has none.
    let organization = stage.app.organization("other.test").await;
    let other = stage.app.connection(&organization, &IdentityProvider::another()).await;
    let url = other["saml_options"]["acs_url"].as_str().unwrap().to_owned();
    stage.browser.posts(&url, &[("SAMLResponse", "no base64!")]).await;
    assert_eq!(stage.kernia.database().count("traces"), 61);
    let good = stage.acme.signs(&stage.honest());
    assert_eq!(stage.brings(&good).await["outcome"], "succeeded");
    assert_eq!(stage.kernia.database().count("traces"), 62);

    stage.kernia.advance(Duration::from_mins(1));
    let trace = stage.brings("no base64!").await;
    assert_eq!((&trace["outcome"], &trace["left_out"]), (&json!("failed"), &json!(15)));
    assert_eq!(stage.brings("no base64!").await["left_out"], 0);
}

#[tokio::test]
async fn sign_ins_that_never_finish_are_bounded_too() {
    let stage = Stage::set().await;
    let path = stage.app.authorize(&[("connection", &stage.connection)]);
    for _ in 0..80 {
        assert_eq!(stage.kernia.browser().goes(&path).await.status, 302);
    }
    stage.kernia.advance(Duration::from_secs(15 * 60 + 1));
    stage.runs_jobs().await;
    assert_eq!(stage.kernia.database().count("sign_ins"), 0);
    assert_eq!(stage.kernia.database().count("traces"), 60);
    stage.kernia.advance(Duration::from_mins(1));
    let mut stage = stage;
    assert_eq!(stage.brings("no base64!").await["left_out"], 21);
}

#[tokio::test]
async fn a_long_answer_is_cut_and_says_so() {
    let mut stage = Stage::set().await;
    let mut spoken = stage.honest();
    let groups: Vec<String> =
        (0..1_500).map(|nth| format!("group-{nth}-{}", "\\".repeat(40))).collect();
    let groups: Vec<_> = groups.iter().map(String::as_str).collect();
    spoken.attributes.push_str(&attribute("groups", &groups));
    for nth in 0..150 {
        let name = format!("attribute-{nth}-{}", "n".repeat(200));
        spoken.attributes.push_str(&attribute(&name, &["v".repeat(300).as_str()]));
    }
    let trace = stage.brings(&stage.acme.signs(&spoken)).await;
    assert_eq!(trace["outcome"], "succeeded");
    let attributes = trace["response"]["attributes"].as_array().unwrap();
    assert_eq!(attributes[0]["values"], json!([ADA]));
    let kept = attributes[1]["values"].as_array().unwrap().len();
    assert!(kept > 100, "{kept}");
    assert_eq!(attributes[1]["values_left_out"], 1_500 - kept);
    let left_out = trace["response"]["attributes_left_out"].as_u64().unwrap();
    assert_eq!(attributes.len() as u64 + left_out, 152);
    assert!(left_out > 0);
    let most = "SELECT MAX(LENGTH(body)) FROM traces";
    let longest = stage.kernia.database().number(most);
    assert!((20_000..=64 * 1024).contains(&longest), "{longest}");

    // What nobody signed gets less room.
    stage.begins().await;
    let unsigned = form_value(&spoken.response(&spoken.assertion()));
    let trace = stage.brings(&unsigned).await;
    assert_eq!(trace["response"]["verified"], false, "{trace}");
    let last = "SELECT LENGTH(body) FROM traces ORDER BY created_at DESC, id DESC LIMIT 1";
    let length = stage.kernia.database().number(last);
    assert!(length < 8 * 1024, "{length}");
}
