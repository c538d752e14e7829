//! An organization's domains: who owns which, and whether that is proved.

use std::collections::BTreeMap;

use super::{Organization, sql};
use crate::{
    kit::{
        error::{Error, Refused},
        id::{Id, Prefixed},
        text::{Domain, Email},
        time::Timestamp,
    },
    objects,
    store::{Row, Tx, params},
};

/// A domain of an organization. A domain belongs to one organization at most.
#[derive(Debug, Clone)]
pub struct OrganizationDomain {
    /// `org_domain_…`.
    pub id: Id<OrganizationDomain>,
    organization: Id<Organization>,
    /// The name.
    pub domain: Domain,
    /// Whether it is proved.
    pub state: DomainState,
    strategy: Strategy,
    token: String,
    prefix: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// How far the proof of a domain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainState {
    /// Nobody has proved it yet.
    Pending,
    /// It is proved, by DNS or by the application's word.
    Verified,
}

/// What the proof rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strategy {
    Dns,
    Manual,
}

impl DomainState {
    /// As stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Verified => "verified",
        }
    }

    /// Takes the published word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "pending" => Some(Self::Pending),
            "verified" => Some(Self::Verified),
            _ => None,
        }
    }

    /// The application's word makes a domain verified without DNS.
    fn strategy(self) -> Strategy {
        match self {
            Self::Pending => Strategy::Dns,
            Self::Verified => Strategy::Manual,
        }
    }
}

impl Strategy {
    fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Manual => "manual",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "dns" => Some(Self::Dns),
            "manual" => Some(Self::Manual),
            _ => None,
        }
    }
}

impl Prefixed for OrganizationDomain {
    const PREFIX: &'static str = "org_domain_";
}

impl OrganizationDomain {
    /// As the APIs show it.
    #[must_use]
    pub fn published(self) -> objects::OrganizationDomain {
        objects::OrganizationDomain {
            id: self.id.to_string(),
            organization_id: self.organization.to_string(),
            domain: self.domain.to_string(),
            state: self.state.as_str(),
            verification_strategy: self.strategy.as_str(),
            verification_token: self.token,
            verification_prefix: self.prefix,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// The domains of an organization, oldest first.
pub fn of_organization(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
) -> Result<Vec<OrganizationDomain>, Error> {
    tx.list(sql::DOMAINS_OF, params![organization], from_row)
}

/// Whether the organization has proved that it owns the address's domain.
pub fn owns(tx: &Tx<'_>, organization: &Id<Organization>, email: &Email) -> Result<bool, Error> {
    Ok(verified_owner(tx, email.domain())?.is_some_and(|owner| owner == *organization))
}

/// Whose domain this is, proved or not.
pub fn owner(tx: &Tx<'_>, domain: &Domain) -> Result<Option<Id<Organization>>, Error> {
    tx.find(sql::DOMAIN_OWNER, params![domain.as_str()], |row| row.get("organization_id"))
}

/// The organization that has proved that it owns this domain.
pub fn verified_owner(tx: &Tx<'_>, domain: &Domain) -> Result<Option<Id<Organization>>, Error> {
    let found = tx.find(sql::DOMAIN_OWNER, params![domain.as_str()], |row| {
        let owner = row.get::<Id<Organization>>("organization_id")?;
        Ok((owner, row.parse("state", DomainState::parse)?))
    })?;
    Ok(found.filter(|(_, state)| *state == DomainState::Verified).map(|(owner, _)| owner))
}

/// The most domains of one organization.
pub const MOST: usize = 200;

/// The domains that an organization is to have, each once. A state that is not given stays what it
/// is, and is pending for a domain that is new.
#[derive(Debug, Clone, Default)]
pub struct Wanted(BTreeMap<Domain, Option<DomainState>>);

impl Wanted {
    /// Takes the domains, or says what may not stand: too many, or one in two states.
    pub fn parse(
        given: impl IntoIterator<Item = (Domain, Option<DomainState>)>,
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
pub(super) fn replace(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
    wanted: &Wanted,
) -> Result<(), Error> {
    let mut missing = wanted.0.clone();
    for present in of_organization(tx, organization)? {
        match missing.remove(&present.domain) {
            None => drop(tx.run(sql::DOMAIN_DELETE, params![&present.id])?),
            Some(Some(state)) if state != present.state => {
                let strategy = state.strategy().as_str();
                tx.run(sql::DOMAIN_UPDATE, params![&present.id, state.as_str(), strategy, tx.now])?;
            }
            Some(_) => {}
        }
    }
    add_all(tx, organization, &Wanted(missing)).map(drop)
}

/// Adds domains that the organization does not have, in their order.
pub(super) fn add_all(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
    wanted: &Wanted,
) -> Result<Vec<OrganizationDomain>, Error> {
    let add = |(domain, state): (&Domain, &Option<DomainState>)| {
        add(tx, organization, domain, state.unwrap_or(DomainState::Pending))
    };
    wanted.0.iter().map(add).collect()
}

fn add(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
    domain: &Domain,
    state: DomainState,
) -> Result<OrganizationDomain, Error> {
    let suffix = tx.chance().alphanumeric(6).to_lowercase();
    let added = OrganizationDomain {
        id: tx.id(),
        organization: organization.clone(),
        domain: domain.clone(),
        state,
        strategy: state.strategy(),
        token: tx.chance().alphanumeric(25),
        prefix: format!("kernia-domain-verification-{suffix}"),
        created_at: tx.now,
        updated_at: tx.now,
    };
    let rows = tx.run(
        sql::DOMAIN_INSERT,
        params![
            &added.id,
            organization,
            domain.as_str(),
            state.as_str(),
            added.strategy.as_str(),
            &added.token,
            &added.prefix,
            tx.now
        ],
    )?;
    if rows == 0 {
        return Err(Refused::conflict(
            "domain_already_exists",
            format!("The domain '{domain}' already belongs to another organization."),
        ));
    }
    Ok(added)
}

fn from_row(row: &Row<'_>) -> Result<OrganizationDomain, Error> {
    Ok(OrganizationDomain {
        id: row.get("id")?,
        organization: row.get("organization_id")?,
        domain: row.parse("domain", |text| Domain::parse(text).ok())?,
        state: row.parse("state", DomainState::parse)?,
        strategy: row.parse("verification_strategy", Strategy::parse)?,
        token: row.get("verification_token")?,
        prefix: row.get("verification_prefix")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
