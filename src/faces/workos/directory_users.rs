//! `/directory_users` and `/directory_groups`: what providers have provisioned.

use super::shape::id_of;
use crate::{
    app::App,
    applications::Caller,
    directories::published::{self, UserFilter},
    faces::paging::Asked,
    http::{Request, Response},
    kit::error::{Error, Refused},
    store::Tx,
};

pub(super) async fn list(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let asked = Asked::parse(&request.query)?;
    let (directory, group) = (given(&request, "directory")?, given(&request, "group")?);
    let filter =
        UserFilter { idp_id: given(&request, "idp_id")?, email: given(&request, "email")? };
    let page = asked.page.clone();
    let listed = match (directory, group) {
        (directory, Some(group)) if filter.is_empty() => {
            let group = named(&group, "Directory Group")?;
            let users = move |tx: &Tx<'_>| {
                published::users_of_group(tx, (&group, directory.as_deref()), &page)
            };
            app.store.read(users).await?
        }
        (Some(directory), None) => {
            let directory = id_of(&directory, "Directory")?;
            let users =
                move |tx: &Tx<'_>| published::users_of_directory(tx, (&directory, &filter), &page);
            app.store.read(users).await?
        }
        (_, Some(_)) => {
            let why = "filter a `directory` by `idp_id` or `email`, not a `group`";
            return Err(Refused::field("group", "invalid_filter", why));
        }
        (None, None) => return Err(one_of("directory", "group")),
    };
    Ok(Response::json(200, &asked.answer(listed, |user| user)))
}

pub(super) async fn find(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = named(request.param("id"), "Directory User")?;
    let found = app.store.read(move |tx| published::find_user(tx, &id)).await?;
    Ok(Response::json(200, &found))
}

pub(super) async fn list_groups(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let asked = Asked::parse(&request.query)?;
    let page = asked.page.clone();
    let listed = match (given(&request, "directory")?, given(&request, "user")?) {
        (_, Some(user)) => {
            let user = named(&user, "Directory User")?;
            app.store.read(move |tx| published::groups_of_user(tx, &user, &page)).await?
        }
        (Some(directory), None) => {
            let directory = id_of(&directory, "Directory")?;
            app.store.read(move |tx| published::groups_of_directory(tx, &directory, &page)).await?
        }
        (None, None) => return Err(one_of("directory", "user")),
    };
    Ok(Response::json(200, &asked.answer(listed, |group| group)))
}

pub(super) async fn find_group(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = named(request.param("id"), "Directory Group")?;
    let found = app.store.read(move |tx| published::find_group(tx, &id)).await?;
    Ok(Response::json(200, &found))
}

fn given(request: &Request, name: &str) -> Result<Option<String>, Error> {
    Ok(request.query.one(name)?.filter(|text| !text.is_empty()).map(str::to_owned))
}

/// An id of what is read and never passed on: what is no id names nothing.
fn named(text: &str, what: &str) -> Result<String, Error> {
    id_of::<()>(text, what).map(|id| id.to_string())
}

fn one_of(one: &'static str, other: &str) -> Error {
    Refused::field(one, "required", format!("give `{one}` or `{other}`"))
}
