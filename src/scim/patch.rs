//! Changes (RFC 7644 §3.5.2): what a PATCH asks for, as identity providers really write it, and what
//! comes of it. Who joins or leaves a group is told, not done: a group may be large.

mod apply;
mod members;
mod read;

use serde_json::Value as Json;

use super::{
    filter::Filter,
    group::Member,
    json,
    path::Path,
    rejected::Rejected,
    resource::{Resource, Verb},
};

/// The schema of a PATCH.
pub const PATCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// The most operations of one PATCH.
pub const MAX_OPERATIONS: usize = 1000;

/// A list of changes, of which all are made or none.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    operations: Vec<Operation>,
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// What is done.
    pub verb: Verb,
    /// To what; none for the whole resource, whose attributes `value` names then.
    pub path: Option<Path>,
    /// With what; `null` where nothing was said.
    pub value: Json,
}

/// What came of a PATCH.
#[derive(Debug, Clone, PartialEq, Default)]
#[must_use]
pub struct Changed {
    /// Whether the resource is not what it was.
    pub resource: bool,
    /// Who joins and leaves the group, to be done in this order. Nobody has looked whether they
    /// are in it already.
    pub members: Vec<MemberChange>,
}

impl Changed {
    /// Whether nothing comes of it, whoever is in the group.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        !self.resource && self.members.is_empty()
    }
}

/// Who joins or leaves a group.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberChange {
    /// These join, or stay.
    Add(Vec<Member>),
    /// Those with these ids leave, if they are in it.
    Remove(Vec<String>),
    /// These are in it, and nobody else.
    Replace(Vec<Member>),
    /// Everybody leaves.
    Clear,
    /// Those leave for whom the condition holds ([`Link::matches`](super::Link::matches)).
    RemoveMatching(Filter),
}

impl Patch {
    /// Reads the body of a PATCH.
    pub fn parse(body: &[u8]) -> Result<Self, Rejected> {
        read::patch(Json::Object(json::object(body)?))
    }

    /// The same, where the JSON has been read already: in a bulk.
    pub fn from_json(body: Json) -> Result<Self, Rejected> {
        read::patch(body)
    }

    /// The changes, in their order; at least one.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Makes the changes. Refused, the resource is what it was. `id` is the resource's own, which
    /// some clients repeat.
    pub fn apply(&self, resource: &mut Resource, id: &str) -> Result<Changed, Rejected> {
        apply::apply(self, resource, id)
    }
}
