//! Signing out at an OpenID provider: our way there (OIDC RP-Initiated Logout), and its word that
//! somebody's session is over (OIDC Front-Channel Logout), at `/sso/oidc/idp-logout/{key}`.

use crate::{
    app::App,
    http::{Method, Request, Response},
    kit::{
        error::{Error, Refused},
        secret::Secret,
    },
    oidc::EndSessionRequest,
    openid_provider,
    sso::session::{self, Leaving},
    store::Tx,
};

/// Where providers send people back to; it has to be registered with them.
pub(in crate::faces::login) const SIGNED_OUT: &str = "/sso/signed-out";

/// Where the browser ends its session at the provider, if anything is open there.
pub(in crate::faces::login) async fn end_session(
    app: &App,
    leaving: &Leaving,
) -> Result<Option<Response>, Error> {
    if leaving.name_id.is_none() {
        return Ok(None);
    }
    let (connection, shared) = (leaving.connection.clone(), app.clone());
    let ready = app
        .store
        .read(move |tx| shared.oidc_connections.of(tx, &shared.vault, &connection))
        .await?;
    let Some(endpoint) = &ready.provider.end_session_endpoint else { return Ok(None) };
    let back = format!("{}{SIGNED_OUT}", app.base.as_str());
    let request = EndSessionRequest {
        endpoint,
        id_token_hint: leaving.id_token.as_ref().map(Secret::expose),
        client_id: &ready.settings.client_id,
        post_logout_redirect_uri: Some(&back),
        state: None,
    };
    Ok(Some(Response::redirect(302, &request.url())))
}

/// The provider says, in a frame of its own page, that a session is over. What it names is a random
/// value that it gave to nobody but us, and what comes of it is that somebody signs in again.
pub(in crate::faces::login) async fn from_provider(
    app: &App,
    request: Request,
) -> Result<Response, Error> {
    if request.method == Method::Head {
        return Ok(Response::empty(200));
    }
    let missing = || Refused::malformed("logout_refused", "expected `iss` and `sid`");
    let issuer = request.query.one("iss")?.ok_or_else(missing)?.to_owned();
    let session = request.query.one("sid")?.filter(|sid| !sid.is_empty()).ok_or_else(missing)?;
    let session = session.to_owned();
    let (key, path, shared) = (request.param("key").to_owned(), request.path.clone(), app.clone());
    let wanted = session.clone();
    let (connection, is_open) = app
        .store
        .read(move |tx| {
            let connection = super::at(tx, &key, &path)?;
            let oidc = shared.oidc_connections.of(tx, &shared.vault, &connection)?;
            if !oidc.provider.is_issuer(&issuer) {
                return Err(missing());
            }
            let is_open = session::is_open(tx, &connection.id, &wanted)?;
            Ok((connection.id, is_open))
        })
        .await?;
    // Anybody can come here, with a name that nobody gave them.
    if is_open {
        let id = connection.clone();
        let end = move |tx: &Tx<'_>| {
            let whose = session::end_indexed(tx, &id, &session)?;
            whose.iter().try_for_each(|who| openid_provider::session::end_of_profile(tx, who))?;
            Ok(whose.len())
        };
        let ended = app.store.write(end).await?;
        tracing::info!(
            request_id = %request.id, %connection, sessions = ended,
            "sessions ended by the identity provider"
        );
    }
    Ok(Response::empty(200).with_header("cache-control", "no-store"))
}
