//! Keys that sign ID tokens, for all clients. The next one is published before it signs, for longer
//! than any client keeps what it fetched; one that signed is published until its last token is over.
//! When a key is which follows from the instants at which they become active.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::Serialize;
use serde_json::json;

use super::{sql, token::ID_TOKEN_LIFETIME};
use crate::{
    kit::{
        digest::sha256,
        error::{Error, Fault, Refused},
        id::{Id, Prefixed},
        time::Timestamp,
    },
    objects::{self, JsonWebKey, JsonWebKeys},
    store::{Row, Tx, params},
    vault::{Place, Sealed, Vault, signing_key},
};

/// For how long clients may keep the published keys.
pub const MAX_AGE: Duration = Duration::from_hours(1);
/// How long a key is published before it signs.
pub const PUBLISHED_BEFORE: Duration = Duration::from_hours(25);
/// How long a key signs.
pub const SIGNS_FOR: Duration = Duration::from_hours(90 * 24);
/// How long a key is published that signs no more: a clock may be some minutes off.
const PUBLISHED_AFTER: Duration = Duration::from_mins(60 + 10);
/// For how long ID tokens of a key are still taken as a hint: a person may be signed out with one that
/// is long over.
const TAKEN_AS_HINT: Duration = Duration::from_hours(100 * 24);

/// A key, as far as everybody may know it.
#[derive(Debug, Clone)]
pub struct Key {
    /// `key_…`: the `kid` in a token's header.
    pub id: Id<Key>,
    certificate: Vec<u8>,
    active_at: Timestamp,
    created_at: Timestamp,
}

impl Prefixed for Key {
    const PREFIX: &'static str = "key_";
}

/// When a key signs for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// When everybody has had time to learn of it.
    Announced,
    /// At once, and all others are worth nothing any more: one of them is in wrong hands.
    AtOnce,
}

/// The key that signs, opened.
pub struct SigningKey {
    id: Id<Key>,
    signer: signing_key::Signer,
}

impl SigningKey {
    /// Signs claims as an ID token (RFC 7515 §7.1). It takes a millisecond: on the CPU pool.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, Error> {
        let header = json!({ "alg": "RS256", "kid": self.id.as_str(), "typ": "JWT" });
        let claims = serde_json::to_vec(claims).map_err(Fault::internal)?;
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let message = format!("{}.{}", encode(header.to_string().as_bytes()), encode(&claims));
        let signature = self.signer.sign(message.as_bytes())?;
        Ok(format!("{message}.{}", encode(&signature)))
    }
}

/// The opened key, kept so that it is not opened for each token. A clone is the same.
#[derive(Clone, Default)]
pub struct Signers(Arc<Mutex<Option<Arc<SigningKey>>>>);

impl Signers {
    /// The key that signs now; none while there is none at all.
    pub fn current(&self, tx: &Tx<'_>, vault: &Vault) -> Result<Option<Arc<SigningKey>>, Error> {
        let Some(key) = all(tx)?.into_iter().rfind(|key| key.active_at <= tx.now) else {
            return Ok(None);
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signing) = kept.as_ref().filter(|signing| signing.id == key.id) {
            return Ok(Some(Arc::clone(signing)));
        }
        let sealed = tx.find(sql::PRIVATE_KEY, params![&key.id], |row| row.get("private_key"))?;
        let inconsistent = || {
            let (column, id) = ("private_key".to_owned(), key.id.to_string());
            Error::from(Fault::Inconsistent { table: "openid_keys", column, id })
        };
        let sealed = sealed.and_then(Sealed::from_bytes).ok_or_else(inconsistent)?;
        let private_key = vault.open_bytes(&place(&key.id), &sealed)?;
        let signer = signing_key::Signer::open(&private_key)?;
        let signing = Arc::new(SigningKey { id: key.id, signer });
        *kept = Some(Arc::clone(&signing));
        Ok(Some(signing))
    }
}

fn place(id: &Id<Key>) -> Place<'_> {
    Place { table: "openid_keys", column: "private_key", row: id.as_str() }
}

/// Takes the first key, unless there is one meanwhile: it signs at once, for nobody has fetched any.
pub fn add_first(tx: &Tx<'_>, vault: &Vault, key: &signing_key::SigningKey) -> Result<(), Error> {
    if all(tx)?.is_empty() { insert(tx, vault, key, tx.now).map(drop) } else { Ok(()) }
}

/// Takes the next key. Refusal: `key_announced`, while another one waits for its time.
pub fn rotate(
    tx: &Tx<'_>,
    vault: &Vault,
    (key, start): (&signing_key::SigningKey, Start),
) -> Result<Key, Error> {
    match start {
        Start::AtOnce => {
            tx.run(sql::KEYS_DELETE, &[])?;
            insert(tx, vault, key, tx.now)
        }
        Start::Announced => {
            if let Some(next) = all(tx)?.iter().find(|key| key.active_at > tx.now) {
                let why = format!("The next key signs from {} on.", next.active_at);
                return Err(Refused::conflict("key_announced", why));
            }
            insert(tx, vault, key, tx.now + PUBLISHED_BEFORE)
        }
    }
}

fn insert(
    tx: &Tx<'_>,
    vault: &Vault,
    key: &signing_key::SigningKey,
    active_at: Timestamp,
) -> Result<Key, Error> {
    let id = tx.id();
    let sealed = vault.seal_bytes(&place(&id), key.private_key.expose());
    let certificate = key.certificate.clone();
    tx.run(
        sql::KEY_INSERT,
        params![&id, sealed.as_bytes(), certificate.as_slice(), active_at, tx.now],
    )?;
    Ok(Key { id, certificate, active_at, created_at: tx.now })
}

/// Whether the next key must be made: the one that signs has done so for long enough when everybody
/// has learnt of another.
pub fn is_rotation_due(tx: &Tx<'_>) -> Result<bool, Error> {
    let all = all(tx)?;
    Ok(all.last().is_some_and(|last| tx.now >= last.active_at + SIGNS_FOR - PUBLISHED_BEFORE))
}

/// Erases the private halves of keys that sign no more, and keys whose tokens nobody brings any more.
pub fn tidy(tx: &Tx<'_>) -> Result<(), Error> {
    let all = all(tx)?;
    for (nth, key) in all.iter().enumerate() {
        let Some(retired_at) = retired_at(&all, nth).filter(|at| *at <= tx.now) else { continue };
        if tx.now >= retired_at + TAKEN_AS_HINT {
            tx.run(sql::KEY_DELETE, params![&key.id])?;
        } else {
            tx.run(sql::KEY_ERASE, params![&key.id])?;
        }
    }
    Ok(())
}

/// All keys, in the order in which they become active.
pub fn all(tx: &Tx<'_>) -> Result<Vec<Key>, Error> {
    tx.list(sql::KEYS, &[], |row: &Row<'_>| {
        Ok(Key {
            id: row.get("id")?,
            certificate: row.get("certificate")?,
            active_at: row.get("active_at")?,
            created_at: row.get("created_at")?,
        })
    })
}

fn retired_at(all: &[Key], nth: usize) -> Option<Timestamp> {
    all.get(nth + 1).map(|next| next.active_at)
}

/// The keys that clients may meet (RFC 7517 §5), the one that signs first: some clients take the first.
pub fn published(tx: &Tx<'_>) -> Result<JsonWebKeys, Error> {
    let all = all(tx)?;
    let lives =
        |nth: usize| retired_at(&all, nth).is_none_or(|retired| tx.now < retired + PUBLISHED_AFTER);
    let mut keys = Vec::new();
    for (nth, key) in all.iter().enumerate().filter(|(nth, _)| lives(*nth)) {
        let signs = key.active_at <= tx.now && retired_at(&all, nth).is_none_or(|at| tx.now < at);
        let key = key.web_key()?;
        if signs { keys.insert(0, key) } else { keys.push(key) }
    }
    Ok(JsonWebKeys { keys })
}

/// All keys as the API shows them, the newest first.
pub fn shown(tx: &Tx<'_>) -> Result<Vec<objects::OpenIdKey>, Error> {
    let all = all(tx)?;
    let mut shown: Vec<_> = all
        .iter()
        .enumerate()
        .map(|(nth, key)| {
            let retired_at = retired_at(&all, nth).filter(|at| *at <= tx.now);
            let state = match retired_at {
                Some(_) => "retired",
                None if key.active_at > tx.now => "announced",
                None => "active",
            };
            key.shown(state, retired_at)
        })
        .collect();
    shown.reverse();
    Ok(shown)
}

impl Key {
    /// As the API shows it when it was just made.
    #[must_use]
    pub fn published(&self, now: Timestamp) -> objects::OpenIdKey {
        self.shown(if self.active_at > now { "announced" } else { "active" }, None)
    }

    fn shown(&self, state: &'static str, retired_at: Option<Timestamp>) -> objects::OpenIdKey {
        objects::OpenIdKey {
            id: self.id.to_string(),
            state,
            active_at: self.active_at,
            retired_at,
            created_at: self.created_at,
        }
    }

    /// Whether it made this signature.
    #[must_use]
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        signing_key::is_signed(&self.certificate, message, signature)
    }

    fn web_key(&self) -> Result<JsonWebKey, Error> {
        let inconsistent = || Fault::Inconsistent {
            table: "openid_keys",
            column: "certificate".to_owned(),
            id: self.id.to_string(),
        };
        let parts = signing_key::rsa_parts(&self.certificate);
        let (modulus, exponent) = parts.ok_or_else(inconsistent)?;
        Ok(JsonWebKey {
            alg: "RS256",
            kty: "RSA",
            usage: "sig",
            kid: self.id.to_string(),
            n: URL_SAFE_NO_PAD.encode(modulus),
            e: URL_SAFE_NO_PAD.encode(exponent),
            x5c: vec![STANDARD.encode(&self.certificate)],
            x5t_s256: URL_SAFE_NO_PAD.encode(sha256(&self.certificate)),
        })
    }
}

const _: () = assert!(PUBLISHED_AFTER.as_secs() > ID_TOKEN_LIFETIME.as_secs());
const _: () = assert!(PUBLISHED_BEFORE.as_secs() >= MAX_AGE.as_secs() + 24 * 3600);
