//! The demo's players: an identity provider of a company, which speaks SAML and OpenID Connect, and a small application of a vendor
//! that signs the company's people in through Kernia. Only `kernia demo` serves them.

pub mod application;
pub mod employee;
pub mod identity_provider;
pub mod openid_provider;
mod openid_sign_in;
mod people;
mod sign_in;

use std::{fmt, sync::Arc};

use self::{
    application::{Application, Sessions},
    employee::Employee,
    identity_provider::IdentityProvider,
    openid_provider::OpenIdProvider,
};
use crate::{
    http::{
        Answer, Client, Request, Response, Route, Seen,
        route::{get, post},
    },
    kit::{chance::Chance, cpu::CpuPool, error::Error, text::WebAddress, time::Clock},
    pages::{self, Link, Problem},
};

/// Where the identity provider shows its metadata.
pub const METADATA_PATH: &str = "/demo/idp/metadata";
/// Where the identity provider is asked to sign somebody in.
pub const SSO_PATH: &str = "/demo/idp/sso";
/// Where the application gets its codes; its redirect URI.
pub const CALLBACK_PATH: &str = "/demo/callback";

/// The most bytes of a form here.
const FORM: usize = 128 * 1024;

/// Everything that the two players use.
pub struct Demo {
    /// Where Kernia answers: `http://127.0.0.1:8080`.
    pub base_url: WebAddress,
    /// The company's identity provider.
    pub identity_provider: Arc<IdentityProvider>,
    /// The same where it speaks OpenID Connect.
    pub openid_provider: OpenIdProvider,
    /// The company's people.
    pub employees: Vec<Employee>,
    /// What the sample application was given when it became a client of Kernia.
    pub application: Application,
    /// Who is signed in to the sample application.
    pub sessions: Sessions,
    /// For passwords and signatures.
    pub cpu: CpuPool,
    /// For the application's requests to Kernia; it must reach loopback.
    pub client: Client,
    /// Where random values come from.
    pub chance: Chance,
    /// Where the time comes from.
    pub clock: Clock,
}

/// What answers a route of the demo.
pub type Handler = for<'a> fn(&'a Demo, Request) -> Answer<'a, Result<Response, Error>>;

/// Every path of the demo.
pub const ROUTES: &[Route<Handler>] = &[
    get("/demo", |demo, request| Box::pin(async move { application::home(demo, &request) })),
    get("/demo/sign-in", |demo, request| {
        Box::pin(async move { application::sign_in(demo, &request) })
    }),
    get("/demo/people", |demo, _| Box::pin(people::show(demo))),
    get(CALLBACK_PATH, |demo, request| Box::pin(application::callback(demo, request))),
    post::<Handler>("/demo/sign-out", |demo, request| {
        Box::pin(async move { Ok(application::sign_out(demo, &request)) })
    })
    .with_body(FORM),
    get(METADATA_PATH, |demo, _| Box::pin(async move { Ok(sign_in::metadata(demo)) })),
    get(SSO_PATH, |demo, request| Box::pin(sign_in::ask(demo, request))),
    post::<Handler>(SSO_PATH, |demo, request| Box::pin(sign_in::check(demo, request)))
        .with_body(FORM),
    get(openid_provider::DISCOVERY_PATH, |demo, _| {
        Box::pin(async move { Ok(openid_sign_in::discovery(demo)) })
    }),
    get(openid_provider::JWKS_PATH, |demo, _| {
        Box::pin(async move { Ok(openid_sign_in::jwks(demo)) })
    }),
    get(openid_provider::AUTHORIZE_PATH, |demo, request| {
        Box::pin(async move { openid_sign_in::ask(demo, &request) })
    }),
    post::<Handler>(openid_provider::AUTHORIZE_PATH, |demo, request| {
        Box::pin(openid_sign_in::check(demo, request))
    })
    .with_body(FORM),
    post::<Handler>(openid_provider::TOKEN_PATH, |demo, request| {
        Box::pin(async move { openid_sign_in::token(demo, &request) })
    })
    .with_body(FORM),
    get(openid_provider::USER_INFO_PATH, |demo, request| {
        Box::pin(async move { Ok(openid_sign_in::user_info(demo, &request)) })
    }),
    get(openid_provider::LOGOUT_PATH, |demo, request| {
        Box::pin(async move { openid_sign_in::leave(demo, &request) })
    }),
];

impl Demo {
    /// An address of ours.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base())
    }

    /// Where Kernia answers, without a slash at the end.
    fn base(&self) -> &str {
        self.base_url.as_str().trim_end_matches('/')
    }
}

/// The page for what fails outside of a handler.
#[must_use]
pub fn refuse(seen: &Seen, error: &Error) -> Response {
    let (status, message) = match error {
        Error::Refused(refused) => (400, refused.detail.clone()),
        Error::Fault(_) => (500, "Something went wrong in the demo.".to_owned()),
    };
    let problem = Problem {
        application: None,
        title: "This did not work".to_owned(),
        message,
        next_step: "Go back and try again. The log has the reason under this id.".to_owned(),
        link: None,
        incident: seen.id.to_string(),
        at: seen.received,
    };
    page(status, &problem, "'none'").unwrap_or_else(|_| Response::empty(status))
}

/// The keys and secrets inside stay unseen.
impl fmt::Debug for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Demo").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// A page, with the headers of pages.
fn page(status: u16, page: &impl askama::Template, form_action: &str) -> Result<Response, Error> {
    let response = Response::html(status, pages::html(page)?);
    Ok(pages::headers(form_action)
        .into_iter()
        .fold(response, |response, (name, value)| response.with_header(name, value)))
}

/// A problem that the person can do something about.
fn problem(
    request: &Request,
    (title, message, next_step): (&str, String, &str),
    link: Option<(&str, &str)>,
) -> Result<Response, Error> {
    let problem = Problem {
        application: link.map(|_| application::NAME.to_owned()),
        title: title.to_owned(),
        message,
        next_step: next_step.to_owned(),
        link: link.map(|(href, words)| Link { href: href.to_owned(), words: words.to_owned() }),
        incident: request.id.to_string(),
        at: request.received,
    };
    page(400, &problem, "'none'")
}

#[cfg(test)]
mod tests;
