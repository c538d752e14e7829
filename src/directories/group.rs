//! Groups of a directory: made, found, replaced, changed and deleted. Who is in one is `member`'s, and
//! is not read for a change that does not ask.

mod sql;

use super::{
    Directory, directory,
    member::{self, Roll},
    record::{self, Links, Record},
};
use crate::{
    kit::{
        error::Error,
        id::{Id, Prefixed},
    },
    scim::{Group, Member, MemberChange, Patch, Resource, ResourceType, Tags, Version, fold},
    store::{Row, Tx, params},
};

/// What the id of a group names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryGroup {}

impl Prefixed for DirectoryGroup {
    const PREFIX: &'static str = "directory_group_";
}

/// What a group is to be, ready to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupDraft {
    resource: String,
    display_name: String,
    external_id: Option<String>,
    /// Who is in it, where that was said.
    members: Option<Vec<Member>>,
}

impl GroupDraft {
    /// What is written of a resource, and who is in the group.
    #[must_use]
    pub fn of(resource: &Resource, members: Option<Vec<Member>>) -> Self {
        let group = Group::of(resource);
        Self {
            resource: resource.stored(),
            display_name: group.display_name().to_owned(),
            external_id: group.external_id().map(str::to_owned),
            members,
        }
    }
}

/// Makes a group with its members.
pub(super) fn create(
    tx: &Tx<'_>,
    of: &Id<Directory>,
    draft: &GroupDraft,
    links: Links,
) -> Result<Record, Error> {
    directory::provision(tx, of)?;
    let id: Id<DirectoryGroup> = tx.id();
    tx.run(
        sql::INSERT,
        params![
            &id,
            of,
            &draft.display_name,
            fold(&draft.display_name),
            draft.external_id.as_deref(),
            &draft.resource,
            tx.now
        ],
    )?;
    tx.run(sql::COUNT, params![of, 1_i64])?;
    let mut roll = Roll::of(tx, of, id.as_str());
    for member in draft.members.iter().flatten() {
        roll.join(member)?;
    }
    let members = roll.more();
    if members > 0 {
        tx.run(sql::MEMBERS, params![&id, members])?;
    }
    let record = Record {
        resource_type: ResourceType::Group,
        id: id.as_str().to_owned(),
        version: Version(1),
        created: tx.now,
        last_modified: tx.now,
        resource: draft.resource.clone(),
        members: u64::try_from(members).unwrap_or_default(),
        links: Vec::new(),
    };
    with_members(tx, record, links)
}

/// The group of this id.
pub(super) fn find(tx: &Tx<'_>, of: &Id<Directory>, id: &str) -> Result<Record, Error> {
    let found = tx.find(sql::BY_ID, params![of, id], from_row)?;
    found.ok_or_else(|| record::missing(ResourceType::Group, id))
}

/// Makes a group another one; with nothing new, nothing happens. Whoever is not named leaves.
pub(super) fn replace(
    tx: &Tx<'_>,
    of: &Id<Directory>,
    (id, expected): (&str, Option<&Tags>),
    draft: &GroupDraft,
    links: Links,
) -> Result<Record, Error> {
    let mut record = meant(tx, of, (id, expected))?;
    let members = draft.members.clone().unwrap_or_default();
    let mut roll = Roll::of(tx, of, id);
    roll.change(&MemberChange::Replace(members))?;
    write(tx, &mut record, &roll, Some(draft))?;
    with_members(tx, record, links)
}

/// Changes a group; with nothing new, nothing happens.
pub(super) fn change(
    tx: &Tx<'_>,
    of: &Id<Directory>,
    (id, expected): (&str, Option<&Tags>),
    patch: &Patch,
    links: Links,
) -> Result<Record, Error> {
    let mut record = meant(tx, of, (id, expected))?;
    let mut resource = record.restore()?;
    let changed = patch.apply(&mut resource, id)?;
    let mut roll = Roll::of(tx, of, id);
    for change in &changed.members {
        roll.change(change)?;
    }
    let draft = changed.resource.then(|| GroupDraft::of(&resource, None));
    write(tx, &mut record, &roll, draft.as_ref())?;
    with_members(tx, record, links)
}

/// Deletes a group, which leaves every group that it was in.
pub(super) fn delete(
    tx: &Tx<'_>,
    of: &Id<Directory>,
    id: &str,
    expected: Option<&Tags>,
) -> Result<(), Error> {
    meant(tx, of, (id, expected))?;
    member::leave_all(tx, id)?;
    member::clear(tx, id)?;
    tx.run(sql::DELETE, params![id])?;
    tx.run(sql::COUNT, params![of, -1_i64]).map(drop)
}

/// Writes what is new of a group: what was said of it, and how many are in it.
fn write(
    tx: &Tx<'_>,
    record: &mut Record,
    roll: &Roll<'_, '_>,
    draft: Option<&GroupDraft>,
) -> Result<(), Error> {
    let draft = draft.filter(|it| it.resource != record.resource);
    let id = record.id.as_str();
    match draft {
        Some(draft) => {
            let params = params![
                id,
                &draft.display_name,
                fold(&draft.display_name),
                draft.external_id.as_deref(),
                &draft.resource,
                roll.more(),
                tx.now
            ];
            tx.run(sql::UPDATE, params)?;
            record.resource.clone_from(&draft.resource);
        }
        None if roll.has_changed() => {
            tx.run(sql::UPDATE_MEMBERS, params![id, roll.more(), tx.now])?;
        }
        None => return Ok(()),
    }
    record.version.0 += 1;
    record.last_modified = tx.now;
    record.members = record.members.saturating_add_signed(roll.more());
    Ok(())
}

/// The group that is to be changed, at one of the versions at which it is meant.
fn meant(
    tx: &Tx<'_>,
    of: &Id<Directory>,
    (id, expected): (&str, Option<&Tags>),
) -> Result<Record, Error> {
    directory::provision(tx, of)?;
    let record = find(tx, of, id)?;
    record.require(expected)?;
    Ok(record)
}

fn with_members(tx: &Tx<'_>, mut record: Record, links: Links) -> Result<Record, Error> {
    if links.are_read_of(&record) {
        record.links = member::of_group(tx, &record.id)?;
    }
    Ok(record)
}

pub(super) fn from_row(row: &Row<'_>) -> Result<Record, Error> {
    Ok(Record {
        resource_type: ResourceType::Group,
        id: row.get("id")?,
        version: record::version(row.get("version")?),
        created: row.get("created_at")?,
        last_modified: row.get("updated_at")?,
        resource: row.get("resource")?,
        members: u64::try_from(row.get::<i64>("members")?).unwrap_or_default(),
        links: Vec::new(),
    })
}
