//! Sign-ins that are over. One that nobody came back to becomes a trace: "sent to the identity
//! provider, and never seen again" is the most frequent failure, and no answer tells of it.

use std::time::Duration;

use super::{
    Attempt, Kept, Recorder,
    attempt::{origin, step},
    failure::Failure,
    insert, sql,
};
use crate::{
    applications::Client,
    kit::{error::Error, id::Id, time::Timestamp},
    objects::{TraceRequest, TraceStep},
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

/// Deletes the sign-ins that `ended` tells of, unless they were finished meanwhile, with a trace for
/// each; and then all others up to `last`.
pub fn end(tx: &Tx<'_>, ended: &[Kept], last: &Stale) -> Result<usize, Error> {
    let mut gone = 0;
    for kept in ended {
        if let Some(sign_in) = &kept.sign_in
            && tx.run(sql::STALE_END, params![sign_in])? > 0
        {
            insert(tx, kept)?;
            gone += 1;
        }
    }
    Ok(gone + tx.run(sql::STALE_PURGE, params![last.created_at, &last.id])?)
}

impl Stale {
    /// The traces of those that nobody came back to.
    pub fn traces(all: &[Self], recorder: &Recorder, now: Timestamp) -> Result<Vec<Kept>, Error> {
        let silent = all.iter().filter(|stale| stale.is_silent);
        silent.filter_map(|stale| recorder.timed_out(stale, now).transpose()).collect()
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
            TraceStep { at: Some(self.created_at), ..step("request sent") },
            TraceStep { ok: false, ..step("answer received") },
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
