//! What the server says of itself: `ServiceProviderConfig`, `ResourceTypes`, `Schemas`
//! (RFC 7644 §4, RFC 7643 §5–§7, RFC 9865 §4). Made once for a base address, and the same for all.

use serde_json::{Value as Json, json};

use super::{ALL, Attribute, ResourceType, Schema};

const CONFIG_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// What the server takes and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// The most operations of a bulk.
    pub bulk_operations: usize,
    /// The largest bulk, in bytes.
    pub bulk_bytes: usize,
    /// The most resources on a page.
    pub max_page: u32,
    /// How many there are when nobody says.
    pub default_page: u32,
    /// How long a cursor can be used, in seconds.
    pub cursor_timeout: u32,
    /// Whether access tokens can be had for client credentials.
    pub oauth: bool,
}

impl Capabilities {
    /// The document `ServiceProviderConfig`; `base` is the address of the directory's endpoints,
    /// without a slash at its end.
    #[must_use]
    pub fn document(&self, base: &str) -> Json {
        let mut schemes = vec![json!({
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "A token of the directory, in the header Authorization.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        })];
        if self.oauth {
            schemes.push(json!({
                "type": "oauth2",
                "name": "OAuth 2.0 Client Credentials",
                "description": "A short-lived access token for the directory's client credentials.",
                "specUri": "https://www.rfc-editor.org/info/rfc6749",
                "primary": false,
            }));
        }
        json!({
            "schemas": [CONFIG_SCHEMA],
            "patch": {"supported": true},
            "bulk": {
                "supported": true,
                "maxOperations": self.bulk_operations,
                "maxPayloadSize": self.bulk_bytes,
            },
            "filter": {"supported": true, "maxResults": self.max_page},
            "changePassword": {"supported": false},
            "sort": {"supported": true},
            "etag": {"supported": true},
            "pagination": {
                "cursor": true,
                "index": true,
                "defaultPaginationMethod": "index",
                "defaultPageSize": self.default_page,
                "maxPageSize": self.max_page,
                "cursorTimeout": self.cursor_timeout,
            },
            "authenticationSchemes": schemes,
            "meta": {
                "resourceType": "ServiceProviderConfig",
                "location": format!("{base}/ServiceProviderConfig"),
            },
        })
    }
}

/// The documents of `ResourceTypes`, in the order of [`ResourceType::ALL`].
#[must_use]
pub fn resource_types(base: &str) -> Vec<Json> {
    ResourceType::ALL.map(|it| resource_type(it, base)).into()
}

/// The document of one type of resource.
#[must_use]
pub fn resource_type(of: ResourceType, base: &str) -> Json {
    let mut document = json!({
        "schemas": [RESOURCE_TYPE_SCHEMA],
        "id": of.as_str(),
        "name": of.as_str(),
        "endpoint": format!("/{}", of.endpoint()),
        "description": of.schema().description,
        "schema": of.schema().id,
        "meta": {
            "resourceType": "ResourceType",
            "location": format!("{base}/ResourceTypes/{}", of.as_str()),
        },
    });
    let extensions = of.extensions();
    if !extensions.is_empty() {
        document["schemaExtensions"] =
            extensions.iter().map(|it| json!({"schema": it.id, "required": false})).collect();
    }
    document
}

/// The documents of `Schemas`, in the order of [`ALL`].
#[must_use]
pub fn schemas(base: &str) -> Vec<Json> {
    ALL.map(|it| schema(it, base)).into()
}

/// The document of one schema.
#[must_use]
pub fn schema(of: &Schema, base: &str) -> Json {
    json!({
        "schemas": [SCHEMA_SCHEMA],
        "id": of.id,
        "name": of.name,
        "description": of.description,
        "attributes": of.attributes.iter().map(attribute).collect::<Vec<_>>(),
        "meta": {"resourceType": "Schema", "location": format!("{base}/Schemas/{}", of.id)},
    })
}

fn attribute(of: &Attribute) -> Json {
    let mut document = json!({
        "name": of.name,
        "type": of.kind.as_str(),
        "multiValued": of.multi_valued,
        "description": of.description,
        "required": of.required,
        "caseExact": of.case_exact,
        "mutability": of.mutability.as_str(),
        "returned": of.returned.as_str(),
        "uniqueness": of.uniqueness.as_str(),
    });
    if !of.canonical_values.is_empty() {
        document["canonicalValues"] = of.canonical_values.into();
    }
    if !of.reference_types.is_empty() {
        document["referenceTypes"] = of.reference_types.into();
    }
    if !of.sub_attributes.is_empty() {
        document["subAttributes"] = of.sub_attributes.iter().map(attribute).collect();
    }
    document
}
