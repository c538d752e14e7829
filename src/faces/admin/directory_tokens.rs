//! `/kernia/v1/directories/{id}/tokens`: what a provider proves itself with. A token stands in the one
//! answer that issues it.

use std::time::Duration;

use serde::Deserialize;

use super::directories::id_of;
use crate::{
    app::App,
    applications::Caller,
    directories::{
        Directory, DirectoryToken, directory,
        token::{self, LONGEST_OVERLAP, OVERLAP},
    },
    http::{Request, Response},
    kit::{
        error::{Error, Fault, Refused},
        id::Id,
        secret::Secret,
    },
    objects::List,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotate {
    #[serde(default)]
    overlap_seconds: Option<u64>,
}

pub(super) async fn list(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(&request)?;
    let of = id.clone();
    let found = app.store.read(move |tx| token::list(tx, &id)).await?;
    let published = found.into_iter().map(|token| token.published(&of)).collect();
    Ok(Response::json(200, &List::whole(published)))
}

/// Another token beside the present one.
pub(super) async fn issue(app: &App, request: Request, by: Caller) -> Result<Response, Error> {
    let id = id_of(&request)?;
    let (of, vault) = (id.clone(), app.vault.clone());
    let issued = app
        .store
        .write(move |tx| {
            directory::find(tx, &id)?;
            token::issue(tx, &vault, &id)
        })
        .await?;
    answer(&of, &by, issued)
}

/// Another token in the place of the present one, which stays good for a while: a day, if nobody says.
pub(super) async fn rotate(app: &App, request: Request, by: Caller) -> Result<Response, Error> {
    let id = id_of(&request)?;
    let body: Rotate = request.json()?;
    let overlap = body.overlap_seconds.map_or(OVERLAP, Duration::from_secs);
    if overlap > LONGEST_OVERLAP {
        let why = format!("the old token lives for at most {} s more", LONGEST_OVERLAP.as_secs());
        return Err(Refused::field("overlap_seconds", "invalid_overlap", why));
    }
    let (of, vault, forgetting) = (id.clone(), app.vault.clone(), app.live_tokens.forgetting());
    let issued =
        app.store.write(move |tx| token::rotate(tx, &vault, (&id, overlap), &forgetting)).await?;
    answer(&of, &by, issued)
}

pub(super) async fn revoke(app: &App, request: Request, by: Caller) -> Result<Response, Error> {
    let id = id_of(&request)?;
    let token: Id<DirectoryToken> = Id::parse(request.param("token"))
        .map_err(|_| Refused::missing("entity_not_found", "Token not found."))?;
    let (of, revoked, forgetting) = (id.clone(), token.clone(), app.live_tokens.forgetting());
    app.store.write(move |tx| token::revoke(tx, (&id, &token), &forgetting)).await?;
    tracing::info!(directory = %of, token = %revoked, client = %by.client, "token revoked");
    Ok(Response::empty(204))
}

fn answer(
    directory: &Id<Directory>,
    by: &Caller,
    (issued, secret): (DirectoryToken, Secret),
) -> Result<Response, Error> {
    tracing::info!(%directory, token = %issued.id, client = %by.client, "token issued");
    let mut body = serde_json::to_value(issued.published(directory)).map_err(Fault::internal)?;
    body["scim_token"] = secret.expose().into();
    Ok(Response::json(201, &body))
}
