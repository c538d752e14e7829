//! `/organizations/{id}/it_contacts`. Inviting one leads to the Admin Portal, which this Kernia has
//! not: that is said, and nothing is pretended.

use serde::Deserialize;

use super::shape::{field, id_of};
use crate::{
    app::App,
    applications::Caller,
    http::{Request, Response},
    kit::{
        error::{Error, Refused},
        text::Email,
    },
    objects::List,
    organizations::{ItContact, it_contact},
};

#[derive(Deserialize)]
struct Add {
    email: String,
}

pub(super) async fn list(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Organization")?;
    let contacts = app.store.read(move |tx| it_contact::list(tx, &id)).await?;
    let published = contacts.into_iter().map(ItContact::published).collect();
    Ok(Response::json(200, &List::whole(published)))
}

pub(super) async fn add(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Organization")?;
    let body: Add = request.json()?;
    let email = field("email", Email::parse(body.email.trim()))?;
    let added = app.store.write(move |tx| it_contact::add(tx, &id, &email)).await?;
    Ok(Response::json(201, &added.published()))
}

pub(super) async fn remove(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Organization")?;
    let contact = id_of(request.param("contact"), "IT contact")?;
    app.store.write(move |tx| it_contact::remove(tx, &id, &contact)).await?;
    Ok(Response::empty(204))
}

/// Inviting a contact, and taking an invitation back.
pub(super) async fn portal(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Organization")?;
    let contact = id_of(request.param("contact"), "IT contact")?;
    app.store.read(move |tx| it_contact::find(tx, &id, &contact)).await?;
    let why = "This Kernia has no Admin Portal, so nobody can be invited to it; \
               set the connection up through the API instead.";
    Err(Refused::invalid("admin_portal_unavailable", why))
}
