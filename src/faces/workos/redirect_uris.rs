//! `/user_management/redirect_uris`: the addresses of the client whose key is used.

use serde::Deserialize;

use super::shape::id_of;
use crate::{
    app::App,
    applications::{Caller, RedirectUri, redirect_uri},
    faces::paging::Asked,
    http::{Request, Response},
    kit::error::Error,
};

#[derive(Deserialize)]
struct Create {
    uri: String,
    #[serde(default)]
    default: Option<bool>,
}

pub(super) async fn list(app: &App, request: Request, caller: Caller) -> Result<Response, Error> {
    let asked = Asked::parse(&request.query)?;
    let page = asked.page.clone();
    let listed = app.store.read(move |tx| redirect_uri::list(tx, &caller.client, &page)).await?;
    Ok(Response::json(200, &asked.answer(listed, RedirectUri::published)))
}

pub(super) async fn create(app: &App, request: Request, caller: Caller) -> Result<Response, Error> {
    let body: Create = request.json()?;
    let pattern = redirect_uri::Pattern::parse(&body.uri, app.environment)?;
    let allowed = app
        .store
        .write(move |tx| redirect_uri::allow(tx, &caller.client, &pattern, body.default))
        .await?;
    Ok(Response::json(201, &allowed.published()))
}

pub(super) async fn delete(app: &App, request: Request, caller: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Redirect URI")?;
    app.store.write(move |tx| redirect_uri::remove(tx, &caller.client, &id)).await?;
    Ok(Response::empty(204))
}
