//! What the server says of itself (RFC 7644 §4): the configuration, the types and the schemas.

use serde_json::Value as Json;

use super::{CAPABILITIES, answer::document, base};
use crate::{
    app::App,
    directories::Provisioner,
    http::{Head, Request, Response},
    kit::error::Error,
    scim::{ListResponse, Paging, Rejected, ResourceType, schema},
};

pub(super) async fn configuration(
    app: &App,
    request: Request,
    who: Provisioner,
) -> Result<Response, Error> {
    without_filter(&request)?;
    Ok(document(&CAPABILITIES.document(&base(app, &who))))
}

pub(super) async fn resource_types(
    app: &App,
    request: Request,
    who: Provisioner,
) -> Result<Response, Error> {
    without_filter(&request)?;
    Ok(list(&schema::documents::resource_types(&base(app, &who))))
}

pub(super) async fn resource_type(
    app: &App,
    request: Request,
    who: Provisioner,
) -> Result<Response, Error> {
    without_filter(&request)?;
    let name = request.param("name");
    let of = ResourceType::parse(name);
    let of = of.ok_or_else(|| Rejected::not_found(format!("there is no type `{name}`")))?;
    Ok(document(&schema::documents::resource_type(of, &base(app, &who))))
}

pub(super) async fn schemas(
    app: &App,
    request: Request,
    who: Provisioner,
) -> Result<Response, Error> {
    without_filter(&request)?;
    Ok(list(&schema::documents::schemas(&base(app, &who))))
}

pub(super) async fn schema(
    app: &App,
    request: Request,
    who: Provisioner,
) -> Result<Response, Error> {
    without_filter(&request)?;
    let urn = request.param("urn");
    let of = schema::schema(urn);
    let of = of.ok_or_else(|| Rejected::not_found(format!("there is no schema `{urn}`")))?;
    Ok(document(&schema::documents::schema(of, &base(app, &who))))
}

/// RFC 7644 §4: a filter is answered with 403.
fn without_filter(head: &Head) -> Result<(), Error> {
    if head.query.entries().any(|(name, _)| name.eq_ignore_ascii_case("filter")) {
        return Err(Rejected::status(403, "this is not filtered").into());
    }
    Ok(())
}

fn list(documents: &[Json]) -> Response {
    let mut list = ListResponse::begin(16 * 1024);
    for document in documents {
        list.push(document.to_string().as_bytes());
    }
    let total = documents.len() as u64;
    let body = list.finish(Paging::Index { total, start: 1 });
    Response::bytes(200, super::answer::CONTENT_TYPE, body)
}
