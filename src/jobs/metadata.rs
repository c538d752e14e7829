//! Metadata that is due is read again: a few providers at a time, so that a slow one holds up no
//! other and nobody is asked by a crowd of ours at once.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::{
    app::{App, metadata},
    kit::error::{Error, Fault},
    sso::refresh,
};

/// How many providers are asked at the same time.
const AT_ONCE: usize = 4;
/// How many connections one run takes on; what is left is due in the next.
const PORTION: u32 = 500;

pub(super) async fn refresh(app: Arc<App>) -> Result<(), Error> {
    let due = app.store.read(|tx| refresh::due(tx, PORTION)).await?;
    in_turn(due, |id| {
        let app = Arc::clone(&app);
        async move { metadata::refresh(&app, &id).await.map(drop) }
    })
    .await
}

/// Does this for each, a few at a time. One that fails holds up no other.
pub(super) async fn in_turn<T, F>(due: Vec<T>, work: impl Fn(T) -> F) -> Result<(), Error>
where
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    let mut under_way = JoinSet::new();
    let mut outcome = Ok(());
    for one in due {
        if under_way.len() >= AT_ONCE {
            outcome = outcome.and(next(&mut under_way).await);
        }
        under_way.spawn(work(one));
    }
    while !under_way.is_empty() {
        outcome = outcome.and(next(&mut under_way).await);
    }
    outcome
}

/// Waits for one of them. A connection that went meanwhile is no failure.
async fn next(under_way: &mut JoinSet<Result<(), Error>>) -> Result<(), Error> {
    match under_way.join_next().await {
        None | Some(Ok(Ok(()) | Err(Error::Refused(_)))) => Ok(()),
        Some(Ok(Err(fault))) => Err(fault),
        Some(Err(panicked)) => Err(Fault::Panicked(panicked.to_string()).into()),
    }
}
