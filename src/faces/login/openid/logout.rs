//! `/oauth2/logout`: a client signs its person out of Kernia (OpenID Connect RP-Initiated Logout 1.0).
//! An ID token of ours proves whom it is about; without one the person is asked. Nobody is sent to an
//! address that the client has not listed.

use super::super::{browser, page};
use crate::{
    app::{self, App},
    applications::Client,
    http::{Method, Pairs, Request, Response},
    kit::{
        error::{Error, Refused},
        id::Id,
        secret::Secret,
        text::WebAddress,
    },
    openid_provider::{Hint, client, session},
    pages::{Leave, Notice},
    vault::Digest,
};

/// The longest state that is carried, in bytes.
const MAX_STATE: usize = 8 * 1024;

/// Where a browser goes on to that signed out.
struct Onward {
    address: Option<WebAddress>,
    state: Option<String>,
}

/// `GET` and `POST /oauth2/logout`.
pub(in super::super) async fn leave(app: &App, request: Request) -> Result<Response, Error> {
    if request.method == Method::Head {
        return Ok(Response::empty(200));
    }
    let asked = match request.method {
        Method::Post if !request.is_form() => return Err(refused("this is no form")),
        Method::Post => request.form()?,
        _ => request.query.clone(),
    };
    if let Some(name) = asked.repeated() {
        return Err(refused(format!("{name} may be given only once")));
    }
    let hint = match asked.one("id_token_hint")?.filter(|text| !text.is_empty()) {
        Some(token) => Some(
            app::openid_clients::hint(app, token)
                .await?
                .ok_or_else(|| refused("the id_token_hint is not one of ours"))?,
        ),
        None => None,
    };
    let onward = Onward::of(app, &asked, hint.as_ref()).await?;
    match hint {
        Some(hint) => leave_by_hint(app, &request, (hint, &onward)).await,
        None => ask(app, &request, &asked, &onward).await,
    }
}

/// The token proves whose session it is about; it ends, in whichever browser.
async fn leave_by_hint(
    app: &App,
    request: &Request,
    (hint, onward): (Hint, &Onward),
) -> Result<Response, Error> {
    let (client, id, cookie) =
        (hint.client.clone(), hint.session.clone(), browser::session(app, request));
    let is_this_browsers = app
        .store
        .write(move |tx| {
            let here = match &cookie {
                Some(cookie) => session::lookup(tx, cookie)?.map(|(session, _)| session.id),
                None => None,
            };
            session::end(tx, &hint.session)?;
            Ok(here.as_ref() == Some(&hint.session))
        })
        .await?;
    tracing::info!(request_id = %request.id, %client, session = %id, "signed out");
    let response = onward.response()?;
    Ok(if is_this_browsers { browser::without_session(app, response) } else { response })
}

/// Nothing proves who is to be signed out, so the person says it: another site may have sent them here.
async fn ask(
    app: &App,
    request: &Request,
    asked: &Pairs,
    onward: &Onward,
) -> Result<Response, Error> {
    if request.method == Method::Post {
        // A post from another site brings no cookie: the browser comes once more.
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(asked.entries()).finish();
        let here = format!("{}{}?{query}", app.base.as_str(), request.path);
        return Ok(Response::redirect(303, &here));
    }
    let Some(cookie) = browser::session_cookie(app, request) else { return onward.response() };
    let digest = Digest::of(&cookie);
    let found = app.store.read(move |tx| session::lookup(tx, &digest)).await?;
    let Some((_, profile)) = found else { return onward.response() };
    let mut fields = vec![("token", token_of(&cookie).expose().to_owned())];
    for name in ["client_id", "post_logout_redirect_uri", "state"] {
        fields.extend(asked.one(name)?.map(|value| (name, value.to_owned())));
    }
    let leave = Leave {
        email: profile.published().email,
        action: format!("{}/oauth2/logout/confirm", app.base.as_str()),
        fields,
    };
    let plain = onward.address.as_ref().is_some_and(|address| !address.is_https());
    page::shown(&leave, page::onward_targets(plain))
}

/// `POST /oauth2/logout/confirm`: the person's yes. It carries what only a page of ours knew.
pub(in super::super) async fn confirm(app: &App, request: Request) -> Result<Response, Error> {
    if !request.is_form() {
        return Err(refused("this is no form"));
    }
    let form = request.form()?;
    let onward = Onward::of(app, &form, None).await?;
    let Some(cookie) = browser::session_cookie(app, &request) else {
        return Err(Refused::malformed("logout_over", "this browser has no session"));
    };
    let token = form.one("token")?.unwrap_or_default();
    if !token_of(&cookie).same_as(token) {
        return Err(refused("the form is not the one of this browser's page"));
    }
    let digest = Digest::of(&cookie);
    let ended = app
        .store
        .write(move |tx| match session::lookup(tx, &digest)? {
            Some((session, _)) => session::end(tx, &session.id).map(|()| Some(session.id)),
            None => Ok(None),
        })
        .await?;
    tracing::info!(
        request_id = %request.id, session = ended.as_ref().map(Id::as_str), "signed out"
    );
    Ok(browser::without_session(app, onward.response()?))
}

/// What a page for this cookie carries, and no other site can know.
fn token_of(cookie: &Secret) -> Secret {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let text = Secret::new(format!("kernia sign-out\0{}", cookie.expose()));
    Secret::new(URL_SAFE_NO_PAD.encode(Digest::of(&text).as_bytes()))
}

impl Onward {
    /// The address, if it is listed by the client that the hint or the `client_id` names.
    async fn of(app: &App, asked: &Pairs, hint: Option<&Hint>) -> Result<Self, Error> {
        let state = asked.one("state")?.map(str::to_owned);
        if state.as_ref().is_some_and(|state| state.len() > MAX_STATE) {
            return Err(refused("state is longer than 8 KiB"));
        }
        let named = match asked.one("client_id")?.filter(|id| !id.is_empty()) {
            Some(id) => Some(Id::<Client>::parse(id).map_err(|_| refused("no such client"))?),
            None => None,
        };
        let client = match (hint, named) {
            (Some(hint), Some(named)) if hint.client != named => {
                return Err(refused("the id_token_hint was issued to another client"));
            }
            (Some(hint), _) => Some(hint.client.clone()),
            (None, named) => named,
        };
        let wanted = asked.one("post_logout_redirect_uri")?.filter(|uri| !uri.is_empty());
        let Some(wanted) = wanted.map(str::to_owned) else {
            return Ok(Self { address: None, state: None });
        };
        let client = client.ok_or_else(|| {
            refused("a post_logout_redirect_uri needs an id_token_hint or a client_id")
        })?;
        let address = app
            .store
            .read(move |tx| {
                let client = client::lookup(tx, &client)?;
                Ok(client.and_then(|client| client.post_logout_redirect_uri(&wanted)))
            })
            .await?
            .ok_or_else(|| refused("the client has not listed this post_logout_redirect_uri"))?;
        Ok(Self { address: Some(address), state })
    }

    fn response(&self) -> Result<Response, Error> {
        let Some(address) = &self.address else {
            let notice = Notice {
                title: "You are signed out".to_owned(),
                message: "You can close this window.".to_owned(),
            };
            return page::shown(&notice, "'none'");
        };
        let mut url = address.url().clone();
        if let Some(state) = &self.state {
            url.query_pairs_mut().append_pair("state", state);
        }
        Ok(Response::redirect(303, url.as_str()).with_header("cache-control", "no-store"))
    }
}

fn refused(why: impl Into<String>) -> Error {
    Refused::malformed("logout_link_refused", why.into())
}
