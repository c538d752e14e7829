//! The way to a provider and back: the authorization request's address, and what the browser
//! brings in answer (OIDC Core §3.1.2, RFC 9207).

use std::{collections::HashSet, time::Duration};

use super::{metadata::Provider, rejected::Rejected};
use crate::kit::{secret::Secret, text::WebAddress};

/// The longest answer, in bytes.
const MAX_ANSWER: usize = 16 * 1024;
/// The most parameters of an answer.
const MAX_PARAMETERS: usize = 100;
/// The longest text of a provider that is kept, in characters.
const MAX_WORDS: usize = 400;
/// What nobody but Kernia may ask for.
const RESERVED: [&str; 15] = [
    "response_type",
    "response_mode",
    "client_id",
    "client_secret",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
    "registration",
    "client_assertion",
    "client_assertion_type",
];

/// A request that sends a browser to a provider.
#[derive(Debug, Clone, Copy)]
pub struct AuthorizationRequest<'a> {
    /// The provider's authorization endpoint.
    pub endpoint: &'a WebAddress,
    /// Our name at the provider.
    pub client_id: &'a str,
    /// Where the answer goes.
    pub redirect_uri: &'a str,
    /// What is asked for, separated by spaces.
    pub scope: &'a str,
    /// What the answer repeats.
    pub state: &'a str,
    /// What the ID token repeats.
    pub nonce: &'a str,
    /// The SHA-256 of the code verifier, where PKCE is used (RFC 7636 §4.3).
    pub code_challenge: Option<&'a str>,
    /// Whether the provider shows something, and what.
    pub prompt: Option<&'a str>,
    /// Who probably wants to sign in.
    pub login_hint: Option<&'a str>,
    /// How long ago the person may have signed in at the provider.
    pub max_age: Option<Duration>,
    /// More that the provider understands. What is ours to say cannot be said here.
    pub extra: &'a [(&'a str, &'a str)],
}

impl AuthorizationRequest<'_> {
    /// The address to send the browser to.
    #[must_use]
    pub fn url(&self) -> String {
        let max_age = self.max_age.map(|it| it.as_secs().to_string());
        let mut asked = vec![
            ("response_type", "code"),
            ("client_id", self.client_id),
            ("redirect_uri", self.redirect_uri),
            ("scope", self.scope),
            ("state", self.state),
            ("nonce", self.nonce),
        ];
        if let Some(challenge) = self.code_challenge {
            asked.extend([("code_challenge", challenge), ("code_challenge_method", "S256")]);
        }
        let optional = [
            ("prompt", self.prompt),
            ("login_hint", self.login_hint),
            ("max_age", max_age.as_deref()),
        ];
        asked.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        for (name, value) in self.extra {
            if !RESERVED.contains(name) && asked.iter().all(|(known, _)| known != name) {
                asked.push((name, value));
            }
        }
        with_query(self.endpoint, &asked)
    }
}

/// An address with these parameters; what it says of the same name already gives way.
pub(super) fn with_query(endpoint: &WebAddress, asked: &[(&str, &str)]) -> String {
    let mut url = endpoint.url().clone();
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| asked.iter().all(|(known, _)| known != name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(asked);
    url.into()
}

/// What a browser brought back from a provider.
#[derive(Debug, Clone)]
pub struct Callback {
    /// The state of our request, as it came: a key to look the sign-in up, and nothing else.
    pub state: String,
    /// What the provider says.
    pub answer: Answer,
    /// The issuer that the answer names (RFC 9207).
    pub issuer: Option<String>,
}

/// A code, or no.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The person signed in.
    Code(Secret),
    /// The provider refused (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6).
    Refused {
        /// Its word: `access_denied`, `login_required`, …
        error: String,
        /// Its sentence, when it gave one.
        description: Option<String>,
    },
}

impl Callback {
    /// Reads the query of the callback's address, or the form that was posted to it.
    ///
    /// What parameters Kernia does not know are ignored, but none may stand twice.
    pub fn parse(query: &str) -> Result<Self, Rejected> {
        let malformed = |got: &str| Rejected::new("callback_malformed", got, "a code and a state");
        if query.len() > MAX_ANSWER {
            return Err(malformed("more than 16 kB"));
        }
        let mut given = Given::default();
        let mut names = HashSet::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if names.len() == MAX_PARAMETERS {
                return Err(malformed("more than 100 parameters"));
            }
            if !names.insert(name.clone().into_owned()) {
                let expected = "each parameter once";
                return Err(Rejected::new("callback_duplicate", name, expected));
            }
            given.take(&name, value.into_owned());
        }
        let state = given.state.filter(|it| !it.is_empty()).ok_or_else(|| malformed("no state"))?;
        let answer = match (given.error, given.code) {
            (Some(_), Some(_)) => return Err(malformed("a code and an error")),
            (Some(error), None) => Answer::Refused {
                error: words(&error),
                description: given.description.map(|it| words(&it)),
            },
            (None, Some(code)) if !code.is_empty() => Answer::Code(Secret::new(code)),
            (None, _) => return Err(malformed("neither a code nor an error")),
        };
        Ok(Self { state, answer, issuer: given.issuer })
    }

    /// Refuses an answer that another provider gave (RFC 9207 §2.4).
    pub fn check_issuer(&self, provider: &Provider) -> Result<(), Rejected> {
        match &self.issuer {
            Some(issuer) if provider.is_issuer(issuer) => Ok(()),
            None if !provider.sends_issuer => Ok(()),
            other => {
                let got = other.as_deref().unwrap_or("none");
                Err(Rejected::new("callback_issuer", got, &provider.issuer))
            }
        }
    }

    /// The code; a provider's no is a refusal of the sign-in.
    pub fn code(&self) -> Result<&Secret, Rejected> {
        match &self.answer {
            Answer::Code(code) => Ok(code),
            Answer::Refused { error, description } => {
                let got = match description {
                    Some(description) => format!("{error}: {description}"),
                    None => error.clone(),
                };
                Err(Rejected::new("provider_refused", got, "a code"))
            }
        }
    }
}

#[derive(Default)]
struct Given {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    description: Option<String>,
    issuer: Option<String>,
}

impl Given {
    fn take(&mut self, name: &str, value: String) {
        let place = match name {
            "state" => &mut self.state,
            "code" => &mut self.code,
            "error" => &mut self.error,
            "error_description" => &mut self.description,
            "iss" => &mut self.issuer,
            _ => return,
        };
        *place = Some(value);
    }
}

/// A stranger's words, bounded and in one line.
pub(super) fn words(text: &str) -> String {
    text.chars().take(MAX_WORDS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
