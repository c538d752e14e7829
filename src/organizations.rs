//! Organizations: the customers, with their domains and what the application keeps with them.

pub mod domain;
mod metadata;
mod organization;
mod sql;

pub use self::{
    domain::{DomainState, OrganizationDomain},
    metadata::{ExternalId, Metadata},
    organization::{
        Change, Draft, Filter, Organization, create, delete, find, find_by_external_id, list,
        update,
    },
};
