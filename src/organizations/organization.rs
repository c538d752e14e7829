//! Organizations: made, found, listed, changed and deleted.

use std::collections::BTreeSet;

use super::{ExternalId, Metadata, domain, sql};
use crate::{
    kit::{
        error::{Error, Refused},
        id::{Id, Prefixed},
        page::{Listed, Page},
        text::{Domain, Label},
        time::Timestamp,
    },
    objects,
    store::{self, Placed, Row, Tx, Value, params},
};

/// A customer of the application.
#[derive(Debug, Clone)]
pub struct Organization {
    /// `org_…`.
    pub id: Id<Organization>,
    /// What people call it.
    pub name: String,
    /// Whether people whose address is in none of its verified domains may sign in.
    pub allow_profiles_outside_organization: bool,
    external_id: Option<String>,
    stripe_customer_id: Option<String>,
    metadata: Metadata,
    domains: Vec<domain::OrganizationDomain>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// What a new organization is to be.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its name.
    pub name: Label,
    /// Its domains and whether they count as proved.
    pub domains: domain::Wanted,
    /// What the application keeps with it.
    pub metadata: Metadata,
    /// The application's own id for it.
    pub external_id: Option<ExternalId>,
    /// See [`Organization::allow_profiles_outside_organization`].
    pub allow_profiles_outside_organization: bool,
}

/// What is to change of an organization; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<Label>,
    /// Its domains from now on.
    pub domains: Option<domain::Wanted>,
    /// Its metadata from now on.
    pub metadata: Option<Metadata>,
    /// Another id of the application's, or none.
    pub external_id: Option<Option<ExternalId>>,
    /// Another Stripe customer, or none.
    pub stripe_customer_id: Option<Option<Label>>,
    /// See [`Organization::allow_profiles_outside_organization`].
    pub allow_profiles_outside_organization: Option<bool>,
}

/// Which organizations a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those with one of these domains.
    pub domains: Vec<Domain>,
    /// Those whose name holds this text, in any case.
    pub search: Option<String>,
}

impl Prefixed for Organization {
    const PREFIX: &'static str = "org_";
}

impl Placed for Organization {
    type Kind = Self;
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

impl Organization {
    /// As the APIs show it.
    #[must_use]
    pub fn published(self) -> objects::Organization {
        objects::Organization {
            id: self.id.to_string(),
            name: self.name,
            domains: self.domains.into_iter().map(domain::OrganizationDomain::published).collect(),
            metadata: self.metadata.into_inner(),
            external_id: self.external_id,
            stripe_customer_id: self.stripe_customer_id,
            allow_profiles_outside_organization: self.allow_profiles_outside_organization,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// Makes an organization with its domains.
pub fn create(tx: &Tx<'_>, draft: &Draft) -> Result<Organization, Error> {
    let mut organization = Organization {
        id: tx.id(),
        name: draft.name.as_str().to_owned(),
        allow_profiles_outside_organization: draft.allow_profiles_outside_organization,
        external_id: draft.external_id.as_ref().map(|external| external.as_str().to_owned()),
        stripe_customer_id: None,
        metadata: draft.metadata.clone(),
        domains: Vec::new(),
        created_at: tx.now,
        updated_at: tx.now,
    };
    let inserted = tx.run(
        sql::INSERT,
        params![
            &organization.id,
            &organization.name,
            organization.name.to_lowercase(),
            organization.external_id.as_deref(),
            Value::Null,
            organization.allow_profiles_outside_organization,
            organization.metadata.to_json(),
            tx.now
        ],
    )?;
    if inserted == 0 {
        return Err(external_id_taken());
    }
    organization.domains = domain::add_all(tx, &organization.id, &draft.domains)?;
    Ok(organization)
}

/// The organization `id`, or `entity_not_found`.
pub fn find(tx: &Tx<'_>, id: &Id<Organization>) -> Result<Organization, Error> {
    let found = tx.find(sql::BY_ID, params![id], from_row)?;
    whole(tx, found.ok_or_else(|| missing(id.as_str()))?)
}

/// The organization with this id of the application's, or `entity_not_found`.
pub fn find_by_external_id(tx: &Tx<'_>, external_id: &ExternalId) -> Result<Organization, Error> {
    let found = tx.find(sql::BY_EXTERNAL_ID, params![external_id.as_str()], from_row)?;
    whole(tx, found.ok_or_else(|| missing(external_id.as_str()))?)
}

/// A page of organizations.
pub fn list(tx: &Tx<'_>, filter: &Filter, page: &Page) -> Result<Listed<Organization>, Error> {
    let mut listed = if filter.domains.is_empty() {
        let name = filter.search.as_deref().map(store::folded_pattern);
        tx.page(&sql::LIST, page, params![name], from_row)?
    } else {
        tx.page_of(&sql::LIST, page, claimants(tx, filter)?)?
    };
    listed.data =
        listed.data.into_iter().map(|found| whole(tx, found)).collect::<Result<_, _>>()?;
    Ok(listed)
}

/// The organizations that claim one of the filter's domains: found by domain, not by looking at all.
fn claimants(tx: &Tx<'_>, filter: &Filter) -> Result<Vec<Organization>, Error> {
    let mut ids = BTreeSet::new();
    for domain in &filter.domains {
        ids.extend(domain::claimants(tx, domain)?);
    }
    let mut found = Vec::new();
    for id in &ids {
        found.extend(tx.find(sql::BY_ID, params![id], from_row)?);
    }
    if let Some(search) = &filter.search {
        let search = search.to_lowercase();
        found.retain(|one| one.name.to_lowercase().contains(&search));
    }
    Ok(found)
}

/// Changes what is given and leaves the rest.
pub fn update(tx: &Tx<'_>, id: &Id<Organization>, change: &Change) -> Result<Organization, Error> {
    let mut next = find(tx, id)?;
    let change = change.clone();
    if let Some(name) = change.name {
        name.as_str().clone_into(&mut next.name);
    }
    if let Some(metadata) = change.metadata {
        next.metadata = metadata;
    }
    if let Some(external_id) = change.external_id {
        next.external_id = external_id.map(|external| external.as_str().to_owned());
        let other = tx.find(
            sql::OTHER_WITH_EXTERNAL_ID,
            params![next.external_id.as_deref(), id],
            |row| row.get::<Id<Organization>>("id"),
        )?;
        if other.is_some() {
            return Err(external_id_taken());
        }
    }
    if let Some(customer) = change.stripe_customer_id {
        next.stripe_customer_id = customer.map(|customer| customer.as_str().to_owned());
    }
    if let Some(allow) = change.allow_profiles_outside_organization {
        next.allow_profiles_outside_organization = allow;
    }
    if let Some(domains) = change.domains {
        domain::replace(tx, id, &domains)?;
    }
    write(tx, &next)?;
    find(tx, id)
}

fn write(tx: &Tx<'_>, next: &Organization) -> Result<(), Error> {
    tx.run(
        sql::UPDATE,
        params![
            &next.id,
            &next.name,
            next.name.to_lowercase(),
            next.external_id.as_deref(),
            next.stripe_customer_id.as_deref(),
            next.allow_profiles_outside_organization,
            next.metadata.to_json(),
            tx.now
        ],
    )?;
    Ok(())
}

/// Deletes the organization, its domains and its IT contacts. What stands on it must be gone before:
/// `sso::delete_organization` sees to that.
pub fn delete(tx: &Tx<'_>, id: &Id<Organization>) -> Result<(), Error> {
    domain::delete_all(tx, id)?;
    tx.run(sql::IT_CONTACTS_DELETE, params![id])?;
    match tx.run(sql::DELETE, params![id])? {
        0 => Err(missing(id.as_str())),
        _ => Ok(()),
    }
}

fn whole(tx: &Tx<'_>, mut organization: Organization) -> Result<Organization, Error> {
    organization.domains = domain::of_organization(tx, &organization.id)?;
    Ok(organization)
}

fn missing(id: &str) -> Error {
    Refused::missing("entity_not_found", format!("Organization not found: '{id}'."))
}

fn external_id_taken() -> Error {
    Refused::malformed(
        "external_id_already_used",
        "The external_id provided has already been assigned to another organization.",
    )
}

fn from_row(row: &Row<'_>) -> Result<Organization, Error> {
    Ok(Organization {
        id: row.get("id")?,
        name: row.get("name")?,
        allow_profiles_outside_organization: row.get("allow_profiles_outside_organization")?,
        external_id: row.get("external_id")?,
        stripe_customer_id: row.get("stripe_customer_id")?,
        metadata: Metadata::parse(row.json("metadata")?)
            .map_err(|_| row.inconsistent("metadata"))?,
        domains: Vec::new(),
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
