//! [`ApiClient`]: calls of Kernia's own API, from its commands: over the socket on this machine, or
//! to an address with a key.

use std::path::{Path, PathBuf};

use hyper::{
    client::conn::http1,
    header::{AUTHORIZATION, CONTENT_TYPE},
    http::uri::PathAndQuery,
};
use hyper_util::rt::TokioIo;
use serde_json::Value as Json;
use tokio::{net::UnixStream, task::JoinSet, time::timeout};

use super::{Client, Duration, FetchRefused, Fetched, Full, Reach, broken, read, request};
use crate::{
    http::{Bytes, Method},
    kit::{secret::Secret, text::WebAddress},
};

/// The most bytes of an answer.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// How long a call may take.
const CALL_TIME: Duration = Duration::from_mins(1);

/// Where the API is.
pub struct ApiClient {
    way: Way,
}

enum Way {
    Socket(PathBuf),
    Address { client: Box<Client>, url: WebAddress, key: Secret },
}

/// What the API answered.
#[derive(Debug)]
pub struct ApiAnswer {
    /// The status.
    pub status: u16,
    /// The body; null where there is none.
    pub body: Json,
}

impl ApiClient {
    /// Over the socket of the process that serves on this machine.
    #[must_use]
    pub fn over_socket(path: PathBuf) -> Self {
        Self { way: Way::Socket(path) }
    }

    /// To an address anywhere, with an API key.
    #[must_use]
    pub fn to(url: WebAddress, key: Secret) -> Self {
        let client = Box::new(Client::new(Reach::Anywhere));
        Self { way: Way::Address { client, url, key } }
    }

    /// Where it goes, for a message.
    #[must_use]
    pub fn target(&self) -> String {
        match &self.way {
            Way::Socket(path) => path.display().to_string(),
            Way::Address { url, .. } => url.url().origin().ascii_serialization(),
        }
    }

    /// One call; `path` has its query.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Json>,
    ) -> Result<ApiAnswer, FetchRefused> {
        timeout(CALL_TIME, self.exchanged(method, path, body)).await.unwrap_or_else(|_| {
            let detail = format!("{} did not answer within a minute", self.target());
            Err(FetchRefused::new("fetch_too_slow", detail))
        })
    }

    async fn exchanged(
        &self,
        method: Method,
        path: &str,
        body: Option<&Json>,
    ) -> Result<ApiAnswer, FetchRefused> {
        let base = match &self.way {
            Way::Socket(_) => url::Url::parse("http://localhost").map_err(broken)?,
            Way::Address { url, .. } => url.url().clone(),
        };
        let url = base.join(path).map_err(broken)?;
        let name = hyper::Method::from_bytes(method.as_str().as_bytes()).map_err(broken)?;
        let mut request = request(name, &url, "*/*");
        if let Way::Address { key, .. } = &self.way {
            request = request.header(AUTHORIZATION, format!("Bearer {}", key.expose()));
        }
        let content = match body {
            None => Full::default(),
            Some(body) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Full::new(Bytes::from(body.to_string()))
            }
        };
        let request = request.body(content).map_err(broken)?;
        let fetched = match &self.way {
            Way::Address { client, .. } => read(client.send(request).await?, MAX_ANSWER).await?,
            Way::Socket(path) => over_socket(path, request).await?,
        };
        let body = if fetched.body.is_empty() {
            Json::Null
        } else {
            serde_json::from_slice(&fetched.body).map_err(|_| {
                let detail = format!("{} does not answer as Kernia does", self.target());
                FetchRefused::new("fetch_broken", detail)
            })?
        };
        Ok(ApiAnswer { status: fetched.status, body })
    }
}

/// One request over a socket of this machine, and a connection of its own.
async fn over_socket(
    path: &Path,
    mut request: hyper::Request<Full<Bytes>>,
) -> Result<Fetched, FetchRefused> {
    let stream = UnixStream::connect(path).await.map_err(|error| {
        let detail = format!("{} does not answer: {error}", path.display());
        FetchRefused::new("fetch_unreachable", detail)
    })?;
    let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    *request.uri_mut() = target.parse().map_err(broken)?;
    let (mut sender, running) =
        http1::Builder::new().handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let mut connection = JoinSet::new();
    connection.spawn(async { drop(running.await) });
    read(sender.send_request(request).await.map_err(broken)?, MAX_ANSWER).await
}
