//! Refresh tokens: each is good once and gives its successor (RFC 9700 §4.14.2). One that comes again
//! was stolen, or its successor was: the whole family ends, and nobody has to find out which.
//!
//! An answer can be lost on its way. For [`RETRY`] after a token was spent it may be sent once more, as
//! long as nothing later is in use: its successor is taken back for a new one. A thief gains nothing by
//! it, for whichever of the two successors comes later ends the family.

use std::time::Duration;

use super::{
    Credentials, Scope, Session, client, sql,
    token::{self, Exchange, Grant},
};
use crate::{
    applications::Client,
    kit::{
        error::{Error, Refused},
        id::{Id, Prefixed},
        secret::Secret,
        time::Timestamp,
    },
    sso::{Profile, profile},
    store::{Row, Tx, params},
    vault::Digest,
};

/// How long a family lives that nobody uses.
pub const IDLE: Duration = Duration::from_hours(14 * 24);
/// How long a family lives at most.
pub const LIFETIME: Duration = Duration::from_hours(90 * 24);
/// For how long the token before the last may come once more.
pub const RETRY: Duration = Duration::from_secs(10);

/// Refresh tokens that follow one another.
pub struct Family {
    id: Id<Family>,
    grant: Grant,
    digest: Digest,
    previous: Option<Digest>,
    rotated_at: Option<Timestamp>,
    used_at: Timestamp,
    until: Timestamp,
}

impl Prefixed for Family {
    const PREFIX: &'static str = "openid_refresh_";
}

/// What comes with a refresh token.
#[derive(Debug)]
pub struct Offer {
    /// The token.
    pub refresh_token: Secret,
    /// The scope asked for, if it is to be narrower.
    pub scope: Option<String>,
}

/// The first token of a family.
pub(super) fn begin(tx: &Tx<'_>, grant: &Grant) -> Result<Secret, Error> {
    let over = || Refused::malformed("invalid_grant", "This sign-in is over.");
    let profile = profile::lookup(tx, &grant.profile)?.ok_or_else(over)?;
    let token = tx.token("");
    tx.run(
        sql::FAMILY_INSERT,
        params![
            &tx.id::<Family>(),
            &grant.client,
            &grant.profile,
            profile.published().connection_id,
            &grant.session,
            grant.scope.to_string(),
            grant.code.as_bytes().as_slice(),
            Digest::of(&token).as_bytes().as_slice(),
            grant.auth_time,
            tx.now,
            tx.now + LIFETIME
        ],
    )?;
    Ok(token)
}

/// Exchanges a refresh token. Refusals: `invalid_client`, `invalid_grant`, `invalid_scope`.
pub fn exchange(tx: &Tx<'_>, credentials: &Credentials, offer: &Offer) -> Result<Exchange, Error> {
    let client = client::authenticate(tx, credentials)?;
    let digest = Digest::of(&offer.refresh_token);
    let key = params![digest.as_bytes().as_slice()];
    let family = match tx.find(sql::FAMILY_BY_DIGEST, key, from_row)? {
        Some(current) => Some(current),
        None => tx.find(sql::FAMILY_BY_SPENT, key, from_row)?,
    };
    let family = family
        .filter(|family| family.grant.client == client.id && family.is_live(tx.now))
        .ok_or_else(over)?;
    if !family.takes(&digest, tx.now) {
        tx.run(sql::TOKENS_OF_CODE, params![family.grant.code.as_bytes().as_slice()])?;
        tx.run(sql::FAMILY_DELETE, params![&family.id])?;
        return Ok(Exchange::TakenBack);
    }
    let scope = match &offer.scope {
        Some(asked) => family.grant.scope.narrowed(asked)?,
        None => family.grant.scope.clone(),
    };
    let mut granted = token::give(tx, &family.grant, &scope)?;
    granted.refresh_token = Some(rotate(tx, &family, &digest)?);
    Ok(Exchange::Granted(Box::new(granted)))
}

/// Puts a fresh token in the place of the one that is good.
fn rotate(tx: &Tx<'_>, family: &Family, presented: &Digest) -> Result<Secret, Error> {
    let token = tx.token("");
    // Sent once more, it stays the one before, and its time runs on.
    let rotated_at = match family.rotated_at {
        Some(at) if *presented != family.digest => at,
        _ => tx.now,
    };
    tx.run(sql::SPENT_INSERT, params![family.digest.as_bytes().as_slice(), &family.id])?;
    tx.run(
        sql::FAMILY_ROTATE,
        params![
            &family.id,
            Digest::of(&token).as_bytes().as_slice(),
            presented.as_bytes().as_slice(),
            rotated_at,
            tx.now
        ],
    )?;
    Ok(token)
}

impl Family {
    fn is_live(&self, now: Timestamp) -> bool {
        now < self.until && now < self.used_at + IDLE
    }

    /// Whether this token of the family is good: the last one, or for a moment the one before.
    fn takes(&self, presented: &Digest, now: Timestamp) -> bool {
        let once_more = || {
            self.previous == Some(*presented) && self.rotated_at.is_some_and(|at| now < at + RETRY)
        };
        *presented == self.digest || once_more()
    }
}

fn over() -> Error {
    Refused::malformed("invalid_grant", "The refresh token has expired or is invalid.")
}

fn from_row(row: &Row<'_>) -> Result<Family, Error> {
    let digest = |column: &str| {
        Digest::from_bytes(&row.get::<Vec<u8>>(column)?).ok_or_else(|| row.inconsistent(column))
    };
    let previous: Option<Vec<u8>> = row.get("previous")?;
    Ok(Family {
        id: row.get("id")?,
        grant: Grant {
            client: row.get::<Id<Client>>("client_id")?,
            profile: row.get::<Id<Profile>>("profile_id")?,
            session: row.get::<Id<Session>>("session_id")?,
            scope: row.parse("scope", |text| Scope::parse(text).ok())?,
            // A nonce belongs to the answer to its request (Core §12.2).
            nonce: None,
            auth_time: row.get("auth_time")?,
            code: digest("code_digest")?,
        },
        digest: digest("digest")?,
        previous: previous.as_deref().and_then(Digest::from_bytes),
        rotated_at: row.get("rotated_at")?,
        used_at: row.get("used_at")?,
        until: row.get("until")?,
    })
}
