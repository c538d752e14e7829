//! What a server serves: a [`Site`] sees the head first and decides, so that nothing is read from
//! callers that are refused.

use std::{fmt, pin::Pin, sync::Arc};

use super::{
    request::{Head, Request, RequestId},
    response::Response,
};
use crate::kit::{error::Error, time::Timestamp};

/// A future in a box.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What runs once the body is here.
pub type Run = Box<dyn FnOnce(Request) -> Answer<'static, Result<Response, Error>> + Send>;

/// Everything that answers behind one server.
pub trait Site: Send + Sync + 'static {
    /// Says, from the head alone, either the final response or what to do with the body.
    fn admit(self: Arc<Self>, head: Head) -> Answer<'static, Admission>;

    /// Renders what failed, in the dialect of the path: an unreadable head, a body too large or too
    /// slow, an error of a handler, a panic. Called for every `Err` of a handler too.
    fn refuse(&self, seen: &Seen, error: &Error) -> Response;
}

/// What is known of a request that is refused.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The id of the request; people are shown it as the incident id.
    pub id: RequestId,
    /// The raw path, without the query. It may be anything that the caller sent.
    pub path: String,
    /// When it came.
    pub received: Timestamp,
}

/// What a [`Site`] says to a head.
pub struct Admission {
    /// The route's pattern: what the access log and the metrics call this request.
    pub route: &'static str,
    /// How it goes on.
    pub next: Next,
}

/// How a request goes on after its head.
pub enum Next {
    /// It is answered already; the body is not read.
    Answered(Response),
    /// The site refuses or failed; the server logs a fault and lets [`Site::refuse`] render it.
    Refused(Error),
    /// The body is read, `limit` bytes at most, and given to `run` together with the head.
    Body {
        /// The head, with what the router added to it.
        head: Box<Head>,
        /// The most bytes of the body.
        limit: usize,
        /// What runs with the whole request.
        run: Run,
    },
}

impl Admission {
    /// The final response, without a look at the body.
    #[must_use]
    pub fn answered(route: &'static str, response: Response) -> Self {
        Self { route, next: Next::Answered(response) }
    }

    /// A no, which [`Site::refuse`] will render.
    #[must_use]
    pub fn refused(route: &'static str, error: Error) -> Self {
        Self { route, next: Next::Refused(error) }
    }

    /// Reads up to `limit` bytes of the body and goes on with `run`.
    pub fn body<F>(route: &'static str, head: Head, limit: usize, run: F) -> Self
    where
        F: FnOnce(Request) -> Answer<'static, Result<Response, Error>> + Send + 'static,
    {
        Self { route, next: Next::Body { head: Box::new(head), limit, run: Box::new(run) } }
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let next = match &self.next {
            Next::Answered(_) => "answered",
            Next::Refused(_) => "refused",
            Next::Body { .. } => "body",
        };
        f.debug_struct("Admission").field("route", &self.route).field("next", &next).finish()
    }
}
