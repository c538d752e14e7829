//! OpenID Connect 1.0: metadata, keys, requests, answers and ID tokens; bytes in, verified facts or
//! a refusal out. No clock, no socket, no database, no log.

mod account;
mod algorithm;
pub mod authorization;
pub mod client_authentication;
mod conditions;
mod hashes;
pub mod id_token;
pub mod journal;
mod json;
mod jws;
pub mod keys;
pub mod logout;
pub mod metadata;
pub mod rejected;
pub mod signing_key;
pub mod token;
pub mod user_info;

pub use account::Account;
pub use algorithm::Algorithm;
pub use authorization::{Answer, AuthorizationRequest, Callback};
pub use client_authentication::ClientAuthentication;
pub use hashes::half_hash;
pub use id_token::{Claims, Terms, Verified, verify};
pub use journal::Journal;
pub use jws::{Peeked, peek};
pub use keys::Keys;
pub use logout::EndSessionRequest;
pub use metadata::Provider;
pub use rejected::{REASONS, Rejected, reason};
pub use signing_key::SigningKey;
pub use token::{TokenRequest, TokenRequestParts, TokenResponse};
pub use user_info::UserInfo;

#[cfg(test)]
mod tests;
