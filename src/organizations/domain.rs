//! The domains of organizations: who claims which, who owns one, and the one place where that
//! changes. Whether a domain is proved by DNS is judged in `verification.rs`.

mod claimable;
mod sql;
pub mod verification;
mod wanted;

use std::time::Duration;

pub(super) use self::wanted::{add_all, replace};
pub use self::{
    claimable::Claimable,
    verification::Finding,
    wanted::{MOST, Wanted},
};
use super::{Organization, organization};
use crate::{
    kit::{
        error::{Error, Refused},
        id::{Id, Prefixed},
        page::{Listed, Page},
        text::{Domain, Email},
        time::Timestamp,
    },
    objects,
    store::{Placed, Row, Tx, params},
};

/// How long a verification may take, from its start or from the last time it was started again.
pub const PERIOD: Duration = Duration::from_hours(30 * 24);

/// A domain that an organization claims. While nobody has proved it, several may claim it; proved,
/// it has one owner.
#[derive(Debug, Clone)]
pub struct OrganizationDomain {
    /// `org_domain_…`.
    pub id: Id<OrganizationDomain>,
    /// Who claims it.
    pub organization: Id<Organization>,
    /// The name.
    pub domain: Domain,
    /// Whether it is proved.
    pub state: DomainState,
    strategy: Strategy,
    token: String,
    prefix: String,
    checks: Checks,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// How far the proof of a domain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainState {
    /// Nobody has proved it yet; DNS is asked from time to time.
    Pending,
    /// It is proved, by DNS or by somebody's word.
    Verified,
    /// It will not be asked about again, unless the verification is started again.
    Failed(Reason),
}

/// Why a verification failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The record was not found in time.
    Expired,
    /// Another organization proved that the domain is its own.
    OtherOrganization,
}

/// What the proof rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strategy {
    Dns,
    /// The application's word, or the operator's.
    Manual,
}

/// How it went with DNS since the verification was last started.
#[derive(Debug, Clone, Default)]
struct Checks {
    count: i64,
    last_at: Option<Timestamp>,
    finding: Option<Finding>,
    /// The beginning of time: at once, before all others. Only while pending.
    next_at: Option<Timestamp>,
    /// When it fails. Only while pending; absent until the first check of a claim from before
    /// domains were checked.
    expires_at: Option<Timestamp>,
}

/// Which claims a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those of this organization.
    pub organization: Option<Id<Organization>>,
    /// Those of this domain.
    pub domain: Option<Domain>,
    /// Those in this state: `pending`, `verified` or `failed`.
    pub state: Option<String>,
}

impl DomainState {
    /// As stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Verified => "verified",
            Self::Failed(_) => "failed",
        }
    }

    /// Takes the word of a state that an application may wish for.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "pending" => Some(Self::Pending),
            "verified" => Some(Self::Verified),
            _ => None,
        }
    }

    /// Why it failed, if it did.
    #[must_use]
    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Failed(reason) => Some(reason),
            Self::Pending | Self::Verified => None,
        }
    }

    /// Somebody's word makes a domain verified without DNS.
    fn strategy(self) -> Strategy {
        match self {
            Self::Pending | Self::Failed(_) => Strategy::Dns,
            Self::Verified => Strategy::Manual,
        }
    }

    fn checks(self, now: Timestamp) -> Checks {
        match self {
            Self::Pending => Checks {
                next_at: Some(Timestamp::default()),
                expires_at: Some(now + PERIOD),
                ..Checks::default()
            },
            Self::Verified | Self::Failed(_) => Checks::default(),
        }
    }
}

impl Reason {
    /// As stored, and as events tell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "domain_verification_period_expired",
            Self::OtherOrganization => "domain_verified_by_other_organization",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Expired, Self::OtherOrganization].into_iter().find(|known| known.as_str() == text)
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
        [Self::Dns, Self::Manual].into_iter().find(|known| known.as_str() == text)
    }
}

impl Prefixed for OrganizationDomain {
    const PREFIX: &'static str = "org_domain_";
}

impl Placed for OrganizationDomain {
    type Kind = Self;
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
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

/// The claim `id`, or `entity_not_found`.
pub fn find(tx: &Tx<'_>, id: &Id<OrganizationDomain>) -> Result<OrganizationDomain, Error> {
    lookup(tx, id)?.ok_or_else(|| missing(id))
}

fn lookup(tx: &Tx<'_>, id: &Id<OrganizationDomain>) -> Result<Option<OrganizationDomain>, Error> {
    tx.find(sql::BY_ID, params![id], from_row)
}

/// A page of claims.
pub fn list(
    tx: &Tx<'_>,
    filter: &Filter,
    page: &Page,
) -> Result<Listed<OrganizationDomain>, Error> {
    let mut few = match (&filter.organization, &filter.domain) {
        (None, None) => {
            return tx.page(&sql::LIST, page, params![filter.state.as_deref()], from_row);
        }
        (Some(organization), _) => of_organization(tx, organization)?,
        (None, Some(domain)) => tx.list(sql::CLAIMS, params![domain.as_str()], from_row)?,
    };
    few.retain(|claim| {
        filter.domain.as_ref().is_none_or(|domain| claim.domain == *domain)
            && filter.state.as_deref().is_none_or(|state| claim.state.as_str() == state)
    });
    tx.page_of(&sql::LIST, page, few)
}

/// What an organization claims, in whatever state, oldest first.
pub fn of_organization(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
) -> Result<Vec<OrganizationDomain>, Error> {
    tx.list(sql::OF_ORGANIZATION, params![organization], from_row)
}

/// What an organization owns, oldest first.
pub fn owned_by(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
) -> Result<Vec<OrganizationDomain>, Error> {
    let mut claims = of_organization(tx, organization)?;
    claims.retain(|claim| claim.state == DomainState::Verified);
    Ok(claims)
}

/// Whose domain this is: who has proved it. Nobody owns a domain beneath its own by that.
pub fn verified_owner(tx: &Tx<'_>, domain: &Domain) -> Result<Option<Id<Organization>>, Error> {
    tx.find(sql::OWNER, params![domain.as_str()], |row| row.get("organization_id"))
}

/// Whether the organization owns the address's domain.
pub fn owns(tx: &Tx<'_>, organization: &Id<Organization>, email: &Email) -> Result<bool, Error> {
    Ok(verified_owner(tx, email.domain())?.is_some_and(|owner| owner == *organization))
}

/// Who claims this domain, in whatever state.
pub(super) fn claimants(tx: &Tx<'_>, domain: &Domain) -> Result<Vec<Id<Organization>>, Error> {
    tx.list(sql::CLAIMANTS, params![domain.as_str()], |row| row.get("organization_id"))
}

/// An organization claims a domain, which is then to be proved.
pub fn create(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
    domain: &Claimable,
) -> Result<OrganizationDomain, Error> {
    organization::find(tx, organization)?;
    let added = add(tx, organization, domain, DomainState::Pending)?;
    if of_organization(tx, organization)?.len() > MOST {
        let why = format!("An organization has at most {MOST} domains; delete one first.");
        return Err(Refused::conflict("too_many_domains", why));
    }
    Ok(added)
}

/// Starts the verification again: the period begins anew, and DNS is asked at once.
pub fn restart(tx: &Tx<'_>, id: &Id<OrganizationDomain>) -> Result<OrganizationDomain, Error> {
    let mut claim = unproved(tx, id)?;
    move_to(tx, &mut claim, DomainState::Pending, Strategy::Dns)?;
    Ok(claim)
}

/// The operator's word that the domain is the organization's.
pub fn vouch(tx: &Tx<'_>, id: &Id<OrganizationDomain>) -> Result<OrganizationDomain, Error> {
    let mut claim = unproved(tx, id)?;
    move_to(tx, &mut claim, DomainState::Verified, Strategy::Manual)?;
    Ok(claim)
}

/// A claim of which something may still become: it is proved neither for its own organization nor
/// for another.
fn unproved(tx: &Tx<'_>, id: &Id<OrganizationDomain>) -> Result<OrganizationDomain, Error> {
    let claim = find(tx, id)?;
    if claim.state == DomainState::Verified {
        return Err(Refused::malformed("domain_already_verified", "Domain is already verified."));
    }
    // It may have been claimed when there were fewer rules.
    Claimable::parse(claim.domain.as_str())?;
    match verified_owner(tx, &claim.domain)? {
        Some(_) => Err(taken(&claim.domain)),
        None => Ok(claim),
    }
}

/// Takes a claim away; a domain that was owned through it is free then.
pub fn delete(tx: &Tx<'_>, id: &Id<OrganizationDomain>) -> Result<(), Error> {
    match tx.run(sql::DELETE, params![id])? {
        0 => Err(missing(id)),
        _ => Ok(()),
    }
}

/// Takes away all that an organization claims.
pub(super) fn delete_all(tx: &Tx<'_>, organization: &Id<Organization>) -> Result<(), Error> {
    tx.run(sql::DELETE_OF, params![organization]).map(drop)
}

fn add(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
    domain: &Claimable,
    state: DomainState,
) -> Result<OrganizationDomain, Error> {
    let domain = domain.domain();
    if verified_owner(tx, domain)?.is_some_and(|owner| owner != *organization) {
        return Err(taken(domain));
    }
    let suffix = tx.chance().alphanumeric(6).to_lowercase();
    let pending = DomainState::Pending;
    let mut added = OrganizationDomain {
        id: tx.id(),
        organization: organization.clone(),
        domain: domain.clone(),
        state: pending,
        strategy: pending.strategy(),
        token: tx.chance().alphanumeric(25),
        prefix: format!("kernia-domain-verification-{suffix}"),
        checks: pending.checks(tx.now),
        created_at: tx.now,
        updated_at: tx.now,
    };
    let inserted = tx.run(
        sql::INSERT,
        params![
            &added.id,
            organization,
            domain.as_str(),
            added.state.as_str(),
            added.strategy.as_str(),
            &added.token,
            &added.prefix,
            added.checks.next_at,
            added.checks.expires_at,
            tx.now
        ],
    )?;
    if inserted == 0 {
        let why = format!("The domain '{domain}' already exists for this organization.");
        return Err(Refused::conflict("domain_already_exists", why));
    }
    if state != pending {
        move_to(tx, &mut added, state, state.strategy())?;
    }
    Ok(added)
}

/// Changes a claim's state. What is proved for one organization is lost for the others.
fn move_to(
    tx: &Tx<'_>,
    claim: &mut OrganizationDomain,
    state: DomainState,
    strategy: Strategy,
) -> Result<(), Error> {
    if state == DomainState::Verified {
        for mut other in tx.list(sql::CLAIMS, params![claim.domain.as_str()], from_row)? {
            match other.state {
                _ if other.id == claim.id => {}
                DomainState::Verified => return Err(taken(&claim.domain)),
                DomainState::Failed(_) => {}
                DomainState::Pending => {
                    let lost = DomainState::Failed(Reason::OtherOrganization);
                    write(tx, &mut other, lost, Strategy::Dns)?;
                }
            }
        }
    }
    write(tx, claim, state, strategy)
}

/// The one place where a state is written: whoever is to be told of it is told from here.
fn write(
    tx: &Tx<'_>,
    claim: &mut OrganizationDomain,
    state: DomainState,
    strategy: Strategy,
) -> Result<(), Error> {
    claim.state = state;
    claim.strategy = strategy;
    claim.checks = state.checks(tx.now);
    claim.updated_at = tx.now;
    tx.run(
        sql::MOVE,
        params![
            &claim.id,
            state.as_str(),
            state.reason().map(Reason::as_str),
            strategy.as_str(),
            claim.checks.next_at,
            claim.checks.expires_at,
            tx.now
        ],
    )
    .map(drop)
}

fn missing(id: &Id<OrganizationDomain>) -> Error {
    Refused::missing("entity_not_found", format!("Organization Domain not found: '{id}'."))
}

fn taken(domain: &Domain) -> Error {
    let why = format!("The domain '{domain}' already belongs to another organization.");
    Refused::conflict("domain_already_exists", why)
}

fn from_row(row: &Row<'_>) -> Result<OrganizationDomain, Error> {
    Ok(OrganizationDomain {
        id: row.get("id")?,
        organization: row.get("organization_id")?,
        domain: row.parse("domain", |text| Domain::parse(text).ok())?,
        state: state_of(row)?,
        strategy: row.parse("verification_strategy", Strategy::parse)?,
        token: row.get("verification_token")?,
        prefix: row.get("verification_prefix")?,
        checks: Checks {
            count: row.get("checks")?,
            last_at: row.get("checked_at")?,
            finding: Finding::from_row(row)?,
            next_at: row.get("next_check_at")?,
            expires_at: row.get("expires_at")?,
        },
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn state_of(row: &Row<'_>) -> Result<DomainState, Error> {
    let state: String = row.get("state")?;
    if state != "failed" {
        return DomainState::parse(&state).ok_or_else(|| row.inconsistent("state"));
    }
    row.parse("failure", Reason::parse).map(DomainState::Failed)
}
