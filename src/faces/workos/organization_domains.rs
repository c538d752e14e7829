//! `/organization_domains`. DNS is never waited for: a claim is answered as pending, and asked about
//! right afterwards.

use serde::Deserialize;

use super::shape::{field, id_of};
use crate::{
    app::{App, domains},
    applications::Caller,
    http::{Request, Response},
    kit::error::Error,
    organizations::{Claimable, domain},
};

#[derive(Deserialize)]
struct Create {
    organization_id: String,
    domain: String,
}

pub(super) async fn create(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let body: Create = request.json()?;
    // What is no id names nothing, here as in a path.
    let organization = id_of(&body.organization_id, "Organization")?;
    let domain = field("domain", Claimable::parse(&body.domain))?;
    let claim = app.store.write(move |tx| domain::create(tx, &organization, &domain)).await?;
    domains::check_soon(app);
    Ok(Response::json(201, &claim.published()))
}

pub(super) async fn find(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Organization Domain")?;
    let claim = app.store.read(move |tx| domain::find(tx, &id)).await?;
    Ok(Response::json(200, &claim.published()))
}

pub(super) async fn verify(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Organization Domain")?;
    let claim = app.store.write(move |tx| domain::restart(tx, &id)).await?;
    domains::check_soon(app);
    Ok(Response::json(201, &claim.published()))
}

pub(super) async fn delete(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Organization Domain")?;
    app.store.write(move |tx| domain::delete(tx, &id)).await?;
    Ok(Response::empty(204))
}
