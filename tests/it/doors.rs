//! Every door of every face, tried by somebody without a key, with a wrong one, with a revoked one.

use std::collections::BTreeSet;

use kernia::{
    faces::{self, Handler},
    http::Route,
};
use serde_json::json;

use crate::kernia::{Answer, Application, IdentityProvider, Kernia};

/// The doors that stand open, and why.
const OPEN: &[(&str, &str, &str)] = &[
    (
        "GET",
        "/login",
        "a person is asked where they sign in; the client's list guards the way back",
    ),
    ("POST", "/login", "the person's answer; a cookie and a token of the page guard it"),
    (
        "GET",
        "/sso/authorize",
        "a browser comes without a key; the client's list guards the way back",
    ),
    ("POST", "/sso/saml/acs/{key}", "a browser brings a signed answer; the signature is the key"),
    (
        "GET",
        "/sso/oidc/callback/{key}",
        "a browser brings a provider's answer; its cookie, the state and what the provider signs are the key",
    ),
    ("POST", "/sso/oidc/callback/{key}", "the same answer in a form"),
    ("GET", "/sso/oidc/{*path}", "the same at an address that a provider was given before"),
    ("POST", "/sso/oidc/{*path}", "the same in a form"),
    (
        "GET",
        "/sso/oidc/initiate/{key}",
        "a provider begins; it is asked at once, as /sso/authorize does",
    ),
    ("POST", "/sso/oidc/initiate/{key}", "the same in a form"),
    (
        "GET",
        "/sso/oidc/idp-logout/{key}",
        "a provider ends a session by a random name that only it and we know",
    ),
    ("GET", "/sso/signed-out", "one calm page; it tells nothing"),
    ("POST", "/sso/saml/consent", "a browser's cookie and a token of its page open what is held"),
    ("GET", "/sso/saml/test/{token}", "an administrator's browser; the token is the key"),
    ("GET", "/sso/saml/slo/{key}", "a provider's signed message; the signature is the key"),
    ("POST", "/sso/saml/slo/{key}", "a provider's signed message; the signature is the key"),
    ("GET", "/sso/logout", "a browser signs out; its token is the key"),
    ("GET", "/sso/saml/metadata/{key}", "our own metadata is public by its nature"),
    ("GET", "/sso/oidc/jwks/{key}", "public keys of ours at a connection"),
    (
        "GET",
        "/oauth2/authorize",
        "a browser comes without a key; the client's list guards the way back",
    ),
    ("POST", "/oauth2/authorize", "the same by a form; it only sends the browser on"),
    ("GET", "/oauth2/logout", "a browser signs out; an ID token or the person's yes is the key"),
    ("POST", "/oauth2/logout", "a browser signs out; an ID token is the key"),
    ("POST", "/oauth2/logout/confirm", "the person's yes; their cookie and their page are the key"),
    ("GET", "/.well-known/openid-configuration", "public by its nature"),
    ("GET", "/.well-known/oauth-authorization-server", "public by its nature"),
    ("GET", "/oauth2/jwks", "public keys"),
    ("POST", "/oauth2/token", "checks the code or refresh token, and the client's secret itself"),
    ("OPTIONS", "/oauth2/token", "says whether a page of another origin may ask"),
    ("GET", "/oauth2/userinfo", "takes an access token, which is no API key"),
    ("POST", "/oauth2/userinfo", "takes an access token, which is no API key"),
    ("OPTIONS", "/oauth2/userinfo", "says whether a page of another origin may ask"),
    ("GET", "/assets/{name}", "styles and scripts of the pages"),
    ("POST", "/sso/token", "checks the code, and the client's key or the verifier itself"),
    ("GET", "/sso/profile", "takes an access token, which is no API key"),
    ("GET", "/sso/jwks/{client}", "public keys"),
    ("GET", "/healthz", "for whoever restarts the process; tells nothing"),
    ("GET", "/readyz", "for the load balancer; tells nothing but whether the database answers"),
];

/// A path that fits the pattern, with ids that are there where they matter.
fn path(pattern: &str, app: &Application) -> String {
    let segments = pattern.split('/').map(|segment| match segment {
        "{client}" => app.client_id.as_str(),
        "{key}" => "nobody",
        "{name}" => "nothing.css",
        segment if segment.starts_with('{') => "org_01JD0000000000000000000002",
        segment => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_door_is_shut_or_stands_open_for_a_reason() {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    let keys = format!("/kernia/v1/clients/{}/api_keys", app.client_id);
    let second = app.posts(&keys, json!({ "name": "Second" })).await.is(201);
    let revoked = second["value"].as_str().unwrap().to_owned();
    let own = format!("{keys}/{}", second["id"].as_str().unwrap());
    assert_eq!(app.deletes(&own).await.status, 204);
    let cut = &app.api_key[..app.api_key.len() - 1];
    let lower = app.api_key.to_lowercase();
    // The first who asks for the keys has one made.
    assert_eq!(kernia.anonymous("GET", "/oauth2/jwks").await.status, 200);
    let before = kernia.database().contents();
    let mut open = BTreeSet::new();
    for route in faces::routes() {
        let (method, pattern) = (route.method.as_str(), route.pattern);
        let path = path(pattern, &app);
        let mut refused = 0;
        let strangers = ["", "nonsense", cut, &lower, &revoked];
        for key in strangers {
            let stranger = Application { api_key: key.to_owned(), ..app.clone() };
            let answer = stranger.asks(method, &path, Some(&json!({ "name": "x" }))).await;
            refused += usize::from(answer.status == 401 && shut(&answer, &path));
        }
        let nobody = kernia.anonymous(method, &path).await;
        refused += usize::from(nobody.status == 401 && shut(&nobody, &path));
        // The profile's own 401 has another shape: it is about another kind of token.
        match refused {
            0 => _ = open.insert((method, pattern)),
            all => assert_eq!(all, strangers.len() + 1, "{method} {pattern} is half open"),
        }
    }
    let listed: BTreeSet<_> = OPEN.iter().map(|(method, pattern, _)| (*method, *pattern)).collect();
    assert_eq!(open, listed);
    assert_eq!(kernia.database().contents(), before, "a stranger changed something");
}

/// What a shut door says, in the dialect of its face.
fn shut(answer: &Answer, path: &str) -> bool {
    let body = answer.json();
    if path.starts_with("/scim/") {
        let schemas = json!(["urn:ietf:params:scim:api:messages:2.0:Error"]);
        return body["schemas"] == schemas && body["status"] == "401";
    }
    if path.starts_with("/kernia/") {
        return body["code"] == "unauthorized" && body["status"] == 401;
    }
    body == json!({ "message": "Unauthorized" })
}

#[tokio::test]
async fn with_a_key_every_shut_door_opens() {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    // An API key opens no directory: those doors take a token, and have their own stories.
    let takes_a_key =
        |route: &&'static Route<Handler>| !matches!(route.handler, Handler::Directory(_));
    for route in faces::routes().filter(takes_a_key).filter(|route| {
        !OPEN.iter().any(|(method, pattern, _)| {
            (*method, *pattern) == (route.method.as_str(), route.pattern)
        })
    }) {
        // A path of our own client would delete it: its own key may not.
        let path = path(route.pattern, &app);
        let answer = app.asks(route.method.as_str(), &path, None).await;
        assert!(!matches!(answer.status, 401 | 403 | 500..), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn where_nothing_is_the_sdks_read_it() {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    let not_found = json!({ "message": "Not Found", "code": "not_found" });
    for path in [
        "/",
        "/nothing",
        "/organizations/",
        "/organizations/a/b/c",
        "/vault/v1/kv",
        "/user_management/users",
        "//",
        "/sso",
        "/demo",
        "/demo/idp/sso",
        "/console",
    ] {
        assert_eq!(kernia.anonymous("GET", path).await.is(404), not_found, "{path}");
        assert_eq!(app.posts(path, json!({})).await.is(404), not_found, "{path}");
    }
    for (method, path) in [
        ("PATCH", "/organizations"),
        ("DELETE", "/sso/token"),
        ("POST", "/sso/profile"),
        ("PUT", "/connections/conn_1"),
        ("POST", "/healthz"),
    ] {
        let answer = kernia.anonymous(method, path).await;
        assert_eq!(answer.status, 405, "{method} {path}");
        let body = answer.json();
        let code = body["code"].as_str().or(body["error"].as_str()).unwrap();
        assert!(matches!(code, "method_not_allowed" | "invalid_request"), "{body}");
    }
    assert_eq!(kernia.anonymous("BREW", "/organizations").await.status, 405);
    let head = kernia.anonymous("OPTIONS", "/organizations").await;
    assert_eq!(head.status, 405);
}

#[tokio::test]
async fn the_login_face_speaks_to_people() {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    app.is_ready_for(&IdentityProvider::acme()).await;
    for (method, path, status) in [
        ("GET", "/sso/authorize", 400),
        ("POST", "/sso/authorize", 405),
        ("GET", "/sso/saml/acs/nobody", 405),
        ("POST", "/sso/saml/acs/nobody", 400),
        ("GET", "/sso/saml/metadata/nobody", 404),
        ("GET", "/sso/saml/nothing", 404),
        ("GET", "/assets/nothing.css", 404),
    ] {
        let answer = kernia.anonymous(method, path).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        assert!(answer.content_type().starts_with("text/html"), "{method} {path}: {answer:?}");
        assert!(answer.body.contains(answer.request_id()));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    let page = kernia.anonymous("GET", "/sso/authorize").await.body;
    let asset = page.split('"').find(|piece| piece.starts_with("/assets/")).unwrap();
    let asset = kernia.anonymous("GET", asset).await;
    assert_eq!(asset.status, 200);
    assert!(asset.header("cache-control").unwrap().contains("immutable"));
}

#[tokio::test]
async fn health_tells_that_the_database_answers() {
    let kernia = Kernia::start().await;
    assert_eq!(kernia.anonymous("GET", "/healthz").await.is(200), json!({ "status": "ok" }));
    let ready = json!({ "status": "ok", "database": { "read": "ok", "write": "ok" } });
    assert_eq!(kernia.anonymous("GET", "/readyz").await.is(200), ready);
}
