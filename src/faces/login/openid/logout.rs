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

/// Where a browser goes on to that signed out, and for which client.
struct Onward {
    client: Option<Id<Client>>,
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
        None => ask(app, &request, &onward).await,
    }
}

/// Who is signed in, in the browser that brought a token.
enum Here {
    /// Whom the token is about. They are not any more.
    Left,
    /// Somebody else.
    Another,
    /// Nobody, as far as the cookies tell that came along.
    Nobody,
}

/// The token proves whose session it is about; that one ends, in whichever browser. Whoever else is
/// signed in here is asked.
async fn leave_by_hint(
    app: &App,
    request: &Request,
    (hint, onward): (Hint, &Onward),
) -> Result<Response, Error> {
    let (client, id, cookie) =
        (hint.client.clone(), hint.session.clone(), browser::session(app, request));
    let brought = cookie.is_some();
    let here = app
        .store
        .write(move |tx| {
            let here = match &cookie {
                Some(cookie) => session::lookup(tx, cookie)?.map(|(session, _)| session),
                None => None,
            };
            session::end(tx, &hint.session)?;
            Ok(match here {
                None => Here::Nobody,
                Some(here) if here.id == hint.session => Here::Left,
                // They have signed in anew since the client did.
                Some(here) if here.profile == hint.profile => {
                    session::end(tx, &here.id)?;
                    Here::Left
                }
                Some(_) => Here::Another,
            })
        })
        .await?;
    tracing::info!(request_id = %request.id, %client, session = %id, "signed out");
    match here {
        Here::Left => Ok(browser::without_session(app, onward.response()?)),
        Here::Another => ask(app, request, onward).await,
        Here::Nobody if request.method == Method::Post && !brought => {
            Ok(onward.once_more(app, request))
        }
        Here::Nobody => onward.response(),
    }
}

/// Nothing proves that whoever is signed in here is to be signed out, so the person says it: another
/// site may have sent them.
async fn ask(app: &App, request: &Request, onward: &Onward) -> Result<Response, Error> {
    if request.method == Method::Post {
        return Ok(onward.once_more(app, request));
    }
    let Some(cookie) = browser::session_cookie(app, request) else { return onward.response() };
    let digest = Digest::of(&cookie);
    let found = app.store.read(move |tx| session::lookup(tx, &digest)).await?;
    let Some((_, profile)) = found else {
        return Ok(browser::without_session(app, onward.response()?));
    };
    let mut fields = vec![("token", token_of(&cookie).expose().to_owned())];
    fields.extend(onward.fields());
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
            return Ok(Self { client, address: None, state: None });
        };
        let named = client.clone().ok_or_else(|| {
            refused("a post_logout_redirect_uri needs an id_token_hint or a client_id")
        })?;
        let address = app
            .store
            .read(move |tx| {
                let client = client::lookup(tx, &named)?;
                Ok(client.and_then(|client| client.post_logout_redirect_uri(&wanted)))
            })
            .await?
            .ok_or_else(|| refused("the client has not listed this post_logout_redirect_uri"))?;
        Ok(Self { client, address: Some(address), state })
    }

    /// What a page of ours carries of it.
    fn fields(&self) -> impl Iterator<Item = (&'static str, String)> {
        let client = self.client.as_ref().map(ToString::to_string);
        let address = self.address.as_ref().map(ToString::to_string);
        [
            ("client_id", client),
            ("post_logout_redirect_uri", address),
            ("state", self.state.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }

    /// A post from another site brings no cookie: the browser comes once more, without the token that
    /// may have been in it, for an address ends up in logs.
    fn once_more(&self, app: &App, request: &Request) -> Response {
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(self.fields()).finish();
        let here = format!("{}{}?{query}", app.base.as_str(), request.path);
        Response::redirect(303, &here).with_header("cache-control", "no-store")
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
