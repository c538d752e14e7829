//! `/kernia/v1/connections/{id}/tests`: an address to try a connection at, and what came of it.

use crate::{
    app::App,
    applications::Caller,
    http::{Request, Response},
    kit::{
        error::{Error, Refused},
        id::Id,
    },
    sso::{Connection, test_sign_in},
};

pub(super) async fn create(app: &App, request: Request, caller: Caller) -> Result<Response, Error> {
    let connection = connection_of(&request)?;
    let created =
        app.store.write(move |tx| test_sign_in::create(tx, &connection, &caller.client)).await?;
    let (test, token) = created;
    let url = format!("{}/sso/saml/test/{}", app.base.as_str(), token.expose());
    Ok(Response::json(201, &test.published(Some(url))))
}

pub(super) async fn find(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let connection = connection_of(&request)?;
    let id = Id::parse(request.param("test"))
        .map_err(|_| Refused::missing("entity_not_found", "Test sign-in not found."))?;
    let vault = app.vault.clone();
    let test = app.store.read(move |tx| test_sign_in::find(tx, &vault, (&connection, &id))).await?;
    Ok(Response::json(200, &test.published(None)))
}

fn connection_of(request: &Request) -> Result<Id<Connection>, Error> {
    let id = request.param("id");
    Id::parse(id)
        .map_err(|_| Refused::missing("entity_not_found", format!("Connection not found: '{id}'.")))
}
