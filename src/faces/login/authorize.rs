//! `GET /sso/authorize`: an application sends somebody to sign in (contract.md, parts 2 and 6).
//! Until client and redirect URI are known to belong together, a no is a page; after that it goes
//! back to the application.

use super::{
    browser::Browser,
    request::{Hints, Question},
};
use crate::{
    app::App,
    applications::{Client, client, redirect_uri},
    http::{Method, Pairs, Request, Response},
    kit::{
        error::{Error, Refused},
        id::Id,
        text::WebAddress,
    },
    sso::{
        Connection, connection,
        sign_in::{self, Asked, Purpose},
    },
    store::Tx,
};

/// The longest state that is carried, in bytes.
const MAX_STATE: usize = 8 * 1024;

/// Where the answer goes, right or wrong.
#[derive(Clone)]
struct Return {
    client: Id<Client>,
    redirect_uri: WebAddress,
    state: Option<String>,
}

pub(super) async fn authorize(app: &App, request: Request) -> Result<Response, Error> {
    if request.method == Method::Head {
        // Whoever only looks (a link preview) begins nothing.
        return Ok(Response::empty(200));
    }
    let back = return_of(app, &request.query).await.inspect_err(|error| {
        let asked = |name| request.query.one(name).ok().flatten().unwrap_or_default();
        let address = asked("redirect_uri").split(['?', '#']).next().unwrap_or_default();
        tracing::warn!(
            request_id = %request.id, client = shown(asked("client_id")),
            redirect_uri = shown(address), reason = %error, "authorization request refused"
        );
    })?;
    match send(app, &request, &back).await {
        Ok(response) => Ok(response),
        Err(Error::Refused(refused)) => {
            tracing::info!(
                request_id = %request.id, client = %back.client, code = refused.code,
                detail = refused.detail, "authorization request refused"
            );
            let code = refused.code.to_owned();
            Ok(back.answer(&[("error", &code), ("error_description", &refused.detail)]))
        }
        Err(fault) => Err(fault),
    }
}

/// What a caller sent, as far as it may stand in a log.
pub(super) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Client and redirect URI, once they are known to belong together. Nothing is sent to an address
/// that the client has not listed.
async fn return_of(app: &App, query: &Pairs) -> Result<Return, Error> {
    let unknown = || Refused::malformed("client_unknown", "the client_id is missing or unknown");
    let client = Id::parse(query.one("client_id")?.unwrap_or_default()).map_err(|_| unknown())?;
    let not_allowed =
        || Refused::malformed("redirect_uri_not_allowed", "the client has not listed this address");
    let redirect_uri = WebAddress::parse(query.one("redirect_uri")?.unwrap_or_default())
        .map_err(|_| not_allowed())?;
    let loopback = app.loopback_allowed && redirect_uri.is_loopback();
    let (asked, id) = (redirect_uri.clone(), client.clone());
    let allowed = app
        .store
        .read(move |tx| {
            client::lookup(tx, &id)?.ok_or_else(unknown)?;
            Ok(loopback || redirect_uri::is_allowed(tx, &id, &asked)?)
        })
        .await?;
    if !allowed {
        return Err(not_allowed());
    }
    let state = query.one("state")?.map(str::to_owned);
    Ok(Return { client, redirect_uri, state })
}

/// Sends the browser on to the identity provider.
async fn send(app: &App, request: &Request, back: &Return) -> Result<Response, Error> {
    let query = &request.query;
    let invalid = |why: &str| Refused::malformed("invalid_request", why.to_owned());
    if query.one("response_type")? != Some("code") {
        return Err(invalid("response_type must be `code`"));
    }
    if back.state.as_ref().is_some_and(|state| state.len() > MAX_STATE) {
        return Err(invalid("state is longer than 8 KiB"));
    }
    let selector = Selector::parse(query)?;
    let code_challenge = code_challenge(query)?;
    let force_authn = match query.one("prompt")? {
        None | Some("") => false,
        Some("login") => true,
        Some(_) => return Err(invalid("prompt can only be `login`")),
    };
    let browser = Browser::known(app, request).unwrap_or_else(|| Browser::fresh(app));
    let (digest, asked) = (browser.digest(), back.clone());
    let vault = app.vault.clone();
    let question = app
        .store
        .write(move |tx| {
            let connection = selector.connection(tx)?;
            let asked = Asked {
                connection: connection.id.clone(),
                client: asked.client.clone(),
                purpose: Purpose::Application,
                redirect_uri: Some(asked.redirect_uri.clone()),
                state: asked.state.clone(),
                code_challenge: code_challenge.clone(),
                force_authn,
                browser: digest,
            };
            let sign_in = sign_in::begin(tx, &asked)?;
            Question::of(tx, &vault, connection, sign_in)
        })
        .await?;
    let hints = Hints { login: query.one("login_hint")?, domain: query.one("domain_hint")? };
    Ok(browser.remember(app, question.send(app, 302, hints).await?))
}

/// Exactly one of `connection`, `organization`, `provider`, `domain` says where to go.
#[derive(Clone)]
pub(super) enum Selector {
    Connection(String),
    Organization(String),
}

impl Selector {
    fn parse(query: &Pairs) -> Result<Self, Error> {
        let mut given = Vec::new();
        for name in ["connection", "organization", "provider", "domain"] {
            if let Some(value) = query.one(name)?.filter(|value| !value.is_empty()) {
                given.push((name, value.to_owned()));
            }
        }
        match (given.pop(), given.is_empty()) {
            (None, _) => Err(Refused::malformed(
                "invalid_connection_selector",
                "Give one of connection, organization or provider.",
            )),
            (Some(_), false) => Err(Refused::malformed(
                "ambiguous_connection_selector",
                "Give only one of connection, organization, provider or domain.",
            )),
            (Some(("connection", id)), true) => Ok(Self::Connection(id)),
            (Some(("organization", id)), true) => Ok(Self::Organization(id)),
            (Some(("domain", _)), true) => Err(Refused::malformed(
                "domain_connection_selector_not_allowed",
                "Selecting a connection by domain is not supported; give the organization.",
            )),
            (Some(_), true) => Err(Refused::malformed(
                "connection_strategy_invalid",
                "Providers without an organization are not supported yet.",
            )),
        }
    }

    pub(super) fn connection(&self, tx: &Tx<'_>) -> Result<Connection, Error> {
        match self {
            Self::Connection(id) => {
                let found = Id::parse(id).ok().map(|id| connection::lookup(tx, &id)).transpose()?;
                let found = found.flatten().ok_or_else(|| {
                    Refused::malformed("connection_invalid", "There is no such connection.")
                })?;
                if found.is_enabled() {
                    Ok(found)
                } else {
                    let why = "The connection is switched off.";
                    Err(Refused::malformed("connection_unlinked", why))
                }
            }
            Self::Organization(id) => Self::of_organization(tx, id),
        }
    }

    fn of_organization(tx: &Tx<'_>, id: &str) -> Result<Connection, Error> {
        let invalid = |why: &str| Refused::malformed("organization_invalid", why.to_owned());
        let id = Id::parse(id).map_err(|_| invalid("There is no such organization."))?;
        let mut candidates = connection::of_organization(tx, &id)?;
        candidates.retain(Connection::is_enabled);
        // One that is being set up does not stand in the way of the one that works.
        if candidates.iter().any(Connection::is_active) {
            candidates.retain(Connection::is_active);
        }
        match (candidates.pop(), candidates.is_empty()) {
            (Some(only), true) => Ok(only),
            (None, _) => Err(invalid("The organization has no connection to sign in with.")),
            (Some(_), false) => Err(Refused::malformed(
                "ambiguous_connection_selector",
                "The organization has several connections; give the connection.",
            )),
        }
    }
}

/// The S256 challenge of PKCE; `plain` is not taken (RFC 9700 §2.1.1).
pub(super) fn code_challenge(query: &Pairs) -> Result<Option<String>, Error> {
    let invalid = |why: &str| Refused::malformed("invalid_request", why.to_owned());
    let Some(challenge) = query.one("code_challenge")?.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if query.one("code_challenge_method")? != Some("S256") {
        return Err(invalid("code_challenge_method must be `S256`"));
    }
    let shaped = challenge.len() == 43
        && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if shaped {
        Ok(Some(challenge.to_owned()))
    } else {
        Err(invalid("code_challenge must be 43 characters of base64url"))
    }
}

impl Return {
    fn answer(&self, pairs: &[(&str, &str)]) -> Response {
        Response::redirect(302, &answer_url(&self.redirect_uri, self.state.as_deref(), pairs))
    }
}

/// The application's address with an answer and its own state, as it came.
pub(super) fn answer_url(
    redirect_uri: &WebAddress,
    state: Option<&str>,
    pairs: &[(&str, &str)],
) -> String {
    let mut url = redirect_uri.url().clone();
    {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(pairs);
        if let Some(state) = state {
            query.append_pair("state", state);
        }
    }
    url.into()
}
