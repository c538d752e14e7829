//! What sort of identity provider a connection is to.

/// The identity providers that a connection can be to, by WorkOS's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionType(&'static Kind);

/// What a provider is spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// SAML 2.0.
    Saml,
    /// OpenID Connect: who signed in stands in a signed ID token.
    Oidc,
    /// OAuth 2.0 alone: who signed in is asked of an API.
    OAuth,
}

#[derive(Debug, PartialEq, Eq)]
struct Kind {
    name: &'static str,
    protocol: Protocol,
    /// Whether it is for everybody, and belongs to no organization.
    is_social: bool,
}

const fn of_organizations(name: &'static str, protocol: Protocol) -> Kind {
    Kind { name, protocol, is_social: false }
}

const fn saml(name: &'static str) -> Kind {
    of_organizations(name, Protocol::Saml)
}

const fn oidc(name: &'static str) -> Kind {
    of_organizations(name, Protocol::Oidc)
}

const fn social(name: &'static str, protocol: Protocol) -> Kind {
    Kind { name, protocol, is_social: true }
}

const TYPES: &[Kind] = &[
    saml("ADFSSAML"),
    saml("Auth0SAML"),
    saml("AzureSAML"),
    saml("CasSAML"),
    saml("ClassLinkSAML"),
    saml("CloudflareSAML"),
    saml("CyberArkSAML"),
    saml("DuoSAML"),
    saml("GenericSAML"),
    saml("GoogleSAML"),
    saml("JumpCloudSAML"),
    saml("KeycloakSAML"),
    saml("LastPassSAML"),
    saml("MiniOrangeSAML"),
    saml("NetIqSAML"),
    saml("OktaSAML"),
    saml("OneLoginSAML"),
    saml("OracleSAML"),
    saml("PingFederateSAML"),
    saml("PingOneSAML"),
    saml("RipplingSAML"),
    saml("SalesforceSAML"),
    saml("ShibbolethGenericSAML"),
    saml("ShibbolethSAML"),
    saml("SimpleSamlPhpSAML"),
    saml("VMwareSAML"),
    oidc("AdpOidc"),
    oidc("CleverOIDC"),
    oidc("EntraIdOIDC"),
    oidc("GenericOIDC"),
    oidc("GoogleOIDC"),
    oidc("LoginGovOidc"),
    oidc("OktaOIDC"),
    social("AppleOAuth", Protocol::Oidc),
    // Who signed in at GitHub is asked of its API: it gives no ID token.
    social("GitHubOAuth", Protocol::OAuth),
    social("GoogleOAuth", Protocol::Oidc),
    social("MicrosoftOAuth", Protocol::Oidc),
];

/// What a provider's entity ID begins with, where that is telling.
const ENTITY_IDS: &[(&str, &str)] = &[
    ("https://sts.windows.net/", "AzureSAML"),
    ("https://accounts.google.com/o/saml2", "GoogleSAML"),
    ("http://www.okta.com/", "OktaSAML"),
    ("https://app.onelogin.com/saml/metadata/", "OneLoginSAML"),
    ("https://auth.pingone.", "PingOneSAML"),
];

/// What the host of an issuer ends with, where that is telling.
const ISSUERS: &[(&str, &str)] = &[
    ("accounts.adp.com", "AdpOidc"),
    ("clever.com", "CleverOIDC"),
    ("login.microsoftonline.com", "EntraIdOIDC"),
    ("login.microsoftonline.us", "EntraIdOIDC"),
    ("accounts.google.com", "GoogleOIDC"),
    ("secure.login.gov", "LoginGovOidc"),
    ("idp.int.identitysandbox.gov", "LoginGovOidc"),
    (".okta.com", "OktaOIDC"),
    (".oktapreview.com", "OktaOIDC"),
    (".okta-emea.com", "OktaOIDC"),
];

/// Names that mean another one: WorkOS's list filter spells GitHub so.
const ALIASES: &[(&str, &str)] = &[("GithubOAuth", "GitHubOAuth")];

impl ConnectionType {
    /// Takes one of WorkOS's names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let meant = ALIASES.iter().find(|(alias, _)| *alias == text).map_or(text, |(_, name)| name);
        TYPES.iter().find(|kind| kind.name == meant).map(Self)
    }

    /// What the entity ID of a SAML provider tells, else `GenericSAML`.
    #[must_use]
    pub fn inferred(idp_entity_id: &str) -> Self {
        let telling = ENTITY_IDS.iter().find(|(start, _)| idp_entity_id.starts_with(start));
        Self::known(telling.map_or("GenericSAML", |(_, name)| name))
    }

    /// What the issuer of an OpenID provider tells, else `GenericOIDC`.
    #[must_use]
    pub fn inferred_oidc(issuer: &str) -> Self {
        let host = issuer.strip_prefix("https://").and_then(|rest| rest.split(['/', ':']).next());
        let telling = ISSUERS.iter().find(|(end, _)| {
            let before = host.and_then(|host| host.strip_suffix(end));
            before.is_some_and(|before| before.is_empty() || end.starts_with('.'))
        });
        Self::known(telling.map_or("GenericOIDC", |(_, name)| name))
    }

    #[expect(clippy::expect_used, reason = "the names are constants, and a test reads them")]
    fn known(name: &str) -> Self {
        Self::parse(name).expect("a name of the table")
    }

    /// The providers for everybody.
    pub fn social() -> impl Iterator<Item = Self> {
        TYPES.iter().filter(|kind| kind.is_social).map(Self)
    }

    /// What such a provider is spoken to in.
    #[must_use]
    pub fn protocol(self) -> Protocol {
        self.0.protocol
    }

    /// Whether it is a provider for everybody, which is set in the configuration and belongs to no
    /// organization.
    #[must_use]
    pub fn is_social(self) -> bool {
        self.0.is_social
    }

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_tells_what_sort_of_provider_it_is() {
        for (issuer, name) in [
            ("https://acme.okta.com", "OktaOIDC"),
            ("https://acme.oktapreview.com/", "OktaOIDC"),
            ("https://login.microsoftonline.com/8e3c/v2.0", "EntraIdOIDC"),
            ("https://acme.okta.com/oauth2/default", "OktaOIDC"),
            ("https://accounts.google.com", "GoogleOIDC"),
            ("https://notclever.com", "GenericOIDC"),
            ("https://okta.com.example.com", "GenericOIDC"),
            ("https://secure.login.gov/", "LoginGovOidc"),
            ("https://sso.example.com/realms/acme", "GenericOIDC"),
            ("http://127.0.0.1:4000", "GenericOIDC"),
        ] {
            assert_eq!(ConnectionType::inferred_oidc(issuer).as_str(), name, "{issuer}");
        }
        assert_eq!(ConnectionType::inferred("https://acme.okta.com").as_str(), "GenericSAML");
        assert_eq!(ConnectionType::inferred("http://www.okta.com/exk1").as_str(), "OktaSAML");
    }

    #[test]
    fn a_name_says_the_protocol_whatever_its_case() {
        let protocol = |name| ConnectionType::parse(name).map(ConnectionType::protocol);
        assert_eq!(protocol("OktaSAML"), Some(Protocol::Saml));
        assert_eq!(protocol("CleverOIDC"), Some(Protocol::Oidc));
        assert_eq!(protocol("GoogleOAuth"), Some(Protocol::Oidc));
        assert_eq!(protocol("GithubOAuth"), Some(Protocol::OAuth));
        assert_eq!(ConnectionType::parse("GithubOAuth").unwrap().as_str(), "GitHubOAuth");
        assert_eq!(protocol("OktaOidc"), None);
        for (_, name) in ENTITY_IDS.iter().chain(ISSUERS) {
            assert!(ConnectionType::parse(name).is_some(), "{name}");
        }
        for kind in TYPES {
            assert_eq!(ConnectionType::parse(kind.name).unwrap().as_str(), kind.name);
        }
    }
}
