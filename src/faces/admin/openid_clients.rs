//! `/kernia/v1/openid_clients`: the applications that sign their users in by OpenID Connect.

use serde::Deserialize;

use super::clients::client_of;
use crate::{
    app::App,
    applications::Caller,
    faces::paging::Asked,
    http::{Request, Response},
    kit::{
        environment::Environment,
        error::{Error, Fault, Refused},
        id::Id,
        secret::Secret,
        text::Label,
    },
    objects::List,
    openid_provider::{
        OpenIdClient,
        client::{self, Change, ClientSecret, Draft, RedirectUri},
    },
    store::Tx,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    #[serde(default)]
    public: bool,
    redirect_uris: Vec<String>,
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    name: Option<String>,
    redirect_uris: Option<Vec<String>>,
    post_logout_redirect_uris: Option<Vec<String>>,
}

const AFTER: &str = "post_logout_redirect_uris";

pub(super) async fn list(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let asked = Asked::parse(&request.query)?;
    let page = asked.page.clone();
    let listed = app
        .store
        .read(move |tx| {
            let listed = client::list(tx, &page)?;
            let secrets = listed.data.iter().map(|client| client::secrets(tx, &client.id));
            let secrets = secrets.collect::<Result<Vec<_>, Error>>()?;
            Ok((listed, secrets))
        })
        .await?;
    let (listed, secrets) = listed;
    let secrets = std::cell::RefCell::new(secrets.into_iter());
    let publish = |client: OpenIdClient| {
        let secrets = secrets.borrow_mut().next().unwrap_or_default();
        client.published(secrets)
    };
    let page: List<_> = asked.answer(listed, publish);
    Ok(Response::json(200, &page))
}

pub(super) async fn create(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let new: New = request.json()?;
    let draft = Draft {
        name: Label::parse(&new.name)?,
        is_public: new.public,
        redirect_uris: listed(&new.redirect_uris, app.environment)?,
        post_logout_redirect_uris: RedirectUri::parse_all(
            AFTER,
            &new.post_logout_redirect_uris,
            app.environment,
        )?,
    };
    let (created, secrets, secret) = app
        .store
        .write(move |tx| {
            let (created, secret) = client::create(tx, &draft)?;
            let secrets = client::secrets(tx, &created.id)?;
            Ok((created, secrets, secret))
        })
        .await?;
    answer(201, created, secrets, secret.as_ref())
}

pub(super) async fn find(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = client_of(&request)?;
    let read = move |tx: &Tx<'_>| Ok((client::find(tx, &id)?, client::secrets(tx, &id)?));
    let (found, secrets) = app.store.read(read).await?;
    answer(200, found, secrets, None)
}

pub(super) async fn update(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = client_of(&request)?;
    let body: Changed = request.json()?;
    let change = Change {
        name: body.name.map(|name| Label::parse(&name)).transpose()?,
        redirect_uris: body.redirect_uris.map(|uris| listed(&uris, app.environment)).transpose()?,
        post_logout_redirect_uris: body
            .post_logout_redirect_uris
            .map(|uris| RedirectUri::parse_all(AFTER, &uris, app.environment))
            .transpose()?,
    };
    let change =
        move |tx: &Tx<'_>| Ok((client::update(tx, &id, &change)?, client::secrets(tx, &id)?));
    let (changed, secrets) = app.store.write(change).await?;
    answer(200, changed, secrets, None)
}

pub(super) async fn delete(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = client_of(&request)?;
    app.store.write(move |tx| client::delete(tx, &id)).await?;
    Ok(Response::empty(204))
}

/// Another secret; the one before stays good until the next time, or until it is revoked.
pub(super) async fn rotate(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = client_of(&request)?;
    let (found, secrets, secret) = app
        .store
        .write(move |tx| {
            let secret = client::rotate(tx, &id)?;
            Ok((client::find(tx, &id)?, client::secrets(tx, &id)?, secret))
        })
        .await?;
    answer(201, found, secrets, Some(&secret))
}

pub(super) async fn revoke(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let client = client_of(&request)?;
    let secret: Id<ClientSecret> = Id::parse(request.param("secret"))
        .map_err(|_| Refused::missing("entity_not_found", "Secret not found."))?;
    app.store.write(move |tx| client::revoke(tx, &client, &secret)).await?;
    Ok(Response::empty(204))
}

/// A client that can be answered nowhere is a slip.
fn listed(uris: &[String], environment: Environment) -> Result<Vec<RedirectUri>, Error> {
    if uris.is_empty() {
        return Err(Refused::field("redirect_uris", "required", "list at least one address"));
    }
    RedirectUri::parse_all("redirect_uris", uris, environment)
}

/// The client; its secret stands there this once.
fn answer(
    status: u16,
    client: OpenIdClient,
    secrets: Vec<ClientSecret>,
    secret: Option<&Secret>,
) -> Result<Response, Error> {
    let mut body = serde_json::to_value(client.published(secrets)).map_err(Fault::internal)?;
    if let Some(secret) = secret {
        body["client_secret"] = secret.expose().into();
    }
    Ok(Response::json(status, &body))
}
