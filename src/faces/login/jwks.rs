//! `/sso/oidc/jwks/{key}`: the public halves of our keys at an OIDC connection, for its provider.

use crate::{
    app::App,
    http::{Request, Response},
    kit::error::{Error, Refused},
    sso::{ExternalKey, connection, oidc_settings},
};

/// How long others may keep it: a next key is published well before it signs.
const CACHED: &str = "public, max-age=300";

pub(super) async fn show(app: &App, request: Request) -> Result<Response, Error> {
    let missing = || Refused::missing("connection_invalid", "there is no such connection");
    let key = ExternalKey::parse(request.param("key")).ok_or_else(missing)?;
    let vault = app.vault.clone();
    let keys = app
        .store
        .read(move |tx| {
            let found = connection::lookup_by_key(tx, &key)?.ok_or_else(missing)?;
            oidc_settings::client_jwks(tx, &vault, &found.id)
        })
        .await?;
    Ok(Response::json(200, &keys).with_header("cache-control", CACHED))
}
