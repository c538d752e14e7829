//! Directories, their users and groups, and their tokens, as published.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use super::RoleSlug;
use crate::kit::time::Timestamp;

/// `object: "directory"`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "directory")]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 2")]
pub struct Directory {
    pub id: String,
    pub organization_id: String,
    /// The key in its SCIM address.
    pub external_key: String,
    #[serde(rename = "type")]
    pub directory_type: &'static str,
    /// `unlinked`, `validating`, `linked`.
    pub state: &'static str,
    pub name: String,
    /// A domain of the organization's; absent where it owns none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    pub metadata: DirectoryMetadata,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// How much a directory holds.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 2")]
pub struct DirectoryMetadata {
    pub users: DirectoryUserCounts,
    pub groups: i64,
}

/// Users by whether they may sign in.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 2")]
pub struct DirectoryUserCounts {
    pub active: i64,
    pub inactive: i64,
}

/// A directory with what its operator needs, Kernia's own.
#[derive(Debug, Clone, Serialize)]
pub struct DetailedDirectory {
    /// As WorkOS's API shows it.
    #[serde(flatten)]
    pub directory: Directory,
    /// The address to enter at the provider.
    pub scim_url: String,
    /// When the provider last came with a live token; some seconds old at most.
    pub last_request_at: Option<Timestamp>,
    /// How often somebody came with a token that does not open it.
    pub refused_tokens: i64,
    /// The live tokens, oldest first.
    pub tokens: Vec<DirectoryToken>,
}

/// `object: "directory_token"`: never the token itself.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "directory_token")]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct DirectoryToken {
    pub id: String,
    pub directory_id: String,
    /// The token with all but its ends left out: `scim_…9fQ2`.
    pub obfuscated_value: String,
    pub created_at: Timestamp,
    /// When it ends; none, where it lives until it is rotated or revoked.
    pub expires_at: Option<Timestamp>,
    /// Some seconds old at most.
    pub last_used_at: Option<Timestamp>,
}

/// `object: "directory_user"`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "directory_user")]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 4")]
pub struct DirectoryUser {
    pub id: String,
    pub directory_id: String,
    pub organization_id: String,
    /// What the provider calls the user.
    pub idp_id: String,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub name: Option<String>,
    pub emails: Vec<DirectoryUserEmail>,
    pub job_title: Option<String>,
    pub username: Option<String>,
    /// `active` or `inactive`.
    pub state: &'static str,
    /// The standard ones that were said, by WorkOS's names for them.
    pub custom_attributes: BTreeMap<&'static str, Json>,
    /// What the provider said, as it is kept.
    pub raw_attributes: Json,
    pub role: Option<RoleSlug>,
    pub roles: Vec<RoleSlug>,
    pub groups: Vec<DirectoryGroup>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// An email address of a user's.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 4")]
pub struct DirectoryUserEmail {
    pub primary: bool,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    pub value: String,
}

/// `object: "directory_group"`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "directory_group")]
#[expect(missing_docs, reason = "the wire's own names; contract.md, part 2")]
pub struct DirectoryGroup {
    pub id: String,
    /// What the provider calls the group.
    pub idp_id: String,
    pub directory_id: String,
    pub organization_id: String,
    pub name: String,
    /// What the provider said, as it is kept; without members.
    pub raw_attributes: Json,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
