//! Connections: one customer's identity provider each, made, found, listed and changed.

mod addresses;
mod created;
mod deletion;
mod published;

pub use self::{
    addresses::{lookup_by_key, lookup_saml_by_key},
    created::{Draft, IdentityProvider, create},
    deletion::{
        RESTORABLE, delete, erase, list_deleted, purge_deleted, purge_of_organization, restore,
    },
    published::{published, published_deleted},
};
pub(super) use self::{
    created::{Fresh, insert, present},
    deletion::{condemn_of_organization, erase_of_organization},
};
use super::{
    AcsUrl, ConnectionType, EntityId, ExternalKey, Protocol, Settings, access,
    certificate::{self, Origin},
    key_pair::{self, NewKeyPair},
    oidc_settings, refresh, settings, sql,
};
use crate::{
    kit::{
        error::{Error, Fault, Refused},
        id::{Id, Prefixed},
        page::{Listed, Page},
        text::{Domain, Label, WebAddress},
        time::Timestamp,
    },
    organizations::{ExternalId, Organization, OrganizationDomain, domain},
    saml::Certificate,
    store::{self, Placed, Row, Tx, params},
    vault::Vault,
};

/// A connection to an identity provider. Where it speaks OpenID Connect, the fields named after SAML
/// hold that protocol's word for the same thing.
#[derive(Debug, Clone)]
pub struct Connection {
    /// `conn_…`.
    pub id: Id<Connection>,
    /// Whose employees sign in here; of a provider for everybody, nobody's.
    pub organization: Option<Id<Organization>>,
    /// The short key in the addresses that the customer's provider knows; fixed for ever.
    pub external_key: ExternalKey,
    /// Our entity ID at this connection, fixed text from its creation on; the client id in OIDC.
    pub sp_entity_id: String,
    /// The identity provider's entity ID; the issuer in OIDC.
    pub idp_entity_id: String,
    /// Where employees are sent to sign in.
    pub idp_sso_url: WebAddress,
    /// Counts every change of this connection and of its certificates.
    pub revision: i64,
    /// What sort of provider it is.
    pub connection_type: ConnectionType,
    /// What else is set.
    pub settings: Settings,
    /// Its name.
    pub name: String,
    /// Where the provider's metadata, or discovery document, came from, and is read again.
    pub idp_metadata_url: Option<String>,
    external_id: Option<String>,
    pub(super) state: State,
    deleted_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Whether employees can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is set up, and nobody has signed in yet.
    Validating,
    /// Somebody has signed in.
    Active,
    /// It is switched off; `signed_in` says what it goes back to.
    Inactive {
        /// Whether somebody had signed in before.
        signed_in: bool,
    },
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Validating => "validating",
            Self::Active => "active",
            Self::Inactive { .. } => "inactive",
        }
    }

    fn signed_in(self) -> bool {
        matches!(self, Self::Active | Self::Inactive { signed_in: true })
    }

    pub(super) fn switched(self, on: bool) -> Self {
        match (on, self.signed_in()) {
            (true, true) => Self::Active,
            (true, false) => Self::Validating,
            (false, signed_in) => Self::Inactive { signed_in },
        }
    }
}

/// What is to change of a connection; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<Label>,
    /// Another id of the application's, or none.
    pub external_id: Option<Option<ExternalId>>,
    /// On or off.
    pub enabled: Option<bool>,
    /// Another ACS address, or the default one.
    pub acs_url: Option<Option<AcsUrl>>,
    /// Another entity ID of ours, or the default one.
    pub sp_entity_id: Option<Option<EntityId>>,
    /// Another entity ID of the provider.
    pub idp_entity_id: Option<EntityId>,
    /// Another address to send employees to.
    pub idp_sso_url: Option<WebAddress>,
    /// Another address of the metadata, or none.
    pub idp_metadata_url: Option<Option<WebAddress>>,
    /// Certificates from new metadata. Where the provider is the same, those that are pinned already
    /// stay (its key may be rolling over); those of another provider go.
    pub certificates: Vec<Certificate>,
    /// What else is to be set.
    pub settings: settings::Change,
    /// A key of ours for a purpose that the connection has none for yet.
    pub first_key_pair: Option<NewKeyPair>,
}

/// Which connections a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those of this type.
    pub connection_type: Option<String>,
    /// Those of this organization.
    pub organization: Option<String>,
    /// Those whose organization has this domain.
    pub domain: Option<Domain>,
    /// Those whose name holds this text, in any case.
    pub search: Option<String>,
}

impl Filter {
    /// The type by the name that it is kept under.
    fn type_name(&self) -> Option<&str> {
        let wanted = self.connection_type.as_deref()?;
        Some(ConnectionType::parse(wanted).map_or(wanted, |known| known.as_str()))
    }
}

impl Prefixed for Connection {
    const PREFIX: &'static str = "conn_";
}

impl Placed for Connection {
    type Kind = Self;
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

impl Connection {
    /// Whether employees may be sent to its identity provider.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        !matches!(self.state, State::Inactive { .. })
    }

    /// Whether somebody has signed in through it, and still can.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == State::Active
    }
}

/// The connection `id`, or `entity_not_found`.
pub fn find(tx: &Tx<'_>, id: &Id<Connection>) -> Result<Connection, Error> {
    tx.find(sql::BY_ID, params![id], from_row)?.ok_or_else(|| {
        Refused::missing("entity_not_found", format!("Connection not found: '{id}'."))
    })
}

/// The connection `id`, if there is one.
pub fn lookup(tx: &Tx<'_>, id: &Id<Connection>) -> Result<Option<Connection>, Error> {
    tx.find(sql::BY_ID, params![id], from_row)
}

/// The connections of an organization, oldest first.
pub fn of_organization(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
) -> Result<Vec<Connection>, Error> {
    tx.list(sql::OF_ORGANIZATION, params![organization], from_row)
}

/// Refuses what only a connection that speaks SAML has.
pub(super) fn require_saml(connection: &Connection) -> Result<(), Error> {
    if connection.connection_type.protocol() == Protocol::Saml {
        return Ok(());
    }
    let why = "This connection speaks OpenID Connect, not SAML.";
    Err(Refused::conflict("connection_not_saml", why))
}

/// The domains of the connection's organization; none where it has no organization.
pub fn domains(tx: &Tx<'_>, connection: &Connection) -> Result<Vec<OrganizationDomain>, Error> {
    connection
        .organization
        .as_ref()
        .map_or_else(|| Ok(Vec::new()), |organization| domain::owned_by(tx, organization))
}

/// The connection of this type that belongs to no organization: the provider for everybody.
pub fn of_provider(tx: &Tx<'_>, connection_type: &str) -> Result<Option<Connection>, Error> {
    let Some(wanted) = ConnectionType::parse(connection_type) else { return Ok(None) };
    tx.find(sql::OF_PROVIDER, params![wanted.as_str()], from_row)
}

/// A page of connections.
pub fn list(tx: &Tx<'_>, filter: &Filter, page: &Page) -> Result<Listed<Connection>, Error> {
    if filter.organization.is_none() && filter.domain.is_none() {
        let name = filter.search.as_deref().map(store::folded_pattern);
        let filters = params![filter.type_name(), name];
        return tx.page(&sql::LIST, page, filters, from_row);
    }
    tx.page_of(&sql::LIST, page, of_filtered_organization(tx, filter)?)
}

/// The connections of the one organization that the filter's id and domain leave, if they do.
fn of_filtered_organization(tx: &Tx<'_>, filter: &Filter) -> Result<Vec<Connection>, Error> {
    let named = filter.organization.as_deref().map(Id::<Organization>::parse);
    let owner = match &filter.domain {
        Some(domain) => Some(domain::verified_owner(tx, domain)?),
        None => None,
    };
    let organization = match (named, owner) {
        (Some(Err(_)), _) | (None, None | Some(None)) | (_, Some(None)) => return Ok(Vec::new()),
        (Some(Ok(named)), Some(Some(owner))) if named != owner => return Ok(Vec::new()),
        (Some(Ok(named)), _) => named,
        (None, Some(Some(owner))) => owner,
    };
    let mut found = of_organization(tx, &organization)?;
    if let Some(wanted) = filter.type_name() {
        found.retain(|connection| connection.connection_type.as_str() == wanted);
    }
    if let Some(search) = &filter.search {
        let search = search.to_lowercase();
        found.retain(|connection| connection.name.to_lowercase().contains(&search));
    }
    Ok(found)
}

/// Changes what is given and leaves the rest.
pub fn update(
    tx: &Tx<'_>,
    vault: &Vault,
    base: &str,
    (id, change): (&Id<Connection>, &Change),
) -> Result<Connection, Error> {
    let mut next = find(tx, id)?;
    oidc_settings::require_changeable(&next)?;
    let change = change.clone();
    let is_read = matches!(change.idp_metadata_url, Some(Some(_)));
    if let Some(name) = change.name {
        name.as_str().clone_into(&mut next.name);
    }
    if let Some(external_id) = change.external_id {
        next.external_id = external_id.map(|external| external.as_str().to_owned());
        let params = params![next.organization.as_ref(), next.external_id.as_deref()];
        if tx.find(sql::BY_EXTERNAL_ID, params, from_row)?.is_some_and(|other| other.id != next.id)
        {
            let why = "another connection of this organization has this external_id";
            return Err(Refused::conflict("external_id_already_used", why));
        }
    }
    if let Some(enabled) = change.enabled {
        next.state = next.state.switched(enabled);
        if !enabled {
            access::revoke_of_connection(tx, id)?;
        }
    }
    if let Some(entity_id) = change.sp_entity_id {
        next.sp_entity_id = entity_id.map_or_else(|| next.metadata_url(base), EntityId::into_text);
    }
    if let Some(url) = change.acs_url {
        next.settings.acs_url =
            addresses::other_than_default(base, &next.external_key, url.as_ref());
    }
    if let Some(text) = change.idp_entity_id.map(EntityId::into_text) {
        if text != next.idp_entity_id && !change.certificates.is_empty() {
            certificate::unpin_all(tx, id)?;
        }
        next.idp_entity_id = text;
    }
    if let Some(address) = change.idp_sso_url {
        next.idp_sso_url = address;
    }
    if let Some(address) = change.idp_metadata_url {
        next.idp_metadata_url = address.map(|address| address.to_string());
        refresh::begin(tx, vault, (id, next.idp_metadata_url.is_some()))?;
    }
    next.settings.apply(change.settings);
    certificate::pin_all(tx, vault, id, (&change.certificates, origin(is_read)))?;
    if let Some(pair) = &change.first_key_pair {
        key_pair::add_first(tx, vault, id, pair)?;
    }
    addresses::claim_keys(tx, &next)?;
    write(tx, &next)?;
    find(tx, id)
}

/// Whether our requests are signed although the provider does not demand it.
pub(super) fn sign_requests(
    tx: &Tx<'_>,
    id: &Id<Connection>,
    sign_requests: bool,
) -> Result<(), Error> {
    let mut next = find(tx, id)?;
    next.settings.sign_requests = sign_requests;
    write(tx, &next)
}

/// Notes that somebody signed in: the first time makes the connection active.
pub(super) fn signed_in(tx: &Tx<'_>, connection: &Connection) -> Result<(), Error> {
    if connection.state == State::Validating {
        write(tx, &Connection { state: State::Active, ..connection.clone() })?;
    }
    Ok(())
}

/// Certificates that came from an address are that provider's word; others are a person's.
fn origin(is_read: bool) -> Origin {
    if is_read { Origin::Metadata } else { Origin::Given }
}

pub(super) fn write(tx: &Tx<'_>, next: &Connection) -> Result<(), Error> {
    tx.run(
        sql::UPDATE,
        params![
            &next.id,
            &next.name,
            next.name.to_lowercase(),
            next.external_id.as_deref(),
            next.state.as_str(),
            &next.sp_entity_id,
            &next.idp_entity_id,
            next.idp_sso_url.as_str(),
            next.idp_metadata_url.as_deref(),
            next.state.signed_in(),
            serde_json::to_string(&next.settings).map_err(Fault::internal)?,
            tx.now
        ],
    )?;
    Ok(())
}

/// Notes a change of what stands beside the connection, its certificates.
pub(super) fn touch(tx: &Tx<'_>, id: &Id<Connection>) -> Result<(), Error> {
    tx.run(sql::TOUCH, params![id, tx.now]).map(drop)
}

fn from_row(row: &Row<'_>) -> Result<Connection, Error> {
    let signed_in = row.get("signed_in")?;
    Ok(Connection {
        id: row.get("id")?,
        organization: row.get("organization_id")?,
        external_key: row.parse("external_key", ExternalKey::parse)?,
        external_id: row.get("external_id")?,
        name: row.get("name")?,
        connection_type: row.parse("connection_type", ConnectionType::parse)?,
        state: row.parse("state", |text| match text {
            "validating" => Some(State::Validating),
            "active" => Some(State::Active),
            "inactive" => Some(State::Inactive { signed_in }),
            _ => None,
        })?,
        sp_entity_id: row.get("sp_entity_id")?,
        idp_entity_id: row.get("idp_entity_id")?,
        idp_sso_url: row.parse("idp_sso_url", |text| WebAddress::parse(text).ok())?,
        idp_metadata_url: row.get("idp_metadata_url")?,
        settings: row.json("settings")?,
        revision: row.get("revision")?,
        deleted_at: row.get("deleted_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
