//! Who is sent where: every selector of `GET /sso/authorize` with its refusals, and addresses that
//! nobody is ever sent to.

use serde_json::{Value, json};

use crate::kernia::{Answer, Application, Asked, IdentityProvider, Kernia, from};

const ADA: &str = "ada@acme.test";

/// A Kernia with Acme, which owns `acme.test` and has one connection.
struct Scene {
    kernia: Kernia,
    app: Application,
    idp: IdentityProvider,
    connection: String,
    organization: String,
}

impl Scene {
    async fn set() -> Self {
        let kernia = Kernia::start().await;
        let (app, idp) = (kernia.application(), IdentityProvider::acme());
        let connection = app.is_ready_for(&idp).await;
        let found = app.gets(&format!("/connections/{connection}")).await.is(200);
        let organization = found["organization_id"].as_str().unwrap().to_owned();
        Self { kernia, app, idp, connection, organization }
    }

    async fn goes(&self, more: &[(&str, &str)]) -> Answer {
        self.kernia.browser().goes(&self.app.authorize(more)).await
    }

    /// The connection that somebody is sent through.
    fn through(&self, answer: &Answer) -> String {
        assert_eq!(answer.status, 302, "{}", answer.body);
        let asked = Asked::parse(answer.location());
        let found = self
            .kernia
            .database()
            .text("SELECT connection_id FROM sign_ins WHERE request_id = ?1", &asked.id);
        found.unwrap()
    }

    /// The application is told no, with its state.
    fn told(answer: &Answer, error: &str) {
        assert_eq!(answer.status, 302, "{}", answer.body);
        assert!(answer.location().starts_with(&format!("{}?", Application::CALLBACK)));
        assert_eq!(answer.leads_with("error").as_deref(), Some(error), "{}", answer.location());
        assert!(answer.leads_with("error_description").is_some());
        assert_eq!(answer.leads_with("state").as_deref(), Some("mine"));
        assert_eq!(answer.leads_with("code"), None);
    }

    async fn second_connection(&self, name: &str) -> String {
        let more = json!({ "name": name });
        let made = self.app.connection_with(&self.organization, &self.idp, &more).await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// Somebody has signed in through it, so that it is active.
    async fn signs_in(&self, connection: &str) {
        let mut ada = self.kernia.browser();
        let asked = ada.begins(&self.app, &[("connection", connection)]).await;
        let back =
            ada.returns(&asked, &self.idp.vouches(&asked, ADA, self.kernia.clock.now())).await;
        assert_eq!(back.status, 303, "{}", back.body);
    }
}

#[tokio::test]
async fn every_selector_leads_to_the_connection() {
    let scene = Scene::set().await;
    let selectors = [
        ("connection", scene.connection.as_str()),
        ("organization", &scene.organization),
        ("domain", "acme.test"),
        ("domain", "ACME.Test."),
        ("domain_hint", "acme.test"),
        ("login_hint", ADA),
        ("login_hint", "Somebody.Else+x@ACME.TEST"),
    ];
    for selector in selectors {
        let answer = scene.goes(&[selector]).await;
        assert_eq!(scene.through(&answer), scene.connection, "{selector:?}");
    }
    let authkit = scene.goes(&[("provider", "authkit"), ("login_hint", ADA)]).await;
    assert_eq!(scene.through(&authkit), scene.connection);
    // The one that the application is surest of.
    let hints = [("domain_hint", "acme.test"), ("login_hint", "eve@nobody.test")];
    assert_eq!(scene.through(&scene.goes(&hints).await), scene.connection);
}

#[tokio::test]
async fn hints_go_on_to_the_provider_whoever_was_selected() {
    let scene = Scene::set().await;
    let entra = json!({ "connection_type": "AzureSAML" });
    let entra = scene.app.connection_with(&scene.organization, &scene.idp, &entra).await;
    let entra = entra["id"].as_str().unwrap();
    let hints = [("domain_hint", "acme.test"), ("login_hint", "ada@elsewhere.test")];
    let answer = scene.goes(&[("connection", entra), hints[0], hints[1]]).await;
    assert_eq!(from(answer.location(), "whr").as_deref(), Some("acme.test"));
    assert_eq!(from(answer.location(), "login_hint").as_deref(), Some("ada@elsewhere.test"));
    // A hint never overrules what was selected.
    let other = scene.app.organization("other.test").await;
    let other = scene.app.connection(&other, &scene.idp).await["id"].as_str().unwrap().to_owned();
    let answer = scene.goes(&[("connection", &other), ("login_hint", ADA)]).await;
    assert_eq!(scene.through(&answer), other);
}

#[tokio::test]
async fn what_leads_nowhere_is_told_to_the_application() {
    let scene = Scene::set().await;
    let app = &scene.app;
    let empty = app.organization("empty.test").await;
    let off = app.organization("off.test").await;
    let switched = app.connection(&off, &scene.idp).await["id"].as_str().unwrap().to_owned();
    let state = json!({ "state": "inactive" });
    app.patches(&format!("/connections/{switched}"), state).await.is(200);
    let pending = json!({ "name": "Pending",
        "domain_data": [{ "domain": "pending.test", "state": "pending" }] });
    let pending = app.posts("/organizations", pending).await.is(201);
    app.connection(pending["id"].as_str().unwrap(), &scene.idp).await;
    let before = scene.kernia.database().contents();
    let long = "x".repeat(3000);
    for (selector, value, error) in [
        ("connection", "conn_nobody", "connection_invalid"),
        ("connection", "a b", "connection_invalid"),
        ("connection", &long, "connection_invalid"),
        ("connection", &switched, "connection_unlinked"),
        ("organization", "org_nobody", "organization_invalid"),
        ("organization", "../../etc", "organization_invalid"),
        ("organization", &empty, "organization_invalid"),
        ("organization", &off, "organization_invalid"),
        ("domain", "nobody.test", "connection_domain_invalid"),
        ("domain", "sub.acme.test", "connection_domain_invalid"),
        ("domain", "acme.test.evil.test", "connection_domain_invalid"),
        ("domain", "pending.test", "connection_domain_invalid"),
        ("domain", "empty.test", "connection_domain_invalid"),
        ("domain", "off.test", "connection_domain_invalid"),
        ("domain", "no domain", "connection_domain_invalid"),
        ("domain", &long, "connection_domain_invalid"),
        ("provider", "GoogleOAuth", "connection_strategy_invalid"),
        ("provider", "AuthKit", "connection_strategy_invalid"),
    ] {
        let answer = scene.goes(&[(selector, value), ("state", "mine")]).await;
        Scene::told(&answer, error);
    }
    for two in [
        [("connection", scene.connection.as_str()), ("organization", &scene.organization)],
        [("provider", "authkit"), ("domain", "acme.test")],
        [("domain", "acme.test"), ("organization", &scene.organization)],
    ] {
        let answer = scene.goes(&[two[0], two[1], ("state", "mine")]).await;
        Scene::told(&answer, "ambiguous_connection_selector");
    }
    assert_eq!(scene.kernia.database().contents(), before, "a refused request wrote something");
}

#[tokio::test]
async fn where_only_the_person_can_tell_our_page_asks() {
    let scene = Scene::set().await;
    scene.second_connection("Acme, the other one").await;
    let before = scene.kernia.database().contents();
    for more in [
        vec![],
        vec![("provider", "authkit")],
        vec![("organization", "")],
        vec![("login_hint", "eve@nobody.test")],
        vec![("login_hint", "not an address")],
        vec![("domain_hint", "nobody.test")],
        vec![("organization", scene.organization.as_str())],
        vec![("domain", "acme.test")],
        vec![("login_hint", ADA)],
    ] {
        let more = [more, vec![("state", "a&b=c d")]].concat();
        let answer = scene.goes(&more).await;
        assert_eq!(answer.status, 302, "{more:?}: {}", answer.body);
        let asks = format!("{}/login?", scene.kernia.base());
        assert!(answer.location().starts_with(&asks), "{more:?}: {}", answer.location());
        assert_eq!(answer.leads_with("state").as_deref(), Some("a&b=c d"));
    }
    assert_eq!(scene.kernia.database().contents(), before, "a question began something");
}

#[tokio::test]
async fn one_that_is_being_set_up_is_no_choice_beside_one_that_works() {
    let scene = Scene::set().await;
    let second = scene.second_connection("Second").await;
    scene.signs_in(&scene.connection).await;
    let selector = [("organization", scene.organization.as_str())];
    assert_eq!(scene.through(&scene.goes(&selector).await), scene.connection);
    scene.signs_in(&second).await;
    let answer = scene.goes(&selector).await;
    assert!(answer.location().contains("/login?"), "{}", answer.location());
    let state = json!({ "state": "inactive" });
    let path = format!("/connections/{}", scene.connection);
    scene.app.patches(&path, state).await.is(200);
    assert_eq!(scene.through(&scene.goes(&selector).await), second);
}

#[tokio::test]
async fn whoever_is_looked_at_begins_nothing() {
    let scene = Scene::set().await;
    let before = scene.kernia.database().contents();
    for path in [
        scene.app.authorize(&[("connection", &scene.connection)]),
        scene.app.authorize(&[]),
        scene.app.authorize(&[]).replace("/sso/authorize", "/login"),
        format!("{}&another=yes", scene.app.authorize(&[]).replace("/sso/authorize", "/login")),
    ] {
        let answer = scene.kernia.anonymous("HEAD", &path).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (200, None), "{path}");
    }
    assert_eq!(scene.kernia.database().contents(), before);
}

/// What somebody who wants the code for themselves tries in place of the address that is listed.
const ELSEWHERE: &[&str] = &[
    "https://evil.test/callback",
    "//evil.test/callback",
    "https:evil.test",
    "https://app.example.com.evil.test/callback",
    "https://app.example.com@evil.test/callback",
    "https://app.example.com:pw@evil.test/callback",
    "https://evil.test\\@app.example.com/callback",
    "https://evil.test#@app.example.com/callback",
    "https://app.example.com/callback#code",
    "https://app.example.com/callback?",
    "https://app.example.com/callback?next=https://evil.test",
    "https://app.example.com/Callback",
    "https://app.example.com/callback/",
    "https://app.example.com//callback",
    "https://app.example.com/callback/../evil",
    "https://app.example.com/callback/%2e%2e/evil",
    "https://app.example.com/callback%2f..%2fevil",
    "https://app.example.com/callback;evil",
    "https://app.example.com/call%62ack",
    "https://app.example.com:8443/callback",
    "https://app.example.com.:443/callback",
    "http://app.example.com/callback",
    "https://*.example.com/callback",
    "https://app.example.com/callback%0d%0aset-cookie:a=b",
    "https://app.example.com/callback\r\nlocation: https://evil.test",
    "https://app.example.com/callback\t",
    " https://app.example.com/callback",
    "https://app.example.com/callback\u{0}",
    "https://app.ex\u{430}mple.com/callback",
    "javascript:alert(1)",
    "data:text/html,hello",
    "",
];

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_only_looks_like_the_listed_one() {
    let scene = Scene::set().await;
    let before = scene.kernia.database().contents();
    let connection = [("connection", scene.connection.as_str())];
    for redirect_uri in ELSEWHERE {
        for more in [&connection[..], &[("domain", "nobody.test")], &[]] {
            let more = [more, &[("redirect_uri", *redirect_uri), ("state", "s")]].concat();
            let path = scene.app.authorize(&more);
            for path in [path.replace("/sso/authorize", "/login"), path] {
                let answer = scene.kernia.browser().goes(&path).await;
                assert_eq!(answer.status, 400, "{path}: {answer:?}");
                assert!(answer.header("location").is_none(), "{path}: {answer:?}");
                assert!(answer.header("set-cookie").is_none(), "{path}: {answer:?}");
                assert!(!answer.body.contains("evil.test"), "{path}: {}", answer.body);
            }
        }
    }
    // The scheme and the host are the same in any case (RFC 3986 §6.2.2.1).
    for same in ["HTTPS://APP.example.com/callback", "https://app.example.com:443/callback"] {
        let answer = scene.goes(&[connection[0], ("redirect_uri", same)]).await;
        assert_eq!(scene.through(&answer), scene.connection);
    }
    let twice = format!("{}&redirect_uri=https://evil.test/", scene.app.authorize(&connection));
    let answer = scene.kernia.browser().goes(&twice).await;
    assert_eq!((answer.status, answer.header("location")), (400, None));
    assert_eq!(before["redirect_uris"], scene.kernia.database().contents()["redirect_uris"]);
}

#[tokio::test]
async fn a_profile_from_outside_is_refused_although_the_domain_led_there() {
    let scene = Scene::set().await;
    let mut eve = scene.kernia.browser();
    let asked = eve.begins(&scene.app, &[("domain", "acme.test"), ("state", "mine")]).await;
    let now = scene.kernia.clock.now();
    let back = eve.returns(&asked, &scene.idp.vouches(&asked, "eve@elsewhere.test", now)).await;
    let code = "profile_not_allowed_outside_organization";
    assert_eq!(back.status, 303, "{}", back.body);
    assert_eq!(back.leads_with("error").as_deref(), Some(code));
    assert_eq!(back.leads_with("state").as_deref(), Some("mine"));
    let traces = |connection: String| async move {
        let path = format!("/kernia/v1/connections/{connection}/traces");
        scene.app.gets(&path).await.is(200)["data"].clone()
    };
    let told: Value = traces(scene.connection.clone()).await;
    assert_eq!((&told[0]["outcome"], &told[0]["code"]), (&json!("failed"), &json!(code)), "{told}");
    assert!(told[0].to_string().contains("elsewhere.test"), "{}", told[0]);
}
