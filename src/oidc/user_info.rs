//! What the userinfo endpoint says of a person (OIDC Core §5.3): more claims, never other ones.

use serde_json::{Map, Value as Json};

use super::{
    id_token::{Claims, Verified},
    json,
    rejected::Rejected,
};

/// The largest answer, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// The claims of a userinfo endpoint. Nobody vouches for them but the connection they came by.
#[derive(Debug, Clone, PartialEq)]
pub struct UserInfo(Map<String, Json>);

impl UserInfo {
    /// Reads the endpoint's answer.
    pub fn parse(status: u16, body: &[u8]) -> Result<Self, Rejected> {
        if body.len() > MAX_ANSWER {
            let got = format!("{} bytes", body.len());
            return Err(Rejected::new("user_info_too_large", got, "at most 262,144"));
        }
        if !(200..300).contains(&status) {
            return Err(Rejected::new("user_info_status", format!("status {status}"), "200"));
        }
        if json::is_html(body) {
            return Err(Rejected::new("user_info_html", "HTML or XML", "a JSON object"));
        }
        if is_token(body) {
            return Err(Rejected::new("user_info_signed", "a token", "a JSON object"));
        }
        let map = json::object(body)
            .map_err(|why| Rejected::new("user_info_malformed", why, "a JSON object"))?;
        Ok(Self(map))
    }
}

/// Whether this is a token in compact form, signed or encrypted.
fn is_token(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    let parts = body.split(|byte| *byte == b'.').count();
    body.starts_with(b"ey")
        && (parts == 3 || parts == 5)
        && body.iter().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'-' | b'_'))
}

impl Verified<Claims> {
    /// Adds what the userinfo endpoint said, as `document`, with the status 200.
    pub fn with_user_info(self, document: &[u8]) -> Result<Self, Rejected> {
        self.with(UserInfo::parse(200, document)?)
    }

    /// Adds what the userinfo endpoint said. It must speak of the same person (OIDC Core §5.3.2);
    /// what the ID token says too stays as that says it.
    pub fn with(self, user_info: UserInfo) -> Result<Self, Rejected> {
        let mut claims = self.into_inner();
        let UserInfo(map) = user_info;
        match map.get("sub").and_then(Json::as_str) {
            Some(subject) if subject == claims.subject => {}
            other => {
                let got = other.unwrap_or("none");
                return Err(Rejected::new("user_info_subject", got, &claims.subject));
            }
        }
        for (name, value) in map {
            claims.all.entry(name).or_insert(value);
        }
        Ok(Self::new(claims))
    }
}
