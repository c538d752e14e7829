//! Pages of other origins: an application that runs in a browser as a public client may read what it
//! is answered, if one of its redirect URIs has the origin of the page. No cookie is ever looked at
//! behind these doors.

use crate::{
    app::App,
    http::{Request, Response},
    kit::error::Error,
    openid_provider::client,
};

/// What a browser asks before it lets such a page ask.
pub(super) async fn preflight(app: &App, request: Request) -> Result<Response, Error> {
    let response = Response::empty(204)
        .with_header("access-control-allow-methods", "GET, POST")
        .with_header("access-control-allow-headers", "authorization, content-type")
        .with_header("access-control-max-age", "600");
    readable(app, &request, response).await
}

/// The response, readable for the page that asked if it may be.
pub(super) async fn readable(
    app: &App,
    request: &Request,
    response: Response,
) -> Result<Response, Error> {
    let Some(origin) = request.header("origin").map(str::to_owned) else {
        return Ok(response);
    };
    let asked = origin.clone();
    let allowed = app.store.read(move |tx| client::is_origin_of_a_public_client(tx, &asked));
    let response = response.with_header("vary", "origin");
    if !allowed.await? {
        return Ok(response);
    }
    Ok(response
        .with_header("access-control-allow-origin", origin)
        .with_header("access-control-expose-headers", "www-authenticate"))
}
