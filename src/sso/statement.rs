//! What an identity provider vouches for about a person, whichever protocol it speaks. It can only be
//! made of what was verified, so that whoever takes one holds the proof.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Value as Json};

use super::session::{self, Session as SsoSession};
use crate::{
    kit::{id::Id, time::Timestamp},
    oidc::{self, Account, Claims},
    saml::{self, Assertion},
    vault::{Sealed, Vault},
};

/// What a map calls the `NameID`, unless an attribute has this name.
pub(super) const NAME_ID: &str = "NameID";
/// The format of a `NameID` that is another one each time (SAML Core §8.3.8).
const TRANSIENT: &str = ":nameid-format:transient";

/// Claims about the ID token and not about the person (RFC 7519 §4.1, OIDC Core §2): they are another
/// one's tomorrow, and no application has a use for them.
const OF_THE_TOKEN: &[&str] =
    &["aud", "azp", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "s_hash", "sid"];

/// Who signed in, and what the provider says about them.
#[derive(Debug, Clone)]
pub struct Statement {
    pub(super) subject: Subject,
    pub(super) session: Session,
    /// What was said, by name, in its order.
    said: Vec<(String, Json)>,
    /// What is good once, and until when that has to be known.
    pub(super) once: Option<(String, Timestamp)>,
    signed_by: Vec<String>,
    dialect: Dialect,
    /// When the person signed in there, where the provider says.
    pub(super) authenticated_at: Option<Timestamp>,
}

/// In which protocol it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Saml,
    Oidc,
}

/// The person's name at the provider, exactly as it wrote it: the `NameID`, or `sub`.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) value: String,
    pub(super) format: Option<String>,
}

/// The person's session at the provider.
#[derive(Debug, Clone, Default)]
pub(super) struct Session {
    /// The provider's name for it.
    pub(super) index: Option<String>,
    /// When it ends, where the provider says.
    pub(super) until: Option<Timestamp>,
    /// Whether it is remembered, whatever the connection says.
    pub(super) is_kept: bool,
    /// The ID token that it began with, sealed for the session of this id.
    pub(super) id_token: Option<(Id<SsoSession>, Sealed)>,
}

impl From<saml::Verified<Assertion>> for Statement {
    fn from(verified: saml::Verified<Assertion>) -> Self {
        let assertion = verified.get();
        let said = assertion.attributes.iter().map(|it| (it.name.clone(), listed(&it.values)));
        Self {
            subject: Subject {
                value: assertion.name_id.value.clone(),
                format: assertion.name_id.format.clone(),
            },
            session: Session {
                index: assertion.session_index.clone(),
                until: assertion.session_not_on_or_after,
                ..Session::default()
            },
            said: said.collect(),
            once: Some((assertion.id.clone(), assertion.replayable_until)),
            signed_by: assertion.signed_by.clone(),
            dialect: Dialect::Saml,
            authenticated_at: Some(assertion.authn_instant),
        }
    }
}

impl From<oidc::Verified<Claims>> for Statement {
    fn from(verified: oidc::Verified<Claims>) -> Self {
        let claims = verified.get();
        let session = Session { index: claims.session_id.clone(), ..Session::default() };
        let authenticated_at = claims.auth_time;
        Self { session, authenticated_at, ..Self::claimed(&claims.subject, &claims.all) }
    }
}

impl From<Account> for Statement {
    fn from(account: Account) -> Self {
        Self::claimed(account.subject(), account.claims())
    }
}

impl Statement {
    /// What claims tell. None of it has to be spent: an ID token has the nonce of its sign-in, and a
    /// code is good once.
    fn claimed(subject: &str, claims: &Map<String, Json>) -> Self {
        let said = claims.iter().filter(|(name, _)| !OF_THE_TOKEN.contains(&name.as_str()));
        Self {
            subject: Subject { value: subject.to_owned(), format: None },
            session: Session::default(),
            said: said.map(|(name, value)| (name.clone(), value.clone())).collect(),
            once: None,
            signed_by: Vec::new(),
            dialect: Dialect::Oidc,
            authenticated_at: None,
        }
    }

    /// Whoever said it can be sent to end the session, and wants to see the ID token then.
    #[must_use]
    pub fn of_session(mut self, vault: &Vault, id: Id<SsoSession>, id_token: &str) -> Self {
        self.session.is_kept = true;
        self.session.id_token = session::sealed(vault, id, id_token);
        self
    }

    /// The fingerprints of the certificates that verified it, where there are any.
    #[must_use]
    pub fn signed_by(&self) -> &[String] {
        &self.signed_by
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether the subject does not name the same person twice.
    pub(super) fn is_transient(&self) -> bool {
        self.subject.format.as_deref().is_some_and(|format| format.ends_with(TRANSIENT))
    }

    /// What was said under exactly this name. A claim inside of another one is named by its path,
    /// with dots, where no claim has all of that as its name.
    pub(super) fn told(&self, name: &str) -> Option<Cow<'_, Json>> {
        let exact = |name: &str| self.said.iter().find(|(said, _)| said == name);
        if let Some((_, value)) = exact(name) {
            return Some(Cow::Borrowed(value));
        }
        match self.dialect {
            Dialect::Saml => {
                (name == NAME_ID).then(|| Cow::Owned(Json::from(self.subject.value.as_str())))
            }
            Dialect::Oidc => {
                let (first, rest) = name.split_once('.')?;
                let mut steps = rest.split('.');
                steps.try_fold(&exact(first)?.1, |inside, step| inside.get(step)).map(Cow::Borrowed)
            }
        }
    }

    /// The texts under this name; none where nothing was said or where it is no text.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        self.told(name).map(|told| texts(&told)).unwrap_or_default()
    }

    /// Whether the provider sent this name at all.
    pub(super) fn says(&self, name: &str) -> bool {
        self.said.iter().any(|(said, _)| said == name)
    }

    /// The names of what was said.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.said.iter().map(|(name, _)| name.as_str())
    }

    /// What was said, as an administrator reads it: by name, what is no text as JSON.
    pub(super) fn shown(&self) -> BTreeMap<String, Vec<String>> {
        let shown = |value: &Json| match value {
            Json::Object(_) => vec![value.to_string()],
            value => texts(value),
        };
        self.said.iter().map(|(name, value)| (name.clone(), shown(value))).collect()
    }

    /// All that was said.
    pub(super) fn all(&self) -> Map<String, Json> {
        self.said.iter().cloned().collect()
    }
}

/// One value is a text, several are a list.
fn listed(values: &[String]) -> Json {
    match values {
        [one] => Json::from(one.as_str()),
        several => several.iter().map(|value| Json::from(value.as_str())).collect(),
    }
}

/// The texts in a value: itself, or those of a list. A number and a yes or no are texts too.
pub(super) fn texts(value: &Json) -> Vec<String> {
    match value {
        Json::Null | Json::Object(_) => Vec::new(),
        Json::String(text) => vec![text.clone()],
        Json::Bool(_) | Json::Number(_) => vec![value.to_string()],
        Json::Array(several) => {
            several.iter().filter(|it| !it.is_array()).flat_map(texts).collect()
        }
    }
}
