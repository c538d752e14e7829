//! Tokens by which a provider proves itself to its directory: shown once, kept as digests for
//! look-up and sealed beside. Two are good at a time, so that a provider can be given the next one
//! before it lets go of the last.

mod sql;

use std::time::Duration;

use super::{Directory, Forgetting, LiveToken, directory};
use crate::{
    kit::{
        error::{Error, Refused},
        external_key::ExternalKey,
        id::{Id, Prefixed},
        secret::Secret,
        time::Timestamp,
    },
    store::{Row, Tx, params},
    vault::{Digest, Place, Vault},
};

/// What every token begins with: whoever finds one knows what it is.
const PREFIX: &str = "scim_";
/// How many are good at a time.
const LIVE: usize = 2;
/// How long the old token stays good after a rotation, when nobody says.
pub const OVERLAP: Duration = Duration::from_hours(24);
/// How long it may stay good at most.
pub const LONGEST_OVERLAP: Duration = Duration::from_hours(90 * 24);
/// How many rows one purge takes.
const PURGED_AT_ONCE: u32 = 1000;

/// A token, as far as it can be known: never the token itself.
#[derive(Debug, Clone)]
pub struct DirectoryToken {
    /// `directory_token_…`.
    pub id: Id<DirectoryToken>,
    pub(super) ending: String,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) last_used_at: Option<Timestamp>,
}

/// Proof that a request carried a live token of the directory in its path.
#[derive(Debug, Clone)]
pub struct Provisioner {
    /// The directory.
    pub directory: Id<Directory>,
    /// The token that it carried.
    pub token: Id<DirectoryToken>,
    /// The key in the directory's address.
    pub key: ExternalKey,
}

impl Prefixed for DirectoryToken {
    const PREFIX: &'static str = "directory_token_";
}

/// Issues a token; the secret is shown to the caller once and cannot be read again.
pub fn issue(
    tx: &Tx<'_>,
    vault: &Vault,
    id: &Id<Directory>,
) -> Result<(DirectoryToken, Secret), Error> {
    if list(tx, id)?.len() >= LIVE {
        let why = "This directory has two live tokens; revoke one first, or rotate.";
        return Err(Refused::conflict("too_many_tokens", why));
    }
    insert(tx, vault, id)
}

/// Issues another token. The newest one before stays good for as long as `overlap`, and no longer
/// than it would have; others end at once.
pub fn rotate(
    tx: &Tx<'_>,
    vault: &Vault,
    (id, overlap): (&Id<Directory>, Duration),
    _: &Forgetting,
) -> Result<(DirectoryToken, Secret), Error> {
    let kept = usize::from(!overlap.is_zero());
    let live = list(tx, id)?;
    let ends = tx.now + overlap;
    for (nth, token) in live.iter().rev().enumerate() {
        if nth >= kept {
            tx.run(sql::DELETE, params![id, &token.id])?;
        } else if token.expires_at.is_none_or(|expires| expires > ends) {
            tx.run(sql::EXPIRES, params![&token.id, ends])?;
        }
    }
    insert(tx, vault, id)
}

/// Revokes a token at once; the directory may be left without any.
pub fn revoke(
    tx: &Tx<'_>,
    (id, token): (&Id<Directory>, &Id<DirectoryToken>),
    _: &Forgetting,
) -> Result<(), Error> {
    directory::find(tx, id)?;
    match tx.run(sql::DELETE, params![id, token])? {
        0 => Err(Refused::missing("entity_not_found", format!("Token not found: '{token}'."))),
        _ => Ok(()),
    }
}

/// The live tokens of a directory, the one that ends first before the others, and the newest last.
pub fn list(tx: &Tx<'_>, id: &Id<Directory>) -> Result<Vec<DirectoryToken>, Error> {
    directory::find(tx, id)?;
    let mut live = tx.list(sql::LIVE_OF, params![id, tx.now], from_row)?;
    live.sort_by_key(|token| (token.expires_at.is_none(), token.expires_at));
    Ok(live)
}

/// What the token with this digest opens; nothing, when it is not a known one. Whether it has expired
/// is asked at each use.
pub fn lookup(tx: &Tx<'_>, digest: &Digest) -> Result<Option<LiveToken>, Error> {
    tx.find(sql::BY_DIGEST, params![digest.as_bytes().as_slice()], |row| {
        Ok(LiveToken {
            provisioner: Provisioner {
                directory: row.get("directory_id")?,
                token: row.get("id")?,
                key: row.parse("external_key", ExternalKey::parse)?,
            },
            expires_at: row.get("expires_at")?,
            is_first: row.get::<Option<Timestamp>>("last_request_at")?.is_none(),
        })
    })
}

/// Deletes tokens that are over. Answers how many rows went; as long as that is not zero there may
/// be more.
pub fn purge(tx: &Tx<'_>) -> Result<usize, Error> {
    tx.run(sql::PURGE, params![tx.now, PURGED_AT_ONCE])
}

fn insert(
    tx: &Tx<'_>,
    vault: &Vault,
    directory: &Id<Directory>,
) -> Result<(DirectoryToken, Secret), Error> {
    let id: Id<DirectoryToken> = tx.id();
    let secret = tx.token(PREFIX);
    let ending = format!("{PREFIX}…{}", &secret.expose()[secret.expose().len() - 4..]);
    let place = Place { table: "directory_tokens", column: "token", row: id.as_str() };
    let sealed = vault.seal(&place, &secret);
    let digest = Digest::of(&secret);
    tx.run(
        sql::INSERT,
        params![&id, directory, digest.as_bytes().as_slice(), sealed.as_bytes(), &ending, tx.now],
    )?;
    let token =
        DirectoryToken { id, ending, created_at: tx.now, expires_at: None, last_used_at: None };
    Ok((token, secret))
}

fn from_row(row: &Row<'_>) -> Result<DirectoryToken, Error> {
    Ok(DirectoryToken {
        id: row.get("id")?,
        ending: row.get("ending")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        last_used_at: row.get("last_used_at")?,
    })
}
