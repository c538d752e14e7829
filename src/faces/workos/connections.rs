//! `/connections`. What is not supported yet is refused with its own reason.

use serde::Deserialize;
use serde_json::Value as Json;

use super::{
    attribute_maps::{self, AttributeMaps},
    saml_options::{SamlOptions, change_of, identity_provider},
    shape::{Faults, field, id_of, object, present, present_object},
};
use crate::{
    app::App,
    applications::Caller,
    faces::paging::Asked,
    http::{Request, Response},
    kit::{
        error::{Error, Fault, Refused},
        id::Id,
        page::Listed,
        text::{Domain, Label},
    },
    objects,
    openid_provider::session,
    organizations::{ExternalId, domain},
    sso::{
        Connection, ConnectionType,
        connection::{self, Draft, Filter},
        key_pair::{self, NewKeyPair, Purpose},
        preset, settings,
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
    #[serde(default, deserialize_with = "object")]
    attribute_maps: Option<AttributeMaps>,
    #[serde(default, deserialize_with = "object")]
    saml_options: Option<SamlOptions>,
    #[serde(default)]
    oidc_options: Option<Json>,
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
    #[serde(default, deserialize_with = "present_object")]
    attribute_maps: Option<Option<AttributeMaps>>,
    #[serde(default, deserialize_with = "object")]
    saml_options: Option<SamlOptions>,
    #[serde(default)]
    oidc_options: Option<Json>,
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
    let draft = draft(app, request.json()?).await?;
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

/// What is to be made, or every field of the body that may not stand.
async fn draft(app: &App, body: Create) -> Result<Draft, Error> {
    no_oidc(body.oidc_options.as_ref())?;
    let mut faults = Faults::default();
    let organization = id_of(&body.organization_id, "Organization")?;
    let name = body.name.map(|name| field("name", Label::parse(&name)));
    let name = name.map(|name| faults.note(name)).transpose()?.flatten();
    let connection_type = body.connection_type.as_deref().map(connection_type);
    let connection_type = connection_type.map(|it| faults.note(it)).transpose()?.flatten();
    let attribute_map = attribute_maps::change(body.attribute_maps.map(Some), &mut faults)?;
    let Some(options) = body.saml_options else {
        let why = "say how the identity provider is reached: `idp_metadata_url`, \
                   `idp_metadata_xml`, or `idp_entity_id`, `idp_sso_url` and `idp_signing_certs`";
        let missing = Refused::field("saml_options", "saml_options_required", why);
        return Err(faults.and(missing));
    };
    let ours = options.ours(app, &mut faults)?;
    let key_pairs = options.key_pairs(&mut faults)?;
    let asked = settings::Change { attribute_map, ..ours.settings };
    let idp = identity_provider(app, &options, asked, &mut faults).await?;
    faults.none()?;
    let Some((identity_provider, settings)) = idp else {
        return Err(Fault::internal("an identity provider without a fault is not there"));
    };
    let mut draft = Draft {
        organization,
        name,
        external_id: body.external_id.as_deref().map(ExternalId::parse).transpose()?,
        connection_type,
        acs_url: ours.acs_url.flatten(),
        sp_entity_id: ours.sp_entity_id.flatten(),
        identity_provider,
        settings,
        key_pairs,
    };
    make_keys(app, &mut draft).await?;
    Ok(draft)
}

/// Makes the keys that the connection cannot do without and nobody brought along.
async fn make_keys(app: &App, draft: &mut Draft) -> Result<(), Error> {
    let given = |purpose| draft.key_pairs.iter().any(|pair: &NewKeyPair| pair.purpose() == purpose);
    let brings_signer = given(Purpose::Signing);
    // A key for signing is brought along to be used, unless the request says otherwise.
    let signs = *draft.settings.sign_requests.get_or_insert(brings_signer)
        || draft.settings.idp_wants_signed_requests == Some(true)
        || speaks_single_logout(&draft.settings);
    let encrypts = draft.connection_type.is_some_and(|it| preset::of(it).encrypts);
    let wanted = [
        (Purpose::Signing, signs && !brings_signer),
        (Purpose::Encryption, encrypts && !given(Purpose::Encryption)),
    ];
    for (purpose, _) in wanted.into_iter().filter(|(_, wanted)| *wanted) {
        draft.key_pairs.push(app.fresh_key_pair(purpose).await?);
    }
    Ok(())
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
    no_oidc(body.oidc_options.as_ref())?;
    let mut faults = Faults::default();
    let options = body.saml_options.unwrap_or_default();
    let mut change = change_of(app, &options, &mut faults).await?;
    let name = body.name.map(|name| field("name", Label::parse(&name)));
    change.name = name.map(|name| faults.note(name)).transpose()?.flatten();
    let enabled = body.state.as_deref().map(enabled);
    change.enabled = enabled.map(|it| faults.note(it)).transpose()?.flatten();
    change.settings.attribute_map = attribute_maps::change(body.attribute_maps, &mut faults)?;
    let wanted = body.connection_type.as_deref().map(connection_type);
    let wanted = wanted.map(|it| faults.note(it)).transpose()?.flatten();
    faults.none()?;
    change.external_id = body
        .external_id
        .map(|given| given.as_deref().map(ExternalId::parse).transpose())
        .transpose()?;
    if signs_from_now_on(&change.settings) && !has_signer(app, id.clone()).await? {
        change.first_key_pair = Some(app.fresh_key_pair(Purpose::Signing).await?);
    }
    let (vault, base) = (app.vault.clone(), app.base.clone());
    let changed = app
        .store
        .write(move |tx| {
            unchanged(&connection::find(tx, &id)?, wanted)?;
            let changed = connection::update(tx, &vault, base.as_str(), (&id, &change))?;
            if change.enabled == Some(false) {
                session::end_of_connection(tx, &id)?;
            }
            published(tx, base.as_str(), changed)
        })
        .await?;
    Ok(Response::json(200, &changed))
}

fn signs_from_now_on(settings: &settings::Change) -> bool {
    settings.sign_requests == Some(true)
        || settings.idp_wants_signed_requests == Some(true)
        || speaks_single_logout(settings)
}

/// Messages of single logout are always signed.
fn speaks_single_logout(settings: &settings::Change) -> bool {
    matches!(settings.idp_logout, Some(Some(_)))
}

async fn has_signer(app: &App, id: Id<Connection>) -> Result<bool, Error> {
    app.store
        .read(move |tx| {
            connection::find(tx, &id)?;
            Ok(!key_pair::of_purpose(tx, &id, Purpose::Signing)?.is_empty())
        })
        .await
}

pub(super) async fn delete(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Connection")?;
    app.store
        .write(move |tx| {
            session::end_of_connection(tx, &id)?;
            connection::delete(tx, &id)
        })
        .await?;
    Ok(Response::empty(204))
}

fn published(tx: &Tx<'_>, base: &str, found: Connection) -> Result<objects::Connection, Error> {
    let domains = domain::owned_by(tx, &found.organization)?;
    Ok(found.published(base, domains))
}

/// What may not change: the type.
fn unchanged(present: &Connection, wanted: Option<ConnectionType>) -> Result<(), Error> {
    if wanted.is_some_and(|wanted| wanted != present.connection_type) {
        let why = "the type of a connection cannot change";
        return Err(Refused::field("connection_type", "connection_type_immutable", why));
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

fn no_oidc(options: Option<&Json>) -> Result<(), Error> {
    let why = "OIDC connections are not supported yet";
    match options {
        Some(_) => Err(Refused::field("oidc_options", "oidc_unsupported", why)),
        None => Ok(()),
    }
}
