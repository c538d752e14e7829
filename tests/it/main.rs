//! The one integration binary: stories told at the wire.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod example;
mod floors;
mod http;
mod source;
mod sql;
mod store;
mod store_failures;
mod upgrade;
