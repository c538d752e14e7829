//! `/connections/{id}/saml_sp_encryption_certs` and `…/saml_sp_signing_cert`: the public halves of
//! our keys at a connection. Their private halves are made here and never shown.

use super::shape::id_of;
use crate::{
    app::App,
    applications::Caller,
    http::{Request, Response},
    kit::error::{Error, Refused},
    objects::List,
    sso::{
        SpKeyPair, connection,
        key_pair::{self, Purpose},
    },
    store::Tx,
};

pub(super) async fn list_encryption(
    app: &App,
    request: Request,
    _: Caller,
) -> Result<Response, Error> {
    let found = of_purpose(app, &request, Purpose::Encryption).await?;
    let published = found.into_iter().map(SpKeyPair::published_certificate).collect();
    Ok(Response::json(200, &List::whole(published)))
}

/// Every live key decrypts: a new one never replaces another.
pub(super) async fn add_encryption(
    app: &App,
    request: Request,
    _: Caller,
) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Connection")?;
    let (asked, vault) = (id.clone(), app.vault.clone());
    app.store.read(move |tx| connection::find(tx, &asked)).await?;
    let made = app.fresh_key_pair(Purpose::Encryption).await?;
    let added = app.store.write(move |tx| key_pair::add(tx, &vault, &id, &made)).await?;
    Ok(Response::json(201, &added.published_certificate()))
}

pub(super) async fn remove_encryption(
    app: &App,
    request: Request,
    _: Caller,
) -> Result<Response, Error> {
    remove(app, &request, Purpose::Encryption).await
}

/// The one that signs; 404 when there is none.
pub(super) async fn find_signing(
    app: &App,
    request: Request,
    _: Caller,
) -> Result<Response, Error> {
    let found = of_purpose(app, &request, Purpose::Signing).await?;
    let signs = found.into_iter().find(|pair| pair.signs).ok_or_else(|| {
        let why = "This connection has no key that signs requests.";
        Refused::missing("entity_not_found", why)
    })?;
    Ok(Response::json(200, &signs.published_certificate()))
}

/// One at a time; requests are signed from now on.
pub(super) async fn add_signing(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Connection")?;
    let (asked, vault) = (id.clone(), app.vault.clone());
    let idle = app.store.read(move |tx| key_pair::idle_signer(tx, &asked)).await?;
    let made = match idle {
        Some(_) => None,
        None => Some(app.fresh_key_pair(Purpose::Signing).await?),
    };
    let begin = move |tx: &Tx<'_>| key_pair::begin_to_sign(tx, &vault, &id, made.as_ref());
    let signer = app.store.write(begin).await?;
    Ok(Response::json(201, &signer.published_certificate()))
}

pub(super) async fn remove_signing(
    app: &App,
    request: Request,
    _: Caller,
) -> Result<Response, Error> {
    remove(app, &request, Purpose::Signing).await
}

async fn of_purpose(
    app: &App,
    request: &Request,
    purpose: Purpose,
) -> Result<Vec<SpKeyPair>, Error> {
    let id = id_of(request.param("id"), "Connection")?;
    app.store
        .read(move |tx| {
            connection::find(tx, &id)?;
            key_pair::of_purpose(tx, &id, purpose)
        })
        .await
}

async fn remove(app: &App, request: &Request, purpose: Purpose) -> Result<Response, Error> {
    let id = id_of(request.param("id"), "Connection")?;
    let pair = id_of(request.param("certificate"), "Certificate")?;
    app.store.write(move |tx| key_pair::remove(tx, &id, Some(purpose), &pair)).await?;
    Ok(Response::empty(204))
}
