//! A running instance, for `serve` and `demo`: listener, jobs, server, and how it ends.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

use super::Failure;
use crate::{
    app::{App, Base},
    config::Config,
    http::Site,
    jobs,
    kit::text::WebAddress,
    server::{Listener, Server, ServerLimits},
};

/// A runtime with one worker for each core.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Takes the address, and says how this instance is reached.
pub(super) async fn listen(
    address: SocketAddr,
    base_url: Option<&WebAddress>,
) -> Result<(TcpListener, Base), Failure> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::new(format!("cannot listen on {address}: {error}"))
            .hint("is another kernia running? `[server] listen` names the address")
    })?;
    let bound = listener.local_addr()?;
    let base = match base_url {
        Some(url) => Base::new(url),
        None => Base::new(&WebAddress::parse(&format!("http://{bound}"))?),
    };
    Ok((listener, base))
}

/// Where an instance is heard: its address, and the socket beside its database, which is now open.
pub(super) fn listeners(listener: TcpListener, config: &Config) -> Vec<Listener> {
    let mut listeners = vec![Listener::from(listener)];
    let socket = config.store.socket();
    match Listener::local(&socket) {
        Ok(listener) => listeners.push(listener),
        Err(error) => {
            tracing::warn!(path = %socket.display(), %error, "commands here need --url and a key");
        }
    }
    listeners
}

/// SIGTERM and SIGINT. They are caught from the start on: whoever is told that an instance is ready
/// may end it in the same moment.
pub(super) struct Ending {
    terminate: Signal,
    interrupt: Signal,
}

impl Ending {
    pub(super) fn catch() -> Result<Self, Failure> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn comes(mut self) {
        tokio::select! { _ = self.terminate.recv() => {}, _ = self.interrupt.recv() => {} }
    }
}

/// Serves until the ending comes, then drains.
pub(super) async fn serve(
    app: Arc<App>,
    site: Arc<dyn Site>,
    listeners: Vec<Listener>,
    config: &Config,
    ending: Ending,
) -> Result<(), Failure> {
    let limits = ServerLimits {
        connections: config.server.max_connections,
        drain: config.server.drain,
        trusted_proxies: config.server.trusted_proxies.clone(),
        ..ServerLimits::default()
    };
    jobs::start(&app);
    let shutdown = async {
        ending.comes().await;
        tracing::info!("draining");
        notify(&[sd_notify::NotifyState::Stopping]);
    };
    notify(&[sd_notify::NotifyState::Ready]);
    let server = Server::new(site, limits, app.clock.clone(), app.chance.clone());
    let cut = server.serve(listeners, shutdown).await;
    jobs::finish(&app).await;
    tracing::info!(requests_cut = cut, "stopped");
    Ok(())
}

/// Tells systemd, where it listens.
pub(super) fn notify(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd was not told");
    }
}

/// How long the end of the runtime waits for what still runs.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(1);
