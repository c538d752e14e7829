//! `/kernia/v1/connections/{id}/tests`: an address to try a connection at, and what came of it.

use crate::{
    app::App,
    applications::Caller,
    http::{Request, Response},
    kit::{
        error::{Error, Refused},
        id::Id,
    },
    sso::{Connection, Trace, test_sign_in, trace},
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
    let shown = app
        .store
        .read(move |tx| {
            let mut shown = test_sign_in::find(tx, &vault, (&connection, &id))?.published(None);
            if let Some(sign_in) = shown.sign_in_id.as_deref().and_then(|id| Id::parse(id).ok()) {
                let trace = trace::lookup_of_sign_in(tx, &vault, &sign_in)?;
                shown.trace = trace.map(Trace::published);
            }
            Ok(shown)
        })
        .await?;
    Ok(Response::json(200, &shown))
}

fn connection_of(request: &Request) -> Result<Id<Connection>, Error> {
    let id = request.param("id");
    Id::parse(id)
        .map_err(|_| Refused::missing("entity_not_found", format!("Connection not found: '{id}'.")))
}
