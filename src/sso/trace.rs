//! Traces: each attempt to sign in, with its steps, what came, and why it failed. What was seen is
//! sealed at rest; the outcome and the code stand beside it, for lists.

mod attempt;
mod body;
mod failure;
mod flood;
mod mask;
mod recorder;
mod seen;
mod sql;
mod stale;

pub use self::{
    attempt::Attempt,
    recorder::{Kept, Recorder},
    stale::{Stale, end, stale},
};
use self::{
    body::{Body, Step},
    failure::Failure,
};
use super::{Connection, ConnectionType, SignIn};
use crate::{
    kit::{
        error::{Error, Refused},
        id::{Id, Prefixed},
        page::{Listed, Page},
        secret::Secret,
        time::Timestamp,
    },
    objects,
    organizations::Organization,
    store::{Keyset, Placed, Row, Tx, params},
    vault::{Digest, Place, Sealed, Vault},
};

/// How many rows one purge takes: each has its own pages, so there are fewer than elsewhere.
const PURGED_AT_ONCE: u32 = 200;

/// One attempt to sign in, as it was kept.
#[derive(Debug)]
pub struct Trace {
    id: Id<Trace>,
    connection: Id<Connection>,
    connection_type: ConnectionType,
    organization: Option<Id<Organization>>,
    sign_in: Option<Id<SignIn>>,
    outcome: Outcome,
    code: Option<String>,
    incident: Option<String>,
    body: Body,
    created_at: Timestamp,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The application got its code.
    Succeeded,
    /// The answer was refused.
    Failed,
    /// The identity provider had begun by itself, and was asked anew.
    Restarted,
    /// The answer is good and waits for the person's yes.
    Held,
    /// Nobody came back from the identity provider.
    TimedOut,
}

impl Outcome {
    const ALL: [Self; 5] =
        [Self::Succeeded, Self::Failed, Self::Restarted, Self::Held, Self::TimedOut];

    /// Its name, as the API shows and takes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Restarted => "restarted",
            Self::Held => "held",
            Self::TimedOut => "timed_out",
        }
    }

    /// Takes a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// Which traces a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those that ended so.
    pub outcome: Option<Outcome>,
    /// Those with this code.
    pub code: Option<String>,
}

impl Prefixed for Trace {
    const PREFIX: &'static str = "trace_";
}

impl Placed for Trace {
    type Kind = Self;
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

impl Trace {
    /// As the API shows it.
    #[must_use]
    pub fn published(self) -> objects::Trace {
        let Self { body, created_at, connection_type, .. } = self;
        let told = |(code, failure): (String, Failure)| failure.told(code, connection_type);
        let failure = self.code.clone().map(|code| (code, body.failure.unwrap_or_default()));
        let failure = failure.map(told);
        objects::Trace {
            id: self.id.to_string(),
            connection_id: self.connection.to_string(),
            connection_type: connection_type.as_str().to_owned(),
            organization_id: self.organization.as_ref().map(Id::to_string),
            sign_in_id: self.sign_in.map(|id| id.to_string()),
            client_id: body.client,
            outcome: self.outcome.as_str(),
            code: self.code,
            incident_id: self.incident,
            started_at: body.started_at,
            created_at,
            duration_ms: u64::try_from(created_at.since(body.started_at).as_millis())
                .unwrap_or(u64::MAX),
            steps: body.steps.into_iter().map(Step::published).collect(),
            request: body.request,
            response: body.response,
            failure,
            warnings: body.warnings,
            user_agent: body.user_agent,
            address: body.address,
            masked: body.masked,
            left_out: body.left_out,
        }
    }
}

/// Keeps an attempt; nothing, when its connection has gone meanwhile.
pub fn keep(tx: &Tx<'_>, kept: &Kept) -> Result<(), Error> {
    if super::connection::lookup(tx, &kept.connection)?.is_none() {
        return Ok(());
    }
    insert(tx, kept)
}

/// Keeps an attempt at a connection that is known to be there, in the transaction that ends it.
pub fn insert(tx: &Tx<'_>, kept: &Kept) -> Result<(), Error> {
    tx.run(
        sql::INSERT,
        params![
            &kept.id,
            &kept.connection,
            kept.sign_in.as_ref().map(Id::as_str),
            kept.outcome.as_str(),
            kept.code,
            kept.incident.as_deref(),
            kept.body.as_bytes(),
            tx.now
        ],
    )
    .map(drop)
}

/// The trace `id`, or `entity_not_found`.
pub fn find(tx: &Tx<'_>, vault: &Vault, id: &Id<Trace>) -> Result<Trace, Error> {
    tx.find(sql::BY_ID, params![id], |row| from_row(row, vault))?
        .ok_or_else(|| Refused::missing("entity_not_found", format!("Trace not found: '{id}'.")))
}

/// Keeps an attempt whose answer waits under this token for the person's yes.
pub fn insert_held(tx: &Tx<'_>, kept: &Kept, token: &Secret) -> Result<(), Error> {
    insert(tx, kept)?;
    let digest = Digest::of(token);
    tx.run(sql::HELD, params![digest.as_bytes().as_slice(), &kept.id]).map(drop)
}

/// The trace of the answer that waits under this token, if there is one.
pub fn of_held(tx: &Tx<'_>, token: &Secret) -> Result<Option<Id<Trace>>, Error> {
    let digest = Digest::of(token);
    let found = tx.find(sql::OF_HELD, params![digest.as_bytes().as_slice()], |row| {
        row.get::<Option<Id<Trace>>>("trace_id")
    })?;
    Ok(found.flatten())
}

/// The person said yes or no.
pub fn answered(tx: &Tx<'_>, id: &Id<Trace>, yes: bool) -> Result<(), Error> {
    let (outcome, code) = if yes {
        (Outcome::Succeeded, None)
    } else {
        (Outcome::Failed, Some("signin_consent_denied"))
    };
    tx.run(sql::ANSWERED, params![id, outcome.as_str(), code]).map(drop)
}

/// The newest trace of a sign-in. Refusals: `sign_in_pending` while the answer is awaited,
/// `entity_not_found`.
pub fn of_sign_in(tx: &Tx<'_>, vault: &Vault, id: &Id<SignIn>) -> Result<Trace, Error> {
    if let Some(trace) = lookup_of_sign_in(tx, vault, id)? {
        return Ok(trace);
    }
    let pending = tx.find(sql::SIGN_IN_PENDING, params![id], |row| row.get::<String>("id"))?;
    Err(match pending {
        Some(_) => Refused::missing(
            "sign_in_pending",
            "The person has not come back from the identity provider yet.",
        ),
        None => Refused::missing("entity_not_found", format!("Sign-in not found: '{id}'.")),
    })
}

/// The newest trace of a sign-in, if there is one.
pub fn lookup_of_sign_in(
    tx: &Tx<'_>,
    vault: &Vault,
    id: &Id<SignIn>,
) -> Result<Option<Trace>, Error> {
    tx.find(sql::OF_SIGN_IN, params![id], |row| from_row(row, vault))
}

/// The trace of the failure that the person was shown this id for, or `entity_not_found`.
pub fn of_incident(tx: &Tx<'_>, vault: &Vault, incident: &str) -> Result<Trace, Error> {
    tx.find(sql::OF_INCIDENT, params![incident], |row| from_row(row, vault))?.ok_or_else(|| {
        Refused::missing("entity_not_found", "No trace of this incident is kept.".to_owned())
    })
}

/// A page of a connection's traces.
pub fn list(
    tx: &Tx<'_>,
    vault: &Vault,
    (connection, filter): (&Id<Connection>, &Filter),
    page: &Page,
) -> Result<Listed<Trace>, Error> {
    let (keyset, filters): (&Keyset, _) = match (&filter.code, filter.outcome) {
        (None, None) => (&sql::LIST, params![connection].to_vec()),
        (None, Some(Outcome::Succeeded)) => (&sql::LIST_SUCCEEDED, params![connection].to_vec()),
        (None, Some(outcome)) => {
            (&sql::LIST_BY_OUTCOME, params![connection, outcome.as_str()].to_vec())
        }
        (Some(code), outcome) => {
            let outcome = outcome.map(Outcome::as_str);
            (&sql::LIST_BY_CODE, params![connection, code.as_str(), outcome].to_vec())
        }
    };
    tx.page(keyset, page, &filters, |row| from_row(row, vault))
}

/// Deletes what was kept long enough, a few rows at a time. Answers how many went; as long as that
/// is not zero there may be more.
pub fn purge(tx: &Tx<'_>, recorder: &Recorder) -> Result<usize, Error> {
    tx.run(sql::PURGE, params![tx.now - recorder.keep(), PURGED_AT_ONCE])
}

fn place(id: &Id<Trace>) -> Place<'_> {
    Place { table: "traces", column: "body", row: id.as_str() }
}

fn from_row(row: &Row<'_>, vault: &Vault) -> Result<Trace, Error> {
    let id = row.get("id")?;
    let sealed = Sealed::from_bytes(row.get("body")?).ok_or_else(|| row.inconsistent("body"))?;
    let opened = vault.open_bytes(&place(&id), &sealed)?;
    let body = serde_json::from_slice(opened.expose()).map_err(|_| row.inconsistent("body"))?;
    Ok(Trace {
        connection: row.get("connection_id")?,
        connection_type: row.parse("connection_type", ConnectionType::parse)?,
        organization: row.get("organization_id")?,
        sign_in: row.get("sign_in_id")?,
        outcome: row.parse("outcome", Outcome::parse)?,
        code: row.get("code")?,
        incident: row.get("incident_id")?,
        body,
        created_at: row.get("created_at")?,
        id,
    })
}
