//! Secrets of confidential clients: shown once, kept as digests. Two are good at a time, so that a
//! client can be given the next one before it lets go of the last.

use super::{Client, sql};
use crate::{
    kit::{
        error::{Error, Refused},
        id::{Id, Prefixed},
        secret::Secret,
        time::Timestamp,
    },
    objects,
    store::{Row, Tx, params},
    vault::Digest,
};

/// What every secret that is made here begins with: whoever finds one knows what it is.
const PREFIX: &str = "kernia_secret_";
/// How many are good at a time.
pub(super) const LIVE: usize = 2;

/// A secret, as far as it can be known: never the secret itself.
#[derive(Debug, Clone)]
pub struct ClientSecret {
    /// `openid_secret_…`.
    pub id: Id<ClientSecret>,
    ending: String,
    created_at: Timestamp,
}

impl Prefixed for ClientSecret {
    const PREFIX: &'static str = "openid_secret_";
}

impl ClientSecret {
    /// As the API shows it.
    #[must_use]
    pub fn published(self) -> objects::OpenIdSecret {
        objects::OpenIdSecret {
            id: self.id.to_string(),
            obfuscated_value: self.ending,
            created_at: self.created_at,
        }
    }
}

/// Gives a confidential client another secret. The one before stays good, an older one does not.
pub fn rotate(tx: &Tx<'_>, id: &Id<Client>) -> Result<Secret, Error> {
    if super::changeable(tx, id)?.is_public {
        return Err(Refused::conflict("public_client", "A public client has no secret."));
    }
    let live = of(tx, id)?;
    for oldest in live.iter().rev().skip(LIVE - 1) {
        tx.run(sql::SECRET_DELETE, params![id, &oldest.id])?;
    }
    issue(tx, id)
}

/// Revokes a secret at once; the last one stays, for a client without any is nobody.
pub fn revoke(tx: &Tx<'_>, id: &Id<Client>, secret: &Id<ClientSecret>) -> Result<(), Error> {
    super::changeable(tx, id)?;
    let live = of(tx, id)?;
    if !live.iter().any(|one| one.id == *secret) {
        return Err(Refused::missing("entity_not_found", format!("Secret not found: '{secret}'.")));
    }
    if live.len() == 1 {
        let why = "This is the client's only secret; rotate it first.";
        return Err(Refused::conflict("last_secret", why));
    }
    tx.run(sql::SECRET_DELETE, params![id, secret]).map(drop)
}

pub(super) fn issue(tx: &Tx<'_>, id: &Id<Client>) -> Result<Secret, Error> {
    let secret = tx.token(PREFIX);
    let ending = format!("{PREFIX}…{}", &secret.expose()[secret.expose().len() - 4..]);
    insert(tx, id, &secret, &ending)?;
    Ok(secret)
}

fn insert(tx: &Tx<'_>, id: &Id<Client>, secret: &Secret, ending: &str) -> Result<(), Error> {
    let digest = Digest::of(secret);
    tx.run(
        sql::SECRET_INSERT,
        params![&tx.id::<ClientSecret>(), id, digest.as_bytes().as_slice(), ending, tx.now],
    )
    .map(drop)
}

/// Makes these the client's secrets, and no others.
pub(super) fn set(tx: &Tx<'_>, id: &Id<Client>, secrets: &[Secret]) -> Result<(), Error> {
    let digest_of = |row: &Row<'_>| Ok((row.get("id")?, row.get::<Vec<u8>>("digest")?));
    let stored: Vec<(Id<ClientSecret>, _)> = tx.list(sql::SECRETS_OF, params![id], digest_of)?;
    let wanted: Vec<_> = secrets.iter().map(|secret| *Digest::of(secret).as_bytes()).collect();
    for (old, digest) in &stored {
        if !wanted.iter().any(|wanted| wanted.as_slice() == digest) {
            tx.run(sql::SECRET_DELETE, params![id, old])?;
        }
    }
    for (secret, wanted) in secrets.iter().zip(&wanted) {
        if !stored.iter().any(|(_, digest)| wanted.as_slice() == digest) {
            insert(tx, id, secret, "(kernia.toml)")?;
        }
    }
    Ok(())
}

/// Whether this is one of the client's.
pub(super) fn is_live(tx: &Tx<'_>, id: &Id<Client>, secret: &Secret) -> Result<bool, Error> {
    let digest = Digest::of(secret);
    let params = params![id, digest.as_bytes().as_slice()];
    Ok(tx.find(sql::SECRET_BY_DIGEST, params, |_| Ok(()))?.is_some())
}

pub(super) fn of(tx: &Tx<'_>, id: &Id<Client>) -> Result<Vec<ClientSecret>, Error> {
    tx.list(sql::SECRETS_OF, params![id], |row| {
        Ok(ClientSecret {
            id: row.get("id")?,
            ending: row.get("ending")?,
            created_at: row.get("created_at")?,
        })
    })
}
