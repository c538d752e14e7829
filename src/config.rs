//! The configuration: one `kernia.toml` and `KERNIA_SECTION__KEY` variables become one [`Config`].
//! `keys.rs` is the table of every key; a key that is not in it is refused, and all faults are
//! told at once. No secret ever comes from the file.

use std::{
    net::SocketAddr,
    num::NonZero,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use serde::Deserialize;

use crate::kit::{environment, network::Network, secret::Secret, text::WebAddress};

mod faults;
mod file;
mod keys;
mod layers;
mod mask;
mod nearest;
mod read;
mod repeated;
mod variables;

#[cfg(test)]
mod tests;

pub use faults::Faults;
pub use keys::{KEYS, Key, SECTIONS, SUPERSEDED, Section, Superseded, written};
pub use read::LogFilter;
pub use variables::system as system_environment;

/// Everything an operator may decide, parsed. Its default is the table's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[server]`
    pub server: Server,
    /// `[environment]`
    pub environment: Environment,
    /// `[store]`
    pub store: Store,
    /// `[vault]`
    pub vault: Vault,
    /// `[fetch]`
    pub fetch: Fetch,
    /// `[saml]`, which holds a former name only.
    #[serde(default)]
    pub saml: Saml,
    /// `[google_oauth]`
    pub google_oauth: OpenIdProvider,
    /// `[microsoft_oauth]`
    pub microsoft_oauth: OpenIdProvider,
    /// `[github_oauth]`
    pub github_oauth: GitHub,
    /// `[apple_oauth]`
    pub apple_oauth: Apple,
    /// `[dns]`
    pub dns: Dns,
    /// `[traces]`
    pub traces: Traces,
    /// `[log]`
    pub log: Log,
    /// What an operator should know of a configuration that is good.
    #[serde(skip)]
    pub notices: Vec<String>,
    /// `[[openid_clients]]`
    #[serde(default)]
    pub openid_clients: Vec<OpenIdClient>,
}

/// Where Kernia listens, and what it is called from outside.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// The address and port; port 0 takes a free one.
    #[serde(deserialize_with = "read::text")]
    pub listen: SocketAddr,
    /// The public address, without a path; when unset, it is the address that was bound.
    #[serde(default, deserialize_with = "read::base_url")]
    pub base_url: Option<WebAddress>,
    /// The proxies whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// The most connections at a time.
    #[serde(deserialize_with = "read::count::<_, 1, 1_000_000>")]
    pub max_connections: usize,
    /// How long requests in flight may take after a signal to stop.
    #[serde(deserialize_with = "read::text")]
    pub drain: Duration,
}

/// What this instance is for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Live, or for tests.
    #[serde(deserialize_with = "read::text")]
    pub kind: environment::Environment,
}

/// The database file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// The file.
    #[serde(deserialize_with = "read::text")]
    pub path: PathBuf,
    /// How many connections read; 0 stands for as many as there are cores.
    #[serde(deserialize_with = "read::count::<_, 0, 64>")]
    pub readers: usize,
    /// How many writes, and how many reads, may wait.
    #[serde(deserialize_with = "read::count::<_, 1, 1_000_000>")]
    pub queue: usize,
}

impl Store {
    /// How many connections read: as configured, else one a core, at least two.
    #[must_use]
    pub fn reading_lanes(&self) -> usize {
        match self.readers {
            0 => thread::available_parallelism().map_or(2, NonZero::get).max(2),
            some => some,
        }
    }

    /// The socket for commands on this machine: `kernia.sock` beside the database.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.path.with_file_name("kernia.sock")
    }
}

/// Where the master key comes from. Only the file's name is configuration; the rest is told by the
/// process's environment, and wins over the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vault {
    /// The file with the master key.
    #[serde(deserialize_with = "read::text")]
    pub master_key_file: PathBuf,
    /// systemd's `$CREDENTIALS_DIRECTORY`.
    #[serde(skip)]
    pub credentials_directory: Option<PathBuf>,
    /// The text of `$KERNIA_MASTER_KEY`.
    #[serde(skip)]
    pub master_key: Option<Secret>,
}

/// What is fetched from elsewhere.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// Whether identity providers may be asked at private addresses and over plain http.
    pub allow_private_addresses: bool,
}

/// A former name of [`Fetch::allow_private_addresses`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saml {
    /// The same; either of both allows it.
    pub allow_private_metadata: bool,
}

/// A word that a provider gave: a client id, the name of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier(String);

impl Identifier {
    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A provider for everybody that speaks OpenID Connect.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenIdProvider {
    /// Kernia's name there; the provider is there once it is set.
    #[serde(default, deserialize_with = "read::given")]
    pub client_id: Option<Identifier>,
    /// The file with the secret.
    #[serde(default, deserialize_with = "read::given")]
    pub client_secret_file: Option<PathBuf>,
    /// Where it describes itself.
    #[serde(deserialize_with = "read::text")]
    pub discovery_endpoint: WebAddress,
    /// The secret, where a variable holds it.
    #[serde(skip)]
    pub client_secret: Option<Secret>,
}

/// GitHub, which speaks OAuth 2.0 alone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitHub {
    /// Kernia's name there; the provider is there once it is set.
    #[serde(default, deserialize_with = "read::given")]
    pub client_id: Option<Identifier>,
    /// The file with the secret.
    #[serde(default, deserialize_with = "read::given")]
    pub client_secret_file: Option<PathBuf>,
    /// Where people are sent.
    #[serde(deserialize_with = "read::text")]
    pub authorization_endpoint: WebAddress,
    /// Where codes are exchanged.
    #[serde(deserialize_with = "read::text")]
    pub token_endpoint: WebAddress,
    /// Where who signed in is asked.
    #[serde(deserialize_with = "read::text")]
    pub api_url: WebAddress,
    /// The secret, where a variable holds it.
    #[serde(skip)]
    pub client_secret: Option<Secret>,
}

/// Apple, whose secret is made by a key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apple {
    /// Kernia's name there; the provider is there once it is set.
    #[serde(default, deserialize_with = "read::given")]
    pub client_id: Option<Identifier>,
    /// The team that the key belongs to.
    #[serde(default, deserialize_with = "read::given")]
    pub team_id: Option<Identifier>,
    /// The name of the key.
    #[serde(default, deserialize_with = "read::given")]
    pub key_id: Option<Identifier>,
    /// The file with the key.
    #[serde(default, deserialize_with = "read::given")]
    pub key_file: Option<PathBuf>,
    /// Where it describes itself.
    #[serde(deserialize_with = "read::text")]
    pub discovery_endpoint: WebAddress,
    /// The key, where a variable holds it.
    #[serde(skip)]
    pub key: Option<Secret>,
}

/// Whom DNS is asked of.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dns {
    /// The name servers; none stands for the system's.
    #[serde(deserialize_with = "read::name_servers")]
    pub servers: Vec<SocketAddr>,
}

/// What is kept of each attempt to sign in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// For how many days.
    #[serde(deserialize_with = "read::count::<_, 1, 3650>")]
    pub keep_days: usize,
    /// Whether personal data is masked before it is written.
    pub mask_personal_data: bool,
}

/// The log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// What is logged.
    #[serde(deserialize_with = "read::text")]
    pub level: LogFilter,
    /// How it is written.
    #[serde(deserialize_with = "read::text")]
    pub format: LogFormat,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// An application that signs its users in by OpenID Connect.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenIdClient {
    /// Its client id.
    #[serde(deserialize_with = "read::client_id")]
    pub id: String,
    /// What people call it.
    #[serde(deserialize_with = "read::name")]
    pub name: String,
    /// Where it may be answered.
    #[serde(deserialize_with = "read::addresses")]
    pub redirect_uris: Vec<String>,
    /// Where a browser may go on to that signed out.
    #[serde(default, deserialize_with = "read::addresses")]
    pub post_logout_redirect_uris: Vec<String>,
    /// Whether it can keep no secret.
    #[serde(default)]
    pub public: bool,
    /// The file with its secret, for one that can.
    #[serde(default, deserialize_with = "read::path")]
    pub client_secret_file: Option<PathBuf>,
}

/// A configuration that was read without a fault.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// The file it was read from.
    pub file: Option<PathBuf>,
}

impl Config {
    /// Reads the defaults, then the file, then the environment; the later one wins. Relative paths
    /// are taken from the file's folder, wherever they were given.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Loaded, Faults> {
        let mut config = layers::load(file, environment)?;
        if let Some(folder) = file.and_then(Path::parent) {
            config.store.path = folder.join(&config.store.path);
            config.vault.master_key_file = folder.join(&config.vault.master_key_file);
            for file in [
                &mut config.google_oauth.client_secret_file,
                &mut config.microsoft_oauth.client_secret_file,
                &mut config.github_oauth.client_secret_file,
                &mut config.apple_oauth.key_file,
            ] {
                *file = file.as_ref().map(|path| folder.join(path));
            }
            for client in &mut config.openid_clients {
                client.client_secret_file =
                    client.client_secret_file.take().map(|it| folder.join(it));
            }
        }
        Ok(Loaded { config, file: file.map(Path::to_owned) })
    }
}

impl Default for Config {
    #[expect(clippy::expect_used, reason = "the defaults are constants, and a test reads them")]
    fn default() -> Self {
        layers::defaults().extract().expect("the table's defaults are a configuration")
    }
}
