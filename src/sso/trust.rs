//! What each connection trusts, and the key that signs its requests, ready for use: built once per
//! revision and shared.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Connection, certificate, key_pair};
use crate::{
    kit::{
        error::{Error, Fault},
        id::Id,
    },
    saml::{self, KeyPair},
    store::Tx,
    vault::Vault,
};

/// How many connections are kept ready; beyond that the store is emptied and fills again.
const KEPT: usize = 4096;

/// By connection: its revision, and what is ready as of then.
type Kept = HashMap<Id<Connection>, (i64, Ready)>;

#[derive(Debug, Clone)]
struct Ready {
    trust: Arc<saml::Trust>,
    signer: Option<KeyPair>,
}

/// What was built so far. It can be lost at any time: everything in it stands in the database.
#[derive(Debug, Clone, Default)]
pub struct Trusts(Arc<Mutex<Kept>>);

impl Trusts {
    /// What `connection` trusts at this revision.
    pub fn of(
        &self,
        tx: &Tx<'_>,
        vault: &Vault,
        of: (&Connection, &str),
    ) -> Result<Arc<saml::Trust>, Error> {
        self.ready(tx, vault, of).map(|ready| ready.trust)
    }

    /// The key that signs our messages at `connection`, if there is one.
    pub fn signer(
        &self,
        tx: &Tx<'_>,
        vault: &Vault,
        of: (&Connection, &str),
    ) -> Result<Option<KeyPair>, Error> {
        self.ready(tx, vault, of).map(|ready| ready.signer)
    }

    fn ready(
        &self,
        tx: &Tx<'_>,
        vault: &Vault,
        (connection, base): (&Connection, &str),
    ) -> Result<Ready, Error> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((revision, ready)) = kept.get(&connection.id)
            && *revision == connection.revision
        {
            return Ok(ready.clone());
        }
        let ready = Ready {
            trust: Arc::new(build(tx, vault, connection, base)?),
            signer: key_pair::signer(tx, vault, &connection.id)?,
        };
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(connection.id.clone(), (connection.revision, ready.clone()));
        Ok(ready)
    }
}

fn build(
    tx: &Tx<'_>,
    vault: &Vault,
    connection: &Connection,
    base: &str,
) -> Result<saml::Trust, Error> {
    let pinned = certificate::of_connection(tx, vault, &connection.id)?;
    let certificates: Vec<_> = pinned.into_iter().map(|pinned| pinned.certificate).collect();
    for expired in certificates.iter().filter(|certificate| certificate.not_after() < tx.now) {
        // It still verifies: a company that is locked out is worse than an old key (rule 12).
        tracing::warn!(
            connection = %connection.id, fingerprint = expired.fingerprint(),
            expired_at = %expired.not_after(), "a pinned certificate has expired"
        );
    }
    let decryption_keys = key_pair::decrypting(tx, vault, &connection.id)?;
    saml::Trust::new(saml::Terms {
        identity_provider: &connection.idp_entity_id,
        certificates: &certificates,
        acs_urls: connection.acs_urls(base),
        entity_ids: connection.entity_ids(),
        decryption_keys: &decryption_keys,
        allow_sha1: connection.settings.allow_sha1,
        require_signed_assertion: connection.settings.require_signed_assertion,
    })
    .map_err(|rejected| Fault::internal(format!("connection {}: {rejected}", connection.id)))
}
