//! Domains whose verification is due are asked about in DNS. A portion is asked about all at once,
//! and no question takes longer than some seconds, so that a slow name server holds up no other.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::{
    app::{App, domains},
    kit::error::{Error, Fault},
    organizations::domain::verification,
};

/// How many domains are asked about at the same time.
const PORTION: u32 = 64;

pub(super) async fn verify(app: Arc<App>) -> Result<(), Error> {
    loop {
        let due = app.store.read(|tx| verification::due(tx, PORTION)).await?;
        if due.is_empty() {
            return Ok(());
        }
        let mut under_way = JoinSet::new();
        for id in due {
            let app = Arc::clone(&app);
            under_way.spawn(async move { domains::check(&app, &id).await.map(drop) });
        }
        let mut outcome = Ok(());
        while let Some(ended) = under_way.join_next().await {
            outcome = outcome.and(match ended {
                Ok(ended) => ended,
                Err(panicked) => Err(Fault::Panicked(panicked.to_string()).into()),
            });
        }
        // What failed here is still due, and would be asked about without a pause.
        outcome?;
    }
}
