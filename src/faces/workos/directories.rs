//! `/directories`.

use serde_json::json;

use super::shape::{field, id_of};
use crate::{
    app::App,
    applications::Caller,
    directories::{
        directory::{self, Filter},
        published,
    },
    faces::paging::Asked,
    http::{Request, Response},
    kit::{error::Error, page::Listed, text::Domain},
};

pub(super) async fn list(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let asked = Asked::parse(&request.query)?;
    let given = |name| {
        Ok::<_, Error>(request.query.one(name)?.filter(|text| !text.is_empty()).map(str::to_owned))
    };
    let filter = Filter {
        // Node sends `domain`, and the oldest SDKs `organization`.
        organization: given("organization_id")?.or(given("organization")?),
        domain: given("domain")?.map(|text| field("domain", Domain::parse(&text))).transpose()?,
        search: given("search")?,
    };
    let page = asked.page.clone();
    let listed = app
        .store
        .read(move |tx| {
            let listed = directory::list(tx, &filter, &page)?;
            let data = listed.data.into_iter().map(|found| published::directory(tx, found));
            Ok(Listed {
                data: data.collect::<Result<Vec<_>, Error>>()?,
                before: listed.before,
                after: listed.after,
            })
        })
        .await?;
    Ok(Response::json(200, &asked.answer(listed, |published| published)))
}

pub(super) async fn find(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Directory")?;
    let found = app.store.read(move |tx| published::directory(tx, directory::find(tx, &id)?));
    Ok(Response::json(200, &found.await?))
}

/// Nobody finds it any more, and no token opens it; its users and groups are erased behind that.
pub(super) async fn delete(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Directory")?;
    let (condemned, forgetting) = (id.clone(), app.live_tokens.forgetting());
    app.store.write(move |tx| directory::condemn(tx, &condemned, &forgetting)).await?;
    app.condemned.notify_one();
    tracing::info!(directory = %id, "directory deleted");
    Ok(Response::empty(202))
}

/// WorkOS's trigger for directories that are asked; one that speaks SCIM is always as its provider
/// last said.
pub(super) async fn sync(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Directory")?;
    app.store.read(move |tx| directory::find(tx, &id)).await?;
    Ok(Response::json(202, &json!({ "status": "queued" })))
}
