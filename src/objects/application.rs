//! Clients with their redirect URIs, API keys and public signing keys, as published.

use serde::Serialize;

use crate::kit::time::Timestamp;

/// `object: "client"`: an application that signs its users in through Kernia.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "client")]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct Client {
    pub id: String,
    pub name: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// `object: "redirect_uri"`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "redirect_uri")]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 2")]
pub struct RedirectUri {
    pub id: String,
    pub uri: String,
    pub default: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// `object: "api_key"`: never the key itself, but for `value` in the answer that creates it.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "api_key")]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct ApiKey {
    pub id: String,
    pub client_id: String,
    pub name: String,
    /// The key with all but its ends left out: `sk_test_…9fQ2`.
    pub obfuscated_value: String,
    pub created_at: Timestamp,
}

/// `{keys: […]}` (RFC 7517 §5).
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names; RFC 7517")]
pub struct JsonWebKeys {
    pub keys: Vec<JsonWebKey>,
}

/// A public RSA key for signatures (RFC 7517 §4, RFC 7518 §6.3.1).
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names; RFC 7517")]
pub struct JsonWebKey {
    pub alg: &'static str,
    pub kty: &'static str,
    #[serde(rename = "use")]
    pub usage: &'static str,
    pub kid: String,
    pub n: String,
    pub e: String,
    pub x5c: Vec<String>,
    #[serde(rename = "x5t#S256")]
    pub x5t_s256: String,
}

/// `object: "openid_client"`: a client that speaks OpenID Connect.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "openid_client")]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct OpenIdClient {
    pub id: String,
    pub name: String,
    pub public: bool,
    /// Whether it comes from `kernia.toml`.
    pub configured: bool,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    pub secrets: Vec<OpenIdSecret>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// `object: "openid_secret"`: never the secret itself.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "openid_secret")]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct OpenIdSecret {
    pub id: String,
    pub obfuscated_value: String,
    pub created_at: Timestamp,
}

/// `object: "openid_key"`: a key that signs ID tokens.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "openid_key")]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct OpenIdKey {
    pub id: String,
    /// `announced`, `active` or `retired`.
    pub state: &'static str,
    pub active_at: Timestamp,
    pub retired_at: Option<Timestamp>,
    pub created_at: Timestamp,
}
