//! How an application learns who signed in: one-time codes, and the access tokens given for them.
//! Both live for ten minutes and are kept as digests, in one row, which is found by the id that both
//! begin with: neighbours in time are neighbours in the file.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Connection, Profile, consent, profile, session, sql, test_sign_in};
use crate::{
    applications::Client,
    kit::{
        digest::sha256,
        error::{Error, Refused},
        id::{Id, Prefixed},
        secret::Secret,
        text::WebAddress,
        time::Timestamp,
    },
    store::{Row, Tx, params},
    vault::Digest,
};

/// How long a code can be exchanged.
pub const CODE_LIFETIME: Duration = Duration::from_mins(10);
/// How long an access token opens the profile.
pub const TOKEN_LIFETIME: Duration = Duration::from_mins(10);

/// How many rows one purge takes of each table.
const PURGED_AT_ONCE: u32 = 1000;

/// What an application offers for a token.
#[derive(Debug)]
pub struct Offer {
    /// Which application; it has proved that, or the code was bound by PKCE.
    pub client: Id<Client>,
    /// Whether it proved it with its API key.
    pub authenticated: bool,
    /// The code.
    pub code: Secret,
    /// The verifier of PKCE (RFC 7636 §4.1).
    pub code_verifier: Option<Secret>,
    /// The redirect URI again, when the application sends it.
    pub redirect_uri: Option<WebAddress>,
}

/// What came of an offer. A refusal would roll back; a code that comes twice must not.
pub enum Exchange {
    /// The token, and whose profile it opens.
    Granted {
        /// Shown once.
        token: Secret,
        /// Who signed in.
        profile: Box<Profile>,
    },
    /// The code was spent before: whatever it gave is taken back (RFC 6749 §4.1.2).
    Reused,
}

#[expect(clippy::struct_field_names, reason = "RFC 7636 calls it a code challenge")]
struct Code {
    digest: Digest,
    client: Id<Client>,
    profile: Id<Profile>,
    /// How often the person had been signed out when it was given.
    sign_outs: i64,
    redirect_uri: String,
    code_challenge: Option<String>,
    created_at: Timestamp,
    spent_at: Option<Timestamp>,
}

impl Prefixed for Code {
    const PREFIX: &'static str = "";
}

/// The length of such an id: a bare ULID.
const ID_LENGTH: usize = 26;

/// The row that a code or token says it belongs to.
fn id_of(token: &Secret) -> Option<Id<Code>> {
    Id::parse(token.expose().get(..ID_LENGTH)?).ok()
}

/// Whom a code is for.
pub(super) struct Grant<'a> {
    pub(super) client: &'a Id<Client>,
    pub(super) redirect_uri: &'a str,
    pub(super) code_challenge: Option<&'a str>,
}

/// Gives the code for a finished sign-in.
pub(super) fn issue_code(
    tx: &Tx<'_>,
    grant: &Grant<'_>,
    profile: &Id<Profile>,
) -> Result<Secret, Error> {
    let id = tx.id::<Code>();
    let code = tx.token(id.as_str());
    tx.run(
        sql::CODE_INSERT,
        params![
            &id,
            Digest::of(&code).as_bytes().as_slice(),
            grant.client,
            profile,
            grant.redirect_uri,
            grant.code_challenge,
            tx.now
        ],
    )?;
    Ok(code)
}

/// Takes back what was given for a profile: access tokens, codes, and answers that wait for consent.
pub(super) fn revoke(tx: &Tx<'_>, profile: &Id<Profile>) -> Result<(), Error> {
    for statement in [sql::PROFILE_SIGN_OUT, sql::HELD_OF_PROFILE] {
        tx.run(statement, params![profile])?;
    }
    Ok(())
}

/// Takes back the codes and access tokens that were given through a connection: it was switched off or
/// deleted, and may come back before they are over.
pub(super) fn revoke_of_connection(tx: &Tx<'_>, connection: &Id<Connection>) -> Result<(), Error> {
    tx.run(sql::TAKE_BACK_WHAT_WAS_GIVEN, params![connection]).map(drop)
}

/// Exchanges a code for an access token. Refusals: `invalid_grant`, `invalid_client`.
pub fn exchange(tx: &Tx<'_>, offer: &Offer) -> Result<Exchange, Error> {
    let id = id_of(&offer.code).ok_or_else(invalid_grant)?;
    let code = tx
        .find(sql::CODE_BY_ID, params![&id], from_row)?
        .filter(|code| code.digest.is_of(&offer.code) && code.client == offer.client)
        .ok_or_else(invalid_grant)?;
    check(&code, offer, tx.now)?;
    if code.spent_at.is_some() {
        tx.run(sql::CODE_TAKE_BACK, params![&id])?;
        return Ok(Exchange::Reused);
    }
    let profile = profile::lookup(tx, &code.profile)?
        .filter(|profile| profile.sign_outs == code.sign_outs)
        .ok_or_else(invalid_grant)?;
    let token = tx.token(id.as_str());
    let digest = Digest::of(&token);
    tx.run(sql::CODE_SPEND, params![&id, tx.now, digest.as_bytes().as_slice()])?;
    Ok(Exchange::Granted { token, profile: Box::new(profile) })
}

fn check(code: &Code, offer: &Offer, now: Timestamp) -> Result<(), Error> {
    if now >= code.created_at + CODE_LIFETIME {
        return Err(invalid_grant());
    }
    if offer.redirect_uri.as_ref().is_some_and(|uri| uri.as_str() != code.redirect_uri) {
        return Err(grant("The redirect_uri is not the one of the authorization request."));
    }
    match (&code.code_challenge, &offer.code_verifier) {
        (None, None) if offer.authenticated => Ok(()),
        (None, None) => {
            let why = "The client must authenticate with its API key, or use PKCE.";
            Err(Refused::invalid("invalid_client", why))
        }
        (Some(challenge), Some(verifier)) if challenge_of(verifier) == *challenge => Ok(()),
        (Some(_), Some(_)) => Err(grant("The code_verifier does not fit the code_challenge.")),
        (Some(_), None) => Err(grant("The code_verifier is missing.")),
        (None, Some(_)) => Err(grant("The authorization request had no code_challenge.")),
    }
}

/// `BASE64URL(SHA256(verifier))` (RFC 7636 §4.6).
fn challenge_of(verifier: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(sha256(verifier.expose().as_bytes()))
}

fn grant(why: &str) -> Error {
    Refused::invalid("invalid_grant", why)
}

fn invalid_grant() -> Error {
    grant("The code has expired or is invalid.")
}

/// The refusal for [`Exchange::Reused`].
#[must_use]
pub fn reused() -> Error {
    grant("The code was used before; what it gave is no longer valid.")
}

/// Whose profile an access token opens; nobody's, when it is not a live one.
pub fn profile_of(tx: &Tx<'_>, token: &Secret) -> Result<Option<Profile>, Error> {
    let Some(id) = id_of(token) else { return Ok(None) };
    let given_after = tx.now - TOKEN_LIFETIME;
    let found = tx.find(sql::PROFILE_BY_TOKEN, params![&id, given_after], |row| {
        Ok((row.get::<Digest>("token_digest")?, profile::from_row(row)?))
    })?;
    Ok(found.filter(|(digest, _)| digest.is_of(token)).map(|(_, profile)| profile))
}

/// Deletes what is spent: codes with their access tokens, replay ids, held answers, old consents, ended
/// sessions, logouts, tests. (Sign-ins end in `trace`.)
/// Answers how many rows went; as long as that is not zero there may be more.
pub fn purge(tx: &Tx<'_>) -> Result<usize, Error> {
    // A code is kept while a token that it gave may live, so that its second use is noticed.
    let stale_code = tx.now - CODE_LIFETIME - TOKEN_LIFETIME;
    let mut gone = 0;
    for (statement, before) in [
        (sql::PURGE_CODES, stale_code),
        (sql::PURGE_REPLAY_IDS, tx.now),
        (sql::PURGE_HELD, tx.now - consent::HELD_FOR),
        (sql::PURGE_CONSENTS, tx.now - consent::REMEMBERED_FOR),
        (sql::PURGE_SESSIONS, tx.now),
        (sql::PURGE_LOGOUTS, tx.now - session::LOGOUT_KEPT),
        (sql::PURGE_TESTS, tx.now - test_sign_in::KEPT),
    ] {
        gone += tx.run(statement, params![before, PURGED_AT_ONCE])?;
    }
    Ok(gone)
}

fn from_row(row: &Row<'_>) -> Result<Code, Error> {
    Ok(Code {
        digest: row.get("digest")?,
        sign_outs: row.get("sign_outs")?,
        client: row.get("client_id")?,
        profile: row.get("profile_id")?,
        redirect_uri: row.get("redirect_uri")?,
        code_challenge: row.get("code_challenge")?,
        created_at: row.get("created_at")?,
        spent_at: row.get("spent_at")?,
    })
}
