//! What a provider publishes: bad documents are refused with a reason, good ones are read again once
//! a day and keys at once, and an issuer that changes waits for somebody.

use std::time::Duration;

use kernia::{
    app::openid::{self, KeysRead},
    kit::id::Id,
};
use serde_json::{Value, json};

use super::{Publisher, connected, jwks, open_kernia, organization, path_of, runs, text};
use crate::kernia::{Application, Kernia};

const DAY: Duration = Duration::from_hours(24);

/// The code and the sentence with which the provider is refused.
async fn refused(app: &Application, provider: &Publisher) -> (String, String) {
    let body = json!({
        "organization_id": organization(app).await, "oidc_options": provider.options(&json!({})),
    });
    let answer = app.posts("/connections", body).await;
    let document = answer.json();
    assert_eq!(answer.status, 422, "{document}");
    assert_eq!(document["errors"][0]["field"], "oidc_options.discovery_endpoint");
    (text(&document, "code").to_owned(), text(&document, "message").to_owned())
}

fn page(status: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn a_document_that_is_none_is_refused_with_a_reason_and_the_way_out() {
    let kernia = open_kernia().await;
    let (app, provider) = (kernia.application(), Publisher::start().await);
    let before = kernia.database().contents();
    let elsewhere = "https://elsewhere.test";
    for (otherwise, code) in [
        (json!({ "issuer": elsewhere }), "metadata_issuer"),
        (json!({ "issuer": null }), "metadata_incomplete"),
        (json!({ "token_endpoint": null }), "metadata_incomplete"),
        (json!({ "jwks_uri": "ftp://x" }), "metadata_address"),
        (json!({ "response_types_supported": ["id_token"] }), "metadata_unsupported"),
    ] {
        provider.publishes(&otherwise);
        let (found, sentence) = refused(&app, &provider).await;
        assert_eq!(found, code, "{otherwise}");
        assert!(sentence.contains(". (") || sentence.ends_with('.'), "{sentence}");
    }
    for (answer, code) in [
        (page("200 OK", "<!DOCTYPE html><html>Sign in</html>"), "metadata_html"),
        (page("404 Not Found", "<html>gone</html>"), "metadata_not_served"),
        (page("200 OK", "{"), "metadata_malformed"),
        (page("200 OK", &" ".repeat(300 * 1024)), "fetch_too_large"),
        (
            "HTTP/1.1 302 Found\r\nLocation: https://elsewhere.test/\r\n\r\n".to_owned(),
            "fetch_redirect_refused",
        ),
        ("hello".to_owned(), "fetch_broken"),
    ] {
        provider.discovery.answers(&answer);
        assert_eq!(refused(&app, &provider).await.0, code);
    }
    provider.publishes(&json!({}));
    for (answer, code) in [
        (page("200 OK", "<!DOCTYPE html><html>Sign in</html>"), "keys_html"),
        (page("500 Internal Server Error", ""), "keys_not_served"),
        (page("200 OK", "{\"keys\":[]}"), "keys_empty"),
        (page("200 OK", "[]"), "keys_malformed"),
        (page("200 OK", &" ".repeat(600 * 1024)), "fetch_too_large"),
    ] {
        provider.keys.answers(&answer);
        assert_eq!(refused(&app, &provider).await.0, code);
    }
    let mut after = kernia.database().contents();
    let mut before = before;
    for contents in [&mut before, &mut after] {
        contents.retain(|table, _| !table.starts_with("organization"));
    }
    assert_eq!(after, before, "nothing of it is kept");
}

#[tokio::test]
async fn a_provider_that_keeps_silent_is_not_waited_for() {
    let kernia = open_kernia().await;
    let (app, provider) = (kernia.application(), Publisher::start().await);
    let other = Publisher::start().await;
    provider.discovery.holds_back();
    other.keys.holds_back();
    let (document, keys) = tokio::join!(refused(&app, &provider), refused(&app, &other));
    assert_eq!((document.0.as_str(), keys.0.as_str()), ("fetch_too_slow", "fetch_too_slow"));
}

#[tokio::test]
async fn private_addresses_are_asked_only_where_the_operator_allows() {
    let mut kernia = Kernia::start().await;
    let (app, provider) = (kernia.application(), Publisher::start().await);
    assert_eq!(refused(&app, &provider).await.0, "fetch_address_refused");
    assert_eq!(provider.discovery.asked(), 0);
    // The former name of the key still works.
    kernia.changes(|config| config.saml.allow_private_metadata = true).await;
    connected(&app, provider.options(&json!({}))).await;
}

/// Whoever could change a document on its way would name addresses of their own, all of them https.
#[tokio::test]
async fn in_a_live_environment_nothing_is_read_in_clear() {
    let kernia = Kernia::start_with(|config| {
        config.environment.kind = kernia::kit::environment::Environment::Live;
        config.fetch.allow_private_addresses = true;
    })
    .await;
    let (app, provider) = (kernia.application(), Publisher::start().await);
    let elsewhere = |path: &str| format!("https://elsewhere.test{path}");
    provider.publishes(&json!({
        "authorization_endpoint": elsewhere("/authorize"), "token_endpoint": elsewhere("/token"),
        "userinfo_endpoint": elsewhere("/userinfo"), "jwks_uri": elsewhere("/jwks"),
        "end_session_endpoint": null,
    }));
    assert_eq!(refused(&app, &provider).await.0, "url_not_https");
    assert_eq!(provider.discovery.asked(), 0);
}

#[tokio::test]
async fn what_the_provider_does_not_take_is_said_at_once() {
    let kernia = open_kernia().await;
    let (app, provider) = (kernia.application(), Publisher::start().await);
    let organization = organization(&app).await;
    for (published, given, field, code) in [
        (
            json!({ "token_endpoint_auth_methods_supported": ["tls_client_auth"] }),
            json!({}),
            "token_authentication_method",
            "token_authentication_method_not_offered",
        ),
        (
            json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] }),
            json!({ "token_authentication_method": "client_secret_basic" }),
            "token_authentication_method",
            "token_authentication_method_not_offered",
        ),
        (
            json!({ "id_token_signing_alg_values_supported": ["HS256"] }),
            json!({}),
            "id_token_signature_algorithm",
            "algorithm_not_offered",
        ),
        (
            json!({ "code_challenge_methods_supported": ["plain"] }),
            json!({}),
            "pkce",
            "pkce_not_offered",
        ),
        (
            json!({ "userinfo_endpoint": null }),
            json!({ "fetch_user_info": true }),
            "fetch_user_info",
            "userinfo_not_offered",
        ),
    ] {
        provider.publishes(&published);
        let body =
            json!({ "organization_id": organization, "oidc_options": provider.options(&given) });
        let answer = app.posts("/connections", body).await;
        assert_eq!(answer.code(422), code, "{}", answer.body);
        assert_eq!(answer.json()["errors"][0]["field"], format!("oidc_options.{field}"));
    }
    // HS256 where somebody asks for it, and what is offered where nobody says.
    provider.publishes(&json!({
        "id_token_signing_alg_values_supported": ["HS256"], "userinfo_endpoint": null,
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "code_challenge_methods_supported": null, "scopes_supported": ["openid", "email"],
    }));
    let asked = json!({ "id_token_signature_algorithm": "HS256" });
    let made = connected(&app, provider.options(&asked)).await;
    let options = &made["oidc_options"];
    assert_eq!(options["token_authentication_method"], "client_secret_post");
    assert_eq!(options["fetch_user_info"], false);
    assert_eq!(options["scopes"], json!(["openid", "email"]));
}

async fn metadata(app: &Application, connection: &Value) -> Value {
    app.gets(&format!("/kernia/v1{}/metadata", path_of(connection))).await.is(200)
}

#[tokio::test]
async fn the_provider_is_read_again_once_a_day_and_later_after_failures() {
    let kernia = open_kernia().await;
    let (app, provider) = (kernia.application(), Publisher::start().await);
    let made = connected(&app, provider.options(&json!({}))).await;
    runs(&kernia, "refresh_providers").await;
    assert_eq!(provider.discovery.asked(), 1, "only when the connection was made");
    provider.publishes(&json!({ "authorization_endpoint": format!("{}/new", provider.origin()) }));
    provider.keys.says(&jwks(&["one", "two"]));
    kernia.advance(DAY + DAY / 16);
    runs(&kernia, "refresh_providers").await;
    let found = app.gets(&path_of(&made)).await.is(200);
    let authorization = text(&found["oidc_options"], "authorization_endpoint");
    assert!(authorization.ends_with("/new"), "{authorization}");
    let known = metadata(&app, &made).await;
    assert_eq!(known["keys"]["ids"], json!(["one", "two"]));
    assert_eq!((&known["failure"], &known["proposal"]), (&Value::Null, &Value::Null));

    // What is bad changes nothing; it is tried again after an hour, then after two.
    provider.discovery.answers(&page("200 OK", "<html></html>"));
    kernia.advance(DAY + DAY / 16);
    for (nth, hours) in [(1, 1), (2, 2), (3, 4)] {
        let asked = provider.discovery.asked();
        runs(&kernia, "refresh_providers").await;
        assert_eq!(provider.discovery.asked(), asked + 1, "attempt {nth}");
        let known = metadata(&app, &made).await;
        assert_eq!(known["failure"]["code"], "metadata_html");
        assert_eq!(known["keys"]["ids"], json!(["one", "two"]));
        runs(&kernia, "refresh_providers").await;
        assert_eq!(provider.discovery.asked(), asked + 1, "not at once again");
        kernia.advance(Duration::from_hours(hours) + Duration::from_hours(hours) / 16);
    }
    provider.publishes(&json!({}));
    let refresh = format!("/kernia/v1{}/metadata/refresh", path_of(&made));
    let refreshed = app.posts(&refresh, json!({})).await.is(200);
    assert_eq!(refreshed["outcome"], "changed");
    assert_eq!(refreshed["metadata"]["failure"], Value::Null);
    assert_eq!(app.posts(&refresh, json!({})).await.is(200)["outcome"], "unchanged");
}

#[tokio::test]
async fn an_issuer_that_changes_is_not_taken_over_by_itself() {
    let kernia = open_kernia().await;
    let (app, provider) = (kernia.application(), Publisher::start().await);
    let made = connected(&app, provider.options(&json!({}))).await;
    let new = format!("{}/", provider.origin());
    provider.publishes(&json!({
        "issuer": new, "authorization_endpoint": format!("{}/new", provider.origin()),
    }));
    kernia.advance(DAY + DAY / 16);
    runs(&kernia, "refresh_providers").await;
    assert_eq!(app.gets(&path_of(&made)).await.is(200), made, "nothing of it was taken");
    let failure = metadata(&app, &made).await["failure"].clone();
    assert_eq!(failure["code"], "issuer_changed");
    assert!(text(&failure, "message").contains("discovery_endpoint"), "{failure}");
    // Whoever names the endpoint again says yes to what is there now.
    let yes = json!({ "oidc_options": { "discovery_endpoint": provider.endpoint() } });
    let changed = app.patches(&path_of(&made), yes).await.is(200);
    assert_eq!(changed["oidc_options"]["issuer"], new);
    assert_eq!(metadata(&app, &made).await["failure"], Value::Null);
}

#[tokio::test]
async fn keys_are_read_at_once_but_not_by_everybody() {
    let kernia = open_kernia().await;
    let (app, provider) = (kernia.application(), Publisher::start().await);
    let made = connected(&app, provider.options(&json!({}))).await;
    let other = connected(&app, provider.options(&json!({}))).await;
    let id = |made: &Value| Id::parse(text(made, "id")).unwrap();
    let asked = provider.keys.asked();
    provider.keys.says(&jwks(&["two"]));
    // A crowd with one unknown key is one question.
    let crowd = (0..20).map(|_| {
        let (app, id) = (kernia.app().clone(), id(&made));
        tokio::spawn(async move { openid::refresh_keys(&app, &id).await.unwrap() })
    });
    for one in crowd.collect::<Vec<_>>() {
        assert_eq!(one.await.unwrap(), KeysRead::Anew, "whoever waited has what came");
    }
    assert_eq!(provider.keys.asked(), asked + 1);
    assert_eq!(metadata(&app, &made).await["keys"]["ids"], json!(["two"]));
    assert_eq!(provider.discovery.asked(), 2, "the document was not asked for again");

    kernia.advance(Duration::from_secs(29));
    let read = |made: &Value| {
        let (app, id) = (kernia.app().clone(), id(made));
        async move { openid::refresh_keys(&app, &id).await.unwrap() }
    };
    assert_eq!(read(&made).await, KeysRead::Lately, "too soon");
    assert_eq!(read(&other).await, KeysRead::Anew, "each on its own");
    kernia.advance(Duration::from_secs(1));
    provider.keys.answers(&page("200 OK", "<html></html>"));
    // Why it failed is told for as long as nobody reads it again.
    for _ in 0..2 {
        let KeysRead::Failed(why) = read(&made).await else { panic!("a page is no key set") };
        assert_eq!(why.code, "keys_html");
    }
    assert_eq!(metadata(&app, &made).await["keys"]["ids"], json!(["two"]), "what was known stays");
    assert_eq!(provider.keys.asked(), asked + 3);
}
