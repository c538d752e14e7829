//! An account at a provider that speaks OAuth 2.0 and has no ID tokens, GitHub's: read with the access
//! token that a code of this sign-in gave.

use serde_json::{Map, Value as Json};

use super::{json, rejected::Rejected};

/// The largest answer, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// Who an access token belongs to, with claims by the names of OpenID Connect Core §5.1 beside the
/// provider's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    subject: String,
    claims: Map<String, Json>,
}

impl Account {
    /// Reads what the provider's API says of the person, and of their email addresses.
    pub fn parse(user: &[u8], emails: &[u8]) -> Result<Self, Rejected> {
        let malformed = |why: String| Rejected::new("user_info_malformed", why, "a JSON object");
        for document in [user, emails] {
            if document.len() > MAX_ANSWER {
                let got = format!("{} bytes", document.len());
                return Err(Rejected::new("user_info_too_large", got, "at most 262,144"));
            }
            if json::is_html(document) {
                return Err(Rejected::new("user_info_html", "HTML or XML", "a JSON object"));
            }
        }
        let mut claims = json::object(user).map_err(malformed)?;
        // The number stays when the login changes, and when another person takes the old login.
        let Some(id) = claims.get("id").and_then(Json::as_u64) else {
            return Err(malformed("no number `id`".to_owned()));
        };
        let emails: Vec<Email> = serde_json::from_slice(emails)
            .map_err(|_| malformed("another list of email addresses than expected".to_owned()))?;
        let verified = || emails.iter().filter(|email| email.verified);
        let email = verified().find(|email| email.primary).or_else(|| verified().next());
        // The public address of an account is whatever its owner wrote there.
        claims.remove("email");
        if let Some(email) = email {
            claims.insert("email".to_owned(), Json::from(email.email.as_str()));
            claims.insert("email_verified".to_owned(), Json::Bool(true));
        }
        for (ours, theirs) in [("preferred_username", "login"), ("picture", "avatar_url")] {
            if let Some(value) = claims.get(theirs).cloned() {
                claims.insert(ours.to_owned(), value);
            }
        }
        claims.insert("sub".to_owned(), Json::from(id.to_string()));
        Ok(Self { subject: id.to_string(), claims })
    }

    /// The provider's name for the person.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What it says of them.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Json> {
        &self.claims
    }
}

#[derive(serde::Deserialize)]
struct Email {
    email: String,
    #[serde(default)]
    primary: bool,
    #[serde(default)]
    verified: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_was_verified_counts() {
        let user = br#"{"id": 7, "login": "ada", "email": "eve@evil.test", "name": "Ada"}"#;
        let emails = br#"[{"email": "eve@evil.test", "primary": true, "verified": false},
            {"email": "ada@acme.test", "primary": false, "verified": true}]"#;
        let account = Account::parse(user, emails).unwrap();
        assert_eq!(account.subject(), "7");
        assert_eq!(account.claims()["email"], "ada@acme.test");
        assert_eq!(account.claims()["preferred_username"], "ada");
        let none = Account::parse(user, b"[]").unwrap();
        assert_eq!(none.claims().get("email"), None);
    }

    #[test]
    fn what_is_no_account_is_refused() {
        for (user, emails, code) in [
            (&b"<html>"[..], &b"[]"[..], "user_info_html"),
            (br#"{"login": "ada"}"#, b"[]", "user_info_malformed"),
            (br#"{"id": 7}"#, b"{}", "user_info_malformed"),
        ] {
            assert_eq!(Account::parse(user, emails).unwrap_err().code, code);
        }
    }
}
