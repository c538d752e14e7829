//! Clients that speak OpenID Connect. Such a client is a [`Client`] like any other, one application
//! with one id and one name that people read on sign-in pages; what OpenID Connect wants of it stands
//! in a row beside. Its addresses and secrets are its own: they open nothing of the WorkOS API.

pub mod configured;
mod redirect_uri;
mod secret;

pub use self::{
    redirect_uri::RedirectUri,
    secret::{ClientSecret, revoke, rotate},
};
use super::sql;
use crate::{
    applications::{self, Client},
    kit::{
        error::{Error, Refused},
        id::Id,
        page::{Listed, Page},
        secret::Secret,
        text::{Label, WebAddress},
        time::Timestamp,
    },
    objects, sso,
    store::{Placed, Row, Tx, params},
};

/// A client that speaks OpenID Connect.
#[derive(Debug, Clone)]
pub struct OpenIdClient {
    /// `client_…`, or what `kernia.toml` calls it.
    pub id: Id<Client>,
    /// What people call it.
    pub name: String,
    /// Whether it can keep no secret (RFC 6749 §2.1): it proves itself by PKCE alone.
    pub is_public: bool,
    /// Whether it comes from `kernia.toml`, where alone it can be changed.
    pub is_configured: bool,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// What a client is to be.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its name.
    pub name: Label,
    /// Whether it can keep no secret.
    pub is_public: bool,
    /// Where it may be answered.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where a browser may go on to that signed out.
    pub post_logout_redirect_uris: Vec<RedirectUri>,
}

/// What is to change; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<Label>,
    /// Where it may be answered from now on.
    pub redirect_uris: Option<Vec<RedirectUri>>,
    /// Where a browser may go on to that signed out, from now on.
    pub post_logout_redirect_uris: Option<Vec<RedirectUri>>,
}

/// What a client shows at the token endpoint.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Who it says it is.
    pub client: Id<Client>,
    /// Its secret, if it sent one.
    pub secret: Option<Secret>,
}

impl Placed for OpenIdClient {
    type Kind = Client;
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

impl OpenIdClient {
    /// As the API shows it, with its live secrets.
    #[must_use]
    pub fn published(self, secrets: Vec<ClientSecret>) -> objects::OpenIdClient {
        objects::OpenIdClient {
            id: self.id.to_string(),
            name: self.name,
            public: self.is_public,
            configured: self.is_configured,
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            secrets: secrets.into_iter().map(ClientSecret::published).collect(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// The address, if the client may be answered there.
    #[must_use]
    pub fn redirect_uri(&self, asked: &str) -> Option<WebAddress> {
        redirect_uri::allowed(&self.redirect_uris, asked, self.is_public)
    }

    /// The address, if a browser may go on to it that signed out.
    #[must_use]
    pub fn post_logout_redirect_uri(&self, asked: &str) -> Option<WebAddress> {
        redirect_uri::allowed(&self.post_logout_redirect_uris, asked, self.is_public)
    }
}

/// Makes a client; a confidential one has its first secret, which is shown once.
pub fn create(tx: &Tx<'_>, draft: &Draft) -> Result<(OpenIdClient, Option<Secret>), Error> {
    let Client { id, .. } = applications::client::create(tx, &draft.name)?;
    insert(tx, &id, draft, false)?;
    let secret = if draft.is_public { None } else { Some(secret::issue(tx, &id)?) };
    Ok((find(tx, &id)?, secret))
}

fn insert(tx: &Tx<'_>, id: &Id<Client>, draft: &Draft, configured: bool) -> Result<(), Error> {
    tx.run(
        sql::CLIENT_INSERT,
        params![
            id,
            draft.is_public,
            configured,
            redirect_uri::list(&draft.redirect_uris)?,
            redirect_uri::list(&draft.post_logout_redirect_uris)?,
            tx.now
        ],
    )
    .map(drop)
}

/// The client `id`, or `entity_not_found`.
pub fn find(tx: &Tx<'_>, id: &Id<Client>) -> Result<OpenIdClient, Error> {
    lookup(tx, id)?.ok_or_else(|| {
        Refused::missing("entity_not_found", format!("OpenID client not found: '{id}'."))
    })
}

/// The client `id`, if it speaks OpenID Connect.
pub fn lookup(tx: &Tx<'_>, id: &Id<Client>) -> Result<Option<OpenIdClient>, Error> {
    tx.find(sql::CLIENT_BY_ID, params![id], from_row)
}

/// The live secrets of a client, oldest first: never the secrets themselves.
pub fn secrets(tx: &Tx<'_>, id: &Id<Client>) -> Result<Vec<ClientSecret>, Error> {
    secret::of(tx, id)
}

/// A page of clients.
pub fn list(tx: &Tx<'_>, page: &Page) -> Result<Listed<OpenIdClient>, Error> {
    tx.page(&sql::CLIENTS, page, &[], from_row)
}

/// Changes a client.
pub fn update(tx: &Tx<'_>, id: &Id<Client>, change: &Change) -> Result<OpenIdClient, Error> {
    let mut client = changeable(tx, id)?;
    if let Some(name) = &change.name {
        applications::client::rename(tx, id, name)?;
    }
    let texts = |uris: &[RedirectUri]| uris.iter().map(|uri| uri.as_str().to_owned()).collect();
    if let Some(uris) = &change.redirect_uris {
        client.redirect_uris = texts(uris);
    }
    if let Some(uris) = &change.post_logout_redirect_uris {
        client.post_logout_redirect_uris = texts(uris);
    }
    write(tx, &client)?;
    find(tx, id)
}

fn write(tx: &Tx<'_>, client: &OpenIdClient) -> Result<(), Error> {
    tx.run(
        sql::CLIENT_UPDATE,
        params![
            &client.id,
            redirect_uri::json(&client.redirect_uris)?,
            redirect_uri::json(&client.post_logout_redirect_uris)?,
            tx.now
        ],
    )
    .map(drop)
}

/// Deletes a client with all that it was given.
pub fn delete(tx: &Tx<'_>, id: &Id<Client>) -> Result<(), Error> {
    changeable(tx, id)?;
    sso::delete_client(tx, id)
}

/// The client `id`, if it can be changed here.
fn changeable(tx: &Tx<'_>, id: &Id<Client>) -> Result<OpenIdClient, Error> {
    let client = find(tx, id)?;
    if client.is_configured { Err(configured_elsewhere()) } else { Ok(client) }
}

/// Refuses to change a client that `kernia.toml` describes, whatever it speaks.
pub fn require_changeable(tx: &Tx<'_>, id: &Id<Client>) -> Result<(), Error> {
    match lookup(tx, id)? {
        Some(client) if client.is_configured => Err(configured_elsewhere()),
        _ => Ok(()),
    }
}

fn configured_elsewhere() -> Error {
    let why = "This client is set up in kernia.toml; change it there.";
    Refused::conflict("configured_client", why)
}

/// Who shows these credentials: a confidential client its secret, a public one nothing but its id.
pub fn authenticate(tx: &Tx<'_>, credentials: &Credentials) -> Result<OpenIdClient, Error> {
    let refuse = |why: &str| Refused::unauthenticated("invalid_client", why.to_owned());
    let client = lookup(tx, &credentials.client)?
        .ok_or_else(|| refuse("There is no such client, or its secret is another one."))?;
    match (client.is_public, &credentials.secret) {
        (true, None) => Ok(client),
        (true, Some(_)) => Err(refuse("A public client has no secret.")),
        (false, None) => Err(refuse("The client must authenticate with its secret.")),
        (false, Some(secret)) if secret::is_live(tx, &client.id, secret)? => Ok(client),
        (false, Some(_)) => Err(refuse("There is no such client, or its secret is another one.")),
    }
}

/// Whether pages of this origin may read answers: it is that of a public client's redirect URI.
pub fn is_origin_of_a_public_client(tx: &Tx<'_>, origin: &str) -> Result<bool, Error> {
    let all: Vec<Vec<String>> =
        tx.list(sql::PUBLIC_REDIRECT_URIS, &[], |row| row.json("redirect_uris"))?;
    let origin_of = |uri: &String| {
        let address = WebAddress::parse(uri).ok()?;
        Some(address.url().origin().ascii_serialization())
    };
    let all = all.iter().flatten();
    Ok(all.filter_map(origin_of).any(|allowed| allowed == origin))
}

fn from_row(row: &Row<'_>) -> Result<OpenIdClient, Error> {
    Ok(OpenIdClient {
        id: row.get("id")?,
        name: row.get("name")?,
        is_public: row.get("is_public")?,
        is_configured: row.get("is_configured")?,
        redirect_uris: row.json("redirect_uris")?,
        post_logout_redirect_uris: row.json("post_logout_redirect_uris")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
