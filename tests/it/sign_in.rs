//! An employee signs in: through Kernia to the company's identity provider, and back.

use std::time::Duration;

use serde_json::{Value, json};

use crate::kernia::{Answer, Application, Asked, Browser, IdentityProvider, Kernia, hidden_fields};

/// A Kernia in which everything is ready, and the connection to Acme.
async fn ready() -> (Kernia, Application, IdentityProvider, String) {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let connection = app.is_ready_for(&idp).await;
    (kernia, app, idp, connection)
}

const ADA: &str = "ada@acme.test";

/// An honest answer of the identity provider, brought by this browser.
async fn returns(
    kernia: &Kernia,
    idp: &IdentityProvider,
    ada: &mut Browser,
    asked: &Asked,
) -> Answer {
    ada.returns(asked, &idp.vouches(asked, ADA, kernia.clock.now())).await
}

fn code_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.leads_with("code").unwrap_or_else(|| panic!("no code: {}", answer.location()))
}

/// A calm page with this title: an incident id, no way on, nothing kept.
fn is_a_page(answer: &Answer, status: u16, title: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.content_type().starts_with("text/html"), "{answer:?}");
    assert_eq!(answer.header("location"), None);
    assert!(answer.body.contains(title), "{}", answer.body);
    assert!(answer.body.contains(answer.request_id()), "{}", answer.body);
}

#[tokio::test]
async fn a_whole_sign_in() {
    let (kernia, app, idp, connection) = ready().await;
    let mut ada = kernia.browser();
    let asked = ada
        .begins(&app, &[("connection", &connection), ("state", "s 1"), ("login_hint", ADA)])
        .await;
    assert!(asked.location.starts_with(IdentityProvider::SSO_URL), "{}", asked.location);
    assert_eq!(crate::kernia::from(&asked.location, "login_hint").as_deref(), Some(ADA));
    assert!(asked.xml.contains("ForceAuthn=\"true\"").eq(&false), "{}", asked.xml);
    let mut spoken = idp.answer(&asked, ADA, kernia.clock.now());
    spoken.attributes.push_str(
        &[
            crate::idp::attribute("firstName", &["Ada"]),
            crate::idp::attribute("lastName", &["Lovelace"]),
            crate::idp::attribute("groups", &["Engineering", "Admins"]),
        ]
        .concat(),
    );
    let back = ada.returns(&asked, &idp.signs(&spoken)).await;
    let code = code_of(&back);
    assert_eq!(back.leads_with("state").as_deref(), Some("s 1"));
    assert!(back.location().starts_with(&format!("{}?", Application::CALLBACK)));
    let body = app.offers(&code, &[]).await;
    assert_eq!(body.header("cache-control"), Some("no-store"));
    let body = body.is(200);
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(600)));
    let profile = body["profile"].clone();
    let organization = app.gets(&format!("/connections/{connection}")).await.is(200);
    assert_eq!(
        profile,
        json!({
            "object": "profile", "id": profile["id"], "connection_id": connection,
            "organization_id": organization["organization_id"], "connection_type": "GenericSAML",
            "idp_id": ADA, "email": ADA, "first_name": "Ada", "last_name": "Lovelace",
            "name": "Ada Lovelace", "role": null, "roles": [],
            "groups": ["Engineering", "Admins"], "custom_attributes": {},
            "raw_attributes": { "email": ADA, "firstName": "Ada", "lastName": "Lovelace",
                "groups": ["Engineering", "Admins"] },
        })
    );
    assert!(profile["id"].as_str().unwrap().starts_with("prof_"));
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(app.profile_by(token).await.is(200), profile);
    assert_eq!(
        (&organization["state"], &organization["status"]),
        (&json!("active"), &json!("linked"))
    );
}

#[tokio::test]
async fn the_application_gets_its_state_back_as_it_was() {
    let (kernia, app, idp, connection) = ready().await;
    let long = "x".repeat(8 * 1024);
    for state in ["ünïcödé ☃ 雪", "a&b=c#d?e/f%20+\"<>'", " ", long.as_str()] {
        let mut ada = kernia.browser();
        let asked = ada.begins(&app, &[("connection", &connection), ("state", state)]).await;
        let back = returns(&kernia, &idp, &mut ada, &asked).await;
        assert_eq!(back.leads_with("state").as_deref(), Some(state));
        code_of(&back);
    }
    let longer = "x".repeat(8 * 1024 + 1);
    let answer = kernia
        .browser()
        .goes(&app.authorize(&[("connection", &connection), ("state", &longer)]))
        .await;
    assert_eq!(answer.leads_with("error").as_deref(), Some("invalid_request"));
    let mut ada = kernia.browser();
    let asked = ada.begins(&app, &[("connection", &connection)]).await;
    assert_eq!(returns(&kernia, &idp, &mut ada, &asked).await.leads_with("state"), None);
}

#[tokio::test]
async fn nothing_is_ever_sent_to_an_address_that_is_not_listed() {
    let (kernia, app, _, connection) = ready().await;
    let before = kernia.database().contents();
    let usual = [("connection", connection.as_str()), ("state", "s")];
    let title = "This sign-in link does not work";
    for redirect_uri in ["https://evil.test/callback", "https://app.example.com", "nonsense", ""] {
        let more = [usual[0], usual[1], ("redirect_uri", redirect_uri)];
        is_a_page(&kernia.browser().goes(&app.authorize(&more)).await, 400, title);
    }
    let twice = format!("{}&redirect_uri=https://evil.test/", app.authorize(&usual));
    is_a_page(&kernia.browser().goes(&twice).await, 400, title);
    for client in ["client_nobody", "", "a b"] {
        let stranger = Application::new(app.address, client, "");
        is_a_page(&kernia.browser().goes(&stranger.authorize(&usual)).await, 400, title);
    }
    is_a_page(&kernia.browser().goes("/sso/authorize").await, 400, title);
    assert_eq!(kernia.database().contents(), before);
}

#[tokio::test]
async fn what_the_application_asks_wrongly_it_is_told_at_its_own_address() {
    let (kernia, app, _, connection) = ready().await;
    let found = app.gets(&format!("/connections/{connection}")).await.is(200);
    let organization = found["organization_id"].as_str().unwrap().to_owned();
    let empty = app.organization("empty.test").await;
    let before = kernia.database().contents();
    let challenge = "x".repeat(43);
    for (more, error) in [
        (
            vec![("connection", connection.as_str()), ("organization", &organization)],
            "ambiguous_connection_selector",
        ),
        (vec![("connection", "conn_nobody")], "connection_invalid"),
        (vec![("connection", "a b")], "connection_invalid"),
        (vec![("organization", "org_nobody")], "organization_invalid"),
        (vec![("organization", &empty)], "organization_invalid"),
        (vec![("domain", "nobody.test")], "connection_domain_invalid"),
        (vec![("domain", "empty.test")], "connection_domain_invalid"),
        (vec![("provider", "GoogleOAuth")], "connection_strategy_invalid"),
        (vec![("connection", &connection), ("prompt", "none")], "invalid_request"),
        (vec![("connection", &connection), ("code_challenge", &challenge)], "invalid_request"),
        (
            vec![
                ("connection", &connection),
                ("code_challenge", &challenge),
                ("code_challenge_method", "plain"),
            ],
            "invalid_request",
        ),
        (
            vec![
                ("connection", &connection),
                ("code_challenge", "short"),
                ("code_challenge_method", "S256"),
            ],
            "invalid_request",
        ),
    ] {
        let mut more = more;
        more.push(("state", "mine"));
        let answer = kernia.browser().goes(&app.authorize(&more)).await;
        assert_eq!(answer.status, 302, "{more:?}: {}", answer.body);
        assert!(answer.location().starts_with(&format!("{}?", Application::CALLBACK)));
        assert_eq!(answer.leads_with("error").as_deref(), Some(error), "{more:?}");
        assert!(answer.leads_with("error_description").is_some());
        assert_eq!(answer.leads_with("state").as_deref(), Some("mine"));
        assert_eq!(answer.leads_with("code"), None);
    }
    let token = app
        .authorize(&[("connection", &connection)])
        .replace("response_type=code", "response_type=token");
    let answer = kernia.browser().goes(&token).await;
    assert_eq!(answer.leads_with("error").as_deref(), Some("invalid_request"));
    assert_eq!(kernia.database().contents(), before);
}

#[tokio::test]
async fn a_profile_is_the_same_at_every_sign_in_and_another_at_another_connection() {
    let (kernia, app, idp, connection) = ready().await;
    let organization = app.organization("second.test").await;
    let open = json!({ "allow_profiles_outside_organization": true });
    app.puts(&format!("/organizations/{organization}"), open).await.is(200);
    let second = app.connection(&organization, &idp).await["id"].as_str().unwrap().to_owned();
    let mut ids = Vec::new();
    for connection in [&connection, &connection, &second] {
        let mut ada = kernia.browser();
        let asked = ada.begins(&app, &[("connection", connection)]).await;
        let code = code_of(&returns(&kernia, &idp, &mut ada, &asked).await);
        ids.push(app.exchanges(&code).await.profile["id"].clone());
        kernia.advance(Duration::from_hours(1));
    }
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    assert_eq!(kernia.database().count("profiles"), 2);
}

#[tokio::test]
async fn a_profile_outside_of_the_organizations_domains_goes_back_with_an_error() {
    let (kernia, app, idp, connection) = ready().await;
    let before = kernia.database().contents();
    let mut eve = kernia.browser();
    for who in ["eve@elsewhere.test", "eve@sub.acme.test", "eve@acme.test.evil.test"] {
        let asked = eve.begins(&app, &[("connection", &connection), ("state", "s")]).await;
        let back = eve.returns(&asked, &idp.vouches(&asked, who, kernia.clock.now())).await;
        let error = "profile_not_allowed_outside_organization";
        assert_eq!(back.leads_with("error").as_deref(), Some(error), "{who}");
        assert_eq!(
            (back.leads_with("state").as_deref(), back.leads_with("code")),
            (Some("s"), None)
        );
    }
    for table in ["profiles", "codes", "replay_ids", "connections"] {
        assert_eq!(kernia.database().contents()[table], before[table], "{table}");
    }
    let organization = app.gets(&format!("/connections/{connection}")).await.is(200);
    let path = format!("/organizations/{}", organization["organization_id"].as_str().unwrap());
    app.puts(&path, json!({ "allow_profiles_outside_organization": true })).await.is(200);
    let asked = eve.begins(&app, &[("connection", &connection)]).await;
    let back =
        eve.returns(&asked, &idp.vouches(&asked, "eve@elsewhere.test", kernia.clock.now())).await;
    code_of(&back);
    // A domain that nobody has proved yet is nobody's.
    let pending = json!({ "allow_profiles_outside_organization": false,
        "domain_data": [{ "domain": "acme.test", "state": "pending" }] });
    app.puts(&path, pending).await.is(200);
    let asked = eve.begins(&app, &[("connection", &connection)]).await;
    let back = returns(&kernia, &idp, &mut eve, &asked).await;
    assert!(back.leads_with("error").is_some(), "{}", back.location());
}

#[tokio::test]
async fn one_browser_carries_several_sign_ins_at_once() {
    let (kernia, app, idp, connection) = ready().await;
    let mut ada = kernia.browser();
    let one = ada.begins(&app, &[("connection", &connection), ("state", "one")]).await;
    let cookies = ada.cookies();
    let two = ada.begins(&app, &[("connection", &connection), ("state", "two")]).await;
    assert_eq!(ada.cookies(), cookies, "one value, one cookie");
    for (asked, state) in [(&two, "two"), (&one, "one")] {
        let back = returns(&kernia, &idp, &mut ada, asked).await;
        assert_eq!(back.leads_with("state").as_deref(), Some(state));
        app.exchanges(&code_of(&back)).await;
    }
}

#[tokio::test]
async fn a_sign_in_that_began_in_another_browser_is_refused() {
    let (kernia, app, idp, connection) = ready().await;
    let mut attacker = kernia.browser();
    let asked = attacker.begins(&app, &[("connection", &connection)]).await;
    let response = idp.vouches(&asked, ADA, kernia.clock.now());
    let mut victim = attacker.another();
    victim.begins(&app, &[("connection", &connection)]).await;
    let before = kernia.database().contents();
    let title = "This sign-in has ended";
    is_a_page(&victim.returns(&asked, &response).await, 400, title);
    // Without a cookie the page posts the form once more; then it is refused as well.
    let mut naked = attacker.another();
    let page = naked.returns(&asked, &response).await;
    let (_, fields) = hidden_fields(&page.clone().body);
    let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    is_a_page(&naked.posts(&asked.acs_url, &fields).await, 400, title);
    assert_eq!(kernia.database().contents(), before);
    // Only success consumes it: the one who began it can still finish.
    code_of(&attacker.returns(&asked, &response).await);
}

#[tokio::test]
async fn a_post_that_came_without_the_cookie_is_posted_once_more_by_our_own_page() {
    let (kernia, app, idp, connection) = ready().await;
    let mut ada = kernia.browser();
    let asked = ada.begins(&app, &[("connection", &connection), ("state", "s")]).await;
    let response = idp.vouches(&asked, ADA, kernia.clock.now());
    // A browser leaves a Lax cookie out of a post that comes from another site.
    let page = ada.another().returns(&asked, &response).await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    // A browser holds the redirect that follows against it too.
    assert!(policy.ends_with("form-action 'self' https:"), "{policy}");
    let (action, fields) = hidden_fields(&page.body);
    assert_eq!(action, asked.acs_url);
    let field =
        |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(field("SAMLResponse"), Some(response.as_str()));
    assert_eq!(field("RelayState"), Some(asked.relay_state.as_str()));
    let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let back = ada.posts(&action, &fields).await;
    assert_eq!(back.leads_with("state").as_deref(), Some("s"));
    app.exchanges(&code_of(&back)).await;
}

#[tokio::test]
async fn a_sign_in_may_take_fifteen_minutes() {
    let (kernia, app, idp, connection) = ready().await;
    for (seconds, good) in [(15 * 60, true), (15 * 60 + 1, false)] {
        let mut ada = kernia.browser();
        let asked = ada.begins(&app, &[("connection", &connection)]).await;
        kernia.advance(Duration::from_secs(seconds));
        let back = returns(&kernia, &idp, &mut ada, &asked).await;
        if good {
            code_of(&back);
        } else {
            is_a_page(&back, 400, "This sign-in has ended");
        }
    }
}

#[tokio::test]
async fn a_restart_in_the_middle_is_not_noticed() {
    let (mut kernia, app, idp, connection) = ready().await;
    let mut ada = kernia.browser();
    let asked = ada.begins(&app, &[("connection", &connection), ("state", "s")]).await;
    kernia.restart().await;
    let code = code_of(&returns(&kernia, &idp, &mut ada, &asked).await);
    kernia.restart().await;
    let exchanged = app.exchanges(&code).await;
    kernia.restart().await;
    assert_eq!(app.profile_by(&exchanged.token).await.is(200), exchanged.profile);
    kernia.restart().await;
    let again = ada.returns(&asked, &idp.vouches(&asked, ADA, kernia.clock.now())).await;
    is_a_page(&again, 400, "This sign-in has ended");
    assert_eq!(app.offers(&code, &[]).await.code(400), "invalid_grant");
}

#[tokio::test]
async fn a_demanded_sign_in_must_be_a_fresh_one() {
    let (kernia, app, idp, connection) = ready().await;
    let mut ada = kernia.browser();
    let asked = ada.begins(&app, &[("connection", &connection), ("prompt", "login")]).await;
    assert!(asked.xml.contains("ForceAuthn=\"true\""), "{}", asked.xml);
    let mut stale = idp.answer(&asked, ADA, kernia.clock.now());
    let hour_ago = kernia.clock.now() - Duration::from_hours(1);
    let now = kernia.clock.now().to_seconds_text();
    stale.statement = stale.statement.replace(&now, &hour_ago.to_seconds_text());
    is_a_page(&ada.returns(&asked, &idp.signs(&stale)).await, 400, "We could not sign you in");
    code_of(&returns(&kernia, &idp, &mut ada, &asked).await);
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host() {
    let public = "https://id.example.com";
    let kernia = Kernia::start_with(|config| {
        config.server.base_url = Some(kernia::kit::text::WebAddress::parse(public).unwrap());
    })
    .await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let connection = app.is_ready_for(&idp).await;
    let mut ada = kernia.browser();
    let sent = ada.goes(&app.authorize(&[("connection", &connection)])).await;
    let cookie = sent.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-kernia_browser="), "{cookie}");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure", "; Max-Age=900"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let asked = Asked::parse(sent.location());
    assert!(asked.acs_url.starts_with(&format!("{public}/sso/saml/acs/")));
    code_of(&returns(&kernia, &idp, &mut ada, &asked).await);
    let _: Value = app.gets("/connections").await.is(200);
}
