//! Connecting: names are resolved once, every address is checked, and only a checked one is
//! connected to, so that no second answer of the DNS can lead elsewhere.

use std::{
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::Uri;
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tower_service::Service;

use super::{FetchRefused, reach::Reach};

/// How long one address may take to accept before the next one is tried.
const ATTEMPT: Duration = Duration::from_secs(2);

/// Connects straight to a host, without a proxy.
#[derive(Debug, Clone)]
pub(super) struct Direct {
    reach: Arc<Reach>,
}

impl Direct {
    pub(super) fn new(reach: Reach) -> Self {
        Self { reach: Arc::new(reach) }
    }

    async fn connect(self, uri: Uri) -> Result<TokioIo<TcpStream>, FetchRefused> {
        let https = uri.scheme_str() == Some("https");
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        let resolved = resolve(host, port).await?;
        let mut allowed =
            resolved.into_iter().filter(|to| self.reach.allows(to.ip(), https)).peekable();
        if allowed.peek().is_none() {
            let detail = format!("`{host}` has no address that may be reached from here");
            return Err(FetchRefused::new("fetch_address_refused", detail));
        }
        for address in allowed {
            if let Ok(Ok(stream)) = timeout(ATTEMPT, TcpStream::connect(address)).await {
                return Ok(TokioIo::new(stream));
            }
        }
        let detail = format!("`{host}` does not accept connections on port {port}");
        Err(FetchRefused::new("fetch_unreachable", detail))
    }
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, FetchRefused> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found = lookup_host((host, port)).await.map_err(|_| {
        FetchRefused::new("fetch_unresolved", format!("`{host}` is no name that the DNS knows"))
    })?;
    Ok(found.collect())
}

impl Service<Uri> for Direct {
    type Response = TokioIo<TcpStream>;
    type Error = FetchRefused;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}
