//! `/connections/{id}/saml_idp_signing_certs`.

use serde::Deserialize;

use super::{saml_options::certificate, shape::id_of};
use crate::{
    app::App,
    applications::Caller,
    http::{Request, Response},
    kit::error::Error,
    objects::List,
    sso::{self, PinnedCertificate},
};

#[derive(Deserialize)]
struct Add {
    value: String,
}

pub(super) async fn list(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Connection")?;
    let vault = app.vault.clone();
    let pinned = app
        .store
        .read(move |tx| {
            sso::connection::find(tx, &id)?;
            sso::certificate::of_connection(tx, &vault, &id)
        })
        .await?;
    let published = pinned.into_iter().map(PinnedCertificate::published).collect();
    Ok(Response::json(200, &List::whole(published)))
}

pub(super) async fn add(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Connection")?;
    let body: Add = request.json()?;
    let given = certificate("value", &body.value)?;
    let vault = app.vault.clone();
    let added = app.store.write(move |tx| sso::certificate::add(tx, &vault, &id, &given)).await?;
    Ok(Response::json(201, &added.published()))
}

pub(super) async fn remove(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Connection")?;
    let certificate = id_of(request.param("certificate"), "Certificate")?;
    let vault = app.vault.clone();
    app.store.write(move |tx| sso::certificate::remove(tx, &vault, &id, &certificate)).await?;
    Ok(Response::empty(204))
}
