//! Answers: a resource, a list, a document. What is large is written on the CPU pool.

use serde_json::Value as Json;

use crate::{
    app::App,
    directories::{Found, Record},
    http::Response,
    kit::error::Error,
    scim::{ListResponse, Paging, Projection},
};

/// RFC 7644 §3.1.
pub(super) const CONTENT_TYPE: &str = "application/scim+json";

/// What is written on the spot: so many members, or so many resources of which a part is told.
const AT_ONCE: usize = 200;

/// One resource, with its version.
pub(super) async fn resource(
    app: &App,
    status: u16,
    base: String,
    (record, projection): (Record, Projection),
) -> Result<Response, Error> {
    let (of, tag) = (record.resource_type, record.version.to_string());
    let location = record.served(&base).location(of);
    let is_large = record.links.len() > AT_ONCE;
    let write = move || {
        let mut body = Vec::new();
        projection.render_stored(of, &record.resource, &record.served(&base), &mut body);
        body
    };
    let body = if is_large { app.cpu.run(write).await? } else { write() };
    let response = Response::bytes(status, CONTENT_TYPE, body).with_header("etag", tag);
    Ok(if status == 201 { response.with_header("location", location) } else { response })
}

/// A list.
pub(super) async fn list(
    app: &App,
    base: String,
    (found, projection): (Found, Projection),
    paging: Part,
) -> Result<Response, Error> {
    let links: usize = found.records.iter().map(|record| record.links.len()).sum();
    let is_whole = projection == Projection::Default;
    let parsed = if is_whole { 0 } else { found.records.len() };
    let write = move || {
        let size: usize = found.records.iter().map(|it| it.resource.len() + 320).sum();
        let mut list = ListResponse::begin(size);
        for record in &found.records {
            list.push_with(|out| {
                let served = record.served(&base);
                projection.render_stored(record.resource_type, &record.resource, &served, out);
            });
        }
        list.finish(match &paging {
            Part::Numbered { start } => {
                Paging::Index { total: found.total.unwrap_or_default(), start: *start }
            }
            Part::Cursor { next } => {
                Paging::Cursor { total: found.total, next: next.as_deref(), previous: None }
            }
        })
    };
    let is_large = links.max(parsed) > AT_ONCE;
    let body = if is_large { app.cpu.run(write).await? } else { write() };
    Ok(Response::bytes(200, CONTENT_TYPE, body))
}

/// Which page of a list it is.
pub(super) enum Part {
    /// The one that begins with this number.
    Numbered {
        /// Counted from 1.
        start: u64,
    },
    /// The one before this cursor.
    Cursor {
        /// None on the last.
        next: Option<String>,
    },
}

/// A document of ours.
pub(super) fn document(document: &Json) -> Response {
    Response::bytes(200, CONTENT_TYPE, document.to_string())
}
