//! Profiles and what `/sso/token` answers, as published.

use std::collections::BTreeMap;

use serde::Serialize;

/// `object: "profile"`: a person as a connection knows them.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "profile")]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 4")]
pub struct Profile {
    pub id: String,
    pub organization_id: Option<String>,
    pub connection_id: String,
    pub connection_type: String,
    pub idp_id: String,
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub name: Option<String>,
    pub role: Option<RoleSlug>,
    pub roles: Vec<RoleSlug>,
    pub groups: Vec<String>,
    /// What the connection's map names, by the application's own names.
    pub custom_attributes: BTreeMap<String, serde_json::Value>,
    /// Every attribute that came, by name; several values become a list.
    pub raw_attributes: BTreeMap<String, serde_json::Value>,
}

/// A role by its slug.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 4")]
pub struct RoleSlug {
    pub slug: String,
}

/// What a code is exchanged for. `access_token` is exposed here, in the one answer that carries it.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 2")]
pub struct Token<'a> {
    pub token_type: &'static str,
    pub access_token: &'a str,
    /// Seconds.
    pub expires_in: u64,
    pub profile: Profile,
}
