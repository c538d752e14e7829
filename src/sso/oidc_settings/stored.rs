//! The row of an OIDC connection: how it is read and written. The secret is sealed.

use super::{OidcSettings, sql};
use crate::{
    kit::{
        error::{Error, Fault, Refused},
        id::Id,
        secret::Secret,
        text::WebAddress,
        time::Timestamp,
    },
    oidc::Provider,
    sso::{Connection, ExternalKey, connection, refresh::Failure},
    store::{Row, Tx, Value, params},
    vault::{Place, Sealed, Vault},
};

/// What stands before the key in the path of a callback address of ours.
pub(super) const CALLBACK_PATH: &str = "/sso/oidc/callback/";

/// What the path of every callback address begins with that leads here.
const OIDC_PATH: &str = "/sso/oidc/";
/// What lies there beside callbacks.
const TAKEN: [&str; 3] = ["initiate/", "idp-logout/", "jwks/"];

/// Everything in the row; the connection's own columns are not among it.
#[derive(Debug, Clone)]
pub(in crate::sso) struct Stored {
    pub(in crate::sso) settings: OidcSettings,
    /// At Apple, the key that makes it.
    pub(in crate::sso) client_secret: Option<Secret>,
    /// Nothing until it was read for the first time.
    pub(in crate::sso) provider: Option<Provider>,
    /// The key set, as it came.
    pub(in crate::sso) keys: Option<String>,
    pub(in crate::sso) keys_attempted_at: Option<Timestamp>,
    pub(in crate::sso) keys_fetched_at: Option<Timestamp>,
    pub(in crate::sso) due_at: Timestamp,
    pub(in crate::sso) attempted_at: Option<Timestamp>,
    pub(in crate::sso) fetched_at: Option<Timestamp>,
    /// How many attempts in a row brought nothing that could be taken over.
    pub(in crate::sso) failures: i64,
    pub(in crate::sso) failure: Option<Failure>,
}

impl Stored {
    /// The row's values, in the order of the statements.
    fn values(&self, vault: &Vault, id: &Id<Connection>) -> Result<Vec<Value>, Error> {
        fn text<T: serde::Serialize>(value: &T) -> Result<String, Error> {
            serde_json::to_string(value).map_err(Fault::internal)
        }
        let sealed = self.client_secret.as_ref().map(|secret| vault.seal(&place(id), secret));
        let path = self.settings.redirect_uri.as_deref().and_then(path_of);
        Ok(params![
            id,
            text(&self.settings)?,
            sealed.map(|sealed| sealed.as_bytes().to_vec()),
            path,
            self.provider.as_ref().map(text).transpose()?,
            self.keys.as_deref(),
            self.keys_attempted_at,
            self.keys_fetched_at,
            self.due_at,
            self.attempted_at,
            self.fetched_at,
            self.failures,
            self.failure.as_ref().map(text).transpose()?
        ]
        .to_vec())
    }
}

/// The row of a connection, with what stands in the connection's own columns put beside it.
pub(in crate::sso) fn find(tx: &Tx<'_>, vault: &Vault, of: &Connection) -> Result<Stored, Error> {
    let found = tx.find(sql::OF_CONNECTION, params![&of.id], |row| from_row(row, vault))?;
    let Some(mut found) = found else {
        let why = "This connection speaks SAML, not OpenID Connect.";
        return Err(Refused::conflict("connection_not_oidc", why));
    };
    found.settings.client_id.clone_from(&of.sp_entity_id);
    let endpoint = of.idp_metadata_url.as_deref();
    found.settings.discovery_endpoint = endpoint.and_then(|url| WebAddress::parse(url).ok());
    Ok(found)
}

pub(in crate::sso) fn insert(
    tx: &Tx<'_>,
    vault: &Vault,
    (id, new): (&Id<Connection>, &Stored),
) -> Result<(), Error> {
    require_free(tx, id, new)?;
    tx.run(sql::INSERT, &new.values(vault, id)?).map(drop)
}

pub(in crate::sso) fn write(
    tx: &Tx<'_>,
    vault: &Vault,
    (id, next): (&Id<Connection>, &Stored),
) -> Result<(), Error> {
    require_free(tx, id, next)?;
    tx.run(sql::UPDATE, &next.values(vault, id)?).map(drop)
}

/// Refuses a callback address whose path leads to another connection.
fn require_free(tx: &Tx<'_>, id: &Id<Connection>, stored: &Stored) -> Result<(), Error> {
    let Some(path) = stored.settings.redirect_uri.as_deref().and_then(path_of) else {
        return Ok(());
    };
    let of_key = path.strip_prefix(CALLBACK_PATH).and_then(ExternalKey::parse);
    let by_key = of_key.map(|key| connection::lookup_by_key(tx, &key)).transpose()?.flatten();
    let by_path = tx.find(sql::CALLBACK_OWNER, params![&path], |row| row.get("id"))?;
    let mut owners = by_key.map(|found| found.id).into_iter().chain(by_path);
    match owners.find(|owner: &Id<Connection>| owner != id) {
        None => Ok(()),
        Some(owner) => {
            let why = format!("the connection '{owner}' has an address with this path already");
            Err(Refused::field("redirect_uri", "redirect_uri_already_used", why))
        }
    }
}

/// Refuses to take away the last key of a connection that proves with it who we are.
pub(in crate::sso) fn require_without_key(tx: &Tx<'_>, id: &Id<Connection>) -> Result<(), Error> {
    let settings =
        tx.find(sql::SETTINGS_OF, params![id], |row| row.json::<OidcSettings>("settings"))?;
    if settings.is_some_and(|it| !it.token_authentication_method.takes_secret()) {
        let why = "With this key Kernia proves at the provider who it is: add its successor first, \
                   or choose another `token_authentication_method`.";
        return Err(Refused::conflict("key_pair_signs", why));
    }
    Ok(())
}

/// The path by which a callback address leads here, whatever its host: one below `/sso/oidc/`.
fn path_of(redirect_uri: &str) -> Option<String> {
    let address = WebAddress::parse(redirect_uri).ok()?;
    Some(address.url().path().to_owned()).filter(|path| takes_answers(path))
}

/// Whether an answer that comes to this path of ours can be for a connection.
#[must_use]
pub fn takes_answers(path: &str) -> bool {
    let below = path.strip_prefix(OIDC_PATH).filter(|below| !below.is_empty());
    below.is_some_and(|below| !TAKEN.iter().any(|taken| below.starts_with(taken)))
}

/// The connection that was given a callback address of its own with this path.
pub fn lookup_by_callback_path(tx: &Tx<'_>, path: &str) -> Result<Option<Connection>, Error> {
    match tx.find(sql::CALLBACK_OWNER, params![path], |row| row.get("id"))? {
        Some(id) => connection::lookup(tx, &id),
        None => Ok(None),
    }
}

fn from_row(row: &Row<'_>, vault: &Vault) -> Result<Stored, Error> {
    let id = row.get("id")?;
    let text = |name| row.get::<Option<String>>(name);
    let provider = text("provider")?.map(|text| serde_json::from_str(&text)).transpose();
    let failure = text("failure")?.map(|text| serde_json::from_str(&text)).transpose();
    let sealed = row.get::<Option<Vec<u8>>>("client_secret")?;
    let sealed = sealed
        .map(|bytes| Sealed::from_bytes(bytes).ok_or_else(|| row.inconsistent("client_secret")))
        .transpose()?;
    Ok(Stored {
        settings: row.json("settings")?,
        client_secret: sealed.map(|sealed| vault.open(&place(&id), &sealed)).transpose()?,
        provider: provider.map_err(|_| row.inconsistent("provider"))?,
        keys: text("provider_keys")?,
        keys_attempted_at: row.get("keys_attempted_at")?,
        keys_fetched_at: row.get("keys_fetched_at")?,
        due_at: row.get("due_at")?,
        attempted_at: row.get("attempted_at")?,
        fetched_at: row.get("fetched_at")?,
        failures: row.get("failures")?,
        failure: failure.map_err(|_| row.inconsistent("failure"))?,
    })
}

fn place(id: &Id<Connection>) -> Place<'_> {
    Place { table: "oidc_connections", column: "client_secret", row: id.as_str() }
}
