//! The identity provider's pages: what an employee sees between the application and the answer.

use std::sync::Arc;

use askama::Template;

use super::{Demo, SSO_PATH, employee, identity_provider::ENTITY_ID, page, problem};
use crate::{
    demo::employee::Employee,
    http::{Pairs, Request, Response},
    kit::{error::Error, secret::Secret, text::WebAddress},
    pages::Onward,
    saml::request::AuthnRequest,
};

#[derive(Template)]
#[template(path = "demo/sign_in.html", config = "src/pages/askama.toml")]
pub(super) struct SignIn<'a> {
    pub(super) action: &'static str,
    /// The request, in hidden fields.
    pub(super) carried: Vec<(&'static str, &'a str)>,
    pub(super) email: &'a str,
    pub(super) wrong: bool,
    pub(super) people: Vec<&'a str>,
}

/// `GET /demo/idp/metadata`.
pub(super) fn metadata(demo: &Demo) -> Response {
    let xml = demo.identity_provider.metadata(&demo.url(SSO_PATH));
    Response::bytes(200, "application/samlmetadata+xml", xml)
}

/// `GET /demo/idp/sso`: a request for a sign-in. A `login_hint` that is somebody here signs them in
/// at once, so that scripts need no browser.
pub(super) async fn ask(demo: &Demo, request: Request) -> Result<Response, Error> {
    let question = match Question::read(demo, &request.query) {
        Ok(question) => question,
        Err(why) => return unreadable(&request, why),
    };
    let hint = request.query.one("login_hint")?.unwrap_or_default();
    match employee::find(&demo.employees, hint) {
        Some(employee) => answer(demo, question, employee).await,
        None => sign_in_page(demo, 200, &question, hint, false),
    }
}

/// `POST /demo/idp/sso`: the email and the password.
pub(super) async fn check(demo: &Demo, request: Request) -> Result<Response, Error> {
    let form = request.form()?;
    let question = match Question::read(demo, &form) {
        Ok(question) => question,
        Err(why) => return unreadable(&request, why),
    };
    let email = form.one("email")?.unwrap_or_default();
    let password = Secret::new(form.one("password")?.unwrap_or_default().to_owned());
    match employee::recognize(&demo.employees, &demo.cpu, email, password).await? {
        Some(employee) => answer(demo, question, employee).await,
        None => sign_in_page(demo, 422, &question, email, true),
    }
}

/// What the relying party asks, as it came and as it reads.
struct Question {
    saml_request: String,
    relay_state: String,
    request: AuthnRequest,
    acs: WebAddress,
}

impl Question {
    /// Reads a question, and answers only to this machine or to Kernia itself: anybody else who
    /// wants an assertion about these people is none of the demo's business.
    fn read(demo: &Demo, pairs: &Pairs) -> Result<Self, String> {
        let one = |name| pairs.one(name).map_err(|error| error.to_string());
        let saml_request = one("SAMLRequest")?.ok_or("It carries no SAMLRequest.")?.to_owned();
        let relay_state = one("RelayState")?.unwrap_or_default().to_owned();
        let request = AuthnRequest::parse_redirect(&saml_request)
            .map_err(|_| "Its SAMLRequest is not a SAML AuthnRequest by HTTP-Redirect.")?;
        let acs = WebAddress::parse(&request.acs_url)
            .map_err(|_| "Its AssertionConsumerServiceURL is not an address.")?;
        if !acs.is_loopback() && acs.url().origin() != demo.base_url.url().origin() {
            return Err("It wants the answer sent to another machine.".to_owned());
        }
        Ok(Self { saml_request, relay_state, request, acs })
    }
}

fn sign_in_page(
    demo: &Demo,
    status: u16,
    question: &Question,
    email: &str,
    wrong: bool,
) -> Result<Response, Error> {
    let people = demo.employees.iter().map(|employee| employee.email.as_str()).collect();
    let form = SignIn {
        action: SSO_PATH,
        carried: vec![
            ("SAMLRequest", &question.saml_request),
            ("RelayState", &question.relay_state),
        ],
        email,
        wrong,
        people,
    };
    page(status, &form, "'self'")
}

/// The page that carries the answer to the relying party.
async fn answer(demo: &Demo, question: Question, employee: &Employee) -> Result<Response, Error> {
    tracing::info!(issuer = ENTITY_ID, employee = employee.id, "demo employee signed in");
    // Browsers hold redirects after a form to its policy too: Kernia sends the browser on to the
    // application, which in a demo runs on this machine, on a port that nobody here knows.
    let acs = question.acs.url().origin().ascii_serialization();
    let form_action = format!("{acs} http://localhost:* http://127.0.0.1:*");
    let action = question.request.acs_url.clone();

    let (idp, chance, now) =
        (Arc::clone(&demo.identity_provider), demo.chance.clone(), demo.clock.now());
    let (request, employee) = (question.request, employee.clone());
    let signed = demo.cpu.run(move || idp.answer(&request, &employee, now, &chance)).await??;
    let mut fields = vec![("SAMLResponse", signed)];
    if !question.relay_state.is_empty() {
        fields.push(("RelayState", question.relay_state));
    }
    page(200, &Onward::sign_in(action, fields), &form_action)
}

fn unreadable(request: &Request, why: String) -> Result<Response, Error> {
    let told = ("This sign-in request cannot be read", why, "Start again from the application.");
    problem(request, told, None)
}
