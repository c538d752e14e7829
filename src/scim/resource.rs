//! A resource: what a client said of a user or a group, made canonical, without what only the server
//! knows (`id`, `meta`, `groups`) and without members, which are too many to carry along.

mod assign;
mod coerce;
mod receive;
mod render;

use serde_json::{Map, Value as Json};

pub use self::{assign::Verb, render::render_stored};
pub(super) use self::{
    assign::{add, assign, elements_of, may_change, only_primary, tidy, unassign},
    coerce::{coerce as coerce_part, each_once, parts},
    receive::{MAX_RESOURCE, check, check_size, extend, is_urn, spread, weight},
};
use super::{
    attribute_path::AttributePath, etag::Version, group::Member, rejected::Rejected,
    schema::ResourceType,
};
use crate::kit::time::Timestamp;

/// A user or a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    resource_type: ResourceType,
    attributes: Map<String, Json>,
}

/// What a client wants a resource to be: the body of a POST or a PUT.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The resource.
    pub resource: Resource,
    /// The members of a group, where they were given.
    pub members: Option<Vec<Member>>,
}

/// What the server knows of a resource, and tells with it.
#[derive(Debug, Clone, Copy)]
pub struct Served<'a> {
    /// Its id.
    pub id: &'a str,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub last_modified: Timestamp,
    /// Its version.
    pub version: Version,
    /// The address of the directory's endpoints, without a slash at its end.
    pub base: &'a str,
    /// The members of a group, the groups of a user; empty where they are not asked for.
    pub links: &'a [Link],
}

impl Served<'_> {
    /// Where the resource lies.
    #[must_use]
    pub fn location(&self, of: ResourceType) -> String {
        format!("{}/{}/{}", self.base, of.endpoint(), self.id)
    }
}

/// A member of a group, or a group of a user, as the server tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The id of the other.
    pub value: String,
    /// What it is.
    pub kind: LinkKind,
    /// Its name.
    pub display: Option<String>,
}

/// What is linked, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkKind {
    /// A user is a member.
    User,
    /// A group is a member.
    Group,
    /// The user is a member of the group.
    Direct,
    /// The user is in the group through another.
    Indirect,
}

impl LinkKind {
    /// The `type` on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Direct => "direct",
            Self::Indirect => "indirect",
        }
    }

    /// What stands at the other end.
    #[must_use]
    pub fn resource_type(self) -> ResourceType {
        match self {
            Self::User => ResourceType::User,
            Self::Group | Self::Direct | Self::Indirect => ResourceType::Group,
        }
    }
}

/// An attribute that is not what it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Its name; of an extension's, with the URN before it.
    pub attribute: String,
    /// What it was.
    pub before: Option<Json>,
    /// What it is.
    pub after: Option<Json>,
}

impl Resource {
    /// Reads the body of a POST or a PUT.
    pub fn receive(of: ResourceType, body: &[u8]) -> Result<Received, Rejected> {
        receive::receive(of, super::json::object(body)?)
    }

    /// The same, where the JSON has been read already: in a bulk.
    pub fn receive_json(of: ResourceType, body: Json) -> Result<Received, Rejected> {
        match body {
            Json::Object(map) => receive::receive(of, map),
            _ => Err(Rejected::invalid_syntax("a resource is a JSON object")),
        }
    }

    /// Reads what [`Resource::stored`] wrote; none when it does not parse.
    #[must_use]
    pub fn restore(of: ResourceType, stored: &str) -> Option<Self> {
        let mut attributes: Map<String, Json> = serde_json::from_str(stored).ok()?;
        attributes.remove("schemas");
        Some(Self { resource_type: of, attributes })
    }

    /// The form to store: compact JSON with `schemas` first, the same for equal resources.
    #[must_use]
    pub fn stored(&self) -> String {
        render::stored(self)
    }

    /// What it is.
    #[must_use]
    pub fn resource_type(&self) -> ResourceType {
        self.resource_type
    }

    /// Everything that was said, by canonical names; extensions under their URNs.
    #[must_use]
    pub fn attributes(&self) -> &Map<String, Json> {
        &self.attributes
    }

    /// The attributes of an extension, by its URN in any case.
    #[must_use]
    pub fn extension(&self, urn: &str) -> Option<&Map<String, Json>> {
        member(&self.attributes, urn)?.as_object()
    }

    /// The text of an attribute of the core; none when it is empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)?.as_str().filter(|it| !it.is_empty())
    }

    /// What stands at a path: an attribute, a part of one, of several values the primary one's,
    /// else the first one's.
    #[must_use]
    pub fn at(&self, path: &AttributePath) -> Option<&Json> {
        let place = path.on(self.resource_type);
        let holder = match place.extension {
            None => &self.attributes,
            Some(urn) => self.extension(urn)?,
        };
        let value = member(holder, place.name)?;
        let Some(sub) = place.sub else { return Some(value) };
        let is_primary = |it: &&Json| it.get("primary") == Some(&Json::Bool(true));
        let whole = match value {
            Json::Array(list) => list.iter().find(is_primary).or(list.first())?,
            one => one,
        };
        member(whole.as_object()?, sub)
    }

    /// The schemas of what it holds: its own, then those of its extensions.
    #[must_use]
    pub fn schemas(&self) -> Vec<&str> {
        let extensions = self.attributes.iter().filter(|(name, it)| is_urn(name) && it.is_object());
        let extensions = extensions.map(|(name, _)| name.as_str());
        std::iter::once(self.resource_type.schema().id).chain(extensions).collect()
    }

    /// What differs in `after`, attribute by attribute.
    #[must_use]
    pub fn differences(&self, after: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        compare("", &self.attributes, &after.attributes, &mut found);
        found
    }

    /// Takes an extension away, by its URN in any case.
    pub(super) fn remove_extension(&mut self, urn: &str) {
        if let Some(known) = key(&self.attributes, urn).map(str::to_owned) {
            self.attributes.remove(&known);
        }
    }

    fn new(resource_type: ResourceType) -> Self {
        Self { resource_type, attributes: Map::new() }
    }

    /// The attributes of the core, or of an extension, which is made if it must.
    #[expect(clippy::expect_used, reason = "it was made an object in the line before")]
    fn attributes_mut(&mut self, extension: Option<&str>) -> &mut Map<String, Json> {
        let Some(urn) = extension else { return &mut self.attributes };
        let known = key(&self.attributes, urn).unwrap_or(urn).to_owned();
        let entry = self.attributes.entry(known).or_insert(Json::Null);
        if !entry.is_object() {
            *entry = Json::Object(Map::new());
        }
        entry.as_object_mut().expect("an extension is an object")
    }
}

fn compare(
    prefix: &str,
    before: &Map<String, Json>,
    after: &Map<String, Json>,
    found: &mut Vec<Difference>,
) {
    let added = after.keys().filter(|it| !before.contains_key(*it));
    for name in before.keys().chain(added) {
        let (one, other) = (before.get(name), after.get(name));
        if one == other {
            continue;
        }
        let nothing = Map::new();
        if prefix.is_empty() && is_urn(name) {
            let inside = |it: Option<&'_ Json>| it.and_then(Json::as_object).cloned();
            let (one, other) = (inside(one), inside(other));
            let prefix = format!("{name}:");
            let (one, other) =
                (one.as_ref().unwrap_or(&nothing), other.as_ref().unwrap_or(&nothing));
            compare(&prefix, one, other, found);
        } else {
            let attribute = format!("{prefix}{name}");
            found.push(Difference { attribute, before: one.cloned(), after: other.cloned() });
        }
    }
}

/// A member of an object, by its name as it is written, else in any case.
pub(super) fn member<'a>(map: &'a Map<String, Json>, name: &str) -> Option<&'a Json> {
    map.get(name).or_else(|| {
        map.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

/// How the name of a member is written in an object.
pub(super) fn key<'a>(map: &'a Map<String, Json>, name: &str) -> Option<&'a str> {
    let exact = map.get_key_value(name).map(|(known, _)| known.as_str());
    exact.or_else(|| map.keys().map(String::as_str).find(|it| it.eq_ignore_ascii_case(name)))
}
