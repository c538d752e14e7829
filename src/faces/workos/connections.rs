//! `/connections`, of either protocol.

use serde::Deserialize;

use super::{
    attribute_maps::{self, AttributeMaps},
    oidc_options::{self, OidcOptions},
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
    openid_provider::session,
    organizations::{ExternalId, Organization},
    sso::{
        Connection, ConnectionType, Protocol,
        connection::{self, Draft, Filter},
        key_pair::{self, NewKeyPair, Purpose},
        oidc_settings, preset, settings,
    },
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
    #[serde(default, deserialize_with = "object")]
    oidc_options: Option<OidcOptions>,
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
    #[serde(default, deserialize_with = "object")]
    oidc_options: Option<OidcOptions>,
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
    let (vault, base) = (app.vault.clone(), app.base.clone());
    let listed = app
        .store
        .read(move |tx| {
            let listed = connection::list(tx, &filter, &page)?;
            let of = |found| connection::published(tx, &vault, (base.as_str(), found));
            let data = listed.data.into_iter().map(of);
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
            let created = match &draft {
                NewConnection::Saml(draft) => connection::create(tx, &vault, base.as_str(), draft)?,
                NewConnection::Oidc(draft) => {
                    oidc_settings::create(tx, &vault, draft).map_err(oidc_options::named)?
                }
            };
            connection::published(tx, &vault, (base.as_str(), created))
        })
        .await?;
    Ok(Response::json(201, &created))
}

/// What is to be made, by what it speaks.
enum NewConnection {
    Saml(Box<Draft>),
    Oidc(Box<oidc_settings::Draft>),
}

/// What is to be made, or every field of the body that may not stand.
async fn draft(app: &App, body: Create) -> Result<NewConnection, Error> {
    let mut faults = Faults::default();
    let organization = id_of(&body.organization_id, "Organization")?;
    let name = body.name.map(|name| field("name", Label::parse(&name)));
    let named = Common {
        organization,
        name: name.map(|name| faults.note(name)).transpose()?.flatten(),
        external_id: body.external_id.as_deref().map(ExternalId::parse).transpose()?,
        connection_type: body.connection_type,
        attribute_map: attribute_maps::change(body.attribute_maps.map(Some), &mut faults)?,
    };
    match (body.saml_options, body.oidc_options) {
        (Some(options), None) => saml_draft(app, named, &options, faults).await,
        (None, Some(options)) => oidc_draft(app, named, &options, faults).await,
        (None, None) => {
            let why = "say how the identity provider is reached: `saml_options` with \
                       `idp_metadata_url`, `idp_metadata_xml`, or `idp_entity_id`, `idp_sso_url` \
                       and `idp_signing_certs`; or `oidc_options` with `discovery_endpoint` and \
                       `client_id`";
            Err(faults.and(Refused::field("saml_options", "saml_options_required", why)))
        }
        (Some(_), Some(_)) => {
            let why = "a connection speaks SAML or OpenID Connect: give one of `saml_options` and \
                       `oidc_options`";
            Err(faults.and(Refused::field("oidc_options", "ambiguous_options", why)))
        }
    }
}

/// What both protocols have in common.
struct Common {
    organization: Id<Organization>,
    name: Option<Label>,
    external_id: Option<ExternalId>,
    connection_type: Option<String>,
    attribute_map: settings::MapChange,
}

async fn saml_draft(
    app: &App,
    common: Common,
    options: &SamlOptions,
    mut faults: Faults,
) -> Result<NewConnection, Error> {
    let connection_type = common.connection_type.as_deref();
    let connection_type = connection_type.map(|text| connection_type_of(text, Protocol::Saml));
    let connection_type = connection_type.map(|it| faults.note(it)).transpose()?.flatten();
    let ours = options.ours(app, &mut faults)?;
    let key_pairs = options.key_pairs(&mut faults)?;
    let asked = settings::Change { attribute_map: common.attribute_map, ..ours.settings };
    let idp = identity_provider(app, options, asked, &mut faults).await?;
    faults.none()?;
    let Some((identity_provider, settings)) = idp else {
        return Err(Fault::internal("an identity provider without a fault is not there"));
    };
    let mut draft = Draft {
        organization: common.organization,
        name: common.name,
        external_id: common.external_id,
        connection_type,
        acs_url: ours.acs_url.flatten(),
        sp_entity_id: ours.sp_entity_id.flatten(),
        identity_provider,
        settings,
        key_pairs,
    };
    make_keys(app, &mut draft).await?;
    Ok(NewConnection::Saml(Box::new(draft)))
}

async fn oidc_draft(
    app: &App,
    common: Common,
    options: &OidcOptions,
    mut faults: Faults,
) -> Result<NewConnection, Error> {
    let connection_type = common.connection_type.as_deref();
    let connection_type = connection_type.map(|text| connection_type_of(text, Protocol::Oidc));
    let connection_type = connection_type.map(|it| faults.note(it)).transpose()?.flatten();
    let given = options.given(app, &mut faults).await?;
    faults.none()?;
    let Some(given) = given else {
        return Err(Fault::internal("a provider without a fault is not there"));
    };
    let mut draft = oidc_settings::Draft {
        organization: common.organization,
        name: common.name,
        external_id: common.external_id,
        connection_type,
        attribute_map: common.attribute_map,
        client_id: given.client_id,
        change: given.change,
        discovered: given.discovered,
        key_pair: given.key_pair,
    };
    let by_secret = draft.settings().token_authentication_method.takes_secret();
    match (by_secret, draft.key_pair.is_some()) {
        (true, true) => {
            let why = "a key signs only where `token_authentication_method` is `private_key_jwt`";
            let of = "oidc_options.jwt_signing_key_pair";
            return Err(Refused::field(of, "key_pair_not_accepted", why));
        }
        (false, false) => {
            draft.key_pair = Some(app.fresh_key_pair(Purpose::ClientAssertion).await?);
        }
        _ => {}
    }
    Ok(NewConnection::Oidc(Box::new(draft)))
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
    let (vault, base) = (app.vault.clone(), app.base.clone());
    let found = app
        .store
        .read(move |tx| {
            connection::published(tx, &vault, (base.as_str(), connection::find(tx, &id)?))
        })
        .await?;
    Ok(Response::json(200, &found))
}

pub(super) async fn update(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id: Id<Connection> = id_of(request.param("id"), "Connection")?;
    let body: Update = request.json()?;
    let mut faults = Faults::default();
    let options = body.saml_options;
    let of_saml = options.is_some();
    let mut change = change_of(app, &options.unwrap_or_default(), &mut faults).await?;
    let name = body.name.map(|name| field("name", Label::parse(&name)));
    change.name = name.map(|name| faults.note(name)).transpose()?.flatten();
    let enabled = body.state.as_deref().map(enabled);
    change.enabled = enabled.map(|it| faults.note(it)).transpose()?.flatten();
    change.settings.attribute_map = attribute_maps::change(body.attribute_maps, &mut faults)?;
    let oidc = match &body.oidc_options {
        Some(options) => Some(options.change(app, &mut faults).await?),
        None => None,
    };
    faults.none()?;
    change.external_id = body
        .external_id
        .map(|given| given.as_deref().map(ExternalId::parse).transpose())
        .transpose()?;
    if signs_from_now_on(&change.settings) && !has_key(app, &id, Purpose::Signing).await? {
        change.first_key_pair = Some(app.fresh_key_pair(Purpose::Signing).await?);
    }
    let key_pair = assertion_key(app, &id, oidc.as_ref()).await?;
    let (vault, base) = (app.vault.clone(), app.base.clone());
    let wanted = body.connection_type;
    let changed = app
        .store
        .write(move |tx| {
            let present = connection::find(tx, &id)?;
            unchanged(&present, wanted.as_deref())?;
            speaks(&present, (of_saml, oidc.is_some()))?;
            let mut changed = connection::update(tx, &vault, base.as_str(), (&id, &change))?;
            if let Some(oidc) = &oidc {
                let change = (oidc, key_pair.as_ref());
                changed =
                    oidc_settings::update(tx, &vault, &id, change).map_err(oidc_options::named)?;
            }
            if change.enabled == Some(false) {
                session::end_of_connection(tx, &id)?;
            }
            connection::published(tx, &vault, (base.as_str(), changed))
        })
        .await?;
    Ok(Response::json(200, &changed))
}

/// A key for a connection that signs assertions from now on and has none yet.
async fn assertion_key(
    app: &App,
    id: &Id<Connection>,
    change: Option<&oidc_settings::Change>,
) -> Result<Option<NewKeyPair>, Error> {
    let method = change.and_then(|change| change.token_authentication_method.flatten());
    let signs = method.is_some_and(|method| !method.takes_secret());
    if !signs || has_key(app, id, Purpose::ClientAssertion).await? {
        return Ok(None);
    }
    app.fresh_key_pair(Purpose::ClientAssertion).await.map(Some)
}

/// Options of the other protocol are not the connection's.
fn speaks(present: &Connection, (of_saml, of_oidc): (bool, bool)) -> Result<(), Error> {
    let is_saml = present.connection_type.protocol() == Protocol::Saml;
    if of_saml && !is_saml {
        let why = "this connection speaks OpenID Connect: `oidc_options` are its options";
        return Err(Refused::field("saml_options", "connection_not_saml", why));
    }
    if of_oidc && is_saml {
        let why = "this connection speaks SAML: `saml_options` are its options";
        return Err(Refused::field("oidc_options", "connection_not_oidc", why));
    }
    Ok(())
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

async fn has_key(app: &App, id: &Id<Connection>, purpose: Purpose) -> Result<bool, Error> {
    let id = id.clone();
    app.store
        .read(move |tx| {
            connection::find(tx, &id)?;
            Ok(!key_pair::of_purpose(tx, &id, purpose)?.is_empty())
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

/// What may not change: the type.
fn unchanged(present: &Connection, wanted: Option<&str>) -> Result<(), Error> {
    let Some(wanted) = wanted else { return Ok(()) };
    if ConnectionType::parse(wanted) != Some(present.connection_type) {
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

/// A type that an organization's connection of this protocol can have.
fn connection_type_of(text: &str, protocol: Protocol) -> Result<ConnectionType, Error> {
    let no = |why| Err(Refused::field("connection_type", "connection_type_unsupported", why));
    match (ConnectionType::parse(text), protocol) {
        (Some(known), _) if known.is_social() => {
            no("a provider for everybody is set in `kernia.toml`, not by a request")
        }
        (Some(known), _) if known.protocol() == protocol => Ok(known),
        (_, Protocol::Saml) => no(
            "with `saml_options` it is the name of a SAML connection type, such as `OktaSAML` or \
             `GenericSAML`",
        ),
        (_, Protocol::Oidc | Protocol::OAuth) => no(
            "with `oidc_options` it is the name of an OIDC connection type, such as `OktaOIDC` or \
             `GenericOIDC`",
        ),
    }
}
