//! Users and groups alike: what a request does to one of them, whichever it is.

use super::{
    Directory,
    group::{self, GroupDraft},
    member,
    record::{Links, Record},
    user::{self, UserDraft},
};
use crate::{
    kit::{error::Error, id::Id},
    scim::{Link, Patch, Received, ResourceType, Tags},
    store::Tx,
};

/// What a user or a group is to be, ready to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Draft {
    /// A user.
    User(UserDraft),
    /// A group.
    Group(GroupDraft),
}

/// One user or group of a directory, at whichever version it may be.
#[derive(Debug, Clone)]
pub struct Target {
    /// The directory.
    pub directory: Id<Directory>,
    /// What it is.
    pub resource_type: ResourceType,
    /// Its id.
    pub id: String,
    /// The versions at which it is meant; any, where nobody says.
    pub expected: Option<Tags>,
}

impl From<Received> for Draft {
    fn from(received: Received) -> Self {
        let Received { resource, members } = received;
        match resource.resource_type() {
            ResourceType::User => Self::User(UserDraft::of(&resource)),
            ResourceType::Group => Self::Group(GroupDraft::of(&resource, members)),
        }
    }
}

impl Target {
    fn at(&self) -> (&str, Option<&Tags>) {
        (&self.id, self.expected.as_ref())
    }
}

/// Makes a user or a group.
pub fn create(
    tx: &Tx<'_>,
    directory: &Id<Directory>,
    draft: &Draft,
    links: Links,
) -> Result<Record, Error> {
    match draft {
        Draft::User(draft) => user::create(tx, directory, draft),
        Draft::Group(draft) => group::create(tx, directory, draft, links),
    }
}

/// The user or group. Where it is at one of the versions that are known already, nothing else of it is
/// read.
pub fn find(
    tx: &Tx<'_>,
    target: &Target,
    known: Option<&Tags>,
    links: Links,
) -> Result<Record, Error> {
    let mut record = match target.resource_type {
        ResourceType::User => user::find(tx, &target.directory, &target.id)?,
        ResourceType::Group => group::find(tx, &target.directory, &target.id)?,
    };
    let is_known = known.is_some_and(|tags| tags.matches(record.version));
    if !is_known && links.are_read_of(&record) {
        record.links = links_of(tx, &record)?;
    }
    Ok(record)
}

/// Makes it another one.
pub fn replace(tx: &Tx<'_>, target: &Target, draft: &Draft, links: Links) -> Result<Record, Error> {
    match draft {
        Draft::User(draft) => user::replace(tx, &target.directory, target.at(), draft, links),
        Draft::Group(draft) => group::replace(tx, &target.directory, target.at(), draft, links),
    }
}

/// Changes it.
pub fn change(tx: &Tx<'_>, target: &Target, patch: &Patch, links: Links) -> Result<Record, Error> {
    let of = &target.directory;
    match target.resource_type {
        ResourceType::User => user::change(tx, of, target.at(), patch, links),
        ResourceType::Group => group::change(tx, of, target.at(), patch, links),
    }
}

/// Deletes it.
pub fn delete(tx: &Tx<'_>, target: &Target) -> Result<(), Error> {
    let (id, expected) = target.at();
    match target.resource_type {
        ResourceType::User => user::delete(tx, &target.directory, id, expected),
        ResourceType::Group => group::delete(tx, &target.directory, id, expected),
    }
}

/// The members of a group, the groups of a user.
pub(super) fn links_of(tx: &Tx<'_>, record: &Record) -> Result<Vec<Link>, Error> {
    match record.resource_type {
        ResourceType::User => member::groups_of(tx, &record.id),
        ResourceType::Group => member::of_group(tx, &record.id),
    }
}
