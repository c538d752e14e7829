//! `/kernia/v1/clients`: the applications that sign their users in here.

use serde::Deserialize;

use crate::{
    app::App,
    applications::{Caller, Client, client, signing_key},
    faces::paging::Asked,
    http::{Request, Response},
    kit::{error::Error, id::Id, text::Label},
    openid_provider::client::require_changeable,
    sso,
    vault::signing_key::SigningKey,
};

#[derive(Deserialize)]
struct Named {
    name: String,
}

pub(super) async fn list(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let asked = Asked::parse(&request.query)?;
    let page = asked.page.clone();
    let listed = app.store.read(move |tx| client::list(tx, &page)).await?;
    Ok(Response::json(200, &asked.answer(listed, Client::published)))
}

pub(super) async fn create(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let name: Label = Label::parse(&request.json::<Named>()?.name)?;
    let (now, common_name) = (app.clock.now(), app.base.as_str().to_owned());
    let key = app.cpu.run(move || SigningKey::generate(&common_name, now)).await??;
    let vault = app.vault.clone();
    let created = app
        .store
        .write(move |tx| {
            let created = client::create(tx, &name)?;
            signing_key::store(tx, &vault, &created.id, &key)?;
            Ok(created)
        })
        .await?;
    Ok(Response::json(201, &created.published()))
}

pub(super) async fn find(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = client_of(&request)?;
    let found = app.store.read(move |tx| client::find(tx, &id)).await?;
    Ok(Response::json(200, &found.published()))
}

pub(super) async fn rename(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = client_of(&request)?;
    let name: Label = Label::parse(&request.json::<Named>()?.name)?;
    let renamed = app
        .store
        .write(move |tx| {
            require_changeable(tx, &id)?;
            client::rename(tx, &id, &name)
        })
        .await?;
    Ok(Response::json(200, &renamed.published()))
}

/// Whoever deletes the client of the key in hand would lock themselves out: that is refused.
pub(super) async fn delete(app: &App, request: Request, caller: Caller) -> Result<Response, Error> {
    let id = client_of(&request)?;
    if caller.key.is_some() && id == caller.client {
        let why = "This key belongs to the client; delete it with a key of another client.";
        return Err(crate::kit::error::Refused::conflict("own_client", why));
    }
    app.store
        .write(move |tx| {
            require_changeable(tx, &id)?;
            sso::delete_client(tx, &id)
        })
        .await?;
    Ok(Response::empty(204))
}

/// The client in the path.
pub(super) fn client_of(request: &Request) -> Result<Id<Client>, Error> {
    Id::parse(request.param("client"))
        .map_err(|_| crate::kit::error::Refused::missing("entity_not_found", "Client not found."))
}
