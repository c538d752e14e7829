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
