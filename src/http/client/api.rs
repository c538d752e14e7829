//! [`ApiClient`]: calls of Kernia's own API, from its commands: over the socket on this machine, or
//! to an address with a key.

use std::path::PathBuf;

use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value as Json;
use tokio::{net::UnixStream, task::JoinSet, time::timeout};

use super::{
    Client, Duration, FetchRefused, Full, Reach, TokioIo, broken, exchange, read, request,
};
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
    Address { client: Client, url: WebAddress, key: Secret },
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
        Self { way: Way::Address { client: Client::new(Reach::Anywhere), url, key } }
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
        let mut connection = JoinSet::new();
        let response = match &self.way {
            Way::Address { client, .. } => client.send(&url, request, &mut connection).await?,
            Way::Socket(path) => {
                let stream = UnixStream::connect(path).await.map_err(|error| {
                    let detail = format!("{} does not answer: {error}", path.display());
                    FetchRefused::new("fetch_unreachable", detail)
                })?;
                exchange(TokioIo::new(stream), request, &mut connection).await?
            }
        };
        let fetched = read(response, MAX_ANSWER).await?;
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
