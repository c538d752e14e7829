//! Bulks (RFC 7644 §3.7): many requests in one, which may refer to what others of them make.

mod order;
mod read;
mod references;
mod write;

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{etag::Tags, json, rejected::Rejected, schema::ResourceType};

pub use self::{
    references::Resolved,
    write::{BULK_RESPONSE_SCHEMA, BulkResponse, BulkResult},
};

/// The schema of a bulk.
pub const BULK_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// How large a bulk may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkLimits {
    /// The most operations.
    pub operations: usize,
    /// The largest body, in bytes.
    pub bytes: usize,
}

/// Many requests in one.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkRequest {
    /// After how many failures the rest is left; none: whatever fails, all are tried.
    pub fail_on_errors: Option<u64>,
    /// The requests. One that does not parse fails by itself.
    pub operations: Vec<BulkOperation>,
}

/// One of the requests.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkOperation {
    /// What it does, as it was written, in capitals.
    pub method: String,
    /// The client's name for what it makes.
    pub bulk_id: Option<String>,
    /// What it asks for; refused, it fails by itself.
    pub action: Result<BulkAction, Rejected>,
}

/// What a request of a bulk asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum BulkAction {
    /// Make a resource.
    Create {
        /// What it is.
        resource_type: ResourceType,
        /// What it shall be.
        data: Json,
    },
    /// Replace one.
    Replace {
        /// Which.
        target: Target,
        /// What it shall be.
        data: Json,
    },
    /// Change one.
    Change {
        /// Which.
        target: Target,
        /// The body of the PATCH.
        data: Json,
    },
    /// Delete one.
    Delete {
        /// Which.
        target: Target,
    },
}

/// The resource that a request of a bulk is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What it is.
    pub resource_type: ResourceType,
    /// Its id, or `bulkId:` and the client's name for it.
    pub id: String,
    /// At which versions it is meant.
    pub version: Option<Tags>,
}

impl BulkRequest {
    /// Reads the body of a bulk.
    pub fn parse(body: &[u8], limits: &BulkLimits) -> Result<Self, Rejected> {
        if body.len() > limits.bytes {
            let why = format!("a bulk has at most {} bytes (maxPayloadSize)", limits.bytes);
            return Err(Rejected::too_large(why));
        }
        read::bulk(json::object(body)?, limits)
    }

    /// The order to work in, as indices of `operations`: as they stand, but whatever another needs
    /// goes before it, where they do not need each other in a circle.
    #[must_use]
    pub fn order(&self) -> Vec<usize> {
        order::order(self)
    }

    /// Puts ids in the place of references, in what an operation sends. `made` are the ids of what
    /// was made so far, by the clients' names for them.
    pub fn resolve(
        &self,
        data: &Json,
        made: &HashMap<String, String>,
    ) -> Result<Resolved, Rejected> {
        references::resolve(self, data, made)
    }
}

impl Target {
    /// The id, where it is known: `made` are the ids of what was made so far.
    pub fn id<'a>(&'a self, made: &'a HashMap<String, String>) -> Result<&'a str, Rejected> {
        let Some(name) = references::name(&self.id) else { return Ok(&self.id) };
        made.get(name).map(String::as_str).ok_or_else(|| references::unknown(name))
    }
}
