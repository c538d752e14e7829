//! What the provider says of itself is what it does.

use serde_json::{Value, json};

use super::{ADA, Stage, code_of, error_of};
use crate::kernia::{RelyingParty, sends};

/// Texts of a list in the document.
fn list(document: &Value, name: &str) -> Vec<String> {
    let texts = document[name].as_array().unwrap_or_else(|| panic!("{name}: {document}"));
    texts.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "one thing after the other, in the order of the document"
)]
async fn everything_that_is_advertised_works() {
    let stage = Stage::set().await;
    let answer = stage.kernia.anonymous("GET", "/.well-known/openid-configuration").await;
    let document = answer.is(200);
    let base = stage.kernia.base();
    let mut checked = vec!["issuer"];
    assert_eq!(document["issuer"], base);
    for (name, path, method, status) in [
        ("authorization_endpoint", "/oauth2/authorize", "GET", 400),
        ("token_endpoint", "/oauth2/token", "POST", 400),
        ("userinfo_endpoint", "/oauth2/userinfo", "GET", 401),
        ("jwks_uri", "/oauth2/jwks", "GET", 200),
        ("end_session_endpoint", "/oauth2/logout", "GET", 200),
    ] {
        assert_eq!(document[name], format!("{base}{path}"));
        assert_eq!(stage.kernia.anonymous(method, path).await.status, status, "{name}");
        checked.push(name);
    }

    // Every scope is granted as it is written, and nothing else is.
    let scopes = list(&document, "scopes_supported");
    let asked = scopes.join(" ");
    let mut browser = stage.kernia.browser();
    let scope = [("scope", asked.as_str())];
    let tokens =
        stage.rp.exchanges(&code_of(&stage.signs_in(&mut browser, ADA, &scope).await)).await;
    assert_eq!(tokens.body["scope"], asked);
    checked.push("scopes_supported");

    // Every claim can be met, and every claim that is met is advertised.
    let claims = list(&document, "claims_supported");
    for claim in tokens.claims.as_object().unwrap().keys() {
        assert!(claims.contains(claim), "{claim} is not advertised");
    }
    let named = ["name", "given_name", "family_name", "org_external_id"];
    for claim in claims.iter().filter(|claim| !named.contains(&claim.as_str())) {
        assert!(!tokens.claims[claim].is_null(), "{claim} is advertised");
    }
    checked.push("claims_supported");

    for (name, parameter, other) in [
        ("response_types_supported", "response_type", "id_token"),
        ("response_modes_supported", "response_mode", "fragment"),
        ("code_challenge_methods_supported", "code_challenge_method", "plain"),
        ("prompt_values_supported", "prompt", "create"),
    ] {
        for value in list(&document, name) {
            let answer = browser.goes(&stage.rp.authorize(&[(parameter, &value)])).await;
            let goes_on = match value.as_str() {
                "login" | "select_account" => {
                    let here = ("connection", stage.connection.as_str());
                    browser.goes(&stage.rp.authorize(&[(parameter, &value), here])).await.status
                        == 302
                }
                _ => answer.leads_with("code").is_some(),
            };
            assert!(goes_on, "{name}: {value}: {answer:?}");
        }
        let answer = browser.goes(&stage.rp.authorize(&[(parameter, other)])).await;
        error_of(&answer);
        checked.push(name);
    }

    let grants = list(&document, "grant_types_supported");
    assert_eq!(grants, ["authorization_code", "refresh_token"]);
    assert_eq!(stage.rp.refreshes(&tokens.refresh, &[]).await.status, 200);
    checked.push("grant_types_supported");

    for method in list(&document, "token_endpoint_auth_methods_supported") {
        let code = stage.code(&[]).await;
        let (id, secret) = (stage.rp.id.as_str(), stage.rp.secret.as_deref().unwrap());
        let answer = match method.as_str() {
            "client_secret_basic" => stage.rp.offers(&code, &[]).await,
            "client_secret_post" => {
                let nameless = RelyingParty { secret: None, ..stage.rp.clone() };
                nameless.offers(&code, &[("client_id", id), ("client_secret", secret)]).await
            }
            "none" => {
                let public = RelyingParty::public(&stage.app).await;
                let answer = browser.goes(&public.authorize(&[])).await;
                public.offers(&code_of(&answer), &[]).await
            }
            other => panic!("{other} is not known here"),
        };
        assert_eq!(answer.status, 200, "{method}: {answer:?}");
    }
    checked.push("token_endpoint_auth_methods_supported");

    assert_eq!(document["id_token_signing_alg_values_supported"], json!(["RS256"]));
    assert_eq!(document["subject_types_supported"], json!(["public"]));
    checked.extend(["id_token_signing_alg_values_supported", "subject_types_supported"]);
    for (name, parameter) in [
        ("claims_parameter_supported", "claims"),
        ("request_parameter_supported", "request"),
        ("request_uri_parameter_supported", "request_uri"),
    ] {
        assert_eq!(document[name], false);
        error_of(&browser.goes(&stage.rp.authorize(&[(parameter, "x")])).await);
        checked.push(name);
    }
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    let answer = browser.goes(&stage.rp.authorize(&[])).await;
    assert_eq!(answer.leads_with("iss"), Some(base));
    checked.push("authorization_response_iss_parameter_supported");

    let mut advertised: Vec<_> = document.as_object().unwrap().keys().map(String::as_str).collect();
    advertised.sort_unstable();
    checked.sort_unstable();
    assert_eq!(advertised, checked, "nothing is advertised that was not tried here");
}

#[tokio::test]
async fn documents_may_be_kept_for_a_while() {
    let stage = Stage::set().await;
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/oauth2/jwks",
    ] {
        let answer = stage.kernia.anonymous("GET", path).await;
        assert_eq!(answer.header("cache-control"), Some("public, max-age=3600"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        let tag = answer.header("etag").unwrap().to_owned();
        let known = [("if-none-match", tag.as_str())];
        let same = sends(stage.kernia.address, "GET", path, &known, b"").await;
        assert_eq!((same.status, same.body.as_str()), (304, ""), "{path}");
        let other = [("if-none-match", "\"other\"")];
        assert_eq!(sends(stage.kernia.address, "GET", path, &other, b"").await.status, 200);
    }
}

#[tokio::test]
async fn pages_of_a_public_clients_origin_may_read_and_no_others() {
    let stage = Stage::set().await;
    RelyingParty::public(&stage.app).await;
    let private = json!({ "name": "Server", "redirect_uris": ["https://server.example.com/cb"] });
    RelyingParty::made(&stage.app, private).await;
    let address = stage.kernia.address;
    for (origin, allowed) in [
        ("https://rp.example.com", true),
        ("https://rp.example.com:8443", false),
        ("http://rp.example.com", false),
        ("https://server.example.com", false),
        ("https://evil.example.com", false),
        ("null", false),
    ] {
        let headers = [("origin", origin), ("access-control-request-method", "POST")];
        for (method, path) in [
            ("OPTIONS", "/oauth2/token"),
            ("POST", "/oauth2/token"),
            ("OPTIONS", "/oauth2/userinfo"),
            ("GET", "/oauth2/userinfo"),
        ] {
            let answer = sends(address, method, path, &headers, b"").await;
            let told = answer.header("access-control-allow-origin");
            assert_eq!(told, allowed.then_some(origin), "{origin} {method} {path}");
            assert_eq!(answer.header("access-control-allow-credentials"), None);
            assert_eq!(answer.header("vary"), Some("origin"));
            assert!(method != "OPTIONS" || answer.status == 204);
        }
        let answer = sends(address, "GET", "/oauth2/authorize", &headers, b"").await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "a page is no answer");
    }
}
