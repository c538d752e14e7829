//! `POST /sso/saml/acs/{key}`: the identity provider's answer comes back through the browser.
//! Read, look up, verify on a CPU worker, finish in one transaction, send on. [`consume`] is the one
//! place that knows how an attempt ended.

use std::sync::Arc;

use super::{
    authorize::answer_url,
    browser::{self, Browser},
    onward, page, refuse, test_sign_in, traced, unsolicited,
};
use crate::{
    app::{App, metadata},
    applications::Client,
    faces::Beginner,
    http::{Pairs, Request, Response},
    kit::{
        error::{Error, Fault, Kind, Refused},
        id::Id,
        text::WebAddress,
    },
    pages::Onward,
    saml::{self, Journal, Presented, Rejected, Trust, Unsolicited},
    sso::{
        Connection, ExternalKey, Rejection, SignIn, Statement, connection,
        sign_in::{self, Purpose},
        slowdown::Pace,
        trace::{self, Attempt},
    },
};

/// The form field that says that the form came from our own page.
pub(super) const AGAIN: &str = "Again";
/// The form field that says that the form was moved to our own host from another address of ours.
pub(super) const MOVED: &str = "Moved";
/// The longest relay state that is taken from outside, in bytes (rule 32).
const MAX_RELAY_STATE: usize = 2 * 1024;

/// What came in the form (rule 1).
struct Posted {
    response: String,
    relay_state: Option<String>,
    again: bool,
    moved: bool,
}

/// What the store knows about an answer.
struct Expected {
    connection: Connection,
    trust: Arc<Trust>,
    /// The request that the answer says it is to.
    request_id: Option<String>,
    /// The sign-in that the answer names, whichever browser began it.
    sign_in: Option<SignIn>,
    /// The sign-in that only the relay state names.
    relayed: Option<SignIn>,
}

/// What the browser gets, and how the attempt ended.
pub(super) struct Ending {
    pub(super) how: How,
    pub(super) response: Response,
}

/// How an attempt ended that was not refused with a page.
pub(super) enum How {
    /// It was not judged: the browser posts the same form again.
    Again,
    /// The application has its code.
    SignedIn(Id<Client>),
    /// The answer waits for the person's yes.
    Held(Id<Client>),
    /// Nothing was believed; the identity provider is asked anew.
    Restarted,
    /// A test of the connection went well; nobody is signed in.
    Tested,
    /// It was refused, and somebody else than the person is told: the application, or the
    /// administrator at a test.
    Refused(Refused),
}

pub(super) async fn consume(
    app: &App,
    request: Request,
    beginner: Beginner,
) -> Result<Response, Error> {
    let mut attempt = traced::attempt(&request);
    let outcome = judge(app, (&request, beginner), &mut attempt).await;
    concluded(app, &request, (attempt, outcome)).await
}

/// Tells log and trace how an attempt ended, and the browser what it gets.
pub(super) async fn concluded(
    app: &App,
    request: &Request,
    (mut attempt, outcome): (Attempt, Result<Ending, Error>),
) -> Result<Response, Error> {
    match &outcome {
        Ok(Ending { how: How::Refused(refused), .. }) | Err(Error::Refused(refused)) => {
            if let Err(full) = refuses(app, request, &mut attempt, refused).await {
                return Ok(refuse::page(request.id.as_str(), &full, app.clock.now()));
            }
        }
        Ok(ending) => ends(app, request, &mut attempt, &ending.how).await,
        Err(Error::Fault(_)) => {}
    }
    match outcome {
        Ok(ending) => Ok(ending.response),
        Err(error @ Error::Refused(_)) => {
            Ok(refuse::page(request.id.as_str(), &error, app.clock.now()))
        }
        Err(fault) => Err(fault),
    }
}

/// What is left of an attempt that went on.
async fn ends(app: &App, request: &Request, attempt: &mut Attempt, how: &How) {
    let connection = attempt.connection().map(Id::as_str);
    let request_id = &request.id;
    match how {
        How::SignedIn(client) => {
            tracing::info!(%request_id, connection, %client, "signed in");
        }
        How::Held(client) => {
            tracing::info!(%request_id, connection, %client, "sign-in waits for consent");
        }
        How::Tested => tracing::info!(%request_id, connection, "test sign-in succeeded"),
        How::Restarted => {
            tracing::info!(%request_id, connection, "the identity provider is asked anew");
            traced::restarted(app, request, attempt).await;
        }
        How::Again | How::Refused(_) => {}
    }
}

/// What is left of an attempt that was refused; an error, when that is to be shown instead.
async fn refuses(
    app: &App,
    request: &Request,
    attempt: &mut Attempt,
    refused: &Refused,
) -> Result<(), Error> {
    let connection = attempt.connection().cloned();
    tracing::warn!(
        request_id = %request.id, connection = connection.as_ref().map(Id::as_str),
        key = request.param("key"), code = refused.code, reason = refused.detail,
        "sign-in refused"
    );
    traced::failed(app, request, attempt, refused).await;
    match connection.filter(|_| attempt.is_of_an_unbelieved_ciphertext()) {
        Some(connection) => slowed_down(app, request, &connection).await,
        None => Ok(()),
    }
}

/// Rule 15: after many encrypted answers that were not believed, whatever for, the refusals wait;
/// where too many wait, all of them are told the same at once.
#[expect(clippy::disallowed_methods, reason = "it is the wait itself that slows an attacker down")]
async fn slowed_down(
    app: &App,
    request: &Request,
    connection: &Id<Connection>,
) -> Result<(), Error> {
    match app.slowdown.failed(connection, app.clock.now()) {
        Pace::Free => Ok(()),
        Pace::Waits(wait) => {
            tracing::warn!(
                request_id = %request.id, %connection,
                "many encrypted answers were not believed; this refusal waits"
            );
            tokio::time::sleep(wait.span).await;
            Ok(())
        }
        Pace::Full => Err(full()),
    }
}

/// No answer is opened while no refusal has a place to wait.
fn full() -> Error {
    let why = "rule 15: very many encrypted answers at this connection were not believed, and as many \
               refusals wait as there are places; this one is neither judged nor told more";
    Refused::new(Kind::TooMany, "too_many_requests", why).into()
}

/// `attempt` is told whatever is learned on the way.
async fn judge(
    app: &App,
    (request, beginner): (&Request, Beginner),
    attempt: &mut Attempt,
) -> Result<Ending, Error> {
    let posted = posted(request).map_err(|rejected| refused(attempt, &rejected.into()))?;
    let expected = expected(app, request.param("key"), &posted).await?;
    attempt.reached(&expected.connection);
    if let Some(sign_in) = expected.sign_in.as_ref().or(expected.relayed.as_ref()) {
        attempt.answers(sign_in);
    }
    let browser = Browser::known(app, request);
    let digest = browser.as_ref().map(Browser::digest);
    let of_this_browser =
        |sign_in: &SignIn| digest.as_ref().is_some_and(|digest| sign_in.is_of(digest));
    if expected.sign_in.iter().chain(&expected.relayed).any(of_this_browser) {
        attempt.was_begun_here();
    }
    let mine = expected.sign_in.clone().filter(of_this_browser);
    let test = expected.relayed.clone().filter(|it| it.is_test() && of_this_browser(it));
    if (mine.is_none() && test.is_none() && expected.needs_its_browser())
        && let Some(field) = comes_once_more(app, request, (&posted, browser.is_some()))
    {
        return again(app, &expected, (posted, field));
    }
    let Posted { response, relay_state, .. } = posted;
    let asked = (mine.as_ref(), test.is_some());
    let verified = verified(app, (&expected, asked), response, attempt).await?;
    let Some(sign_in) = mine.or(test) else {
        let unasked = unsolicited::Unasked {
            relay_state,
            invented: expected.request_id.is_some() && expected.sign_in.is_none(),
            forgotten: expected.relayed.is_some(),
            browser: browser.or_else(|| Browser::arrived(app, request)),
            beginner,
        };
        let here = (&expected.connection, unasked);
        return unsolicited::conclude(app, request, here, (verified, attempt)).await;
    };
    if let Purpose::Test(test) = &sign_in.purpose {
        let which = (&expected.connection, (&sign_in, test));
        return test_sign_in::conclude(app, request, which, (verified, attempt)).await;
    }
    match verified {
        Ok(statement) => finish(app, (request, sign_in), statement, attempt).await,
        Err(rejected) => Err(refused(attempt, &rejected)),
    }
}

/// What the kernel says of the answer, and what follows from it whoever brought it.
async fn verified(
    app: &App,
    (expected, (mine, is_test)): (&Expected, (Option<&SignIn>, bool)),
    response: String,
    attempt: &mut Attempt,
) -> Result<Result<Statement, Rejection>, Error> {
    let pending: Vec<_> = mine.map(SignIn::pending).into_iter().collect();
    // An answer to a question of ours is not one that nobody asked for, though it forgot the question.
    let nobodys = mine.is_none() && !is_test && expected.relayed.is_none();
    let accepts = nobodys && unsolicited::accepts(&expected.connection);
    let unsolicited = if accepts { Unsolicited::Accepted } else { Unsolicited::Refused };
    let (trust, now) = (Arc::clone(&expected.trust), app.clock.now());
    let crowded = app.slowdown.is_full(&expected.connection.id, now);
    let work = move || {
        if crowded && saml::response::names_a_ciphertext(&response) {
            return None;
        }
        let mut journal = Journal::start();
        let presented = Presented { form_value: &response, pending: &pending, unsolicited, now };
        let outcome = saml::response::verify(&trust, &presented, &mut journal);
        Some((outcome, journal))
    };
    let (verified, journal) = app.cpu.run(work).await?.ok_or_else(full)?;
    metadata::judged(app, &expected.connection.id, &verified).await;
    attempt.judged(journal);
    if let Ok(verified) = &verified {
        attempt.verified(verified.get(), &expected.trust.expired(now));
    }
    Ok(verified.map(Statement::from).map_err(Rejection::from))
}

/// The sign-in ends well: the application gets its code.
pub(super) async fn finish(
    app: &App,
    (request, sign_in): (&Request, SignIn),
    statement: Statement,
    attempt: &mut Attempt,
) -> Result<Ending, Error> {
    let back = sign_in.clone();
    let redirect_uri = back.answer_address().ok_or_else(|| {
        Error::Fault(Fault::Inconsistent {
            table: "sign_ins",
            column: "redirect_uri".to_owned(),
            id: back.id.to_string(),
        })
    })?;
    let signed_by = statement.signed_by().to_vec();
    let kept = app.traces.succeeded(attempt, app.clock.now())?;
    let session = browser::session(app, request);
    let finished = app
        .store
        .write(move |tx| {
            let onward = onward::finish(tx, &sign_in, &statement, session.as_ref())?;
            trace::insert(tx, &kept)?;
            Ok(onward)
        })
        .await;
    match finished {
        Ok(onward) => {
            metadata::believed(app, &back.connection, &signed_by).await;
            let response = onward.response(app, &redirect_uri, back.state.as_deref());
            Ok(Ending { how: How::SignedIn(back.client), response })
        }
        Err(error) => onward::turned_away(app, &back, &redirect_uri, error).await,
    }
}

/// The one refusal after verification that the application is told, for it is about its own rules.
pub(super) fn turned_away(
    error: Error,
    redirect_uri: &WebAddress,
    state: Option<&str>,
) -> Result<Ending, Error> {
    match error {
        Error::Refused(refused) if refused.code == "profile_not_allowed_outside_organization" => {
            let pairs = [("error", refused.code), ("error_description", &refused.detail)];
            let response = Response::redirect(303, &answer_url(redirect_uri, state, &pairs));
            Ok(Ending { how: How::Refused(refused), response })
        }
        error => Err(error),
    }
}

/// Rule 1: a form with one `SAMLResponse` and at most one `RelayState`.
fn posted(request: &Request) -> Result<Posted, Rejected> {
    let bad = |got: &str| Rejected::new(1, "bad_form", got, "a form with one SAMLResponse");
    if !request.is_form() {
        return Err(bad("another content type"));
    }
    let form: Pairs = request.form().map_err(|_| bad("what does not decode"))?;
    let one = |name| form.one(name).map_err(|_| bad(&format!("{name} twice")));
    let response = one("SAMLResponse")?.ok_or_else(|| bad("no SAMLResponse"))?.to_owned();
    let relay_state = one("RelayState")?.map(str::to_owned);
    if relay_state.as_ref().is_some_and(|text| text.len() > MAX_RELAY_STATE) {
        return Err(bad("a RelayState of more than 2 kB"));
    }
    let (again, moved) = (one(AGAIN)?.is_some(), one(MOVED)?.is_some());
    Ok(Posted { response, relay_state, again, moved })
}

/// The connection by the key in the path, never by the issuer (rule 18), and the sign-in by the
/// request that the answer names.
async fn expected(app: &App, key: &str, posted: &Posted) -> Result<Expected, Error> {
    let unknown = || Refused::missing("connection_invalid", "there is no such connection");
    let key = ExternalKey::parse(key).ok_or_else(unknown)?;
    let request_id = saml::response::peek_in_response_to(&posted.response);
    // Without a request, a provider that forgot it may still have kept our relay state.
    let relayed = posted.relay_state.as_deref().filter(|_| request_id.is_none());
    let relayed = relayed.and_then(SignIn::id_of);
    let (vault, base, trusts) = (app.vault.clone(), app.base.clone(), app.trusts.clone());
    app.store
        .read(move |tx| {
            let connection = connection::lookup_saml_by_key(tx, &key)?.ok_or_else(unknown)?;
            if !connection.is_enabled() {
                let why = "the connection is switched off";
                return Err(Refused::forbidden("connection_unlinked", why));
            }
            let trust = trusts.of(tx, &vault, (&connection, base.as_str()))?;
            let sign_in = match &request_id {
                Some(id) => sign_in::lookup(tx, &connection.id, id)?,
                None => None,
            };
            let relayed = match &relayed {
                Some(id) => sign_in::lookup_by_id(tx, &connection.id, id)?,
                None => None,
            };
            Ok(Expected { connection, trust, request_id: request_id.clone(), sign_in, relayed })
        })
        .await
}

impl Expected {
    /// Whether it matters which browser brings the answer: for one to a request of ours, and for one
    /// that nobody asked for, unless those are refused anyway.
    fn needs_its_browser(&self) -> bool {
        self.sign_in.is_some()
            || self.relayed.is_some()
            || unsolicited::goes_on(&self.connection, self.request_id.is_some())
    }
}

/// Whether the form must come once more before it can be judged, and the field that says so then.
/// A cookie belongs to the host of our base URL: what came to another address of ours is moved there
/// first. The `Host` header decides that and nothing else, and a proxy that does not pass it on
/// moves a form once.
fn comes_once_more(
    app: &App,
    request: &Request,
    (posted, has_cookie): (&Posted, bool),
) -> Option<&'static str> {
    let is_ours = || request.header("host").is_none_or(|host| app.base.is_meant_by(host));
    if posted.again {
        None
    } else if !posted.moved && !is_ours() {
        Some(MOVED)
    } else {
        (!has_cookie).then_some(AGAIN)
    }
}

/// A browser does not send a Lax cookie with a post from another site. One page of our own posts
/// the same form once more, to the host that the cookie belongs to, so that it comes along (rule 22).
fn again(
    app: &App,
    expected: &Expected,
    (posted, field): (Posted, &'static str),
) -> Result<Ending, Error> {
    let mut fields = vec![("SAMLResponse", posted.response), (field, "1".to_owned())];
    fields.extend(posted.relay_state.map(|state| ("RelayState", state)));
    let base = app.base.as_str();
    let onward = Onward::sign_in(expected.connection.default_acs_url(base), fields);
    let plain = match &expected.sign_in {
        Some(sign_in) => sign_in.redirect_uri.starts_with("http:"),
        None => unsolicited::may_lead_to_http(app, &expected.connection),
    };
    let targets = page::onward_targets(plain);
    // `'self'` is the host that the form came to, and not ours, when it is moved.
    let to_us = if field == MOVED { format!("{targets} {base}") } else { targets.to_owned() };
    let mut response = page::shown(&onward, &to_us)?;
    if field == AGAIN && expected.sign_in.is_none() && expected.relayed.is_none() {
        response = Browser::arriving(app).remember(app, response);
    }
    Ok(Ending { how: How::Again, response })
}

/// A rejection as a refusal, for trace and log: the code, what was got and what was expected.
pub(super) fn refused(attempt: &mut Attempt, rejected: &Rejection) -> Error {
    attempt.rejected(rejected);
    let rule = if rejected.rule > 0 { format!("rule {}: ", rejected.rule) } else { String::new() };
    let detail = format!("{rule}{rejected}; {}", rejected.reason);
    Refused::malformed(rejected.code, detail)
}
