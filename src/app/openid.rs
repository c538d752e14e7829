//! The keys of the OpenID provider at work, for faces and jobs alike: made on the CPU pool, kept in the
//! store, opened when something is to be signed.

use std::sync::Arc;

use super::App;
use crate::{
    kit::error::{Error, Fault},
    objects::JsonWebKeys,
    openid_provider::{
        Hint, Key, SigningKey,
        key::{self, Start},
    },
    vault::signing_key,
};

/// The key that signs now; the very first one is made here.
pub async fn signing_key(app: &App) -> Result<Arc<SigningKey>, Error> {
    if let Some(current) = current(app).await? {
        return Ok(current);
    }
    make_first(app).await?;
    current(app).await?.ok_or_else(|| Fault::internal("there is no key for ID tokens"))
}

async fn current(app: &App) -> Result<Option<Arc<SigningKey>>, Error> {
    let (signers, vault) = (app.openid_signers.clone(), app.vault.clone());
    app.store.read(move |tx| signers.current(tx, &vault)).await
}

/// What clients verify ID tokens with.
pub async fn published_keys(app: &App) -> Result<JsonWebKeys, Error> {
    let found = app.store.read(key::published).await?;
    if !found.keys.is_empty() {
        return Ok(found);
    }
    make_first(app).await?;
    app.store.read(key::published).await
}

async fn make_first(app: &App) -> Result<(), Error> {
    let (fresh, vault) = (fresh(app).await?, app.vault.clone());
    app.store.write(move |tx| key::add_first(tx, &vault, &fresh)).await
}

async fn fresh(app: &App) -> Result<signing_key::SigningKey, Error> {
    let (now, host) = (app.clock.now(), app.base.host().to_owned());
    app.cpu.run(move || signing_key::SigningKey::generate(&host, now)).await?
}

/// Puts another key on its way.
pub async fn rotate(app: &App, start: Start) -> Result<Key, Error> {
    let (fresh, vault) = (fresh(app).await?, app.vault.clone());
    app.store.write(move |tx| key::rotate(tx, &vault, (&fresh, start))).await
}

/// Does what is due: the next key, and an end to old ones.
pub async fn keep_keys(app: &App) -> Result<(), Error> {
    if app.store.read(key::is_rotation_due).await? {
        let next = rotate(app, Start::Announced).await?;
        tracing::info!(key = %next.id, "the next key for ID tokens is published");
    }
    app.store.write(key::tidy).await
}

/// What an ID token of ours says that a client brings back; none, if it is not of ours.
pub async fn hint(app: &App, token: &str) -> Result<Option<Hint>, Error> {
    let (keys, token) = (app.store.read(key::all).await?, token.to_owned());
    let issuer = app.base.as_str().to_owned();
    app.cpu.run(move || Hint::parse(&token, &issuer, &keys)).await
}
