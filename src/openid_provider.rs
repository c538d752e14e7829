//! Kernia as an OpenID provider: clients that speak OpenID Connect, their requests, the codes and
//! tokens that they are given, the keys that sign for all of them, and the sessions of Kernia itself.
//! Who somebody is, `sso` says; this room has never heard of SAML.

pub mod claims;
pub mod client;
pub mod code;
pub mod hint;
pub mod key;
pub mod refresh;
pub mod request;
pub mod scope;
pub mod session;
mod sql;
pub mod token;

use std::time::Duration;

pub use self::{
    client::{Credentials, OpenIdClient},
    hint::Hint,
    key::{Key, Signers, SigningKey},
    request::AuthorizationRequest,
    scope::Scope,
    session::Session,
};
use crate::{
    kit::error::Error,
    sso::sign_in,
    store::{Tx, params},
};

/// How many rows one purge takes of each table.
const PURGED_AT_ONCE: u32 = 1000;
/// How many families of refresh tokens: the spent ones of each go with it.
const FAMILIES_AT_ONCE: u32 = 50;
/// How long a code is kept, so that its second use is noticed.
const CODE_KEPT: Duration = Duration::from_hours(24);

/// Deletes what is over: requests, codes, access tokens, sessions, families of refresh tokens.
/// Answers how many rows went; as long as that is not zero there may be more.
pub fn purge(tx: &Tx<'_>) -> Result<usize, Error> {
    let mut gone = 0;
    for (statement, before, limit) in [
        (sql::PURGE_REQUESTS, tx.now - sign_in::LIFETIME, PURGED_AT_ONCE),
        (sql::PURGE_CODES, tx.now - CODE_KEPT, PURGED_AT_ONCE),
        (sql::PURGE_TOKENS, tx.now, PURGED_AT_ONCE),
        (sql::PURGE_SESSIONS, tx.now, PURGED_AT_ONCE),
        (sql::PURGE_IDLE_SESSIONS, tx.now - session::IDLE, PURGED_AT_ONCE),
        (sql::PURGE_FAMILIES, tx.now, FAMILIES_AT_ONCE),
        (sql::PURGE_IDLE_FAMILIES, tx.now - refresh::IDLE, FAMILIES_AT_ONCE),
    ] {
        gone += tx.run(statement, params![before, limit])?;
    }
    Ok(gone)
}
