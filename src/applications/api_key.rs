//! API keys: `sk_test_…` or `sk_live_…`, shown once, kept as a digest. A key opens the API of the
//! instance and is the client secret of the client it belongs to.

use super::{Client, sql};
use crate::{
    kit::{
        environment::Environment,
        error::{Error, Refused},
        id::{Id, Prefixed},
        page::{Listed, Page},
        secret::Secret,
        text::Label,
        time::Timestamp,
    },
    objects,
    store::{Placed, Row, Tx, params},
    vault::Digest,
};

/// An API key, as far as it can be known: never the key itself.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// `api_key_…`.
    pub id: Id<ApiKey>,
    client: Id<Client>,
    name: String,
    /// What begins and ends the key, to tell one from another.
    ending: String,
    created_at: Timestamp,
}

/// Proof that a request carried a live API key, or came from the owner of this machine's Kernia.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The key it carried; none over the local socket.
    pub key: Option<Id<ApiKey>>,
    /// The client that the key belongs to; over the local socket, the oldest one.
    pub client: Id<Client>,
}

impl Prefixed for ApiKey {
    const PREFIX: &'static str = "api_key_";
}

impl Placed for ApiKey {
    type Kind = Self;
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

impl ApiKey {
    /// As the APIs show it.
    #[must_use]
    pub fn published(self) -> objects::ApiKey {
        objects::ApiKey {
            id: self.id.to_string(),
            client_id: self.client.to_string(),
            name: self.name,
            obfuscated_value: self.ending,
            created_at: self.created_at,
        }
    }
}

/// Issues a key; the secret is shown to the caller once and cannot be read again.
pub fn issue(
    tx: &Tx<'_>,
    environment: Environment,
    client: &Id<Client>,
    name: &Label,
) -> Result<(ApiKey, Secret), Error> {
    super::client::find(tx, client)?;
    let secret = tx.token(environment.key_prefix());
    let text = secret.expose();
    let ending = format!("{}…{}", environment.key_prefix(), &text[text.len() - 4..]);
    let id = tx.id();
    let digest = Digest::of(&secret);
    tx.run(
        sql::API_KEY_INSERT,
        params![&id, client, name.as_str(), &ending, digest.as_bytes().as_slice(), tx.now],
    )?;
    let key = ApiKey {
        id,
        client: client.clone(),
        name: name.as_str().to_owned(),
        ending,
        created_at: tx.now,
    };
    Ok((key, secret))
}

/// Who carries this key; nobody, when it is not a live one.
pub fn authenticate(tx: &Tx<'_>, secret: &Secret) -> Result<Option<Caller>, Error> {
    let digest = Digest::of(secret);
    tx.find(sql::API_KEY_BY_DIGEST, params![digest.as_bytes().as_slice()], |row| {
        Ok(Caller { key: Some(row.get("id")?), client: row.get("client_id")? })
    })
}

/// The owner of the process, whom the local socket let in, acting for the oldest client; nobody,
/// while there is no client.
pub fn owner(tx: &Tx<'_>) -> Result<Option<Caller>, Error> {
    tx.find(sql::OLDEST_CLIENT, &[], |row| Ok(Caller { key: None, client: row.get("id")? }))
}

/// A page of a client's keys.
pub fn list(tx: &Tx<'_>, client: &Id<Client>, page: &Page) -> Result<Listed<ApiKey>, Error> {
    super::client::find(tx, client)?;
    tx.page(&sql::API_KEYS, page, params![client], from_row)
}

/// Revokes a key at once.
pub fn revoke(tx: &Tx<'_>, client: &Id<Client>, id: &Id<ApiKey>) -> Result<(), Error> {
    match tx.run(sql::API_KEY_DELETE, params![client, id])? {
        0 => Err(Refused::missing("entity_not_found", format!("API key not found: '{id}'."))),
        _ => Ok(()),
    }
}

fn from_row(row: &Row<'_>) -> Result<ApiKey, Error> {
    Ok(ApiKey {
        id: row.get("id")?,
        client: row.get("client_id")?,
        name: row.get("name")?,
        ending: row.get("ending")?,
        created_at: row.get("created_at")?,
    })
}
