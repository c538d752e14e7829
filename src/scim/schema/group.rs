//! A group, as RFC 7643 §4.2 and §8.7.1 have it.

use super::{Attribute, GROUP, Schema};

pub(super) static SCHEMA: Schema =
    Schema { id: GROUP, name: "Group", description: "Group", attributes: ATTRIBUTES };

const ATTRIBUTES: &[Attribute] = &[
    Attribute::string("displayName", "The name of the group.").required(),
    Attribute::complex("members", MEMBERS, "Who is in the group: users and groups.").several(),
];

const MEMBERS: &[Attribute] = &[
    Attribute::string("value", "The id of the member.").exact().immutable(),
    Attribute::reference("$ref", &["User", "Group"], "Where the member lies.").immutable(),
    Attribute::string("type", "What the member is.").suggesting(&["User", "Group"]).immutable(),
    Attribute::string("display", "The member's name.").immutable(),
];
