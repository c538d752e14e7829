//! One request and its answer: id, admission, body, handler, headers that every answer has, and
//! the line in the access log. Headers, queries, cookies and bodies are never logged.

use std::{
    future::poll_fn,
    net::{IpAddr, SocketAddr},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use http_body_util::Full;
use hyper::body::{Body, Incoming};
use tokio::{sync::Semaphore, time::Instant};

use super::{body, limits::ServerLimits, stream::Peer, wire::Pace};
use crate::{
    http::{Bytes, Head, Next, Request, RequestId, Response, Seen, Site},
    kit::{
        chance::Chance,
        cpu::panic_message,
        error::{Error, Fault},
        network::Network,
        time::Clock,
    },
};

/// What the log calls a request that got to no route.
const NO_ROUTE: &str = "-";

/// What all connections of a server share.
pub(super) struct Shared {
    pub(super) site: Arc<dyn Site>,
    pub(super) limits: ServerLimits,
    clock: Clock,
    chance: Chance,
    /// Bytes that bodies may still take.
    memory: Arc<Semaphore>,
}

impl Shared {
    pub(super) fn new(
        site: Arc<dyn Site>,
        limits: ServerLimits,
        clock: Clock,
        chance: Chance,
    ) -> Self {
        let memory = Arc::new(Semaphore::new(limits.bodies_bytes.min(Semaphore::MAX_PERMITS)));
        Self { site, limits, clock, chance, memory }
    }
}

/// Answers one request, whatever happens.
pub(super) async fn run(
    shared: Arc<Shared>,
    pace: Arc<Pace>,
    peer: Peer,
    request: hyper::Request<Incoming>,
) -> hyper::Response<Full<Bytes>> {
    pace.begin();
    let (parts, mut body) = request.into_parts();
    let received = shared.clock.now();
    let id = RequestId::fresh(received.millis(), shared.chance.bits());
    let seen = Seen { id: id.clone(), path: parts.uri.path().to_owned(), received };
    let mut line = Line::begin(id.clone(), peer.ip(), parts.method.as_str());
    let head = Head::read(parts, id, peer.ip(), received).map(|mut head| {
        head.is_owner = matches!(peer, Peer::Owner);
        head.peer = caller(&head, &shared.limits.trusted_proxies);
        line.peer = head.peer;
        line.callers_id = callers_id(&head);
        head
    });
    let mut read = body.is_end_stream();
    let outcome = match head {
        Ok(head) => answer(&shared, head, (&mut body, &mut read), &mut line.route).await,
        Err(error) => Err(error),
    };
    if let Err(Error::Refused(refused)) = &outcome {
        line.code = Some(refused.code);
    }
    let mut response = outcome.unwrap_or_else(|error| refuse(&shared, &seen, &error, line.route));
    finish(&mut response, &seen.id);
    if !read {
        // The connection cannot be used again, and a caller that is not told would try.
        response = response.with_header("connection", "close");
    }
    pace.end(body.is_end_stream());
    line.end(&response);
    response.into_hyper()
}

async fn answer(
    shared: &Shared,
    head: Head,
    (body, read): (&mut Incoming, &mut bool),
    route: &mut &'static str,
) -> Result<Response, Error> {
    let site = Arc::clone(&shared.site);
    let admission = caught(async { site.admit(head).await }).await?;
    *route = admission.route;
    match admission.next {
        Next::Answered(response) => Ok(response),
        Next::Refused(error) => Err(error),
        Next::Body { head, limit, run } => {
            let whole = body::read(body, limit, &shared.limits, &shared.memory).await?;
            *read = true;
            let request = Request { head: *head, body: whole.bytes.clone() };
            caught(async { run(request).await }).await?
        }
    }
}

/// Runs to the end, or to a panic, which becomes a fault.
async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Error> {
    let mut work = pin!(work);
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx)));
        polled.map_or_else(|panic| Poll::Ready(Err(panicked(panic.as_ref()))), |poll| poll.map(Ok))
    })
    .await
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    Fault::Panicked(panic_message(panic)).into()
}

/// Says no in the site's dialect, and logs what is ours to mend.
fn refuse(shared: &Shared, seen: &Seen, error: &Error, route: &str) -> Response {
    let id = seen.id.as_str();
    let busy = matches!(error, Error::Fault(Fault::Busy | Fault::Closing));
    match error {
        Error::Refused(_) => {}
        Error::Fault(fault) if busy => {
            tracing::warn!(request_id = id, route, %fault, "a request was turned away");
        }
        Error::Fault(fault) => tracing::error!(request_id = id, route, %fault, "a request failed"),
    }
    let rendered = catch_unwind(AssertUnwindSafe(|| shared.site.refuse(seen, error)));
    let mut response = rendered.unwrap_or_else(|panic| {
        let fault = panicked(panic.as_ref());
        tracing::error!(request_id = id, route, %fault, "a refusal could not be rendered");
        Response::empty(500)
    });
    if busy {
        response.default_header("retry-after", "1");
    }
    response
}

/// Adds what every answer has.
fn finish(response: &mut Response, id: &RequestId) {
    response.headers.retain(|(name, _)| *name != "x-request-id");
    response.default_header("x-request-id", id.as_str());
    response.default_header("x-content-type-options", "nosniff");
    response.default_header("referrer-policy", "no-referrer");
    response.default_header("cache-control", "no-store");
}

/// Who asks: the peer, or, behind trusted proxies, the right-most address in `X-Forwarded-For`
/// that is none of them. Everything left of it the caller may have written itself.
fn caller(head: &Head, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address| trusted.iter().any(|network| network.contains(address));
    let mut caller = head.peer.to_canonical();
    let lines = head.headers.bytes("x-forwarded-for").rev();
    for hop in lines.flat_map(|line| line.rsplit(|byte| *byte == b',')) {
        // What the caller wrote itself may be any bytes; it stands to the left of what is read.
        match std::str::from_utf8(hop).ok().and_then(|hop| address(hop.trim())) {
            Some(address) if is_trusted(caller) => caller = address,
            _ => break,
        }
    }
    caller
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let plain = text.parse().ok();
    plain
        .or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
        .map(|ip: IpAddr| ip.to_canonical())
}

/// The id that the caller gave its request, if it is fit for a log.
fn callers_id(head: &Head) -> Option<String> {
    let id = head.header("x-request-id")?;
    let sane = (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    sane.then(|| id.to_owned())
}

/// The line in the access log. Dropped before its end, it says that the request was cut.
struct Line {
    id: RequestId,
    method: String,
    route: &'static str,
    peer: IpAddr,
    callers_id: Option<String>,
    /// Of a refusal; its sentence may quote what the caller sent, so it is not here.
    code: Option<&'static str>,
    began: Instant,
    ended: bool,
}

impl Line {
    fn begin(id: RequestId, peer: IpAddr, method: &str) -> Self {
        let method = method.chars().take(16).collect();
        let (began, callers_id, code) = (Instant::now(), None, None);
        Self { id, method, route: NO_ROUTE, peer, callers_id, code, began, ended: false }
    }

    fn end(mut self, response: &Response) {
        self.ended = true;
        self.write(response.status, response.body.len());
    }

    /// A status of 0 means that there was no answer.
    fn write(&self, status: u16, bytes: usize) {
        tracing::info!(
            target: "access",
            request_id = self.id.as_str(),
            callers_id = self.callers_id.as_deref(),
            method = self.method.as_str(),
            route = self.route,
            status,
            code = self.code,
            ms = (self.began.elapsed().as_secs_f64() * 1e5).round() / 100.0,
            bytes,
            peer = %self.peer,
            "{}",
            if self.ended { "answered" } else { "cut" },
        );
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.ended {
            self.write(0, 0);
        }
    }
}
