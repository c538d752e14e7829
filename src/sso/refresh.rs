//! Refresh: metadata that has an address is read again, so that certificates roll over by
//! themselves. When that is due and what becomes of it stands here; nothing is fetched here.

mod proposal;
mod sql;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::proposal::{Proposal, confirm, lacks_key, reject};
use super::{
    Binding, Connection, LogoutService, certificate, connection,
    key_pair::{self, NewKeyPair, Purpose},
};
use crate::{
    kit::{
        error::{Error, Fault, Refused},
        id::Id,
        text::WebAddress,
        time::Timestamp,
    },
    objects,
    saml::{Certificate, metadata::IdentityProvider},
    store::{Row, Tx, params},
    vault::Vault,
};

/// From one good reading to the next.
const USUALLY: Duration = Duration::from_hours(24);
/// From the first failure to the next attempt; each further failure doubles it.
const AFTER_A_FAILURE: Duration = Duration::from_hours(1);
/// From an attempt to the next that a failed signature asks for.
const HASTENED: Duration = Duration::from_mins(10);

/// When a connection's metadata is read again, and how that went.
#[derive(Debug, Clone, Default)]
struct Refresh {
    due_at: Timestamp,
    attempted_at: Option<Timestamp>,
    fetched_at: Option<Timestamp>,
    valid_until: Option<Timestamp>,
    /// How many attempts in a row brought nothing that could be read.
    failures: i64,
    failure: Option<Failure>,
    proposal: Option<Proposal>,
}

/// Why nothing was taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A stable word in snake case.
    pub code: String,
    /// One sentence for a person.
    pub message: String,
}

/// What is to be fetched.
#[derive(Debug, Clone)]
pub struct Plan {
    /// For which connection.
    pub connection: Id<Connection>,
    /// From where.
    pub url: WebAddress,
    /// Which provider is looked for in it.
    pub entity_id: String,
    /// Whether there is a key that could sign our requests.
    pub has_signer: bool,
}

/// What a provider's metadata says, as a connection keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    entity_id: String,
    sso_url: WebAddress,
    sso_binding: Binding,
    logout: Option<LogoutService>,
    wants_signed_requests: bool,
    certificates: Vec<Certificate>,
    valid_until: Option<Timestamp>,
}

impl From<IdentityProvider> for Described {
    fn from(read: IdentityProvider) -> Self {
        Self {
            entity_id: read.entity_id,
            sso_url: read.sso_url,
            sso_binding: read.sso_binding.into(),
            logout: read.logout.map(Into::into),
            wants_signed_requests: read.want_authn_requests_signed,
            certificates: read.signing_certificates,
            valid_until: read.valid_until,
        }
    }
}

impl Described {
    /// Whether it demands signed requests of a connection that has no key for them.
    #[must_use]
    pub fn lacks_key(&self, has_signer: bool) -> bool {
        self.wants_signed_requests && !has_signer
    }
}

/// What was read for a plan: what the metadata says, or why it could not be read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What it says.
    pub described: Result<Described, Failure>,
    /// A fresh key for signing, where requests have to be signed from now on.
    pub fresh_key: Option<NewKeyPair>,
}

/// What became of one reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was as it is here.
    Unchanged,
    /// Something was taken over.
    Changed(Changes),
    /// The metadata describes another provider, or one that moved: an operator has to say yes.
    Proposed(Failure),
    /// It could not be read; what was known stays.
    Failed(Failure),
    /// Meanwhile the connection went, or its metadata has another address.
    Superseded,
}

/// What was taken over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// The fingerprints of certificates that are trusted from now on.
    pub added: Vec<String>,
    /// Of those that are no longer announced, and go in a week.
    pub left: Vec<String>,
    /// Of those that are trusted no more.
    pub removed: Vec<String>,
    /// Whether an address or a way to reach it changed.
    pub addresses: bool,
}

impl Changes {
    fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

impl Failure {
    /// A reason with its code.
    #[must_use]
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

/// The connections whose metadata is due, longest waiting first.
pub fn due(tx: &Tx<'_>, limit: u32) -> Result<Vec<Id<Connection>>, Error> {
    tx.list(sql::DUE, params![tx.now, limit], |row| row.get("connection_id"))
}

/// What to fetch for a connection; refused for one whose metadata has no address.
pub fn plan(tx: &Tx<'_>, id: &Id<Connection>) -> Result<Plan, Error> {
    let connection = connection::find(tx, id)?;
    let url = connection.idp_metadata_url.as_deref().map(WebAddress::parse).transpose()?;
    let url = url.ok_or_else(|| {
        let why = "The connection has no metadata address: set `saml_options.idp_metadata_url`.";
        Refused::conflict("no_metadata_url", why)
    })?;
    let has_signer = has_signer(tx, id)?;
    Ok(Plan { connection: connection.id, url, entity_id: connection.idp_entity_id, has_signer })
}

fn has_signer(tx: &Tx<'_>, id: &Id<Connection>) -> Result<bool, Error> {
    Ok(!key_pair::of_purpose(tx, id, Purpose::Signing)?.is_empty())
}

/// Notes that a connection's metadata was just read and taken over as a whole, or that it has no
/// address any more.
pub(super) fn begin(
    tx: &Tx<'_>,
    vault: &Vault,
    (id, has_address): (&Id<Connection>, bool),
) -> Result<(), Error> {
    if !has_address {
        return tx.run(sql::DELETE, params![id]).map(drop);
    }
    let refresh = Refresh {
        due_at: soon(tx, USUALLY),
        attempted_at: Some(tx.now),
        fetched_at: Some(tx.now),
        ..Refresh::default()
    };
    write(tx, vault, (id, &refresh))
}

/// Whether [`hasten`] would change anything; so that a thousand bad answers are one write.
pub fn can_be_hastened(tx: &Tx<'_>, id: &Id<Connection>) -> Result<bool, Error> {
    let known = tx.find(sql::OF_CONNECTION, params![id], times)?;
    Ok(known.is_some_and(|known| known.due_at > earliest(tx, &known)))
}

/// A signature by an unknown key came: the provider may have changed its key, so its metadata is
/// read soon, but not more often than every ten minutes.
pub fn hasten(tx: &Tx<'_>, id: &Id<Connection>) -> Result<(), Error> {
    let Some(known) = tx.find(sql::OF_CONNECTION, params![id], times)? else { return Ok(()) };
    tx.run(sql::HASTEN, params![id, earliest(tx, &known)]).map(drop)
}

fn earliest(tx: &Tx<'_>, known: &Refresh) -> Timestamp {
    known.attempted_at.map_or(tx.now, |attempted| tx.now.max(attempted + HASTENED))
}

/// Takes over what was read for `plan`, or notes why it was not.
pub fn apply(
    tx: &Tx<'_>,
    vault: &Vault,
    (plan, read): (&Plan, &Reading),
) -> Result<Outcome, Error> {
    let id = &plan.connection;
    let Some(connection) = connection::lookup(tx, id)? else { return Ok(Outcome::Superseded) };
    if connection.idp_metadata_url.as_deref() != Some(plan.url.as_str()) {
        return Ok(Outcome::Superseded);
    }
    let known = of_connection(tx, vault, id)?.unwrap_or_default();
    let mut next = Refresh { attempted_at: Some(tx.now), ..known.clone() };
    let outcome = match &read.described {
        Err(failure) => {
            next.failures = known.failures.saturating_add(1);
            next.due_at = soon(tx, patience(next.failures));
            next.failure = Some(failure.clone());
            Outcome::Failed(failure.clone())
        }
        Ok(described) => {
            next.fetched_at = Some(tx.now);
            next.due_at = soon(tx, USUALLY);
            next.valid_until = described.valid_until;
            next.failures = 0;
            if let Some(why) = proposal::objection(&connection, described) {
                let proposal = Proposal::again(tx, known.proposal, described);
                let failure = proposal.failure(&why);
                next.proposal = Some(proposal);
                next.failure = Some(failure.clone());
                Outcome::Proposed(failure)
            } else {
                let fresh_key = read.fresh_key.as_ref();
                let (changes, failure) = take_over(tx, vault, (&connection, described, fresh_key))?;
                next.proposal = None;
                next.failure = failure;
                if changes.are_none() { Outcome::Unchanged } else { Outcome::Changed(changes) }
            }
        }
    };
    write(tx, vault, (id, &next))?;
    Ok(outcome)
}

/// Brings the connection to what its provider announces. The failure says what found no room.
fn take_over(
    tx: &Tx<'_>,
    vault: &Vault,
    (connection, described, fresh_key): (&Connection, &Described, Option<&NewKeyPair>),
) -> Result<(Changes, Option<Failure>), Error> {
    let announced = &described.certificates;
    let rolled = certificate::roll_over(tx, vault, &connection.id, announced)?;
    let mut next = connection.clone();
    described.entity_id.clone_into(&mut next.idp_entity_id);
    // Where both bindings are offered the metadata's first word is Redirect: that does not undo a
    // person's choice of POST, unless the address is another one.
    if described.sso_binding == Binding::Post || described.sso_url != next.idp_sso_url {
        next.settings.idp_sso_binding = described.sso_binding;
    }
    next.idp_sso_url = described.sso_url.clone();
    if described.logout.is_some() {
        next.settings.idp_logout.clone_from(&described.logout);
    }
    next.settings.idp_wants_signed_requests = described.wants_signed_requests;
    if let Some(fresh_key) = fresh_key.filter(|_| described.wants_signed_requests) {
        key_pair::add_first(tx, vault, &connection.id, fresh_key)?;
    }
    let addresses = next.idp_entity_id != connection.idp_entity_id
        || next.idp_sso_url != connection.idp_sso_url
        || next.settings != connection.settings;
    if addresses {
        connection::write(tx, &next)?;
    } else if !rolled.added.is_empty() || !rolled.removed.is_empty() {
        connection::touch(tx, &connection.id)?;
    }
    let failure = (rolled.kept_out > 0).then(|| {
        let why = format!(
            "{} of the announced certificates found no room; delete old ones of this connection",
            rolled.kept_out
        );
        Failure::new("too_many_certificates", why)
    });
    let certificate::Rolled { added, left, removed, kept_out: _ } = rolled;
    Ok((Changes { added, left, removed, addresses }, failure))
}

/// How long a provider is left alone after so many failures in a row.
pub(super) fn patience(failures: i64) -> Duration {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX).min(8);
    (AFTER_A_FAILURE * 2_u32.pow(doublings)).min(USUALLY)
}

/// `span` from now, and up to a sixteenth of it later: who began together does not go on together.
pub(super) fn soon(tx: &Tx<'_>, span: Duration) -> Timestamp {
    let spread = u64::try_from((span / 16).as_millis()).unwrap_or(u64::MAX).max(1);
    let more = u64::from_be_bytes(tx.chance().bytes()) % spread;
    tx.now + span + Duration::from_millis(more)
}

/// As the API shows what is known of a connection's metadata.
pub fn published(
    tx: &Tx<'_>,
    vault: &Vault,
    id: &Id<Connection>,
) -> Result<objects::ConnectionMetadata, Error> {
    let connection = connection::find(tx, id)?;
    let known = of_connection(tx, vault, id)?;
    let has_address = connection.idp_metadata_url.is_some();
    let due_at = known.as_ref().filter(|_| has_address).map(|known| known.due_at);
    let known = known.unwrap_or_default();
    let proposal = match &known.proposal {
        Some(proposal) => Some(proposal.published(tx, vault, &connection)?),
        None => None,
    };
    Ok(objects::ConnectionMetadata {
        connection_id: id.to_string(),
        url: connection.idp_metadata_url,
        attempted_at: known.attempted_at,
        fetched_at: known.fetched_at,
        due_at,
        valid_until: known.valid_until,
        failure: known
            .failure
            .map(|Failure { code, message }| objects::MetadataFailure { code, message }),
        proposal,
        keys: None,
    })
}

fn of_connection(
    tx: &Tx<'_>,
    vault: &Vault,
    id: &Id<Connection>,
) -> Result<Option<Refresh>, Error> {
    tx.find(sql::OF_CONNECTION, params![id], |row| {
        let proposal = row.get::<Option<Vec<u8>>>("proposal")?;
        let proposal = proposal.map(|sealed| Proposal::opened(row, vault, (id, sealed)));
        Ok(Refresh { proposal: proposal.transpose()?, ..times(row)? })
    })
}

/// All but what is sealed.
fn times(row: &Row<'_>) -> Result<Refresh, Error> {
    let failure = row.get::<Option<String>>("failure")?;
    let failure = failure.map(|text| serde_json::from_str(&text)).transpose();
    Ok(Refresh {
        due_at: row.get("due_at")?,
        attempted_at: row.get("attempted_at")?,
        fetched_at: row.get("fetched_at")?,
        valid_until: row.get("valid_until")?,
        failures: row.get("failures")?,
        failure: failure.map_err(|_| row.inconsistent("failure"))?,
        proposal: None,
    })
}

fn write(tx: &Tx<'_>, vault: &Vault, (id, next): (&Id<Connection>, &Refresh)) -> Result<(), Error> {
    let proposal = next.proposal.as_ref().map(|proposal| proposal.sealed(vault, id)).transpose()?;
    let failure = next.failure.as_ref().map(serde_json::to_string).transpose();
    tx.run(
        sql::WRITE,
        params![
            id,
            next.due_at,
            next.attempted_at,
            next.fetched_at,
            next.valid_until,
            next.failures,
            failure.map_err(Fault::internal)?,
            proposal
        ],
    )
    .map(drop)
}
