//! `/kernia/v1/connections/{id}/metadata`: what is known of it, read again now, and the operator's
//! word on what is not taken over by itself.

use serde::Deserialize;

use crate::{
    app::{App, metadata},
    applications::Caller,
    http::{Request, Response},
    kit::{
        error::{Error, Refused},
        id::Id,
    },
    objects,
    sso::{
        Connection,
        refresh::{self, Changes, Outcome, Proposal},
    },
};

/// The proposal that the operator saw.
#[derive(Deserialize)]
struct Word {
    proposal: String,
}

pub(super) async fn find(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let published = published(app, connection_of(&request)?).await?;
    Ok(Response::json(200, &published))
}

pub(super) async fn refresh(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = connection_of(&request)?;
    let outcome = metadata::refresh(app, &id).await?;
    let name = match &outcome {
        Outcome::Unchanged => "unchanged",
        Outcome::Changed(_) => "changed",
        Outcome::Proposed(_) => "proposed",
        Outcome::Failed(_) => "failed",
        Outcome::Superseded => "superseded",
    };
    let changes = match outcome {
        Outcome::Changed(changes) => changes,
        _ => Changes::default(),
    };
    let answer = objects::MetadataRefresh {
        outcome: name,
        certificates_added: changes.added,
        certificates_left: changes.left,
        certificates_removed: changes.removed,
        addresses_changed: changes.addresses,
        metadata: published(app, id).await?,
    };
    Ok(Response::json(200, &answer))
}

pub(super) async fn confirm(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let (id, proposal) = (connection_of(&request)?, proposal_of(&request)?);
    metadata::confirm(app, &id, &proposal).await?;
    Ok(Response::json(200, &published(app, id).await?))
}

pub(super) async fn reject(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let (id, proposal) = (connection_of(&request)?, proposal_of(&request)?);
    let vault = app.vault.clone();
    let rejected = app
        .store
        .write(move |tx| {
            refresh::reject(tx, &vault, (&id, &proposal))?;
            refresh::published(tx, &vault, &id)
        })
        .await?;
    Ok(Response::json(200, &rejected))
}

async fn published(app: &App, id: Id<Connection>) -> Result<objects::ConnectionMetadata, Error> {
    let vault = app.vault.clone();
    app.store.read(move |tx| refresh::published(tx, &vault, &id)).await
}

fn connection_of(request: &Request) -> Result<Id<Connection>, Error> {
    Id::parse(request.param("id"))
        .map_err(|_| Refused::missing("entity_not_found", "Connection not found."))
}

fn proposal_of(request: &Request) -> Result<Id<Proposal>, Error> {
    let word: Word = request.json()?;
    Id::parse(&word.proposal)
        .map_err(|_| Refused::field("proposal", "id_malformed", "it is the id of the proposal"))
}
