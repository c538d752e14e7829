//! From an attempt that is over to a row that is ready to be written: masked where that is set,
//! sealed, and not too many of those that failed.

use std::{sync::Arc, time::Duration};

use super::{
    Attempt, Outcome, Trace,
    flood::{Flood, Sort},
    mask, place,
    stale::Stale,
};
use crate::{
    kit::{
        chance::Chance,
        error::{Error, Fault, Refused},
        id::Id,
        time::Timestamp,
    },
    sso::{Connection, SignIn},
    vault::{Sealed, Vault},
};

/// Makes traces of attempts. A clone is another handle on the same counts.
#[derive(Debug, Clone)]
pub struct Recorder {
    vault: Vault,
    chance: Chance,
    keep: Duration,
    mask: bool,
    flood: Arc<Flood>,
}

/// A trace that is ready to be written.
#[derive(Debug)]
pub struct Kept {
    pub(super) id: Id<Trace>,
    pub(super) connection: Id<Connection>,
    pub(super) sign_in: Option<Id<SignIn>>,
    pub(super) outcome: Outcome,
    pub(super) code: Option<&'static str>,
    pub(super) incident: Option<String>,
    pub(super) body: Sealed,
}

impl Recorder {
    /// One that keeps traces for so long, and masks personal data or not.
    #[must_use]
    pub fn new(vault: &Vault, chance: &Chance, (keep, mask): (Duration, bool)) -> Self {
        let flood = Arc::default();
        Self { vault: vault.clone(), chance: chance.clone(), keep, mask, flood }
    }

    /// For how long traces are kept.
    #[must_use]
    pub fn keep(&self) -> Duration {
        self.keep
    }

    /// The person is signed in as soon as the transaction is done that [`insert`](super::insert)s
    /// this.
    pub fn succeeded(&self, attempt: &mut Attempt, now: Timestamp) -> Result<Kept, Error> {
        attempt.written(now);
        self.seal(attempt, Outcome::Succeeded, now)
    }

    /// The answer is good and waits for the person's yes.
    pub fn held(&self, attempt: &mut Attempt, now: Timestamp) -> Result<Kept, Error> {
        self.seal(attempt, Outcome::Held, now)
    }

    /// A test of the connection is over. There are few of these, and each is kept.
    pub fn tested(
        &self,
        attempt: &Attempt,
        refused: Option<&Refused>,
        now: Timestamp,
    ) -> Result<Kept, Error> {
        let mut attempt = attempt.clone();
        let outcome = if let Some(refused) = refused {
            attempt.refused(refused);
            Outcome::Failed
        } else {
            Outcome::Succeeded
        };
        self.seal(&attempt, outcome, now)
    }

    /// Nobody had asked; the person is sent to the identity provider with a request of ours.
    pub fn restarted(&self, attempt: &mut Attempt, now: Timestamp) -> Result<Option<Kept>, Error> {
        self.limited(attempt, (Outcome::Restarted, Sort::Restarted), now)
    }

    /// A refusal ended it. Nothing, when it came to no connection, or when too many did.
    pub fn failed(
        &self,
        attempt: &mut Attempt,
        refused: &Refused,
        now: Timestamp,
    ) -> Result<Option<Kept>, Error> {
        attempt.refused(refused);
        let sort = attempt.sort();
        self.limited(attempt, (Outcome::Failed, sort), now)
    }

    /// Nobody came back. Nothing, when that happened too often.
    pub fn timed_out(&self, stale: &Stale, now: Timestamp) -> Result<Option<Kept>, Error> {
        self.limited(&mut stale.attempt(now), (Outcome::TimedOut, Sort::TimedOut), now)
    }

    fn limited(
        &self,
        attempt: &mut Attempt,
        (outcome, sort): (Outcome, Sort),
        now: Timestamp,
    ) -> Result<Option<Kept>, Error> {
        let Some(connection) = attempt.connection.as_ref().filter(|_| !attempt.kept) else {
            return Ok(None);
        };
        let Some(left_out) = self.flood.admits(connection, sort, now) else {
            return Ok(None);
        };
        attempt.body.left_out = left_out;
        self.seal(attempt, outcome, now).map(Some)
    }

    fn seal(&self, attempt: &Attempt, outcome: Outcome, now: Timestamp) -> Result<Kept, Error> {
        let connection = attempt.connection.clone();
        let connection = connection.ok_or_else(|| Fault::internal("a trace of no connection"))?;
        let id = Id::fresh(now.millis(), self.chance.bits());
        let json = if self.mask {
            let mut body = attempt.body.clone();
            mask::mask(&mut body, attempt.groups.as_deref(), attempt.code);
            body.to_json()
        } else {
            attempt.body.to_json()
        };
        let json = json.map_err(Fault::internal)?;
        let body = self.vault.seal_bytes(&place(&id), &json);
        let (sign_in, incident) = (attempt.sign_in.clone(), attempt.incident.clone());
        Ok(Kept { id, connection, sign_in, outcome, code: attempt.code, incident, body })
    }
}
