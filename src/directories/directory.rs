//! Directories: made, found, listed, changed and condemned.

mod deletion;
mod sql;

pub use self::deletion::{condemn, condemn_of_organization, purge, purge_of_organization};
use super::DirectoryType;
use crate::{
    kit::{
        error::{Error, Refused},
        external_key::ExternalKey,
        id::{Id, Prefixed},
        page::{Listed, Page},
        text::{Domain, Label},
        time::Timestamp,
    },
    organizations::{self, Organization, domain},
    store::{self, Placed, Row, Tx, params},
};

/// What one customer's identity provider provisions.
#[derive(Debug, Clone)]
pub struct Directory {
    /// `directory_…`.
    pub id: Id<Directory>,
    /// Whose it is.
    pub organization: Id<Organization>,
    /// The short key in its SCIM address; fixed for ever.
    pub external_key: ExternalKey,
    /// Its name.
    pub name: String,
    /// What sort of provider it is.
    pub directory_type: DirectoryType,
    pub(super) state: State,
    pub(super) active_users: i64,
    pub(super) inactive_users: i64,
    pub(super) groups: i64,
    pub(super) last_request_at: Option<Timestamp>,
    pub(super) refused_tokens: i64,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

/// How far a directory has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its provider has not come yet.
    Unlinked,
    /// It came, and has provisioned nothing yet.
    Validating,
    /// It provisions.
    Linked,
    /// The directory is gone for everybody; its rows are being deleted.
    Deleting,
}

impl State {
    /// As it is kept and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unlinked => "unlinked",
            Self::Validating => "validating",
            Self::Linked => "linked",
            Self::Deleting => "deleting",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Unlinked, Self::Validating, Self::Linked, Self::Deleting]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// What a new directory is to be.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Whose it is.
    pub organization: Id<Organization>,
    /// Its name; the organization's, when nobody says.
    pub name: Option<Label>,
    /// What sort of provider it is.
    pub directory_type: DirectoryType,
}

/// What is to change of a directory; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<Label>,
    /// Another sort of provider.
    pub directory_type: Option<DirectoryType>,
}

/// Which directories a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those of this organization.
    pub organization: Option<String>,
    /// Those whose organization has this domain.
    pub domain: Option<Domain>,
    /// Those whose name holds this text, in any case.
    pub search: Option<String>,
}

impl Prefixed for Directory {
    const PREFIX: &'static str = "directory_";
}

impl Placed for Directory {
    type Kind = Self;
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

impl Directory {
    /// Where its provider sends its requests.
    #[must_use]
    pub fn scim_url(&self, base: &str) -> String {
        format!("{base}/scim/v2/{}", self.external_key.as_str())
    }
}

/// Makes a directory. Nobody has a token for it yet: see [`super::token::issue`].
pub fn create(tx: &Tx<'_>, draft: &Draft) -> Result<Directory, Error> {
    let organization = organizations::find(tx, &draft.organization)?;
    require_pushing(draft.directory_type)?;
    let id = tx.id();
    let name = draft.name.as_ref().map_or(organization.name, |name| name.as_str().to_owned());
    let key = ExternalKey::fresh(tx.chance());
    tx.run(
        sql::INSERT,
        params![
            &id,
            &draft.organization,
            key.as_str(),
            &name,
            name.to_lowercase(),
            draft.directory_type.as_str(),
            State::Unlinked.as_str(),
            tx.now
        ],
    )?;
    find(tx, &id)
}

/// The directory `id`, or `entity_not_found`.
pub fn find(tx: &Tx<'_>, id: &Id<Directory>) -> Result<Directory, Error> {
    tx.find(sql::BY_ID, params![id], from_row)?.ok_or_else(|| missing(id))
}

/// The directory of whose address this is the key, if there is one.
pub fn lookup_by_key(tx: &Tx<'_>, key: &ExternalKey) -> Result<Option<Id<Directory>>, Error> {
    tx.find(sql::BY_KEY, params![key.as_str()], |row| row.get("id"))
}

/// A page of directories.
pub fn list(tx: &Tx<'_>, filter: &Filter, page: &Page) -> Result<Listed<Directory>, Error> {
    if filter.organization.is_none() && filter.domain.is_none() {
        let name = filter.search.as_deref().map(store::folded_pattern);
        return tx.page(&sql::LIST, page, params![name], from_row);
    }
    tx.page_of(&sql::LIST, page, of_filtered_organization(tx, filter)?)
}

/// The directories of the one organization that the filter's id and domain leave, if they do.
fn of_filtered_organization(tx: &Tx<'_>, filter: &Filter) -> Result<Vec<Directory>, Error> {
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
    if let Some(search) = &filter.search {
        let search = search.to_lowercase();
        found.retain(|directory| directory.name.to_lowercase().contains(&search));
    }
    Ok(found)
}

fn of_organization(tx: &Tx<'_>, organization: &Id<Organization>) -> Result<Vec<Directory>, Error> {
    tx.list(sql::OF_ORGANIZATION, params![organization], from_row)
}

/// Changes what is given and leaves the rest.
pub fn update(tx: &Tx<'_>, id: &Id<Directory>, change: &Change) -> Result<Directory, Error> {
    let mut next = find(tx, id)?;
    if let Some(name) = &change.name {
        name.as_str().clone_into(&mut next.name);
    }
    if let Some(directory_type) = change.directory_type {
        require_pushing(directory_type)?;
        next.directory_type = directory_type;
    }
    let folded = next.name.to_lowercase();
    let params = params![id, &next.name, folded, next.directory_type.as_str(), tx.now];
    tx.run(sql::UPDATE, params)?;
    find(tx, id)
}

/// With this begins each transaction that changes what is in a directory: it is refused where the
/// directory is gone, and the first one makes it `linked`. Answers the place of the next user.
pub(super) fn provision(tx: &Tx<'_>, id: &Id<Directory>) -> Result<i64, Error> {
    let found = tx.find(sql::STATE, params![id], |row| {
        Ok((row.parse("state", State::parse)?, row.get("next_place")?))
    })?;
    match found {
        Some((State::Linked, place)) => Ok(place),
        Some((State::Unlinked | State::Validating, place)) => {
            tx.run(sql::SET_STATE, params![id, State::Linked.as_str(), tx.now])?;
            Ok(place)
        }
        Some((State::Deleting, _)) | None => Err(missing(id)),
    }
}

fn require_pushing(directory_type: DirectoryType) -> Result<(), Error> {
    if directory_type.is_pushing() {
        return Ok(());
    }
    let why = format!(
        "Kernia cannot read a `{}` directory yet; the provider has to speak SCIM: {}",
        directory_type.as_str(),
        DirectoryType::names().join(", ")
    );
    Err(Refused::field("type", "directory_type_unsupported", why))
}

fn missing(id: &Id<Directory>) -> Error {
    Refused::missing("entity_not_found", format!("Directory not found: '{id}'."))
}

pub(super) fn from_row(row: &Row<'_>) -> Result<Directory, Error> {
    Ok(Directory {
        id: row.get("id")?,
        organization: row.get("organization_id")?,
        external_key: row.parse("external_key", ExternalKey::parse)?,
        name: row.get("name")?,
        directory_type: row.parse("directory_type", DirectoryType::parse)?,
        state: row.parse("state", State::parse)?,
        active_users: row.get("active_users")?,
        inactive_users: row.get("inactive_users")?,
        groups: row.get("groups")?,
        last_request_at: row.get("last_request_at")?,
        refused_tokens: row.get("refused_tokens")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
