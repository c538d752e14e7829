//! An organization's domains: who owns which, and whether that is proved.

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
    let domain = email.domain();
    Ok(of_organization(tx, organization)?
        .iter()
        .any(|owned| owned.state == DomainState::Verified && owned.domain.as_str() == domain))
}

/// Makes these the organization's domains: adds, changes and drops what differs.
pub(super) fn replace(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
    wanted: &[(Domain, DomainState)],
) -> Result<(), Error> {
    let present = of_organization(tx, organization)?;
    for gone in present.iter().filter(|p| !wanted.iter().any(|(d, _)| *d == p.domain)) {
        tx.run(sql::DOMAIN_DELETE, params![&gone.id])?;
    }
    for (domain, state) in wanted {
        match present.iter().find(|p| p.domain == *domain) {
            Some(same) if same.state == *state => {}
            Some(other) => {
                let strategy = state.strategy().as_str();
                tx.run(sql::DOMAIN_UPDATE, params![&other.id, state.as_str(), strategy, tx.now])?;
            }
            None => add(tx, organization, domain, *state)?,
        }
    }
    Ok(())
}

fn add(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
    domain: &Domain,
    state: DomainState,
) -> Result<(), Error> {
    let token = tx.chance().alphanumeric(25);
    let prefix =
        format!("kernia-domain-verification-{}", tx.chance().alphanumeric(6).to_lowercase());
    let added = tx.run(
        sql::DOMAIN_INSERT,
        params![
            &tx.id::<OrganizationDomain>(),
            organization,
            domain.as_str(),
            state.as_str(),
            state.strategy().as_str(),
            token,
            prefix,
            tx.now
        ],
    )?;
    if added == 0 {
        return Err(Refused::conflict(
            "domain_already_exists",
            format!("The domain '{domain}' already belongs to another organization."),
        ));
    }
    Ok(())
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
