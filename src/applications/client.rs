//! Clients: one for each application. Organizations and connections belong to the instance; a
//! client owns its redirect URIs, its API keys and its signing key.

use super::sql;
use crate::{
    kit::{
        error::{Error, Refused},
        id::{Id, Prefixed},
        page::{Listed, Page},
        text::Label,
        time::Timestamp,
    },
    objects,
    store::{Placed, Row, Tx, params},
};

/// An application that signs its users in through Kernia.
#[derive(Debug, Clone)]
pub struct Client {
    /// `client_…`.
    pub id: Id<Client>,
    /// What people call it; employees read it on sign-in pages.
    pub name: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Prefixed for Client {
    const PREFIX: &'static str = "client_";
}

impl Placed for Client {
    type Kind = Self;
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

impl Client {
    /// As the APIs show it.
    #[must_use]
    pub fn published(self) -> objects::Client {
        objects::Client {
            id: self.id.to_string(),
            name: self.name,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// Makes a client. Its signing key comes from [`super::signing_key::store`].
pub fn create(tx: &Tx<'_>, name: &Label) -> Result<Client, Error> {
    let id = tx.id();
    tx.run(sql::CLIENT_INSERT, params![&id, name.as_str(), tx.now])?;
    Ok(Client { id, name: name.as_str().to_owned(), created_at: tx.now, updated_at: tx.now })
}

/// Makes a client of this id, or gives the one that is there this name.
pub fn keep(tx: &Tx<'_>, id: &Id<Client>, name: &Label) -> Result<(), Error> {
    tx.run(sql::CLIENT_KEEP, params![id, name.as_str(), tx.now]).map(drop)
}

/// The client `id`, or `entity_not_found`.
pub fn find(tx: &Tx<'_>, id: &Id<Client>) -> Result<Client, Error> {
    lookup(tx, id)?.ok_or_else(|| missing(id))
}

/// The client `id`, if there is one.
pub fn lookup(tx: &Tx<'_>, id: &Id<Client>) -> Result<Option<Client>, Error> {
    tx.find(sql::CLIENT_BY_ID, params![id], from_row)
}

/// A page of clients.
pub fn list(tx: &Tx<'_>, page: &Page) -> Result<Listed<Client>, Error> {
    tx.page(&sql::CLIENTS, page, &[], from_row)
}

/// Gives the client another name.
pub fn rename(tx: &Tx<'_>, id: &Id<Client>, name: &Label) -> Result<Client, Error> {
    tx.run(sql::CLIENT_RENAME, params![id, name.as_str(), tx.now])?;
    find(tx, id)
}

/// Deletes the client with all that it owns. What others keep of it (sign-ins under way, codes)
/// must be gone before: `sso::delete_client` sees to that.
pub fn delete(tx: &Tx<'_>, id: &Id<Client>) -> Result<(), Error> {
    find(tx, id)?;
    for statement in [sql::REDIRECTS_DELETE, sql::API_KEYS_DELETE, sql::SIGNING_KEYS_DELETE] {
        tx.run(statement, params![id])?;
    }
    tx.run(sql::CLIENT_DELETE, params![id])?;
    Ok(())
}

fn missing(id: &Id<Client>) -> Error {
    Refused::missing("entity_not_found", format!("Client not found: '{id}'."))
}

fn from_row(row: &Row<'_>) -> Result<Client, Error> {
    Ok(Client {
        id: row.get("id")?,
        name: row.get("name")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
