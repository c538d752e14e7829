//! `/assets/{name}`: what pages are made of, by names that change with their content.

use crate::{
    app::App,
    http::{Request, Response},
    kit::error::{Error, Refused},
    pages,
};

pub(super) async fn show(_: &App, request: Request) -> Result<Response, Error> {
    let asset = pages::asset(request.param("name"))
        .ok_or_else(|| Refused::missing("not_found", "Not Found"))?;
    Ok(Response::bytes(200, asset.content_type, asset.bytes.clone())
        .with_header("cache-control", asset.cache_control))
}
