//! `POST /sso/logout/authorize`: an application signs a person out (contract.md, part 2). What it was
//! given ends at once; the address in the answer lets the person's browser end the session at the
//! identity provider too.

use serde::Deserialize;
use serde_json::json;

use crate::{
    app::App,
    applications::Caller,
    http::{Request, Response},
    kit::{
        error::{Error, Refused},
        id::Id,
    },
    openid_provider,
    sso::session,
    store::Tx,
};

#[derive(Deserialize)]
struct Asked {
    profile_id: String,
}

pub(super) async fn authorize(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let Asked { profile_id } = request.json()?;
    let profile = Id::parse(&profile_id).map_err(|_| {
        Refused::missing("entity_not_found", format!("Profile not found: '{profile_id}'."))
    })?;
    let (vault, ready) = (app.vault.clone(), app.oidc_connections.clone());
    let authorized = move |tx: &Tx<'_>| {
        let token = session::authorize(tx, (&vault, &ready), &profile)?;
        openid_provider::session::end_of_profile(tx, &profile)?;
        Ok(token)
    };
    let token = app.store.write(authorized).await?;
    let (base, token) = (app.base.as_str(), token.expose());
    let logout_url = format!("{base}/sso/logout?token={token}");
    Ok(Response::json(200, &json!({ "logout_url": logout_url, "logout_token": token })))
}
