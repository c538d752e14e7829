//! The official Rust SDK, the strictest reader there is: an answer that lacks one field of its
//! models fails as a whole. Each test has a `kernia demo` of its own (`KERNIA_BIN`).

mod connections;
mod demo;
mod directories;
mod organizations;
mod refusals;
mod sign_in;
