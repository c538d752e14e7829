//! The exchange of a code at the token endpoint (OIDC Core §3.1.3): what is posted, and what comes
//! back.

use std::time::Duration;

use serde_json::{Map, Value as Json};

use super::{
    authorization::words,
    client_authentication::{ClientAuthentication, Occasion},
    json,
    rejected::Rejected,
};
use crate::kit::{error::Error, secret::Secret, text::WebAddress, time::Timestamp};

/// The largest answer, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// A code to be exchanged.
#[derive(Debug, Clone, Copy)]
pub struct TokenRequest<'a> {
    /// The provider's token endpoint.
    pub endpoint: &'a WebAddress,
    /// Our name at the provider.
    pub client_id: &'a str,
    /// How we prove to be it.
    pub authentication: &'a ClientAuthentication,
    /// The redirect URI of the request that the code answers.
    pub redirect_uri: &'a str,
    /// The code.
    pub code: &'a Secret,
    /// What its challenge was made of, where PKCE is used.
    pub code_verifier: Option<&'a Secret>,
    /// A name that no other assertion of ours had or will have.
    pub assertion_id: &'a str,
    /// The present time.
    pub now: Timestamp,
}

/// What is posted. Nothing of it belongs into the address.
#[derive(Debug)]
pub struct TokenRequestParts {
    /// The form, in its order.
    pub form: Vec<(&'static str, Secret)>,
    /// The header `Authorization`.
    pub authorization: Option<Secret>,
}

impl TokenRequest<'_> {
    /// What to post to the endpoint.
    pub fn parts(&self) -> Result<TokenRequestParts, Error> {
        let mut form = vec![
            ("grant_type", Secret::new("authorization_code".to_owned())),
            ("code", self.code.clone()),
            ("redirect_uri", Secret::new(self.redirect_uri.to_owned())),
        ];
        form.extend(self.code_verifier.map(|it| ("code_verifier", it.clone())));
        let (credentials, authorization) = self.authentication.credentials(&Occasion {
            client_id: self.client_id,
            token_endpoint: self.endpoint.as_str(),
            assertion_id: self.assertion_id,
            now: self.now,
        })?;
        form.extend(credentials);
        Ok(TokenRequestParts { form, authorization })
    }
}

/// What a token endpoint gave.
#[derive(Debug, Clone)]
pub struct TokenResponse {
    /// The ID token, as it came: nothing of it is verified.
    pub id_token: Option<String>,
    /// The access token.
    pub access_token: Option<Secret>,
    /// How long the access token holds.
    pub expires_in: Option<Duration>,
    /// What the access token opens, where that differs from what was asked for.
    pub scope: Option<String>,
    /// What gives the next access token.
    pub refresh_token: Option<Secret>,
}

impl TokenResponse {
    /// Reads the endpoint's answer. It must be JSON, whatever its content type says.
    pub fn parse(status: u16, body: &[u8]) -> Result<Self, Rejected> {
        if body.len() > MAX_ANSWER {
            let got = format!("{} bytes", body.len());
            return Err(Rejected::new("token_too_large", got, "at most 262,144"));
        }
        let good = (200..300).contains(&status);
        let map = match json::object(body) {
            Ok(map) => map,
            Err(_) if json::is_html(body) => {
                return Err(Rejected::new("token_html", format!("HTML, status {status}"), "JSON"));
            }
            Err(_) if !good => {
                return Err(Rejected::new("token_status", format!("status {status}"), "200"));
            }
            Err(why) => return Err(malformed(why)),
        };
        if !good || map.contains_key("error") {
            return Err(refused(status, &map));
        }
        if let Some(kind) = json::text(&map, "token_type")
            && !kind.eq_ignore_ascii_case("bearer")
        {
            return Err(Rejected::new("token_type", words(kind), "Bearer"));
        }
        let text = |name: &str| match map.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.clone()).filter(|it| !it.is_empty())),
            Some(_) => Err(malformed(format!("`{name}` that is no text"))),
        };
        Ok(Self {
            id_token: text("id_token")?,
            access_token: text("access_token")?.map(Secret::new),
            expires_in: map.get("expires_in").and_then(seconds).map(Duration::from_secs),
            scope: text("scope")?,
            refresh_token: text("refresh_token")?.map(Secret::new),
        })
    }

    /// The ID token, which a sign-in needs.
    pub fn id_token(&self) -> Result<&str, Rejected> {
        let missing = || Rejected::new("id_token_missing", "none", "an ID token");
        self.id_token.as_deref().ok_or_else(missing)
    }
}

/// A number of seconds. Some providers write it as text; one that cannot be read says nothing.
fn seconds(value: &Json) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn malformed(got: String) -> Rejected {
    Rejected::new("token_response_malformed", got, "a JSON object with tokens")
}

/// RFC 6749 §5.2.
fn refused(status: u16, map: &Map<String, Json>) -> Rejected {
    let Some(error) = json::text(map, "error") else {
        return Rejected::new("token_status", format!("status {status}"), "200");
    };
    let code = match error {
        "invalid_client" | "unauthorized_client" => "client_refused",
        "invalid_grant" => "grant_refused",
        _ => "token_refused",
    };
    let got = match json::text(map, "error_description") {
        Some(description) => format!("{}: {}", words(error), words(description)),
        None => words(error),
    };
    Rejected::new(code, got, "tokens")
}
