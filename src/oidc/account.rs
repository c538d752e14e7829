//! A person at a provider that speaks OAuth 2.0 alone, without ID tokens (GitHub): what its API says
//! of the holder of an access token. The connection that it came by is all that vouches for it.

use serde_json::{Map, Value as Json};

use super::{json, rejected::Rejected};

/// The largest answer, in bytes.
const MAX_ANSWER: usize = 256 * 1024;
/// The most email addresses that are looked through.
const MAX_EMAILS: usize = 100;

/// An account, as the provider's API describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    subject: String,
    claims: Map<String, Json>,
}

impl Account {
    /// Reads the API's answer about the account itself. Its `id`, a number or a text, is the
    /// person's name there; that of a login may pass to somebody else.
    pub fn parse(status: u16, body: &[u8]) -> Result<Self, Rejected> {
        let Json::Object(claims) = answer(status, body)? else {
            return Err(malformed("JSON that is no object"));
        };
        let subject = match claims.get("id") {
            Some(Json::Number(id)) if id.is_u64() => id.to_string(),
            Some(Json::String(id)) if !id.trim().is_empty() && id.len() <= 255 => id.clone(),
            _ => return Err(Rejected::new("user_info_subject", "no `id`", "an `id`")),
        };
        Ok(Self { subject, claims })
    }

    /// Takes the email address from the API's list of them: the one that is primary and verified.
    pub fn with_emails(mut self, status: u16, body: &[u8]) -> Result<Self, Rejected> {
        let Json::Array(list) = answer(status, body)? else {
            return Err(malformed("JSON that is no list"));
        };
        let is = |email: &Json, name: &str| email.get(name).and_then(Json::as_bool) == Some(true);
        let mut emails = list.iter().take(MAX_EMAILS);
        let primary = emails.find(|email| is(email, "primary") && is(email, "verified"));
        // What the profile shows is chosen freely, and no proof of anything.
        self.claims.remove("email");
        if let Some(email) = primary.and_then(|it| it.get("email")).and_then(Json::as_str) {
            self.claims.insert("email".to_owned(), email.into());
            self.claims.insert("email_verified".to_owned(), true.into());
        }
        Ok(self)
    }

    /// The person's name at the provider, the same for ever.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Everything that was said.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Json> {
        &self.claims
    }
}

fn answer(status: u16, body: &[u8]) -> Result<Json, Rejected> {
    if body.len() > MAX_ANSWER {
        let got = format!("{} bytes", body.len());
        return Err(Rejected::new("user_info_too_large", got, "at most 262,144"));
    }
    if !(200..300).contains(&status) {
        return Err(Rejected::new("user_info_status", format!("status {status}"), "200"));
    }
    if json::is_html(body) {
        return Err(Rejected::new("user_info_html", "HTML or XML", "JSON"));
    }
    json::any(body).map_err(|why| malformed(&why))
}

fn malformed(got: &str) -> Rejected {
    Rejected::new("user_info_malformed", got, "an account in JSON")
}
