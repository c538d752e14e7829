//! The enterprise extension of a user, as RFC 7643 §4.3 and §8.7.1 have it.

use super::{Attribute, ENTERPRISE, Schema};

pub(super) static SCHEMA: Schema = Schema {
    id: ENTERPRISE,
    name: "EnterpriseUser",
    description: "Enterprise User",
    attributes: ATTRIBUTES,
};

const ATTRIBUTES: &[Attribute] = &[
    Attribute::string("employeeNumber", "What the organization numbers the person by."),
    Attribute::string("costCenter", "The name of a cost center."),
    Attribute::string("organization", "The name of an organization."),
    Attribute::string("division", "The name of a division."),
    Attribute::string("department", "The name of a department."),
    Attribute::complex("manager", MANAGER, "Who the user reports to."),
];

const MANAGER: &[Attribute] = &[
    Attribute::string("value", "The id of the user who is the manager.").exact(),
    Attribute::reference("$ref", &["User"], "Where the manager lies."),
    Attribute::string("displayName", "The manager's name.").read_only(),
];
