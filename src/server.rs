//! Serving a [`Site`]: listening, one task per connection, limits, draining.
//! It knows nothing of what is served.

mod body;
mod exchange;
mod limits;
mod stream;
mod wire;

use std::{
    convert::Infallible,
    future::poll_fn,
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout},
};

use self::{
    exchange::Shared,
    stream::{Peer, Stream},
    wire::{Pace, Wire},
};
pub use self::{limits::ServerLimits, stream::Listener};
use crate::{
    http::Site,
    kit::{chance::Chance, time::Clock},
};

/// How long the listener rests when the system gives no more connections.
const REST: Duration = Duration::from_millis(100);
/// How often a crowded server asks its idle connections to go.
const CROWD_PERIOD: Duration = Duration::from_secs(1);

/// Which connections are asked to close, each time it is said anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closing {
    /// Those that rest between two requests.
    Idle,
    /// All, as soon as they are idle.
    All,
}

/// Serves a site.
pub struct Server {
    shared: Arc<Shared>,
    closing: watch::Sender<Closing>,
    tasks: JoinSet<()>,
}

impl Server {
    /// A server for this site; clock and chance make the ids of its requests.
    #[must_use]
    pub fn new(site: Arc<dyn Site>, limits: ServerLimits, clock: Clock, chance: Chance) -> Self {
        Self {
            shared: Arc::new(Shared::new(site, limits, clock, chance)),
            closing: watch::Sender::new(Closing::Idle),
            tasks: JoinSet::new(),
        }
    }

    /// Serves until `shutdown` is there, then stops listening, closes idle connections and lets
    /// requests in flight finish for [`ServerLimits::drain`]. Returns how many connections were
    /// cut then.
    pub async fn serve(
        mut self,
        listeners: Vec<Listener>,
        shutdown: impl Future<Output = ()>,
    ) -> usize {
        self.accept_until(&listeners, pin!(shutdown)).await;
        drop(listeners);
        self.closing.send_replace(Closing::All);
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(self.shared.limits.drain, drained).await.is_ok() {
            return 0;
        }
        let cut = self.tasks.len();
        self.tasks.shutdown().await;
        cut
    }

    async fn accept_until(
        &mut self,
        listeners: &[Listener],
        mut shutdown: Pin<&mut impl Future<Output = ()>>,
    ) {
        // One connection beyond the limit is accepted and waits here, so that it is known when
        // somebody does; all others wait in the system's backlog.
        let mut waiting: Option<(Stream, Peer)> = None;
        let mut asked: Option<Instant> = None;
        loop {
            if self.tasks.len() < self.shared.limits.connections
                && let Some((stream, peer)) = waiting.take()
            {
                self.connect(stream, peer);
            }
            if waiting.is_some() && asked.is_none_or(|at| at.elapsed() >= CROWD_PERIOD) {
                tracing::warn!(connections = self.tasks.len(), "connections ran out");
                self.closing.send_replace(Closing::Idle);
                asked = Some(Instant::now());
            }
            tokio::select! {
                () = shutdown.as_mut() => return,
                // There is nothing to learn from how a connection ended.
                _ = timeout(CROWD_PERIOD, self.tasks.join_next()), if !self.tasks.is_empty() => {}
                accepted = accept(listeners), if waiting.is_none() => match accepted {
                    Ok(accepted) => waiting = Some(accepted),
                    Err(error) => rest(&error).await,
                },
            }
        }
    }

    /// Begins to serve one connection.
    fn connect(&mut self, stream: Stream, peer: Peer) {
        let shared = Arc::clone(&self.shared);
        let mut closing = self.closing.subscribe();
        self.tasks.spawn(async move {
            let pace = Arc::new(Pace::default());
            let wire = Wire::new(stream, Arc::clone(&pace), &shared.limits);
            let builder = builder(&shared.limits);
            let service = service_fn(|request| {
                let exchange = exchange::run(Arc::clone(&shared), Arc::clone(&pace), peer, request);
                async { Ok::<_, Infallible>(exchange.await) }
            });
            let mut connection = pin!(builder.serve_connection(wire, service));
            loop {
                tokio::select! {
                    // A caller that goes away or breaks the protocol is no news.
                    _ = connection.as_mut() => return,
                    Ok(()) = closing.changed() => {
                        if *closing.borrow_and_update() == Closing::All || pace.is_idle() {
                            connection.as_mut().graceful_shutdown();
                        }
                    }
                }
            }
        });
    }
}

fn builder(limits: &ServerLimits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        // The wire keeps the time, because it tells an idle connection from a slow head.
        .header_read_timeout(None)
        .max_buf_size(limits.head_bytes)
        // What a handler began it also ends, whether the caller still listens or not.
        .half_close(true);
    builder
}

async fn accept(listeners: &[Listener]) -> io::Result<(Stream, Peer)> {
    poll_fn(|cx| {
        let ready = listeners.iter().map(|listener| listener.poll_accept(cx));
        ready.into_iter().find(Poll::is_ready).unwrap_or(Poll::Pending)
    })
    .await
}

/// A connection that was gone before it was accepted is nothing; when the system has no more
/// files, trying again at once would only burn the processor.
#[expect(clippy::disallowed_methods, reason = "the system does not say when it has files again")]
async fn rest(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "a connection could not be accepted");
        tokio::time::sleep(REST).await;
    }
}
