//! Everything that a request may use, built once: no globals anywhere.

pub mod code_exchange;
pub mod domains;
pub mod metadata;
mod open;
pub mod openid;
pub mod openid_clients;
pub mod providers;

use std::sync::Arc;

use tokio::sync::Notify;

use crate::{
    directories::{LiveTokens, Observations, Walks},
    dns, http,
    kit::{
        chance::Chance, cpu::CpuPool, environment::Environment, error::Error, text::WebAddress,
        time::Clock,
    },
    openid_provider::Signers,
    sso::{
        OidcConnections, Recorder, Slowdown, Trusts, UnderWay, Uses,
        key_pair::{NewKeyPair, Purpose},
    },
    store::Store,
    vault::Vault,
};

pub use self::open::{Opening, StartFault, master_key, open, try_master_key};

/// How many jobs may wait for the processor before the answer is 503.
const CPU_QUEUE: usize = 512;

/// What all faces share.
#[derive(Clone)]
pub struct App {
    /// The data.
    pub store: Store,
    /// What seals and opens secrets.
    pub vault: Vault,
    /// Where signatures and argon2 run.
    pub cpu: CpuPool,
    /// For fetching metadata.
    pub fetch: http::Client,
    /// For asking DNS.
    pub dns: dns::Resolver,
    /// Somebody waits for a domain to be checked: the job that does it need not wait for its time.
    pub domain_waits: Arc<Notify>,
    /// The time outside of transactions.
    pub clock: Clock,
    /// Random bytes outside of transactions.
    pub chance: Chance,
    /// What this instance is for.
    pub environment: Environment,
    /// Where this instance is reached.
    pub base: Base,
    /// Whether loopback is within reach: any redirect URI on it is allowed, and metadata may come
    /// from it. In the demo only.
    pub loopback_allowed: bool,
    /// What connections trust, ready for verification.
    pub trusts: Trusts,
    /// OIDC connections, ready for sign-ins.
    pub oidc_connections: OidcConnections,
    /// When the keys of their providers were last asked for.
    pub key_readings: openid::KeyReadings,
    /// The answers of OpenID providers that are looked at this moment.
    pub under_way: UnderWay,
    /// Where decryption failed of late.
    pub slowdown: Slowdown,
    /// Which certificates were lately noted as used.
    pub uses: Uses,
    /// What becomes of attempts to sign in.
    pub traces: Recorder,
    /// Directories' tokens that were looked up.
    pub live_tokens: LiveTokens,
    /// What is seen of directories, to be written soon.
    pub observations: Observations,
    /// Somebody waits for what was seen: the job that writes it need not wait for its time.
    pub observations_wait: Arc<Notify>,
    /// A directory was deleted: the job that erases need not wait for its time.
    pub condemned: Arc<Notify>,
    /// The searches of directories that no index answers.
    pub walks: Walks,
    /// The key that signs ID tokens, opened.
    pub openid_signers: Signers,
}

/// Where an instance is reached: the configured base URL, or the bound address.
#[derive(Debug, Clone)]
pub struct Base(Arc<str>, WebAddress);

impl Base {
    /// Takes the address's origin; a path may not be in it, because SDKs cannot express one.
    #[must_use]
    pub fn new(address: &WebAddress) -> Self {
        Self(address.url().origin().ascii_serialization().into(), address.clone())
    }

    /// `https://id.example.com`, without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether cookies can be `Secure`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.1.is_https()
    }

    /// The host, without a port.
    #[must_use]
    pub fn host(&self) -> &str {
        self.1.url().host_str().unwrap_or_default()
    }

    /// Whether a `Host` header means this host, on whatever port; one that is unreadable does.
    #[must_use]
    pub fn is_meant_by(&self, host: &str) -> bool {
        WebAddress::parse(&format!("http://{host}/"))
            .map_or(true, |address| address.url().host_str() == Some(self.host()))
    }

    /// The port, which tells apart the cookies of two instances on one loopback host.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.1.url().port_or_known_default().unwrap_or_default()
    }
}

impl App {
    /// A fresh key of ours for a connection, in the name of our host.
    pub async fn fresh_key_pair(&self, purpose: Purpose) -> Result<NewKeyPair, Error> {
        let (host, now) = (self.base.host().to_owned(), self.clock.now());
        self.cpu.run(move || NewKeyPair::generate(purpose, &host, now)).await?
    }

    /// The pool for work that takes the processor.
    pub fn cpu_pool() -> std::io::Result<CpuPool> {
        CpuPool::start(CPU_QUEUE)
    }
}
