//! How Kernia proves at a token endpoint that it is the client (OIDC Core §9). No secret ever
//! stands in an address.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;

use super::signing_key::SigningKey;
use crate::kit::{error::Error, secret::Secret, time::Timestamp};

/// What an assertion of ours says it is (RFC 7523 §2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long an assertion of ours holds: longer than two clocks are apart that a sign-in still bears.
const ASSERTION_LIFE: Duration = Duration::from_mins(5);

/// The method, with what it needs.
#[derive(Debug, Clone)]
pub enum ClientAuthentication {
    /// `client_secret_basic`: the secret in the header `Authorization`.
    Basic(Secret),
    /// `client_secret_post`: the secret in the form.
    Post(Secret),
    /// `private_key_jwt`: an assertion that a key of ours signs.
    PrivateKeyJwt(SigningKey),
    /// `none`: a public client, which PKCE protects.
    None,
}

/// What an assertion of ours says (RFC 7523 §3).
#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: &'a str,
    iat: i64,
    exp: i64,
}

/// For whom, where and when to authenticate.
pub(super) struct Occasion<'a> {
    pub(super) client_id: &'a str,
    pub(super) token_endpoint: &'a str,
    pub(super) assertion_id: &'a str,
    pub(super) now: Timestamp,
}

/// Fields of a form, and the header `Authorization`.
pub(super) type Credentials = (Vec<(&'static str, Secret)>, Option<Secret>);

impl ClientAuthentication {
    /// Its name in discovery documents.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Basic(_) => "client_secret_basic",
            Self::Post(_) => "client_secret_post",
            Self::PrivateKeyJwt(_) => "private_key_jwt",
            Self::None => "none",
        }
    }

    pub(super) fn credentials(&self, occasion: &Occasion<'_>) -> Result<Credentials, Error> {
        let id = || ("client_id", Secret::new(occasion.client_id.to_owned()));
        Ok(match self {
            Self::Basic(secret) => (Vec::new(), Some(basic(occasion.client_id, secret))),
            Self::Post(secret) => (vec![id(), ("client_secret", secret.clone())], None),
            Self::PrivateKeyJwt(key) => {
                let kind = ("client_assertion_type", Secret::new(ASSERTION_TYPE.to_owned()));
                let assertion = ("client_assertion", assertion(key, occasion)?);
                (vec![id(), kind, assertion], None)
            }
            Self::None => (vec![id()], None),
        })
    }
}

/// RFC 6749 §2.3.1: both are form-encoded before they are joined. A tilde, which Entra's secrets have,
/// stands for itself: not every provider decodes what it gets.
fn basic(client_id: &str, secret: &Secret) -> Secret {
    let encode = |text: &str| {
        let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        encoded.replace("%7E", "~")
    };
    let joined = Secret::new(format!("{}:{}", encode(client_id), encode(secret.expose())));
    Secret::new(format!("Basic {}", STANDARD.encode(joined.expose())))
}

fn assertion(key: &SigningKey, occasion: &Occasion<'_>) -> Result<Secret, Error> {
    let now = occasion.now;
    let claims = Assertion {
        iss: occasion.client_id,
        sub: occasion.client_id,
        aud: occasion.token_endpoint,
        jti: occasion.assertion_id,
        iat: now.seconds(),
        exp: (now + ASSERTION_LIFE).seconds(),
    };
    Ok(Secret::new(key.sign(key.thumbprint(), "JWT", &claims)?))
}
