//! Any form of a SAML message, taken apart for a person who looks for a fault.
//! Nothing is verified here, and nothing that is read here may be believed.

use super::{journal::Seen, rejected::Rejected};
use crate::kit::time::Timestamp;

/// What sort of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A provider's answer to a sign-in.
    Response,
    /// The question that starts one.
    AuthnRequest,
    /// The wish to end sessions.
    LogoutRequest,
    /// The answer to that.
    LogoutResponse,
    /// What a provider, or we, say about themselves.
    Metadata,
}

impl Kind {
    /// Its name in XML.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Response => "Response",
            Self::AuthnRequest => "AuthnRequest",
            Self::LogoutRequest => "LogoutRequest",
            Self::LogoutResponse => "LogoutResponse",
            Self::Metadata => "EntityDescriptor",
        }
    }
}

/// A message, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// What it is.
    pub kind: Kind,
    /// The wrappings that were taken off, outermost first: `url`, `form`, `base64`, `deflate`.
    pub wrappings: Vec<&'static str>,
    /// The relay state that came along.
    pub relay_state: Option<String>,
    /// The XML as it came.
    pub xml: String,
    /// The same, one element a line. For eyes only: a signature does not survive it.
    pub indented: String,
    /// What it says, by the names of the standard, in the order in which it stands there.
    pub fields: Vec<(&'static str, String)>,
    /// What a response says, as a trace shows it.
    pub seen: Option<Seen>,
    /// The certificates in it. Not trusted, only shown: anybody can put one into a message.
    pub certificates: Vec<ShownCertificate>,
}

/// A certificate that stands in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCertificate {
    /// The SHA-256 of its DER, as consoles show it.
    pub fingerprint: String,
    /// The distinguished name of its subject.
    pub subject: String,
    /// Until when it is valid.
    pub not_after: Timestamp,
}

/// Takes a message apart: XML, base64, deflated base64, a query or form with `SAMLRequest` or
/// `SAMLResponse`, or the whole address of a redirect.
pub fn explain(bytes: &[u8]) -> Result<Explained, Rejected> {
    let _ = bytes;
    Err(Rejected::new(0, "message_unreadable", "a message", "a SAML message"))
}
