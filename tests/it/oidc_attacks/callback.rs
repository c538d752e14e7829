//! What is brought to the callback: other people's answers, used ones, mixed-up ones, errors.

use serde_json::json;

use crate::{
    kernia::{Application, encoded, from},
    oidc::Scene,
};

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn the_state_of_another_browser_signs_nobody_in() {
    let mut scene = Scene::set().await;
    let location = scene.begins(&[]).await;
    let answer = scene.provider.signs_in(&location);
    // Eve's browser has begun something else, or nothing.
    let mine = scene.browser.clone();
    for begins in [false, true] {
        scene.browser = mine.another();
        if begins {
            scene.begins(&[]).await;
        }
        let back = scene.brings(&location, &answer).await;
        assert_eq!(back.status, 400, "{}", back.body);
        assert!(back.body.contains("began in another browser"), "{}", back.body);
        assert_eq!(scene.newest().await["code"], "state");
        assert_eq!(scene.provider.asked_for("/token"), 0, "no code goes anywhere");
    }
    scene.browser = mine;
    let back = scene.brings(&location, &answer).await;
    scene.profile(&back).await;
}

/// Eve's own code in Ada's sign-in: PKCE and the nonce hang on the browser that asked.
#[tokio::test]
async fn a_code_that_was_given_to_another_sign_in() {
    let mut scene = Scene::set().await;
    let hers = scene.begins(&[]).await;
    let code = scene.provider.signs_in(&hers)[0].clone();
    let location = scene.begins(&[]).await;
    let state = from(&location, "state").unwrap();
    let back = scene.brings(&location, &[code, ("state".to_owned(), state)]).await;
    assert_eq!(back.leads_with("error").as_deref(), Some("oauth_failed"));
    assert_eq!(scene.newest().await["code"], "grant_refused");
    // Without PKCE the nonce says it.
    let mut scene = Scene::with(&json!({ "pkce": false })).await;
    let hers = scene.begins(&[]).await;
    assert_eq!(from(&hers, "code_challenge"), None);
    let code = scene.provider.signs_in(&hers)[0].clone();
    let location = scene.begins(&[]).await;
    let state = from(&location, "state").unwrap();
    let back = scene.brings(&location, &[code, ("state".to_owned(), state)]).await;
    assert_eq!(back.status, 400, "{}", back.body);
    assert_eq!(scene.newest().await["code"], "nonce");
}

#[tokio::test]
async fn an_answer_is_good_once() {
    let mut scene = Scene::set().await;
    let location = scene.begins(&[]).await;
    let answer = scene.provider.signs_in(&location);
    let back = scene.brings(&location, &answer).await;
    scene.profile(&back).await;
    let asked = scene.provider.asked_for("/token");
    let again = scene.brings(&location, &answer).await;
    assert_eq!(again.status, 400, "{}", again.body);
    assert_eq!(scene.newest().await["code"], "replay");
    assert_eq!(scene.provider.asked_for("/token"), asked, "a used code is not sent again");
    // Nor is a state that was never ours.
    let strange = pairs(&[("code", "c"), ("state", "_0123456789abcdef0123456789abcdef")]);
    assert_eq!(scene.brings(&location, &strange).await.status, 400);
    assert_eq!(scene.newest().await["code"], "state");
}

#[tokio::test]
async fn an_answer_that_comes_too_late() {
    let mut scene = Scene::set().await;
    let location = scene.begins(&[]).await;
    let answer = scene.provider.signs_in(&location);
    scene.kernia.advance(crate::kernia::LATE);
    for job in kernia::jobs::JOBS {
        (job.run)(std::sync::Arc::clone(scene.kernia.app())).await.unwrap();
    }
    assert_eq!(scene.brings(&location, &answer).await.status, 400);
    assert_eq!(scene.newest().await["code"], "state");
}

#[tokio::test]
async fn an_answer_of_another_provider_is_told_apart() {
    let kernia = Scene::kernia().await;
    let provider = crate::kernia::OpenIdProvider::start(&kernia.clock).await;
    provider.publishes(json!({ "authorization_response_iss_parameter_supported": true }));
    let mut scene = Scene::at(kernia, provider, &json!({})).await;
    let issuer = scene.provider.issuer.clone();
    let slash = format!("{issuer}/");
    for named in [None, Some("https://evil.test"), Some(slash.as_str()), Some("")] {
        let location = scene.begins(&[]).await;
        let mut answer = scene.provider.signs_in(&location);
        answer.extend(named.map(|iss| ("iss".to_owned(), iss.to_owned())));
        let back = scene.brings(&location, &answer).await;
        assert_eq!(back.status, 400, "{named:?}: {}", back.body);
        assert_eq!(scene.newest().await["code"], "callback_issuer", "{named:?}");
        assert_eq!(scene.provider.asked_for("/token"), 0, "{named:?}: no code goes anywhere");
    }
    // An error of another provider's is none of this one's either.
    let location = scene.begins(&[]).await;
    let state = from(&location, "state").unwrap();
    let error =
        pairs(&[("error", "access_denied"), ("state", &state), ("iss", "https://evil.test")]);
    assert_eq!(scene.brings(&location, &error).await.status, 400);
    assert_eq!(scene.newest().await["code"], "callback_issuer");
    let location = scene.begins(&[]).await;
    let mut answer = scene.provider.signs_in(&location);
    answer.push(("iss".to_owned(), issuer));
    let back = scene.brings(&location, &answer).await;
    scene.profile(&back).await;
}

#[tokio::test]
async fn what_the_provider_refuses_the_application_is_told() {
    let mut scene = Scene::set().await;
    for (error, told) in [
        ("access_denied", "access_denied"),
        ("login_required", "oauth_failed"),
        ("server_error", "oauth_failed"),
        ("<script>alert(1)</script>", "oauth_failed"),
    ] {
        let location = scene.begins(&[("state", "mine")]).await;
        let state = from(&location, "state").unwrap();
        let words = "AADSTS50105: the user is not assigned";
        let answer = pairs(&[("error", error), ("error_description", words), ("state", &state)]);
        let back = scene.brings(&location, &answer).await;
        assert_eq!(back.status, 303, "{error}: {}", back.body);
        assert!(back.location().starts_with(Application::CALLBACK));
        assert_eq!(back.leads_with("error").as_deref(), Some(told), "{error}");
        assert_eq!(back.leads_with("state").as_deref(), Some("mine"));
        let description = back.leads_with("error_description").unwrap();
        assert!(description.contains(back.request_id()), "{description}");
        assert!(!back.location().contains("AADSTS"), "its own words are not for the application");
        let trace = scene.newest().await;
        assert_eq!(trace["code"], "provider_refused");
        assert_eq!(trace["failure"]["got"], format!("{error}: {words}"));
    }
}

#[tokio::test]
async fn an_answer_that_is_none() {
    let mut scene = Scene::set().await;
    let location = scene.begins(&[]).await;
    let state = from(&location, "state").unwrap();
    let long = "c".repeat(20_000);
    let cases = [
        ("nothing", "callback_malformed", vec![]),
        ("no state", "callback_malformed", pairs(&[("code", "c")])),
        ("no code", "callback_malformed", pairs(&[("state", &state)])),
        ("an empty code", "callback_malformed", pairs(&[("state", &state), ("code", "")])),
        (
            "both",
            "callback_malformed",
            pairs(&[("state", &state), ("code", "c"), ("error", "access_denied")]),
        ),
        (
            "two states",
            "callback_duplicate",
            pairs(&[("state", &state), ("code", "c"), ("state", "x")]),
        ),
        (
            "two codes",
            "callback_duplicate",
            pairs(&[("state", &state), ("code", "c"), ("code", "d")]),
        ),
    ];
    for (name, code, answer) in cases {
        let back = scene.brings(&location, &answer).await;
        assert_eq!(back.status, 400, "{name}: {}", back.body);
        assert_eq!(scene.newest().await["code"], code, "{name}");
    }
    // In a form there is room for more than may come.
    let path = scene.callback(&location);
    let body = encoded(&[("state", &state), ("code", &long)]);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let back = scene.browser.sends("POST", &path, &form, body.as_bytes()).await;
    assert_eq!(back.status, 400, "{}", back.body);
    let json = [("content-type", "application/json")];
    let back = scene.browser.sends("POST", &path, &json, b"{}").await;
    assert_eq!(back.status, 400, "{}", back.body);
    assert_eq!(scene.newest().await["code"], "callback_malformed");
    let unknown = scene.browser.goes("/sso/oidc/callback/nobody?code=c&state=s").await;
    assert_eq!(unknown.status, 404);
    let back = scene.returns(&location).await;
    scene.profile(&back).await;
}

#[tokio::test]
async fn neither_protocol_takes_the_others_answers() {
    let mut scene = Scene::set().await;
    let location = scene.begins(&[]).await;
    let at = scene.callback(&location).replace("/sso/oidc/callback/", "/sso/saml/acs/");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let back = scene.browser.sends("POST", &at, &form, b"SAMLResponse=PHg%2B").await;
    assert_eq!(back.status, 404, "{}", back.body);
    let acme = crate::kernia::IdentityProvider::acme();
    let organization = scene.app.organization("saml.test").await;
    let saml = scene.app.connection(&organization, &acme).await;
    let acs = saml["saml_options"]["acs_url"].as_str().unwrap();
    let at = scene.browser.path_of(acs).replace("/sso/saml/acs/", "/sso/oidc/callback/");
    assert_eq!(scene.browser.goes(&format!("{at}?code=c&state=s")).await.status, 404);
}

#[tokio::test]
async fn a_challenge_is_always_sent_and_nothing_secret_is_at_rest() {
    let mut scene = Scene::set().await;
    let location = scene.begins(&[]).await;
    let (nonce, challenge) =
        (from(&location, "nonce").unwrap(), from(&location, "code_challenge").unwrap());
    let other = scene.begins(&[]).await;
    assert_ne!(from(&other, "nonce").unwrap(), nonce);
    assert_ne!(from(&other, "code_challenge").unwrap(), challenge);
    let back = scene.returns(&location).await;
    scene.profile(&back).await;
    let body = scene.provider.last("/token").body;
    let verifier = form_urlencoded::parse(body.as_bytes())
        .find(|(name, _)| name == "code_verifier")
        .unwrap()
        .1
        .into_owned();
    assert_eq!(verifier.len(), 43);
    let rows = format!("{:?}", scene.kernia.database().contents());
    for secret in [&nonce, &challenge, &verifier] {
        assert!(!rows.contains(secret.as_str()));
    }
}
