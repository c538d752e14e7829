//! `/kernia/v1/organization_domains`: claims of domains with the record that proves them, and the
//! operator's word.

use crate::{
    app::App,
    applications::Caller,
    faces::paging::Asked,
    http::{Request, Response},
    kit::{
        error::{Error, Refused},
        id::Id,
        text::Domain,
    },
    organizations::{
        OrganizationDomain,
        domain::{self, Filter, verification},
    },
};

pub(super) async fn list(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let asked = Asked::parse(&request.query)?;
    let given = |name| Ok::<_, Error>(request.query.one(name)?.filter(|text| !text.is_empty()));
    let malformed = |name: &str, what: &str| Refused::field(name, "invalid_filter", what);
    let organization = given("organization_id")?.map(Id::parse).transpose();
    let domain = given("domain")?.map(Domain::parse).transpose();
    let state = given("state")?;
    if state.is_some_and(|state| !matches!(state, "pending" | "verified" | "failed")) {
        return Err(malformed("state", "it is `pending`, `verified` or `failed`"));
    }
    let filter = Filter {
        organization: organization
            .map_err(|_| malformed("organization_id", "it is the id of an organization"))?,
        domain: domain.map_err(|_| malformed("domain", "it is a domain name"))?,
        state: state.map(str::to_owned),
    };
    let page = asked.page.clone();
    let listed = app.store.read(move |tx| domain::list(tx, &filter, &page)).await?;
    Ok(Response::json(200, &asked.answer(listed, verification::published)))
}

pub(super) async fn find(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(&request)?;
    let claim = app.store.read(move |tx| domain::find(tx, &id)).await?;
    Ok(Response::json(200, &verification::published(claim)))
}

/// The operator's word in place of DNS: who gave it stands in the log.
pub(super) async fn verify(app: &App, request: Request, by: Caller) -> Result<Response, Error> {
    let id = id_of(&request)?;
    let claim = app.store.write(move |tx| domain::vouch(tx, &id)).await?;
    let key = by.key.as_ref().map_or("none, over the local socket", |key| key.as_str());
    tracing::warn!(
        organization_domain = %claim.id, organization = %claim.organization,
        domain = %claim.domain, client = %by.client, api_key = key,
        "domain verified by the operator's word"
    );
    Ok(Response::json(200, &verification::published(claim)))
}

fn id_of(request: &Request) -> Result<Id<OrganizationDomain>, Error> {
    Id::parse(request.param("id"))
        .map_err(|_| Refused::missing("entity_not_found", "Organization Domain not found."))
}
