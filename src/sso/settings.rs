//! What can be set on a connection beside both entity IDs and the provider's address. Everything
//! has the default that most providers want; it is kept as one JSON object.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The settings of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// What becomes of an answer that the identity provider sends by itself (rule 23).
    pub idp_initiated: IdpInitiated,
    /// Whether the Assertion itself must be signed; else the Response's signature is enough (rule 13).
    pub require_signed_assertion: bool,
    /// Whether SHA-1 is taken, with a warning each time (rule 11).
    pub allow_sha1: bool,
    /// Whether our requests are signed although the provider does not demand it.
    pub sign_requests: bool,
    /// How our requests reach the identity provider.
    pub idp_sso_binding: Binding,
    /// The format of the `NameID` to ask for: a URI. Nothing is asked unless it is set.
    pub name_id_format: Option<String>,
    /// Where the identity provider takes part in single logout.
    pub idp_logout: Option<LogoutService>,
    /// The ACS address that the customer's provider was given, when it is not the one under our
    /// base URL; it stands in our requests and metadata.
    pub acs_url: Option<String>,
    /// Further ACS addresses that a response may be sent to.
    pub acs_url_aliases: Vec<String>,
    /// Further names of ours that an assertion may be meant for.
    pub sp_entity_id_aliases: Vec<String>,
    /// Which attributes become which fields of a profile.
    pub attribute_map: AttributeMap,
}

/// The policies for answers that nobody asked for (saml.md, rule 23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdpInitiated {
    /// The answer is not believed; a request of ours goes to the provider at once.
    #[default]
    Restart,
    /// It is refused.
    Refuse,
    /// It is taken, once the person said yes in this browser.
    Accept,
}

/// How a message travels through the browser (SAML Bindings §3.4, §3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Binding {
    /// In the query of a redirect.
    #[default]
    Redirect,
    /// In a form that posts itself.
    Post,
}

/// Where an identity provider takes part in single logout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutService {
    /// Where requests go.
    pub url: String,
    /// Where answers go, when it is another address.
    pub response_url: Option<String>,
    /// How both travel.
    pub binding: Binding,
}

/// Names of attributes by the field that they fill; what is not named is looked up by the preset of
/// the connection's type, then under the well-known names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields of a profile")]
pub struct AttributeMap {
    pub idp_id: Option<String>,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub name: Option<String>,
    pub groups: Option<String>,
    /// Custom attributes by the application's name for them.
    pub custom: BTreeMap<String, String>,
}
