//! From a configuration to an [`App`]: master key, store, data keys, in this order.

use std::{fmt, sync::Arc, time::Duration};

use super::{App, Base, openid::KeyReadings, providers};
use crate::{
    config::{self, Config},
    directories::{LiveTokens, Observations, Walks},
    dns,
    http::{Client, Reach},
    kit::{chance::Chance, error::Error, time::Clock},
    openid_provider::{Signers, client},
    sso::{OidcConnections, Recorder, Slowdown, Trusts, UnderWay, Uses},
    store::{self, Row, Store, Tx, params},
    vault::{KeyId, MasterKey, Sources, Vault, VaultFault, WrappedKey},
};

const DATA_KEYS: &str = "SELECT id, wrapped, created_at FROM data_keys ORDER BY created_at, id";
const DATA_KEY_INSERT: &str = "INSERT INTO data_keys (id, wrapped, created_at) VALUES (?1, ?2, ?3)";

/// What an [`App`] is opened with.
pub struct Opening<'a> {
    /// The operator's word.
    pub config: &'a Config,
    /// Where this instance is reached.
    pub base: Base,
    /// The time.
    pub clock: Clock,
    /// Random bytes.
    pub chance: Chance,
    /// See [`App::loopback_allowed`].
    pub loopback_allowed: bool,
}

/// Why an [`App`] did not open; for the operator who starts Kernia.
#[derive(Debug)]
pub enum StartFault {
    /// No master key, or the wrong one.
    Vault(VaultFault),
    /// The database did not open.
    Store(store::OpenFault),
    /// A thread did not start.
    Io(std::io::Error),
    /// A provider of the configuration lacks something.
    Providers(Vec<String>),
    /// A client of `kernia.toml` cannot be as it is written.
    OpenIdClient {
        /// Which.
        id: String,
        /// Why.
        why: String,
    },
    /// The database failed in the middle.
    Failed(Error),
}

/// Opens everything.
pub async fn open(opening: Opening<'_>) -> Result<App, StartFault> {
    let config = opening.config;
    let master = master_key(config)?;
    let store = Store::open(&store::Options {
        path: config.store.path.clone(),
        readers: config.store.reading_lanes(),
        queue: config.store.queue,
        clock: opening.clock.clone(),
        chance: opening.chance.clone(),
    })
    .map_err(StartFault::Store)?;
    let vault = unlock(&store, &master, (&opening.clock, &opening.chance)).await?;
    let clients = super::openid_clients::configured_clients(config)?;
    store.write(move |tx| client::configured::set(tx, &clients)).await.map_err(
        |error| match error {
            Error::Refused(refused) => {
                StartFault::OpenIdClient { id: String::new(), why: refused.detail }
            }
            fault @ Error::Fault(_) => StartFault::Failed(fault),
        },
    )?;
    let reach = if config.fetch.allow_private_addresses || config.saml.allow_private_metadata {
        Reach::Anywhere
    } else if opening.loopback_allowed {
        Reach::public_and_loopback()
    } else {
        Reach::PublicOnly
    };
    let providers = providers::configured(config).map_err(StartFault::Providers)?;
    providers::configure(&store, &vault, providers).await.map_err(StartFault::Failed)?;
    let traces = Recorder::new(&vault, &opening.chance, kept(&config.traces));
    Ok(App {
        store,
        vault,
        cpu: App::cpu_pool().map_err(StartFault::Io)?,
        fetch: Client::new(reach),
        dns: dns::Resolver::new(&config.dns.servers),
        domain_waits: Arc::default(),
        clock: opening.clock,
        chance: opening.chance,
        environment: config.environment.kind,
        base: opening.base,
        loopback_allowed: opening.loopback_allowed,
        trusts: Trusts::default(),
        oidc_connections: OidcConnections::default(),
        key_readings: KeyReadings::default(),
        under_way: UnderWay::default(),
        slowdown: Slowdown::default(),
        uses: Uses::default(),
        traces,
        live_tokens: LiveTokens::default(),
        observations: Observations::default(),
        observations_wait: Arc::default(),
        condemned: Arc::default(),
        walks: Walks::default(),
        openid_signers: Signers::default(),
    })
}

/// For how long traces are kept, and whether they are masked.
fn kept(traces: &config::Traces) -> (Duration, bool) {
    let days = u64::try_from(traces.keep_days).unwrap_or(u64::MAX);
    (Duration::from_hours(days.saturating_mul(24)), traces.mask_personal_data)
}

/// The master key, from wherever the configuration and the environment say.
pub fn master_key(config: &Config) -> Result<MasterKey, StartFault> {
    MasterKey::find(&Sources {
        credentials: config.vault.credentials_directory.as_deref(),
        environment: config.vault.master_key.as_ref(),
        file: &config.vault.master_key_file,
    })
    .map_err(StartFault::Vault)
}

/// Whether this master key is the one of the database, which is only looked at.
pub fn try_master_key(config: &Config, master: &MasterKey) -> Result<(), StartFault> {
    let keys = store::peek(&config.store.path, data_keys).map_err(StartFault::Store)?;
    let keys = keys.map_err(StartFault::Failed)?;
    // An empty database takes whichever key its first start finds.
    if keys.is_empty() {
        return Ok(());
    }
    Vault::unlock(master, &keys).map(drop).map_err(StartFault::Vault)
}

/// Unwraps the data keys; an empty database gets its first one.
async fn unlock(
    store: &Store,
    master: &MasterKey,
    (clock, chance): (&Clock, &Chance),
) -> Result<Vault, StartFault> {
    let mut keys = store.read(data_keys).await.map_err(StartFault::Failed)?;
    if keys.is_empty() {
        let now = clock.now();
        let (_, fresh) = Vault::create(master, chance, now).map_err(StartFault::Vault)?;
        keys.push(fresh.clone());
        let insert = move |tx: &Tx<'_>| {
            let wrapped = fresh.wrapped.as_slice();
            tx.run(DATA_KEY_INSERT, params![fresh.id.to_string(), wrapped, fresh.created_at])
        };
        store.write(insert).await.map_err(StartFault::Failed)?;
    }
    Vault::unlock(master, &keys).map_err(StartFault::Vault)
}

fn data_keys(tx: &Tx<'_>) -> Result<Vec<WrappedKey>, Error> {
    tx.list(DATA_KEYS, params![], |row: &Row<'_>| {
        Ok(WrappedKey {
            id: row.parse("id", KeyId::parse)?,
            wrapped: row.get("wrapped")?,
            created_at: row.get("created_at")?,
        })
    })
}

impl fmt::Display for StartFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vault(fault) => fault.fmt(f),
            Self::Store(fault) => fault.fmt(f),
            Self::OpenIdClient { id, why } => write!(f, "the OpenID client `{id}`: {why}"),
            Self::Io(error) => write!(f, "a thread did not start: {error}"),
            Self::Providers(faults) => f.write_str(&faults.join("; ")),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartFault {}
