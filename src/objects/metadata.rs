//! What is known of the metadata of a connection's identity provider, as published.

use serde::Serialize;

use crate::kit::time::Timestamp;

/// `object: "connection_metadata"`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "connection_metadata")]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct ConnectionMetadata {
    pub connection_id: String,
    /// `null` when the identity provider was told by hand: nothing is read again.
    pub url: Option<String>,
    pub attempted_at: Option<Timestamp>,
    /// When it was last read with success.
    pub fetched_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    /// The metadata's own; the past is only a warning.
    pub valid_until: Option<Timestamp>,
    pub failure: Option<MetadataFailure>,
    pub proposal: Option<MetadataProposal>,
    /// Of an OIDC connection: the keys that its provider publishes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<ProviderKeys>,
}

/// The keys that verify a provider's ID tokens.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct ProviderKeys {
    pub attempted_at: Option<Timestamp>,
    /// When they were last read with success.
    pub fetched_at: Option<Timestamp>,
    /// The `kid` of each that can be used.
    pub ids: Vec<String>,
}

/// Why nothing was taken over.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct MetadataFailure {
    pub code: String,
    pub message: String,
}

/// What is taken over only when an operator says yes.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "metadata_proposal")]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct MetadataProposal {
    pub id: String,
    /// `pending` or `rejected`.
    pub state: &'static str,
    pub seen_at: Timestamp,
    pub idp_entity_id: OldAndNew<String>,
    pub idp_sso_url: OldAndNew<String>,
    pub idp_slo_url: OldAndNew<Option<String>>,
    pub fingerprints: OldAndNew<Vec<String>>,
}

/// As it is, and as it would be.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct OldAndNew<T> {
    pub old: T,
    pub new: T,
}

/// What became of one reading of the metadata.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "metadata_refresh")]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct MetadataRefresh {
    /// `unchanged`, `changed`, `proposed`, `failed` or `superseded`.
    pub outcome: &'static str,
    /// Fingerprints.
    pub certificates_added: Vec<String>,
    pub certificates_left: Vec<String>,
    pub certificates_removed: Vec<String>,
    pub addresses_changed: bool,
    pub metadata: ConnectionMetadata,
}
