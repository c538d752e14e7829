//! Providers for everybody (Google, Microsoft, GitHub, Apple): they belong to no organization and
//! are set in the configuration. Each has one connection, which keeps its id over restarts.

use super::{
    Connection, ConnectionType, ExternalKey, Settings, access,
    connection::{self, Fresh, State},
    oidc_settings::{self, OidcSettings, Stored},
};
use crate::{
    kit::{error::Error, id::Id, secret::Secret, text::WebAddress},
    oidc::Provider,
    store::Tx,
    vault::Vault,
};

/// A provider as the configuration says it.
#[derive(Debug, Clone)]
pub struct Configured {
    /// Which one.
    pub connection_type: ConnectionType,
    /// What is set.
    pub settings: OidcSettings,
    /// The secret; at Apple, the key that makes it.
    pub client_secret: Secret,
    /// What it would publish, if it speaks OAuth alone and publishes nothing.
    pub provider: Option<Provider>,
}

/// Brings the connections of providers for everybody to what the configuration says: one that is no
/// longer in it is switched off. Where nothing changed, nothing is written. Answers which ones were
/// switched off.
pub fn configure(
    tx: &Tx<'_>,
    vault: &Vault,
    wanted: &[Configured],
) -> Result<Vec<Id<Connection>>, Error> {
    let mut off = Vec::new();
    for name in ConnectionType::social() {
        let present = connection::of_provider(tx, name.as_str())?;
        let configured = wanted.iter().find(|it| it.connection_type == name);
        match (present, configured) {
            (None, None) => {}
            (None, Some(configured)) => insert(tx, vault, configured)?,
            (Some(present), None) => off.extend(switch(tx, present, false)?),
            (Some(present), Some(configured)) => change(tx, vault, present, configured)?,
        }
    }
    Ok(off)
}

fn insert(tx: &Tx<'_>, vault: &Vault, configured: &Configured) -> Result<(), Error> {
    let settings = &configured.settings;
    let issuer = configured.provider.as_ref().map_or("", |provider| &provider.issuer);
    let Some(address) = address(configured) else { return Ok(()) };
    let key = ExternalKey::fixed(configured.connection_type.as_str());
    let created = connection::insert(
        tx,
        &Fresh {
            organization: None,
            // Fixed, so that the address to register at the provider can be told beforehand.
            external_key: Some(&key),
            external_id: None,
            name: None,
            connection_type: configured.connection_type,
            sp_entity_id: &settings.client_id,
            idp_entity_id: issuer,
            idp_sso_url: address,
            idp_metadata_url: settings.discovery_endpoint.as_ref(),
            settings: &Settings::default(),
        },
    )?;
    let provider = created.connection_type.as_str();
    tracing::info!(connection = %created.id, provider, "provider set up");
    oidc_settings::insert_row(tx, vault, (&created.id, &fresh(tx, configured)))
}

/// Where people are sent, as far as it is known before the provider was read.
fn address(configured: &Configured) -> Option<&WebAddress> {
    let known = configured.provider.as_ref().map(|provider| &provider.authorization_endpoint);
    known.or(configured.settings.discovery_endpoint.as_ref())
}

/// A row that has everything to learn: it is due at once.
fn fresh(tx: &Tx<'_>, configured: &Configured) -> Stored {
    Stored {
        settings: configured.settings.clone(),
        client_secret: Some(configured.client_secret.clone()),
        provider: configured.provider.clone(),
        keys: None,
        keys_attempted_at: None,
        keys_fetched_at: None,
        due_at: tx.now,
        attempted_at: None,
        fetched_at: None,
        failures: 0,
        failure: None,
    }
}

fn change(
    tx: &Tx<'_>,
    vault: &Vault,
    present: Connection,
    configured: &Configured,
) -> Result<(), Error> {
    let stored = oidc_settings::stored_of(tx, vault, &present)?;
    let same_secret = stored
        .client_secret
        .as_ref()
        .is_some_and(|secret| secret.same_as(configured.client_secret.expose()));
    let same_provider = configured.provider.is_none() || stored.provider == configured.provider;
    if same_secret && same_provider && stored.settings == configured.settings {
        return switch(tx, present, true).map(drop);
    }
    // Another discovery endpoint may lead to another provider: all of it is read anew.
    let moved = stored.settings.discovery_endpoint != configured.settings.discovery_endpoint;
    let mut next = present;
    let renewed = if moved || configured.provider.is_some() {
        next.idp_entity_id =
            configured.provider.as_ref().map(|it| it.issuer.clone()).unwrap_or_default();
        if let Some(address) = address(configured) {
            next.idp_sso_url = address.clone();
        }
        fresh(tx, configured)
    } else {
        Stored {
            settings: configured.settings.clone(),
            client_secret: Some(configured.client_secret.clone()),
            ..stored
        }
    };
    let endpoint = configured.settings.discovery_endpoint.as_ref();
    next.idp_metadata_url = endpoint.map(ToString::to_string);
    configured.settings.client_id.clone_into(&mut next.sp_entity_id);
    next.state = next.state.switched(true);
    connection::write(tx, &next)?;
    oidc_settings::write_row(tx, vault, (&next.id, &renewed))
}

/// Answers which connection it was, unless that stood so already.
fn switch(tx: &Tx<'_>, mut present: Connection, on: bool) -> Result<Option<Id<Connection>>, Error> {
    if matches!(present.state, State::Inactive { .. }) != on {
        return Ok(None);
    }
    present.state = present.state.switched(on);
    if !on {
        access::revoke_of_connection(tx, &present.id)?;
    }
    connection::write(tx, &present)?;
    Ok(Some(present.id))
}
