//! Where answers that nobody asked for are accepted: the person is asked once in each browser, and
//! nothing is given before they say yes.

use std::time::Duration;

use serde_json::{Value, json};

use crate::kernia::{Answer, Application, Browser, IdentityProvider, Kernia, hidden_fields};

const ADA: &str = "ada@acme.test";
const BOB: &str = "bob@acme.test";

struct Scene {
    kernia: Kernia,
    app: Application,
    idp: IdentityProvider,
    connection: Value,
}

impl Scene {
    async fn set() -> Self {
        let kernia = Kernia::start().await;
        let (app, idp) = (kernia.application(), IdentityProvider::acme());
        let path = format!("/connections/{}", app.is_ready_for(&idp).await);
        let options = json!({ "saml_options": { "idp_initiated": "accept" } });
        let connection = app.patches(&path, options).await.is(200);
        Self { kernia, app, idp, connection }
    }

    fn unasked(&self, who: &str) -> String {
        self.idp.signs(&self.idp.unasked(&self.connection, who, self.kernia.clock.now()))
    }

    async fn tile(&self, browser: &mut Browser, who: &str) -> Answer {
        let acs_url = self.connection["saml_options"]["acs_url"].as_str().unwrap();
        browser.brings(acs_url, &self.unasked(who), "").await
    }
}

/// The person's word on a consent page.
async fn says(browser: &mut Browser, page: &Answer, word: &str) -> Answer {
    assert!(page.body.contains("Sign in to Acme Analytics?"), "{page:?}");
    let (action, fields) = hidden_fields(&page.body);
    let mut fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    fields.push(("answer", word));
    browser.posts(&action, &fields).await
}

fn code(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.location().starts_with(Application::CALLBACK), "{}", answer.location());
    assert_eq!(answer.leads_with("state"), None);
    answer.leads_with("code").unwrap_or_else(|| panic!("{}", answer.location()))
}

#[tokio::test]
async fn the_person_is_asked_once_in_a_browser() {
    let scene = Scene::set().await;
    let mut ada = scene.kernia.browser();
    let page = scene.tile(&mut ada, ADA).await;
    assert_eq!(page.status, 200);
    for told in ["Sign in to Acme Analytics?", ADA, "idp.acme.test"] {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    assert_eq!(scene.kernia.database().count("codes"), 0, "nothing before the yes");
    let path =
        format!("/kernia/v1/connections/{}/traces", scene.connection["id"].as_str().unwrap());
    let traces = scene.app.gets(&path).await.is(200)["data"].clone();
    assert_eq!(traces[0]["outcome"], "held", "{traces}");
    let yes = says(&mut ada, &page, "yes").await;
    let kept = yes.header("set-cookie").unwrap();
    assert!(kept.starts_with("kernia_consent") && kept.contains("Max-Age=31536000"), "{kept}");
    let profile = scene.app.exchanges(&code(&yes)).await.profile;
    assert_eq!(profile["email"], ADA);
    // From now on the tile leads straight in, long after the sign-in's own cookie is gone.
    scene.kernia.advance(Duration::from_hours(24));
    code(&scene.tile(&mut ada, ADA).await);
    // Another person in this browser, and this person in another one, are asked.
    let page = scene.tile(&mut ada, BOB).await;
    code(&says(&mut ada, &page, "yes").await);
    let mut elsewhere = scene.kernia.browser();
    let page = scene.tile(&mut elsewhere, ADA).await;
    assert!(page.body.contains("Sign in to"), "{}", page.body);
    // A year later everybody is asked again.
    scene.kernia.advance(Duration::from_hours(366 * 24));
    let page = scene.tile(&mut ada, ADA).await;
    assert!(page.body.contains("Sign in to"), "{}", page.body);
}

#[tokio::test]
async fn a_yes_to_one_application_is_none_to_another() {
    let scene = Scene::set().await;
    let other = json!({ "name": "Other" });
    let other = scene.app.posts("/kernia/v1/clients", other).await.is(201)["id"].clone();
    let client = format!("/kernia/v1/clients/{}", other.as_str().unwrap());
    let reports = "https://reports.example.com/cb";
    let uri = json!({ "uri": reports });
    scene.app.posts(&format!("{client}/redirect_uris"), uri).await.is(201);
    let acs_url = scene.connection["saml_options"]["acs_url"].as_str().unwrap();
    let mut ada = scene.kernia.browser();
    let page = scene.tile(&mut ada, ADA).await;
    code(&says(&mut ada, &page, "yes").await);
    let page = ada.brings(acs_url, &scene.unasked(ADA), reports).await;
    assert!(page.body.contains("Sign in to Other?"), "{page:?}");
    let (action, fields) = hidden_fields(&page.body);
    let yes = ada.posts(&action, &[("token", &fields[0].1), ("answer", "yes")]).await;
    assert!(yes.location().starts_with(reports), "{}", yes.location());
    let straight = ada.brings(acs_url, &scene.unasked(ADA), reports).await;
    assert!(straight.leads_with("code").is_some(), "{straight:?}");
    code(&scene.tile(&mut ada, ADA).await);
    assert_eq!(scene.kernia.database().count("consents"), 2);
    // It goes with the application that it was said to.
    let gone = scene.app.deletes(&client).await;
    assert!((200..300).contains(&gone.status), "{gone:?}");
    assert_eq!(scene.kernia.database().count("consents"), 1);
    code(&scene.tile(&mut ada, ADA).await);
}

#[tokio::test]
async fn an_answer_to_a_request_of_ours_that_forgot_it_is_refused() {
    let scene = Scene::set().await;
    let mut ada = scene.kernia.browser();
    let connection = scene.connection["id"].as_str().unwrap();
    let asked = ada.begins(&scene.app, &[("connection", connection)]).await;
    for mut browser in [ada, scene.kernia.browser()] {
        let answer = browser.brings(&asked.acs_url, &scene.unasked(ADA), &asked.relay_state).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.body.contains("by itself again"), "{}", answer.body);
    }
    for table in ["held_answers", "profiles", "codes", "replay_ids"] {
        assert_eq!(scene.kernia.database().count(table), 0, "{table}");
    }
}

#[tokio::test]
async fn a_browser_without_cookies_is_not_asked() {
    let scene = Scene::set().await;
    let acs_url = scene.connection["saml_options"]["acs_url"].as_str().unwrap();
    let mut naked = scene.kernia.browser().without_cookies();
    let answer = naked.brings(acs_url, &scene.unasked(ADA), "").await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(scene.kernia.database().count("held_answers"), 0);
}

#[tokio::test]
async fn a_no_goes_to_the_application() {
    let scene = Scene::set().await;
    let mut ada = scene.kernia.browser();
    let page = scene.tile(&mut ada, ADA).await;
    let no = says(&mut ada, &page, "no").await;
    assert_eq!(no.leads_with("error").as_deref(), Some("signin_consent_denied"));
    let told = no.leads_with("error_description");
    assert_eq!(told.as_deref(), Some("User cancelled the authentication request"));
    assert_eq!((no.leads_with("code"), no.header("set-cookie")), (None, None));
    let database = scene.kernia.database();
    assert_eq!((database.count("codes"), database.count("consents")), (0, 0));
    // It is over with that.
    let late = says(&mut ada, &page, "yes").await;
    assert_eq!(late.status, 400, "{}", late.body);
    let page = scene.tile(&mut ada, ADA).await;
    assert!(page.body.contains("Sign in to"), "a no is not remembered");
}

#[tokio::test]
async fn what_is_held_is_bound_to_its_browser_good_once_and_for_ten_minutes() {
    let scene = Scene::set().await;
    let (mut ada, mut eve) = (scene.kernia.browser(), scene.kernia.browser());
    let page = scene.tile(&mut ada, ADA).await;
    // Eve has a page, and so a cookie, of her own.
    scene.tile(&mut eve, BOB).await;
    for mut thief in [eve, ada.another()] {
        let stolen = says(&mut thief, &page, "yes").await;
        assert_eq!(stolen.status, 400, "{stolen:?}");
        assert!(stolen.body.contains("This sign-in has ended"), "{}", stolen.body);
    }
    let odd = says(&mut ada, &page, "perhaps").await;
    assert_eq!(odd.status, 400);
    code(&says(&mut ada, &page, "yes").await);
    assert_eq!(says(&mut ada, &page, "yes").await.status, 400, "once");
    let page = scene.tile(&mut ada, BOB).await;
    scene.kernia.advance(Duration::from_mins(10));
    assert_eq!(says(&mut ada, &page, "yes").await.status, 400, "too late");
}

#[tokio::test]
async fn an_accepted_answer_is_spent_and_the_rest_of_the_rules_hold() {
    let scene = Scene::set().await;
    let acs_url = scene.connection["saml_options"]["acs_url"].as_str().unwrap();
    let mut ada = scene.kernia.browser();
    let response = scene.unasked(ADA);
    let page = ada.brings(acs_url, &response, "").await;
    let again = ada.brings(acs_url, &response, "").await;
    assert_eq!(again.status, 400, "a replay: {}", again.body);
    code(&says(&mut ada, &page, "yes").await);
    // An invented request is refused even here.
    let mut answer = scene.idp.unasked(&scene.connection, ADA, scene.kernia.clock.now());
    answer.in_response_to = " InResponseTo=\"_invented\"".to_owned();
    let answer = ada.brings(acs_url, &scene.idp.signs(&answer), "").await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    // The email domain is looked at before the person is asked.
    let outside = scene.tile(&mut ada, "eve@evil.test").await;
    let error = "profile_not_allowed_outside_organization";
    assert_eq!(outside.leads_with("error").as_deref(), Some(error));
    // An address that no application has listed is not gone to.
    let response = scene.unasked(ADA);
    code(&ada.brings(acs_url, &response, "https://evil.test/").await);
}

#[tokio::test]
async fn a_connection_that_is_switched_off_meanwhile_gives_nothing() {
    let scene = Scene::set().await;
    let mut ada = scene.kernia.browser();
    let page = scene.tile(&mut ada, ADA).await;
    let path = format!("/connections/{}", scene.connection["id"].as_str().unwrap());
    scene.app.patches(&path, json!({ "state": "inactive" })).await.is(200);
    assert_eq!(says(&mut ada, &page, "yes").await.status, 400);
    assert_eq!(scene.kernia.database().count("codes"), 0);
}
