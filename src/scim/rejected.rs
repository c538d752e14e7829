//! Why a SCIM request was refused: a status, a word of RFC 7644 table 9 or RFC 9865, a sentence.
//! Only what the asker sent itself stands in the sentence.

use std::fmt;

use serde_json::{Value as Json, json};

use crate::kit::error::{Error, Kind, Refused};

/// The schema of an answer that says no.
pub const ERROR_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The longest sentence, in characters: it may repeat what was sent.
const MAX_DETAIL: usize = 400;

/// A refusal, as the asker sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The HTTP status.
    pub status: u16,
    /// What sort of no it is, where the RFCs have a word for it.
    pub scim_type: Option<ScimType>,
    /// One sentence for a person.
    pub detail: String,
}

/// The words that the RFCs have for a no (RFC 7644 table 9, RFC 9865 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScimType {
    /// A filter does not parse, or compares what cannot be compared.
    InvalidFilter,
    /// More results than the server is willing to find.
    TooMany,
    /// A value is taken, and may stand only once.
    Uniqueness,
    /// What may not be changed would be.
    Mutability,
    /// The body is not what the schema of the request says.
    InvalidSyntax,
    /// A path does not parse, or names nothing.
    InvalidPath,
    /// A path leads to nothing that could be changed.
    NoTarget,
    /// A required value is missing, or a value does not fit.
    InvalidValue,
    /// This version of the protocol is not spoken.
    InvalidVers,
    /// What was asked for may not stand in an address.
    Sensitive,
    /// A cursor is not one of ours, or belongs to another question.
    InvalidCursor,
    /// A cursor is too old.
    ExpiredCursor,
    /// A page size is no number that a page could have.
    InvalidCount,
}

impl ScimType {
    const ALL: [Self; 13] = [
        Self::InvalidFilter,
        Self::TooMany,
        Self::Uniqueness,
        Self::Mutability,
        Self::InvalidSyntax,
        Self::InvalidPath,
        Self::NoTarget,
        Self::InvalidValue,
        Self::InvalidVers,
        Self::Sensitive,
        Self::InvalidCursor,
        Self::ExpiredCursor,
        Self::InvalidCount,
    ];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }

    /// What this word means.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }

    /// The status that the RFCs give it.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Uniqueness => 409,
            Self::Sensitive => 403,
            _ => 400,
        }
    }
}

impl Rejected {
    /// A refusal for which the RFCs have a word.
    #[must_use]
    pub fn new(scim_type: ScimType, detail: impl AsRef<str>) -> Self {
        let detail = bounded(detail.as_ref());
        Self { status: scim_type.status(), scim_type: Some(scim_type), detail }
    }

    /// A refusal that has a status alone: 401, 403, 404, 412, 413, 429, 500, 501.
    #[must_use]
    pub fn status(status: u16, detail: impl AsRef<str>) -> Self {
        Self { status, scim_type: None, detail: bounded(detail.as_ref()) }
    }

    /// A filter does not parse, or compares what cannot be compared.
    #[must_use]
    pub fn invalid_filter(detail: impl AsRef<str>) -> Self {
        Self::new(ScimType::InvalidFilter, detail)
    }

    /// More results than the server is willing to find.
    #[must_use]
    pub fn too_many(detail: impl AsRef<str>) -> Self {
        Self::new(ScimType::TooMany, detail)
    }

    /// A value is taken, and may stand only once.
    #[must_use]
    pub fn uniqueness(detail: impl AsRef<str>) -> Self {
        Self::new(ScimType::Uniqueness, detail)
    }

    /// What may not be changed would be.
    #[must_use]
    pub fn mutability(detail: impl AsRef<str>) -> Self {
        Self::new(ScimType::Mutability, detail)
    }

    /// The body is not what the schema of the request says.
    #[must_use]
    pub fn invalid_syntax(detail: impl AsRef<str>) -> Self {
        Self::new(ScimType::InvalidSyntax, detail)
    }

    /// A path does not parse, or names nothing.
    #[must_use]
    pub fn invalid_path(detail: impl AsRef<str>) -> Self {
        Self::new(ScimType::InvalidPath, detail)
    }

    /// A path leads to nothing that could be changed.
    #[must_use]
    pub fn no_target(detail: impl AsRef<str>) -> Self {
        Self::new(ScimType::NoTarget, detail)
    }

    /// A required value is missing, or a value does not fit.
    #[must_use]
    pub fn invalid_value(detail: impl AsRef<str>) -> Self {
        Self::new(ScimType::InvalidValue, detail)
    }

    /// This version of the protocol is not spoken.
    #[must_use]
    pub fn invalid_vers(detail: impl AsRef<str>) -> Self {
        Self::new(ScimType::InvalidVers, detail)
    }

    /// What was asked for may not stand in an address.
    #[must_use]
    pub fn sensitive(detail: impl AsRef<str>) -> Self {
        Self::new(ScimType::Sensitive, detail)
    }

    /// A cursor is not one of ours, or belongs to another question.
    #[must_use]
    pub fn invalid_cursor(detail: impl AsRef<str>) -> Self {
        Self::new(ScimType::InvalidCursor, detail)
    }

    /// A cursor is too old.
    #[must_use]
    pub fn expired_cursor(detail: impl AsRef<str>) -> Self {
        Self::new(ScimType::ExpiredCursor, detail)
    }

    /// A page size is no number that a page could have.
    #[must_use]
    pub fn invalid_count(detail: impl AsRef<str>) -> Self {
        Self::new(ScimType::InvalidCount, detail)
    }

    /// Nothing is here under this id.
    #[must_use]
    pub fn not_found(detail: impl AsRef<str>) -> Self {
        Self::status(404, detail)
    }

    /// The resource is at another version than the asker believes.
    #[must_use]
    pub fn precondition_failed(detail: impl AsRef<str>) -> Self {
        Self::status(412, detail)
    }

    /// The request, or what would become of it, is larger than the server takes.
    #[must_use]
    pub fn too_large(detail: impl AsRef<str>) -> Self {
        Self::status(413, detail)
    }

    /// The server does not do this.
    #[must_use]
    pub fn not_implemented(detail: impl AsRef<str>) -> Self {
        Self::status(501, detail)
    }

    /// The answer's body (RFC 7644 §3.12); the status is a text in it.
    #[must_use]
    pub fn document(&self) -> Json {
        let mut document = json!({
            "schemas": [ERROR_SCHEMA],
            "status": self.status.to_string(),
            "detail": self.detail,
        });
        if let Some(scim_type) = self.scim_type {
            document["scimType"] = scim_type.as_str().into();
        }
        document
    }
}

/// `uniqueness: …` or `404: …`, in one line.
impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scim_type {
            Some(scim_type) => write!(f, "{}: {}", scim_type.as_str(), self.detail),
            None => write!(f, "{}: {}", self.status, self.detail),
        }
    }
}

impl std::error::Error for Rejected {}

/// As any refusal of Kernia's: what the RFCs have no word for keeps its status in its kind.
impl From<Rejected> for Error {
    fn from(rejected: Rejected) -> Self {
        let (kind, code) = match (rejected.status, rejected.scim_type) {
            (409, Some(word)) => (Kind::Conflict, word.as_str()),
            (403, Some(word)) => (Kind::Forbidden, word.as_str()),
            (_, Some(word)) => (Kind::Malformed, word.as_str()),
            (401, None) => (Kind::Unauthenticated, "unauthorized"),
            (403, None) => (Kind::Forbidden, "forbidden"),
            (404, None) => (Kind::Missing, "not_found"),
            (412, None) => (Kind::Stale, "version_mismatch"),
            (413, None) => (Kind::TooLarge, "too_large"),
            (429, None) => (Kind::TooMany, "too_many_requests"),
            (501, None) => (Kind::Unserved, "not_implemented"),
            (_, None) => (Kind::Malformed, "invalid_request"),
        };
        Refused::new(kind, code, rejected.detail).into()
    }
}

/// A text of bounded length and in one line.
fn bounded(text: &str) -> String {
    let mut out: String =
        text.chars().take(MAX_DETAIL).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MAX_DETAIL).is_some() {
        out.push('…');
    }
    out
}
