//! `/sso/oidc/callback/{key}`, or where a provider was told to answer: it comes back through the
//! browser, in the address or in a form. Whose it is, is known before the provider is asked for anything.

mod initiate;
mod logout;

use std::sync::Arc;

pub(super) use self::{
    initiate::initiate,
    logout::{SIGNED_OUT, end_session, from_provider},
};

use super::{
    assertion::{self, AGAIN, Ending, How, MOVED, refused},
    browser::Browser,
    onward, page,
    request::{code_verifier, nonce},
    test_sign_in, traced,
};
use crate::{
    app::{App, code_exchange::Presented},
    http::{Method, Request, Response},
    kit::error::{Error, Refused},
    oidc::{Answer, Callback, Journal},
    pages::Onward,
    sso::{
        Connection, ExternalKey, OidcConnection, Protocol, Rejection, SignIn, Statement,
        connection,
        oidc_settings::lookup_by_callback_path,
        sign_in::{self, Purpose},
        trace::Attempt,
    },
    store::Tx,
};

/// What an answer in a form may hold, so that the same form can be posted once more.
const FIELDS: &[&str] =
    &["state", "code", "iss", "error", "error_description", "session_state", "user"];
/// What begins the codes of what the provider itself refused or failed to give: the application is
/// told. What comes to us and is not believed is nobody's business but the operator's.
const OF_THE_PROVIDER: &[&str] =
    &["provider_", "token_", "client_", "grant_", "keys_", "user_info_", "access_token_"];

/// What came.
struct Brought {
    /// As it stood in the address or in the form.
    text: String,
    callback: Callback,
    again: bool,
    moved: bool,
}

/// What the store knows about an answer.
struct Expected {
    connection: Connection,
    oidc: Arc<OidcConnection>,
    /// The sign-in that the state names, whichever browser began it.
    sign_in: Option<SignIn>,
}

pub(super) async fn callback(app: &App, request: Request) -> Result<Response, Error> {
    if request.method == Method::Head {
        // Whoever only looks (a link preview) spends no code.
        return Ok(Response::empty(200));
    }
    let mut attempt = traced::attempt(&request);
    let outcome = judge(app, &request, &mut attempt).await;
    assertion::concluded(app, &request, (attempt, outcome)).await
}

/// An answer at an address of a connection's own, which its provider was given by somebody else.
pub(super) async fn callback_elsewhere(app: &App, request: Request) -> Result<Response, Error> {
    let path = request.path.clone();
    if app.store.read(move |tx| lookup_by_callback_path(tx, &path)).await?.is_none() {
        return Err(Refused::missing("not_found", "Not Found"));
    }
    callback(app, request).await
}

/// `attempt` is told whatever is learned on the way.
async fn judge(app: &App, request: &Request, attempt: &mut Attempt) -> Result<Ending, Error> {
    let brought = brought(request).map_err(|no| refused(attempt, &no))?;
    let browser = Browser::known(app, request);
    // Taken before the store is asked: whoever gets it later finds there what came of this one.
    let turn = browser.as_ref().map(|it| app.under_way.take(it.digest(), &brought.callback.state));
    let Expected { connection, oidc, sign_in } =
        expected(app, request, brought.callback.state.clone()).await?;
    attempt.reached(&connection);
    if let Some(sign_in) = &sign_in {
        attempt.answers(sign_in);
    }
    let (Some(browser), Some(sign_in)) = (&browser, &sign_in) else {
        return unknown(app, request, (&connection, brought, browser.is_some()), attempt);
    };
    if !sign_in.is_of(&browser.digest()) {
        return unknown(app, request, (&connection, brought, true), attempt);
    }
    attempt.was_begun_here();
    if sign_in.is_finished || matches!(turn, Some(None)) {
        let twice = Rejection::new("replay", "a second answer", "one answer to each sign-in");
        return Err(refused(attempt, &twice));
    }
    let here = Here { connection: &connection, oidc: &oidc, sign_in, browser };
    let outcome = here.statement(app, &brought.callback, attempt).await?;
    if let Purpose::Test(test) = &sign_in.purpose {
        let which = (&connection, (sign_in, test));
        return test_sign_in::conclude(app, request, which, (outcome, attempt)).await;
    }
    match outcome {
        Ok(statement) => {
            assertion::finish(app, (request, sign_in.clone()), statement, attempt).await
        }
        Err(no) => turned_down(app, (request, sign_in), (&brought.callback, &no), attempt).await,
    }
}

/// A sign-in of this browser, and through what.
struct Here<'a> {
    connection: &'a Connection,
    oidc: &'a Arc<OidcConnection>,
    sign_in: &'a SignIn,
    browser: &'a Browser,
}

impl Here<'_> {
    /// What the provider vouches for in the end.
    async fn statement(
        &self,
        app: &App,
        callback: &Callback,
        attempt: &mut Attempt,
    ) -> Result<Result<Statement, Rejection>, Error> {
        // First whose answer it is: an error of another provider's is none of this one's either.
        if let Err(no) = callback.check_issuer(&self.oidc.provider) {
            return Ok(Err(no.into()));
        }
        let code = match callback.code() {
            Ok(code) => code.clone(),
            Err(no) => return Ok(Err(no.into())),
        };
        let presented = Presented {
            connection: self.connection.clone(),
            oidc: Arc::clone(self.oidc),
            code,
            nonce: nonce(self.browser, self.sign_in),
            code_verifier: code_verifier(self.browser, self.sign_in, self.oidc),
            fresh_since: self.sign_in.force_authn.then_some(self.sign_in.created_at),
        };
        let mut journal = Journal::start();
        let outcome = presented.exchange(app, &mut journal).await;
        attempt.exchanged(&journal);
        outcome
    }
}

/// The query of the address, or the form.
fn brought(request: &Request) -> Result<Brought, Rejection> {
    let text = if request.method == Method::Post {
        let form = if request.is_form() { std::str::from_utf8(&request.body).ok() } else { None };
        let bad = || {
            Rejection::from(crate::oidc::Rejected::new(
                "callback_malformed",
                "another content type",
                "a form",
            ))
        };
        form.ok_or_else(bad)?.to_owned()
    } else {
        request.raw_query.clone()
    };
    let callback = Callback::parse(&text)?;
    let has = |name: &str| form_urlencoded::parse(text.as_bytes()).any(|(key, _)| key == name);
    let (again, moved) = (has(AGAIN), has(MOVED));
    Ok(Brought { text, callback, again, moved })
}

/// The connection by the path that the provider was given, never by the issuer; the sign-in by the
/// state.
async fn expected(app: &App, request: &Request, state: String) -> Result<Expected, Error> {
    let (vault, ready) = (app.vault.clone(), app.oidc_connections.clone());
    let (key, path) = (request.param("key").to_owned(), request.path.clone());
    app.store
        .read(move |tx| {
            let connection = at(tx, &key, &path)?;
            if !connection.is_enabled() {
                let why = "the connection is switched off";
                return Err(Refused::forbidden("connection_unlinked", why));
            }
            let oidc = ready.of(tx, &vault, &connection)?;
            let sign_in = sign_in::lookup(tx, &connection.id, &state)?;
            Ok(Expected { connection, oidc, sign_in })
        })
        .await
}

/// The connection whose callback address this is.
fn at(tx: &Tx<'_>, key: &str, path: &str) -> Result<Connection, Error> {
    let by_key = ExternalKey::parse(key).map(|key| connection::lookup_by_key(tx, &key));
    let found = match by_key.transpose()?.flatten() {
        Some(found) => Some(found),
        None => lookup_by_callback_path(tx, path)?,
    };
    let speaks = |found: &Connection| found.connection_type.protocol() != Protocol::Saml;
    found
        .filter(speaks)
        .ok_or_else(|| Refused::missing("connection_invalid", "there is no such connection"))
}

/// An answer to no sign-in of this browser: of another one's, or of one whose cookie did not come
/// along. A browser sends no Lax cookie with a form from another site, nor to another host than ours.
fn unknown(
    app: &App,
    request: &Request,
    (connection, brought, has_cookie): (&Connection, Brought, bool),
    attempt: &mut Attempt,
) -> Result<Ending, Error> {
    let is_ours = request.header("host").is_none_or(|host| app.base.is_meant_by(host));
    let posted = request.method == Method::Post;
    let field = match (brought.again, brought.moved) {
        (false, false) if !is_ours => Some(MOVED),
        (false, _) if posted && !has_cookie => Some(AGAIN),
        _ => None,
    };
    let Some(field) = field else {
        let got = if has_cookie { "a state of another sign-in" } else { "no cookie of a sign-in" };
        let no = Rejection::new("state", got, "a sign-in that this browser began");
        return Err(refused(attempt, &no));
    };
    let base = app.base.as_str();
    let action = format!("{base}/sso/oidc/callback/{}", connection.external_key.as_str());
    if !posted {
        let response = Response::redirect(302, &format!("{action}?{}&{field}=1", brought.text));
        return Ok(Ending { how: How::Again, response });
    }
    let given: Vec<_> = form_urlencoded::parse(brought.text.as_bytes()).collect();
    let value = |name: &str| given.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let mut fields: Vec<_> =
        FIELDS.iter().filter_map(|name| Some((*name, value(name)?.clone().into_owned()))).collect();
    fields.push((field, "1".to_owned()));
    let plain = app.environment == crate::kit::environment::Environment::Test;
    let targets = page::onward_targets(plain);
    // `'self'` is the host that the form came to, and not ours, when it is moved.
    let targets = if field == MOVED { format!("{targets} {base}") } else { targets.to_owned() };
    let response = page::shown(&Onward::sign_in(action, fields), &targets)?;
    Ok(Ending { how: How::Again, response })
}

/// A sign-in that the provider refused, or whose answer is not believed.
async fn turned_down(
    app: &App,
    (request, sign_in): (&Request, &SignIn),
    (callback, no): (&Callback, &Rejection),
    attempt: &mut Attempt,
) -> Result<Ending, Error> {
    let why = refused(attempt, no);
    let Error::Refused(why) = why else { return Err(why) };
    let is_told = OF_THE_PROVIDER.iter().any(|start| no.code.starts_with(start));
    let Some(back) = sign_in.answer_address().filter(|_| is_told) else { return Err(why.into()) };
    let denied =
        matches!(&callback.answer, Answer::Refused { error, .. } if error == "access_denied");
    let (code, what) = if denied {
        ("access_denied", "The identity provider refused the sign-in, or the person did.")
    } else {
        ("oauth_failed", "The identity provider did not complete the sign-in.")
    };
    let description = format!("{what} Incident: {}", request.id);
    let told = (code, description.as_str());
    let response = onward::not_completed(app, sign_in, &back, told).await?;
    Ok(Ending { how: How::Refused(why), response })
}
