//! The demo's OIDC connection: made at the first start, and led to the provider's address at each.

use super::{
    super::Failure,
    state::{Oidc, State},
};
use crate::{
    app::App,
    demo::identity_provider::IdentityProvider,
    demo::openid_provider::{CLIENT_ID, DISCOVERY_PATH, OpenIdProvider, jwks},
    kit::{
        error::Error,
        id::Id,
        secret::Secret,
        text::{Label, WebAddress},
    },
    oidc::Provider,
    sso::{
        connection,
        oidc_settings::{self, Change, Discovered},
        settings::MapChange,
    },
};

/// Makes the connection where there is none yet, and leads it to the address of this start. Answers
/// whether the demo has something new to remember.
pub(super) async fn connect(app: &App, state: &mut State) -> Result<bool, Failure> {
    let discovered = discovered(app, state)?;
    if let Some(oidc) = &state.oidc {
        moved(app, oidc, discovered).await?;
        return Ok(false);
    }
    state.oidc = Some(made(app, state, discovered).await?);
    Ok(true)
}

/// What the provider publishes: nothing has to be fetched from ourselves for that.
fn discovered(app: &App, state: &State) -> Result<Discovered, Failure> {
    let base = app.base.as_str();
    let endpoint = WebAddress::parse(&format!("{base}{DISCOVERY_PATH}"))?;
    let document = OpenIdProvider::document(base).to_string();
    let provider = Provider::parse(document.as_bytes(), &endpoint)
        .map_err(|no| Failure::new(format!("the demo's own provider: {no}")))?;
    let idp = IdentityProvider::from_pem(
        state.identity_provider_key.clone(),
        &state.identity_provider_certificate,
    )?;
    Ok(Discovered::new(endpoint, provider, jwks(&idp).to_string()))
}

async fn made(app: &App, state: &State, discovered: Discovered) -> Result<Oidc, Failure> {
    let client_secret = Secret::new(app.chance.alphanumeric(32));
    let change = Change { client_secret: Some(Some(client_secret.clone())), ..Change::default() };
    let draft = oidc_settings::Draft {
        organization: Id::parse(&state.organization_id)?,
        name: Some(Label::parse("Example Company (OpenID Connect)")?),
        external_id: None,
        connection_type: None,
        attribute_map: MapChange::default(),
        client_id: CLIENT_ID.to_owned(),
        change,
        discovered,
        key_pair: None,
    };
    let vault = app.vault.clone();
    let made = app.store.write(move |tx| oidc_settings::create(tx, &vault, &draft)).await?;
    Ok(Oidc { connection_id: made.id.to_string(), client_secret })
}

/// A later start may be on another port: the connection follows, if nobody has deleted it.
async fn moved(app: &App, oidc: &Oidc, discovered: Discovered) -> Result<(), Failure> {
    let id = Id::parse(&oidc.connection_id)?;
    let vault = app.vault.clone();
    let change = Change { discovered: Some(discovered), ..Change::default() };
    app.store
        .write(move |tx| {
            let Some(found) = connection::lookup(tx, &id)? else { return Ok(()) };
            let endpoint = change.discovered.as_ref().map(|it| it.discovery_endpoint.to_string());
            if found.idp_metadata_url == endpoint {
                return Ok(());
            }
            oidc_settings::update(tx, &vault, &id, (&change, None)).map(drop)
        })
        .await?;
    Ok(())
}

/// The secret that the provider shares with Kernia.
pub(super) fn client_secret(state: &State) -> Result<Secret, Error> {
    known(state).map(|oidc| oidc.client_secret.clone())
}

/// The connection's id.
pub(super) fn connection_id(state: &State) -> Result<String, Error> {
    known(state).map(|oidc| oidc.connection_id.clone())
}

fn known(state: &State) -> Result<&Oidc, Error> {
    let missing = || crate::kit::error::Fault::internal("a demo without its OIDC connection");
    state.oidc.as_ref().ok_or_else(missing)
}
