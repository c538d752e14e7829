//! The HTTP toolkit and the server at the wire: a tiny site of the tests' own, a real server on
//! port 0, and bytes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says that it fails by panicking"
)]

mod bounds;
mod client;
mod drain;
mod exchange;
mod log;
mod site;
