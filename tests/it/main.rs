//! The one integration binary: stories told at the wire.

mod example;
mod http;
mod store;
mod store_failures;
mod upgrade;
