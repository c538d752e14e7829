//! What an OpenID provider publishes, fetched: for whoever sets up a connection, for refreshing
//! those that there are, and at once when a token names a key that is not known.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{App, metadata::NotServed};
use crate::{
    kit::{
        environment::Environment,
        error::{Error, Refused},
        id::Id,
        text::WebAddress,
        time::Timestamp,
    },
    oidc::{Keys, Provider, Rejected},
    sso::{
        Connection, OidcConnection,
        oidc_settings::{self, Discovered, Outcome},
        refresh::Failure,
    },
    store::Tx,
};

/// The largest discovery document, in bytes.
const MOST_DISCOVERY: usize = 256 * 1024;
/// The largest key set, in bytes.
const MOST_KEYS: usize = 512 * 1024;
/// How long each of them may take, redirects included.
const FETCH_TIME: Duration = Duration::from_secs(5);
/// From one reading of a connection's keys that a token asked for to the next.
const PAUSE: Duration = Duration::from_secs(30);
/// How many connections' readings are remembered; beyond that it begins anew.
const KEPT: usize = 4096;

/// When the keys of each connection were last read because of a token, and who waits for that.
/// Losing it costs one more reading.
#[derive(Debug, Clone, Default)]
pub struct KeyReadings(Arc<Mutex<HashMap<Id<Connection>, Arc<Reading>>>>);

/// Of one connection, when it was last read and how that went. Whoever comes while it is read waits,
/// and takes what came.
type Reading = tokio::sync::Mutex<Option<(Timestamp, Result<(), Failure>)>>;

/// What became of a provider's keys, for whoever met one that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeysRead {
    /// They were read: it is worth to look again.
    Anew,
    /// They were read a moment ago, and are what they are.
    Lately,
    /// They cannot be read.
    Failed(Failure),
}

impl KeyReadings {
    fn of(&self, id: &Id<Connection>) -> Arc<Reading> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT && !all.contains_key(id) {
            all.clear();
        }
        Arc::clone(all.entry(id.clone()).or_default())
    }
}

/// What the provider at this discovery endpoint publishes: its document and its keys, both read.
pub async fn discover(app: &App, endpoint: &WebAddress) -> Result<Discovered, NotServed> {
    require_secure(app, endpoint)?;
    let document = fetched(app, endpoint, MOST_DISCOVERY).await?;
    let provider = Provider::parse(&document, endpoint).map_err(|no| refused(&no))?;
    let keys = keys_at(app, &provider.jwks_uri).await?;
    Ok(Discovered::new(endpoint.clone(), provider, keys))
}

/// A key set that can be used, as text.
async fn keys_at(app: &App, address: &WebAddress) -> Result<String, NotServed> {
    let body = fetched(app, address, MOST_KEYS).await.map_err(|no| NotServed {
        code: if no.code == "metadata_not_served" { "keys_not_served" } else { no.code },
        detail: format!("its key set: {}", no.detail),
    })?;
    // A hundred keys take the processor a while.
    let parsed = app.cpu.run(move || {
        let keys = Keys::parse(&body).map(drop);
        keys.map(|()| String::from_utf8_lossy(&body).into_owned())
    });
    let busy = |_| NotServed {
        code: "busy",
        detail: "Kernia is too busy to read its keys; try again in a moment".to_owned(),
    };
    parsed.await.map_err(busy)?.map_err(|no| refused(&no))
}

async fn fetched(app: &App, address: &WebAddress, most: usize) -> Result<Vec<u8>, NotServed> {
    let fetched = app.fetch.fetch(address, most, FETCH_TIME).await;
    let fetched = fetched.map_err(|no| NotServed { code: no.code, detail: no.detail })?;
    if fetched.status != 200 {
        let detail = format!("`{address}` answered with status {}", fetched.status);
        return Err(NotServed { code: "metadata_not_served", detail });
    }
    Ok(fetched.body.to_vec())
}

fn refused(no: &Rejected) -> NotServed {
    NotServed { code: no.code, detail: format!("{} ({no})", no.reason()) }
}

/// In a live environment nothing of a provider travels in clear: neither codes and secrets nor the
/// document, in which whoever could change it would name addresses of their own. What lies at an
/// https address names others alone, which [`Provider::parse`] sees to.
fn require_secure(app: &App, endpoint: &WebAddress) -> Result<(), NotServed> {
    if endpoint.is_https() || app.environment == Environment::Test {
        return Ok(());
    }
    let detail = format!(
        "the addresses of a provider must be https in a live environment, and `{endpoint}` is not"
    );
    Err(NotServed { code: "url_not_https", detail })
}

/// Reads what a connection's provider publishes again and takes over what may be.
pub async fn refresh(app: &App, id: &Id<Connection>) -> Result<Outcome, Error> {
    let (vault, wanted) = (app.vault.clone(), id.clone());
    let plan = app.store.read(move |tx| oidc_settings::plan(tx, &vault, &wanted)).await?;
    let read = discover(app, &plan.discovery_endpoint).await;
    let read = read.map_err(|no| Failure::new(no.code, no.detail));
    let vault = app.vault.clone();
    let outcome =
        app.store.write(move |tx| oidc_settings::apply(tx, &vault, (&plan, &read))).await?;
    log(id, &outcome);
    Ok(outcome)
}

/// Reads the keys of a connection's provider, because a token names one that is not known: at once,
/// but not more than once in half a minute. Whoever comes while it is read waits for that reading.
pub async fn refresh_keys(app: &App, id: &Id<Connection>) -> Result<KeysRead, Error> {
    let reading = app.key_readings.of(id);
    let (mut last, waited) = match reading.try_lock() {
        Ok(last) => (last, false),
        Err(_) => (reading.lock().await, true),
    };
    if let Some((at, how)) = &*last
        && app.clock.now() < *at + PAUSE
    {
        // Those who waited while somebody read have what came; others were told a moment ago.
        return Ok(match how {
            Err(failure) => KeysRead::Failed(failure.clone()),
            Ok(()) if waited => KeysRead::Anew,
            Ok(()) => KeysRead::Lately,
        });
    }
    *last = Some((app.clock.now(), Ok(())));
    match read_keys(app, id).await? {
        Outcome::Changed | Outcome::Unchanged => Ok(KeysRead::Anew),
        Outcome::Superseded => Ok(KeysRead::Lately),
        Outcome::Failed(failure) => {
            *last = last.take().map(|(at, _)| (at, Err(failure.clone())));
            Ok(KeysRead::Failed(failure))
        }
    }
}

/// Reads the keys, or all of it where nothing has been read yet.
async fn read_keys(app: &App, id: &Id<Connection>) -> Result<Outcome, Error> {
    let (vault, wanted) = (app.vault.clone(), id.clone());
    let address = app.store.read(move |tx| oidc_settings::key_plan(tx, &vault, &wanted)).await?;
    let Some(address) = address else { return refresh(app, id).await };
    let read = keys_at(app, &address).await.map_err(|no| Failure::new(no.code, no.detail));
    let (vault, wanted) = (app.vault.clone(), id.clone());
    let apply =
        move |tx: &Tx<'_>| oidc_settings::apply_keys(tx, &vault, &wanted, (&address, &read));
    let outcome = app.store.write(apply).await?;
    log(id, &outcome);
    Ok(outcome)
}

/// The connection, ready for a sign-in. A provider that was never read (one of the configuration,
/// started without a network) is read now.
pub async fn ready(app: &App, connection: &Connection) -> Result<Arc<OidcConnection>, Error> {
    match prepared(app, connection.clone()).await {
        Err(Error::Refused(refused)) if refused.code == "provider_not_read" => {}
        other => return other,
    }
    if refresh_keys(app, &connection.id).await? != KeysRead::Anew {
        let why = "What the provider publishes could not be read; its connection says why.";
        return Err(Refused::conflict("provider_not_read", why));
    }
    let id = connection.id.clone();
    let fresh = app.store.read(move |tx| crate::sso::connection::find(tx, &id)).await?;
    prepared(app, fresh).await
}

async fn prepared(app: &App, connection: Connection) -> Result<Arc<OidcConnection>, Error> {
    let (vault, ready) = (app.vault.clone(), app.oidc_connections.clone());
    app.store.read(move |tx| ready.of(tx, &vault, &connection)).await
}

fn log(connection: &Id<Connection>, outcome: &Outcome) {
    match outcome {
        Outcome::Unchanged => tracing::debug!(%connection, "provider read, nothing changed"),
        Outcome::Superseded => tracing::debug!(%connection, "provider read in vain"),
        Outcome::Changed => tracing::info!(%connection, "what the provider publishes taken over"),
        Outcome::Failed(why) => tracing::warn!(
            %connection, code = why.code, reason = why.message, "provider not read"
        ),
    }
}
