//! The certificates that a connection's identity provider signs with: pinned, sealed, several live,
//! rolling over as its metadata does.

use std::time::Duration;

use super::{Connection, connection, notice, sql};
use crate::{
    kit::{
        error::{Error, Refused},
        id::{Id, Prefixed},
        time::Timestamp,
    },
    objects,
    saml::Certificate,
    store::{Row, Tx, params},
    vault::{Place, Sealed, Vault},
};

/// A certificate pinned to a connection.
#[derive(Debug, Clone)]
pub struct PinnedCertificate {
    id: Id<PinnedCertificate>,
    /// What a signature is verified with.
    pub certificate: Certificate,
    /// Whether the metadata announced it; one that a person gave never goes by itself.
    from_metadata: bool,
    /// Since when the metadata does not announce it any more.
    left_at: Option<Timestamp>,
    first_used_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    created_at: Timestamp,
}

/// Who says that a certificate is the provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A person: it stays until a person takes it away.
    Given,
    /// The provider's metadata.
    Metadata,
}

impl Prefixed for PinnedCertificate {
    const PREFIX: &'static str = "saml_cert_";
}

impl PinnedCertificate {
    /// As the APIs show it.
    #[must_use]
    pub fn published(self) -> objects::Certificate {
        objects::Certificate {
            id: self.id.to_string(),
            value: self.certificate.pem(),
            fingerprint: self.certificate.fingerprint(),
            not_before: self.certificate.not_before(),
            not_after: self.certificate.not_after(),
            from_metadata: self.from_metadata,
            left_at: self.left_at,
            first_used_at: self.first_used_at,
            last_used_at: self.last_used_at,
            created_at: self.created_at,
        }
    }
}

/// The most certificates of one connection.
const MOST: usize = 20;
/// How long a certificate is trusted after it left the metadata.
const LINGERS: Duration = Duration::from_hours(7 * 24);
/// How old the note of a certificate's last use may get.
pub(super) const NOTED_EVERY: Duration = Duration::from_hours(24);

/// Takes all certificates away, for those of another provider to come.
pub(super) fn unpin_all(tx: &Tx<'_>, connection: &Id<Connection>) -> Result<(), Error> {
    tx.run(sql::CERTIFICATES_DELETE, params![connection]).map(drop)
}

/// Pins several certificates.
pub(super) fn pin_all(
    tx: &Tx<'_>,
    vault: &Vault,
    connection: &Id<Connection>,
    (certificates, origin): (&[Certificate], Origin),
) -> Result<(), Error> {
    if certificates.is_empty() {
        return Ok(());
    }
    for certificate in certificates {
        pin(tx, vault, connection, (certificate, origin))?;
    }
    if of_connection(tx, vault, connection)?.len() > MOST {
        return Err(too_many());
    }
    notice::settle(tx, connection)
}

fn too_many() -> Error {
    let why = format!("A connection has at most {MOST} certificates; delete an old one first.");
    Refused::conflict("too_many_certificates", why)
}

/// Pins a certificate. One that is pinned already stays, and is a person's if either was.
fn pin(
    tx: &Tx<'_>,
    vault: &Vault,
    connection: &Id<Connection>,
    (certificate, origin): (&Certificate, Origin),
) -> Result<(), Error> {
    let id = tx.id::<PinnedCertificate>();
    let sealed = vault.seal_bytes(&place(&id), certificate.der());
    tx.run(
        sql::CERTIFICATE_INSERT,
        params![
            &id,
            connection,
            certificate.fingerprint(),
            certificate.not_before(),
            certificate.not_after(),
            sealed.as_bytes(),
            origin == Origin::Metadata,
            tx.now
        ],
    )?;
    Ok(())
}

/// Pins another certificate and answers with it, also where it was pinned already.
pub fn add(
    tx: &Tx<'_>,
    vault: &Vault,
    connection: &Id<Connection>,
    certificate: &Certificate,
) -> Result<PinnedCertificate, Error> {
    connection::require_saml(&connection::find(tx, connection)?)?;
    pin_all(tx, vault, connection, (std::slice::from_ref(certificate), Origin::Given))?;
    connection::touch(tx, connection)?;
    let fingerprint = certificate.fingerprint();
    of_connection(tx, vault, connection)?
        .into_iter()
        .find(|pinned| pinned.certificate.fingerprint() == fingerprint)
        .ok_or_else(|| missing(&fingerprint))
}

/// The certificates of a connection, oldest first, expired ones too.
pub fn of_connection(
    tx: &Tx<'_>,
    vault: &Vault,
    connection: &Id<Connection>,
) -> Result<Vec<PinnedCertificate>, Error> {
    tx.list(sql::CERTIFICATES_OF, params![connection], |row| from_row(row, vault))
}

/// Takes a certificate away; the last one stays, for without one nobody can sign in.
pub fn remove(
    tx: &Tx<'_>,
    vault: &Vault,
    connection: &Id<Connection>,
    id: &Id<PinnedCertificate>,
) -> Result<(), Error> {
    connection::find(tx, connection)?;
    let pinned = of_connection(tx, vault, connection)?;
    if !pinned.iter().any(|other| other.id == *id) {
        return Err(missing(id.as_str()));
    }
    if pinned.len() == 1 {
        return Err(Refused::malformed(
            "last_certificate",
            "The last certificate of a connection cannot be deleted; add its successor first.",
        ));
    }
    tx.run(sql::CERTIFICATE_DELETE, params![connection, id])?;
    notice::settle(tx, connection)?;
    connection::touch(tx, connection)
}

/// What the announcements of a provider changed.
#[derive(Debug, Clone, Default)]
pub(super) struct Rolled {
    /// Fingerprints of certificates that are pinned from now on.
    pub(super) added: Vec<String>,
    /// Of those that are no longer announced.
    pub(super) left: Vec<String>,
    /// Of those that are gone.
    pub(super) removed: Vec<String>,
    /// How many found no room.
    pub(super) kept_out: usize,
}

/// Brings the certificates to what the provider's metadata announces: new ones are pinned, those
/// that left it go a week later, or earlier where there is no room for their successors. Those that
/// a person gave stay.
pub(super) fn roll_over(
    tx: &Tx<'_>,
    vault: &Vault,
    connection: &Id<Connection>,
    announced: &[Certificate],
) -> Result<Rolled, Error> {
    let pinned = of_connection(tx, vault, connection)?;
    let (here, gone): (Vec<_>, Vec<_>) =
        pinned.iter().partition(|pinned| announced.contains(&pinned.certificate));
    let mut rolled = Rolled::default();
    for back in here.iter().filter(|pinned| pinned.left_at.is_some()) {
        tx.run(sql::CERTIFICATE_LEFT, params![&back.id, None::<Timestamp>])?;
    }
    let mut leaving: Vec<_> = gone.into_iter().filter(|pinned| pinned.from_metadata).collect();
    for left in leaving.iter().filter(|pinned| pinned.left_at.is_none()) {
        tx.run(sql::CERTIFICATE_LEFT, params![&left.id, tx.now])?;
        rolled.left.push(left.certificate.fingerprint());
    }
    leaving.sort_by_key(|pinned| pinned.left_at.unwrap_or(tx.now));
    let is_new = |one: &&Certificate| !pinned.iter().any(|pinned| pinned.certificate == **one);
    let new: Vec<_> = announced.iter().filter(is_new).collect();
    let mut count = pinned.len();
    for old in leaving {
        let is_over = old.left_at.is_some_and(|left| left + LINGERS <= tx.now);
        if is_over || count + new.len() > MOST {
            tx.run(sql::CERTIFICATE_DELETE, params![connection, &old.id])?;
            rolled.removed.push(old.certificate.fingerprint());
            count -= 1;
        }
    }
    let room = MOST.saturating_sub(count);
    rolled.kept_out = new.len().saturating_sub(room);
    for certificate in new.into_iter().take(room) {
        pin(tx, vault, connection, (certificate, Origin::Metadata))?;
        rolled.added.push(certificate.fingerprint());
    }
    notice::settle(tx, connection)?;
    Ok(rolled)
}

/// Notes that signatures were verified with these pinned certificates, each at most once a day.
/// [`Uses`](super::Uses) knows without asking the store which ones that would change.
pub fn used(
    tx: &Tx<'_>,
    connection: &Id<Connection>,
    fingerprints: &[String],
) -> Result<(), Error> {
    for fingerprint in fingerprints {
        let params = params![connection, fingerprint, tx.now, tx.now - NOTED_EVERY];
        tx.run(sql::CERTIFICATE_USED, params)?;
    }
    Ok(())
}

fn place(id: &Id<PinnedCertificate>) -> Place<'_> {
    Place { table: "saml_certificates", column: "certificate", row: id.as_str() }
}

fn missing(id: &str) -> Error {
    Refused::missing("entity_not_found", format!("Certificate not found: '{id}'."))
}

fn from_row(row: &Row<'_>, vault: &Vault) -> Result<PinnedCertificate, Error> {
    let id = row.get("id")?;
    let sealed = Sealed::from_bytes(row.get("certificate")?)
        .ok_or_else(|| row.inconsistent("certificate"))?;
    let der = vault.open_bytes(&place(&id), &sealed)?;
    let certificate =
        Certificate::parse_der(der.expose()).map_err(|_| row.inconsistent("certificate"))?;
    Ok(PinnedCertificate {
        id,
        certificate,
        from_metadata: row.get("from_metadata")?,
        left_at: row.get("left_at")?,
        first_used_at: row.get("first_used_at")?,
        last_used_at: row.get("last_used_at")?,
        created_at: row.get("created_at")?,
    })
}
