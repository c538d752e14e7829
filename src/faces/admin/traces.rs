//! Traces of attempts to sign in, and the check of a response, which signs nobody in and consumes
//! nothing.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

use crate::{
    app::App,
    applications::Caller,
    faces::paging::Asked,
    http::{Request, Response},
    kit::{
        error::{Error, Refused},
        id::Id,
        time::Timestamp,
    },
    objects::TraceWarning,
    saml::{self, Journal, Pending, Presented, Trust, Unsolicited},
    sso::{
        Connection, IdpInitiated, SignIn, Trace, connection, sign_in,
        trace::{self, Attempt, Filter, Outcome},
    },
};

/// What is to be checked.
#[derive(Deserialize)]
struct Given {
    /// The value of the form field, or the XML itself.
    saml_response: String,
    /// What came beside it.
    #[serde(default)]
    relay_state: Option<String>,
    /// The instant that it is judged for; the present one, when nobody says.
    #[serde(default)]
    at: Option<String>,
}

pub(super) async fn list(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let (connection, asked) = (connection_of(&request)?, Asked::parse(&request.query)?);
    let filter = filter(&request)?;
    let (vault, page) = (app.vault.clone(), asked.page.clone());
    let listed = app
        .store
        .read(move |tx| {
            connection::find(tx, &connection)?;
            trace::list(tx, &vault, (&connection, &filter), &page)
        })
        .await?;
    Ok(Response::json(200, &asked.answer(listed, Trace::published)))
}

pub(super) async fn find(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of::<Trace>(&request, "trace", "Trace")?;
    let vault = app.vault.clone();
    let found = app.store.read(move |tx| trace::find(tx, &vault, &id)).await?;
    Ok(Response::json(200, &found.published()))
}

pub(super) async fn of_sign_in(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of::<SignIn>(&request, "sign_in", "Sign-in")?;
    let vault = app.vault.clone();
    let found = app.store.read(move |tx| trace::of_sign_in(tx, &vault, &id)).await?;
    Ok(Response::json(200, &found.published()))
}

pub(super) async fn of_incident(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let (vault, incident) = (app.vault.clone(), request.param("incident").to_owned());
    let found = app.store.read(move |tx| trace::of_incident(tx, &vault, &incident)).await?;
    Ok(Response::json(200, &found.published()))
}

pub(super) async fn check(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = connection_of(&request)?;
    let given: Given = request.json()?;
    let now = match given.at.as_deref().map(Timestamp::parse) {
        None => app.clock.now(),
        Some(Some(at)) => at,
        Some(None) => {
            let why = "it is an instant such as 2026-01-02T03:04:05Z";
            return Err(Refused::field("at", "invalid_time", why));
        }
    };
    let response = form_value(given.saml_response);
    let request_id = saml::response::peek_in_response_to(&response);
    let (connection, trust, sign_in) = known(app, id, request_id.clone()).await?;

    let mut attempt = Attempt::new(now, request.id.as_str());
    attempt.reached(&connection);
    let mut notes = Vec::new();
    let pending = match &sign_in {
        Some(sign_in) => {
            attempt.answers(sign_in);
            notes.push(note("browser", "Which browser brings it is not looked at here."));
            Some(sign_in.pending())
        }
        None => request_id.map(|request_id| {
            notes.push(note(
                "in_response_to",
                "No sign-in of the last 15 minutes at this connection has sent the request that it \
                 answers: at a real sign-in it would be refused for that.",
            ));
            Pending { request_id, force_authn: false, issued_at: now }
        }),
    };
    if pending.is_none() {
        notes.push(unsolicited(&connection));
    }
    if given.relay_state.as_ref().is_some_and(|state| state.len() > 2 * 1024) {
        notes.push(note("relay_state", "The RelayState is longer than 2 kB: it would be refused."));
    }
    let (verified, journal) = app.cpu.run(move || judge(&trust, &response, pending, now)).await?;
    attempt.judged(journal);
    match verified {
        Ok((assertion, expired)) => attempt.verified(&assertion, &expired),
        Err(rejected) => attempt.rejected(&rejected.into()),
    }
    Ok(Response::json(200, &attempt.checked(&connection, notes)))
}

/// What a judgement gives: what is good, with the certificates that are over, or what is not.
type Judged = Result<(saml::Assertion, Vec<(String, Timestamp)>), saml::Rejected>;

fn judge(
    trust: &Trust,
    response: &str,
    pending: Option<Pending>,
    now: Timestamp,
) -> (Judged, Journal) {
    let mut journal = Journal::start();
    let pending: Vec<_> = pending.into_iter().collect();
    let presented = Presented {
        form_value: response,
        pending: &pending,
        unsolicited: Unsolicited::Accepted,
        now,
    };
    let verified = saml::response::verify(trust, &presented, &mut journal);
    (verified.map(|it| (it.get().clone(), trust.expired(now))), journal)
}

/// The connection, what it trusts, and the sign-in whose request this is, whoever began it.
async fn known(
    app: &App,
    id: Id<Connection>,
    request_id: Option<String>,
) -> Result<(Connection, Arc<Trust>, Option<SignIn>), Error> {
    let (vault, base, trusts) = (app.vault.clone(), app.base.clone(), app.trusts.clone());
    app.store
        .read(move |tx| {
            let connection = connection::find(tx, &id)?;
            let trust = trusts.of(tx, &vault, (&connection, base.as_str()))?;
            let sign_in = match &request_id {
                Some(request_id) => sign_in::lookup(tx, &connection.id, request_id)?,
                None => None,
            };
            Ok((connection, trust, sign_in))
        })
        .await
}

/// What becomes of an answer that names no request.
fn unsolicited(connection: &Connection) -> TraceWarning {
    note(
        "unsolicited",
        match connection.settings.idp_initiated {
            IdpInitiated::Restart => {
                "It answers no request: at a real sign-in it would not be believed, and the person \
                 would be sent to the identity provider with a request of ours."
            }
            IdpInitiated::Refuse => "It answers no request: at a real sign-in it would be refused.",
            IdpInitiated::Accept => {
                "It answers no request: at a real sign-in the person would be asked for a yes."
            }
        },
    )
}

fn note(code: &'static str, message: &str) -> TraceWarning {
    TraceWarning { code: code.into(), message: message.to_owned() }
}

/// XML as the form would carry it; anything else is taken for what the form carried.
fn form_value(given: String) -> String {
    let text = given.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('<') { STANDARD.encode(text.trim_end()) } else { given }
}

fn filter(request: &Request) -> Result<Filter, Error> {
    let outcome = match request.query.one("outcome")?.filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(Outcome::parse(text).ok_or_else(|| {
            let why = "it is `succeeded`, `failed`, `restarted`, `held` or `timed_out`";
            Refused::field("outcome", "invalid_outcome", why)
        })?),
    };
    let code = request.query.one("code")?.filter(|text| !text.is_empty()).map(str::to_owned);
    Ok(Filter { outcome, code })
}

fn connection_of(request: &Request) -> Result<Id<Connection>, Error> {
    id_of(request, "id", "Connection")
}

/// An id in a path: what is no id names nothing.
fn id_of<T>(request: &Request, name: &str, what: &str) -> Result<Id<T>, Error> {
    Id::parse(request.param(name))
        .map_err(|_| Refused::missing("entity_not_found", format!("{what} not found.")))
}
