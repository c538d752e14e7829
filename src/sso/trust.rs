//! What each connection trusts, ready for verification: built once per revision and shared.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Connection, certificate};
use crate::{
    kit::{
        error::{Error, Fault},
        id::Id,
    },
    saml,
    store::Tx,
    vault::Vault,
};

/// How many connections are kept ready; beyond that the store is emptied and fills again.
const KEPT: usize = 4096;

/// By connection: its revision, and what it trusts as of then.
type Kept = HashMap<Id<Connection>, (i64, Arc<saml::Trust>)>;

/// What was built so far. It can be lost at any time: everything in it stands in the database.
#[derive(Debug, Clone, Default)]
pub struct Trusts(Arc<Mutex<Kept>>);

impl Trusts {
    /// What `connection` trusts at this revision.
    pub fn of(
        &self,
        tx: &Tx<'_>,
        vault: &Vault,
        (connection, base): (&Connection, &str),
    ) -> Result<Arc<saml::Trust>, Error> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((revision, trust)) = kept.get(&connection.id)
            && *revision == connection.revision
        {
            return Ok(Arc::clone(trust));
        }
        let trust = Arc::new(build(tx, vault, connection, base)?);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(connection.id.clone(), (connection.revision, Arc::clone(&trust)));
        Ok(trust)
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
    saml::Trust::new(saml::Terms {
        identity_provider: &connection.idp_entity_id,
        certificates: &certificates,
        acs_urls: vec![connection.acs_url(base)],
        entity_ids: vec![connection.sp_entity_id.clone()],
        decryption_keys: &[],
        allow_sha1: false,
        require_signed_assertion: false,
    })
    .map_err(|rejected| Fault::internal(format!("connection {}: {rejected}", connection.id)))
}
