//! The domains that an application wants an organization to have (`domain_data`): its word decides.

use std::collections::BTreeMap;

use super::{Claimable, DomainState, OrganizationDomain, add, delete, move_to, of_organization};
use crate::{
    kit::{
        error::{Error, Refused},
        id::Id,
    },
    organizations::Organization,
    store::Tx,
};

/// The most domains of one organization.
pub const MOST: usize = 200;

/// The domains that an organization is to have, each once. A state that is not given stays what it
/// is, and is pending for a domain that is new.
#[derive(Debug, Clone, Default)]
pub struct Wanted(BTreeMap<Claimable, Option<DomainState>>);

impl Wanted {
    /// Takes the domains, or says what may not stand: too many, or one in two states.
    pub fn parse(
        given: impl IntoIterator<Item = (Claimable, Option<DomainState>)>,
    ) -> Result<Self, Error> {
        let mut wanted = BTreeMap::new();
        for (domain, state) in given {
            if wanted.get(&domain).is_some_and(|other| *other != state) {
                let why = format!("`{domain}` is given twice, in two states");
                return Err(Refused::field("domain_data", "ambiguous_domain", why));
            }
            wanted.insert(domain, state);
            if wanted.len() > MOST {
                let why = format!("an organization has at most {MOST} domains");
                return Err(Refused::field("domain_data", "too_many_domains", why));
            }
        }
        Ok(Self(wanted))
    }
}

/// Makes these the organization's domains: adds, changes and drops what differs.
pub(in crate::organizations) fn replace(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
    wanted: &Wanted,
) -> Result<(), Error> {
    let mut missing = wanted.0.clone();
    for mut present in of_organization(tx, organization)? {
        let found = missing.keys().find(|wanted| *wanted.domain() == present.domain).cloned();
        match found.and_then(|domain| missing.remove(&domain)) {
            None => delete(tx, &present.id)?,
            Some(Some(state)) if state != present.state => {
                move_to(tx, &mut present, state, state.strategy())?;
            }
            Some(_) => {}
        }
    }
    add_all(tx, organization, &Wanted(missing)).map(drop)
}

/// Adds domains that the organization does not have, in their order.
pub(in crate::organizations) fn add_all(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
    wanted: &Wanted,
) -> Result<Vec<OrganizationDomain>, Error> {
    let add = |(domain, state): (&Claimable, &Option<DomainState>)| {
        add(tx, organization, domain, state.unwrap_or(DomainState::Pending))
    };
    wanted.0.iter().map(add).collect()
}
