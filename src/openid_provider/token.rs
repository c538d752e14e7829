//! What a code is exchanged for: an access token, which opens the userinfo endpoint and nothing else,
//! an ID token, and a refresh token where it was asked for.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value as Json};

use super::{
    Credentials, Scope, Session, SigningKey, claims,
    client::{self},
    code::{self, Offer},
    refresh,
    scope::Word,
    sql,
};
use crate::{
    applications::Client,
    kit::{
        digest::sha256,
        error::{Error, Refused},
        id::Id,
        secret::Secret,
        time::Timestamp,
    },
    sso::{Profile, profile},
    store::{Tx, params},
    vault::Digest,
};

/// How long an access token opens the userinfo endpoint.
pub const LIFETIME: Duration = Duration::from_mins(10);
/// How long an ID token says that it is good.
pub const ID_TOKEN_LIFETIME: Duration = Duration::from_hours(1);

/// What came of an offer. A refusal would roll back; what comes a second time must not.
pub enum Exchange {
    /// The tokens.
    Granted(Box<Granted>),
    /// It came a second time: what it gave is taken back.
    TakenBack,
}

/// Tokens, of which the ID token is yet to be signed.
pub struct Granted {
    /// Shown once.
    pub access_token: Secret,
    /// Shown once.
    pub refresh_token: Option<Secret>,
    /// What was granted.
    pub scope: Scope,
    /// What the ID token says, but for its issuer.
    id_token: Map<String, Json>,
}

/// For whom tokens are.
pub(super) struct Grant {
    pub(super) client: Id<Client>,
    pub(super) profile: Id<Profile>,
    pub(super) session: Id<Session>,
    pub(super) scope: Scope,
    pub(super) nonce: Option<String>,
    pub(super) auth_time: Timestamp,
    /// The code that it all began with.
    pub(super) code: Digest,
}

impl Granted {
    /// The signed ID token. It takes a millisecond: on the CPU pool.
    pub fn id_token(&self, issuer: &str, key: &SigningKey) -> Result<String, Error> {
        let mut claims = self.id_token.clone();
        claims.insert("iss".into(), issuer.into());
        key.sign(&claims)
    }
}

/// Exchanges a code. Refusals: `invalid_client`, `invalid_grant`.
pub fn exchange(tx: &Tx<'_>, credentials: &Credentials, offer: &Offer) -> Result<Exchange, Error> {
    let client = client::authenticate(tx, credentials)?;
    let Some(code) = code::spend(tx, &client.id, offer)? else {
        return Ok(Exchange::TakenBack);
    };
    let refreshes = code.scope.has(Word::OfflineAccess);
    let grant = Grant {
        client: client.id,
        profile: code.profile,
        session: code.session,
        scope: code.scope,
        nonce: code.nonce,
        auth_time: code.auth_time,
        code: code.digest,
    };
    let mut granted = give(tx, &grant, &grant.scope)?;
    if refreshes {
        granted.refresh_token = Some(refresh::begin(tx, &grant)?);
    }
    Ok(Exchange::Granted(Box::new(granted)))
}

/// An access token and what an ID token says, for this scope.
pub(super) fn give(tx: &Tx<'_>, grant: &Grant, scope: &Scope) -> Result<Granted, Error> {
    let over = || Refused::malformed("invalid_grant", "This sign-in is over.");
    let profile = profile::lookup(tx, &grant.profile)?.ok_or_else(over)?;
    let access_token = tx.token("");
    tx.run(
        sql::TOKEN_INSERT,
        params![
            Digest::of(&access_token).as_bytes().as_slice(),
            &grant.client,
            &grant.profile,
            &grant.session,
            scope.to_string(),
            grant.code.as_bytes().as_slice(),
            tx.now + LIFETIME
        ],
    )?;
    let mut id_token = claims::of(tx, profile.published(), scope)?;
    let now = tx.now.seconds();
    let lifetime = i64::try_from(ID_TOKEN_LIFETIME.as_secs()).unwrap_or(i64::MAX);
    id_token.insert("aud".into(), grant.client.as_str().into());
    id_token.insert("iat".into(), now.into());
    id_token.insert("exp".into(), now.saturating_add(lifetime).into());
    id_token.insert("auth_time".into(), grant.auth_time.seconds().into());
    id_token.insert("at_hash".into(), at_hash(&access_token).into());
    id_token.insert("sid".into(), grant.session.as_str().into());
    id_token.extend(grant.nonce.as_ref().map(|nonce| ("nonce".to_owned(), nonce.clone().into())));
    Ok(Granted { access_token, refresh_token: None, scope: scope.clone(), id_token })
}

/// The left half of the token's SHA-256 (Core §3.1.3.6).
fn at_hash(token: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(&sha256(token.expose().as_bytes())[..16])
}

/// The claims that an access token opens; none, when it is not a live one.
pub fn user_info(tx: &Tx<'_>, token: &Secret) -> Result<Option<Map<String, Json>>, Error> {
    let params = params![Digest::of(token).as_bytes().as_slice(), tx.now];
    let found = tx.find(sql::TOKEN_BY_DIGEST, params, |row| {
        let scope = row.parse("scope", |text| Scope::parse(text).ok())?;
        Ok((row.get::<Id<Profile>>("profile_id")?, scope))
    })?;
    let Some((profile, scope)) = found else { return Ok(None) };
    let Some(profile) = profile::lookup(tx, &profile)? else { return Ok(None) };
    claims::of(tx, profile.published(), &scope).map(Some)
}
