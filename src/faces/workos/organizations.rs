//! `/organizations`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::shape::{field, id_of, objects, present};
use crate::{
    app::{App, domains::check_soon},
    applications::Caller,
    directories::directory,
    faces::paging::Asked,
    http::{Request, Response},
    kit::{
        error::{Error, Refused},
        text::{Domain, Label},
    },
    objects::List,
    organizations::{
        self, Change, Claimable, DomainState, Draft, ExternalId, Filter, Metadata, Organization,
        domain::{self, Wanted},
    },
    sso,
    store::Tx,
};

#[derive(Deserialize)]
struct Create {
    name: String,
    #[serde(default)]
    allow_profiles_outside_organization: Option<bool>,
    #[serde(default)]
    domains: Option<Vec<String>>,
    #[serde(default, deserialize_with = "objects")]
    domain_data: Option<Vec<DomainData>>,
    #[serde(default)]
    metadata: Option<BTreeMap<String, String>>,
    #[serde(default)]
    external_id: Option<String>,
}

#[derive(Deserialize)]
struct Update {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    allow_profiles_outside_organization: Option<bool>,
    #[serde(default)]
    domains: Option<Vec<String>>,
    #[serde(default, deserialize_with = "objects")]
    domain_data: Option<Vec<DomainData>>,
    #[serde(default, deserialize_with = "present")]
    metadata: Option<Option<BTreeMap<String, Option<String>>>>,
    #[serde(default, deserialize_with = "present")]
    external_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    stripe_customer_id: Option<Option<String>>,
}

#[derive(Deserialize)]
struct DomainData {
    domain: String,
    #[serde(default)]
    state: Option<String>,
}

pub(super) async fn list(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let asked = Asked::parse(&request.query)?;
    let filter = Filter {
        domains: request
            .query
            .all("domains")
            .into_iter()
            .map(|text| field("domains", Domain::parse(text)))
            .collect::<Result<_, _>>()?,
        search: request.query.one("search")?.filter(|text| !text.is_empty()).map(str::to_owned),
    };
    let page = asked.page.clone();
    let listed = app.store.read(move |tx| organizations::list(tx, &filter, &page)).await?;
    Ok(Response::json(200, &asked.answer(listed, Organization::published)))
}

pub(super) async fn create(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let body: Create = request.json()?;
    let draft = Draft {
        name: field("name", Label::parse(&body.name))?,
        domains: domains(body.domains, body.domain_data)?.unwrap_or_default(),
        metadata: Metadata::parse(body.metadata.unwrap_or_default())?,
        external_id: body.external_id.as_deref().map(ExternalId::parse).transpose()?,
        allow_profiles_outside_organization: body
            .allow_profiles_outside_organization
            .unwrap_or_default(),
    };
    let created = app.store.write(move |tx| organizations::create(tx, &draft)).await?;
    check_soon(app);
    Ok(Response::json(201, &created.published()))
}

pub(super) async fn find(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Organization")?;
    let found = app.store.read(move |tx| organizations::find(tx, &id)).await?;
    Ok(Response::json(200, &found.published()))
}

/// `…/roles`, which the older SDKs ask for: an organization has no roles yet.
pub(super) async fn roles(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Organization")?;
    app.store.read(move |tx| organizations::find(tx, &id)).await?;
    Ok(Response::json(200, &List::<()>::whole(Vec::new())))
}

pub(super) async fn by_external_id(
    app: &App,
    request: Request,
    _: Caller,
) -> Result<Response, Error> {
    let external_id = ExternalId::parse(request.param("external_id"))
        .map_err(|_| Refused::missing("entity_not_found", "Organization not found."))?;
    let found =
        app.store.read(move |tx| organizations::find_by_external_id(tx, &external_id)).await?;
    Ok(Response::json(200, &found.published()))
}

pub(super) async fn update(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Organization")?;
    let body: Update = request.json()?;
    let change = Change {
        name: body.name.map(|name| field("name", Label::parse(&name))).transpose()?,
        domains: domains(body.domains, body.domain_data)?,
        metadata: body
            .metadata
            .map(|given| {
                let given = given.unwrap_or_default().into_iter();
                Metadata::parse(given.filter_map(|(key, value)| Some((key, value?))).collect())
            })
            .transpose()?,
        external_id: body
            .external_id
            .map(|given| given.as_deref().map(ExternalId::parse).transpose())
            .transpose()?,
        stripe_customer_id: body
            .stripe_customer_id
            .map(|given| {
                given.map(|text| field("stripe_customer_id", Label::parse(&text))).transpose()
            })
            .transpose()?,
        allow_profiles_outside_organization: body.allow_profiles_outside_organization,
    };
    let changed = app.store.write(move |tx| organizations::update(tx, &id, &change)).await?;
    check_soon(app);
    Ok(Response::json(200, &changed.published()))
}

pub(super) async fn delete(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Organization")?;
    let (condemned, forgetting) = (id.clone(), app.live_tokens.forgetting());
    app.store
        .write(move |tx| {
            sso::condemn_organization(tx, &condemned)?;
            directory::condemn_of_organization(tx, &condemned, &forgetting)
        })
        .await?;
    // In short writes, so that others get their turn between.
    loop {
        let id = id.clone();
        let purge = move |tx: &Tx<'_>| match sso::connection::purge_of_organization(tx, &id)? {
            0 => directory::purge_of_organization(tx, &id),
            gone => Ok(gone),
        };
        if app.store.write(purge).await? == 0 {
            break;
        }
    }
    let forgetting = app.live_tokens.forgetting();
    let last = move |tx: &Tx<'_>| {
        // A directory that was made meanwhile has little in it.
        directory::condemn_of_organization(tx, &id, &forgetting)?;
        while directory::purge_of_organization(tx, &id)? > 0 {}
        sso::delete_organization(tx, &id)
    };
    app.store.write(last).await?;
    Ok(Response::empty(202))
}

/// `domain_data` says each domain's state; the older `domains` say none.
fn domains(
    names: Option<Vec<String>>,
    data: Option<Vec<DomainData>>,
) -> Result<Option<Wanted>, Error> {
    let given = match (names, data) {
        (None, None) => return Ok(None),
        (_, Some(data)) => data,
        (Some(names), None) => {
            names.into_iter().map(|domain| DomainData { domain, state: None }).collect()
        }
    };
    if given.len() > domain::MOST {
        let why = format!("an organization has at most {} domains", domain::MOST);
        return Err(Refused::field("domain_data", "too_many_domains", why));
    }
    let mut wanted = Vec::new();
    for data in given {
        let domain = field("domain_data.domain", Claimable::parse(&data.domain))?;
        let state = data.state.as_deref().map(state).transpose()?;
        wanted.push((domain, state));
    }
    Wanted::parse(wanted).map(Some)
}

fn state(text: &str) -> Result<DomainState, Error> {
    DomainState::parse(text).ok_or_else(|| {
        let why = "it is `pending` or `verified`";
        Refused::field("domain_data.state", "invalid_domain_state", why)
    })
}
