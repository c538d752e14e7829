//! Keys of ours at a connection, as published: certificates, never a private key.

use serde::Serialize;

use crate::kit::time::Timestamp;

/// `object: "saml_sp_signing_certificate"` or `"saml_sp_encryption_certificate"`: the public half of
/// a key of ours, for the customer's identity provider.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 2")]
pub struct SpCertificate {
    pub object: &'static str,
    pub id: String,
    /// PEM.
    pub value: String,
    /// SHA-256 of the certificate, in hexadecimal.
    pub fingerprint: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    pub created_at: Timestamp,
}

/// `object: "saml_key_pair"`, Kernia's own: the same with its purpose, and whether it is in use.
#[derive(Debug, Clone, Serialize)]
pub struct SpKeyPair {
    /// The certificate's own fields.
    #[serde(flatten)]
    pub certificate: SpCertificate,
    /// `signing` or `encryption`.
    pub purpose: &'static str,
    /// Whether it signs now; an encryption key always decrypts.
    pub active: bool,
}
