//! SSO connections and their certificates, as published.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::kit::time::Timestamp;

/// `object: "connection"`. `saml_options` and `oidc_options` go beyond WorkOS's typed connection:
/// what the customer's administrator must enter, and what was entered here. They hold no secret.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "connection")]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 2")]
pub struct Connection {
    pub id: String,
    /// Absent where it belongs to no organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
    pub external_id: Option<String>,
    pub connection_type: String,
    pub name: String,
    /// `draft`, `validating`, `active`, `inactive`.
    pub state: &'static str,
    /// `linked` or `unlinked`.
    pub status: &'static str,
    pub domains: Vec<ConnectionDomain>,
    pub attribute_maps: AttributeMaps,
    /// One of both, by what the connection speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saml_options: Option<SamlOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oidc_options: Option<OidcOptions>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// `object: "connection_domain"`: a domain of the connection's organization.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "connection_domain")]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 2")]
pub struct ConnectionDomain {
    pub id: String,
    pub domain: String,
}

/// A deleted connection, Kernia's own: until when it can be restored.
#[derive(Debug, Clone, Serialize)]
pub struct DeletedConnection {
    /// As it was.
    #[serde(flatten)]
    pub connection: Connection,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// When it goes for good.
    pub erased_at: Timestamp,
}

/// Which attributes become which fields of a profile.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 2")]
pub struct AttributeMaps {
    pub standard_attributes: StandardAttributes,
    pub custom_attributes: BTreeMap<String, String>,
}

/// The mapped fields of a profile; `null` is the default of the connection's type.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 2")]
pub struct StandardAttributes {
    pub idp_id: Option<String>,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub groups: Option<String>,
    pub name: Option<String>,
}

/// Both sides of a SAML connection.
#[derive(Debug, Clone, Serialize)]
pub struct SamlOptions {
    /// Our entity ID, for the customer's identity provider.
    pub sp_entity_id: String,
    /// Where the customer's identity provider posts its responses.
    pub acs_url: String,
    /// Where our metadata can be read.
    pub sp_metadata_url: String,
    /// The identity provider's entity ID.
    pub idp_entity_id: String,
    /// Where employees are sent to sign in.
    pub idp_sso_url: String,
    /// Where the identity provider's metadata came from.
    pub idp_metadata_url: Option<String>,
    /// Kernia's own from here on: `redirect` or `post`, how requests reach the provider.
    pub idp_sso_binding: &'static str,
    /// Where the identity provider takes logout messages.
    pub idp_slo_url: Option<String>,
    /// `restart`, `refuse` or `accept`: what becomes of a sign-in that the provider began.
    pub idp_initiated: &'static str,
    /// Whether the Assertion itself must be signed.
    pub require_signed_assertion: bool,
    /// Whether SHA-1 is taken.
    pub allow_sha1: bool,
    /// Whether our requests are signed: it was asked for, or the provider's metadata demands it.
    pub sign_requests: bool,
    /// The format of the `NameID` that is asked for.
    pub name_id_format: Option<String>,
    /// Further addresses that a response may be sent to.
    pub acs_url_aliases: Vec<String>,
    /// Further names of ours that an assertion may be meant for.
    pub sp_entity_id_aliases: Vec<String>,
}

/// Both sides of an OIDC connection.
#[derive(Debug, Clone, Serialize)]
pub struct OidcOptions {
    /// Where the provider describes itself.
    pub discovery_endpoint: Option<String>,
    /// Our name at the provider.
    pub client_id: String,
    /// Where the provider sends people back to: the address to register there.
    pub redirect_uri: String,
    /// Whether a code is bound to its request.
    pub pkce: bool,
    /// `client_secret_basic`, `client_secret_post` or `private_key_jwt`.
    pub token_authentication_method: &'static str,
    /// The one algorithm of ID tokens; `null`: any of the provider's that is not symmetric.
    pub id_token_signature_algorithm: Option<&'static str>,
    /// Whether the userinfo endpoint is asked.
    pub fetch_user_info: bool,
    /// Certificates of the keys that sign our assertions, in PEM.
    pub jwt_signing_certs: Vec<String>,
    /// Kernia's own from here on: where the public halves of these keys are, as a key set.
    pub client_jwks_uri: Option<String>,
    /// Whether there is a client secret. It is never shown.
    pub has_client_secret: bool,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// The Google Workspace domains that people must come from; empty: any.
    pub hosted_domains: Vec<String>,
    /// What the provider says of itself; `null` until it was read.
    pub issuer: Option<String>,
    /// Where people are sent to sign in.
    pub authorization_endpoint: Option<String>,
    /// Where codes are exchanged.
    pub token_endpoint: Option<String>,
    /// Where more about a person is asked.
    pub userinfo_endpoint: Option<String>,
    /// Where people are sent to sign out.
    pub end_session_endpoint: Option<String>,
}

/// `object: "saml_idp_signing_certificate"`: a certificate of the identity provider.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "saml_idp_signing_certificate")]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 2")]
pub struct Certificate {
    pub id: String,
    /// PEM.
    pub value: String,
    /// SHA-256 of the certificate, in hexadecimal.
    pub fingerprint: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// Kernia's own from here on: whether the provider's metadata announced it, or a person gave it.
    pub from_metadata: bool,
    /// Since when the metadata does not announce it any more; it goes a week later.
    pub left_at: Option<Timestamp>,
    pub first_used_at: Option<Timestamp>,
    /// At most a day old.
    pub last_used_at: Option<Timestamp>,
    pub created_at: Timestamp,
}
