//! SAML 2.0, the relying party's side: bytes in, verified facts or a refusal out.
//! No clock, no socket, no database, no log; `bergshamra` and `uppsala` are named only here.

mod binding;
mod canonical;
pub mod certificate;
mod claims;
mod conditions;
mod encryption;
mod envelope;
pub mod explain;
pub mod journal;
pub mod key_pair;
pub mod logout;
pub mod metadata;
pub mod rejected;
pub mod request;
pub mod response;
mod service_provider;
mod shape;
mod signature;
mod signing;
pub mod trust;
mod write;
mod xml;

pub use certificate::Certificate;
pub use journal::Journal;
pub use key_pair::KeyPair;
pub use rejected::Rejected;
pub use request::{AuthnRequest, request_id};
pub use response::{Assertion, Attribute, NameId, Pending, Presented, Unsolicited};
pub use trust::{Terms, Trust, Verified};

#[cfg(test)]
mod tests;
