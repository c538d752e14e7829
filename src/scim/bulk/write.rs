//! The answer to a bulk (RFC 7644 §3.7.3).

use serde_json::{Map, Value as Json, json};

use crate::scim::{etag::Version, rejected::Rejected};

/// The schema of the answer to a bulk.
pub const BULK_RESPONSE_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// What came of one request.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkResult {
    /// What it did.
    pub method: String,
    /// The client's name for what it made.
    pub bulk_id: Option<String>,
    /// Where the resource lies; none where none was made.
    pub location: Option<String>,
    /// What came of it: the status and the version of the resource (none of a deleted one), or no.
    pub outcome: Result<(u16, Option<Version>), Rejected>,
}

/// The answer to a bulk, which grows by a result each.
#[derive(Debug, Default)]
pub struct BulkResponse {
    operations: Vec<Json>,
    errors: u64,
}

impl BulkResponse {
    /// An answer without results.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next result.
    pub fn push(&mut self, result: BulkResult) {
        let mut operation = Map::new();
        let mut put = |name: &str, value: Json| {
            operation.insert(name.to_owned(), value);
        };
        put("method", result.method.into());
        if let Some(bulk_id) = result.bulk_id {
            put("bulkId", bulk_id.into());
        }
        if let Some(location) = result.location {
            put("location", location.into());
        }
        match result.outcome {
            Ok((status, version)) => {
                put("status", status.to_string().into());
                if let Some(version) = version {
                    put("version", version.to_string().into());
                }
            }
            Err(refusal) => {
                self.errors += 1;
                put("status", refusal.status.to_string().into());
                put("response", refusal.document());
            }
        }
        self.operations.push(Json::Object(operation));
    }

    /// How many requests failed so far.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors
    }

    /// The body of the answer.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let document = json!({"schemas": [BULK_RESPONSE_SCHEMA], "Operations": self.operations});
        document.to_string().into_bytes()
    }
}
