//! What is kept is sealed, masked where that is set, and never too much.

use std::{fs, time::Duration};

use serde_json::json;

use super::{ADA, Stage};
use crate::{
    idp::{attribute, form_value},
    kernia::{IdentityProvider, Kernia, encoded},
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

/// What anybody can send: no browser began it, and it answers nothing.
async fn floods(stage: &Stage, count: usize) {
    let mut stranger = stage.browser.another();
    for _ in 0..count {
        let posted = [("SAMLResponse", "no base64!"), ("Again", "1")];
        assert_eq!(stranger.posts(&stage.asked.acs_url, &posted).await.status, 400);
    }
}

#[tokio::test]
async fn a_flood_of_garbage_hides_nobodys_failure() {
    let mut stage = Stage::set().await;
    floods(&stage, 70).await;
    assert_eq!(stage.kernia.database().count("traces"), 20);
    // Whoever began a sign-in has the failure told; so does the next stranger, in the next minute.
    let trace = stage.brings("no base64!").await;
    assert_eq!((&trace["code"], &trace["left_out"]), (&json!("not_base64"), &json!(50)));
    assert_eq!(trace["sign_in_id"], stage.asked.relay_state.as_str());
    // A stranger may begin a sign-in too, which takes no room of what the provider has signed.
    for _ in 0..70 {
        stage.browser.returns(&stage.asked.clone(), "no base64!").await;
    }
    assert_eq!(stage.kernia.database().count("traces"), 20 + 60);
    let wrong = stage.spoiled(|it| it.conditions = String::new());
    let trace = stage.brings(&wrong).await;
    assert_eq!((&trace["code"], &trace["left_out"]), (&json!("audience"), &json!(11)));
    // Nor of those who never come back.
    let connection = stage.connection.clone();
    stage.browser.another().begins(&stage.app, &[("connection", &connection)]).await;
    stage.kernia.advance(Duration::from_secs(15 * 60 + 1));
    floods(&stage, 30).await;
    stage.runs_jobs().await;
    let silent = stage.list(&[("outcome", "timed_out")]).await;
    assert_eq!(silent["data"].as_array().unwrap().len(), 1, "{silent}");
    // A day holds no more than so many of a stranger's.
    for _ in 0..20 {
        stage.kernia.advance(Duration::from_mins(1));
        floods(&stage, 21).await;
    }
    let strange = "SELECT COUNT(*) FROM traces WHERE sign_in_id IS NULL";
    assert_eq!(stage.kernia.database().number(strange), 300);
}

#[tokio::test]
async fn what_anybody_may_have_written_is_short_whatever_its_letters() {
    let mut stage = Stage::set().await;
    let long = |letter: &str| letter.repeat(1_000);
    for letter in ["\u{10348}", "&quot;", "\\", "x"] {
        let text = long(letter);
        let mut spoken = stage.honest();
        for part in [
            &mut spoken.response_issuer,
            &mut spoken.issuer,
            &mut spoken.subject,
            &mut spoken.conditions,
        ] {
            *part = part.replace("</saml:", &format!("{text}</saml:"));
        }
        spoken.subject = spoken.subject.replace("emailAddress\"", &format!("{text}\""));
        spoken.statement = spoken.statement.replace("_session", &text);
        spoken.destination = format!(" Destination=\"{text}\"");
        for nth in 0..5 {
            let values = [text.as_str(), text.as_str()];
            spoken.attributes.push_str(&attribute(&format!("a{nth}{text}"), &values));
        }
        let unsigned = form_value(&spoken.response(&spoken.assertion()));
        let path = stage.browser.path_of(&stage.asked.acs_url);
        let browser = long("\"");
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("user-agent", browser.as_str()),
        ];
        let form = [("SAMLResponse", unsigned.as_str()), ("RelayState", &stage.asked.relay_state)];
        let form = encoded(&form);
        stage.kernia.advance(Duration::from_millis(1));
        let answer = stage.browser.sends("POST", &path, &headers, form.as_bytes()).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        let trace = stage.newest().await;
        assert_eq!(trace["code"], "unsigned", "{trace}");
        let issuer = trace["response"]["issuer"].as_str().unwrap();
        assert!(issuer.starts_with(stage.acme.entity_id), "{issuer}");
        assert!((64..=131).contains(&issuer.len()), "{issuer}");
        let longest = stage.kernia.database().number("SELECT MAX(LENGTH(body)) FROM traces");
        assert!(longest < 8 * 1024, "{letter}: {longest}");
    }
}

#[tokio::test]
async fn what_the_provider_signed_is_bounded_whatever_its_letters() {
    // A mask is longer than a letter.
    let kernia = Kernia::start_with(|config| config.traces.mask_personal_data = true).await;
    let mut stage = Stage::on(kernia).await;
    let text = "\u{10348}".repeat(1_000);
    let mut spoken = stage.honest();
    let audience = format!("<saml:Audience>{text}</saml:Audience></saml:AudienceRestriction>");
    spoken.conditions = spoken.conditions.replace("</saml:AudienceRestriction>", &audience);
    spoken.statement = spoken.statement.replace("_session", &text);
    let values = vec!["a"; 4_000];
    spoken.attributes.push_str(&attribute("letters", &values));
    let trace = stage.brings(&stage.acme.signs(&spoken)).await;
    assert_eq!(trace["response"]["verified"], true, "{trace}");
    let longest = stage.kernia.database().number("SELECT MAX(LENGTH(body)) FROM traces");
    assert!(longest <= 64 * 1024, "{longest}");
}
