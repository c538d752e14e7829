//! SCIM 2.0 (RFC 7643, RFC 7644, RFC 9865): resources, filters, changes, lists and bulks; bytes in,
//! types or a refusal out. No clock, no socket, no database, no log.
//!
//! What identity providers really send is read with tolerance, and without a switch for each of
//! them; what Kernia answers is what the RFCs say.

mod attribute_path;
pub mod bulk;
pub mod etag;
pub mod filter;
mod folding;
mod group;
mod json;
pub mod list;
pub mod patch;
pub mod path;
pub mod projection;
pub mod rejected;
pub mod resource;
pub mod schema;
mod user;

pub use attribute_path::AttributePath;
pub use bulk::{BulkAction, BulkLimits, BulkRequest, BulkResponse, BulkResult};
pub use etag::{Tags, Version};
pub use filter::{Filter, Indexed, Plan};
pub use folding::fold;
pub use group::{Group, Member};
pub use list::{ListLimits, ListRequest, ListResponse, Page, Paging};
pub use patch::{Changed, MemberChange, Operation, Patch};
pub use path::Path;
pub use projection::Projection;
pub use rejected::{Rejected, ScimType};
pub use resource::{Difference, Link, LinkKind, Received, Resource, Served};
pub use schema::{Capabilities, ResourceType};
pub use user::{Enterprise, User, Value};

#[cfg(test)]
mod tests;
