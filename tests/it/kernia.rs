//! The stage and the cast: the real server on port 0 over a temporary file, with a clock in the
//! test's hand and seeded chance, and the people who meet it.

mod application;
mod browser;
mod database;
mod identity_provider;
mod log;
mod metadata_server;
mod name_server;
mod openid_provider;
mod program;
mod relying_party;
mod wire;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use kernia::{
    app::{self, App, Base, Opening},
    applications::{api_key, client, signing_key},
    config::Config,
    faces::Faces,
    http::Site,
    kit::{
        chance::Chance,
        environment::Environment,
        text::{Label, WebAddress},
        time::{Clock, Timestamp},
    },
    server::{Server, ServerLimits},
    vault::{MasterKey, signing_key::SigningKey},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub(crate) use self::{
    application::{Application, Exchanged},
    browser::{Asked, Browser, hidden_fields},
    database::Database,
    identity_provider::{IdentityProvider, metadata, pem},
    log::{Log, logging},
    metadata_server::MetadataServer,
    name_server::{NameServer, Says},
    openid_provider::{Key, LATE, OpenIdProvider, SignedBy, Token, shifted},
    program::{Program, kernia, run},
    relying_party::{RelyingParty, Tokens},
    wire::{Answer, encoded, from, sends, sends_from},
};

/// Where the standing clock begins.
const BEGINNING: i64 = 1_767_323_045_678;

/// A whole Kernia of the test's own.
pub(crate) struct Kernia {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Clock,
    pub(crate) client_id: String,
    pub(crate) api_key: String,
    /// The database and the master key; gone with this.
    folder: TempDir,
    config: Config,
    starts: u64,
    running: Option<Running>,
}

/// What ends when Kernia is started anew.
struct Running {
    app: Arc<App>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<usize>,
}

impl Kernia {
    /// A fresh one, with one client that has one API key.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// A fresh one whose configuration differs from the tests' usual one.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.environment.kind = Environment::Test;
        config.store.path = folder.path().join("kernia.db");
        config.vault.master_key_file = folder.path().join("kernia.key");
        change(&mut config);
        let clock = Clock::standing_at(Timestamp::from_millis(BEGINNING));
        MasterKey::generate().write_new_file(&config.vault.master_key_file, clock.now()).unwrap();
        let mut kernia = Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            clock,
            client_id: String::new(),
            api_key: String::new(),
            folder,
            config,
            starts: 0,
            running: None,
        };
        kernia.rise().await;
        (kernia.client_id, kernia.api_key) = kernia.first_client().await;
        kernia
    }

    /// Drops everything that lives in memory and opens the same file again, on the same port.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.rise().await;
    }

    /// Starts anew under another configuration.
    pub(crate) async fn changes(&mut self, change: impl FnOnce(&mut Config)) {
        self.stop().await;
        change(&mut self.config);
        self.rise().await;
    }

    /// Ends it; the file stays.
    pub(crate) async fn stop(&mut self) {
        let Running { app, stop, task } = self.running.take().unwrap();
        stop.send(()).unwrap();
        assert_eq!(task.await.unwrap(), 0, "nothing was in flight");
        drop(app);
    }

    async fn rise(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.address = listener.local_addr().unwrap();
        let here = WebAddress::parse(&format!("http://{}", self.address)).unwrap();
        // The same chance twice would give the same ids twice.
        self.starts += 1;
        let opening = Opening {
            config: &self.config,
            base: Base::new(self.config.server.base_url.as_ref().unwrap_or(&here)),
            clock: self.clock.clone(),
            chance: Chance::seeded(self.starts),
            loopback_allowed: false,
        };
        let app = Arc::new(app::open(opening).await.unwrap());
        let site: Arc<dyn Site> = Arc::new(Faces::new(Arc::clone(&app)).unwrap());
        let trusted_proxies = self.config.server.trusted_proxies.clone();
        let limits = ServerLimits { trusted_proxies, ..ServerLimits::default() };
        let server = Server::new(site, limits, self.clock.clone(), app.chance.clone());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.serve(vec![listener.into()], async { drop(stopped.await) }));
        self.running = Some(Running { app, stop, task });
    }

    /// What `kernia init` makes.
    async fn first_client(&self) -> (String, String) {
        let (app, now) = (self.app(), self.clock.now());
        let key = app.cpu.run(move || SigningKey::generate("kernia.test", now)).await;
        let (key, vault, environment) = (key.unwrap().unwrap(), app.vault.clone(), app.environment);
        let made = app.store.write(move |tx| {
            let client = client::create(tx, &Label::parse("Acme Analytics")?)?;
            signing_key::store(tx, &vault, &client.id, &key)?;
            let (_, secret) = api_key::issue(tx, environment, &client.id, &Label::parse("First")?)?;
            Ok((client.id.to_string(), secret.expose().to_owned()))
        });
        made.await.unwrap()
    }

    /// What the faces use, for the few stories that look behind the wire.
    pub(crate) fn app(&self) -> &Arc<App> {
        &self.running.as_ref().unwrap().app
    }

    /// Where it is reached, as itself says.
    pub(crate) fn base(&self) -> String {
        self.app().base.as_str().to_owned()
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// A view of the database, past Kernia.
    pub(crate) fn database(&self) -> Database {
        Database::open(&self.config.store.path)
    }

    pub(crate) fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// Somebody without a name asks.
    pub(crate) async fn anonymous(&self, method: &str, path: &str) -> Answer {
        sends(self.address, method, path, &[], b"").await
    }

    /// The first client, with its API key.
    pub(crate) fn application(&self) -> Application {
        Application::new(self.address, &self.client_id, &self.api_key)
    }

    /// Somebody's browser, without a cookie yet.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address, &self.base())
    }
}
