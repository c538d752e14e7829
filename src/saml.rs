//! SAML 2.0, the relying party's side: bytes in, verified facts or a refusal out.
//! No clock, no socket, no database, no log; `samael`, `bergshamra` and `uppsala` are named only here.

pub mod certificate;
mod claims;
mod conditions;
pub mod metadata;
pub mod rejected;
pub mod request;
pub mod response;
mod shape;
mod signature;
mod xml;

pub use certificate::Certificate;
pub use rejected::Rejected;
pub use request::{AuthnRequest, request_id};
pub use response::{Assertion, Attribute, NameId, Pending, Trust, Verified};

#[cfg(test)]
mod tests;
