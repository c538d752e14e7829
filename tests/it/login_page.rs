//! The page that asks where somebody signs in: what it asks, where it leads, what the browser
//! remembers of it, and who may not send its form.

use std::{fs, os::unix::fs::PermissionsExt};

use kernia::{config::Config, kit::network::Network};
use serde_json::json;

use crate::kernia::{
    Answer, Application, Asked, Browser, IdentityProvider, Kernia, from, hidden_fields,
};

const ADA: &str = "ada@acme.test";
const NOT_SET_UP: &str = "No company sign-in is set up for";

/// A Kernia with Acme, which owns `acme.test`; a proxy in front says where browsers come from.
struct Scene {
    kernia: Kernia,
    app: Application,
    idp: IdentityProvider,
    connection: String,
    organization: String,
}

impl Scene {
    async fn set() -> Self {
        let kernia = Kernia::start_with(|config| {
            config.server.trusted_proxies = vec![Network::parse("127.0.0.0/8").unwrap()];
        });
        let kernia = kernia.await;
        let (app, idp) = (kernia.application(), IdentityProvider::acme());
        let connection = app.is_ready_for(&idp).await;
        let found = app.gets(&format!("/connections/{connection}")).await.is(200);
        let organization = found["organization_id"].as_str().unwrap().to_owned();
        Self { kernia, app, idp, connection, organization }
    }

    /// A second connection of Acme's, by this name.
    async fn another_connection(&self, more: serde_json::Value) -> String {
        let made = self.app.connection_with(&self.organization, &self.idp, &more).await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// The page, in this browser, as the application's request leads to it.
    async fn opens(&self, browser: &mut Browser, more: &[(&str, &str)]) -> Answer {
        let answer = browser.goes(&self.app.authorize(more)).await;
        assert_eq!(answer.status, 302, "{}", answer.body);
        let page = browser.goes(&browser.path_of(answer.location())).await;
        is_a_form(&page, 200);
        page
    }

    /// Follows our own redirect and tells whom the provider is asked about.
    async fn asked(&self, browser: &mut Browser, answer: &Answer) -> Asked {
        assert_eq!(answer.status, 303, "{}", answer.body);
        let onward = browser.goes(&browser.path_of(answer.location())).await;
        assert_eq!(onward.status, 302, "{}", onward.body);
        Asked::parse(onward.location())
    }

    fn through(&self, asked: &Asked) -> String {
        let sql = "SELECT connection_id FROM sign_ins WHERE request_id = ?1";
        self.kernia.database().text(sql, &asked.id).unwrap()
    }
}

fn is_a_form(page: &Answer, status: u16) {
    assert_eq!(page.status, status, "{page:?}");
    assert!(page.body.contains("<form"), "{}", page.body);
    assert_eq!(page.header("location"), None);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
}

/// Sends the page's form with this beside what it carries.
async fn answers(browser: &mut Browser, page: &Answer, more: &[(&str, &str)]) -> Answer {
    answers_from(browser, page, more, &[]).await
}

async fn answers_from(
    browser: &mut Browser,
    page: &Answer,
    more: &[(&str, &str)],
    headers: &[(&str, &str)],
) -> Answer {
    let (action, fields) = hidden_fields(&page.body);
    let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let body = crate::kernia::encoded(&[&fields, more].concat());
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let headers = [&form[..], headers].concat();
    browser.sends("POST", &browser.path_of(&action), &headers, body.as_bytes()).await
}

/// The buttons of a choice: which connection, and whether it stands first.
fn choices(page: &Answer) -> Vec<String> {
    page.body
        .split("name=\"chosen\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn an_address_leads_to_the_company_and_back_to_the_application() {
    let scene = Scene::set().await;
    let mut ada = scene.kernia.browser();
    let state = "ünï \"<b>' &=#% +";
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let more = [
        ("provider", "authkit"),
        ("state", state),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        ("prompt", "login"),
    ];
    let page = scene.opens(&mut ada, &more).await;
    assert!(page.body.contains("Sign in to Acme Analytics"), "{}", page.body);
    let before = scene.kernia.database().count("sign_ins");
    let answer = answers(&mut ada, &page, &[("email", &format!(" {ADA} "))]).await;
    assert_eq!(scene.kernia.database().count("sign_ins"), before, "the page begins nothing");
    let asked = scene.asked(&mut ada, &answer).await;
    assert_eq!(from(&asked.location, "login_hint").as_deref(), Some(ADA));
    assert!(asked.xml.contains("ForceAuthn=\"true\""), "{}", asked.xml);
    let back = ada.returns(&asked, &scene.idp.vouches(&asked, ADA, scene.kernia.clock.now())).await;
    assert_eq!(back.leads_with("state").as_deref(), Some(state), "{}", back.location());
    let code = back.leads_with("code").unwrap();
    let verifier = [("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")];
    scene.app.offers(&code, &[]).await.code(400);
    let again = scene.opens(&mut ada.another(), &more).await;
    assert!(!again.body.contains(ADA), "another browser knows nothing");
    let mut ada = scene.kernia.browser();
    let page = scene.opens(&mut ada, &more).await;
    let answer = answers(&mut ada, &page, &[("email", ADA)]).await;
    let asked = scene.asked(&mut ada, &answer).await;
    let back = ada.returns(&asked, &scene.idp.vouches(&asked, ADA, scene.kernia.clock.now())).await;
    let code = back.leads_with("code").unwrap();
    scene.app.offers(&code, &verifier).await.is(200);
}

#[tokio::test]
async fn a_domain_that_nobody_has_proved_is_told_in_the_same_words_whoever_asks() {
    let scene = Scene::set().await;
    let pending = json!({ "name": "Pending",
        "domain_data": [{ "domain": "pending.test", "state": "pending" }] });
    scene.app.posts("/organizations", pending).await.is(201);
    scene.app.organization("empty.test").await;
    let before = scene.kernia.database().contents();
    let mut pages = Vec::new();
    for domain in ["nobody.test", "pending.test", "empty.test", "sub.acme.test"] {
        let mut eve = scene.kernia.browser();
        let page = scene.opens(&mut eve, &[("state", "s")]).await;
        let answer = answers(&mut eve, &page, &[("email", &format!("eve@{domain}"))]).await;
        is_a_form(&answer, 400);
        assert!(answer.body.contains(&format!("{NOT_SET_UP} {domain}.")), "{}", answer.body);
        assert!(answer.body.contains(&format!("value=\"eve@{domain}\"")), "what was typed stays");
        let token = hidden_fields(&answer.body).1.pop().unwrap().1;
        pages.push(answer.body.replace(domain, "DOMAIN").replace(&token, "TOKEN"));
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "{pages:?}");
    assert_eq!(scene.kernia.database().contents(), before);
}

#[tokio::test]
async fn who_has_signed_in_before_makes_no_difference() {
    let scene = Scene::set().await;
    let mut ada = scene.kernia.browser();
    let asked = ada.begins(&scene.app, &[("connection", &scene.connection)]).await;
    ada.returns(&asked, &scene.idp.vouches(&asked, ADA, scene.kernia.clock.now())).await;
    for who in [ADA, "nobody@acme.test"] {
        let mut eve = scene.kernia.browser();
        let page = scene.opens(&mut eve, &[]).await;
        let answer = answers(&mut eve, &page, &[("email", who)]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let through = answer.location().replace(&crate::kernia::encoded(&[("", who)])[1..], "WHO");
        let expected = format!("connection={}", scene.connection);
        assert!(through.ends_with(&format!("login_hint=WHO&{expected}")), "{through}");
    }
}

#[tokio::test]
async fn what_is_no_address_is_asked_for_again() {
    let scene = Scene::set().await;
    let mut ada = scene.kernia.browser();
    let page = scene.opens(&mut ada, &[]).await;
    let long = format!("{}@acme.test", "a".repeat(20_000));
    for nonsense in
        ["", "ada", "ada@", "@acme.test", "a b@acme.test", "<script>@\"", &long, "ada@acme"]
    {
        let answer = answers(&mut ada, &page, &[("email", nonsense)]).await;
        is_a_form(&answer, 400);
        assert!(answer.body.contains("Enter your work email in full"), "{}", answer.body);
        assert!(!answer.body.contains("<script>"), "{}", answer.body);
    }
    let nothing = answers(&mut ada, &page, &[]).await;
    is_a_form(&nothing, 400);
    let more = "x".repeat(70 * 1024);
    assert_eq!(answers(&mut ada, &page, &[("email", &more)]).await.status, 413);
    let many = vec![("a", "b"); 1001];
    assert_eq!(answers(&mut ada, &page, &many).await.status, 400);
    assert_eq!(scene.kernia.database().count("sign_ins"), 0);
    // A domain in letters of any kind is one domain.
    scene.app.organization("xn--bcher-kva.test").await;
    let answer = answers(&mut ada, &page, &[("email", "eva@BÜCHER.test")]).await;
    assert!(answer.body.contains("xn--bcher-kva.test."), "{}", answer.body);
}

#[tokio::test]
async fn the_form_is_taken_from_our_own_page_alone() {
    let scene = Scene::set().await;
    let mut ada = scene.kernia.browser();
    let page = scene.opens(&mut ada, &[]).await;
    let email = [("email", ADA)];
    for foreign in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.test"),
    ] {
        let answer = answers_from(&mut ada, &page, &email, &[foreign]).await;
        assert_eq!((answer.status, answer.header("location")), (403, None), "{foreign:?}");
        assert_eq!(answer.header("set-cookie"), None, "{foreign:?}");
        assert!(answer.body.contains("Please start at the application"), "{}", answer.body);
    }
    // A browser that says nothing is known by its cookie: the page comes again, filled in.
    let mut eve = ada.another();
    let answer = answers(&mut eve, &page, &email).await;
    is_a_form(&answer, 400);
    assert!(answer.body.contains("This page had waited for too long"), "{}", answer.body);
    assert!(answer.body.contains(&format!("value=\"{ADA}\"")), "{}", answer.body);
    assert!(!eve.cookies().iter().any(|(name, _)| name.contains("last")), "nothing is remembered");
    assert_eq!(answers(&mut eve, &answer, &email).await.status, 303, "and then it is taken");
    for own in [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none"), ("origin", "null")] {
        let answer = answers_from(&mut ada, &page, &email, &[own]).await;
        assert_eq!(answer.status, 303, "{own:?}");
    }
    let json = [("content-type", "application/json")];
    let answer = ada.sends("POST", "/login", &json, b"{}").await;
    assert_eq!((answer.status, answer.header("location")), (403, None));
}

#[tokio::test]
async fn a_form_whose_client_or_address_was_changed_leads_nowhere() {
    let scene = Scene::set().await;
    let mut ada = scene.kernia.browser();
    let page = scene.opens(&mut ada, &[("state", "s")]).await;
    let (action, fields) = hidden_fields(&page.body);
    for (name, value) in [
        ("redirect_uri", "https://evil.test/callback"),
        ("redirect_uri", ""),
        ("client_id", "client_nobody"),
        ("client_id", ""),
        ("door", "trap"),
    ] {
        let mut fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        fields.retain(|(key, _)| *key != name);
        fields.extend([(name, value), ("email", ADA)]);
        let answer = ada.posts(&action, &fields).await;
        assert_eq!((answer.status, answer.header("location")), (400, None), "{name}={value}");
        fields.push((name, value));
        let twice = ada.posts(&action, &fields).await;
        assert_eq!((twice.status, twice.header("location")), (400, None), "{name}={value}");
    }
}

#[tokio::test]
async fn who_does_not_want_to_sign_in_goes_back_to_the_application() {
    let scene = Scene::set().await;
    let page = scene.opens(&mut scene.kernia.browser(), &[("state", "a&b \"c\"")]).await;
    let (_, rest) = page.body.split_once("class=\"beneath\"").unwrap();
    let href = rest.split('"').nth(1).unwrap().replace("&#38;", "&");
    assert!(href.starts_with(Application::CALLBACK), "{href}");
    assert_eq!(from(&href, "error").as_deref(), Some("access_denied"));
    assert_eq!(from(&href, "state").as_deref(), Some("a&b \"c\""));
}

#[tokio::test]
async fn the_last_address_is_offered_until_another_is_wanted() {
    let scene = Scene::set().await;
    let mut ada = scene.kernia.browser();
    let page = scene.opens(&mut ada, &[]).await;
    let answer = answers(&mut ada, &page, &[("email", ADA)]).await;
    let set = answer.header("set-cookie").unwrap();
    assert!(set.contains("kernia_last") && set.contains("; HttpOnly; SameSite=Lax"), "{set}");
    assert!(set.contains(&format!("Max-Age={}", 365 * 24 * 3600)), "{set}");
    let page = scene.opens(&mut ada, &[("state", "s")]).await;
    assert!(page.body.contains("Continue as") && page.body.contains(ADA), "{}", page.body);
    assert!(!page.body.contains("id=\"email\""), "nothing is typed twice");
    let asked = {
        let answer = answers(&mut ada, &page, &[("email", ADA)]).await;
        scene.asked(&mut ada, &answer).await
    };
    assert_eq!(scene.through(&asked), scene.connection);
    // What the application expects is asked about, not what was typed the last time.
    let page = scene.opens(&mut ada, &[("login_hint", "eve@nobody.test")]).await;
    assert!(!page.body.contains(ADA) && page.body.contains("value=\"eve@nobody.test\""));
    // Another address: asked about at once, and the old one is forgotten.
    let page = scene.opens(&mut ada, &[("state", "s")]).await;
    let (before, _) = page.body.split_once("\">Use another address").unwrap();
    let href = before.rsplit('"').next().unwrap().replace("&#38;", "&");
    let page = ada.goes(&ada.path_of(&href)).await;
    is_a_form(&page, 200);
    assert!(page.body.contains("id=\"email\"") && !page.body.contains(ADA), "{}", page.body);
    assert_eq!(from(&href, "state").as_deref(), Some("s"));
    let page = scene.opens(&mut ada, &[]).await;
    assert!(page.body.contains("id=\"email\"") && !page.body.contains(ADA), "{}", page.body);
    // An address whose domain leads nowhere any more is forgotten as well.
    let page = scene.opens(&mut ada, &[]).await;
    answers(&mut ada, &page, &[("email", ADA)]).await;
    scene.app.deletes(&format!("/connections/{}", scene.connection)).await;
    let page = scene.opens(&mut ada, &[]).await;
    let answer = answers(&mut ada, &page, &[("email", ADA)]).await;
    is_a_form(&answer, 400);
    assert!(answer.body.contains(NOT_SET_UP), "{}", answer.body);
    let page = scene.opens(&mut ada, &[]).await;
    assert!(!page.body.contains(ADA), "{}", page.body);
}

#[tokio::test]
async fn several_connections_are_a_choice_that_is_remembered() {
    let scene = Scene::set().await;
    let second = json!({ "name": "Acme <Berlin>", "connection_type": "OktaSAML" });
    let second = scene.another_connection(second).await;
    let mut ada = scene.kernia.browser();
    let by_organization = [("organization", scene.organization.as_str()), ("state", "s")];
    let page = scene.opens(&mut ada, &by_organization).await;
    assert_eq!(choices(&page), [scene.connection.as_str(), &second]);
    assert!(page.body.contains("Acme &#60;Berlin&#62;"), "{}", page.body);
    assert!(page.body.contains("Okta · idp.acme.test"), "{}", page.body);
    assert!(!page.body.contains("Use another address"), "the application wants this company");
    let asked = {
        let answer = answers(&mut ada, &page, &[("chosen", &second)]).await;
        scene.asked(&mut ada, &answer).await
    };
    assert_eq!(scene.through(&asked), second);
    let back = ada.returns(&asked, &scene.idp.vouches(&asked, ADA, scene.kernia.clock.now())).await;
    assert_eq!(back.leads_with("state").as_deref(), Some("s"));
    scene.app.patches(&format!("/connections/{second}"), json!({ "state": "inactive" })).await;
    scene.app.patches(&format!("/connections/{second}"), json!({ "state": "active" })).await;
    // Both must be active again for a choice.
    let mut eve = scene.kernia.browser();
    let asked = eve.begins(&scene.app, &[("connection", &scene.connection)]).await;
    eve.returns(&asked, &scene.idp.vouches(&asked, ADA, scene.kernia.clock.now())).await;
    let page = scene.opens(&mut ada, &by_organization).await;
    assert_eq!(choices(&page), [second.as_str(), &scene.connection]);
    assert!(page.body.contains("last used"), "{}", page.body);
    // By the address as well, where there may be another.
    let page = scene.opens(&mut ada, &[]).await;
    let page = answers(&mut ada, &page, &[("email", ADA)]).await;
    is_a_form(&page, 200);
    assert_eq!(choices(&page), [second.as_str(), &scene.connection]);
    assert!(page.body.contains(ADA) && page.body.contains("Use another address"), "{}", page.body);
    let answer = answers(&mut ada, &page, &[("chosen", &scene.connection)]).await;
    let asked = scene.asked(&mut ada, &answer).await;
    assert_eq!(scene.through(&asked), scene.connection);
    assert_eq!(from(&asked.location, "login_hint").as_deref(), Some(ADA));
    // A browser that never chose sees them in their order.
    let page = scene.opens(&mut scene.kernia.browser(), &by_organization).await;
    assert_eq!(choices(&page), [scene.connection.as_str(), &second]);
}

#[tokio::test]
async fn a_choice_that_is_gone_is_forgotten_calmly() {
    let scene = Scene::set().await;
    let second = scene.another_connection(json!({ "name": "Second" })).await;
    let third = scene.another_connection(json!({ "name": "Third" })).await;
    let mut ada = scene.kernia.browser();
    let by_organization = [("organization", scene.organization.as_str())];
    let page = scene.opens(&mut ada, &by_organization).await;
    assert_eq!(answers(&mut ada, &page, &[("chosen", &third)]).await.status, 303);
    let late = scene.opens(&mut ada, &by_organization).await;
    assert_eq!(choices(&late)[0], third);
    scene.app.deletes(&format!("/connections/{third}")).await;
    let page = scene.opens(&mut ada, &by_organization).await;
    assert_eq!(choices(&page), [scene.connection.as_str(), &second]);
    assert!(!page.body.contains("last used"), "{}", page.body);
    // A page that was open meanwhile still offers it.
    let answer = answers(&mut ada, &late, &[("chosen", &third)]).await;
    is_a_form(&answer, 400);
    assert_eq!(choices(&answer), [scene.connection.as_str(), &second]);
    assert!(answer.body.contains("is not there any more"), "{}", answer.body);
    for nonsense in ["", "conn_nobody", "a b", "<script>"] {
        let answer = answers(&mut ada, &page, &[("chosen", nonsense)]).await;
        is_a_form(&answer, 400);
        assert!(!answer.body.contains("<script>"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_cookie_that_is_nonsense_is_no_cookie() {
    let scene = Scene::set().await;
    let path = scene.app.authorize(&[]).replace("/sso/authorize", "/login");
    let port = scene.kernia.address.port();
    let long = "x".repeat(8000);
    for value in ["", "////", "PGI-", "Z2FyYmFnZQ", &long] {
        let cookie = format!("kernia_last_{port}={value}; kernia_browser_{port}={value}");
        let mut browser = scene.kernia.browser();
        let page = browser.sends("GET", &path, &[("cookie", &cookie)], b"").await;
        is_a_form(&page, 200);
        assert!(page.body.contains("id=\"email\""), "{}", page.body);
    }
}

#[tokio::test]
async fn tenants_are_apart() {
    let scene = Scene::set().await;
    let second = scene.another_connection(json!({ "name": "Acme, second" })).await;
    let other = scene.app.organization("other.test").await;
    let theirs = scene.app.connection_with(&other, &scene.idp, &json!({ "name": "Theirs" })).await;
    let more = json!({ "name": "Theirs, second" });
    scene.app.connection_with(&other, &scene.idp, &more).await;
    let mut ada = scene.kernia.browser();
    let page = scene.opens(&mut ada, &[("organization", &scene.organization)]).await;
    assert!(!page.body.contains("Theirs"), "{}", page.body);
    answers(&mut ada, &page, &[("chosen", &second)]).await;
    let page = scene.opens(&mut ada, &[("organization", &other)]).await;
    assert!(!page.body.contains("Acme, second") && !page.body.contains("last used"));
    assert_eq!(choices(&page)[0], theirs["id"].as_str().unwrap());
}

#[tokio::test]
async fn whoever_tries_one_domain_after_the_other_is_made_to_wait() {
    let scene = Scene::set().await;
    let mut eve = scene.kernia.browser().comes_from("203.0.113.9");
    let page = scene.opens(&mut eve, &[]).await;
    let mut refused = 0;
    for nth in 0..310 {
        let answer = answers(&mut eve, &page, &[("email", &format!("a@domain{nth}.test"))]).await;
        match answer.status {
            400 => {}
            429 => {
                refused += 1;
                assert!(answer.body.contains("Please wait a moment"), "{}", answer.body);
                assert!(answer.header("retry-after").is_some());
            }
            other => panic!("{other}: {}", answer.body),
        }
    }
    assert_eq!(refused, 10);
    // Everybody else goes on.
    let mut ada = scene.kernia.browser().comes_from("203.0.113.10");
    let page = scene.opens(&mut ada, &[]).await;
    assert_eq!(answers(&mut ada, &page, &[("email", ADA)]).await.status, 303);
}

#[tokio::test]
async fn the_page_opened_by_itself_leads_back_to_the_application() {
    let scene = Scene::set().await;
    let answer = scene.kernia.browser().goes("/login").await;
    assert_eq!((answer.status, answer.header("location")), (400, None));
    assert!(answer.body.contains("Please start at the application"), "{}", answer.body);
    // A request that can be answered right away is.
    let path = scene.app.authorize(&[("login_hint", ADA)]).replace("/sso/authorize", "/login");
    let mut ada = scene.kernia.browser();
    let answer = ada.goes(&path).await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    let answer = ada.goes(&ada.path_of(answer.location())).await;
    assert_eq!(scene.through(&Asked::parse(answer.location())), scene.connection);
    let path = scene.app.authorize(&[("organization", "org_nobody"), ("state", "s")]);
    let answer = ada.goes(&path.replace("/sso/authorize", "/login")).await;
    // The door says no.
    let answer = ada.goes(&ada.path_of(answer.location())).await;
    assert_eq!(answer.leads_with("error").as_deref(), Some("organization_invalid"));
    assert_eq!(answer.leads_with("state").as_deref(), Some("s"));
}

/// A configuration that knows two providers for everybody.
fn providers(config: &mut Config) {
    let folder = config.store.path.parent().unwrap().to_owned();
    let secret = folder.join("secret");
    fs::write(&secret, "hush").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let file = folder.join("providers.toml");
    let text = "[google_oauth]\nclient_id = \"at-google\"\nclient_secret_file = \"secret\"\n\
                [github_oauth]\nclient_id = \"at-github\"\nclient_secret_file = \"secret\"\n";
    fs::write(&file, text).unwrap();
    let read = Config::load(Some(&file), []).unwrap_or_else(|told| panic!("{told}")).config;
    config.google_oauth = read.google_oauth;
    config.github_oauth = read.github_oauth;
}

#[tokio::test]
async fn providers_for_everybody_are_offered_beside_the_address() {
    let mut scene = Scene::set().await;
    let mut ada = scene.kernia.browser();
    let page = scene.opens(&mut ada, &[]).await;
    assert!(choices(&page).is_empty() && !page.body.contains("class=\"or\""), "{}", page.body);
    scene.kernia.changes(providers).await;
    let page = scene.opens(&mut ada, &[]).await;
    let offered = choices(&page);
    assert_eq!(offered.len(), 2, "{}", page.body);
    let (github, google) = (page.body.find("Continue with GitHub"), page.body.find("with Google"));
    assert!(github.is_some() && github < google, "{}", page.body);
    let answer = answers(&mut ada, &page, &[("chosen", &offered[1])]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.location().contains("/sso/authorize?"), "{}", answer.location());
    assert_eq!(answer.leads_with("connection").as_deref(), Some(offered[1].as_str()));
    let page = scene.opens(&mut ada, &[]).await;
    assert_eq!(choices(&page), [offered[1].as_str(), &offered[0]]);
    assert!(page.body.contains("last used"), "{}", page.body);
    // Beside what is wrong with an address as well, but not beside a company's own ways.
    let told = answers(&mut ada, &page, &[("email", "eve@nobody.test")]).await;
    assert_eq!(choices(&told).len(), 2, "{}", told.body);
    scene.another_connection(json!({ "name": "Second" })).await;
    let page = scene.opens(&mut ada, &[("organization", &scene.organization)]).await;
    assert!(!choices(&page).contains(&offered[0]), "{}", page.body);
    let wrong = scene.app.authorize(&[("provider", "AppleOAuth"), ("state", "s")]);
    let answer = ada.goes(&wrong).await;
    assert_eq!(answer.leads_with("error").as_deref(), Some("connection_strategy_invalid"));
    // One that is taken out of the configuration is gone from the page.
    scene.kernia.changes(|config| config.github_oauth = Config::default().github_oauth).await;
    let page = scene.opens(&mut ada, &[]).await;
    assert_eq!(choices(&page), [offered[1].as_str()]);
    let gone = scene.app.authorize(&[("provider", "GitHubOAuth")]);
    let answer = ada.goes(&gone).await;
    assert_eq!(answer.leads_with("error").as_deref(), Some("connection_strategy_invalid"));
}
