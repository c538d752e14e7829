//! Sign-ins that are over. One that nobody came back to becomes a trace: "sent to the identity
//! provider, and never seen again" is the most frequent failure, and no answer tells of it.

use std::time::Duration;

use super::{Attempt, Kept, Recorder, attempt::origin, body::Step, failure::Failure, insert, sql};
use crate::{
    applications::Client,
    kit::{error::Error, id::Id, time::Timestamp},
    objects::TraceRequest,
    sso::{Connection, SignIn, sign_in},
    store::{Row, Tx, params},
};

/// How many sign-ins are ended in one transaction.
const AT_ONCE: u32 = 500;

/// A sign-in that is over.
#[derive(Debug)]
pub struct Stale {
    id: Id<SignIn>,
    connection: Id<Connection>,
    client: Id<Client>,
    request_id: String,
    redirect_uri: String,
    force_authn: bool,
    created_at: Timestamp,
    /// Nobody came back: it is unfinished, nothing else tells of it, and it was no restart of ours.
    is_silent: bool,
}

/// The oldest sign-ins that are over, finished or not.
pub fn stale(tx: &Tx<'_>) -> Result<Vec<Stale>, Error> {
    tx.list(sql::STALE, params![tx.now - sign_in::LIFETIME, AT_ONCE], from_row)
}

/// Deletes these sign-ins, and leaves the traces that there are of them. Answers how many went.
pub fn end(tx: &Tx<'_>, all: &[(Stale, Option<Kept>)]) -> Result<usize, Error> {
    let mut gone = 0;
    for (stale, trace) in all {
        match trace {
            None => gone += tx.run(sql::STALE_DELETE, params![&stale.id])?,
            // One that was finished at the last moment has its trace already.
            Some(trace) if tx.run(sql::STALE_END, params![&stale.id])? > 0 => {
                insert(tx, trace)?;
                gone += 1;
            }
            Some(_) => {}
        }
    }
    Ok(gone)
}

impl Stale {
    /// With its trace, when nobody came back to it.
    pub fn traced(
        self,
        recorder: &Recorder,
        now: Timestamp,
    ) -> Result<(Self, Option<Kept>), Error> {
        let trace = if self.is_silent { recorder.timed_out(&self, now)? } else { None };
        Ok((self, trace))
    }

    pub(super) fn attempt(&self, now: Timestamp) -> Attempt {
        let mut attempt = Attempt::new(now, "");
        attempt.connection = Some(self.connection.clone());
        attempt.sign_in = Some(self.id.clone());
        attempt.code = Some("no_answer");
        attempt.incident = None;
        let body = &mut attempt.body;
        body.started_at = self.created_at;
        body.client = Some(self.client.to_string());
        body.steps = vec![
            Step { at: Some(self.created_at), ..Step::named("request sent") },
            Step { ok: false, ..Step::named("answer received") },
        ];
        body.request = Some(TraceRequest {
            id: self.request_id.clone(),
            binding: None,
            force_authn: self.force_authn,
            redirect_uri_origin: origin(&self.redirect_uri),
        });
        let minutes = Duration::as_secs(&sign_in::LIFETIME) / 60;
        body.failure = Some(Failure {
            rule: 0,
            got: "nothing".to_owned(),
            expected: format!("an answer within {minutes} minutes"),
            detail: None,
        });
        attempt
    }
}

fn from_row(row: &Row<'_>) -> Result<Stale, Error> {
    let finished = row.get::<Option<Timestamp>>("finished_at")?.is_some();
    let told = row.get::<i64>("traces")? > 0;
    let restart = row.get::<String>("purpose")? == "restart";
    Ok(Stale {
        id: row.get("id")?,
        connection: row.get("connection_id")?,
        client: row.get("client_id")?,
        request_id: row.get("request_id")?,
        redirect_uri: row.get("redirect_uri")?,
        force_authn: row.get("force_authn")?,
        created_at: row.get("created_at")?,
        is_silent: !finished && !told && !restart,
    })
}
