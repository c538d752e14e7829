//! Who provisions a directory: the door of all SCIM routes, where a token is asked for.

use super::Faces;
use crate::{
    directories::{LiveToken, Provisioner, directory, token},
    http::Head,
    kit::{
        error::{Error, Refused},
        external_key::ExternalKey,
    },
    store::Tx,
    vault::Digest,
};

impl Faces {
    /// Who carries a live token of the directory in the path. Only who carries none can be made to
    /// wait. Nothing tells a token that is unknown from one of another directory.
    pub(super) async fn provisioner(&self, head: &Head) -> Result<Provisioner, Error> {
        let key = head.param("directory");
        let carried = head.bearer();
        if let Some(secret) = &carried {
            let digest = Digest::of(secret);
            let live = match self.app.live_tokens.find(&digest) {
                Some(live) => Some(live),
                None => self.read_token(digest).await?,
            };
            if let Some(found) = live.and_then(|live| live.opens(key, head.received)) {
                self.app.observations.request(&found, head.received);
                return Ok(found);
            }
        }
        self.failures.pass(head.peer, head.received)?;
        self.failures.note(head.peer, head.received);
        if carried.is_some()
            && let Some(key) = ExternalKey::parse(key)
        {
            let of_path = move |tx: &Tx<'_>| directory::lookup_by_key(tx, &key);
            if let Some(directory) = self.app.store.read(of_path).await? {
                self.app.observations.refused_token(&directory);
            }
        }
        let why = match carried {
            None => "Send the directory's token: `Authorization: Bearer scim_…`.",
            Some(_) => "This token does not open this directory.",
        };
        Err(Refused::unauthenticated("invalid_token", why))
    }

    async fn read_token(&self, digest: Digest) -> Result<Option<LiveToken>, Error> {
        let since = self.app.live_tokens.since();
        let found = self.app.store.read(move |tx| token::lookup(tx, &digest)).await?;
        if let Some(live) = &found {
            self.app.live_tokens.keep(since, digest, live.clone());
            // Whoever sets the directory up waits for its first request.
            if live.is_first() {
                self.app.observations_wait.notify_one();
            }
        }
        Ok(found)
    }
}
