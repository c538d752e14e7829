//! What DNS says: questions for TXT records, asked of the system's name servers or of those that the
//! operator named, within a few seconds and without a memory. No noun lives here.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::{
        op::ResponseCode,
        rr::{Name, RData},
    },
    system_conf,
};
use tokio::time::timeout;

/// How long one question may take, whatever is tried.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long one name server may take for one attempt.
const ATTEMPT: Duration = Duration::from_secs(2);
/// Where the system says which name servers it asks.
const SYSTEM: &str = "/etc/resolv.conf";

/// Asks name servers.
///
/// Nothing is remembered from one question to the next, neither answers nor which servers are slow:
/// whoever has just changed a record wants to see it, and questions are few.
#[derive(Debug, Clone)]
pub struct Resolver {
    servers: Arc<[SocketAddr]>,
}

/// What came of a question for the TXT records of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The name has these, each put together from its strings; perhaps none. A CNAME was followed.
    Texts(Vec<String>),
    /// There is no such name (NXDOMAIN).
    NoSuchName,
    /// The servers answered that they cannot say: SERVFAIL, REFUSED and their like.
    Failed(String),
    /// Nobody answered in time.
    Silent,
    /// Nobody could be asked.
    Unreachable(String),
}

impl Resolver {
    /// Asks these servers; when there are none, those that the system asks at that time.
    #[must_use]
    pub fn new(servers: &[SocketAddr]) -> Self {
        Self { servers: servers.into() }
    }

    /// The TXT records of a name, which is taken as a whole one: no search list is tried.
    pub async fn texts(&self, name: &str) -> Answer {
        match timeout(PATIENCE, self.ask(name)).await {
            Ok(Ok(texts)) => Answer::Texts(texts),
            Ok(Err(error)) => understood(error),
            Err(_) => Answer::Silent,
        }
    }

    async fn ask(&self, name: &str) -> Result<Vec<String>, NetError> {
        let mut name = Name::from_ascii(name)?;
        name.set_fqdn(true);
        let provider = TokioRuntimeProvider::default();
        let mut builder = TokioResolver::builder_with_config(self.servers().await?, provider);
        *builder.options_mut() = options();
        let lookup = builder.build()?.txt_lookup(name).await?;
        let texts = lookup.answers().iter().filter_map(|record| match &record.data {
            // RFC 7208 §3.3: the strings of one record are put together without a space.
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        });
        Ok(texts.collect())
    }

    /// The system's file is read for each question: it changes when the network does.
    async fn servers(&self) -> Result<ResolverConfig, NetError> {
        if self.servers.is_empty() {
            let (system, _) = system_conf::parse_resolv_conf(tokio::fs::read(SYSTEM).await?)?;
            return Ok(ResolverConfig::from_name_servers(system.name_servers().to_vec()));
        }
        let servers = self.servers.iter().map(|server| {
            let at = |mut connection: ConnectionConfig| {
                connection.port = server.port();
                connection
            };
            let connections = vec![at(ConnectionConfig::udp()), at(ConnectionConfig::tcp())];
            NameServerConfig::new(server.ip(), true, connections)
        });
        Ok(ResolverConfig::from_name_servers(servers.collect()))
    }
}

fn options() -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.timeout = ATTEMPT;
    options.attempts = 2;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options
}

fn understood(error: NetError) -> Answer {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => Answer::NoSuchName,
            ResponseCode::NoError => Answer::Texts(Vec::new()),
            code => Answer::Failed(code.to_str().to_owned()),
        },
        NetError::Dns(DnsError::ResponseCode(code)) => Answer::Failed(code.to_str().to_owned()),
        NetError::Timeout => Answer::Silent,
        NetError::Io(why) if why.kind() == io::ErrorKind::TimedOut => Answer::Silent,
        NetError::Io(why) if why.kind() == io::ErrorKind::NotFound => {
            Answer::Unreachable(format!("{SYSTEM}: {why}"))
        }
        NetError::Io(why) => Answer::Unreachable(why.to_string()),
        NetError::NoConnections => Answer::Unreachable("no name server takes a question".into()),
        other => Answer::Failed(other.to_string()),
    }
}
