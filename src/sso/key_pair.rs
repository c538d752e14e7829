//! Keys of ours at one connection: what signs our requests, and what decrypts assertions. Several
//! may be live, so that the customer's provider can take the next one before the present one goes.
//! The private half is sealed and never shown.

use super::{Connection, Protocol, connection, notice, oidc_settings, sql};
use crate::{
    kit::{
        error::{Error, Fault, Refused},
        id::{Id, Prefixed},
        time::Timestamp,
    },
    objects,
    saml::{Certificate, KeyPair},
    store::{Row, Tx, params},
    vault::{Place, Sealed, Vault, signing_key},
};

/// The most keys of one connection for one purpose.
const MOST: usize = 10;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signs our requests to the identity provider.
    Signing,
    /// Decrypts the assertions that it encrypted for us.
    Encryption,
    /// Signs what proves at an OpenID provider's token endpoint who we are (`private_key_jwt`).
    ClientAssertion,
}

impl Purpose {
    /// Takes a purpose by its name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "signing" => Some(Self::Signing),
            "encryption" => Some(Self::Encryption),
            "client_assertion" => Some(Self::ClientAssertion),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Encryption => "encryption",
            Self::ClientAssertion => "client_assertion",
        }
    }

    /// Whether of several keys one is in use: the one that signs.
    fn signs(self) -> bool {
        matches!(self, Self::Signing | Self::ClientAssertion)
    }

    /// Refuses a key for something that the connection does not do.
    fn require_at(self, connection: &Connection) -> Result<(), Error> {
        let is_saml = connection.connection_type.protocol() == Protocol::Saml;
        match (self, is_saml) {
            (Self::Signing | Self::Encryption, true) | (Self::ClientAssertion, false) => Ok(()),
            (_, true) => {
                let why =
                    "This connection speaks SAML: its keys are for `signing` or `encryption`.";
                Err(Refused::conflict("connection_not_oidc", why))
            }
            (_, false) => {
                let why = "This connection speaks OpenID Connect: its keys are for \
                           `client_assertion`.";
                Err(Refused::conflict("connection_not_saml", why))
            }
        }
    }
}

/// A key of ours at a connection, as far as it may be shown.
#[derive(Debug, Clone)]
pub struct SpKeyPair {
    /// `saml_key_…`.
    pub id: Id<SpKeyPair>,
    /// What it is for.
    pub purpose: Purpose,
    /// Whether it signs now; of the signing keys of a connection one does.
    pub signs: bool,
    /// What the customer's provider is given.
    pub certificate: Certificate,
    created_at: Timestamp,
}

impl Prefixed for SpKeyPair {
    const PREFIX: &'static str = "saml_key_";
}

/// A key that is to be kept.
#[derive(Debug, Clone)]
pub struct NewKeyPair {
    purpose: Purpose,
    pair: KeyPair,
}

impl NewKeyPair {
    /// Takes a key for a purpose that it can serve.
    pub fn new(purpose: Purpose, pair: KeyPair) -> Result<Self, Error> {
        let rsa = signing_key::rsa_parts(pair.certificate().der()).is_some();
        if purpose == Purpose::Encryption && !rsa {
            let why = "only an RSA key can decrypt assertions (RSA-OAEP)";
            return Err(Refused::invalid("key_unsupported", why));
        }
        Ok(Self { purpose, pair })
    }

    /// What it is for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Makes a fresh one: RSA-2048, with a certificate in the name of `host`. It takes a good part
    /// of a second: on the CPU pool only.
    pub fn generate(purpose: Purpose, host: &str, now: Timestamp) -> Result<Self, Error> {
        let made = signing_key::SigningKey::generate(host, now)?;
        let pair = KeyPair::from_der(made.private_key, &made.certificate)
            .map_err(|no| Fault::internal(format!("a key of our own making: {no}")))?;
        Self::new(purpose, pair)
    }
}

impl SpKeyPair {
    /// As WorkOS's API shows its certificate.
    #[must_use]
    pub fn published_certificate(self) -> objects::SpCertificate {
        let object = match self.purpose {
            Purpose::Signing => "saml_sp_signing_certificate",
            Purpose::Encryption => "saml_sp_encryption_certificate",
            Purpose::ClientAssertion => "oidc_jwt_signing_certificate",
        };
        objects::SpCertificate {
            object,
            id: self.id.to_string(),
            value: self.certificate.pem(),
            fingerprint: self.certificate.fingerprint(),
            not_before: self.certificate.not_before(),
            not_after: self.certificate.not_after(),
            created_at: self.created_at,
        }
    }

    /// As Kernia's own API shows it.
    #[must_use]
    pub fn published(self) -> objects::SpKeyPair {
        objects::SpKeyPair {
            purpose: self.purpose.as_str(),
            active: self.signs || self.purpose == Purpose::Encryption,
            certificate: objects::SpCertificate {
                object: "saml_key_pair",
                ..self.published_certificate()
            },
        }
    }
}

/// The keys of a connection, oldest first, expired ones too.
pub fn of_connection(tx: &Tx<'_>, connection: &Id<Connection>) -> Result<Vec<SpKeyPair>, Error> {
    tx.list(sql::KEY_PAIRS_OF, params![connection], from_row)
}

/// The keys of a connection for one purpose, oldest first.
pub fn of_purpose(
    tx: &Tx<'_>,
    connection: &Id<Connection>,
    purpose: Purpose,
) -> Result<Vec<SpKeyPair>, Error> {
    let mut found = of_connection(tx, connection)?;
    found.retain(|pair| pair.purpose == purpose);
    Ok(found)
}

/// The key that signs our requests, if there is one.
pub fn signer(
    tx: &Tx<'_>,
    vault: &Vault,
    connection: &Id<Connection>,
) -> Result<Option<KeyPair>, Error> {
    tx.find(sql::KEY_PAIR_THAT_SIGNS, params![connection], |row| open(row, vault))
}

/// Every key that decrypts, the newest first.
pub fn decrypting(
    tx: &Tx<'_>,
    vault: &Vault,
    connection: &Id<Connection>,
) -> Result<Vec<KeyPair>, Error> {
    private_of_purpose(tx, vault, connection, Purpose::Encryption)
}

/// Every key for a purpose, with its private half, the newest first.
pub fn private_of_purpose(
    tx: &Tx<'_>,
    vault: &Vault,
    connection: &Id<Connection>,
    purpose: Purpose,
) -> Result<Vec<KeyPair>, Error> {
    let params = params![connection, purpose.as_str()];
    tx.list(sql::PRIVATE_KEYS_OF, params, |row| open(row, vault))
}

/// Keeps another key. The first one for signing signs at once; a later one waits for [`activate`].
pub fn add(
    tx: &Tx<'_>,
    vault: &Vault,
    connection: &Id<Connection>,
    new: &NewKeyPair,
) -> Result<SpKeyPair, Error> {
    new.purpose.require_at(&connection::find(tx, connection)?)?;
    let added = insert(tx, vault, connection, new)?;
    connection::touch(tx, connection)?;
    Ok(added)
}

/// Signs requests from now on: with the key that signed only logout messages so far, else with this
/// new one. A connection whose requests are signed already is refused with 409, because WorkOS's API
/// knows of one key at a time.
pub fn begin_to_sign(
    tx: &Tx<'_>,
    vault: &Vault,
    connection: &Id<Connection>,
    new: Option<&NewKeyPair>,
) -> Result<SpKeyPair, Error> {
    let signer = match (idle_signer(tx, connection)?, new) {
        (Some(idle), _) => idle,
        (None, Some(new)) => insert(tx, vault, connection, new)?,
        (None, None) => {
            let why = "The keys of this connection changed meanwhile; try again.";
            return Err(Refused::conflict("connection_changed", why));
        }
    };
    connection::sign_requests(tx, connection, true)?;
    Ok(signer)
}

/// The key that could sign requests and does not yet, if there is one; refuses where one does.
pub fn idle_signer(tx: &Tx<'_>, connection: &Id<Connection>) -> Result<Option<SpKeyPair>, Error> {
    let found = connection::find(tx, connection)?;
    Purpose::Signing.require_at(&found)?;
    let mut present = of_purpose(tx, connection, Purpose::Signing)?.into_iter();
    let signer = present.find(|pair| pair.signs);
    if signer.is_none() || !found.settings.signs_requests() {
        return Ok(signer);
    }
    let why = "A connection signs with one key at a time: delete its certificate first. \
               `/kernia/v1/connections/{id}/key_pairs` takes the next one beside it.";
    Err(Refused::conflict("sp_signing_cert_exists", why))
}

/// Keeps a key where the connection, which is being written, has none yet for this purpose.
pub(super) fn add_first(
    tx: &Tx<'_>,
    vault: &Vault,
    connection: &Id<Connection>,
    new: &NewKeyPair,
) -> Result<(), Error> {
    if of_purpose(tx, connection, new.purpose)?.is_empty() {
        insert(tx, vault, connection, new)?;
    }
    Ok(())
}

pub(super) fn insert(
    tx: &Tx<'_>,
    vault: &Vault,
    connection: &Id<Connection>,
    new: &NewKeyPair,
) -> Result<SpKeyPair, Error> {
    let certificate = new.pair.certificate();
    let fingerprint = certificate.fingerprint();
    let present = of_purpose(tx, connection, new.purpose)?;
    if present.iter().any(|other| other.certificate.fingerprint() == fingerprint) {
        let why = "This connection has a key with this certificate already.";
        return Err(Refused::conflict("key_pair_exists", why));
    }
    if present.len() >= MOST {
        let why = format!(
            "A connection has at most {MOST} keys for {}; delete an old one first.",
            new.purpose.as_str()
        );
        return Err(Refused::conflict("too_many_key_pairs", why));
    }
    let added = SpKeyPair {
        id: tx.id(),
        purpose: new.purpose,
        signs: new.purpose.signs() && present.is_empty(),
        certificate: certificate.clone(),
        created_at: tx.now,
    };
    let sealed = vault.seal_bytes(&place(&added.id), new.pair.private_key().expose());
    tx.run(
        sql::KEY_PAIR_INSERT,
        params![
            &added.id,
            connection,
            added.purpose.as_str(),
            fingerprint,
            certificate.not_before(),
            certificate.not_after(),
            sealed.as_bytes(),
            certificate.der(),
            added.signs,
            tx.now
        ],
    )?;
    notice::settle(tx, connection)?;
    Ok(added)
}

/// Lets this key sign from now on, in place of the one that did.
pub fn activate(
    tx: &Tx<'_>,
    connection: &Id<Connection>,
    id: &Id<SpKeyPair>,
) -> Result<SpKeyPair, Error> {
    let chosen = find(tx, connection, id)?;
    if !chosen.purpose.signs() {
        let why = "Every encryption key decrypts as long as it is there; only a signing key is \
                   activated.";
        return Err(Refused::conflict("key_pair_not_for_signing", why));
    }
    tx.run(sql::KEY_PAIRS_SIGN_NO_MORE, params![connection])?;
    tx.run(sql::KEY_PAIR_SIGNS, params![connection, id])?;
    connection::touch(tx, connection)?;
    Ok(SpKeyPair { signs: true, ..chosen })
}

/// Takes a key away. The one that signs stays while another could: that one is activated first.
pub fn remove(
    tx: &Tx<'_>,
    connection: &Id<Connection>,
    purpose: Option<Purpose>,
    id: &Id<SpKeyPair>,
) -> Result<(), Error> {
    let found = find(tx, connection, id)?;
    if purpose.is_some_and(|purpose| purpose != found.purpose) {
        return Err(missing(id));
    }
    let beside = of_purpose(tx, connection, found.purpose)?.len() - 1;
    if found.purpose == Purpose::ClientAssertion && beside == 0 {
        oidc_settings::require_without_key(tx, connection)?;
    }
    if found.signs && beside > 0 {
        let why = "This key signs; activate its successor first.";
        return Err(Refused::conflict("key_pair_signs", why));
    }
    tx.run(sql::KEY_PAIR_DELETE, params![connection, id])?;
    notice::settle(tx, connection)?;
    if found.purpose == Purpose::Signing && beside == 0 {
        return connection::sign_requests(tx, connection, false);
    }
    connection::touch(tx, connection)
}

fn find(tx: &Tx<'_>, connection: &Id<Connection>, id: &Id<SpKeyPair>) -> Result<SpKeyPair, Error> {
    connection::find(tx, connection)?;
    let found = of_connection(tx, connection)?;
    found.into_iter().find(|pair| pair.id == *id).ok_or_else(|| missing(id))
}

fn missing(id: &Id<SpKeyPair>) -> Error {
    Refused::missing("entity_not_found", format!("Certificate not found: '{id}'."))
}

fn place(id: &Id<SpKeyPair>) -> Place<'_> {
    Place { table: "saml_key_pairs", column: "private_key", row: id.as_str() }
}

fn open(row: &Row<'_>, vault: &Vault) -> Result<KeyPair, Error> {
    let id = row.get("id")?;
    let sealed = Sealed::from_bytes(row.get("private_key")?)
        .ok_or_else(|| row.inconsistent("private_key"))?;
    let private_key = vault.open_bytes(&place(&id), &sealed)?;
    let certificate: Vec<u8> = row.get("certificate")?;
    KeyPair::from_der(private_key, &certificate).map_err(|_| row.inconsistent("certificate"))
}

fn from_row(row: &Row<'_>) -> Result<SpKeyPair, Error> {
    let certificate: Vec<u8> = row.get("certificate")?;
    Ok(SpKeyPair {
        id: row.get("id")?,
        purpose: row.parse("purpose", Purpose::parse)?,
        signs: row.get("signs")?,
        certificate: Certificate::parse_der(&certificate)
            .map_err(|_| row.inconsistent("certificate"))?,
        created_at: row.get("created_at")?,
    })
}
