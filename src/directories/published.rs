//! Directories, tokens, users and groups as the APIs show them: what was provisioned in SCIM's words
//! is told in WorkOS's.

mod group;
mod sql;
mod user;

pub use self::{
    group::{find_group, groups_of_directory, groups_of_user},
    user::{UserFilter, find_user, users_of_directory, users_of_group},
};
use super::{Directory, DirectoryToken, token};
use crate::{
    kit::{
        error::{Error, Refused},
        id::Id,
        page::Listed,
        time::Timestamp,
    },
    objects,
    organizations::{Organization, domain},
    scim::{Resource, ResourceType},
    store::{Row, Tx},
};

/// A directory as WorkOS's API shows it.
pub fn directory(tx: &Tx<'_>, directory: Directory) -> Result<objects::Directory, Error> {
    let mut domains = domain::owned_by(tx, &directory.organization)?.into_iter();
    Ok(objects::Directory {
        id: directory.id.to_string(),
        organization_id: directory.organization.to_string(),
        external_key: directory.external_key.as_str().to_owned(),
        directory_type: directory.directory_type.as_str(),
        state: directory.state.as_str(),
        name: directory.name,
        domain: domains.next().map(|owned| owned.published().domain),
        metadata: objects::DirectoryMetadata {
            users: objects::DirectoryUserCounts {
                active: directory.active_users,
                inactive: directory.inactive_users,
            },
            groups: directory.groups,
        },
        created_at: directory.created_at,
        updated_at: directory.updated_at,
    })
}

/// A directory with all that its operator needs.
pub fn detailed(
    tx: &Tx<'_>,
    base: &str,
    of: Directory,
) -> Result<objects::DetailedDirectory, Error> {
    let tokens = token::list(tx, &of.id)?;
    Ok(objects::DetailedDirectory {
        scim_url: of.scim_url(base),
        last_request_at: of.last_request_at,
        refused_tokens: of.refused_tokens,
        tokens: tokens.into_iter().map(|token| token.published(&of.id)).collect(),
        directory: directory(tx, of)?,
    })
}

impl DirectoryToken {
    /// As the API shows it.
    #[must_use]
    pub fn published(self, directory: &Id<Directory>) -> objects::DirectoryToken {
        objects::DirectoryToken {
            id: self.id.to_string(),
            directory_id: directory.to_string(),
            obfuscated_value: self.ending,
            created_at: self.created_at,
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
        }
    }
}

/// What users and groups have in common.
struct Kept {
    id: String,
    directory: Id<Directory>,
    organization: Id<Organization>,
    resource: Resource,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Kept {
    fn from_row(row: &Row<'_>, of: ResourceType) -> Result<Self, Error> {
        Ok(Self {
            id: row.get("id")?,
            directory: row.get("directory_id")?,
            organization: row.get("organization_id")?,
            resource: row.parse("resource", |text| Resource::restore(of, text))?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }

    /// What the provider said, as it is kept.
    fn raw(&self) -> serde_json::Value {
        let mut said = self.resource.attributes().clone();
        said.insert("schemas".to_owned(), self.resource.schemas().into());
        said.into()
    }
}

fn missing(what: &str, id: &str) -> Error {
    Refused::missing("entity_not_found", format!("{what} not found: '{id}'."))
}

fn each<T, U>(
    listed: Listed<T>,
    publish: impl Fn(T) -> Result<U, Error>,
) -> Result<Listed<U>, Error> {
    Ok(Listed {
        data: listed.data.into_iter().map(publish).collect::<Result<_, _>>()?,
        before: listed.before,
        after: listed.after,
    })
}
