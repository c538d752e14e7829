//! `/kernia/v1/connections`: deleted connections and their way back, and keys of ours with overlap.

use serde::Deserialize;

use crate::{
    app::App,
    applications::Caller,
    faces::paging::Asked,
    http::{Request, Response},
    kit::{
        error::{Error, Refused},
        id::{Id, Prefixed},
        page::Listed,
        secret::Secret,
    },
    objects::List,
    saml::KeyPair,
    sso::{
        Connection, SpKeyPair,
        connection::{self, Filter},
        key_pair::{self, NewKeyPair, Purpose},
    },
};

#[derive(Deserialize)]
struct AddKeyPair {
    purpose: String,
    /// PEM; made here when it is absent.
    #[serde(default, deserialize_with = "secret")]
    key: Option<Secret>,
    /// PEM, together with the key.
    #[serde(default)]
    cert: Option<String>,
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| text.map(Secret::new))
}

/// The connections, or with `deleted=true` those that can be restored.
pub(super) async fn list(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let asked = Asked::parse(&request.query)?;
    let (page, base, vault) = (asked.page.clone(), app.base.clone(), app.vault.clone());
    match request.query.one("deleted")? {
        Some("true") => {
            let listed = app.store.read(move |tx| {
                each(connection::list_deleted(tx, &page)?, |found| {
                    connection::published_deleted(tx, &vault, (base.as_str(), found))
                })
            });
            Ok(Response::json(200, &asked.answer(listed.await?, |published| published)))
        }
        None | Some("" | "false") => {
            let listed = app.store.read(move |tx| {
                let all = connection::list(tx, &Filter::default(), &page)?;
                each(all, |found| connection::published(tx, &vault, (base.as_str(), found)))
            });
            Ok(Response::json(200, &asked.answer(listed.await?, |published| published)))
        }
        Some(_) => Err(Refused::field("deleted", "invalid_boolean", "it is `true` or `false`")),
    }
}

/// As it was, within 30 days of its deletion.
pub(super) async fn restore(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(&request, "id", "Connection")?;
    let (vault, base) = (app.vault.clone(), app.base.clone());
    let restored = app
        .store
        .write(move |tx| {
            let restored = connection::restore(tx, &id)?;
            connection::published(tx, &vault, (base.as_str(), restored))
        })
        .await?;
    Ok(Response::json(200, &restored))
}

pub(super) async fn key_pairs(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let id = id_of(&request, "id", "Connection")?;
    let found = app
        .store
        .read(move |tx| {
            connection::find(tx, &id)?;
            key_pair::of_connection(tx, &id)
        })
        .await?;
    let published = found.into_iter().map(SpKeyPair::published).collect();
    Ok(Response::json(200, &List::whole(published)))
}

/// The next key beside the present ones: it is published at once, and signs when it is activated.
pub(super) async fn add_key_pair(
    app: &App,
    request: Request,
    _: Caller,
) -> Result<Response, Error> {
    let id: Id<Connection> = id_of(&request, "id", "Connection")?;
    let body: AddKeyPair = request.json()?;
    let purpose = Purpose::parse(&body.purpose).ok_or_else(|| {
        Refused::field(
            "purpose",
            "invalid_purpose",
            "it is `signing`, `encryption` or `client_assertion`",
        )
    })?;
    let new = match (body.key, body.cert) {
        (Some(key), Some(cert)) => brought(purpose, &key, &cert)?,
        (None, None) => {
            let asked = id.clone();
            app.store.read(move |tx| connection::find(tx, &asked)).await?;
            app.fresh_key_pair(purpose).await?
        }
        (given, _) => {
            let missing = if given.is_some() { "cert" } else { "key" };
            let why = "give the key and its certificate, or neither";
            return Err(Refused::field(missing, "required", why));
        }
    };
    let vault = app.vault.clone();
    let added = app.store.write(move |tx| key_pair::add(tx, &vault, &id, &new)).await?;
    Ok(Response::json(201, &added.published()))
}

fn brought(purpose: Purpose, key: &Secret, cert: &str) -> Result<NewKeyPair, Error> {
    let pair = KeyPair::parse(key.expose(), cert)
        .map_err(|no| Refused::field("key", no.code, format!("{} ({no})", no.reason())))?;
    NewKeyPair::new(purpose, pair)
}

pub(super) async fn activate_key_pair(
    app: &App,
    request: Request,
    _: Caller,
) -> Result<Response, Error> {
    let id = id_of(&request, "id", "Connection")?;
    let pair = id_of(&request, "key_pair", "Key pair")?;
    let active = app.store.write(move |tx| key_pair::activate(tx, &id, &pair)).await?;
    Ok(Response::json(200, &active.published()))
}

pub(super) async fn remove_key_pair(
    app: &App,
    request: Request,
    _: Caller,
) -> Result<Response, Error> {
    let id = id_of(&request, "id", "Connection")?;
    let pair = id_of(&request, "key_pair", "Key pair")?;
    app.store.write(move |tx| key_pair::remove(tx, &id, None, &pair)).await?;
    Ok(Response::empty(204))
}

fn each<T, U>(
    listed: Listed<T>,
    publish: impl Fn(T) -> Result<U, Error>,
) -> Result<Listed<U>, Error> {
    Ok(Listed {
        data: listed.data.into_iter().map(publish).collect::<Result<_, _>>()?,
        before: listed.before,
        after: listed.after,
    })
}

/// An id in the path: what is no id names nothing.
fn id_of<T: Prefixed>(request: &Request, param: &str, what: &str) -> Result<Id<T>, Error> {
    Id::parse(request.param(param))
        .map_err(|_| Refused::missing("entity_not_found", format!("{what} not found.")))
}
