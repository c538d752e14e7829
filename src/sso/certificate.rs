//! The certificates that a connection's identity provider signs with: pinned, sealed, several live.

use super::{Connection, connection, sql};
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
    created_at: Timestamp,
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
            created_at: self.created_at,
        }
    }
}

/// The most certificates of one connection.
const MOST: usize = 20;

/// Takes all certificates away, for those of another provider to come.
pub(super) fn unpin_all(tx: &Tx<'_>, connection: &Id<Connection>) -> Result<(), Error> {
    tx.run(sql::CERTIFICATES_DELETE, params![connection]).map(drop)
}

/// Pins several certificates.
pub(super) fn pin_all(
    tx: &Tx<'_>,
    vault: &Vault,
    connection: &Id<Connection>,
    certificates: &[Certificate],
) -> Result<(), Error> {
    for certificate in certificates {
        pin(tx, vault, connection, certificate)?;
    }
    if !certificates.is_empty() && of_connection(tx, vault, connection)?.len() > MOST {
        return Err(too_many());
    }
    Ok(())
}

fn too_many() -> Error {
    let why = format!("A connection has at most {MOST} certificates; delete an old one first.");
    Refused::conflict("too_many_certificates", why)
}

/// Pins a certificate; one that is pinned already stays as it is.
fn pin(
    tx: &Tx<'_>,
    vault: &Vault,
    connection: &Id<Connection>,
    certificate: &Certificate,
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
    connection::find(tx, connection)?;
    pin_all(tx, vault, connection, std::slice::from_ref(certificate))?;
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
    connection::touch(tx, connection)
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
    Ok(PinnedCertificate { id, certificate, created_at: row.get("created_at")? })
}
