//! `/kernia/v1/directories`: what WorkOS has no API for: to make a directory, to change it, and to see
//! the address and the tokens that its provider needs.

use serde::Deserialize;

use crate::{
    app::App,
    applications::Caller,
    directories::{
        Directory, DirectoryType,
        directory::{self, Change, Draft, Filter},
        published, token,
    },
    faces::paging::Asked,
    http::{Request, Response},
    kit::{
        error::{Error, Fault, Refused},
        id::Id,
        page::Listed,
        text::Label,
    },
    organizations::Organization,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    organization_id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default, rename = "type")]
    directory_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    #[serde(default)]
    name: Option<String>,
    #[serde(default, rename = "type")]
    directory_type: Option<String>,
}

pub(super) async fn list(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let asked = Asked::parse(&request.query)?;
    let given = |name| {
        Ok::<_, Error>(request.query.one(name)?.filter(|text| !text.is_empty()).map(str::to_owned))
    };
    let filter =
        Filter { organization: given("organization_id")?, domain: None, search: given("search")? };
    let (page, base) = (asked.page.clone(), app.base.clone());
    let listed = app
        .store
        .read(move |tx| {
            let listed = directory::list(tx, &filter, &page)?;
            let data = listed.data.into_iter();
            let data = data.map(|found| published::detailed(tx, base.as_str(), found));
            Ok(Listed {
                data: data.collect::<Result<Vec<_>, Error>>()?,
                before: listed.before,
                after: listed.after,
            })
        })
        .await?;
    Ok(Response::json(200, &asked.answer(listed, |published| published)))
}

/// A directory with its first token, which stands there this once.
pub(super) async fn create(app: &App, request: Request, by: Caller) -> Result<Response, Error> {
    let new: New = request.json()?;
    let draft = Draft {
        organization: organization_of(&new.organization_id)?,
        name: new.name.map(|name| label(&name)).transpose()?,
        directory_type: new
            .directory_type
            .map_or(Ok(DirectoryType::GENERIC), |name| type_of(&name))?,
    };
    let (vault, base) = (app.vault.clone(), app.base.clone());
    let (made, secret) = app
        .store
        .write(move |tx| {
            let made = directory::create(tx, &draft)?;
            let (_, secret) = token::issue(tx, &vault, &made.id)?;
            Ok((published::detailed(tx, base.as_str(), made)?, secret))
        })
        .await?;
    tracing::info!(directory = %made.directory.id, client = %by.client, "directory made");
    let mut body = serde_json::to_value(made).map_err(Fault::internal)?;
    body["scim_token"] = secret.expose().into();
    Ok(Response::json(201, &body))
}

pub(super) async fn find(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(&request)?;
    let base = app.base.clone();
    let found = app.store.read(move |tx| {
        let found = directory::find(tx, &id)?;
        published::detailed(tx, base.as_str(), found)
    });
    Ok(Response::json(200, &found.await?))
}

pub(super) async fn update(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(&request)?;
    let body: Changed = request.json()?;
    let change = Change {
        name: body.name.map(|name| label(&name)).transpose()?,
        directory_type: body.directory_type.map(|name| type_of(&name)).transpose()?,
    };
    let base = app.base.clone();
    let changed = app.store.write(move |tx| {
        let changed = directory::update(tx, &id, &change)?;
        published::detailed(tx, base.as_str(), changed)
    });
    Ok(Response::json(200, &changed.await?))
}

/// The directory in the path: what is no id names nothing.
pub(super) fn id_of(request: &Request) -> Result<Id<Directory>, Error> {
    Id::parse(request.param("id"))
        .map_err(|_| Refused::missing("entity_not_found", "Directory not found."))
}

fn organization_of(id: &str) -> Result<Id<Organization>, Error> {
    Id::parse(id).map_err(|_| {
        Refused::field("organization_id", "id_malformed", "it is the id of an organization")
    })
}

fn label(name: &str) -> Result<Label, Error> {
    Label::parse(name).map_err(|error| match error {
        Error::Refused(refused) => Refused::field("name", refused.code, refused.detail),
        fault @ Error::Fault(_) => fault,
    })
}

fn type_of(name: &str) -> Result<DirectoryType, Error> {
    DirectoryType::parse(name).ok_or_else(|| {
        let why = format!("it is one of: {}", DirectoryType::names().join(", "));
        Refused::field("type", "invalid_directory_type", why)
    })
}
