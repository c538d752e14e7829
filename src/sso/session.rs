//! Sessions at an identity provider that speaks single logout (SAML Profiles §4.4), or ends sessions
//! by OpenID Connect: remembered at
//! sign-in, ended when the provider or an application says so. Ours end first, always.

use std::time::Duration;

use super::{Connection, OidcConnections, Profile, Protocol, Statement, access, connection, sql};
use crate::{
    kit::{
        error::{Error, Refused},
        id::{Id, Prefixed},
        secret::Secret,
    },
    saml::{self, NameId, Verified, logout::LogoutRequest},
    store::{Row, Tx, params},
    vault::{Digest, Place, Sealed, Vault},
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
    id_token: Option<Sealed>,
}

impl Prefixed for Session {
    const PREFIX: &'static str = "sso_session_";
}

/// A logout of an application's that goes to the identity provider.
#[derive(Debug)]
pub struct Leaving {
    /// At which connection.
    pub connection: Connection,
    /// Who leaves.
    pub profile: Id<Profile>,
    /// The ID of our request.
    pub request_id: String,
    /// Whose session; none where nothing is open at the provider any more.
    pub name_id: Option<NameId>,
    /// Which of their sessions; all, where none is named.
    pub session_indexes: Vec<String>,
    /// The ID token of the newest one, where the provider wants to see it.
    pub id_token: Option<Secret>,
}

/// Remembers the session that the provider tells of.
pub(super) fn remember(
    tx: &Tx<'_>,
    connection: &Connection,
    profile: &Id<Profile>,
    statement: &Statement,
) -> Result<(), Error> {
    let longest = tx.now + REMEMBERED_FOR;
    let (id, id_token) = match &statement.session.id_token {
        Some((id, sealed)) => (id.clone(), Some(sealed.as_bytes().to_vec())),
        None => (tx.id(), None),
    };
    let until = statement.session.until.map_or(longest, |until| until.min(longest));
    tx.run(
        sql::SESSION_INSERT,
        params![
            &id,
            &connection.id,
            profile,
            &statement.subject.value,
            statement.subject.format.as_deref(),
            statement.session.index.as_deref(),
            until,
            id_token,
            tx.now
        ],
    )
    .map(drop)
}

/// The longest ID token that is kept: it goes back in an address.
const MAX_ID_TOKEN: usize = 4 * 1024;

/// An ID token on its way into a session; nothing of one that is too long for an address.
#[must_use]
pub(super) fn sealed(vault: &Vault, id: Id<Session>, token: &str) -> Option<(Id<Session>, Sealed)> {
    let sealed = (token.len() <= MAX_ID_TOKEN)
        .then(|| vault.seal(&place(&id), &Secret::new(token.to_owned())))?;
    Some((id, sealed))
}

fn place(id: &Id<Session>) -> Place<'_> {
    Place { table: "sso_sessions", column: "id_token", row: id.as_str() }
}

/// Whether there is a session of this name at the provider.
pub fn is_open(tx: &Tx<'_>, connection: &Id<Connection>, index: &str) -> Result<bool, Error> {
    let named = tx.list(sql::SESSIONS_OF_INDEX, params![connection, index], |_| Ok(()))?;
    Ok(!named.is_empty())
}

/// Ends the sessions of this name at the provider, and takes back what they gave. Answers whose they
/// were, one for each.
pub fn end_indexed(
    tx: &Tx<'_>,
    connection: &Id<Connection>,
    index: &str,
) -> Result<Vec<Id<Profile>>, Error> {
    let named = tx.list(sql::SESSIONS_OF_INDEX, params![connection, index], from_row)?;
    for session in &named {
        tx.run(sql::SESSION_DELETE, params![&session.id])?;
        access::revoke(tx, &session.profile)?;
    }
    Ok(named.into_iter().map(|session| session.profile).collect())
}

/// Ends the sessions that the identity provider's request names, and takes back what they gave.
/// Answers whose they were, one for each. Refusals: `replay`.
pub fn end_named(
    tx: &Tx<'_>,
    connection: &Id<Connection>,
    request: &Verified<LogoutRequest>,
) -> Result<Vec<Id<Profile>>, Error> {
    let request = request.get();
    // The ID of an Assertion never holds a colon, so the two cannot meet in one index.
    let id = format!("logout:{}", request.id);
    let until = request.not_on_or_after.unwrap_or_default().max(tx.now) + REQUEST_KEPT;
    if tx.run(sql::REPLAY_INSERT, params![connection, &id, until])? == 0 {
        return Err(Refused::conflict("replay", "this logout request came before (rule 29)"));
    }
    let mut ended = Vec::new();
    let named = params![connection, &request.name_id.value];
    for session in tx.list(sql::SESSIONS_OF_NAME, named, from_row)? {
        let meant = request.session_indexes.is_empty()
            || session.index.as_ref().is_none_or(|it| request.session_indexes.contains(it));
        if meant {
            tx.run(sql::SESSION_DELETE, params![&session.id])?;
            access::revoke(tx, &session.profile)?;
            ended.push(session.profile);
        }
    }
    Ok(ended)
}

/// An application signs a person out: what it was given is taken back at once, and a token lets the
/// person's browser end the session at the identity provider too.
///
/// Refusals: `entity_not_found`; `connection_invalid`, where the connection has no logout service.
pub fn authorize(
    tx: &Tx<'_>,
    (vault, ready): (&Vault, &OidcConnections),
    profile: &Id<Profile>,
) -> Result<Secret, Error> {
    let missing =
        || Refused::missing("entity_not_found", format!("Profile not found: '{profile}'."));
    let connection = tx
        .find(sql::PROFILE_CONNECTION, params![profile], |row| row.get("connection_id"))?
        .ok_or_else(missing)?;
    let connection = connection::lookup(tx, &connection)?.ok_or_else(missing)?;
    let can_end = match connection.connection_type.protocol() {
        Protocol::Saml => connection.settings.idp_logout.is_some(),
        Protocol::Oidc => ready.of(tx, vault, &connection)?.provider.end_session_endpoint.is_some(),
        Protocol::OAuth => false,
    };
    if !can_end {
        return Err(Refused::invalid(
            "connection_invalid",
            "Logout is not set up at this connection: its provider names no address for it.",
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
pub fn leave(tx: &Tx<'_>, vault: &Vault, token: &Secret) -> Result<Leaving, Error> {
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
    let id_token =
        match open.first().and_then(|newest| Some((&newest.id, newest.id_token.as_ref()?))) {
            Some((id, sealed)) => Some(vault.open(&place(id), sealed)?),
            None => None,
        };
    let name_id = open.first().map(|newest| newest.name_id.clone());
    let of_that_name = open.into_iter().filter(|it| Some(&it.name_id) == name_id.as_ref());
    let mut session_indexes: Vec<String> = of_that_name.filter_map(|it| it.index).collect();
    session_indexes.sort_unstable();
    session_indexes.dedup();
    // An address has no room for hundreds of them.
    if session_indexes.len() > MOST_NAMED {
        session_indexes.clear();
    }
    Ok(Leaving { connection, profile, request_id, name_id, session_indexes, id_token })
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
        id_token: match row.get::<Option<Vec<u8>>>("id_token")? {
            Some(bytes) => {
                Some(Sealed::from_bytes(bytes).ok_or_else(|| row.inconsistent("id_token"))?)
            }
            None => None,
        },
    })
}
