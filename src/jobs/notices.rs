//! Certificates that end are told of, each threshold once, and notices that were answered say so.

use std::sync::Arc;

use crate::{app::App, kit::error::Error, sso::notice};

/// How many connections one write takes on, so that others get their turn between.
const PORTION: usize = 100;

pub(super) async fn tell(app: Arc<App>) -> Result<(), Error> {
    let due = app.store.read(notice::due).await?;
    for portion in due.chunks(PORTION) {
        let portion = portion.to_vec();
        let told = app.store.write(move |tx| notice::tell(tx, &portion)).await?;
        // Mails to IT contacts and events to applications would go out from here, too.
        for certificate in told {
            tracing::warn!(
                connection = %certificate.connection,
                certificate_type = certificate.certificate_type.as_str(),
                fingerprint = certificate.fingerprint, expires_at = %certificate.expires_at,
                "a certificate ends and has no successor"
            );
        }
    }
    let open = app.store.read(notice::open).await?;
    for portion in open.chunks(PORTION) {
        let portion = portion.to_vec();
        app.store.write(move |tx| portion.iter().try_for_each(|id| notice::settle(tx, id))).await?;
    }
    Ok(())
}
