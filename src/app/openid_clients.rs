//! The OpenID provider's keys at work, for faces and jobs alike: made on the CPU pool, kept in the store,
//! opened when something is to be signed. And its clients of `kernia.toml`, read for the store.

use std::{fs, path::Path, sync::Arc};

use super::{App, StartFault};
use crate::{
    config::{self, Config},
    kit::{
        environment::Environment,
        error::{Error, Fault},
        id::Id,
        secret::Secret,
        text::Label,
    },
    objects::JsonWebKeys,
    openid_provider::{
        Hint, Key, SigningKey,
        client::{Draft, RedirectUri, configured::Configured},
        key::{self, Start},
    },
    vault::signing_key,
};

/// The fewest characters of a secret: it is kept as a digest, and nobody may find it by trying.
const SHORTEST_SECRET: usize = 32;
/// The most bytes of its file.
const LARGEST_FILE: u64 = 4096;

/// The clients of `kernia.toml` with their secrets.
pub fn configured_clients(config: &Config) -> Result<Vec<Configured>, StartFault> {
    let environment = config.environment.kind;
    config
        .openid_clients
        .iter()
        .map(|client| {
            configured(client, environment)
                .map_err(|why| StartFault::OpenIdClient { id: client.id.clone(), why })
        })
        .collect()
}

fn configured(
    client: &config::OpenIdClient,
    environment: Environment,
) -> Result<Configured, String> {
    let addresses = |texts: &[String]| {
        let parse = |text: &String| {
            RedirectUri::parse(text, environment).map_err(|why| format!("`{text}`: {why}"))
        };
        texts.iter().map(parse).collect::<Result<Vec<_>, _>>()
    };
    Ok(Configured {
        id: Id::parse(&client.id).map_err(|error| error.to_string())?,
        draft: Draft {
            name: Label::parse(&client.name).map_err(|error| error.to_string())?,
            is_public: client.public,
            redirect_uris: addresses(&client.redirect_uris)?,
            post_logout_redirect_uris: addresses(&client.post_logout_redirect_uris)?,
        },
        secrets: client.client_secret_file.as_deref().map_or(Ok(Vec::new()), secrets)?,
    })
}

/// A secret a line, two at most: the next one beside the last.
fn secrets(file: &Path) -> Result<Vec<Secret>, String> {
    let refuse = |why: String| format!("`{}` {why}", file.display());
    let size =
        fs::metadata(file).map_err(|error| refuse(format!("cannot be read: {error}")))?.len();
    if size > LARGEST_FILE {
        return Err(refuse("holds more than a secret".to_owned()));
    }
    let text = fs::read_to_string(file);
    let text = Secret::new(text.map_err(|error| refuse(format!("cannot be read: {error}")))?);
    let lines = text.expose().lines().map(str::trim).filter(|line| !line.is_empty());
    let secrets: Vec<_> = lines.map(|line| Secret::new(line.to_owned())).collect();
    if !(1..=2).contains(&secrets.len()) {
        return Err(refuse(format!("holds {} lines; it is one secret, or two", secrets.len())));
    }
    if secrets.iter().any(|secret| secret.expose().chars().count() < SHORTEST_SECRET) {
        let why = format!(
            "holds a secret of less than {SHORTEST_SECRET} characters; `openssl rand -hex 32` \
             writes a good one"
        );
        return Err(refuse(why));
    }
    Ok(secrets)
}

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
