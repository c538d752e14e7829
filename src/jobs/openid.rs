//! What OpenID providers publish is read again when that is due: a few at a time, as metadata is.

use std::sync::Arc;

use super::metadata::in_turn;
use crate::{
    app::{App, openid},
    kit::error::Error,
    sso::oidc_settings,
};

/// How many connections one run takes on; what is left is due in the next.
const PORTION: u32 = 500;

pub(super) async fn refresh(app: Arc<App>) -> Result<(), Error> {
    let due = app.store.read(|tx| oidc_settings::due(tx, PORTION)).await?;
    in_turn(due, |id| {
        let app = Arc::clone(&app);
        async move { openid::refresh(&app, &id).await.map(drop) }
    })
    .await
}
