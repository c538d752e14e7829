//! Sessions of Kernia itself: who signed in by OpenID Connect in a browser need not do so again for
//! the next client. One browser has one; it belongs to one profile, and so to one connection and
//! organization. The WorkOS API knows nothing of them.

use std::time::Duration;

use super::{code, sql};
use crate::{
    kit::{
        error::Error,
        id::{Id, Prefixed},
        secret::Secret,
        time::Timestamp,
    },
    sso::{Connection, Profile, profile, sign_in::SignedIn},
    store::{Row, Tx, params},
    vault::Digest,
};

/// How long a session lives that nobody uses.
pub const IDLE: Duration = Duration::from_hours(2);
/// How long a session lives at most: a working day, or as long as the identity provider says.
pub const LIFETIME: Duration = Duration::from_hours(12);

/// A session. Its id is the `sid` of ID tokens.
#[derive(Debug, Clone)]
pub struct Session {
    /// `session_…`.
    pub id: Id<Session>,
    /// Who signed in.
    pub profile: Id<Profile>,
    /// When they did so at their identity provider.
    pub auth_time: Timestamp,
}

impl Prefixed for Session {
    const PREFIX: &'static str = "session_";
}

/// The live session of a browser, and whose it is. There is none any more once its connection was
/// switched off or deleted.
pub fn lookup(tx: &Tx<'_>, browser: &Digest) -> Result<Option<(Session, Profile)>, Error> {
    let params = params![browser.as_bytes().as_slice(), tx.now, tx.now - IDLE];
    let Some(session) = tx.find(sql::SESSION_BY_DIGEST, params, from_row)? else {
        return Ok(None);
    };
    let profile = profile::lookup(tx, &session.profile)?;
    Ok(profile.map(|profile| (session, profile)))
}

/// Somebody signed in, in a browser that may have a session: a fresh value for its cookie, so that
/// nobody has it who knew the one before. The same person keeps their session's id.
pub(super) fn begin(
    tx: &Tx<'_>,
    signed_in: &SignedIn,
    before: Option<&Digest>,
) -> Result<(Session, Secret), Error> {
    let before = match before {
        Some(browser) => lookup(tx, browser)?.map(|(session, _)| session),
        None => None,
    };
    let again = before.as_ref().is_some_and(|before| before.profile == signed_in.profile);
    let id = match before {
        Some(before) => {
            tx.run(sql::SESSION_DELETE, params![&before.id])?;
            if again { before.id } else { tx.id() }
        }
        None => tx.id(),
    };
    let cookie = tx.token("");
    let longest = tx.now + LIFETIME;
    let until = signed_in.until.map_or(longest, |until| until.min(longest));
    tx.run(
        sql::SESSION_INSERT,
        params![
            &id,
            Digest::of(&cookie).as_bytes().as_slice(),
            &signed_in.profile,
            &signed_in.connection,
            signed_in.at,
            tx.now,
            until
        ],
    )?;
    let session = Session { id, profile: signed_in.profile.clone(), auth_time: signed_in.at };
    Ok((session, cookie))
}

/// It was used.
pub(super) fn touch(tx: &Tx<'_>, session: &Session) -> Result<(), Error> {
    tx.run(sql::SESSION_TOUCH, params![&session.id, tx.now]).map(drop)
}

/// Ends a session with all that clients were given in it: codes, access tokens, refresh tokens.
pub fn end(tx: &Tx<'_>, id: &Id<Session>) -> Result<(), Error> {
    for statement in [
        sql::CODES_OF_SESSION,
        sql::TOKENS_OF_SESSION,
        sql::FAMILIES_OF_SESSION,
        sql::SESSION_DELETE,
    ] {
        tx.run(statement, params![id])?;
    }
    Ok(())
}

/// Somebody was signed out at their identity provider, or by the WorkOS API, which knows no sessions
/// of ours: all of theirs end, with all that clients were given in them.
pub fn end_of_profile(tx: &Tx<'_>, profile: &Id<Profile>) -> Result<(), Error> {
    for statement in [
        sql::CODES_OF_PROFILE,
        sql::TOKENS_OF_PROFILE,
        sql::FAMILIES_OF_PROFILE,
        sql::SESSIONS_OF_PROFILE,
    ] {
        tx.run(statement, params![profile])?;
    }
    Ok(())
}

/// A connection was switched off or deleted: all that began through it is gone for good, also if the
/// connection comes back while a code or a token could still be good.
pub fn end_of_connection(tx: &Tx<'_>, connection: &Id<Connection>) -> Result<(), Error> {
    tx.run(sql::CODES_OF_CONNECTION, params![connection, tx.now - code::LIFETIME])?;
    tx.run(sql::TOKENS_OF_CONNECTION, params![connection, tx.now])?;
    tx.run(sql::FAMILIES_OF_CONNECTION, params![connection])?;
    tx.run(sql::SESSIONS_OF_CONNECTION, params![connection]).map(drop)
}

fn from_row(row: &Row<'_>) -> Result<Session, Error> {
    Ok(Session {
        id: row.get("id")?,
        profile: row.get("profile_id")?,
        auth_time: row.get("auth_time")?,
    })
}
