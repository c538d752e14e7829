//! Single logout through the browser (SAML Profiles §4.4): the provider's messages at
//! `/sso/saml/slo/{key}`, and `GET /sso/logout`, where an application sends somebody to sign out. What
//! is ours ends first; nothing that the provider does can keep it alive.

use std::sync::Arc;

use super::{oidc, page};
use crate::{
    app::App,
    http::{Method, Request, Response},
    kit::{
        error::{Error, Fault, Refused},
        secret::Secret,
        text::WebAddress,
    },
    openid_provider,
    pages::{Notice, Onward},
    saml::{
        self, KeyPair, Rejected, Trust,
        logout::{self, Arrived, LogoutRequest, LogoutResponse},
    },
    sso::{
        Binding, Connection, ExternalKey, LogoutService, Protocol, connection,
        key_pair::{self, Purpose},
        session::{self, Leaving},
    },
    store::Tx,
};

/// How long the provider may act on our request.
const REQUEST_LIFETIME: std::time::Duration = std::time::Duration::from_mins(5);
/// The longest relay state that goes back, in bytes.
const MAX_RELAY_STATE: usize = 2 * 1024;

/// A message of the provider's, as it came.
struct Posted {
    is_request: bool,
    /// In a form; a redirect is judged by its raw query.
    form_value: Option<String>,
    raw_query: String,
    relay_state: Option<String>,
}

/// Whom it came to.
struct Here {
    connection: Connection,
    service: LogoutService,
    trust: Arc<Trust>,
}

/// `/sso/saml/slo/{key}`: the provider wants somebody's sessions to end, or says that it ended them.
pub(super) async fn from_provider(app: &App, request: Request) -> Result<Response, Error> {
    let outcome = heard(app, &request).await;
    if let Err(Error::Refused(refused)) = &outcome {
        tracing::warn!(
            request_id = %request.id, key = request.param("key"), code = refused.code,
            reason = refused.detail, "logout refused"
        );
        // To a person it is one thing, whatever was wrong with the message.
        return Err(Refused::malformed(
            "logout_refused",
            "the provider's message was not accepted",
        ));
    }
    outcome
}

async fn heard(app: &App, request: &Request) -> Result<Response, Error> {
    if request.method == Method::Head {
        return Ok(Response::empty(200));
    }
    let posted = posted(request)?;
    let here = here(app, request.param("key")).await?;
    if posted.is_request {
        asked_to_end(app, request, here, posted).await
    } else {
        told_of_the_end(app, request, here, posted).await
    }
}

fn posted(request: &Request) -> Result<Posted, Error> {
    let bad = || Refused::malformed("bad_form", "expected one SAMLRequest or one SAMLResponse");
    let is_post = request.method == Method::Post;
    let form = if is_post && request.is_form() { request.form()? } else { request.query.clone() };
    let (asked, told) = (form.one("SAMLRequest")?, form.one("SAMLResponse")?);
    let (is_request, value) = match (asked, told) {
        (Some(value), None) => (true, value),
        (None, Some(value)) => (false, value),
        _ => return Err(bad()),
    };
    let relay_state = form.one("RelayState")?.map(str::to_owned);
    if relay_state.as_ref().is_some_and(|it| it.len() > MAX_RELAY_STATE) {
        return Err(bad());
    }
    let form_value = is_post.then(|| value.to_owned());
    Ok(Posted { is_request, form_value, raw_query: request.raw_query.clone(), relay_state })
}

/// The connection by the key in the path, where it has single logout.
async fn here(app: &App, key: &str) -> Result<Here, Error> {
    let unknown = || Refused::missing("connection_invalid", "there is no single logout here");
    let key = ExternalKey::parse(key).ok_or_else(unknown)?;
    let (vault, base, trusts) = (app.vault.clone(), app.base.clone(), app.trusts.clone());
    app.store
        .read(move |tx| {
            let connection = connection::lookup_saml_by_key(tx, &key)?.ok_or_else(unknown)?;
            let service = connection.settings.idp_logout.clone().ok_or_else(unknown)?;
            let trust = trusts.of(tx, &vault, (&connection, base.as_str()))?;
            Ok(Here { connection, service, trust })
        })
        .await
}

impl Posted {
    fn arrived(&self) -> Arrived<'_> {
        match &self.form_value {
            Some(form_value) => {
                Arrived::Post { form_value, relay_state: self.relay_state.as_deref() }
            }
            None => Arrived::Redirect { raw_query: &self.raw_query },
        }
    }
}

/// A `LogoutRequest`: the sessions end, and the provider is told.
async fn asked_to_end(
    app: &App,
    request: &Request,
    here: Here,
    posted: Posted,
) -> Result<Response, Error> {
    let (trust, now) = (Arc::clone(&here.trust), app.clock.now());
    let urls = vec![here.connection.logout_url(app.base.as_str())];
    let relay_state = posted.relay_state.clone().unwrap_or_default();
    let verified = app
        .cpu
        .run(move || logout::verify_request(&trust, &urls, &posted.arrived(), now))
        .await?
        .map_err(|rejected| refused(&rejected))?;
    let answered = verified.get().id.clone();
    let id = here.connection.id.clone();
    let end = move |tx: &Tx<'_>| {
        let whose = session::end_named(tx, &id, &verified)?;
        whose.iter().try_for_each(|who| openid_provider::session::end_of_profile(tx, who))?;
        Ok(whose.len())
    };
    let ended = app.store.write(end).await?;
    tracing::info!(
        request_id = %request.id, connection = %here.connection.id, sessions = ended,
        "sessions ended by the identity provider"
    );
    let Here { connection, service, .. } = here;
    let destination = service.response_url.unwrap_or(service.url);
    let response = LogoutResponse {
        id: saml::request_id(app.chance.bytes()),
        issued_at: now,
        destination: destination.clone(),
        issuer: connection.sp_entity_id.clone(),
        in_response_to: answered,
        success: true,
    };
    let signer = signer(app, &connection).await?;
    let way = Way { parameter: "SAMLResponse", binding: service.binding, destination, relay_state };
    let (binding, relay_state) = (way.binding, way.relay_state.clone());
    let message = app
        .cpu
        .run(move || match binding {
            Binding::Redirect => response.redirect_url(&relay_state, &signer),
            Binding::Post => response.post_form(&signer),
        })
        .await?;
    way.send(status(request), message)
}

/// A `LogoutResponse` to a request of ours.
async fn told_of_the_end(
    app: &App,
    request: &Request,
    here: Here,
    posted: Posted,
) -> Result<Response, Error> {
    let request_id = posted.relay_state.clone().unwrap_or_default();
    let (id, wanted) = (here.connection.id.clone(), request_id.clone());
    let is_ours = app.store.read(move |tx| session::is_leaving(tx, &id, &wanted)).await?;
    if !is_ours {
        let why = "the relay state is not of a logout that is under way";
        return Err(Refused::malformed("in_response_to", why));
    }
    let (trust, now) = (here.trust, app.clock.now());
    let urls = vec![here.connection.logout_url(app.base.as_str())];
    let wanted = request_id.clone();
    let verified = app
        .cpu
        .run(move || logout::verify_response(&trust, &urls, &posted.arrived(), &wanted, now))
        .await?
        .map_err(|rejected| refused(&rejected))?;
    let (id, success) = (here.connection.id.clone(), verified.get().success);
    app.store.write(move |tx| session::left(tx, &id, &request_id)).await?;
    tracing::info!(
        request_id = %request.id, connection = %here.connection.id, success,
        "the identity provider answered a logout"
    );
    signed_out(success)
}

/// `GET /sso/logout?token=`: the sessions end here, and at the provider too, where one is open.
pub(super) async fn leave(app: &App, request: Request) -> Result<Response, Error> {
    if request.method == Method::Head {
        // Whoever only looks (a link preview) ends nothing.
        return Ok(Response::empty(200));
    }
    let over = || Refused::malformed("logout_over", "the token is missing");
    let token = Secret::new(request.query.one("token")?.ok_or_else(over)?.to_owned());
    let vault = app.vault.clone();
    let leave = move |tx: &Tx<'_>| {
        let leaving = session::leave(tx, &vault, &token)?;
        openid_provider::session::end_of_profile(tx, &leaving.profile)?;
        Ok(leaving)
    };
    let leaving = app.store.write(leave).await?;
    let connection = leaving.connection.id.clone();
    let sent = match leaving.connection.connection_type.protocol() {
        Protocol::Saml => to_provider(app, leaving).await,
        Protocol::Oidc | Protocol::OAuth => oidc::end_session(app, &leaving).await,
    };
    match sent {
        Ok(Some(response)) => Ok(response),
        Ok(None) => signed_out(true),
        Err(error) => {
            // What is ours has ended already.
            tracing::error!(request_id = %request.id, %connection, %error, "no logout request");
            signed_out(false)
        }
    }
}

/// `GET /sso/signed-out`: an OpenID provider sends people back.
pub(super) async fn over(_: &App, _: Request) -> Result<Response, Error> {
    signed_out(true)
}

/// Our `LogoutRequest`, unless nothing is open at the provider.
async fn to_provider(app: &App, leaving: Leaving) -> Result<Option<Response>, Error> {
    let Leaving { connection, request_id, name_id, session_indexes, .. } = leaving;
    let (Some(name_id), Some(service)) = (name_id, connection.settings.idp_logout.clone()) else {
        return Ok(None);
    };
    let now = app.clock.now();
    let message = LogoutRequest {
        id: request_id.clone(),
        issued_at: now,
        destination: service.url.clone(),
        issuer: connection.sp_entity_id.clone(),
        name_id,
        session_indexes,
        not_on_or_after: Some(now + REQUEST_LIFETIME),
    };
    let signer = signer(app, &connection).await?;
    let (binding, relay_state) = (service.binding, request_id.clone());
    let message = app
        .cpu
        .run(move || match binding {
            Binding::Redirect => message.redirect_url(&relay_state, &signer),
            Binding::Post => message.post_form(&signer),
        })
        .await?;
    let way = Way {
        parameter: "SAMLRequest",
        binding,
        destination: service.url,
        relay_state: request_id,
    };
    way.send(302, message).map(Some)
}

/// How a message of ours goes to the provider.
struct Way {
    parameter: &'static str,
    binding: Binding,
    destination: String,
    relay_state: String,
}

impl Way {
    /// Sends the browser on with a message that was made for this way.
    fn send(self, status: u16, message: Result<String, Rejected>) -> Result<Response, Error> {
        let message = message.map_err(|no| Fault::internal(format!("no logout message: {no}")))?;
        if self.binding == Binding::Redirect {
            return Ok(Response::redirect(status, &message));
        }
        let target = WebAddress::parse(&self.destination)?;
        let mut fields = vec![(self.parameter, message)];
        if !self.relay_state.is_empty() {
            fields.push(("RelayState", self.relay_state));
        }
        page::posted(&Onward::sign_out(self.destination, fields), &target)
    }
}

/// What signs at this connection; the first logout may find none.
async fn signer(app: &App, connection: &Connection) -> Result<KeyPair, Error> {
    let (id, vault) = (connection.id.clone(), app.vault.clone());
    let found = app.store.read(move |tx| key_pair::signer(tx, &vault, &id)).await?;
    if let Some(found) = found {
        return Ok(found);
    }
    let fresh = app.fresh_key_pair(Purpose::Signing).await?;
    let (id, vault) = (connection.id.clone(), app.vault.clone());
    let made = move |tx: &Tx<'_>| {
        // Somebody else may have made one meanwhile.
        if key_pair::signer(tx, &vault, &id)?.is_none() {
            key_pair::add(tx, &vault, &id, &fresh)?;
        }
        key_pair::signer(tx, &vault, &id)
    };
    app.store.write(made).await?.ok_or_else(|| Fault::internal("a fresh key does not sign"))
}

/// The end of it, for the person.
fn signed_out(everywhere: bool) -> Result<Response, Error> {
    let message = if everywhere {
        "You can close this page."
    } else {
        "Your company’s sign-in did not confirm that it signed you out too. Close your browser to \
         be sure."
    };
    let title = "You are signed out".to_owned();
    page::shown(&Notice { title, message: message.to_owned() }, "'none'")
}

fn status(request: &Request) -> u16 {
    if request.method == Method::Post { 303 } else { 302 }
}

fn refused(rejected: &Rejected) -> Error {
    Refused::malformed(rejected.code, format!("{rejected}; {}", rejected.reason()))
}
