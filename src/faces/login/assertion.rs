//! `POST /sso/saml/acs/{key}`: the identity provider's answer comes back through the browser.
//! Read, look up, verify on a CPU worker, finish in one transaction, send on.

use std::sync::Arc;

use super::{authorize::answer_url, browser::Browser, refuse, traced};
use crate::{
    app::{App, metadata},
    http::{Pairs, Request, Response},
    kit::{
        error::{Error, Fault, Refused},
        id::Id,
        text::WebAddress,
    },
    pages::{self, Onward},
    saml::{self, Journal, Presented, Rejected, Trust, Unsolicited},
    sso::{
        Connection, ExternalKey, SignIn, connection, sign_in,
        trace::{self, Attempt},
    },
};

/// The form field that says that the form came from our own page.
const AGAIN: &str = "Again";
/// The longest relay state that is taken from outside, in bytes (rule 32).
const MAX_RELAY_STATE: usize = 2 * 1024;

/// What came in the form (rule 1).
struct Posted {
    response: String,
    relay_state: Option<String>,
    again: bool,
}

/// What the store knows about an answer.
struct Expected {
    connection: Connection,
    trust: Arc<Trust>,
    /// The sign-in that the answer names, whichever browser began it.
    sign_in: Option<SignIn>,
}

pub(super) async fn consume(app: &App, request: Request) -> Result<Response, Error> {
    let mut attempt = traced::attempt(&request);
    let outcome = sign_in(app, &request, &mut attempt).await;
    if let Err(Error::Refused(refused)) = &outcome {
        tracing::warn!(
            request_id = %request.id, connection = attempt.connection().map(Id::as_str),
            key = request.param("key"), code = refused.code, reason = refused.detail,
            "sign-in refused"
        );
        traced::failed(app, &request, &mut attempt, refused).await;
        let error = Error::Refused(refused.clone());
        return Ok(refuse::page(request.id.as_str(), &error, app.clock.now()));
    }
    outcome
}

/// `attempt` is told whatever is learned on the way.
async fn sign_in(app: &App, request: &Request, attempt: &mut Attempt) -> Result<Response, Error> {
    let posted = posted(request).map_err(|rejected| refused(attempt, &rejected))?;
    let expected = expected(app, request.param("key"), &posted.response).await?;
    attempt.reached(&expected.connection);
    if let Some(sign_in) = &expected.sign_in {
        attempt.answers(sign_in);
    }
    let browser = Browser::known(app, request);
    if browser.is_none() && !posted.again && expected.sign_in.is_some() {
        return again(app, &expected, posted);
    }
    let digest = browser.map(|browser| browser.digest());
    let mine = expected
        .sign_in
        .filter(|sign_in| digest.as_ref().is_some_and(|digest| sign_in.is_of(digest)));
    let pending: Vec<_> = mine.iter().map(SignIn::pending).collect();
    let (trust, now) = (Arc::clone(&expected.trust), app.clock.now());
    let (verified, journal) = app
        .cpu
        .run(move || {
            let presented = Presented {
                form_value: &posted.response,
                pending: &pending,
                unsolicited: Unsolicited::Refused,
                now,
            };
            let mut journal = Journal::start();
            let verified = saml::response::verify(&trust, &presented, &mut journal);
            (verified, journal)
        })
        .await?;
    metadata::judged(app, &expected.connection.id, &verified).await;
    attempt.judged(journal);
    let verified = verified.map_err(|rejected| refused(attempt, &rejected))?;
    attempt.verified(verified.get(), &expected.trust.expired(now));
    let sign_in = mine.ok_or_else(|| Fault::internal("verified without a sign-in"))?;
    let (back, connection) = (sign_in.clone(), expected.connection.id);
    let signed_by = verified.get().signed_by.clone();
    let kept = app.traces.succeeded(attempt, app.clock.now())?;
    let finished = app
        .store
        .write(move |tx| {
            let code = sign_in::finish(tx, &sign_in, &verified)?;
            trace::insert(tx, &kept)?;
            Ok(code)
        })
        .await;
    let to = |pairs: &[(&str, &str)]| onward(&back, pairs);
    match finished {
        Ok(code) => {
            metadata::believed(app, &connection, &signed_by).await;
            tracing::info!(request_id = %request.id, %connection, client = %back.client, "signed in");
            to(&[("code", code.expose())])
        }
        Err(Error::Refused(refused))
            if refused.code == "profile_not_allowed_outside_organization" =>
        {
            tracing::warn!(
                request_id = %request.id, %connection, code = refused.code, "sign-in refused"
            );
            traced::failed(app, request, attempt, &refused).await;
            to(&[("error", refused.code), ("error_description", &refused.detail)])
        }
        Err(error) => Err(error),
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
    Ok(Posted { response, relay_state, again: one(AGAIN)?.is_some() })
}

/// The connection by the key in the path, never by the issuer (rule 18), and the sign-in by the
/// request that the answer names.
async fn expected(app: &App, key: &str, response: &str) -> Result<Expected, Error> {
    let unknown = || Refused::missing("connection_invalid", "there is no such connection");
    let key = ExternalKey::parse(key).ok_or_else(unknown)?;
    let request_id = saml::response::peek_in_response_to(response);
    let (vault, base, trusts) = (app.vault.clone(), app.base.clone(), app.trusts.clone());
    app.store
        .read(move |tx| {
            let connection = connection::lookup_by_key(tx, &key)?.ok_or_else(unknown)?;
            if !connection.is_enabled() {
                let why = "the connection is switched off";
                return Err(Refused::forbidden("connection_unlinked", why));
            }
            let trust = trusts.of(tx, &vault, (&connection, base.as_str()))?;
            let sign_in = match &request_id {
                Some(id) => sign_in::lookup(tx, &connection.id, id)?,
                None => None,
            };
            Ok(Expected { connection, trust, sign_in })
        })
        .await
}

/// A browser does not send a Lax cookie with a post from another site. One page of our own posts
/// the same form once more, so that the cookie comes along (rule 22).
fn again(app: &App, expected: &Expected, posted: Posted) -> Result<Response, Error> {
    let mut fields = vec![("SAMLResponse", posted.response), (AGAIN, "1".to_owned())];
    fields.extend(posted.relay_state.map(|state| ("RelayState", state)));
    let page = Onward::sign_in(expected.connection.acs_url(app.base.as_str()), fields);
    // Browsers hold every redirect that follows a post against the form's targets, and where an
    // application sends its people on to is its own affair: any https address, and http where the
    // application itself has none.
    let plain = expected.sign_in.as_ref().is_some_and(|it| it.redirect_uri.starts_with("http:"));
    let form_action = if plain { "'self' https: http:" } else { "'self' https:" };
    let mut response = Response::html(200, pages::html(&page)?);
    for (name, value) in pages::headers(form_action) {
        response = response.with_header(name, value);
    }
    Ok(response)
}

fn onward(sign_in: &SignIn, pairs: &[(&str, &str)]) -> Result<Response, Error> {
    let redirect_uri = WebAddress::parse(&sign_in.redirect_uri).map_err(|_| {
        Error::Fault(Fault::Inconsistent {
            table: "sign_ins",
            column: "redirect_uri".to_owned(),
            id: Id::to_string(&sign_in.id),
        })
    })?;
    Ok(Response::redirect(303, &answer_url(&redirect_uri, sign_in.state.as_deref(), pairs)))
}

/// A rejection as a refusal, for trace and log: the code, what was got and what was expected.
fn refused(attempt: &mut Attempt, rejected: &Rejected) -> Error {
    attempt.rejected(rejected);
    let detail = format!("rule {}: {rejected}; {}", rejected.rule, rejected.reason());
    Refused::malformed(rejected.code, detail)
}
