//! The one integration binary: stories told at the wire.

mod example;
mod floors;
mod http;
mod source;
mod sql;
mod store;
mod store_failures;
mod upgrade;
