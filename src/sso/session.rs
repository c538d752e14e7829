//! Sessions at an identity provider that speaks single logout (SAML Profiles §4.4): remembered at
//! sign-in, ended when the provider or an application says so. Ours end first, always.

use std::time::Duration;

use super::{Connection, Profile, Statement, access, connection, sql};
use crate::{
    kit::{
        error::{Error, Refused},
        id::{Id, Prefixed},
        secret::Secret,
    },
    saml::{self, NameId, Verified, logout::LogoutRequest},
    store::{Row, Tx, params},
    vault::Digest,
};

/// How long a session is remembered, where the identity provider names no end.
const REMEMBERED_FOR: Duration = Duration::from_hours(30 * 24);
/// How long an application's browser has to come with its logout token.
pub const TOKEN_LIFETIME: Duration = Duration::from_mins(10);
/// How long a logout is kept, for the provider's answer to it.
pub const LOGOUT_KEPT: Duration = Duration::from_hours(1);
/// How long the ID of a provider's request is kept beyond the hour in which it is believed.
const REQUEST_KEPT: Duration = Duration::from_hours(2);

/// The most sessions that a request of ours names; beyond them it means all (SAML Core §3.7.1).
const MOST_NAMED: usize = 10;

/// A session at an identity provider.
#[derive(Debug, Clone)]
pub struct Session {
    id: Id<Session>,
    profile: Id<Profile>,
    name_id: NameId,
    /// The provider's name for it.
    index: Option<String>,
}

impl Prefixed for Session {
    const PREFIX: &'static str = "sso_session_";
}

/// A logout of an application's that goes to the identity provider.
#[derive(Debug)]
pub struct Leaving {
    /// At which connection.
    pub connection: Connection,
    /// The ID of our request.
    pub request_id: String,
    /// Whose session; none where nothing is open at the provider any more.
    pub name_id: Option<NameId>,
    /// Which of their sessions; all, where none is named.
    pub session_indexes: Vec<String>,
}

/// Remembers the session that the provider tells of.
pub(super) fn remember(
    tx: &Tx<'_>,
    connection: &Connection,
    profile: &Id<Profile>,
    statement: &Statement,
) -> Result<(), Error> {
    let longest = tx.now + REMEMBERED_FOR;
    let until = statement.session.until.map_or(longest, |until| until.min(longest));
    tx.run(
        sql::SESSION_INSERT,
        params![
            &tx.id::<Session>(),
            &connection.id,
            profile,
            &statement.subject.value,
            statement.subject.format.as_deref(),
            statement.session.index.as_deref(),
            until,
            tx.now
        ],
    )
    .map(drop)
}

/// Ends the sessions that the identity provider's request names, and takes back what they gave.
/// Answers how many there were. Refusals: `replay`.
pub fn end_named(
    tx: &Tx<'_>,
    connection: &Id<Connection>,
    request: &Verified<LogoutRequest>,
) -> Result<usize, Error> {
    let request = request.get();
    // The ID of an Assertion never holds a colon, so the two cannot meet in one index.
    let id = format!("logout:{}", request.id);
    let until = request.not_on_or_after.unwrap_or_default().max(tx.now) + REQUEST_KEPT;
    if tx.run(sql::REPLAY_INSERT, params![connection, &id, until])? == 0 {
        return Err(Refused::conflict("replay", "this logout request came before (rule 29)"));
    }
    let mut ended = 0;
    let named = params![connection, &request.name_id.value];
    for session in tx.list(sql::SESSIONS_OF_NAME, named, from_row)? {
        let meant = request.session_indexes.is_empty()
            || session.index.as_ref().is_none_or(|it| request.session_indexes.contains(it));
        if meant {
            tx.run(sql::SESSION_DELETE, params![&session.id])?;
            access::revoke(tx, &session.profile)?;
            ended += 1;
        }
    }
    Ok(ended)
}

/// An application signs a person out: what it was given is taken back at once, and a token lets the
/// person's browser end the session at the identity provider too.
///
/// Refusals: `entity_not_found`; `connection_invalid`, where the connection has no logout service.
pub fn authorize(tx: &Tx<'_>, profile: &Id<Profile>) -> Result<Secret, Error> {
    let missing =
        || Refused::missing("entity_not_found", format!("Profile not found: '{profile}'."));
    let connection = tx
        .find(sql::PROFILE_CONNECTION, params![profile], |row| row.get("connection_id"))?
        .ok_or_else(missing)?;
    let connection = connection::lookup(tx, &connection)?.ok_or_else(missing)?;
    if connection.settings.idp_logout.is_none() {
        return Err(Refused::invalid(
            "connection_invalid",
            "Single logout is not set up for this connection.",
        ));
    }
    access::revoke(tx, profile)?;
    let token = tx.token("");
    tx.run(
        sql::LOGOUT_INSERT,
        params![
            Digest::of(&token).as_bytes().as_slice(),
            &connection.id,
            profile,
            saml::request_id(tx.chance().bytes()),
            tx.now
        ],
    )?;
    Ok(token)
}

/// The browser came with its token, once: the sessions of the profile end here, and the answer says
/// what to ask the identity provider.
///
/// Refusals: `logout_over`, for a token that is unknown, used or too old.
pub fn leave(tx: &Tx<'_>, token: &Secret) -> Result<Leaving, Error> {
    let over = || Refused::malformed("logout_over", "no logout waits under this token");
    let digest = Digest::of(token);
    let params = params![digest.as_bytes().as_slice(), tx.now, tx.now - TOKEN_LIFETIME];
    let (connection, profile, request_id) = tx
        .find(sql::LOGOUT_SEND, params, |row| {
            let profile: Id<Profile> = row.get("profile_id")?;
            Ok((row.get("connection_id")?, profile, row.get("request_id")?))
        })?
        .ok_or_else(over)?;
    let connection = connection::lookup(tx, &connection)?.ok_or_else(over)?;
    let open = tx.list(sql::SESSIONS_OF_PROFILE, params![&profile, tx.now], from_row)?;
    tx.run(sql::SESSIONS_END, params![&profile])?;
    access::revoke(tx, &profile)?;
    let name_id = open.first().map(|newest| newest.name_id.clone());
    let of_that_name = open.into_iter().filter(|it| Some(&it.name_id) == name_id.as_ref());
    let mut session_indexes: Vec<String> = of_that_name.filter_map(|it| it.index).collect();
    session_indexes.sort_unstable();
    session_indexes.dedup();
    // An address has no room for hundreds of them.
    if session_indexes.len() > MOST_NAMED {
        session_indexes.clear();
    }
    Ok(Leaving { connection, request_id, name_id, session_indexes })
}

/// Whether a request of this ID went to the connection's identity provider and is not answered yet.
pub fn is_leaving(
    tx: &Tx<'_>,
    connection: &Id<Connection>,
    request_id: &str,
) -> Result<bool, Error> {
    Ok(tx.find(sql::LOGOUT_BY_REQUEST, params![connection, request_id], |_| Ok(()))?.is_some())
}

/// The identity provider answered our request of this ID.
pub fn left(tx: &Tx<'_>, connection: &Id<Connection>, request_id: &str) -> Result<(), Error> {
    tx.run(sql::LOGOUT_DONE, params![connection, request_id]).map(drop)
}

fn from_row(row: &Row<'_>) -> Result<Session, Error> {
    Ok(Session {
        id: row.get("id")?,
        profile: row.get("profile_id")?,
        name_id: NameId { value: row.get("name_id")?, format: row.get("name_id_format")? },
        index: row.get("session_index")?,
    })
}
