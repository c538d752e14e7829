//! The table of providers.

use super::{Advice, Claims, LoginHint, Preset, Signs, advice, oidc_advice};

const WS_EMAIL: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";
const WS_NAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name";
const WS_FIRST: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname";
const WS_LAST: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname";

/// Of a provider that sends nothing but what an administrator adds.
const BY_HAND: Claims = Claims {
    email: &["email"],
    first_name: &["firstName"],
    last_name: &["lastName"],
    groups: &["groups"],
    idp_id: Some("id"),
    groups_separator: None,
};
const ENTRA: Claims = Claims {
    // A person without a mail address still has a user principal name.
    email: &[WS_EMAIL, WS_NAME],
    first_name: &[WS_FIRST],
    last_name: &[WS_LAST],
    groups: &["http://schemas.microsoft.com/ws/2008/06/identity/claims/groups"],
    idp_id: Some("http://schemas.microsoft.com/identity/claims/objectidentifier"),
    groups_separator: None,
};
const ADFS: Claims = Claims {
    email: &[WS_EMAIL, "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"],
    first_name: &[WS_FIRST],
    last_name: &[WS_LAST],
    groups: &["http://schemas.xmlsoap.org/claims/Group"],
    idp_id: Some("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"),
    groups_separator: None,
};
const AUTH0: Claims = Claims {
    email: &[WS_EMAIL],
    first_name: &[WS_FIRST],
    last_name: &[WS_LAST],
    groups: &["groups"],
    idp_id: Some("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"),
    groups_separator: None,
};
const ONELOGIN: Claims = Claims {
    email: &["email", "User.email"],
    first_name: &["firstName", "User.FirstName"],
    last_name: &["lastName", "User.LastName"],
    groups: &["groups", "memberOf"],
    idp_id: Some("id"),
    groups_separator: Some(';'),
};
const SHIBBOLETH: Claims = Claims {
    email: &["urn:oid:0.9.2342.19200300.100.1.3"],
    first_name: &["urn:oid:2.5.4.42"],
    last_name: &["urn:oid:2.5.4.4"],
    groups: &["urn:oid:1.3.6.1.4.1.5923.1.5.1.1"],
    idp_id: Some("urn:oasis:names:tc:SAML:attribute:subject-id"),
    groups_separator: None,
};
const SIMPLESAMLPHP: Claims = Claims {
    email: &["mail"],
    first_name: &["givenName"],
    last_name: &["sn"],
    groups: &["groups"],
    idp_id: Some("uid"),
    groups_separator: None,
};

/// The claims of OpenID Connect, and no others.
const STANDARD: Claims = Claims {
    email: &[],
    first_name: &[],
    last_name: &[],
    groups: &[],
    idp_id: None,
    groups_separator: None,
};

const BOTH: Signs = signs(Some(true), Some(true));
const ASSERTION: Signs = signs(Some(false), Some(true));
const RESPONSE: Signs = signs(Some(true), Some(false));
const UNKNOWN: Signs = signs(None, None);

const fn signs(response: Option<bool>, assertion: Option<bool>) -> Signs {
    Signs { response, assertion }
}

const fn preset(
    connection_type: &'static str,
    name: &'static str,
    claims: Claims,
    signs: Signs,
    fixes: Advice,
) -> Preset {
    Preset {
        connection_type,
        name,
        claims,
        // What an endpoint on the web does not know it does not read, so the usual word can be
        // sent to all; the Subject of a request, in contrast, binds whoever reads it.
        login_hint: LoginHint::Query("login_hint"),
        domain_hint: None,
        signs,
        encrypts: false,
        fixes,
        generic: advice::GENERIC,
    }
}

const fn oidc(
    connection_type: &'static str,
    name: &'static str,
    domain_hint: Option<&'static str>,
    fixes: Advice,
) -> Preset {
    Preset {
        domain_hint,
        generic: oidc_advice::GENERIC,
        ..preset(connection_type, name, STANDARD, UNKNOWN, fixes)
    }
}

/// What holds for all.
pub(super) const GENERIC: Preset =
    preset("GenericSAML", "the identity provider", BY_HAND, UNKNOWN, &[]);

/// What holds for all that speak OpenID Connect.
pub(super) const GENERIC_OIDC: Preset = oidc("GenericOIDC", "the identity provider", None, &[]);

/// Every provider with facts of its own.
pub(super) const ALL: &[Preset] = &[
    // `login_hint` is the documented way at Entra, which answers a Subject with an error; `whr` is
    // its home realm by domain.
    Preset {
        domain_hint: Some("whr"),
        ..preset("AzureSAML", "Microsoft Entra ID", ENTRA, ASSERTION, advice::ENTRA)
    },
    // AD FS takes `login_hint` and `username` alike, and reads no Subject. Its `whr` names a claims
    // provider, not a domain.
    preset("ADFSSAML", "AD FS", ADFS, ASSERTION, advice::ADFS),
    preset("Auth0SAML", "Auth0", AUTH0, ASSERTION, advice::AUTH0),
    preset("CasSAML", "Apereo CAS", BY_HAND, RESPONSE, &[]),
    preset("ClassLinkSAML", "ClassLink", BY_HAND, UNKNOWN, &[]),
    preset("CloudflareSAML", "Cloudflare Access", BY_HAND, BOTH, advice::CLOUDFLARE),
    preset("CyberArkSAML", "CyberArk Identity", BY_HAND, signs(Some(true), None), advice::CYBERARK),
    preset("DuoSAML", "Duo Single Sign-On", BY_HAND, BOTH, advice::DUO),
    // Documented: `login_hint`; the Subject of a request is not used.
    preset("GoogleSAML", "Google Workspace", BY_HAND, ASSERTION, advice::GOOGLE),
    preset("JumpCloudSAML", "JumpCloud", BY_HAND, UNKNOWN, advice::JUMPCLOUD),
    // Keycloak takes the NameID of the Subject as the name on its form; it reads no parameter.
    Preset {
        login_hint: LoginHint::Subject,
        ..preset("KeycloakSAML", "Keycloak", BY_HAND, RESPONSE, advice::KEYCLOAK)
    },
    preset("LastPassSAML", "LastPass Business", BY_HAND, UNKNOWN, advice::LASTPASS),
    preset("MiniOrangeSAML", "miniOrange", BY_HAND, BOTH, &[]),
    preset("NetIqSAML", "OpenText Access Manager", BY_HAND, signs(None, Some(true)), &[]),
    preset("OktaSAML", "Okta", BY_HAND, BOTH, advice::OKTA),
    preset("OneLoginSAML", "OneLogin", ONELOGIN, signs(None, Some(true)), advice::ONELOGIN),
    preset("OracleSAML", "Oracle Identity Cloud", BY_HAND, ASSERTION, advice::ORACLE),
    // PingFederate's policies can take the incoming user ID from the Subject.
    Preset {
        login_hint: LoginHint::Subject,
        ..preset(
            "PingFederateSAML",
            "PingFederate",
            BY_HAND,
            signs(Some(true), None),
            advice::PINGFEDERATE,
        )
    },
    preset("PingOneSAML", "PingOne", BY_HAND, signs(None, Some(true)), advice::PINGONE),
    preset("RipplingSAML", "Rippling", BY_HAND, UNKNOWN, advice::RIPPLING),
    preset("SalesforceSAML", "Salesforce", BY_HAND, signs(Some(true), None), advice::SALESFORCE),
    Preset {
        encrypts: true,
        ..preset("ShibbolethSAML", "Shibboleth", SHIBBOLETH, RESPONSE, advice::SHIBBOLETH)
    },
    Preset {
        encrypts: true,
        ..preset("ShibbolethGenericSAML", "Shibboleth", SHIBBOLETH, RESPONSE, advice::SHIBBOLETH)
    },
    preset("SimpleSamlPhpSAML", "SimpleSAMLphp", SIMPLESAMLPHP, BOTH, advice::SIMPLESAMLPHP),
    preset("VMwareSAML", "Workspace ONE Access", BY_HAND, RESPONSE, advice::WORKSPACE_ONE),
    oidc("AdpOidc", "ADP", None, &[]),
    oidc("CleverOIDC", "Clever", None, &[]),
    // Of a person without a mail address the tenant's administrators still say a user principal name.
    // `oid` is the same at all applications, but only `sub` is in every token; who wants it maps it.
    Preset {
        claims: Claims {
            email: &["email", "upn", "preferred_username"],
            idp_id: Some("oid"),
            ..STANDARD
        },
        ..oidc("EntraIdOIDC", "Microsoft Entra ID", Some("domain_hint"), oidc_advice::ENTRA)
    },
    oidc("GoogleOIDC", "Google Workspace", Some("hd"), oidc_advice::GOOGLE),
    oidc("LoginGovOidc", "Login.gov", None, &[]),
    oidc("OktaOIDC", "Okta", None, oidc_advice::OKTA),
    oidc("AppleOAuth", "Apple", None, oidc_advice::APPLE),
    oidc("GitHubOAuth", "GitHub", None, oidc_advice::GITHUB),
    oidc("GoogleOAuth", "Google", Some("hd"), oidc_advice::GOOGLE),
    oidc("MicrosoftOAuth", "Microsoft", Some("domain_hint"), oidc_advice::ENTRA),
];
