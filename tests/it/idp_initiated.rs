//! The identity provider sends somebody by itself (saml.md, rule 23): by the connection's policy the
//! sign-in is begun anew, or refused. Accepting is told in `consent.rs`.

use std::time::Duration;

use kernia::kit::network::Network;
use serde_json::{Value, json};

use crate::kernia::{Answer, Application, Asked, Browser, IdentityProvider, Kernia, Log, logging};

const ADA: &str = "ada@acme.test";

/// A Kernia with a connection of this policy, whose log is read.
struct Scene {
    kernia: Kernia,
    app: Application,
    idp: IdentityProvider,
    connection: Value,
    log: Log,
    _logging: tracing::subscriber::DefaultGuard,
}

impl Scene {
    async fn set(options: Value) -> Self {
        let (log, logging) = logging();
        let kernia = Kernia::start_with(|config| {
            config.server.trusted_proxies = vec![Network::parse("127.0.0.0/8").unwrap()];
        });
        let kernia = kernia.await;
        let (app, idp) = (kernia.application(), IdentityProvider::acme());
        let id = app.is_ready_for(&idp).await;
        let path = format!("/connections/{id}");
        let connection = app.patches(&path, json!({ "saml_options": options })).await.is(200);
        Self { kernia, app, idp, connection, log, _logging: logging }
    }

    fn acs_url(&self) -> String {
        self.connection["saml_options"]["acs_url"].as_str().unwrap().to_owned()
    }

    fn unasked(&self) -> String {
        let answer = self.idp.unasked(&self.connection, ADA, self.kernia.clock.now());
        self.idp.signs(&answer)
    }

    /// Somebody opens the application's tile at the identity provider.
    async fn tile(&self, browser: &mut Browser, relay_state: &str) -> Answer {
        browser.brings(&self.acs_url(), &self.unasked(), relay_state).await
    }

    /// The refusal as a page, and what the log says of it.
    fn refused(&self, answer: &Answer, code: &str, words: &str) {
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert!(answer.body.contains(words), "{}", answer.body);
        assert_eq!(self.log.line(answer.request_id(), "sign-in refused")["code"], code);
    }
}

fn asked(answer: &Answer) -> Asked {
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.location().starts_with(IdentityProvider::SSO_URL), "{}", answer.location());
    Asked::parse(answer.location())
}

const DASHBOARD: &str = "begins at your company’s own dashboard";
const CIRCLE: &str = "by itself again";

#[tokio::test]
async fn a_sign_in_that_the_provider_began_is_begun_anew() {
    let scene = Scene::set(json!({})).await;
    let mut ada = scene.kernia.browser();
    let answer = scene.tile(&mut ada, "").await;
    scene.log.line(answer.request_id(), "the identity provider is asked anew");
    let asked = asked(&answer);
    for table in ["profiles", "replay_ids", "codes"] {
        assert_eq!(scene.kernia.database().count(table), 0, "nothing is believed: {table}");
    }
    let response = scene.idp.vouches(&asked, ADA, scene.kernia.clock.now());
    let back = ada.brings(&asked.acs_url, &response, &asked.relay_state).await;
    assert!(back.location().starts_with(Application::CALLBACK), "{}", back.location());
    assert_eq!(back.leads_with("state"), None);
    let profile = scene.app.exchanges(&back.leads_with("code").unwrap()).await.profile;
    assert_eq!(profile["email"], ADA);
}

#[tokio::test]
async fn a_browser_that_has_a_sign_in_under_way_keeps_it() {
    let scene = Scene::set(json!({})).await;
    let mut ada = scene.kernia.browser();
    let connection = scene.connection["id"].as_str().unwrap();
    let first = ada.begins(&scene.app, &[("connection", connection), ("state", "mine")]).await;
    let second = asked(&scene.tile(&mut ada, "").await);
    for (asked, state) in [(&second, None), (&first, Some("mine"))] {
        let response = scene.idp.vouches(asked, ADA, scene.kernia.clock.now());
        let back = ada.brings(&asked.acs_url, &response, &asked.relay_state).await;
        assert_eq!(back.leads_with("state").as_deref(), state);
        assert!(back.leads_with("code").is_some());
    }
}

#[tokio::test]
async fn the_relay_state_picks_a_listed_address_and_nothing_else() {
    let scene = Scene::set(json!({})).await;
    let other = json!({ "name": "Other" });
    let client = scene.app.posts("/kernia/v1/clients", other).await.is(201)["id"].clone();
    let uris = format!("/kernia/v1/clients/{}/redirect_uris", client.as_str().unwrap());
    let reports = "https://reports.example.com/cb?x=1&y=2";
    scene.app.posts(&uris, json!({ "uri": reports })).await.is(201);
    let second = "https://app.example.com/second";
    let uri = json!({ "uri": second });
    scene.app.posts("/user_management/redirect_uris", uri).await.is(201);
    let encoded = "redirect_uri=https%3A%2F%2Freports.example.com%2Fcb%3Fx%3D1%26y%3D2";
    for (relay_state, leads_to) in [
        (reports.to_owned(), reports),
        (format!("redirect_uri={reports}"), reports),
        (encoded.to_owned(), reports),
        (second.to_owned(), second),
        ("https://evil.test/".to_owned(), Application::CALLBACK),
        ("redirect_uri=https://evil.test/".to_owned(), Application::CALLBACK),
        ("javascript:alert(1)".to_owned(), Application::CALLBACK),
        ("sign_in_01JD0000000000000000000001".to_owned(), Application::CALLBACK),
        (String::new(), Application::CALLBACK),
    ] {
        let mut ada = scene.kernia.browser();
        let asked = asked(&scene.tile(&mut ada, &relay_state).await);
        let response = scene.idp.vouches(&asked, ADA, scene.kernia.clock.now());
        let back = ada.returns(&asked, &response).await;
        assert!(back.location().starts_with(leads_to), "{relay_state}: {}", back.location());
        assert!(back.leads_with("code").is_some(), "{relay_state}");
    }
}

#[tokio::test]
async fn it_never_goes_in_circles() {
    let scene = Scene::set(json!({})).await;
    let mut ada = scene.kernia.browser();
    let first = asked(&scene.tile(&mut ada, "").await);
    // The provider does not look at our request: with our relay state, or without.
    let relayed = scene.tile(&mut ada, &first.relay_state).await;
    scene.refused(&relayed, "unsolicited", CIRCLE);
    let again = scene.tile(&mut ada, "").await;
    scene.refused(&again, "unsolicited", CIRCLE);
    // Somebody else is not held up, nor is the same person a while later.
    asked(&scene.tile(&mut scene.kernia.browser(), "").await);
    scene.kernia.advance(Duration::from_secs(121));
    asked(&scene.tile(&mut ada, "").await);
    // Nor whoever came through.
    let mut eve = scene.kernia.browser();
    let question = asked(&scene.tile(&mut eve, "").await);
    let response = scene.idp.vouches(&question, ADA, scene.kernia.clock.now());
    eve.returns(&question, &response).await;
    asked(&scene.tile(&mut eve, "").await);
}

#[tokio::test]
async fn a_browser_without_cookies_is_told_so_and_not_sent_to_and_fro() {
    let scene = Scene::set(json!({})).await;
    let mut naked = scene.kernia.browser().without_cookies();
    let answer = scene.tile(&mut naked, "").await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.body.contains("Please allow cookies"), "{}", answer.body);
    assert_eq!(scene.log.line(answer.request_id(), "sign-in refused")["code"], "unsolicited");
    assert_eq!(scene.kernia.database().count("sign_ins"), 0);
}

#[tokio::test]
async fn a_restart_counts_like_any_other_sign_in_that_is_begun() {
    let scene = Scene::set(json!({})).await;
    let path = scene.app.authorize(&[("connection", scene.connection["id"].as_str().unwrap())]);
    let here = || scene.kernia.browser().comes_from("203.0.113.66");
    // A look begins nothing, and counts as well.
    for _ in 0..999 {
        assert_eq!(here().sends("HEAD", &path, &[], b"").await.status, 200);
    }
    asked(&scene.tile(&mut here(), "").await);
    assert_eq!(here().goes(&path).await.status, 429, "the restart was one of the thousand");
    let waits = scene.tile(&mut here(), "").await;
    assert_eq!(waits.status, 429, "{waits:?}");
    assert_eq!(scene.kernia.database().count("sign_ins"), 1);
    let mut elsewhere = scene.kernia.browser().comes_from("203.0.113.67");
    asked(&scene.tile(&mut elsewhere, "").await);
}

#[tokio::test]
async fn an_answer_without_a_request_to_a_request_of_the_application_is_told_as_such() {
    let scene = Scene::set(json!({})).await;
    let mut ada = scene.kernia.browser();
    let connection = scene.connection["id"].as_str().unwrap();
    let asked = ada.begins(&scene.app, &[("connection", connection)]).await;
    let answer = scene.tile(&mut ada, &asked.relay_state).await;
    scene.refused(&answer, "unsolicited", CIRCLE);
}

#[tokio::test]
async fn only_an_answer_in_order_is_begun_anew() {
    let scene = Scene::set(json!({})).await;
    let stranger = IdentityProvider::another();
    let unasked = |change: &dyn Fn(&mut crate::idp::Answer)| {
        let mut answer = scene.idp.unasked(&scene.connection, ADA, scene.kernia.clock.now());
        change(&mut answer);
        answer
    };
    let acs_url = scene.acs_url();
    for (code, response) in [
        ("signature_invalid", stranger.signs(&unasked(&|_| {}))),
        ("issuer", scene.idp.signs(&unasked(&|it| it.issuer = it.issuer.replace("acme", "other")))),
        (
            "recipient",
            scene
                .idp
                .signs(&unasked(&|it| it.subject = it.subject.replace(&acs_url, "https://a.test"))),
        ),
        (
            "in_response_to",
            scene.idp.signs(&unasked(&|it| it.in_response_to = " InResponseTo=\"_x\"".to_owned())),
        ),
    ] {
        let mut browser = scene.kernia.browser();
        let answer = browser.brings(&acs_url, &response, "").await;
        assert_eq!(answer.status, 400, "{code}: {answer:?}");
        assert_eq!(scene.log.line(answer.request_id(), "sign-in refused")["code"], code);
    }
    assert_eq!(scene.kernia.database().count("sign_ins"), 0);
}

#[tokio::test]
async fn without_an_application_to_go_on_to_it_ends_there() {
    let scene = Scene::set(json!({})).await;
    let clients = scene.app.posts("/kernia/v1/clients", json!({ "name": "None" })).await.is(201);
    assert!(clients["id"].is_string());
    // The only addresses of a fresh Kernia.
    let fresh = Kernia::start().await;
    let app = fresh.application();
    let organization = app.organization("acme.test").await;
    let connection = app.connection(&organization, &scene.idp).await;
    let answer = scene.idp.unasked(&connection, ADA, fresh.clock.now());
    let acs_url = connection["saml_options"]["acs_url"].as_str().unwrap();
    let answer = fresh.browser().brings(acs_url, &scene.idp.signs(&answer), "").await;
    scene.refused(&answer, "unsolicited", DASHBOARD);
}

#[tokio::test]
async fn a_provider_that_invents_requests_is_asked_anew_and_no_other_is() {
    for (kind, restarts) in [("RipplingSAML", true), ("OktaSAML", false)] {
        let scene = Scene::set(json!({})).await;
        let organization = scene.app.organization("rippling.test").await;
        let more = json!({ "connection_type": kind });
        let connection = scene.app.connection_with(&organization, &scene.idp, &more).await;
        let acs_url = connection["saml_options"]["acs_url"].as_str().unwrap();
        let invented = Asked { id: "_invented".to_owned(), ..Asked::unasked(&connection) };
        let response = scene.idp.vouches(&invented, ADA, scene.kernia.clock.now());
        let mut ada = scene.kernia.browser();
        let answer = ada.brings(acs_url, &response, "").await;
        if restarts {
            asked(&answer);
            // A request of ours, but of another browser, is no invention.
            let mut eve = scene.kernia.browser();
            let id = connection["id"].as_str().unwrap();
            let hers = eve.begins(&scene.app, &[("connection", id)]).await;
            let response = scene.idp.vouches(&hers, ADA, scene.kernia.clock.now());
            let stolen = ada.brings(acs_url, &response, "").await;
            scene.refused(&stolen, "in_response_to", "began in another browser");
            // And one circle is enough.
            let again = Asked { id: "_invented2".to_owned(), ..invented };
            let response = scene.idp.vouches(&again, ADA, scene.kernia.clock.now());
            let again = ada.brings(acs_url, &response, "").await;
            scene.refused(&again, "unsolicited", CIRCLE);
        } else {
            scene.refused(&answer, "in_response_to", "This sign-in has ended");
        }
    }
}

#[tokio::test]
async fn where_it_is_refused_the_application_is_told() {
    let scene = Scene::set(json!({ "idp_initiated": "refuse" })).await;
    let answer = scene.tile(&mut scene.kernia.browser(), "").await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.location().starts_with(Application::CALLBACK));
    let told = |name: &str| answer.leads_with(name);
    assert_eq!(told("error").as_deref(), Some("idp_initiated_sso_disabled"));
    assert_eq!(told("connection_id").as_deref(), scene.connection["id"].as_str());
    assert_eq!(told("organization_id").as_deref(), scene.connection["organization_id"].as_str());
    assert_eq!((told("code"), told("state")), (None, None));
    assert_eq!(scene.log.line(answer.request_id(), "sign-in refused")["code"], "unsolicited");
    for table in ["sign_ins", "profiles", "replay_ids"] {
        assert_eq!(scene.kernia.database().count(table), 0, "{table}");
    }
    // A forged one is not worth telling anybody.
    let forged = IdentityProvider::another().signs(&scene.idp.unasked(
        &scene.connection,
        ADA,
        scene.kernia.clock.now(),
    ));
    let answer = scene.kernia.browser().brings(&scene.acs_url(), &forged, "").await;
    scene.refused(&answer, "signature_invalid", "We could not sign you in");
}

#[tokio::test]
async fn the_domain_policy_holds_after_a_restart_too() {
    let scene = Scene::set(json!({})).await;
    let mut eve = scene.kernia.browser();
    let question = asked(&scene.tile(&mut eve, "").await);
    let response = scene.idp.vouches(&question, "eve@evil.test", scene.kernia.clock.now());
    let back = eve.returns(&question, &response).await;
    let error = "profile_not_allowed_outside_organization";
    assert_eq!(back.leads_with("error").as_deref(), Some(error));
}

#[tokio::test]
async fn a_restart_leaves_a_trace_that_says_so() {
    let scene = Scene::set(json!({})).await;
    asked(&scene.tile(&mut scene.kernia.browser(), "").await);
    let path =
        format!("/kernia/v1/connections/{}/traces", scene.connection["id"].as_str().unwrap());
    let traces = scene.app.gets(&path).await.is(200)["data"].clone();
    assert_eq!(traces.as_array().unwrap().len(), 1, "{traces}");
    assert_eq!((&traces[0]["outcome"], &traces[0]["code"]), (&json!("restarted"), &Value::Null));
}
