//! Connections made: what is common to both protocols, and those to a SAML provider.

use super::{AcsUrl, Connection, State, addresses, find, from_row, origin};
use crate::{
    kit::{
        error::{Error, Fault},
        id::Id,
        text::{Label, WebAddress},
    },
    organizations::{self, ExternalId, Organization},
    saml::Certificate,
    sso::{
        ConnectionType, EntityId, ExternalKey, Settings, certificate,
        key_pair::{self, NewKeyPair},
        refresh, settings, sql,
    },
    store::{Tx, params},
    vault::Vault,
};

/// The identity provider's side of a connection.
#[derive(Debug, Clone)]
pub struct IdentityProvider {
    /// Its entity ID.
    pub entity_id: String,
    /// Where employees are sent to sign in.
    pub sso_url: WebAddress,
    /// Where its metadata came from.
    pub metadata_url: Option<WebAddress>,
    /// What it signs with: at least one.
    pub certificates: Vec<Certificate>,
}

/// What a new connection is to be.
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
    /// The ACS address that the customer's provider was given; one of ours with a fresh key, when
    /// nobody says.
    pub acs_url: Option<AcsUrl>,
    /// Our entity ID; the metadata address, when nobody says.
    pub sp_entity_id: Option<EntityId>,
    /// The other side.
    pub identity_provider: IdentityProvider,
    /// What else is to be set.
    pub settings: settings::Change,
    /// Keys of ours.
    pub key_pairs: Vec<NewKeyPair>,
}

/// The columns of a connection that is made, whatever it speaks.
pub(in crate::sso) struct Fresh<'a> {
    /// Nothing for a provider for everybody.
    pub(in crate::sso) organization: Option<&'a Id<Organization>>,
    /// A fresh one, when nobody says.
    pub(in crate::sso) external_key: Option<&'a ExternalKey>,
    pub(in crate::sso) external_id: Option<&'a ExternalId>,
    /// The organization's, or the type's, when nobody says.
    pub(in crate::sso) name: Option<&'a Label>,
    pub(in crate::sso) connection_type: ConnectionType,
    pub(in crate::sso) sp_entity_id: &'a str,
    pub(in crate::sso) idp_entity_id: &'a str,
    pub(in crate::sso) idp_sso_url: &'a WebAddress,
    pub(in crate::sso) idp_metadata_url: Option<&'a WebAddress>,
    pub(in crate::sso) settings: &'a Settings,
}

/// The connection that the organization has under this external id already, if there is one.
pub(in crate::sso) fn present(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
    external_id: Option<&ExternalId>,
) -> Result<Option<Connection>, Error> {
    organizations::find(tx, organization)?;
    let Some(external_id) = external_id else { return Ok(None) };
    tx.find(sql::BY_EXTERNAL_ID, params![organization, external_id.as_str()], from_row)
}

/// Writes the row of a new connection.
pub(in crate::sso) fn insert(tx: &Tx<'_>, fresh: &Fresh<'_>) -> Result<Connection, Error> {
    let id = tx.id();
    let name = match (fresh.name, fresh.organization) {
        (Some(name), _) => name.as_str().to_owned(),
        (None, Some(organization)) => organizations::find(tx, organization)?.name,
        (None, None) => fresh.connection_type.as_str().to_owned(),
    };
    let new_key = || ExternalKey::fresh(tx.chance());
    let key = fresh.external_key.cloned().unwrap_or_else(new_key);
    tx.run(
        sql::INSERT,
        params![
            &id,
            fresh.organization,
            key.as_str(),
            fresh.external_id.map(ExternalId::as_str),
            &name,
            name.to_lowercase(),
            fresh.connection_type.as_str(),
            State::Validating.as_str(),
            fresh.sp_entity_id,
            fresh.idp_entity_id,
            fresh.idp_sso_url.as_str(),
            fresh.idp_metadata_url.map(WebAddress::as_str),
            serde_json::to_string(fresh.settings).map_err(Fault::internal)?,
            tx.now
        ],
    )?;
    find(tx, &id)
}

/// Makes a connection to a SAML provider. Where the organization has one with the same external id,
/// that one is the answer and nothing changes.
pub fn create(tx: &Tx<'_>, vault: &Vault, base: &str, draft: &Draft) -> Result<Connection, Error> {
    if let Some(present) = present(tx, &draft.organization, draft.external_id.as_ref())? {
        return Ok(present);
    }
    let key = match draft.acs_url.as_ref().and_then(AcsUrl::key) {
        Some(key) => addresses::require_free(tx, &key).map(|()| key)?,
        None => ExternalKey::fresh(tx.chance()),
    };
    let idp = &draft.identity_provider;
    let sp_entity_id = match &draft.sp_entity_id {
        Some(entity_id) => entity_id.as_str().to_owned(),
        None => addresses::metadata_url(base, &key),
    };
    let mut settings = Settings {
        acs_url: addresses::other_than_default(base, &key, draft.acs_url.as_ref()),
        ..Settings::default()
    };
    settings.apply(draft.settings.clone());
    let inferred = || ConnectionType::inferred(&idp.entity_id);
    let created = insert(
        tx,
        &Fresh {
            organization: Some(&draft.organization),
            external_key: Some(&key),
            external_id: draft.external_id.as_ref(),
            name: draft.name.as_ref(),
            connection_type: draft.connection_type.unwrap_or_else(inferred),
            sp_entity_id: &sp_entity_id,
            idp_entity_id: &idp.entity_id,
            idp_sso_url: &idp.sso_url,
            idp_metadata_url: idp.metadata_url.as_ref(),
            settings: &settings,
        },
    )?;
    let id = &created.id;
    let origin = origin(idp.metadata_url.is_some());
    certificate::pin_all(tx, vault, id, (&idp.certificates, origin))?;
    if idp.metadata_url.is_some() {
        refresh::begin(tx, vault, (id, true))?;
    }
    for pair in &draft.key_pairs {
        key_pair::insert(tx, vault, id, pair)?;
    }
    addresses::claim_keys(tx, &created)?;
    find(tx, id)
}
