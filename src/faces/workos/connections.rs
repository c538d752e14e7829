//! `/connections`. What is not supported yet is refused with its own reason.

use serde::Deserialize;
use serde_json::Value as Json;

use super::{
    saml_options::{SamlOptions, change_of, identity_provider},
    shape::{field, id_of, present},
};
use crate::{
    app::App,
    applications::Caller,
    faces::paging::Asked,
    http::{Request, Response},
    kit::{
        error::{Error, Refused},
        id::Id,
        page::Listed,
        text::{Domain, Label},
    },
    objects,
    organizations::{ExternalId, domain},
    sso::{
        Connection, ConnectionType, ExternalKey, Settings,
        connection::{self, Draft, Filter},
    },
    store::Tx,
};

#[derive(Deserialize)]
struct Create {
    organization_id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    connection_type: Option<String>,
    #[serde(default)]
    saml_options: Option<SamlOptions>,
    #[serde(flatten)]
    unsupported: Unsupported,
}

#[derive(Deserialize)]
struct Update {
    #[serde(default)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    external_id: Option<Option<String>>,
    #[serde(default)]
    connection_type: Option<String>,
    /// Kernia's own: `inactive` switches off, `active` switches on.
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    saml_options: Option<SamlOptions>,
    #[serde(flatten)]
    unsupported: Unsupported,
}

#[derive(Deserialize, Default)]
struct Unsupported {
    #[serde(default)]
    oidc_options: Option<Json>,
    #[serde(default)]
    attribute_maps: Option<Json>,
}

pub(super) async fn list(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let asked = Asked::parse(&request.query)?;
    let given = |name| {
        Ok::<_, Error>(request.query.one(name)?.filter(|text| !text.is_empty()).map(str::to_owned))
    };
    let filter = Filter {
        connection_type: given("connection_type")?,
        organization: given("organization_id")?,
        domain: given("domain")?.map(|text| field("domain", Domain::parse(&text))).transpose()?,
        search: given("search")?,
    };
    let page = asked.page.clone();
    let base = app.base.clone();
    let listed = app
        .store
        .read(move |tx| {
            let listed = connection::list(tx, &filter, &page)?;
            let data = listed.data.into_iter().map(|found| published(tx, base.as_str(), found));
            Ok(Listed {
                data: data.collect::<Result<Vec<_>, _>>()?,
                before: listed.before,
                after: listed.after,
            })
        })
        .await?;
    Ok(Response::json(200, &asked.answer(listed, |published| published)))
}

pub(super) async fn create(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let body: Create = request.json()?;
    body.unsupported.refuse()?;
    let options = body.saml_options.ok_or_else(|| {
        let why = "say how the identity provider is reached: `idp_metadata_url`, \
                   `idp_metadata_xml`, or `idp_entity_id`, `idp_sso_url` and `idp_signing_certs`";
        Refused::field("saml_options", "saml_options_required", why)
    })?;
    let draft = Draft {
        organization: id_of(&body.organization_id, "Organization")?,
        name: body.name.map(|name| field("name", Label::parse(&name))).transpose()?,
        external_id: body.external_id.as_deref().map(ExternalId::parse).transpose()?,
        connection_type: body.connection_type.as_deref().map(connection_type).transpose()?,
        external_key: options.external_key(app.base.as_str())?,
        sp_entity_id: options.sp_entity_id()?.flatten(),
        identity_provider: identity_provider(app, &options).await?,
        settings: Settings::default(),
    };
    let (vault, base) = (app.vault.clone(), app.base.clone());
    let created = app
        .store
        .write(move |tx| {
            let created = connection::create(tx, &vault, base.as_str(), &draft)?;
            published(tx, base.as_str(), created)
        })
        .await?;
    Ok(Response::json(201, &created))
}

pub(super) async fn find(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Connection")?;
    let base = app.base.clone();
    let found =
        app.store.read(move |tx| published(tx, base.as_str(), connection::find(tx, &id)?)).await?;
    Ok(Response::json(200, &found))
}

pub(super) async fn update(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id: Id<Connection> = id_of(request.param("id"), "Connection")?;
    let body: Update = request.json()?;
    body.unsupported.refuse()?;
    let options = body.saml_options.unwrap_or_default();
    let mut change = change_of(app, &options).await?;
    change.name = body.name.map(|name| field("name", Label::parse(&name))).transpose()?;
    change.external_id = body
        .external_id
        .map(|given| given.as_deref().map(ExternalId::parse).transpose())
        .transpose()?;
    change.enabled = body.state.as_deref().map(enabled).transpose()?;
    let wanted = body.connection_type.as_deref().map(connection_type).transpose()?;
    let acs_key = options.external_key(app.base.as_str())?;
    let (vault, base) = (app.vault.clone(), app.base.clone());
    let changed = app
        .store
        .write(move |tx| {
            unchanged(&connection::find(tx, &id)?, wanted, acs_key.as_ref())?;
            let changed = connection::update(tx, &vault, base.as_str(), (&id, &change))?;
            published(tx, base.as_str(), changed)
        })
        .await?;
    Ok(Response::json(200, &changed))
}

pub(super) async fn delete(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Connection")?;
    app.store.write(move |tx| connection::delete(tx, &id)).await?;
    Ok(Response::empty(204))
}

fn published(tx: &Tx<'_>, base: &str, found: Connection) -> Result<objects::Connection, Error> {
    let domains = domain::of_organization(tx, &found.organization)?;
    Ok(found.published(base, domains))
}

/// What may not change: the type, and the key that the customer's provider knows.
fn unchanged(
    present: &Connection,
    wanted: Option<ConnectionType>,
    acs_key: Option<&ExternalKey>,
) -> Result<(), Error> {
    if wanted.is_some_and(|wanted| wanted != present.connection_type) {
        let why = "the type of a connection cannot change";
        return Err(Refused::field("connection_type", "connection_type_immutable", why));
    }
    if acs_key.is_some_and(|key| *key != present.external_key) {
        let why = "the ACS address of a connection is fixed once it exists";
        return Err(Refused::field("saml_options.acs_url", "acs_url_immutable", why));
    }
    Ok(())
}

fn enabled(state: &str) -> Result<bool, Error> {
    match state {
        "active" => Ok(true),
        "inactive" => Ok(false),
        _ => Err(Refused::field("state", "invalid_state", "it is `active` or `inactive`")),
    }
}

fn connection_type(text: &str) -> Result<ConnectionType, Error> {
    if let Some(known) = ConnectionType::parse(text) {
        return Ok(known);
    }
    let why = if text.to_ascii_lowercase().ends_with("oidc") {
        "OIDC connections are not supported yet"
    } else {
        "it is the name of a SAML connection type, such as `OktaSAML` or `GenericSAML`"
    };
    Err(Refused::field("connection_type", "connection_type_unsupported", why))
}

impl Unsupported {
    fn refuse(&self) -> Result<(), Error> {
        if self.oidc_options.is_some() {
            let why = "OIDC connections are not supported yet";
            return Err(Refused::field("oidc_options", "oidc_unsupported", why));
        }
        if self.attribute_maps.is_some() {
            let why = "attribute maps are not supported yet; the well-known names are read";
            return Err(Refused::field("attribute_maps", "attribute_maps_unsupported", why));
        }
        Ok(())
    }
}
