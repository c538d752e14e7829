//! The addresses and names of ours at a connection, and the keys in paths that lead to it.

use super::{Connection, from_row};
use crate::{
    kit::{
        error::{Error, Refused},
        id::Id,
        time::Timestamp,
    },
    sso::{AcsUrl, ExternalKey, Protocol, sql},
    store::{Tx, params},
};

impl Connection {
    /// Where the identity provider posts its responses: the address that it was given.
    #[must_use]
    pub fn acs_url(&self, base: &str) -> String {
        self.settings.acs_url.clone().unwrap_or_else(|| self.default_acs_url(base))
    }

    /// The ACS address under our own base URL; it always leads here.
    #[must_use]
    pub fn default_acs_url(&self, base: &str) -> String {
        AcsUrl::of(base, &self.external_key)
    }

    /// Every address that a response may be sent to, each once; the first is the one in our
    /// requests.
    #[must_use]
    pub fn acs_urls(&self, base: &str) -> Vec<String> {
        let all = [self.acs_url(base), self.default_acs_url(base)];
        distinct(all.into_iter().chain(self.settings.acs_url_aliases.iter().cloned()))
    }

    /// Every name of ours that an assertion may be meant for, each once; the first is the one in
    /// our requests.
    #[must_use]
    pub fn entity_ids(&self) -> Vec<String> {
        let all = std::iter::once(self.sp_entity_id.clone());
        distinct(all.chain(self.settings.sp_entity_id_aliases.iter().cloned()))
    }

    /// Where our metadata for this connection can be read; also its entity ID unless another is set.
    #[must_use]
    pub fn metadata_url(&self, base: &str) -> String {
        metadata_url(base, &self.external_key)
    }

    /// Where the identity provider sends logout messages.
    #[must_use]
    pub fn logout_url(&self, base: &str) -> String {
        format!("{base}/sso/saml/slo/{}", self.external_key.as_str())
    }
}

fn distinct(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut once = Vec::new();
    for text in all {
        if !once.contains(&text) {
            once.push(text);
        }
    }
    once
}

pub(super) fn metadata_url(base: &str, key: &ExternalKey) -> String {
    format!("{base}/sso/saml/metadata/{}", key.as_str())
}

/// What is to be kept of an address: nothing, where it is the default one.
pub(super) fn other_than_default(
    base: &str,
    key: &ExternalKey,
    url: Option<&AcsUrl>,
) -> Option<String> {
    url.map(AcsUrl::as_str).filter(|url| *url != AcsUrl::of(base, key)).map(str::to_owned)
}

/// The connection whose addresses hold `key`, if there is one: its own key first, then those of the
/// other addresses that it was given.
pub fn lookup_by_key(tx: &Tx<'_>, key: &ExternalKey) -> Result<Option<Connection>, Error> {
    if let Some(found) = tx.find(sql::BY_KEY, params![key.as_str()], from_row)? {
        return Ok(Some(found));
    }
    tx.find(sql::BY_FURTHER_KEY, params![key.as_str()], from_row)
}

/// The same, where SAML is spoken: to others the connection is as good as none.
pub fn lookup_saml_by_key(tx: &Tx<'_>, key: &ExternalKey) -> Result<Option<Connection>, Error> {
    let found = lookup_by_key(tx, key)?;
    Ok(found.filter(|found| found.connection_type.protocol() == Protocol::Saml))
}

/// Refuses a key that leads to a connection, be it deleted.
pub(super) fn require_free(tx: &Tx<'_>, key: &ExternalKey) -> Result<(), Error> {
    match owner(tx, key)? {
        Some(owner) => Err(owner.has(key)),
        None => Ok(()),
    }
}

/// Makes the keys in all addresses of the connection lead to it, and no others.
pub(super) fn claim_keys(tx: &Tx<'_>, connection: &Connection) -> Result<(), Error> {
    let settings = &connection.settings;
    let given = settings.acs_url.iter().chain(&settings.acs_url_aliases);
    let wanted: Vec<_> = given
        .filter_map(|url| AcsUrl::parse(url).ok()?.key())
        .filter(|key| *key != connection.external_key)
        .collect();
    let present = tx.list(sql::KEYS_OF, params![&connection.id], |row| {
        row.parse("external_key", ExternalKey::parse)
    })?;
    for gone in present.iter().filter(|key| !wanted.contains(key)) {
        tx.run(sql::KEY_DELETE, params![gone.as_str()])?;
    }
    for key in wanted {
        match owner(tx, &key)? {
            None => _ = tx.run(sql::KEY_INSERT, params![key.as_str(), &connection.id])?,
            Some(owner) if owner.id == connection.id => {}
            Some(owner) => return Err(owner.has(&key)),
        }
    }
    Ok(())
}

/// Whose key it is.
struct Owner {
    id: Id<Connection>,
    deleted_at: Option<Timestamp>,
}

fn owner(tx: &Tx<'_>, key: &ExternalKey) -> Result<Option<Owner>, Error> {
    tx.find(sql::KEY_OWNER, params![key.as_str()], |row| {
        Ok(Owner { id: row.get("id")?, deleted_at: row.get("deleted_at")? })
    })
}

impl Owner {
    /// The refusal of this key to somebody else.
    fn has(&self, key: &ExternalKey) -> Error {
        let (id, key) = (&self.id, key.as_str());
        let why = if self.deleted_at.is_some() {
            format!(
                "The deleted connection '{id}' still has the key '{key}'. Restore it with \
                 `POST /kernia/v1/connections/{id}/restore`; it goes for good 30 days after its \
                 deletion."
            )
        } else {
            format!("Another connection already has the key '{key}'.")
        };
        Refused::conflict("acs_url_already_used", why)
    }
}
