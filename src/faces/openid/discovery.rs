//! What the provider says of itself (OpenID Connect Discovery §3, RFC 8414) and its public keys. It
//! says what works, and nothing else.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    app::{self, App},
    http::{Request, Response},
    kit::{
        digest::sha256,
        error::{Error, Fault},
    },
    openid_provider::{claims, key, scope::Word},
};

/// `GET /.well-known/openid-configuration`.
pub(super) async fn configuration(app: &App, request: Request) -> Result<Response, Error> {
    cached(&request, &document(app.base.as_str()))
}

fn document(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth2/authorize"),
        "token_endpoint": format!("{issuer}/oauth2/token"),
        "userinfo_endpoint": format!("{issuer}/oauth2/userinfo"),
        "jwks_uri": format!("{issuer}/oauth2/jwks"),
        "end_session_endpoint": format!("{issuer}/oauth2/logout"),
        "scopes_supported": Word::ALL.map(Word::as_str),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported":
            ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "select_account"],
        "claims_supported": claims::SUPPORTED,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    })
}

/// `GET /oauth2/jwks` (RFC 7517 §5).
pub(super) async fn keys(app: &App, request: Request) -> Result<Response, Error> {
    let keys = app::openid_clients::published_keys(app).await?;
    cached(&request, &serde_json::to_value(keys).map_err(Fault::internal)?)
}

/// A document that anybody may keep for a while, and whose sameness can be asked for (RFC 9110 §13.1.2).
fn cached(request: &Request, document: &Value) -> Result<Response, Error> {
    let body = serde_json::to_vec(document).map_err(Fault::internal)?;
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&sha256(&body)[..12]));
    let known = request.header("if-none-match").unwrap_or_default();
    let same = known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag);
    let response = if same {
        Response::empty(304)
    } else {
        Response::bytes(200, "application/json; charset=utf-8", body)
    };
    Ok(response
        .with_header("cache-control", format!("public, max-age={}", key::MAX_AGE.as_secs()))
        .with_header("etag", tag)
        .with_header("access-control-allow-origin", "*"))
}
