//! An administrator tries a connection before anybody needs it, and sees what came.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    idp::attribute,
    kernia::{Answer, Application, Asked, Browser, IdentityProvider, Kernia},
};

const ADA: &str = "ada@acme.test";

struct Scene {
    kernia: Kernia,
    app: Application,
    idp: IdentityProvider,
    connection: String,
}

impl Scene {
    async fn set() -> Self {
        let kernia = Kernia::start().await;
        let (app, idp) = (kernia.application(), IdentityProvider::acme());
        let connection = app.is_ready_for(&idp).await;
        Self { kernia, app, idp, connection }
    }

    fn path(&self) -> String {
        format!("/kernia/v1/connections/{}/tests", self.connection)
    }

    /// A fresh test: its id and the path of its address.
    async fn test(&self) -> (String, String) {
        let made = self.app.posts(&self.path(), json!({})).await.is(201);
        assert_eq!((&made["object"], &made["state"]), (&json!("test_sign_in"), &json!("pending")));
        let url = made["url"].as_str().unwrap();
        let path = url.strip_prefix(&self.kernia.base()).unwrap();
        (made["id"].as_str().unwrap().to_owned(), path.to_owned())
    }

    async fn result(&self, id: &str) -> Value {
        let found = self.app.gets(&format!("{}/{id}", self.path())).await.is(200);
        assert!(found.get("url").is_none(), "{found}");
        found
    }

    async fn begins(&self, browser: &mut Browser, path: &str) -> Asked {
        let sent = browser.goes(path).await;
        assert_eq!(sent.status, 302, "{}", sent.body);
        Asked::parse(sent.location())
    }

    async fn returns(&self, browser: &mut Browser, asked: &Asked, response: &str) -> Answer {
        let page = browser.brings(&asked.acs_url, response, &asked.relay_state).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page
    }

    fn nobody_is_signed_in(&self) {
        for table in ["profiles", "codes"] {
            assert_eq!(self.kernia.database().count(table), 0, "{table}");
        }
    }
}

#[tokio::test]
async fn a_test_that_goes_well_shows_what_came_and_signs_nobody_in() {
    let scene = Scene::set().await;
    let (id, path) = scene.test().await;
    let pending = scene.result(&id).await;
    assert_eq!((&pending["state"], &pending["code"]), (&json!("pending"), &Value::Null));
    let mut ada = scene.kernia.browser();
    let asked = scene.begins(&mut ada, &path).await;
    let mut answer = scene.idp.answer(&asked, ADA, scene.kernia.clock.now());
    answer.attributes.push_str(&attribute("firstName", &["Ada"]));
    answer.attributes.push_str(&attribute("groups", &["Engineering", "Admins"]));
    let response = scene.idp.signs(&answer);
    let page = scene.returns(&mut ada, &asked, &response).await;
    for told in
        ["This connection works", ADA, "Engineering, Admins", "firstName", page.request_id()]
    {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    scene.nobody_is_signed_in();
    let done = scene.result(&id).await;
    assert_eq!(done["state"], "succeeded");
    assert_eq!(done["profile"]["email"], ADA);
    assert_eq!(done["profile"]["first_name"], "Ada");
    assert_eq!(done["attributes"]["groups"], json!(["Engineering", "Admins"]));
    assert!(done["finished_at"].is_string());
    // Step by step, like any other attempt.
    let sign_in = done["sign_in_id"].as_str().unwrap();
    let trace = scene.app.gets(&format!("/kernia/v1/sign_ins/{sign_in}/trace")).await.is(200);
    assert_eq!(trace["outcome"], "succeeded", "{trace}");
    // The connection is active from now on, as after a first sign-in.
    let found = scene.app.gets(&format!("/connections/{}", scene.connection)).await.is(200);
    assert_eq!(found["state"], "active");
    // The assertion is spent, and so is the address.
    let again = ada.returns(&asked, &response).await;
    assert_eq!(again.status, 400, "{}", again.body);
    let over = ada.goes(&path).await;
    assert_eq!(over.status, 400);
    assert!(over.body.contains("This test has ended"), "{}", over.body);
}

#[tokio::test]
async fn a_test_that_fails_says_what_came_and_what_to_do() {
    let scene = Scene::set().await;
    let (id, path) = scene.test().await;
    let mut ada = scene.kernia.browser();
    let asked = scene.begins(&mut ada, &path).await;
    let mut answer = scene.idp.answer(&asked, ADA, scene.kernia.clock.now());
    answer.conditions = answer.conditions.replace(&asked.issuer, "https://other.test");
    let page = scene.returns(&mut ada, &asked, &scene.idp.signs(&answer)).await;
    for told in ["does not work yet", "audience", "https://other.test", &asked.issuer, "What to do"]
    {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    let failed = scene.result(&id).await;
    assert_eq!((&failed["state"], &failed["code"]), (&json!("failed"), &json!("audience")));
    assert_eq!((&failed["rule"], &failed["got"]), (&json!(25), &json!("https://other.test")));
    assert_eq!(failed["expected"], asked.issuer.as_str());
    assert!(failed["reason"].as_str().unwrap().contains("entity ID"), "{failed}");
    assert!(failed["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{failed}");
    // The signature was good: what came may be shown.
    assert_eq!(failed["attributes"]["email"], json!([ADA]));
    scene.nobody_is_signed_in();
    let sign_in = failed["sign_in_id"].as_str().unwrap();
    let trace = scene.app.gets(&format!("/kernia/v1/sign_ins/{sign_in}/trace")).await.is(200);
    assert_eq!((&trace["outcome"], &trace["code"]), (&json!("failed"), &json!("audience")));
    let found = scene.app.gets(&format!("/connections/{}", scene.connection)).await.is(200);
    assert_eq!(found["state"], "validating");
}

#[tokio::test]
async fn nothing_is_shown_of_an_answer_that_nobody_signed() {
    let scene = Scene::set().await;
    let (id, path) = scene.test().await;
    let mut ada = scene.kernia.browser();
    let asked = scene.begins(&mut ada, &path).await;
    let forged = IdentityProvider::another().signs(&scene.idp.answer(
        &asked,
        "eve@acme.test",
        scene.kernia.clock.now(),
    ));
    let page = scene.returns(&mut ada, &asked, &forged).await;
    assert!(!page.body.contains("eve@acme.test"), "{}", page.body);
    let failed = scene.result(&id).await;
    assert_eq!((&failed["code"], &failed["attributes"]), (&json!("signature_invalid"), &json!({})));
}

#[tokio::test]
async fn what_a_sign_in_would_be_refused_for_after_the_signature_is_told_too() {
    for (who, code) in
        [("eve@evil.test", "profile_not_allowed_outside_organization"), ("nobody", "email_missing")]
    {
        let scene = Scene::set().await;
        let (id, path) = scene.test().await;
        let mut browser = scene.kernia.browser();
        let asked = scene.begins(&mut browser, &path).await;
        let response = scene.idp.vouches(&asked, who, scene.kernia.clock.now());
        let page = scene.returns(&mut browser, &asked, &response).await;
        assert!(
            page.body.contains(code) && page.body.contains("does not work yet"),
            "{}",
            page.body
        );
        assert_eq!(scene.result(&id).await["code"], code);
        assert_eq!(scene.kernia.database().count("replay_ids"), 1, "it is spent all the same");
        scene.nobody_is_signed_in();
    }
}

#[tokio::test]
async fn an_answer_that_forgot_the_request_is_explained() {
    let scene = Scene::set().await;
    let (id, path) = scene.test().await;
    let mut ada = scene.kernia.browser();
    let asked = scene.begins(&mut ada, &path).await;
    let connection = scene.app.gets(&format!("/connections/{}", scene.connection)).await.is(200);
    let unasked = scene.idp.unasked(&connection, ADA, scene.kernia.clock.now());
    let page = scene.returns(&mut ada, &asked, &scene.idp.signs(&unasked)).await;
    assert!(page.body.contains("unsolicited"), "{}", page.body);
    assert_eq!(scene.result(&id).await["code"], "unsolicited");
}

#[tokio::test]
async fn a_test_is_for_whoever_has_its_address_and_for_an_hour() {
    let scene = Scene::set().await;
    let (id, path) = scene.test().await;
    // A link preview begins nothing.
    let before = scene.kernia.database().count("sign_ins");
    assert_eq!(scene.kernia.anonymous("HEAD", &path).await.status, 200);
    assert_eq!(scene.kernia.database().count("sign_ins"), before);
    // An answer that another browser brings does not end it.
    let mut ada = scene.kernia.browser();
    let asked = scene.begins(&mut ada, &path).await;
    let response = scene.idp.vouches(&asked, ADA, scene.kernia.clock.now());
    let stolen = ada.another().returns(&asked, &response).await;
    assert!(stolen.body.contains("data-onward"), "{}", stolen.body);
    assert_eq!(scene.result(&id).await["state"], "pending");
    scene.kernia.advance(Duration::from_hours(1));
    assert_eq!(scene.result(&id).await["state"], "expired");
    assert_eq!(ada.goes(&path).await.status, 400);
    assert_eq!(ada.goes("/sso/saml/test/nonsense").await.status, 400);
    for path in
        [format!("{}/test_sign_in_none", scene.path()), "/kernia/v1/connections/x/tests/y".into()]
    {
        assert_eq!(scene.app.gets(&path).await.code(404), "entity_not_found");
    }
    let missing = scene.app.posts("/kernia/v1/connections/conn_none/tests", json!({})).await;
    assert_eq!(missing.code(404), "entity_not_found");
}

#[tokio::test]
async fn a_client_or_a_connection_with_tests_can_be_deleted() {
    let scene = Scene::set().await;
    scene.test().await;
    let other = scene.app.posts("/kernia/v1/clients", json!({ "name": "Other" })).await.is(201);
    let path = format!("/kernia/v1/clients/{}", other["id"].as_str().unwrap());
    let key = scene.app.posts(&format!("{path}/api_keys"), json!({ "name": "Key" })).await.is(201);
    let api_key = key["value"].as_str().unwrap().to_owned();
    let theirs = Application { api_key, ..scene.app.clone() };
    theirs.posts(&scene.path(), json!({})).await.is(201);
    assert_eq!(scene.app.deletes(&path).await.status, 204);
    assert_eq!(scene.kernia.database().count("test_sign_ins"), 1);
    let path = format!("/connections/{}", scene.connection);
    assert_eq!(scene.app.deletes(&path).await.status, 204);
}
