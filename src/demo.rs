//! The demo's two players: an identity provider of a company, and a small application of a vendor
//! that signs the company's people in through Kernia. Only `kernia demo` serves them.

pub mod employee;
pub mod identity_provider;
