//! The honest ways.

use std::time::Duration;

use serde_json::json;

use super::setup::{Scene, steps};
use crate::kernia::{
    Application, Key, OpenIdProvider, Token, encoded, from, hidden_fields, shifted,
};

#[tokio::test]
async fn a_sign_in_through_openid_connect_gives_the_profile_that_saml_gives() {
    let mut scene = Scene::set().await;
    let location = scene.begins(&[("state", "mine"), ("login_hint", "ada@acme.test")]).await;
    assert_eq!(from(&location, "scope").as_deref(), Some("openid profile email"));
    assert_eq!(from(&location, "login_hint").as_deref(), Some("ada@acme.test"));
    assert_eq!(from(&location, "code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(from(&location, "code_challenge").unwrap().len(), 43);
    assert_eq!(from(&location, "prompt"), None);
    let back = scene.returns(&location).await;
    assert_eq!(back.status, 303, "{}", back.body);
    assert!(back.location().starts_with(&format!("{}?code=", Application::CALLBACK)));
    assert_eq!(back.leads_with("state").as_deref(), Some("mine"));
    let profile = scene.profile(&back).await;
    assert_eq!(profile["idp_id"], "ada-1815");
    assert_eq!(profile["connection_id"], scene.connection);
    assert_eq!(profile["connection_type"], "GenericOIDC");
    assert_eq!(profile["email"], "ada@acme.test");
    assert_eq!(profile["first_name"], "Ada");
    assert_eq!(profile["last_name"], "Lovelace");
    assert_eq!(profile["name"], "Ada Lovelace");
    assert_eq!(profile["groups"], json!(["Engineering", "Admins"]));
    let raw = profile["raw_attributes"].as_object().unwrap();
    assert_eq!(raw["email_verified"], true);
    assert_eq!(raw["iss"], scene.provider.issuer);
    for of_the_token in ["nonce", "aud", "exp", "iat", "at_hash"] {
        assert!(!raw.contains_key(of_the_token), "{of_the_token}");
    }
    // The second time it is the same person.
    let id = profile["id"].clone();
    assert_eq!(scene.signs_in().await["id"], id);
}

#[tokio::test]
async fn its_trace_tells_the_steps_and_what_came_and_no_secret() {
    let mut scene = Scene::set().await;
    let location = scene.begins(&[]).await;
    scene.kernia.advance(Duration::from_secs(7));
    let back = scene.returns(&location).await;
    scene.profile(&back).await;
    let trace = scene.newest().await;
    assert_eq!(trace["outcome"], "succeeded");
    assert_eq!(trace["connection_type"], "GenericOIDC");
    assert_eq!(
        steps(&trace),
        [
            "request sent",
            "answer received",
            "token request",
            "decode",
            "algorithm",
            "signature",
            "claims",
            "conditions",
            "user info",
            "profile and code"
        ]
    );
    let response = &trace["response"];
    assert_eq!(response["verified"], true);
    assert_eq!(response["issuer"], scene.provider.issuer);
    assert_eq!(response["name_id"], "ada-1815");
    assert_eq!(response["audiences"], json!([OpenIdProvider::CLIENT_ID]));
    assert_eq!(response["algorithms"], json!(["RS256"]));
    assert_eq!(response["key_id"], "first");
    assert_eq!(response["session_index"], "session-1");
    let all = trace.to_string();
    assert_eq!(trace["request"]["id"], from(&location, "state").unwrap());
    for secret in [
        "code-1",
        "access-1",
        OpenIdProvider::CLIENT_SECRET,
        &from(&location, "nonce").unwrap(),
        &from(&location, "code_challenge").unwrap(),
    ] {
        assert!(!all.contains(secret), "{secret} stands in {all}");
    }
}

#[tokio::test]
async fn every_algorithm_is_believed() {
    let mut scene = Scene::set().await;
    for algorithm in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] {
        scene.provider.rotates(Key::rsa(algorithm, algorithm), false);
        scene.kernia.advance(Duration::from_secs(31));
        assert_eq!(scene.signs_in().await["email"], "ada@acme.test", "{algorithm}");
    }
    for algorithm in ["ES256", "ES384", "ES512", "EdDSA"] {
        scene.provider.rotates(Key::elliptic(algorithm, algorithm), false);
        scene.kernia.advance(Duration::from_secs(31));
        assert_eq!(scene.signs_in().await["email"], "ada@acme.test", "{algorithm}");
    }
    assert_eq!(scene.newest().await["response"]["algorithms"], json!(["EdDSA"]));
}

#[tokio::test]
async fn a_symmetric_algorithm_is_believed_where_it_was_chosen() {
    for algorithm in ["HS256", "HS384", "HS512"] {
        let options = json!({ "id_token_signature_algorithm": algorithm });
        let mut scene = Scene::with(&options).await;
        scene.provider.spoils(move |token: &mut Token| {
            token.header = json!({ "alg": algorithm });
            token.claims.as_object_mut().unwrap().remove("at_hash");
            let secret = OpenIdProvider::CLIENT_SECRET.as_bytes().to_vec();
            token.signed_by = crate::kernia::SignedBy::Secret(secret);
        });
        assert_eq!(scene.signs_in().await["email"], "ada@acme.test", "{algorithm}");
    }
}

#[tokio::test]
async fn what_the_standard_leaves_open_is_taken() {
    let mut scene = Scene::set().await;
    scene.provider.spoils(|token| {
        token.claims["aud"] = json!([OpenIdProvider::CLIENT_ID, "another"]);
        token.claims["azp"] = json!(OpenIdProvider::CLIENT_ID);
    });
    scene.signs_in().await;
    scene.provider.spoils(|token| token.claims["aud"] = json!([OpenIdProvider::CLIENT_ID]));
    scene.signs_in().await;
    scene.provider.spoils(|token| {
        token.header.as_object_mut().unwrap().remove("kid");
        token.header.as_object_mut().unwrap().remove("typ");
    });
    scene.signs_in().await;
    scene.provider.spoils(|token| {
        token.claims.as_object_mut().unwrap().remove("at_hash");
    });
    scene.signs_in().await;
    for seconds in [-90, 90] {
        scene.provider.spoils(shifted(seconds));
        scene.signs_in().await;
    }
}

#[tokio::test]
async fn a_rotated_key_is_read_at_once_but_not_all_the_time() {
    let mut scene = Scene::set().await;
    scene.signs_in().await;
    let before = scene.provider.asked_for("/jwks");
    scene.provider.rotates(Key::rsa("RS256", "second"), true);
    scene.signs_in().await;
    assert_eq!(scene.provider.asked_for("/jwks"), before + 1);
    assert!(steps(&scene.newest().await).contains(&"keys".to_owned()));
    // One that nobody publishes is asked for once in half a minute, however many tokens name it.
    scene.provider.spoils(|token| token.header["kid"] = json!("of nobody"));
    for _ in 0..3 {
        assert_eq!(scene.is_refused().await["code"], "kid_unknown");
    }
    assert_eq!(scene.provider.asked_for("/jwks"), before + 1, "it was read a moment ago");
    scene.kernia.advance(Duration::from_secs(31));
    for _ in 0..3 {
        assert_eq!(scene.is_refused().await["code"], "kid_unknown");
    }
    assert_eq!(scene.provider.asked_for("/jwks"), before + 2);
    scene.provider.reforms();
    scene.signs_in().await;
}

#[tokio::test]
async fn a_key_that_was_rotated_under_its_name_is_believed_the_second_time() {
    let mut scene = Scene::set().await;
    scene.signs_in().await;
    scene.provider.rotates(Key::rsa("RS256", "first"), false);
    scene.signs_in().await;
}

#[tokio::test]
async fn each_way_to_prove_who_we_are() {
    for method in ["client_secret_basic", "client_secret_post"] {
        let mut scene = Scene::with(&json!({ "token_authentication_method": method })).await;
        scene.provider.wants(method);
        scene.signs_in().await;
    }
}

#[tokio::test]
async fn more_about_a_person_comes_from_the_userinfo_endpoint() {
    let mut scene = Scene::with(&json!({ "fetch_user_info": false })).await;
    scene.signs_in().await;
    assert_eq!(scene.provider.asked_for("/userinfo"), 0);
    // An ID token without an address is a reason to ask.
    scene.provider.person(&json!({ "email": null }));
    scene.provider.user_info(json!({
        "sub": "ada-1815", "email": "ada@acme.test", "given_name": "Augusta", "nickname": "A",
    }));
    let profile = scene.signs_in().await;
    assert_eq!(scene.provider.asked_for("/userinfo"), 1);
    assert_eq!(profile["email"], "ada@acme.test");
    assert_eq!(profile["first_name"], "Ada", "what is signed wins");
    assert_eq!(profile["raw_attributes"]["nickname"], "A");
    let attributes = scene.newest().await["response"]["attributes"].to_string();
    assert!(attributes.contains("nickname"), "{attributes}");
    // One inside of another claim is an address too.
    let maps = json!({ "standard_attributes": { "email": "contact.mail" } });
    let path = format!("/connections/{}", scene.connection);
    scene.app.patches(&path, json!({ "attribute_maps": maps })).await.is(200);
    scene.provider.person(&json!({ "contact": { "mail": "countess@acme.test" } }));
    assert_eq!(scene.signs_in().await["email"], "countess@acme.test");
    assert_eq!(scene.provider.asked_for("/userinfo"), 1, "nothing was missing");
}

#[tokio::test]
async fn a_fresh_sign_in_is_demanded_and_proved() {
    let mut scene = Scene::set().await;
    let location = scene.begins(&[("prompt", "login")]).await;
    assert_eq!(from(&location, "prompt").as_deref(), Some("login"));
    assert_eq!(from(&location, "max_age").as_deref(), Some("0"));
    let back = scene.returns(&location).await;
    scene.profile(&back).await;
    scene.provider.spoils(|token| {
        token.claims["auth_time"] = json!(token.claims["iat"].as_i64().unwrap() - 3600);
    });
    let location = scene.begins(&[("prompt", "login")]).await;
    assert_eq!(scene.returns(&location).await.status, 400);
    assert_eq!(scene.newest().await["code"], "reauthentication");
    // Who was not asked for a fresh one may answer with an old one.
    scene.signs_in().await;
}

#[tokio::test]
async fn an_application_asks_for_more_but_not_for_what_is_ours_to_say() {
    let mut scene = Scene::set().await;
    let location = scene
        .begins(&[
            ("provider_scopes", "calendar,openid"),
            ("provider_scopes", "drive"),
            ("provider_query_params[hd]", "acme.test"),
            ("provider_query_params[prompt]", "select_account"),
            ("provider_query_params[state]", "theirs"),
            ("provider_query_params[redirect_uri]", "https://evil.test/"),
            ("provider_query_params[code_challenge]", "none"),
            ("provider_query_params[request_uri]", "https://evil.test/"),
        ])
        .await;
    assert_eq!(from(&location, "scope").as_deref(), Some("openid profile email calendar drive"));
    assert_eq!(from(&location, "hd").as_deref(), Some("acme.test"));
    assert_eq!(from(&location, "prompt").as_deref(), Some("select_account"));
    assert!(!location.contains("evil") && !location.contains("theirs"), "{location}");
    let back = scene.returns(&location).await;
    scene.profile(&back).await;
    let long = "x".repeat(600);
    for wish in [("provider_query_params[a]", long.as_str()), ("provider_scopes", "a\"b")] {
        let all = [("connection", scene.connection.as_str()), wish];
        let answer = scene.browser.goes(&scene.app.authorize(&all)).await;
        assert_eq!(answer.leads_with("error").as_deref(), Some("invalid_request"));
    }
}

#[tokio::test]
async fn an_answer_in_a_form_finds_its_browser() {
    let mut scene = Scene::set().await;
    let location = scene.begins(&[]).await;
    let answer = scene.provider.signs_in(&location);
    let fields: Vec<_> = answer.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let path = scene.callback(&location);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    // From another site no cookie comes along: the same form comes once more from our own page.
    let mut stranger = scene.browser.another();
    let page = stranger.sends("POST", &path, &form, encoded(&fields).as_bytes()).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let (action, again) = hidden_fields(&page.body);
    assert!(again.iter().any(|(name, _)| name == "Again"));
    let again: Vec<_> = again.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    // In a browser that began nothing that is the end of it.
    let refused = stranger.posts(&action, &again).await;
    assert_eq!(refused.status, 400);
    assert_eq!(scene.newest().await["code"], "state");
    let back = scene.browser.posts(&action, &again).await;
    scene.profile(&back).await;
}

#[tokio::test]
async fn claims_are_mapped_by_name_and_by_path() {
    let mut scene = Scene::set().await;
    let path = format!("/connections/{}", scene.connection);
    let maps = json!({ "attribute_maps": {
        "standard_attributes": { "idp_id": "oid", "groups": "resource.kernia.roles" },
        "custom_attributes": { "team": "org.team", "address": "address", "level": "level" },
    }});
    scene.app.patches(&path, maps).await.is(200);
    scene.provider.person(&json!({
        "oid": "0-1815", "resource": { "kernia": { "roles": ["admin"] } },
        "org": { "team": "Engines" }, "address": { "locality": "London" }, "level": 7,
    }));
    let profile = scene.signs_in().await;
    assert_eq!(profile["idp_id"], "0-1815");
    assert_eq!(profile["groups"], json!(["admin"]));
    assert_eq!(
        profile["custom_attributes"],
        json!({ "team": "Engines", "address": { "locality": "London" }, "level": 7 })
    );
}

#[tokio::test]
async fn a_test_of_the_connection_shows_what_came() {
    let mut scene = Scene::set().await;
    let path = format!("/kernia/v1/connections/{}/tests", scene.connection);
    let made = scene.app.posts(&path, json!({})).await.is(201);
    let url = made["url"].as_str().unwrap().to_owned();
    let begun = scene.browser.goes(&scene.browser.path_of(&url)).await;
    assert_eq!(begun.status, 302, "{}", begun.body);
    let page = scene.returns(begun.location()).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("This connection works"), "{}", page.body);
    let result = scene.app.gets(&format!("{path}/{}", made["id"].as_str().unwrap())).await.is(200);
    assert_eq!(result["state"], "succeeded");
    assert_eq!(result["profile"]["email"], "ada@acme.test");
    assert_eq!(result["attributes"]["groups"], json!(["Engineering", "Admins"]));
    // And what went wrong, in the words of the provider at hand.
    let made = scene.app.posts(&path, json!({})).await.is(201);
    let url = made["url"].as_str().unwrap().to_owned();
    let begun = scene.browser.goes(&scene.browser.path_of(&url)).await;
    scene.provider.spoils(|token| token.claims["aud"] = json!("another"));
    let page = scene.returns(begun.location()).await;
    assert!(page.body.contains("does not work yet"), "{}", page.body);
    let result = scene.app.gets(&format!("{path}/{}", made["id"].as_str().unwrap())).await.is(200);
    assert_eq!((&result["state"], &result["code"]), (&json!("failed"), &json!("audience")));
    assert!(result["fix"].as_str().unwrap().contains("client id"), "{result}");
}

#[tokio::test]
async fn a_provider_that_begins_by_itself_is_asked_anew() {
    let mut scene = Scene::set().await;
    let default = json!({ "uri": "https://app.example.com/default", "default": true });
    scene.app.posts("/user_management/redirect_uris", default).await.is(201);
    let location = scene.begins(&[]).await;
    let initiate = scene.callback(&location).replace("/callback/", "/initiate/");
    let asked = encoded(&[("iss", &scene.provider.issuer), ("login_hint", "ada@acme.test")]);
    let begun = scene.browser.goes(&format!("{initiate}?{asked}")).await;
    assert_eq!(begun.status, 302, "{}", begun.body);
    let to = begun.location().to_owned();
    assert_eq!(from(&to, "login_hint").as_deref(), Some("ada@acme.test"));
    let back = scene.returns(&to).await;
    scene.profile(&back).await;
    let other = encoded(&[("iss", "https://other.test")]);
    let mut fresh = scene.browser.another();
    assert_eq!(fresh.goes(&format!("{initiate}?{other}")).await.status, 400);
}
