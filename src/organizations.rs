//! Organizations: the customers, with their domains, their IT contacts and what the application
//! keeps with them.

pub mod domain;
pub mod it_contact;
mod metadata;
mod organization;
mod sql;

pub use self::{
    domain::{Claimable, DomainState, OrganizationDomain},
    it_contact::ItContact,
    metadata::{ExternalId, Metadata},
    organization::{
        Change, Draft, Filter, Organization, create, delete, find, find_by_external_id, list,
        update,
    },
};
