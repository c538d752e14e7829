//! Outgoing requests: a GET or a posted form, with a limit for everything. Where it may go, a
//! [`Reach`] says, and the address that was checked is the one that is connected to.

mod api;
mod connect;
mod reach;

use std::{error::Error as _, fmt, time::Duration};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    body::{Body, Incoming},
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, LOCATION, USER_AGENT},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy,
    rt::{TokioExecutor, TokioTimer},
};
use tokio::time::timeout;

use self::connect::Direct;
pub use self::{
    api::{ApiAnswer, ApiClient},
    reach::Reach,
};
use super::Bytes;
use crate::kit::{secret::Secret, text::WebAddress};

/// How often a host may send us elsewhere on itself.
const MAX_REDIRECTS: usize = 2;
/// The most bytes of a response's head.
const MAX_HEAD: usize = 64 * 1024;

/// How long an open connection waits for the next request: shorter than servers wait, so that none
/// is closed just when it is used.
const IDLE: Duration = Duration::from_secs(3);
/// How many connections to one host may wait so.
const MAX_IDLE: usize = 32;

/// Fetches documents from elsewhere. TLS trusts the roots that browsers trust.
#[derive(Clone)]
pub struct Client {
    pool: legacy::Client<HttpsConnector<Direct>, Full<Bytes>>,
}

/// What was fetched.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The status, whatever it is, but no redirect that was followed.
    pub status: u16,
    /// The declared content type; empty when there is none.
    pub content_type: String,
    /// The body.
    pub body: Bytes,
}

/// A call of somebody's API.
pub struct Call<'a> {
    /// Where it goes.
    pub url: &'a WebAddress,
    /// What is posted, encoded; without it something is read.
    pub form: Option<String>,
    /// The value of the `Authorization` header.
    pub authorization: Option<&'a Secret>,
    /// What may come back.
    pub accept: &'static str,
}

/// Why nothing was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchRefused {
    /// A stable word in snake case.
    pub code: &'static str,
    /// One sentence for a person.
    pub detail: String,
}

impl Client {
    /// A client that goes no further than `reach`.
    #[must_use]
    pub fn new(reach: Reach) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(Direct::new(reach));
        let pool = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(MAX_IDLE)
            .http1_max_buf_size(MAX_HEAD)
            .build(connector);
        Self { pool }
    }

    /// Fetches a document of at most `limit` bytes in at most `time`, all redirects included.
    pub async fn fetch(
        &self,
        url: &WebAddress,
        limit: usize,
        time: Duration,
    ) -> Result<Fetched, FetchRefused> {
        let fetched = timeout(time, self.follow(url.url().clone(), limit));
        fetched.await.unwrap_or_else(|_| Err(too_slow(url, time)))
    }

    /// Posts a form and follows no redirect; `limit` and `time` as in [`Self::fetch`].
    pub async fn post_form(
        &self,
        url: &WebAddress,
        fields: &[(&str, &str)],
        limit: usize,
        time: Duration,
    ) -> Result<Fetched, FetchRefused> {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.call(&Call { form: Some(form), ..Call::to(url) }, (limit, time)).await
    }

    /// Makes one call, whose answer has at most `limit` bytes and comes in at most `time`. No redirect
    /// is followed: what we say there is meant for nobody else.
    pub async fn call(
        &self,
        call: &Call<'_>,
        (limit, time): (usize, Duration),
    ) -> Result<Fetched, FetchRefused> {
        let url = call.url;
        let called = async {
            let response = self.send(call.request()?).await?;
            read(response, limit).await
        };
        timeout(time, called).await.unwrap_or_else(|_| Err(too_slow(url, time)))
    }

    async fn follow(&self, mut url: url::Url, limit: usize) -> Result<Fetched, FetchRefused> {
        for _ in 0..=MAX_REDIRECTS {
            let request =
                request(hyper::Method::GET, &url, "*/*").body(Full::default()).map_err(broken)?;
            let response = self.send(request).await?;
            match location(&response) {
                None => return read(response, limit).await,
                Some(location) => url = onward(&url, location)?,
            }
        }
        let detail = format!("`{url}` sends us elsewhere once more");
        Err(FetchRefused::new("fetch_redirect_refused", detail))
    }

    /// Sends one request, over a connection that is still open from the last one where there is
    /// one: a company's sign-ins come in the same hour.
    async fn send(
        &self,
        request: hyper::Request<Full<Bytes>>,
    ) -> Result<hyper::Response<Incoming>, FetchRefused> {
        self.pool.request(request).await.map_err(|error| {
            let source = error.source();
            if let Some(refused) = source.and_then(|source| source.downcast_ref::<FetchRefused>()) {
                return refused.clone();
            }
            let why = source.map_or_else(|| error.to_string(), ToString::to_string);
            if error.is_connect() {
                return FetchRefused::new("fetch_tls_failed", format!("TLS: {why}"));
            }
            broken(why)
        })
    }
}

impl<'a> Call<'a> {
    /// Reads what is at this address, whatever it is.
    #[must_use]
    pub fn to(url: &'a WebAddress) -> Self {
        Self { url, form: None, authorization: None, accept: "*/*" }
    }

    fn request(&self) -> Result<hyper::Request<Full<Bytes>>, FetchRefused> {
        let method = if self.form.is_some() { hyper::Method::POST } else { hyper::Method::GET };
        let mut builder = request(method, self.url.url(), self.accept);
        if let Some(secret) = self.authorization {
            let mut value = HeaderValue::from_str(secret.expose()).map_err(broken)?;
            value.set_sensitive(true);
            builder = builder.header(AUTHORIZATION, value);
        }
        let body = match &self.form {
            Some(form) => {
                builder = builder.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
                Full::from(form.clone())
            }
            None => Full::default(),
        };
        builder.body(body).map_err(broken)
    }
}

/// What every request of ours says.
fn request(
    method: hyper::Method,
    url: &url::Url,
    accept: &'static str,
) -> hyper::http::request::Builder {
    hyper::Request::builder()
        .method(method)
        .uri(url.as_str())
        .header(HOST, &url[url::Position::BeforeHost..url::Position::AfterPort])
        .header(USER_AGENT, concat!("kernia/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, accept)
}

/// Where a response sends us.
fn location(response: &hyper::Response<Incoming>) -> Option<&str> {
    let redirects = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    response.headers().get(LOCATION).filter(|_| redirects)?.to_str().ok()
}

/// The next address: on the same origin, or the same host when http becomes https.
fn onward(from: &url::Url, location: &str) -> Result<url::Url, FetchRefused> {
    let refuse = || {
        let detail = format!("`{from}` sends us to another host, where we do not go");
        FetchRefused::new("fetch_redirect_refused", detail)
    };
    let to = from.join(location).map_err(|_| refuse())?;
    let secured = from.scheme() == "http" && to.scheme() == "https" && from.host() == to.host();
    let plain = to.username().is_empty() && to.password().is_none();
    if plain && (secured || from.origin() == to.origin()) { Ok(to) } else { Err(refuse()) }
}

async fn read(response: hyper::Response<Incoming>, limit: usize) -> Result<Fetched, FetchRefused> {
    let too_large =
        || FetchRefused::new("fetch_too_large", format!("it has more than {limit} bytes"));
    let status = response.status().as_u16();
    let declared = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = declared.unwrap_or_default().to_owned();
    let body = response.into_body();
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let body = Limited::new(body, limit).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() { too_large() } else { broken(error) }
    })?;
    Ok(Fetched { status, content_type, body: body.to_bytes() })
}

fn too_slow(url: &WebAddress, time: Duration) -> FetchRefused {
    let detail = format!("`{url}` did not answer within {} s", time.as_secs_f64());
    FetchRefused::new("fetch_too_slow", detail)
}

fn broken(error: impl fmt::Display) -> FetchRefused {
    FetchRefused::new("fetch_broken", format!("the answer could not be read: {error}"))
}

impl FetchRefused {
    fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

impl fmt::Display for FetchRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for FetchRefused {}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
