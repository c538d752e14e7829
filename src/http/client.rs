//! Outgoing requests: one GET with a limit for everything. Where it may go, a [`Reach`] says, and
//! the address that was checked is the one that is connected to.

mod reach;

use std::time::Duration;

pub use self::reach::Reach;
use super::Bytes;
use crate::kit::text::WebAddress;

/// Fetches documents from elsewhere.
#[derive(Debug, Clone)]
pub struct Client {
    reach: Reach,
}

/// What was fetched.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The status, whatever it is.
    pub status: u16,
    /// The declared content type; empty when there is none.
    pub content_type: String,
    /// The body.
    pub body: Bytes,
}

/// Why nothing was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchRefused {
    /// A stable word in snake case.
    pub code: &'static str,
    /// One sentence for a person.
    pub detail: String,
}
