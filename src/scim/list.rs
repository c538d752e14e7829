//! Lists: what is asked for in an address or in a `.search` body (RFC 7644 §3.4.2, §3.4.3, RFC 9865
//! §2), and the envelope of the answer.

mod read;
mod sort;
mod write;

use super::{
    attribute_path::AttributePath, filter::Filter, json, projection::Projection,
    rejected::Rejected, schema::ResourceType,
};

pub use self::{
    sort::SortKey,
    write::{LIST_SCHEMA, ListResponse, Paging},
};

/// The longest cursor, in bytes.
pub const MAX_CURSOR: usize = 1024;

/// How large pages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListLimits {
    /// How many resources stand on a page when nobody says.
    pub default_count: u32,
    /// The most on a page; who asks for more gets so many.
    pub max_count: u32,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct ListRequest {
    /// Which resources.
    pub filter: Option<Filter>,
    /// In what order; by their making when nobody says.
    pub sort: Option<Sort>,
    /// Which part of the list.
    pub page: Page,
    /// What of each resource.
    pub projection: Projection,
}

/// Which part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// By number.
    Index {
        /// The first, counted from 1.
        start: u64,
        /// How many at most; 0 asks for the total alone.
        count: u32,
    },
    /// By cursor (RFC 9865).
    Cursor {
        /// Where it goes on; none on the first page. Its letters are those of the RFC, and nothing
        /// else is known of it.
        cursor: Option<String>,
        /// How many at most, 1 or more.
        count: u32,
    },
}

/// In what order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub by: AttributePath,
    /// Whether the greatest comes first.
    pub descending: bool,
}

impl ListRequest {
    /// Reads the parameters of an address, names in any case. `of` is the type that is listed; none
    /// where users and groups are.
    pub fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
        of: Option<ResourceType>,
        limits: ListLimits,
    ) -> Result<Self, Rejected> {
        read::pairs(pairs, of, limits)
    }

    /// Reads the body of a `.search`.
    pub fn from_search(
        body: &[u8],
        of: Option<ResourceType>,
        limits: ListLimits,
    ) -> Result<Self, Rejected> {
        read::search(json::object(body)?, of, limits)
    }
}
