//! `/kernia/v1/clients/{client}/redirect_uris`: of any client.

use serde::Deserialize;

use super::clients::client_of;
use crate::{
    app::App,
    applications::{Caller, RedirectUri, client, redirect_uri},
    faces::paging::Asked,
    http::{Request, Response},
    kit::{
        error::{Error, Refused},
        id::Id,
    },
};

#[derive(Deserialize)]
struct Create {
    uri: String,
    #[serde(default)]
    default: Option<bool>,
}

pub(super) async fn list(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let (client, asked) = (client_of(&request)?, Asked::parse(&request.query)?);
    let page = asked.page.clone();
    let listed = app
        .store
        .read(move |tx| {
            client::find(tx, &client)?;
            redirect_uri::list(tx, &client, &page)
        })
        .await?;
    Ok(Response::json(200, &asked.answer(listed, RedirectUri::published)))
}

pub(super) async fn create(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let client = client_of(&request)?;
    let body: Create = request.json()?;
    let pattern = redirect_uri::Pattern::parse(&body.uri, app.environment)?;
    let allowed = app
        .store
        .write(move |tx| {
            client::find(tx, &client)?;
            redirect_uri::allow(tx, &client, &pattern, body.default)
        })
        .await?;
    Ok(Response::json(201, &allowed.published()))
}

pub(super) async fn delete(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let client = client_of(&request)?;
    let id = Id::parse(request.param("id"))
        .map_err(|_| Refused::missing("entity_not_found", "Redirect URI not found."))?;
    app.store.write(move |tx| redirect_uri::remove(tx, &client, &id)).await?;
    Ok(Response::empty(204))
}
