//! One-time codes (OpenID Connect Core §3.1.3.2): bound to client, redirect URI and PKCE, good for a
//! minute, kept as digests.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{AuthorizationRequest, Scope, Session, sql};
use crate::{
    applications::Client,
    kit::{
        digest::sha256,
        error::{Error, Refused},
        id::Id,
        secret::Secret,
        time::Timestamp,
    },
    sso::Profile,
    store::{Row, Tx, params},
    vault::Digest,
};

/// How long a code can be exchanged.
pub const LIFETIME: Duration = Duration::from_mins(1);

/// A code, as it is kept.
pub(super) struct Code {
    pub(super) digest: Digest,
    pub(super) client: Id<Client>,
    pub(super) profile: Id<Profile>,
    pub(super) session: Id<Session>,
    pub(super) nonce: Option<String>,
    pub(super) scope: Scope,
    pub(super) auth_time: Timestamp,
    redirect_uri: String,
    challenge: Option<String>,
    created_at: Timestamp,
    spent_at: Option<Timestamp>,
}

/// What comes with a code.
#[derive(Debug)]
pub struct Offer {
    /// The code.
    pub code: Secret,
    /// The redirect URI of the request, again.
    pub redirect_uri: String,
    /// The verifier of PKCE (RFC 7636 §4.1).
    pub code_verifier: Option<Secret>,
}

/// Gives a code for what this request asked for, in this session.
pub(super) fn issue(
    tx: &Tx<'_>,
    request: &AuthorizationRequest,
    session: &Session,
) -> Result<Secret, Error> {
    let code = tx.token("");
    tx.run(
        sql::CODE_INSERT,
        params![
            Digest::of(&code).as_bytes().as_slice(),
            &request.client,
            &session.profile,
            &session.id,
            &request.redirect_uri,
            request.nonce.as_deref(),
            request.scope.to_string(),
            request.code_challenge.as_deref(),
            session.auth_time,
            tx.now
        ],
    )?;
    Ok(code)
}

/// Spends a code. The answer is none where it was spent before: what it gave is taken back then
/// (RFC 6749 §4.1.2), which a refusal would undo. Refusal: `invalid_grant`.
pub(super) fn spend(
    tx: &Tx<'_>,
    client: &Id<Client>,
    offer: &Offer,
) -> Result<Option<Code>, Error> {
    let digest = Digest::of(&offer.code);
    let key = digest.as_bytes().as_slice();
    let code = tx
        .find(sql::CODE_BY_DIGEST, params![key], |row| from_row(row, digest))?
        .filter(|code| code.client == *client)
        .ok_or_else(over)?;
    if offer.redirect_uri != code.redirect_uri {
        return Err(no("The redirect_uri is not the one of the authorization request."));
    }
    code.check_verifier(offer.code_verifier.as_ref())?;
    if code.spent_at.is_some() {
        tx.run(sql::TOKENS_OF_CODE, params![key])?;
        tx.run(sql::FAMILIES_OF_CODE, params![key])?;
        return Ok(None);
    }
    if tx.now >= code.created_at + LIFETIME {
        return Err(over());
    }
    tx.run(sql::CODE_SPEND, params![key, tx.now])?;
    Ok(Some(code))
}

impl Code {
    /// Both ways: a challenge wants its verifier, and a verifier without a challenge tells that
    /// somebody took the challenge away (RFC 9700 §4.8.2).
    fn check_verifier(&self, verifier: Option<&Secret>) -> Result<(), Error> {
        match (&self.challenge, verifier) {
            (None, None) => Ok(()),
            (Some(challenge), Some(verifier)) if challenge_of(verifier) == *challenge => Ok(()),
            (Some(_), Some(_)) => Err(no("The code_verifier does not fit the code_challenge.")),
            (Some(_), None) => Err(no("The code_verifier is missing.")),
            (None, Some(_)) => Err(no("The authorization request had no code_challenge.")),
        }
    }
}

/// `BASE64URL(SHA256(verifier))` (RFC 7636 §4.6).
fn challenge_of(verifier: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(sha256(verifier.expose().as_bytes()))
}

fn no(why: &str) -> Error {
    Refused::malformed("invalid_grant", why)
}

fn over() -> Error {
    no("The code has expired or is invalid.")
}

fn from_row(row: &Row<'_>, digest: Digest) -> Result<Code, Error> {
    Ok(Code {
        digest,
        client: row.get("client_id")?,
        profile: row.get("profile_id")?,
        session: row.get("session_id")?,
        redirect_uri: row.get("redirect_uri")?,
        nonce: row.get("nonce")?,
        scope: row.parse("scope", |text| Scope::parse(text).ok())?,
        challenge: row.get("code_challenge")?,
        auth_time: row.get("auth_time")?,
        created_at: row.get("created_at")?,
        spent_at: row.get("spent_at")?,
    })
}
