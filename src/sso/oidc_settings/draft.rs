//! OIDC connections made and changed.

use super::{
    Change, Discovered, OidcSettings,
    fit::{self, Means},
    refresh, stored,
    stored::Stored,
};
use crate::{
    kit::{
        error::{Error, Fault, Refused},
        id::Id,
        text::Label,
    },
    organizations::{ExternalId, Organization},
    sso::{
        Connection, ConnectionType, Settings,
        connection::{self, Fresh},
        key_pair::{self, NewKeyPair, Purpose},
        settings::MapChange,
    },
    store::Tx,
    vault::Vault,
};

/// What a new OIDC connection is to be.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Whose it is.
    pub organization: Id<Organization>,
    /// Its name; the organization's, when nobody says.
    pub name: Option<Label>,
    /// The application's own id for it, unique within the organization.
    pub external_id: Option<ExternalId>,
    /// What sort of provider it is; inferred, when nobody says.
    pub connection_type: Option<ConnectionType>,
    /// Which claims become which fields of a profile.
    pub attribute_map: MapChange,
    /// Our name at the provider.
    pub client_id: String,
    /// What is set; what is not has the provider's usual value.
    pub change: Change,
    /// What the provider publishes.
    pub discovered: Discovered,
    /// The key of ours that signs assertions.
    pub key_pair: Option<NewKeyPair>,
}

impl Draft {
    /// What sort of provider it is.
    #[must_use]
    pub fn connection_type(&self) -> ConnectionType {
        let inferred = || ConnectionType::inferred_oidc(&self.discovered.provider.issuer);
        self.connection_type.unwrap_or_else(inferred)
    }

    /// What it will have set.
    #[must_use]
    pub fn settings(&self) -> OidcSettings {
        OidcSettings::new(&self.change, self.connection_type(), &self.discovered.provider)
    }
}

/// Makes an OIDC connection. Where the organization has one with the same external id, that one is
/// the answer and nothing changes.
pub fn create(tx: &Tx<'_>, vault: &Vault, draft: &Draft) -> Result<Connection, Error> {
    if let Some(present) = connection::present(tx, &draft.organization, draft.external_id.as_ref())?
    {
        return Ok(present);
    }
    let provider = &draft.discovered.provider;
    let settings = draft.settings();
    let client_secret = draft.change.client_secret.clone().flatten();
    let means = Means { secret: client_secret.is_some(), key: draft.key_pair.is_some() };
    fit::require(&settings, provider, means)?;
    let mut shared = Settings::default();
    shared.map_attributes(draft.attribute_map.clone());
    let created = connection::insert(
        tx,
        &Fresh {
            organization: Some(&draft.organization),
            external_key: None,
            external_id: draft.external_id.as_ref(),
            name: draft.name.as_ref(),
            connection_type: draft.connection_type(),
            sp_entity_id: &draft.client_id,
            idp_entity_id: &provider.issuer,
            idp_sso_url: &provider.authorization_endpoint,
            idp_metadata_url: Some(&draft.discovered.discovery_endpoint),
            settings: &shared,
        },
    )?;
    let stored = Stored {
        settings,
        client_secret,
        provider: Some(provider.clone()),
        keys: Some(draft.discovered.keys.clone()),
        keys_attempted_at: Some(tx.now),
        keys_fetched_at: Some(tx.now),
        due_at: refresh::next(tx),
        attempted_at: Some(tx.now),
        fetched_at: Some(tx.now),
        failures: 0,
        failure: None,
    };
    stored::insert(tx, vault, (&created.id, &stored))?;
    if let Some(pair) = &draft.key_pair {
        key_pair::insert(tx, vault, &created.id, pair)?;
    }
    Ok(created)
}

/// Changes what is given and leaves the rest. `key_pair` is kept where an assertion is to be signed
/// from now on and there is no key yet.
pub fn update(
    tx: &Tx<'_>,
    vault: &Vault,
    id: &Id<Connection>,
    (change, key_pair): (&Change, Option<&NewKeyPair>),
) -> Result<Connection, Error> {
    let mut next = connection::find(tx, id)?;
    require_changeable(&next)?;
    let mut stored = stored::find(tx, vault, &next)?;
    if let Some(discovered) = &change.discovered {
        let provider = &discovered.provider;
        provider.issuer.clone_into(&mut next.idp_entity_id);
        next.idp_sso_url = provider.authorization_endpoint.clone();
        next.idp_metadata_url = Some(discovered.discovery_endpoint.to_string());
        stored.provider = Some(provider.clone());
        stored.keys = Some(discovered.keys.clone());
        (stored.keys_attempted_at, stored.keys_fetched_at) = (Some(tx.now), Some(tx.now));
        (stored.attempted_at, stored.fetched_at) = (Some(tx.now), Some(tx.now));
        stored.due_at = refresh::next(tx);
        (stored.failures, stored.failure) = (0, None);
    }
    let provider = stored.provider.clone();
    let provider = provider.ok_or_else(|| Fault::internal("a connection without its provider"))?;
    let usual = OidcSettings::usual(next.connection_type, &provider);
    stored.settings.apply(change, &usual);
    if let Some(client_secret) = &change.client_secret {
        stored.client_secret.clone_from(client_secret);
    }
    // Who changes over to a key leaves the secret behind.
    let takes_secret = stored.settings.token_authentication_method.takes_secret()
        || stored
            .settings
            .id_token_signature_algorithm
            .is_some_and(crate::oidc::Algorithm::is_symmetric);
    if !takes_secret && !matches!(change.client_secret, Some(Some(_))) {
        stored.client_secret = None;
    }
    if !stored.settings.token_authentication_method.takes_secret()
        && let Some(pair) = key_pair
    {
        key_pair::add_first(tx, vault, id, pair)?;
    }
    let key = !key_pair::of_purpose(tx, id, Purpose::ClientAssertion)?.is_empty();
    fit::require(
        &stored.settings,
        &provider,
        Means { secret: stored.client_secret.is_some(), key },
    )?;
    stored.settings.client_id.clone_into(&mut next.sp_entity_id);
    connection::write(tx, &next)?;
    stored::write(tx, vault, (id, &stored))?;
    connection::find(tx, id)
}

/// Refuses to change or delete what the configuration says.
pub(in crate::sso) fn require_changeable(connection: &Connection) -> Result<(), Error> {
    if connection.organization.is_some() {
        return Ok(());
    }
    let why = "This provider is set in `kernia.toml` and belongs to no organization: change it \
               there, and start Kernia again.";
    Err(Refused::conflict("connection_is_configured", why))
}
