//! What can be set on a connection beside both entity IDs and the provider's address. Everything
//! has the default that most providers want; it is kept as one JSON object.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::saml::metadata;

/// The settings of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "switches that know nothing of each other")]
pub struct Settings {
    /// What becomes of an answer that the identity provider sends by itself (rule 23).
    pub idp_initiated: IdpInitiated,
    /// Whether the Assertion itself must be signed; else the Response's signature is enough (rule 13).
    pub require_signed_assertion: bool,
    /// Whether SHA-1 is taken, with a warning each time (rule 11).
    pub allow_sha1: bool,
    /// Whether our requests are signed although the provider does not demand it.
    pub sign_requests: bool,
    /// Whether the provider's metadata demands signed requests.
    pub idp_wants_signed_requests: bool,
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
    /// The application's id for a deleted connection: free for others, put back when it is restored.
    pub released_external_id: Option<String>,
}

impl Settings {
    /// Whether our requests to the identity provider are signed.
    #[must_use]
    pub fn signs_requests(&self) -> bool {
        self.sign_requests || self.idp_wants_signed_requests
    }

    /// Changes what is given and leaves the rest.
    pub(super) fn apply(&mut self, change: Change) {
        fn set<T>(field: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *field = value;
            }
        }
        set(&mut self.idp_initiated, change.idp_initiated);
        set(&mut self.require_signed_assertion, change.require_signed_assertion);
        set(&mut self.allow_sha1, change.allow_sha1);
        set(&mut self.sign_requests, change.sign_requests);
        set(&mut self.idp_wants_signed_requests, change.idp_wants_signed_requests);
        set(&mut self.idp_sso_binding, change.idp_sso_binding);
        set(&mut self.name_id_format, change.name_id_format);
        set(&mut self.idp_logout, change.idp_logout);
        set(&mut self.acs_url_aliases, change.acs_url_aliases);
        set(&mut self.sp_entity_id_aliases, change.sp_entity_id_aliases);
        self.attribute_map.apply(change.attribute_map);
    }
}

impl Settings {
    /// Changes which attributes become which fields of a profile.
    pub(super) fn map_attributes(&mut self, change: MapChange) {
        self.attribute_map.apply(change);
    }
}

/// What is to change of the settings; what is `None` stays.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields of Settings")]
pub struct Change {
    pub idp_initiated: Option<IdpInitiated>,
    pub require_signed_assertion: Option<bool>,
    pub allow_sha1: Option<bool>,
    pub sign_requests: Option<bool>,
    pub idp_wants_signed_requests: Option<bool>,
    pub idp_sso_binding: Option<Binding>,
    pub name_id_format: Option<Option<String>>,
    pub idp_logout: Option<Option<LogoutService>>,
    pub acs_url_aliases: Option<Vec<String>>,
    pub sp_entity_id_aliases: Option<Vec<String>>,
    pub attribute_map: MapChange,
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

impl IdpInitiated {
    /// Takes a policy by its name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "restart" => Some(Self::Restart),
            "refuse" => Some(Self::Refuse),
            "accept" => Some(Self::Accept),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Refuse => "refuse",
            Self::Accept => "accept",
        }
    }
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

impl Binding {
    /// Takes a binding by its name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "redirect" => Some(Self::Redirect),
            "post" => Some(Self::Post),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Redirect => "redirect",
            Self::Post => "post",
        }
    }
}

impl From<metadata::Binding> for Binding {
    fn from(binding: metadata::Binding) -> Self {
        match binding {
            metadata::Binding::Redirect => Self::Redirect,
            metadata::Binding::Post => Self::Post,
        }
    }
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

impl LogoutService {
    /// Where answers go.
    pub(super) fn answers_url(&self) -> &String {
        self.response_url.as_ref().unwrap_or(&self.url)
    }
}

impl From<metadata::LogoutService> for LogoutService {
    fn from(service: metadata::LogoutService) -> Self {
        Self {
            url: service.url.to_string(),
            response_url: service.response_url.map(|url| url.to_string()),
            binding: service.binding.into(),
        }
    }
}

/// Names of attributes by the field that they fill. A field that is named here is read from that
/// attribute alone; any other one by the preset of the connection's type, then under the well-known
/// names.
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

/// What is to change of an attribute map: `Some(None)` takes a name away.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields of a profile")]
pub struct MapChange {
    pub idp_id: Option<Option<String>>,
    pub email: Option<Option<String>>,
    pub first_name: Option<Option<String>>,
    pub last_name: Option<Option<String>>,
    pub name: Option<Option<String>>,
    pub groups: Option<Option<String>>,
    /// Whether the custom attributes that are not named here go.
    pub clears_custom: bool,
    pub custom: BTreeMap<String, Option<String>>,
}

impl MapChange {
    /// Nothing named any more.
    #[must_use]
    pub fn reset() -> Self {
        Self { custom: BTreeMap::new(), clears_custom: true, ..Self::reset_standard() }
    }

    /// No standard field named any more.
    #[must_use]
    pub fn reset_standard() -> Self {
        Self {
            idp_id: Some(None),
            email: Some(None),
            first_name: Some(None),
            last_name: Some(None),
            name: Some(None),
            groups: Some(None),
            ..Self::default()
        }
    }
}

impl AttributeMap {
    fn apply(&mut self, change: MapChange) {
        let fields = [
            (&mut self.idp_id, change.idp_id),
            (&mut self.email, change.email),
            (&mut self.first_name, change.first_name),
            (&mut self.last_name, change.last_name),
            (&mut self.name, change.name),
            (&mut self.groups, change.groups),
        ];
        for (field, value) in fields {
            if let Some(value) = value {
                *field = value;
            }
        }
        if change.clears_custom {
            self.custom.clear();
        }
        for (name, attribute) in change.custom {
            match attribute {
                Some(attribute) => _ = self.custom.insert(name, attribute),
                None => _ = self.custom.remove(&name),
            }
        }
    }
}
