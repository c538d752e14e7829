//! Background work: what runs, and how often. The work itself belongs to the nouns.

mod domains;
mod metadata;
mod notices;
mod openid;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    app::{App, openid_clients},
    directories::{directory, token},
    http::Answer,
    kit::error::Error,
    openid_provider,
    sso::{self, trace},
    store::Tx,
};

/// A job: what it is called, how often it runs, what it does.
pub struct Job {
    /// For the log.
    pub name: &'static str,
    /// From the end of one run to the next.
    pub period: Duration,
    /// One run.
    pub run: fn(Arc<App>) -> Answer<'static, Result<(), Error>>,
}

/// All jobs.
pub const JOBS: &[Job] = &[
    Job {
        name: "end_sign_ins",
        period: Duration::from_mins(1),
        run: |app| Box::pin(end_sign_ins(app)),
    },
    Job {
        name: "purge_spent",
        period: Duration::from_mins(1),
        run: |app| Box::pin(purge_spent(app)),
    },
    // Short, because employees may be waiting for a new certificate; most runs find nothing due.
    Job {
        name: "refresh_metadata",
        period: Duration::from_secs(10),
        run: |app| Box::pin(metadata::refresh(app)),
    },
    // Short, because somebody may be setting the record just now; who asks for a check wakes it.
    Job {
        name: "verify_domains",
        period: Duration::from_secs(10),
        run: |app| Box::pin(domains::verify(app)),
    },
    Job {
        name: "refresh_providers",
        period: Duration::from_secs(10),
        run: |app| Box::pin(openid::refresh(app)),
    },
    Job {
        name: "notice_certificates",
        period: Duration::from_hours(1),
        run: |app| Box::pin(notices::tell(app)),
    },
    Job {
        name: "purge_traces",
        period: Duration::from_mins(10),
        run: |app| Box::pin(purge_traces(app)),
    },
    Job {
        name: "keep_openid_keys",
        period: Duration::from_hours(1),
        run: |app| Box::pin(async move { openid_clients::keep_keys(&app).await }),
    },
    Job {
        name: "erase_deleted",
        period: Duration::from_mins(10),
        run: |app| Box::pin(erase_deleted(app)),
    },
    // Short, because what is seen of a directory is shown; nothing is written where nothing was seen.
    Job {
        name: "write_observations",
        period: Duration::from_secs(3),
        run: |app| Box::pin(write_observations(app)),
    },
];

/// What is left to be written when no request comes any more.
pub async fn finish(app: &Arc<App>) {
    if let Err(error) = write_observations(Arc::clone(app)).await {
        tracing::error!(%error, "what was last seen of directories is not written");
    }
}

/// Starts every job; they end with the runtime.
pub fn start(app: &Arc<App>) {
    for job in JOBS {
        tokio::spawn(repeat(job, Arc::clone(app)));
    }
}

async fn repeat(job: &'static Job, app: Arc<App>) {
    let mut ticks = tokio::time::interval(job.period);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = woken(job, &app) => {}
        }
        if let Err(error) = (job.run)(Arc::clone(&app)).await {
            tracing::error!(job = job.name, %error, "job failed; it runs again");
        }
    }
}

/// Until somebody waits for this job; nobody ever waits for most of them.
async fn woken(job: &Job, app: &App) {
    match job.name {
        "verify_domains" => app.domain_waits.notified().await,
        "write_observations" => app.observations_wait.notified().await,
        "erase_deleted" => app.condemned.notified().await,
        _ => std::future::pending().await,
    }
}

/// Sign-ins that are over: those that nobody came back to leave a trace.
async fn end_sign_ins(app: Arc<App>) -> Result<(), Error> {
    loop {
        let (stale, now) = (app.store.read(trace::stale).await?, app.clock.now());
        let traced = stale.into_iter().map(|stale| stale.traced(&app.traces, now));
        let traced = traced.collect::<Result<Vec<_>, Error>>()?;
        if app.store.write(move |tx| trace::end(tx, &traced)).await? == 0 {
            return Ok(());
        }
    }
}

/// Traces that were kept long enough.
async fn purge_traces(app: Arc<App>) -> Result<(), Error> {
    let recorder = app.traces.clone();
    in_portions(&app, move |tx| trace::purge(tx, &recorder)).await
}

/// Codes, access tokens, replay ids, directories' tokens that are over.
async fn purge_spent(app: Arc<App>) -> Result<(), Error> {
    in_portions(&app, sso::access::purge).await?;
    in_portions(&app, token::purge).await?;
    in_portions(&app, openid_provider::purge).await
}

/// Connections that were deleted more than 30 days ago, and deleted directories.
async fn erase_deleted(app: Arc<App>) -> Result<(), Error> {
    in_portions(&app, sso::connection::purge_deleted).await?;
    in_portions(&app, directory::purge).await
}

/// When directories were last heard of. What cannot be written waits for the next run.
async fn write_observations(app: Arc<App>) -> Result<(), Error> {
    let Some(batch) = app.observations.take() else { return Ok(()) };
    let written = batch.clone();
    let outcome = app.store.write(move |tx| written.write(tx)).await;
    if outcome.is_err() {
        app.observations.give_back(batch);
    }
    outcome
}

/// Deletes in short writes until one finds nothing. Each is followed by a rest of the same length, so
/// that a large backlog takes no more than half of the writer from those who sign in.
#[expect(clippy::disallowed_methods, reason = "the rest is what leaves the writer to others")]
async fn in_portions<F>(app: &App, purge: F) -> Result<(), Error>
where
    F: Fn(&Tx<'_>) -> Result<usize, Error> + Clone + Send + 'static,
{
    loop {
        let began = Instant::now();
        let gone = app.store.write(purge.clone()).await?;
        if gone == 0 {
            return Ok(());
        }
        tracing::debug!(rows = gone, "rows purged");
        tokio::time::sleep(began.elapsed()).await;
    }
}
