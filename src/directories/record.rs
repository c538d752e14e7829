//! A user or a group as it stands: what is told of it, and at which version.

use crate::{
    kit::{
        error::{Error, Fault},
        time::Timestamp,
    },
    scim::{Link, Rejected, Resource, ResourceType, Served, Tags, Version},
};

/// A user or a group.
#[derive(Debug, Clone)]
pub struct Record {
    /// What it is.
    pub resource_type: ResourceType,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: Version,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub last_modified: Timestamp,
    /// What its provider said of it, in the form that [`Resource::stored`] writes.
    pub resource: String,
    /// How many members a group has; 0 of a user.
    pub members: u64,
    /// The members of a group, the groups of a user, where they were asked for.
    pub links: Vec<Link>,
}

/// Whether members of a group, or groups of a user, are read with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// They are not.
    None,
    /// They are; but not those of a group that has more members than so many.
    UpTo(u64),
    /// All of them.
    All,
}

impl Links {
    /// Whether those of this record are read.
    pub(super) fn are_read_of(self, record: &Record) -> bool {
        match self {
            Self::None => false,
            Self::UpTo(most) => record.members <= most,
            Self::All => true,
        }
    }
}

impl Record {
    /// With what the server knows of it; `base` is the address of the directory's endpoints.
    #[must_use]
    pub fn served<'a>(&'a self, base: &'a str) -> Served<'a> {
        Served { links: &self.links, ..self.served_without_links(base) }
    }

    pub(super) fn served_without_links<'a>(&'a self, base: &'a str) -> Served<'a> {
        Served {
            id: &self.id,
            created: self.created,
            last_modified: self.last_modified,
            version: self.version,
            base,
            links: &[],
        }
    }

    /// The resource, to be changed or asked.
    pub(super) fn restore(&self) -> Result<Resource, Error> {
        Resource::restore(self.resource_type, &self.resource).ok_or_else(|| {
            let table = match self.resource_type {
                ResourceType::User => "directory_users",
                ResourceType::Group => "directory_groups",
            };
            Fault::Inconsistent { table, column: "resource".to_owned(), id: self.id.clone() }.into()
        })
    }

    /// Refuses a change that was meant for another version.
    pub(super) fn require(&self, expected: Option<&Tags>) -> Result<(), Error> {
        if expected.is_none_or(|tags| tags.matches(self.version)) {
            return Ok(());
        }
        let why = format!("this is at version {} by now", self.version);
        Err(Rejected::precondition_failed(why).into())
    }
}

/// Nothing is here under this id.
pub(super) fn missing(of: ResourceType, id: &str) -> Error {
    let name = of.as_str().to_lowercase();
    Rejected::not_found(format!("there is no {name} `{id}` in this directory")).into()
}

/// A version, as it is kept.
pub(super) fn version(number: i64) -> Version {
    Version(u64::try_from(number).unwrap_or_default())
}
