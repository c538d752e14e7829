//! Background work: what runs, and how often. The work itself belongs to the nouns.

use std::{sync::Arc, time::Duration};

use crate::{app::App, http::Answer, kit::error::Error, sso};

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
        name: "purge_spent",
        period: Duration::from_mins(1),
        run: |app| Box::pin(purge_spent(app)),
    },
    Job {
        name: "erase_deleted",
        period: Duration::from_mins(10),
        run: |app| Box::pin(erase_deleted(app)),
    },
];

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
        ticks.tick().await;
        if let Err(error) = (job.run)(Arc::clone(&app)).await {
            tracing::error!(job = job.name, %error, "job failed; it runs again");
        }
    }
}

/// Codes, access tokens, sign-ins never finished, replay ids: in short writes, so that others get
/// their turn between.
async fn purge_spent(app: Arc<App>) -> Result<(), Error> {
    loop {
        let gone = app.store.write(sso::access::purge).await?;
        if gone == 0 {
            return Ok(());
        }
        tracing::debug!(rows = gone, "spent rows purged");
    }
}

/// Connections that were deleted more than 30 days ago, in short writes as well.
async fn erase_deleted(app: Arc<App>) -> Result<(), Error> {
    while app.store.write(sso::connection::purge_deleted).await? > 0 {}
    Ok(())
}
