//! `/kernia/v1/clients/{client}/api_keys`: issued, listed, revoked. The key is shown once.

use serde::Deserialize;
use serde_json::json;

use super::clients::client_of;
use crate::{
    app::App,
    applications::{ApiKey, Caller, api_key},
    faces::paging::Asked,
    http::{Request, Response},
    kit::{
        error::{Error, Fault, Refused},
        id::Id,
        text::Label,
    },
};

#[derive(Deserialize)]
struct Named {
    name: String,
}

pub(super) async fn list(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let (client, asked) = (client_of(&request)?, Asked::parse(&request.query)?);
    let page = asked.page.clone();
    let listed = app.store.read(move |tx| api_key::list(tx, &client, &page)).await?;
    Ok(Response::json(200, &asked.answer(listed, ApiKey::published)))
}

pub(super) async fn issue(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let client = client_of(&request)?;
    let name: Label = Label::parse(&request.json::<Named>()?.name)?;
    let environment = app.environment;
    let (key, secret) =
        app.store.write(move |tx| api_key::issue(tx, environment, &client, &name)).await?;
    let mut body = serde_json::to_value(key.published()).map_err(Fault::internal)?;
    body["value"] = json!(secret.expose());
    Ok(Response::json(201, &body))
}

/// A key cannot revoke itself: whoever holds only this one would be locked out.
pub(super) async fn revoke(app: &App, request: Request, caller: Caller) -> Result<Response, Error> {
    let client = client_of(&request)?;
    let id = Id::parse(request.param("id"))
        .map_err(|_| Refused::missing("entity_not_found", "API key not found."))?;
    if Some(&id) == caller.key.as_ref() {
        let why = "A key cannot revoke itself; use another one.";
        return Err(Refused::conflict("own_api_key", why));
    }
    app.store.write(move |tx| api_key::revoke(tx, &client, &id)).await?;
    Ok(Response::empty(204))
}
