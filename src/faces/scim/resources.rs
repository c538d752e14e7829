//! One user or group: made, told, replaced, changed and deleted (RFC 7644 §3.3–3.6).

use super::{answer, asked, base};
use crate::{
    app::App,
    directories::{Draft, Links, Provisioner, resource},
    http::{Request, Response},
    kit::error::Error,
    scim::{Patch, Projection, Resource, ResourceType},
};

/// A group with more members is not told after a change, unless the asker says which attributes are
/// wanted (RFC 7644 §3.5.2 has 204 for it).
const MOST_TOLD: u64 = 200;

pub(super) async fn create(
    of: ResourceType,
    app: &App,
    request: Request,
    who: Provisioner,
) -> Result<Response, Error> {
    let projection = asked::projection(&request)?;
    let links = asked::links(&projection, of);
    let received = asked::read(app, request.body, move |body| Resource::receive(of, body)).await?;
    let (draft, directory) = (Draft::from(received), who.directory.clone());
    let made = app.store.write(move |tx| resource::create(tx, &directory, &draft, links)).await?;
    answer::resource(app, 201, base(app, &who), (made, projection)).await
}

pub(super) async fn find(
    of: ResourceType,
    app: &App,
    request: Request,
    who: Provisioner,
) -> Result<Response, Error> {
    let projection = asked::projection(&request)?;
    let links = asked::links(&projection, of);
    let mut target = asked::target(of, &request, &who)?;
    target.expected = None;
    let known = asked::tags(&request, "if-none-match");
    let seen = known.clone();
    let found = app.store.read(move |tx| resource::find(tx, &target, seen.as_ref(), links)).await?;
    if known.is_some_and(|tags| tags.matches(found.version)) {
        return Ok(Response::empty(304).with_header("etag", found.version.to_string()));
    }
    answer::resource(app, 200, base(app, &who), (found, projection)).await
}

pub(super) async fn replace(
    of: ResourceType,
    app: &App,
    request: Request,
    who: Provisioner,
) -> Result<Response, Error> {
    let projection = asked::projection(&request)?;
    let links = asked::links(&projection, of);
    let target = asked::target(of, &request, &who)?;
    let received = asked::read(app, request.body, move |body| Resource::receive(of, body)).await?;
    let draft = Draft::from(received);
    let found = app.store.write(move |tx| resource::replace(tx, &target, &draft, links)).await?;
    answer::resource(app, 200, base(app, &who), (found, projection)).await
}

pub(super) async fn change(
    of: ResourceType,
    app: &App,
    request: Request,
    who: Provisioner,
) -> Result<Response, Error> {
    let projection = asked::projection(&request)?;
    let is_plain = projection == Projection::Default;
    let links = if is_plain { Links::UpTo(MOST_TOLD) } else { asked::links(&projection, of) };
    let target = asked::target(of, &request, &who)?;
    let patch = asked::read(app, request.body, Patch::parse).await?;
    let found = app.store.write(move |tx| resource::change(tx, &target, &patch, links)).await?;
    if is_plain && found.members > MOST_TOLD {
        return Ok(Response::empty(204).with_header("etag", found.version.to_string()));
    }
    answer::resource(app, 200, base(app, &who), (found, projection)).await
}

pub(super) async fn delete(
    of: ResourceType,
    app: &App,
    request: Request,
    who: Provisioner,
) -> Result<Response, Error> {
    let target = asked::target(of, &request, &who)?;
    app.store.write(move |tx| resource::delete(tx, &target)).await?;
    Ok(Response::empty(204))
}
