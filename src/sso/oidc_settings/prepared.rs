//! An OIDC connection, ready for a sign-in: its provider's keys prepared, its secret open. Built
//! once per revision and shared, so that a sign-in parses nothing twice.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    AppleKey, OidcSettings, TokenAuthenticationMethod, keys,
    stored::{self, CALLBACK_PATH},
};
use crate::{
    kit::{
        error::{Error, Fault, Refused},
        id::Id,
        secret::Secret,
        text::WebAddress,
        time::Timestamp,
    },
    oidc::{Algorithm, ClientAuthentication, Keys, Provider, SigningKey},
    sso::{
        Connection, ExternalKey,
        key_pair::{self, Purpose},
    },
    store::Tx,
    vault::Vault,
};

/// How many connections are kept ready; beyond that the store is emptied and fills again.
const KEPT: usize = 4096;
/// Whom Apple's client secrets are made for.
const APPLE: &str = "https://appleid.apple.com";
/// How long one of them holds: the exchange of one code.
const APPLE_SECRET: Duration = Duration::from_mins(5);

/// Where who signed in is asked of an API (GitHub): OAuth 2.0 knows no ID token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonApi {
    /// The person.
    pub user: WebAddress,
    /// Their email addresses.
    pub emails: WebAddress,
}

/// Everything that a sign-in through OpenID Connect, or OAuth, needs to know of a connection.
#[derive(Debug, Clone)]
pub struct OidcConnection {
    /// What is set.
    pub settings: OidcSettings,
    /// What the provider says of itself.
    pub provider: Provider,
    /// The keys that its ID tokens are verified with.
    pub keys: Keys,
    /// The secret that both sides hold.
    pub client_secret: Option<Secret>,
    /// The key of ours that signs assertions; at Apple, secrets.
    pub signing_key: Option<SigningKey>,
    external_key: ExternalKey,
}

impl OidcConnection {
    /// Where the provider sends people back to: the address that it was given, else the one under
    /// our base URL.
    #[must_use]
    pub fn callback_url(&self, base: &str) -> String {
        callback_url(&self.settings, base, &self.external_key)
    }

    /// What ID tokens may be signed with. Symmetric algorithms only where one was asked for.
    #[must_use]
    pub fn algorithms(&self) -> Vec<Algorithm> {
        if let Some(only) = self.settings.id_token_signature_algorithm {
            return vec![only];
        }
        let offered = &self.provider.id_token_algorithms;
        let is_offered = |algorithm: &Algorithm| {
            offered.is_empty() || offered.iter().any(|name| name == algorithm.as_str())
        };
        Algorithm::ASYMMETRIC.into_iter().filter(is_offered).collect()
    }

    /// Where who signed in is asked, when there is no ID token.
    #[must_use]
    pub fn person_api(&self) -> Option<&PersonApi> {
        self.settings.person_api.as_ref()
    }

    /// How we prove at the token endpoint who we are, at this instant.
    pub fn authentication(&self, now: Timestamp) -> Result<ClientAuthentication, Error> {
        let missing = || Fault::internal("an OIDC connection without what its method needs");
        if let Some(apple) = &self.settings.apple {
            let key = self.signing_key.as_ref().ok_or_else(missing)?;
            return self.apple_secret((apple, key), now).map(ClientAuthentication::Post);
        }
        match self.settings.token_authentication_method {
            TokenAuthenticationMethod::PrivateKeyJwt => {
                self.signing_key.clone().map(ClientAuthentication::PrivateKeyJwt)
            }
            TokenAuthenticationMethod::ClientSecretBasic => {
                self.client_secret.clone().map(ClientAuthentication::Basic)
            }
            TokenAuthenticationMethod::ClientSecretPost => {
                self.client_secret.clone().map(ClientAuthentication::Post)
            }
        }
        .ok_or_else(missing)
    }

    /// Apple takes a token of our own making for a secret.
    fn apple_secret(
        &self,
        (apple, key): (&AppleKey, &SigningKey),
        now: Timestamp,
    ) -> Result<Secret, Error> {
        let claims = serde_json::json!({
            "iss": apple.team_id,
            "sub": self.settings.client_id,
            "aud": APPLE,
            "iat": now.seconds(),
            "exp": (now + APPLE_SECRET).seconds(),
        });
        key.sign(&apple.key_id, "JWT", &claims).map(Secret::new)
    }
}

/// The callback address of a connection with these settings and this key.
pub(super) fn callback_url(settings: &OidcSettings, base: &str, key: &ExternalKey) -> String {
    let default = || format!("{base}{CALLBACK_PATH}{}", key.as_str());
    settings.redirect_uri.clone().unwrap_or_else(default)
}

/// The connection, ready. Refused: `connection_not_oidc`, and `provider_not_read` as long as its
/// provider has not been read yet.
pub fn of(tx: &Tx<'_>, vault: &Vault, connection: &Connection) -> Result<OidcConnection, Error> {
    let found = stored::find(tx, vault, connection)?;
    let inconsistent = |column: &str| -> Error {
        let (table, id) = ("oidc_connections", connection.id.to_string());
        Fault::Inconsistent { table, column: column.to_owned(), id }.into()
    };
    let needs_keys = found.settings.person_api.is_none();
    let Some(provider) = found.provider.filter(|_| found.keys.is_some() || !needs_keys) else {
        let why = "What the provider publishes could not be read yet; try again in a moment.";
        return Err(Refused::conflict("provider_not_read", why));
    };
    let keys = match found.keys.as_deref() {
        Some(document) => keys(document).ok_or_else(|| inconsistent("provider_keys"))?,
        None => Keys::default(),
    };
    let (client_secret, signing_key) = match (&found.settings.apple, found.client_secret) {
        (Some(_), Some(pem)) => {
            let key = SigningKey::from_pem(pem.expose());
            (None, Some(key.map_err(|_| inconsistent("client_secret"))?))
        }
        (_, secret) => (secret, assertion_key(tx, vault, &connection.id)?),
    };
    Ok(OidcConnection {
        settings: found.settings,
        provider,
        keys,
        client_secret,
        signing_key,
        external_key: connection.external_key.clone(),
    })
}

/// The key of ours that signs assertions, if there is one.
fn assertion_key(
    tx: &Tx<'_>,
    vault: &Vault,
    id: &Id<Connection>,
) -> Result<Option<SigningKey>, Error> {
    let Some(pair) = key_pair::signer(tx, vault, id)? else { return Ok(None) };
    let unusable = |no| Fault::internal(format!("a key of connection {id}: {no}"));
    let key = SigningKey::from_der(pair.private_key()).map_err(unusable)?;
    Ok(Some(key.with_certificate(pair.certificate().der())))
}

/// The public halves of our keys at a connection, the one that signs and those that will, as a JSON
/// Web Key Set (RFC 7517 §5).
pub fn client_jwks(
    tx: &Tx<'_>,
    vault: &Vault,
    id: &Id<Connection>,
) -> Result<serde_json::Value, Error> {
    let mut keys = Vec::new();
    for pair in key_pair::private_of_purpose(tx, vault, id, Purpose::ClientAssertion)? {
        let unusable = |no| Fault::internal(format!("a key of connection {id}: {no}"));
        let key = SigningKey::from_der(pair.private_key()).map_err(unusable)?;
        keys.push(key.public_jwk(key.thumbprint()));
    }
    Ok(serde_json::json!({ "keys": keys }))
}

/// By connection: its revision, and what is ready as of then.
type Kept = HashMap<Id<Connection>, (i64, Arc<OidcConnection>)>;

/// What was built so far. It can be lost at any time: everything in it stands in the database.
#[derive(Debug, Clone, Default)]
pub struct OidcConnections(Arc<Mutex<Kept>>);

impl OidcConnections {
    /// The connection as of its revision, ready; see [`of`].
    pub fn of(
        &self,
        tx: &Tx<'_>,
        vault: &Vault,
        connection: &Connection,
    ) -> Result<Arc<OidcConnection>, Error> {
        if let Some((revision, ready)) = self.kept().get(&connection.id)
            && *revision == connection.revision
        {
            return Ok(Arc::clone(ready));
        }
        // Built outside of the lock: others need not wait for it, and it may be built twice.
        let ready = Arc::new(of(tx, vault, connection)?);
        let mut kept = self.kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(connection.id.clone(), (connection.revision, Arc::clone(&ready)));
        Ok(ready)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
