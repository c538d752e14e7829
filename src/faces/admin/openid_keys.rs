//! `/kernia/v1/openid_keys`: the keys that sign ID tokens, and the next one.

use serde::Deserialize;

use crate::{
    app::{self, App},
    applications::Caller,
    http::{Request, Response},
    kit::error::Error,
    objects::List,
    openid_provider::key::{self, Start},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    #[serde(default)]
    at_once: bool,
}

pub(super) async fn list(app: &App, _: Request, _: Caller) -> Result<Response, Error> {
    Ok(Response::json(200, &List::whole(app.store.read(key::shown).await?)))
}

/// The next key; with `at_once` it signs now, and all others are worth nothing any more.
pub(super) async fn rotate(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let rotation: Rotation = request.json()?;
    let start = if rotation.at_once { Start::AtOnce } else { Start::Announced };
    let key = app::openid_clients::rotate(app, start).await?;
    Ok(Response::json(201, &key.published(app.clock.now())))
}
