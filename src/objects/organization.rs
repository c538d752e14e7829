//! Organizations, their domains and their IT contacts, as published.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::kit::time::Timestamp;

/// `object: "organization"`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "organization")]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 2")]
pub struct Organization {
    pub id: String,
    pub name: String,
    pub domains: Vec<OrganizationDomain>,
    pub metadata: BTreeMap<String, String>,
    pub external_id: Option<String>,
    pub stripe_customer_id: Option<String>,
    pub allow_profiles_outside_organization: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// `object: "organization_domain"`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "organization_domain")]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 2")]
pub struct OrganizationDomain {
    pub id: String,
    pub organization_id: String,
    pub domain: String,
    /// `pending`, `verified`, `failed`.
    pub state: &'static str,
    /// `dns` or `manual`.
    pub verification_strategy: &'static str,
    pub verification_token: String,
    pub verification_prefix: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// `object: "domain_verification"`: a claim, the record that proves it, and how it went so far.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "domain_verification")]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct DomainVerification {
    pub organization_domain: OrganizationDomain,
    pub record: DomainRecord,
    /// Why it failed, if it did.
    pub failure_reason: Option<&'static str>,
    /// How often DNS was asked since the verification was last started.
    pub checks: i64,
    pub checked_at: Option<Timestamp>,
    /// What was missing the last time.
    pub finding: Option<DomainFinding>,
    /// While it is pending; one that lies in the past is about to be made.
    pub next_check_at: Option<Timestamp>,
    /// When it fails, while it is pending.
    pub expires_at: Option<Timestamp>,
}

/// A record in DNS.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct DomainRecord {
    #[serde(rename = "type")]
    pub record_type: &'static str,
    pub name: String,
    pub value: String,
    /// Where else it is found.
    pub other_names: Vec<String>,
    /// What else is taken for it.
    pub other_values: Vec<String>,
}

/// What was missing.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct DomainFinding {
    pub code: String,
    pub message: String,
}

/// `object: "it_contact"`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "it_contact")]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 2")]
pub struct ItContact {
    pub id: String,
    pub email: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
