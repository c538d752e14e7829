//! Notices of certificates that end, as published: the data of WorkOS's
//! `connection.saml_certificate_renewal_required`, and what became of it.

use serde::Serialize;

use crate::kit::time::Timestamp;

/// `object: "certificate_notice"`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "certificate_notice")]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 5")]
pub struct CertificateNotice {
    pub id: String,
    pub connection: NoticedConnection,
    pub certificate: NoticedCertificate,
    /// As of now; 0 when it is over.
    pub days_until_expiry: u64,
    /// Which notice this is: 90, 30, 7, 1, or 0 for the end itself.
    pub threshold_days: i64,
    /// Since when a successor is in place.
    pub renewed_at: Option<Timestamp>,
    /// The addresses of those who are to be told.
    pub it_contacts: Vec<String>,
    pub created_at: Timestamp,
}

/// Whose certificate it is.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 5")]
pub struct NoticedConnection {
    pub id: String,
    pub organization_id: Option<String>,
}

/// The certificate that ends.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 5")]
pub struct NoticedCertificate {
    /// `ResponseSigning`, `RequestSigning` or `ResponseEncryption`.
    pub certificate_type: &'static str,
    pub fingerprint: String,
    pub expiry_date: Timestamp,
    pub is_expired: bool,
}
