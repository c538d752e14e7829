//! How an attempt to sign in leaves its trace. One that succeeds is written with what it brings;
//! one that fails by a write of its own, for which nobody waits long.

use std::time::Duration;

use crate::{
    app::App,
    http::Request,
    kit::error::{Error, Refused},
    sso::{
        ExternalKey, connection,
        oidc_settings::lookup_by_callback_path,
        trace::{self, Attempt, Kept},
    },
};

/// How long a person waits for the trace of a failure to be written. It is written all the same.
const PATIENCE: Duration = Duration::from_millis(250);

/// The answer that this request brings.
pub(super) fn attempt(request: &Request) -> Attempt {
    let mut attempt = Attempt::new(request.received, request.id.as_str());
    attempt.brought_by(request.header("user-agent"), request.peer);
    attempt
}

/// The trace of an attempt that was refused.
pub(super) async fn failed(app: &App, request: &Request, attempt: &mut Attempt, refused: &Refused) {
    let recorded = async {
        if attempt.connection().is_none() {
            reaches(app, request, attempt).await?;
        }
        match app.traces.failed(attempt, refused, app.clock.now())? {
            Some(kept) => write(app, kept).await,
            None => Ok(()),
        }
    };
    in_time(request, recorded).await;
}

/// What was refused before its connection was looked at belongs to the one in its path.
async fn reaches(app: &App, request: &Request, attempt: &mut Attempt) -> Result<(), Error> {
    let (key, path) = (ExternalKey::parse(request.param("key")), request.path.clone());
    let found = app.store.read(move |tx| {
        let by_key = key.as_ref().map(|key| connection::lookup_by_key(tx, key));
        let by_key = by_key.transpose()?.flatten();
        by_key.map_or_else(|| lookup_by_callback_path(tx, &path), |found| Ok(Some(found)))
    });
    let found = found.await?;
    if let Some(connection) = found {
        attempt.reached(&connection);
    }
    Ok(())
}

/// The trace of an answer that nobody had asked for, after which the provider is asked.
pub(super) async fn restarted(app: &App, request: &Request, attempt: &mut Attempt) {
    let recorded = async {
        match app.traces.restarted(attempt, app.clock.now())? {
            Some(kept) => write(app, kept).await,
            None => Ok(()),
        }
    };
    in_time(request, recorded).await;
}

/// Lets a trace be written, for as long as the person's patience lasts.
async fn in_time(request: &Request, recorded: impl Future<Output = Result<(), Error>>) {
    match tokio::time::timeout(PATIENCE, recorded).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(request_id = %request.id, %error, "a trace was not kept"),
        Err(_) => tracing::warn!(request_id = %request.id, "a trace is kept late"),
    }
}

async fn write(app: &App, kept: Kept) -> Result<(), Error> {
    app.store.write(move |tx| trace::keep(tx, &kept)).await
}
