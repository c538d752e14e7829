//! Groups as the API shows them.

use super::{Kept, each, missing, sql};
use crate::{
    directories::{Directory, directory},
    kit::{
        error::Error,
        id::{Id, Prefixed},
        page::{Listed, Page},
        time::Timestamp,
    },
    objects,
    scim::{Group, ResourceType},
    store::{Placed, Row, Tx, params},
};

struct KeptGroup(Kept);

impl Prefixed for KeptGroup {
    const PREFIX: &'static str = "directory_group_";
}

impl Placed for KeptGroup {
    type Kind = Self;
    fn place(&self) -> (Timestamp, &str) {
        (self.0.created_at, &self.0.id)
    }
}

/// The group `id`, or `entity_not_found`.
pub fn find_group(tx: &Tx<'_>, id: &str) -> Result<objects::DirectoryGroup, Error> {
    let found = tx.find(sql::GROUP_BY_ID, params![id], from_row)?;
    found.map(published).ok_or_else(|| missing("Directory Group", id))
}

/// A page of a directory's groups.
pub fn groups_of_directory(
    tx: &Tx<'_>,
    id: &Id<Directory>,
    page: &Page,
) -> Result<Listed<objects::DirectoryGroup>, Error> {
    directory::find(tx, id)?;
    each(tx.page(&sql::GROUPS_OF_DIRECTORY, page, params![id], from_row)?, |group| {
        Ok(published(group))
    })
}

/// A page of the groups that a user is in, in the order of their ids.
pub fn groups_of_user(
    tx: &Tx<'_>,
    user: &str,
    page: &Page,
) -> Result<Listed<objects::DirectoryGroup>, Error> {
    tx.find(sql::USER_BY_ID, params![user], |_| Ok(()))?
        .ok_or_else(|| missing("Directory User", user))?;
    each(tx.page(&sql::GROUPS_OF_USER, page, params![user], from_row)?, |group| {
        Ok(published(group))
    })
}

/// All groups that a user is in.
pub(super) fn all_of_user(tx: &Tx<'_>, user: &str) -> Result<Vec<objects::DirectoryGroup>, Error> {
    let all = tx.list(sql::ALL_GROUPS_OF_USER, params![user], from_row)?;
    Ok(all.into_iter().map(published).collect())
}

fn published(KeptGroup(kept): KeptGroup) -> objects::DirectoryGroup {
    let group = Group::of(&kept.resource);
    objects::DirectoryGroup {
        idp_id: group.external_id().unwrap_or(&kept.id).to_owned(),
        directory_id: kept.directory.to_string(),
        organization_id: kept.organization.to_string(),
        name: group.display_name().to_owned(),
        raw_attributes: kept.raw(),
        created_at: kept.created_at,
        updated_at: kept.updated_at,
        id: kept.id,
    }
}

fn from_row(row: &Row<'_>) -> Result<KeptGroup, Error> {
    Kept::from_row(row, ResourceType::Group).map(KeptGroup)
}
