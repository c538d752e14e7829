//! What sort of identity provider a connection is to.

/// The identity providers that a SAML connection can be to, by WorkOS's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionType(&'static str);

/// The names, and what the entity ID of such a provider begins with, where that is telling.
const TYPES: &[(&str, &str)] = &[
    ("ADFSSAML", ""),
    ("Auth0SAML", ""),
    ("AzureSAML", "https://sts.windows.net/"),
    ("CasSAML", ""),
    ("ClassLinkSAML", ""),
    ("CloudflareSAML", ""),
    ("CyberArkSAML", ""),
    ("DuoSAML", ""),
    ("GenericSAML", ""),
    ("GoogleSAML", "https://accounts.google.com/o/saml2"),
    ("JumpCloudSAML", ""),
    ("KeycloakSAML", ""),
    ("LastPassSAML", ""),
    ("MiniOrangeSAML", ""),
    ("NetIqSAML", ""),
    ("OktaSAML", "http://www.okta.com/"),
    ("OneLoginSAML", "https://app.onelogin.com/saml/metadata/"),
    ("OracleSAML", ""),
    ("PingFederateSAML", ""),
    ("PingOneSAML", "https://auth.pingone."),
    ("RipplingSAML", ""),
    ("SalesforceSAML", ""),
    ("ShibbolethGenericSAML", ""),
    ("ShibbolethSAML", ""),
    ("SimpleSamlPhpSAML", ""),
    ("VMwareSAML", ""),
];

impl ConnectionType {
    /// Takes one of WorkOS's names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        TYPES.iter().find(|(name, _)| *name == text).map(|(name, _)| Self(name))
    }

    /// What the provider's entity ID tells, else `GenericSAML`.
    #[must_use]
    pub fn inferred(idp_entity_id: &str) -> Self {
        TYPES
            .iter()
            .find(|(_, start)| !start.is_empty() && idp_entity_id.starts_with(start))
            .map_or(Self("GenericSAML"), |(name, _)| Self(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}
