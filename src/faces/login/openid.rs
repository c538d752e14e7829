//! `/oauth2/authorize`: a client sends somebody to sign in by OpenID Connect (Core §3.1.2). Until
//! client and redirect URI are known to belong together, a no is a page; after that it goes back to the
//! client, with our name in it (RFC 9207).

mod ask;
pub(super) mod logout;

use std::sync::Arc;

use self::ask::{Ask, Prompt};
use super::{
    authorize::{answer_url, is_unread},
    browser::{self, Browser},
    request::{Hints, Question},
};
use crate::{
    app::{self, App, openid},
    applications::Client,
    faces::{asker, door, selector::Route},
    http::{Method, Pairs, Request, Response},
    kit::{
        error::{Error, Fault, Refused},
        id::Id,
        secret::Secret,
        text::{Domain, WebAddress},
        time::Timestamp,
    },
    objects,
    openid_provider::{AuthorizationRequest, Session, client, request, session},
    organizations::domain,
    sso::{
        Connection, Profile,
        sign_in::{self, Asked, Purpose},
    },
    store::Tx,
    vault::Digest,
};

/// Where the answer goes, right or wrong.
pub(super) struct Return {
    client: Id<Client>,
    is_public: bool,
    redirect_uri: WebAddress,
    state: Option<String>,
}

/// How a request goes on.
enum Next {
    /// Somebody is signed in already: the code.
    Answered(Secret),
    /// The identity provider is asked.
    Sends(Box<Question>),
    /// A page of ours asks the person first.
    Asks,
    /// What the provider of this connection publishes has to be read first.
    Unread(Box<Connection>),
}

/// `GET /oauth2/authorize`.
pub(super) async fn authorize(app: &App, request: Request) -> Result<Response, Error> {
    if request.method == Method::Head {
        // Whoever only looks (a link preview) begins nothing.
        return Ok(Response::empty(200));
    }
    let back = Return::of(app, &request.query)
        .await
        .inspect_err(|error| asker::Asker::unknown(&request.id, &request.query, error))?;
    match go_on(app, &request, &back).await {
        Ok(response) => Ok(response),
        Err(error) => Ok(back.refuses(app, &request, &error)),
    }
}

/// `POST /oauth2/authorize`: the same by another way. A post from another site brings no cookie of
/// ours, so the browser comes once more.
pub(super) async fn authorize_by_post(app: &App, request: Request) -> Result<Response, Error> {
    let unreadable = || Refused::malformed("duplicate_parameter", "this is no form");
    if !request.is_form() || request.query.entries().next().is_some() {
        return Err(unreadable());
    }
    let form = request.form()?;
    let query =
        form_urlencoded::Serializer::new(String::new()).extend_pairs(form.entries()).finish();
    Ok(Response::redirect(303, &format!("{}{}?{query}", app.base.as_str(), request.path)))
}

async fn go_on(app: &App, request: &Request, back: &Return) -> Result<Response, Error> {
    let ask = Ask::parse(&request.query, back.is_public)?;
    let hint = match &ask.id_token_hint {
        Some(token) => Some(app::openid_clients::hint(app, token).await?.ok_or_else(|| {
            Refused::malformed("invalid_request", "The id_token_hint is not one of ours.")
        })?),
        None => None,
    };
    let browser = Browser::known(app, request).unwrap_or_else(|| Browser::fresh(app));
    let asker = Asker {
        wanted: AuthorizationRequest {
            client: back.client.clone(),
            redirect_uri: back.redirect_uri.to_string(),
            state: back.state.clone(),
            nonce: ask.nonce.clone(),
            scope: ask.scope.clone(),
            code_challenge: ask.code_challenge.clone(),
            about: hint.map(|hint| hint.profile),
        },
        redirect_uri: back.redirect_uri.clone(),
        browser: browser.digest(),
        session: browser::session(app, request),
        ask,
    };
    let hints = (asker.ask.login_hint.clone(), asker.ask.domain_hint.clone());
    let asker = Arc::new(asker);
    let mut next = next(app, &asker).await?;
    if let Next::Unread(connection) = &next {
        // One of the configuration, started without a network: the first who comes waits for that.
        openid::ready(app, connection).await?;
        next = self::next(app, &asker).await?;
    }
    match next {
        Next::Unread(_) => Err(Fault::internal("a provider that was read is unread")),
        Next::Answered(code) => {
            tracing::info!(
                request_id = %request.id, client = %back.client, "signed in out of a session"
            );
            Ok(back.answer(app, 303, &[("code", code.expose())]))
        }
        Next::Asks => {
            Ok(Response::redirect(302, &door::OPENID.asks(&app.base, &request.raw_query)))
        }
        Next::Sends(question) => {
            let hints = Hints::new(hints.0.as_deref(), hints.1.as_deref());
            Ok(browser.remember(app, question.send(app, (302, &browser), hints).await?))
        }
    }
}

async fn next(app: &App, asker: &Arc<Asker>) -> Result<Next, Error> {
    let (asker, here) = (Arc::clone(asker), app.clone());
    app.store.write(move |tx| asker.next(tx, &here)).await
}

/// A request that was looked over, and who brought it.
struct Asker {
    wanted: AuthorizationRequest,
    redirect_uri: WebAddress,
    browser: Digest,
    /// The browser's cookie of a session.
    session: Option<Digest>,
    ask: Ask,
}

impl Asker {
    fn next(&self, tx: &Tx<'_>, app: &App) -> Result<Next, Error> {
        if let Some(session) = self.fitting_session(tx)? {
            return request::answer(tx, &self.wanted, &session).map(Next::Answered);
        }
        if self.ask.prompt == Prompt::None {
            let why = "Nobody is signed in here whom this request is about.";
            return Err(Refused::malformed("login_required", why));
        }
        let connection = match self.ask.selector.route(tx)? {
            Route::To(connection) => *connection,
            Route::Choose(_) | Route::Ask => return Ok(Next::Asks),
        };
        if is_unread(tx, app, &connection)? {
            return Ok(Next::Unread(Box::new(connection)));
        }
        let asked = Asked {
            connection: connection.id.clone(),
            client: self.wanted.client.clone(),
            purpose: Purpose::OpenId(request::begin(tx, &self.wanted)?),
            redirect_uri: Some(self.redirect_uri.clone()),
            state: None,
            code_challenge: None,
            // Somebody whose sign-in was long ago signs in anew, at their provider too; and there they
            // are asked who they are, which a provider that knows them would not do by itself.
            force_authn: matches!(self.ask.prompt, Prompt::Login | Prompt::SelectAccount)
                || self.ask.max_age.is_some(),
            browser: self.browser,
        };
        let sign_in = sign_in::begin(tx, &asked)?;
        Question::of(tx, app, connection, sign_in).map(|it| Next::Sends(Box::new(it)))
    }

    /// The browser's session, if it is the one that was asked for and fresh enough.
    fn fitting_session(&self, tx: &Tx<'_>) -> Result<Option<Session>, Error> {
        if matches!(self.ask.prompt, Prompt::Login | Prompt::SelectAccount) {
            return Ok(None);
        }
        let Some(browser) = &self.session else { return Ok(None) };
        let Some((session, profile)) = session::lookup(tx, browser)? else { return Ok(None) };
        let fits = self.is_fresh(&session, tx.now) && self.is_about(tx, profile)?;
        Ok(fits.then_some(session))
    }

    fn is_fresh(&self, session: &Session, now: Timestamp) -> bool {
        self.ask.max_age.is_none_or(|span| now < session.auth_time + span)
    }

    fn is_about(&self, tx: &Tx<'_>, profile: Profile) -> Result<bool, Error> {
        let profile = profile.published();
        let hinted = self.wanted.about.as_ref().is_none_or(|about| about.as_str() == profile.id);
        if !hinted || !self.ask.is_about(&profile) {
            return Ok(false);
        }
        for domain in self.ask.domains() {
            if !belongs(tx, &profile, domain)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether somebody is of this domain: by their address, or by their organization, which may have
/// proved several.
fn belongs(tx: &Tx<'_>, profile: &objects::Profile, domain: &str) -> Result<bool, Error> {
    let (_, own) = profile.email.rsplit_once('@').unwrap_or_default();
    if own.eq_ignore_ascii_case(domain) {
        return Ok(true);
    }
    let Ok(domain) = Domain::parse(domain) else { return Ok(false) };
    let owner = domain::verified_owner(tx, &domain)?;
    Ok(owner.is_some_and(|owner| Some(owner.as_str()) == profile.organization_id.as_deref()))
}

impl Return {
    /// Client and redirect URI, once they are known to belong together. Nothing is sent to an address
    /// that the client has not listed.
    async fn of(app: &App, query: &Pairs) -> Result<Self, Error> {
        let asker = asker::Asker::of_openid(query)?;
        let back = asker.clone();
        let is_public = app
            .store
            .read(move |tx| {
                let client = asker.verify(tx)?;
                Ok(client::find(tx, &client.id)?.is_public)
            })
            .await?;
        let asker::Asker { client, redirect_uri, state, .. } = back;
        Ok(Self { client, is_public, redirect_uri, state })
    }

    fn answer(&self, app: &App, status: u16, pairs: &[(&str, &str)]) -> Response {
        answer(app, status, (&self.redirect_uri, self.state.as_deref()), pairs)
    }

    fn refuses(&self, app: &App, request: &Request, error: &Error) -> Response {
        match error {
            Error::Refused(refused) => tracing::info!(
                request_id = %request.id, client = %self.client, code = refused.code,
                detail = refused.detail, "authorization request refused"
            ),
            Error::Fault(fault) => tracing::error!(
                request_id = %request.id, client = %self.client, reason = %fault,
                "authorization request failed"
            ),
        }
        let (code, why) = told(error);
        self.answer(app, 303, &[("error", code), ("error_description", &why)])
    }
}

/// The client's address with an answer, its own state, and our name.
pub(super) fn answer(
    app: &App,
    status: u16,
    (redirect_uri, state): (&WebAddress, Option<&str>),
    pairs: &[(&str, &str)],
) -> Response {
    let pairs = [pairs, &[("iss", app.base.as_str())]].concat();
    Response::redirect(status, &answer_url(redirect_uri, state, &pairs))
        .with_header("cache-control", "no-store")
}

/// What a client is told, in the words that it knows (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
pub(super) fn told(error: &Error) -> (&'static str, String) {
    let refused = match error {
        Error::Refused(refused) => refused,
        Error::Fault(Fault::Busy | Fault::Closing) => {
            return ("temporarily_unavailable", "Try again in a moment.".to_owned());
        }
        Error::Fault(_) => return ("server_error", "Something went wrong on our side.".to_owned()),
    };
    let code = match refused.code {
        "profile_not_allowed_outside_organization" => "access_denied",
        "unsupported_response_type"
        | "invalid_scope"
        | "login_required"
        | "request_not_supported"
        | "request_uri_not_supported"
        | "registration_not_supported"
        | "invalid_target" => refused.code,
        _ => "invalid_request",
    };
    (code, asker::plain(&refused.detail))
}
