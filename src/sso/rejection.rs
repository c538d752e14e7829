//! Why an identity provider's answer was not believed, whichever protocol it speaks.

use std::fmt;

use crate::{oidc, saml};

/// Why the answer of an OpenID provider may be refused beside what its kernel judges, each with one
/// sentence: what happened, and what an administrator does about it.
pub const REASONS: &[(&str, &str)] = &[
    (
        "state",
        "The answer belongs to no sign-in that this browser began within the last 15 minutes; start the sign-in again.",
    ),
    (
        "replay",
        "The answer to this sign-in was accepted before, in this browser; start the sign-in again.",
    ),
    (
        "token_not_served",
        "The provider's token endpoint could not be reached, was too slow or said too much; the reason stands beside.",
    ),
    (
        "keys_not_served",
        "The provider's key set, in which the ID token's key is to be looked up, could not be read; the reason stands beside.",
    ),
    (
        "user_info_not_served",
        "The provider's userinfo endpoint could not be reached, was too slow or said too much; the reason stands beside.",
    ),
    (
        "access_token_missing",
        "The provider sent no access token, without which nothing can be asked of its API.",
    ),
    ("email_missing", "The provider tells no email address of this person."),
    (
        "email_unverified",
        "The provider says itself that this person's email address was never verified.",
    ),
    (
        "idp_id_missing",
        "The claim that this connection takes as a person's id did not come, or not with one value.",
    ),
];

/// The sentence for a code of OpenID Connect, when it is one.
#[must_use]
pub fn reason(code: &str) -> Option<&'static str> {
    let own = REASONS.iter().find(|(known, _)| *known == code).map(|(_, sentence)| *sentence);
    own.or_else(|| oidc::reason(code))
}

/// The verdict on an answer, when it is no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// A stable word.
    pub code: &'static str,
    /// The rule that failed, in the order in which a SAML response is judged; 0 for what is none.
    pub rule: u8,
    /// What came.
    pub got: String,
    /// What would have passed.
    pub expected: String,
    /// What that means.
    pub reason: &'static str,
}

impl From<saml::Rejected> for Rejection {
    fn from(rejected: saml::Rejected) -> Self {
        let reason = rejected.reason();
        let saml::Rejected { code, rule, got, expected } = rejected;
        Self { code, rule, got, expected, reason }
    }
}

impl From<oidc::Rejected> for Rejection {
    fn from(rejected: oidc::Rejected) -> Self {
        let reason = rejected.reason();
        let oidc::Rejected { code, got, expected } = rejected;
        Self { code, rule: 0, got, expected, reason }
    }
}

impl Rejection {
    /// A refusal beside what a kernel judges, with a code of [`REASONS`].
    #[must_use]
    pub fn new(code: &'static str, got: impl Into<String>, expected: impl Into<String>) -> Self {
        let reason = reason(code).unwrap_or("The answer was refused.");
        Self { code, rule: 0, got: got.into(), expected: expected.into(), reason }
    }
}

/// `audience: got …; expected …`, in one line.
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)?;
        let mut before = ": ";
        for (word, text) in [("got", &self.got), ("expected", &self.expected)] {
            if !text.is_empty() {
                write!(f, "{before}{word} {text}")?;
                before = "; ";
            }
        }
        Ok(())
    }
}
