//! What is read from a group: its name, and who is in it.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::{
    rejected::Rejected,
    resource::{LinkKind, Resource, member},
    schema::ResourceType,
};

/// The longest id of a member, in bytes.
const MAX_ID: usize = 255;
/// The longest name of a member, in bytes; a longer one is as good as none.
const MAX_DISPLAY: usize = 1024;

impl From<ResourceType> for LinkKind {
    fn from(member: ResourceType) -> Self {
        match member {
            ResourceType::User => Self::User,
            ResourceType::Group => Self::Group,
        }
    }
}

/// A member, as a client names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The id of the user or group; whether there is one, the kernel cannot know.
    pub value: String,
    /// What it is, where that was said: by `type`, or by the address in `$ref`.
    pub kind: Option<ResourceType>,
    /// Its name, where that was said.
    pub display: Option<String>,
}

impl Member {
    /// Members from a list, an object, or the id alone, in any mixture; each once.
    pub fn list(value: &Json) -> Result<Vec<Self>, Rejected> {
        let list = match value {
            Json::Array(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut members = Vec::with_capacity(list.len());
        let mut seen = HashSet::with_capacity(list.len());
        for value in list.iter().filter(|it| !it.is_null()) {
            let (id, kind, display) = said(value)?;
            if id.is_empty() || id.len() > MAX_ID {
                let why = "a member has a `value`, the id of a user or group";
                return Err(Rejected::invalid_value(why));
            }
            if seen.insert(id) {
                let display = display.map(str::to_owned);
                members.push(Self { value: id.to_owned(), kind, display });
            }
        }
        Ok(members)
    }
}

/// What is said of a member: its id, what it is, its name.
fn said(value: &Json) -> Result<(&str, Option<ResourceType>, Option<&str>), Rejected> {
    let map = match value {
        Json::String(id) => return Ok((id, None, None)),
        Json::Object(map) => map,
        _ => return Err(Rejected::invalid_value("a member is an object with a `value`")),
    };
    let text = |name: &str| member(map, name).and_then(Json::as_str);
    let reference = text("$ref").unwrap_or_default();
    let kind = text("type").and_then(ResourceType::parse).or_else(|| kind_of(reference));
    let id = text("value").or_else(|| reference.rsplit('/').next()).unwrap_or_default();
    // Microsoft's own examples call it `displayName`.
    let display = text("display").or_else(|| text("displayName"));
    let display = display.filter(|it| (1..=MAX_DISPLAY).contains(&it.len()));
    Ok((id, kind, display))
}

/// `…/Users/{id}`, `…/Groups/{id}`.
fn kind_of(reference: &str) -> Option<ResourceType> {
    ResourceType::from_endpoint(reference.rsplit('/').nth(1)?)
}

/// A group, as it is read.
#[derive(Debug, Clone, Copy)]
pub struct Group<'a>(&'a Resource);

impl<'a> Group<'a> {
    /// Reads a resource as a group.
    #[must_use]
    pub fn of(resource: &'a Resource) -> Self {
        Self(resource)
    }

    /// Its name; never empty.
    #[must_use]
    pub fn display_name(self) -> &'a str {
        self.0.text("displayName").unwrap_or_default()
    }

    /// The name that the provider has for it.
    #[must_use]
    pub fn external_id(self) -> Option<&'a str> {
        self.0.text("externalId")
    }
}
