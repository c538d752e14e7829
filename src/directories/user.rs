//! Users of a directory: made, found, replaced, changed and deleted, with all that is kept beside
//! them: their email addresses, their place, and how many there are.

mod sql;

use std::collections::BTreeSet;

use super::{
    Directory, block, directory, member,
    record::{self, Links, Record},
};
use crate::{
    kit::{
        error::Error,
        id::{Id, Prefixed},
    },
    scim::{Patch, Rejected, Resource, ResourceType, Tags, User, Version, fold},
    store::{Row, Tx, params},
};

/// What the id of a user names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryUser {}

impl Prefixed for DirectoryUser {
    const PREFIX: &'static str = "directory_user_";
}

/// What a user is to be, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDraft {
    resource: String,
    user_name: String,
    external_id: Option<String>,
    is_active: bool,
    emails: BTreeSet<String>,
}

/// A user, and what only the store wants to know.
pub(super) struct Kept {
    pub(super) record: Record,
    pub(super) place: i64,
    is_active: bool,
}

impl UserDraft {
    /// What is written of a resource. Whatever of it must be found is read here, once.
    #[must_use]
    pub fn of(resource: &Resource) -> Self {
        let user = User::of(resource);
        Self {
            resource: resource.stored(),
            user_name: fold(user.user_name()),
            external_id: user.external_id().map(str::to_owned),
            is_active: user.is_active(),
            emails: emails(resource),
        }
    }
}

/// Makes a user. A `userName` stands once in a directory, letters in any case.
pub(super) fn create(tx: &Tx<'_>, of: &Id<Directory>, draft: &UserDraft) -> Result<Record, Error> {
    let place = directory::provision(tx, of)?;
    let id: Id<DirectoryUser> = tx.id();
    let inserted = tx.run(
        sql::INSERT,
        params![
            &id,
            of,
            place,
            &draft.user_name,
            draft.external_id.as_deref(),
            draft.is_active,
            &draft.resource,
            tx.now
        ],
    )?;
    if inserted == 0 {
        return Err(taken());
    }
    let active = i64::from(draft.is_active);
    tx.run(sql::COUNT_NEW, params![of, active, 1 - active])?;
    block::enter(tx, of, place)?;
    for email in &draft.emails {
        tx.run(sql::EMAIL_INSERT, params![of, email, &id])?;
    }
    Ok(Record {
        resource_type: ResourceType::User,
        id: id.as_str().to_owned(),
        version: Version(1),
        created: tx.now,
        last_modified: tx.now,
        resource: draft.resource.clone(),
        members: 0,
        links: Vec::new(),
    })
}

/// The user of this id.
pub(super) fn find(tx: &Tx<'_>, of: &Id<Directory>, id: &str) -> Result<Record, Error> {
    kept(tx, of, id).map(|kept| kept.record)
}

/// Makes a user another one; with nothing new, nothing happens.
pub(super) fn replace(
    tx: &Tx<'_>,
    of: &Id<Directory>,
    (id, expected): (&str, Option<&Tags>),
    draft: &UserDraft,
    links: Links,
) -> Result<Record, Error> {
    let mut kept = meant(tx, of, (id, expected))?;
    if draft.resource != kept.record.resource {
        let before = emails(&kept.record.restore()?);
        write(tx, of, &mut kept, (&before, draft))?;
    }
    with_groups(tx, kept.record, links)
}

/// Changes a user; with nothing new, nothing happens.
pub(super) fn change(
    tx: &Tx<'_>,
    of: &Id<Directory>,
    (id, expected): (&str, Option<&Tags>),
    patch: &Patch,
    links: Links,
) -> Result<Record, Error> {
    let mut kept = meant(tx, of, (id, expected))?;
    let mut resource = kept.record.restore()?;
    let before = emails(&resource);
    if patch.apply(&mut resource, id)?.resource {
        write(tx, of, &mut kept, (&before, &UserDraft::of(&resource)))?;
    }
    with_groups(tx, kept.record, links)
}

/// Deletes a user, who leaves every group.
pub(super) fn delete(
    tx: &Tx<'_>,
    of: &Id<Directory>,
    id: &str,
    expected: Option<&Tags>,
) -> Result<(), Error> {
    let kept = meant(tx, of, (id, expected))?;
    member::leave_all(tx, id)?;
    tx.run(sql::EMAILS_DELETE, params![id])?;
    tx.run(sql::DELETE, params![id])?;
    block::leave(tx, of, kept.place)?;
    count(tx, of, kept.is_active, -1)
}

/// The user who is to be changed, at one of the versions at which it is meant.
fn meant(
    tx: &Tx<'_>,
    of: &Id<Directory>,
    (id, expected): (&str, Option<&Tags>),
) -> Result<Kept, Error> {
    directory::provision(tx, of)?;
    let kept = kept(tx, of, id)?;
    kept.record.require(expected)?;
    Ok(kept)
}

fn with_groups(tx: &Tx<'_>, mut record: Record, links: Links) -> Result<Record, Error> {
    if links.are_read_of(&record) {
        record.links = member::groups_of(tx, &record.id)?;
    }
    Ok(record)
}

fn write(
    tx: &Tx<'_>,
    of: &Id<Directory>,
    kept: &mut Kept,
    (emails, draft): (&BTreeSet<String>, &UserDraft),
) -> Result<(), Error> {
    let record = &mut kept.record;
    let id = record.id.as_str();
    let named = params![of, &draft.user_name, id];
    if tx.find(sql::OTHER_WITH_USER_NAME, named, |row| row.get::<String>("id"))?.is_some() {
        return Err(taken());
    }
    tx.run(
        sql::UPDATE,
        params![
            id,
            &draft.user_name,
            draft.external_id.as_deref(),
            draft.is_active,
            &draft.resource,
            tx.now
        ],
    )?;
    for gone in emails.difference(&draft.emails) {
        tx.run(sql::EMAIL_DELETE, params![of, gone, id])?;
    }
    for new in draft.emails.difference(emails) {
        tx.run(sql::EMAIL_INSERT, params![of, new, id])?;
    }
    if kept.is_active != draft.is_active {
        count(tx, of, kept.is_active, -1)?;
        count(tx, of, draft.is_active, 1)?;
    }
    record.version.0 += 1;
    record.last_modified = tx.now;
    record.resource.clone_from(&draft.resource);
    Ok(())
}

/// One user more, or one less.
fn count(tx: &Tx<'_>, of: &Id<Directory>, is_active: bool, by: i64) -> Result<(), Error> {
    let statement = if is_active { sql::COUNT_ACTIVE } else { sql::COUNT_INACTIVE };
    tx.run(statement, params![of, by]).map(drop)
}

fn kept(tx: &Tx<'_>, of: &Id<Directory>, id: &str) -> Result<Kept, Error> {
    let found = tx.find(sql::BY_ID, params![of, id], from_row)?;
    found.ok_or_else(|| record::missing(ResourceType::User, id))
}

/// The email addresses of a user, as they are looked for.
fn emails(resource: &Resource) -> BTreeSet<String> {
    User::of(resource).emails().map(|it| fold(it.value)).collect()
}

fn taken() -> Error {
    Rejected::uniqueness("another user of this directory has this `userName`").into()
}

pub(super) fn from_row(row: &Row<'_>) -> Result<Kept, Error> {
    Ok(Kept {
        record: Record {
            resource_type: ResourceType::User,
            id: row.get("id")?,
            version: record::version(row.get("version")?),
            created: row.get("created_at")?,
            last_modified: row.get("updated_at")?,
            resource: row.get("resource")?,
            members: 0,
            links: Vec::new(),
        },
        place: row.get("place")?,
        is_active: row.get("active")?,
    })
}
