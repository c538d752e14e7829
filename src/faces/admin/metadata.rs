//! `/kernia/v1/connections/{id}/metadata`: what is known of it, read again now, and the operator's
//! word on what is not taken over by itself.

use serde::Deserialize;

use crate::{
    app::{App, metadata, openid},
    applications::Caller,
    http::{Request, Response},
    kit::{
        error::{Error, Refused},
        id::Id,
    },
    objects,
    sso::{
        Connection, Protocol, connection, oidc_settings,
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
    if !speaks_saml(app, id.clone()).await? {
        return refresh_provider(app, id).await;
    }
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

/// What an OpenID provider publishes, read again.
async fn refresh_provider(app: &App, id: Id<Connection>) -> Result<Response, Error> {
    let outcome = match openid::refresh(app, &id).await? {
        oidc_settings::Outcome::Unchanged => "unchanged",
        oidc_settings::Outcome::Changed => "changed",
        oidc_settings::Outcome::Failed(_) => "failed",
        oidc_settings::Outcome::Superseded => "superseded",
    };
    let answer = objects::MetadataRefresh {
        outcome,
        certificates_added: Vec::new(),
        certificates_left: Vec::new(),
        certificates_removed: Vec::new(),
        addresses_changed: outcome == "changed",
        metadata: published(app, id).await?,
    };
    Ok(Response::json(200, &answer))
}

async fn speaks_saml(app: &App, id: Id<Connection>) -> Result<bool, Error> {
    let found = app.store.read(move |tx| connection::find(tx, &id)).await?;
    Ok(found.connection_type.protocol() == Protocol::Saml)
}

async fn published(app: &App, id: Id<Connection>) -> Result<objects::ConnectionMetadata, Error> {
    let vault = app.vault.clone();
    app.store
        .read(move |tx| match connection::find(tx, &id)?.connection_type.protocol() {
            Protocol::Saml => refresh::published(tx, &vault, &id),
            Protocol::Oidc | Protocol::OAuth => oidc_settings::published_metadata(tx, &vault, &id),
        })
        .await
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
