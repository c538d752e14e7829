//! Sessions of Kernia: one sign-in for several clients, and when it is not enough.

use std::time::Duration;

use super::{ADA, GRACE, Stage, code_of, error_of};
use crate::kernia::{Asked, IdentityProvider, RelyingParty};

#[tokio::test]
async fn who_signed_in_once_is_signed_in_at_the_next_client() {
    let stage = Stage::set().await;
    let other = RelyingParty::public(&stage.app).await;
    let mut browser = stage.kernia.browser();
    let first = stage.rp.exchanges(&code_of(&stage.signs_in(&mut browser, ADA, &[]).await)).await;
    stage.kernia.advance(Duration::from_mins(30));
    for more in [
        &[][..],
        &[("prompt", "none")],
        &[("connection", stage.connection.as_str())],
        &[("organization", stage.organization.as_str())],
        &[("login_hint", "ADA@acme.test")],
        &[("domain_hint", "Acme.test")],
        &[("max_age", "1801")],
        &[("prompt", "consent")],
        &[("id_token_hint", first.id.as_str()), ("prompt", "none")],
    ] {
        let answer = browser.goes(&other.authorize(more)).await;
        let tokens = other.exchanges(&code_of(&answer)).await;
        for claim in ["sub", "sid", "auth_time"] {
            assert_eq!(tokens.claims[claim], first.claims[claim], "{more:?}");
        }
    }
    let nobody = stage.kernia.browser().goes(&other.authorize(&[("prompt", "none")])).await;
    assert_eq!(error_of(&nobody), "login_required", "another browser");
}

#[tokio::test]
async fn a_session_is_not_enough_where_more_is_asked() {
    let stage = Stage::set().await;
    let elsewhere = stage.app.organization("other.test").await;
    let another = stage.app.connection(&elsewhere, &IdentityProvider::another()).await;
    let another = another["id"].as_str().unwrap();
    let mut browser = stage.kernia.browser();
    let first = stage.rp.exchanges(&code_of(&stage.signs_in(&mut browser, ADA, &[]).await)).await;
    let hint = stage.signs_in(&mut stage.kernia.browser(), GRACE, &[]).await;
    let hint = stage.rp.exchanges(&code_of(&hint)).await.id;
    stage.kernia.advance(Duration::from_mins(30));
    let here = ("connection", stage.connection.as_str());
    for (more, forced) in [
        (&[("prompt", "login"), here][..], true),
        (&[("prompt", "login consent"), here], true),
        (&[("prompt", "select_account"), here], true),
        (&[("max_age", "1800"), here], true),
        (&[("max_age", "0"), here], true),
        (&[("connection", another)], false),
        (&[("organization", elsewhere.as_str())], false),
        (&[("login_hint", GRACE), here], false),
        (&[("domain_hint", "other.test"), here], false),
        (&[("id_token_hint", hint.as_str()), here], false),
    ] {
        let answer = browser.goes(&stage.rp.authorize(more)).await;
        assert_eq!(answer.status, 302, "{more:?}: {answer:?}");
        assert!(answer.location().starts_with(IdentityProvider::SSO_URL), "{more:?}");
        let asked = Asked::parse(answer.location());
        assert_eq!(asked.xml.contains("ForceAuthn=\"true\""), forced, "{more:?}: {}", asked.xml);
        let silent = more.iter().all(|(name, _)| *name != "prompt");
        if silent {
            let more = [more, &[("prompt", "none")]].concat();
            let answer = browser.goes(&stage.rp.authorize(&more)).await;
            assert_eq!(error_of(&answer), "login_required", "{more:?}");
        }
    }
    let answer = stage.signs_in(&mut browser, ADA, &[("prompt", "login")]).await;
    let again = stage.rp.exchanges(&code_of(&answer)).await;
    assert_eq!(again.claims["sid"], first.claims["sid"], "the same person, the same session");
    assert_eq!(again.claims["auth_time"], stage.seconds());
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let stage = Stage::set().await;
    let (mut idle, mut busy) = (stage.kernia.browser(), stage.kernia.browser());
    for browser in [&mut idle, &mut busy] {
        code_of(&stage.signs_in(browser, ADA, &[]).await);
    }
    let none = stage.rp.authorize(&[("prompt", "none")]);
    for _ in 0..6 {
        stage.kernia.advance(Duration::from_mins(2 * 60 - 1));
        code_of(&busy.goes(&none).await);
    }
    assert_eq!(error_of(&idle.goes(&none).await), "login_required", "nobody used it for two hours");
    stage.kernia.advance(Duration::from_mins(6));
    assert_eq!(error_of(&busy.goes(&none).await), "login_required", "a working day is over");
}

#[tokio::test]
async fn another_person_in_the_same_browser_has_another_session() {
    let stage = Stage::set().await;
    let mut browser = stage.kernia.browser();
    let ada = stage.rp.exchanges(&code_of(&stage.signs_in(&mut browser, ADA, &[]).await)).await;
    let stolen = browser.clone();
    let login = [("prompt", "login")];
    let grace = code_of(&stage.signs_in(&mut browser, GRACE, &login).await);
    let grace = stage.rp.exchanges(&grace).await;
    assert_ne!(ada.claims["sid"], grace.claims["sid"]);
    let none = stage.rp.authorize(&[("prompt", "none")]);
    let now = stage.rp.exchanges(&code_of(&browser.goes(&none).await)).await;
    assert_eq!(now.claims["sub"], grace.claims["sub"]);
    let before = stolen.clone().goes(&none).await;
    assert_eq!(error_of(&before), "login_required", "the cookie of before is worth nothing");
    assert_eq!(stage.kernia.database().count("openid_sessions"), 1);
}

#[tokio::test]
async fn a_cookie_is_new_with_each_sign_in_and_only_of_this_face() {
    let stage = Stage::set().await;
    let mut browser = stage.kernia.browser();
    let session = |browser: &crate::kernia::Browser| {
        let cookies = browser.cookies();
        cookies.into_iter().find(|(name, _)| name.starts_with("kernia_session"))
    };
    stage
        .app
        .posts(
            "/user_management/redirect_uris",
            serde_json::json!({ "uri": crate::kernia::Application::CALLBACK }),
        )
        .await
        .is(201);
    let here = [("connection", stage.connection.as_str())];
    let asked = browser.begins(&stage.app, &here).await;
    let response = stage.idp.vouches(&asked, ADA, stage.kernia.clock.now());
    browser.returns(&asked, &response).await;
    assert_eq!(session(&browser), None, "the WorkOS API has no sessions");
    assert_eq!(
        error_of(&browser.goes(&stage.rp.authorize(&[("prompt", "none")])).await),
        "login_required"
    );
    let answer = stage.signs_in(&mut browser, ADA, &[]).await;
    let set = answer.headers.iter().find(|(name, _)| name == "set-cookie").unwrap().1.clone();
    assert!(set.contains("; Path=/; HttpOnly; SameSite=Lax") && !set.contains("Max-Age"), "{set}");
    let first = session(&browser).unwrap();
    stage.signs_in(&mut browser, ADA, &[("prompt", "login")]).await;
    assert_ne!(session(&browser).unwrap(), first);
    let asked = browser.begins(&stage.app, &here).await;
    assert!(asked.location.starts_with(IdentityProvider::SSO_URL), "nor does it use them");
}

#[tokio::test]
async fn what_a_deleted_connection_left_is_gone() {
    let stage = Stage::set().await;
    let mut browser = stage.kernia.browser();
    let scope = [("scope", "openid offline_access")];
    let code = code_of(&stage.signs_in(&mut browser, ADA, &scope).await);
    let tokens = stage.rp.exchanges(&code).await;
    let own = format!("/connections/{}", stage.connection);
    assert_eq!(stage.app.deletes(&own).await.status, 204);
    let none = stage.rp.authorize(&[("prompt", "none")]);
    assert_eq!(error_of(&browser.goes(&none).await), "login_required");
    assert_eq!(stage.rp.refreshes(&tokens.refresh, &[]).await.code(400), "invalid_grant");
    let restore = format!("/kernia/v1{own}/restore");
    stage.app.posts(&restore, serde_json::json!({})).await.is(200);
    assert_eq!(error_of(&browser.goes(&none).await), "login_required", "it ended for good");
    code_of(&stage.signs_in(&mut browser, ADA, &[]).await);
    let organization = format!("/organizations/{}", stage.organization);
    assert_eq!(stage.app.deletes(&organization).await.status, 202);
    assert_eq!(error_of(&browser.goes(&none).await), "login_required");
    assert_eq!(stage.kernia.database().count("openid_sessions"), 0, "they went with the profile");
    assert_eq!(stage.kernia.database().count("openid_codes"), 0);
}

#[tokio::test]
async fn a_request_about_somebody_is_answered_about_nobody_else() {
    let stage = Stage::set().await;
    let ada = stage.rp.exchanges(&stage.code(&[]).await).await;
    let hint = [("id_token_hint", ada.id.as_str())];
    for silent in [false, true] {
        let mut browser = stage.kernia.browser();
        if silent {
            code_of(&stage.signs_in(&mut browser, GRACE, &[]).await);
        }
        // Her provider signs somebody else in (Core §3.1.2.1).
        let answer = stage.signs_in(&mut browser, GRACE, &hint).await;
        assert_eq!(error_of(&answer), "login_required");
        assert_eq!(answer.leads_with("state").as_deref(), Some("the state"));
        let answer = stage.signs_in(&mut browser, ADA, &hint).await;
        let again = stage.rp.exchanges(&code_of(&answer)).await;
        assert_eq!(again.claims["sub"], ada.claims["sub"]);
    }
    let path = format!("/kernia/v1/connections/{}/traces?code=login_required", stage.connection);
    let traces = stage.app.gets(&path).await.is(200);
    assert_eq!(traces["data"].as_array().unwrap().len(), 2, "{traces}");
}

#[tokio::test]
async fn a_session_is_over_when_the_provider_said_that_it_would_be() {
    let stage = Stage::set().await;
    let mut browser = stage.kernia.browser();
    let path = stage.rp.authorize(&[("connection", &stage.connection)]);
    let asked = Asked::parse(browser.goes(&path).await.location());
    let now = stage.kernia.clock.now();
    let mut answer = stage.idp.answer(&asked, ADA, now);
    let until = (now + Duration::from_mins(30)).to_seconds_text();
    let end = format!("\"_session\" SessionNotOnOrAfter=\"{until}\">");
    answer.statement = answer.statement.replacen("\"_session\">", &end, 1);
    assert!(answer.statement.contains(&until), "{}", answer.statement);
    code_of(&browser.returns(&asked, &stage.idp.signs(&answer)).await);
    let none = stage.rp.authorize(&[("prompt", "none")]);
    stage.kernia.advance(Duration::from_mins(29));
    code_of(&browser.goes(&none).await);
    stage.kernia.advance(Duration::from_mins(1));
    assert_eq!(error_of(&browser.goes(&none).await), "login_required");
}

#[tokio::test]
async fn any_domain_of_the_organization_stands_for_its_people() {
    let stage = Stage::set().await;
    let path = format!("/organizations/{}", stage.organization);
    let both = ["acme.test", "acme.example"]
        .map(|domain| serde_json::json!({ "domain": domain, "state": "verified" }));
    stage.app.puts(&path, serde_json::json!({ "domain_data": both })).await.is(200);
    stage.app.organization("other.test").await;
    let mut browser = stage.kernia.browser();
    code_of(&stage.signs_in(&mut browser, ADA, &[]).await);
    for (name, domain, fits) in [
        ("domain_hint", "acme.test", true),
        ("domain_hint", "ACME.example", true),
        ("domain", "acme.example", true),
        ("domain_hint", "other.test", false),
        ("domain", "other.test", false),
        ("domain_hint", "no domain", false),
    ] {
        let path = stage.rp.authorize(&[("prompt", "none"), (name, domain)]);
        let answer = browser.goes(&path).await;
        if fits {
            code_of(&answer);
        } else {
            assert_eq!(error_of(&answer), "login_required", "{name}={domain}");
        }
    }
}

#[tokio::test]
async fn behind_https_a_cookie_is_bound_to_its_host() {
    let kernia = crate::kernia::Kernia::start_with(|config| {
        let url = "https://id.example.com";
        config.server.base_url = Some(kernia::kit::text::WebAddress::parse(url).unwrap());
    })
    .await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let organization = app.organization("acme.test").await;
    let connection = app.connection(&organization, &idp).await["id"].as_str().unwrap().to_owned();
    let rp = RelyingParty::confidential(&app).await;
    let mut browser = kernia.browser();
    let who = (&idp, ADA, kernia.clock.now());
    let answer = rp.signs_in(&mut browser, who, &[("connection", &connection)]).await;
    let sets = |answer: &crate::kernia::Answer| {
        let set = answer.headers.iter().find(|(_, it)| it.starts_with("__Host-kernia_session="));
        set.map_or_else(|| panic!("{answer:?}"), |(_, it)| it.clone())
    };
    let set = sets(&answer);
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{set}");
    let tokens = rp.exchanges(&code_of(&answer)).await;
    assert_eq!(tokens.claims["iss"], "https://id.example.com");
    let path = format!("/oauth2/logout?id_token_hint={}", tokens.id);
    let set = sets(&browser.goes(&path).await);
    assert!(set.contains("; Secure") && set.ends_with("; Max-Age=0"), "{set}");
}
