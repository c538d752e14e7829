//! What a provider publishes is read again: everything once a day, its keys at once when a token
//! names an unknown one. When that is due and what becomes of it stands here; nothing is fetched.

use std::time::Duration;

use super::{
    Discovered, sql,
    stored::{self, Stored},
};
use crate::{
    kit::{
        error::{Error, Refused},
        id::Id,
        text::WebAddress,
        time::Timestamp,
    },
    objects,
    sso::{
        Connection, connection,
        refresh::{Failure, patience, soon},
    },
    store::{Tx, params},
    vault::Vault,
};

/// From one good reading to the next.
const USUALLY: Duration = Duration::from_hours(24);

/// What is to be fetched for a connection.
#[derive(Debug, Clone)]
pub struct Plan {
    /// For which connection.
    pub connection: Id<Connection>,
    /// Where its provider describes itself.
    pub discovery_endpoint: WebAddress,
}

/// What became of one reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was as it is here.
    Unchanged,
    /// Something was taken over.
    Changed,
    /// It could not be read, or may not be taken over; what was known stays.
    Failed(Failure),
    /// Meanwhile the connection went, or its discovery endpoint is another one.
    Superseded,
}

/// The connections whose provider is due, longest waiting first.
pub fn due(tx: &Tx<'_>, limit: u32) -> Result<Vec<Id<Connection>>, Error> {
    tx.list(sql::DUE, params![tx.now, limit], |row| row.get("connection_id"))
}

/// What to fetch for a connection.
pub fn plan(tx: &Tx<'_>, vault: &Vault, id: &Id<Connection>) -> Result<Plan, Error> {
    let connection = connection::find(tx, id)?;
    let found = stored::find(tx, vault, &connection)?;
    let discovery_endpoint = found.settings.discovery_endpoint.ok_or_else(|| {
        let why = "This provider publishes nothing that could be read again.";
        Refused::conflict("no_discovery_endpoint", why)
    })?;
    Ok(Plan { connection: connection.id, discovery_endpoint })
}

/// Where the keys of a connection's provider are, and when they were last asked for; nothing while
/// the provider has not been read.
pub fn key_plan(
    tx: &Tx<'_>,
    vault: &Vault,
    id: &Id<Connection>,
) -> Result<Option<WebAddress>, Error> {
    let connection = connection::find(tx, id)?;
    let found = stored::find(tx, vault, &connection)?;
    Ok(found.provider.map(|provider| provider.jwks_uri))
}

/// Takes over what was read for `plan`, or notes why it was not.
pub fn apply(
    tx: &Tx<'_>,
    vault: &Vault,
    (plan, read): (&Plan, &Result<Discovered, Failure>),
) -> Result<Outcome, Error> {
    let id = &plan.connection;
    let Some(mut next) = connection::lookup(tx, id)? else { return Ok(Outcome::Superseded) };
    let mut stored = stored::find(tx, vault, &next)?;
    if stored.settings.discovery_endpoint.as_ref() != Some(&plan.discovery_endpoint) {
        return Ok(Outcome::Superseded);
    }
    stored.attempted_at = Some(tx.now);
    let taken = read.as_ref().map_err(Clone::clone).and_then(|it| expected(&next, it));
    let outcome = match taken {
        Err(failure) => {
            stored.failures = stored.failures.saturating_add(1);
            stored.due_at = soon(tx, patience(stored.failures));
            stored.failure = Some(failure.clone());
            Outcome::Failed(failure)
        }
        Ok(discovered) => {
            let provider = &discovered.provider;
            let changed = stored.provider.as_ref() != Some(provider)
                || stored.keys.as_ref() != Some(&discovered.keys);
            read_well(tx, &mut stored, discovered);
            if changed {
                provider.issuer.clone_into(&mut next.idp_entity_id);
                next.idp_sso_url = provider.authorization_endpoint.clone();
                connection::write(tx, &next)?;
            }
            if changed { Outcome::Changed } else { Outcome::Unchanged }
        }
    };
    stored::write(tx, vault, (id, &stored))?;
    Ok(outcome)
}

fn read_well(tx: &Tx<'_>, stored: &mut Stored, discovered: &Discovered) {
    stored.provider = Some(discovered.provider.clone());
    stored.keys = Some(discovered.keys.clone());
    stored.fetched_at = Some(tx.now);
    stored.keys_attempted_at = Some(tx.now);
    stored.keys_fetched_at = Some(tx.now);
    stored.due_at = next(tx);
    stored.failures = 0;
    stored.failure = None;
}

/// An issuer that changes is never taken over by itself: whoever controls the document could make
/// the connection another company's.
fn expected<'a>(
    connection: &Connection,
    discovered: &'a Discovered,
) -> Result<&'a Discovered, Failure> {
    let (known, new) = (&connection.idp_entity_id, &discovered.provider.issuer);
    // A provider of the configuration has no issuer before it was read for the first time.
    if known.is_empty() || known == new {
        return Ok(discovered);
    }
    let why = format!(
        "the provider calls itself `{new}` now, and was `{known}`; if that is right, set \
         `oidc_options.discovery_endpoint` of this connection again"
    );
    Err(Failure::new("issuer_changed", why))
}

/// Takes over a key set that was read at `address`, because a token named an unknown key. The keys of a
/// provider that the connection had until a moment ago are nobody's here.
pub fn apply_keys(
    tx: &Tx<'_>,
    vault: &Vault,
    id: &Id<Connection>,
    (address, read): (&WebAddress, &Result<String, Failure>),
) -> Result<Outcome, Error> {
    let Some(found) = connection::lookup(tx, id)? else { return Ok(Outcome::Superseded) };
    let mut stored = stored::find(tx, vault, &found)?;
    if stored.provider.as_ref().is_none_or(|provider| provider.jwks_uri != *address) {
        return Ok(Outcome::Superseded);
    }
    stored.keys_attempted_at = Some(tx.now);
    let outcome = match read {
        Err(failure) => Outcome::Failed(failure.clone()),
        Ok(keys) if stored.keys.as_ref() == Some(keys) => Outcome::Unchanged,
        Ok(keys) => {
            stored.keys = Some(keys.clone());
            Outcome::Changed
        }
    };
    if outcome == Outcome::Changed {
        connection::touch(tx, id)?;
    }
    if matches!(outcome, Outcome::Changed | Outcome::Unchanged) {
        stored.keys_fetched_at = Some(tx.now);
    }
    stored::write(tx, vault, (id, &stored))?;
    Ok(outcome)
}

/// When a provider that was just read is read again.
pub(super) fn next(tx: &Tx<'_>) -> Timestamp {
    soon(tx, USUALLY)
}

/// As the API shows what is known of what a connection's provider publishes.
pub fn published(
    tx: &Tx<'_>,
    vault: &Vault,
    id: &Id<Connection>,
) -> Result<objects::ConnectionMetadata, Error> {
    let connection = connection::find(tx, id)?;
    let found = stored::find(tx, vault, &connection)?;
    let has_address = connection.idp_metadata_url.is_some();
    Ok(objects::ConnectionMetadata {
        connection_id: id.to_string(),
        url: connection.idp_metadata_url,
        attempted_at: found.attempted_at,
        fetched_at: found.fetched_at,
        due_at: has_address.then_some(found.due_at),
        valid_until: None,
        failure: found
            .failure
            .map(|Failure { code, message }| objects::MetadataFailure { code, message }),
        proposal: None,
        keys: Some(objects::ProviderKeys {
            attempted_at: found.keys_attempted_at,
            fetched_at: found.keys_fetched_at,
            ids: found
                .keys
                .as_deref()
                .and_then(super::keys)
                .map(|keys| keys.ids().map(str::to_owned).collect())
                .unwrap_or_default(),
        }),
    })
}
