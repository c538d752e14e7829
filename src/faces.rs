//! The faces: how the world speaks to Kernia. Each has its routes as a table, its own dialect for
//! a no, and handlers that translate in, ask a noun, and translate out.

pub mod admin;
mod asker;
mod door;
pub mod login;
pub mod openid;
mod paging;
mod provisioner;
pub mod scim;
mod selector;
mod tally;
pub mod workos;

use std::{net::IpAddr, sync::Arc};

pub use self::tally::Beginner;
use self::tally::Tally;
use crate::{
    app::App,
    applications::{Caller, api_key},
    directories::Provisioner,
    http::{Admission, Answer, Found, Head, Method, Request, Response, Route, Router, Seen, Site},
    kit::{
        error::{Error, Fault, Kind, Refused},
        time::Timestamp,
    },
};

/// What a handler's future answers.
pub type Outcome = Answer<'static, Result<Response, Error>>;

/// What runs behind a door that asks for no proof.
pub type Plain = fn(Arc<App>, Request) -> Outcome;

/// A handler with its door: who may enter stands in its type.
#[derive(Debug, Clone, Copy)]
pub enum Handler {
    /// Anybody.
    Public(Plain),
    /// Anybody, but not too often from one address.
    Paced(Pace, Plain),
    /// As [`Pace::Failures`]; a sign-in that is begun on the way counts as everywhere else.
    Beginning(fn(Arc<App>, Request, Beginner) -> Outcome),
    /// Whoever carries a live API key; the handler gets the proof.
    ApiKey(fn(Arc<App>, Request, Caller) -> Outcome),
    /// Whoever carries a live token of the directory in the path (`{directory}`, its external key);
    /// the handler gets the proof.
    Directory(fn(Arc<App>, Request, Provisioner) -> Outcome),
}

/// What makes a caller of a [`Handler::Paced`] wait.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// What failed: an answer of an identity provider that was not accepted.
    Failures,
    /// Everything: what a stranger may begin here is kept for a while.
    All,
}

/// How many failures an address may have in a minute, bad keys among them.
const MOST_FAILURES: u32 = 300;
/// How many sign-ins an address may begin in a minute.
const MOST_BEGUN: u32 = 1000;

/// `public!(module::function)`: a door for anybody.
macro_rules! public {
    ($handler:path) => {
        $crate::faces::Handler::Public(|app, request| {
            Box::pin(async move { $handler(&app, request).await })
        })
    };
}

/// `paced!(pace, module::function)`: a door for anybody who does not come too often.
macro_rules! paced {
    ($pace:expr, $handler:path) => {
        $crate::faces::Handler::Paced($pace, |app, request| {
            Box::pin(async move { $handler(&app, request).await })
        })
    };
}

/// `beginning!(module::function)`: a door for anybody who does not fail too often, behind which a
/// sign-in may be begun.
macro_rules! beginning {
    ($handler:path) => {
        $crate::faces::Handler::Beginning(|app, request, beginner| {
            Box::pin(async move { $handler(&app, request, beginner).await })
        })
    };
}

/// `with_api_key!(module::function)`: a door for whoever carries a live API key.
macro_rules! with_api_key {
    ($handler:path) => {
        $crate::faces::Handler::ApiKey(|app, request, caller| {
            Box::pin(async move { $handler(&app, request, caller).await })
        })
    };
}

/// `with_directory_token!(module::function)`: a door for whoever carries a live token of the
/// directory in the path.
macro_rules! with_directory_token {
    ($handler:path) => {
        $crate::faces::Handler::Directory(|app, request, provisioner| {
            Box::pin(async move { $handler(&app, request, provisioner).await })
        })
    };
}

pub(crate) use {beginning, paced, public, with_api_key, with_directory_token};

/// A face: its table and its dialect.
struct Face {
    routes: &'static [Route<Handler>],
    /// What is answered in this dialect, even where no route is: paths, and with a slash at the end
    /// all that begins so.
    roots: &'static [&'static str],
    refuse: fn(&Seen, &Error) -> Response,
}

/// The last one has every path that no other claims.
const FACES: &[Face] = &[
    Face { routes: admin::ROUTES, roots: &["/kernia/"], refuse: admin::refuse },
    Face { routes: login::ROUTES, roots: login::ROOTS, refuse: login::refuse },
    Face { routes: scim::ROUTES, roots: scim::ROOTS, refuse: scim::refuse },
    Face { routes: openid::ROUTES, roots: openid::ROOTS, refuse: openid::refuse },
    Face { routes: workos::ROUTES, roots: &["/"], refuse: workos::refuse },
];

/// Every route of every face, for whoever walks them all.
pub fn routes() -> impl Iterator<Item = &'static Route<Handler>> {
    FACES.iter().flat_map(|face| face.routes)
}

/// All faces behind one server.
pub struct Faces {
    app: Arc<App>,
    router: Router<Handler>,
    failures: Arc<Tally>,
    begun: Arc<Tally>,
}

impl Faces {
    /// Builds the router over all tables.
    pub fn new(app: Arc<App>) -> Result<Self, Error> {
        let tables: Vec<_> = FACES.iter().map(|face| face.routes).collect();
        Ok(Self {
            app,
            router: Router::new(&tables)?,
            failures: Arc::new(Tally::of(MOST_FAILURES)),
            begun: Arc::new(Tally::of(MOST_BEGUN)),
        })
    }

    async fn enter(self: Arc<Self>, mut head: Head) -> Admission {
        let (route, params) = match self.router.find(head.method, &head.path) {
            Found::Route { route, params } => (route, params),
            Found::OtherMethods(methods) => {
                let seen = Seen { id: head.id, path: head.path, received: head.received };
                return Admission::answered("(other method)", self.other_methods(&seen, &methods));
            }
            Found::Nothing => {
                let nothing = Refused::missing("not_found", "Not Found");
                return Admission::refused("(no route)", nothing);
            }
        };
        head.params = params;
        let app = Arc::clone(&self.app);
        match route.handler {
            Handler::Public(handler) => {
                Admission::body(route.pattern, head, route.body, move |request| {
                    handler(app, request)
                })
            }
            Handler::Paced(pace, handler) => {
                let tally = match pace {
                    Pace::Failures => Arc::clone(&self.failures),
                    Pace::All => Arc::clone(&self.begun),
                };
                if let Err(error) = tally.pass(head.peer, head.received) {
                    return Admission::refused(route.pattern, error);
                }
                Admission::body(route.pattern, head, route.body, move |request| {
                    let who = (request.peer, request.received);
                    Box::pin(run_paced(tally, pace, who, handler(app, request)))
                })
            }
            Handler::Beginning(handler) => {
                let tally = Arc::clone(&self.failures);
                if let Err(error) = tally.pass(head.peer, head.received) {
                    return Admission::refused(route.pattern, error);
                }
                let begun = Arc::clone(&self.begun);
                Admission::body(route.pattern, head, route.body, move |request| {
                    let who = (request.peer, request.received);
                    let outcome = handler(app, request, Beginner::new(begun, who));
                    Box::pin(run_paced(tally, Pace::Failures, who, outcome))
                })
            }
            Handler::ApiKey(handler) => match self.caller(&head).await {
                Ok(caller) => Admission::body(route.pattern, head, route.body, move |request| {
                    handler(app, request, caller)
                }),
                Err(error) => Admission::refused(route.pattern, error),
            },
            Handler::Directory(handler) => match self.provisioner(&head).await {
                Ok(found) => Admission::body(route.pattern, head, route.body, move |request| {
                    handler(app, request, found)
                }),
                Err(error) => Admission::refused(route.pattern, error),
            },
        }
    }

    /// Who carries the request's API key. Only who carries no live one can be made to wait.
    async fn caller(&self, head: &Head) -> Result<Caller, Error> {
        let refuse = || Refused::unauthenticated("unauthorized", "Unauthorized");
        if head.is_owner {
            return self.app.store.read(api_key::owner).await?.ok_or_else(refuse);
        }
        let found = match head.bearer() {
            Some(secret) => {
                self.app.store.read(move |tx| api_key::authenticate(tx, &secret)).await?
            }
            None => None,
        };
        if found.is_none() {
            self.failures.pass(head.peer, head.received)?;
            self.failures.note(head.peer, head.received);
        }
        found.ok_or_else(refuse)
    }

    /// RFC 9110 §15.5.6: a 405 names the methods that there are.
    fn other_methods(&self, seen: &Seen, methods: &[Method]) -> Response {
        let names: Vec<_> = methods.iter().map(|method| method.as_str()).collect();
        let names = names.join(", ");
        let detail = format!("This path takes {names}.");
        let refused = Refused::new(Kind::Method, "method_not_allowed", detail).into();
        self.refuse(seen, &refused).with_header("allow", names)
    }
}

/// Runs a paced handler and notes what its pace counts.
async fn run_paced(
    tally: Arc<Tally>,
    pace: Pace,
    (peer, received): (IpAddr, Timestamp),
    outcome: Outcome,
) -> Result<Response, Error> {
    let outcome = outcome.await;
    let counts = match (pace, &outcome) {
        (Pace::All, _) | (Pace::Failures, Err(Error::Refused(_))) => true,
        (Pace::Failures, Ok(response)) => (400..500).contains(&response.status),
        (Pace::Failures, Err(Error::Fault(_))) => false,
    };
    if counts {
        tally.note(peer, received);
    }
    outcome
}

impl Site for Faces {
    fn admit(self: Arc<Self>, head: Head) -> Answer<'static, Admission> {
        Box::pin(self.enter(head))
    }

    fn refuse(&self, seen: &Seen, error: &Error) -> Response {
        // One that ends in a slash has all beneath it, another is a path of its own.
        let is_below =
            |root: &str| seen.path == root || root.ends_with('/') && seen.path.starts_with(root);
        let claims = |face: &&Face| face.roots.iter().any(|root| is_below(root));
        let face = FACES.iter().find(claims).unwrap_or(&FACES[FACES.len() - 1]);
        let response = (face.refuse)(seen, error);
        match error {
            Error::Refused(refused) if refused.kind == Kind::TooMany => {
                response.with_header("retry-after", "60")
            }
            // RFC 9110 §11.6.1: a 401 says how to come again.
            Error::Refused(refused) if refused.kind == Kind::Unauthenticated => {
                response.with_header("www-authenticate", "Bearer")
            }
            _ => response,
        }
    }
}

/// The status that every dialect gives an error.
fn status_of(error: &Error) -> u16 {
    match error {
        Error::Refused(refused) => match refused.kind {
            Kind::Malformed => 400,
            Kind::Invalid => 422,
            Kind::Unauthenticated => 401,
            Kind::Forbidden => 403,
            Kind::Missing => 404,
            Kind::Method => 405,
            Kind::Conflict => 409,
            Kind::Stale => 412,
            Kind::Unserved => 501,
            Kind::TooLarge => 413,
            Kind::TooSlow => 408,
            Kind::TooMany => 429,
        },
        Error::Fault(Fault::Busy | Fault::Closing) => 503,
        Error::Fault(_) => 500,
    }
}

/// What a fault is called outside: nothing of its reason, but the id under which the log has it.
fn fault_text(seen: &Seen, error: &Fault) -> String {
    match error {
        Fault::Busy | Fault::Closing => "The server is busy; try again in a moment.".to_owned(),
        _ => format!("Something went wrong on our side. Quote {} when you ask.", seen.id),
    }
}
