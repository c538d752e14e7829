//! Notices: a certificate ends and has no successor yet. Each threshold is told once; when a
//! successor is in place, the notice says so. Whoever sends them on begins from [`tell`].

mod sql;

use std::time::Duration;

use super::Connection;
use crate::{
    kit::{
        error::Error,
        id::{Id, Prefixed},
        page::{Listed, Page},
        time::Timestamp,
    },
    objects,
    organizations::{Organization, it_contact},
    store::{Placed, Row, Tx, params},
};

/// So many days before its end a certificate is spoken of; 0 is the end itself.
const THRESHOLDS: [u32; 5] = [0, 1, 7, 30, 90];
const DAY: Duration = Duration::from_hours(24);

/// What a certificate is for, in WorkOS's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateType {
    /// The identity provider signs with it.
    ResponseSigning,
    /// We sign requests with it.
    RequestSigning,
    /// The identity provider encrypts for it.
    ResponseEncryption,
}

impl CertificateType {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResponseSigning => "ResponseSigning",
            Self::RequestSigning => "RequestSigning",
            Self::ResponseEncryption => "ResponseEncryption",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::ResponseSigning, Self::RequestSigning, Self::ResponseEncryption]
            .into_iter()
            .find(|known| known.as_str() == text)
    }

    /// By what the tables say.
    fn of_purpose(text: &str) -> Option<Self> {
        match text {
            "provider" => Some(Self::ResponseSigning),
            "signing" | "client_assertion" => Some(Self::RequestSigning),
            "encryption" => Some(Self::ResponseEncryption),
            _ => None,
        }
    }
}

/// A certificate as far as its end is concerned.
#[derive(Debug, Clone)]
pub struct Ending {
    /// Whose it is.
    pub connection: Id<Connection>,
    /// What it is for.
    pub certificate_type: CertificateType,
    /// The SHA-256 of the certificate, in hex.
    pub fingerprint: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Ending {
    /// The narrowest threshold that is reached.
    fn threshold(&self, now: Timestamp) -> Option<u32> {
        THRESHOLDS.into_iter().find(|days| self.expires_at <= now + DAY * *days)
    }
}

/// One notice.
#[derive(Debug, Clone)]
pub struct Notice {
    id: Id<Notice>,
    organization: Option<Id<Organization>>,
    certificate: Ending,
    threshold_days: i64,
    renewed_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl Prefixed for Notice {
    const PREFIX: &'static str = "notice_";
}

impl Placed for Notice {
    type Kind = Self;
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

impl Notice {
    /// As the API shows it, with the people who are to be told.
    pub fn published(self, tx: &Tx<'_>) -> Result<objects::CertificateNotice, Error> {
        let Ending { connection, certificate_type, fingerprint, expires_at } = self.certificate;
        let contacts = match &self.organization {
            Some(organization) => it_contact::of_organization(tx, organization)?,
            None => Vec::new(),
        };
        let left = expires_at.since(tx.now);
        Ok(objects::CertificateNotice {
            id: self.id.to_string(),
            connection: objects::NoticedConnection {
                id: connection.to_string(),
                organization_id: self.organization.as_ref().map(Id::to_string),
            },
            certificate: objects::NoticedCertificate {
                certificate_type: certificate_type.as_str(),
                fingerprint,
                expiry_date: expires_at,
                is_expired: expires_at <= tx.now,
            },
            days_until_expiry: left.as_secs().div_ceil(DAY.as_secs()),
            threshold_days: self.threshold_days,
            renewed_at: self.renewed_at,
            it_contacts: contacts.into_iter().map(|one| one.email.as_str().to_owned()).collect(),
            created_at: self.created_at,
        })
    }
}

/// The certificates of which something is to be told now.
pub fn due(tx: &Tx<'_>) -> Result<Vec<Ending>, Error> {
    let widest = DAY * THRESHOLDS[THRESHOLDS.len() - 1];
    let mut ending = Vec::new();
    for certificate in tx.list(sql::ENDING, params![tx.now + widest], ending_from_row)? {
        let Some(days) = certificate.threshold(tx.now) else { continue };
        let told = tx.find(
            sql::IS_TOLD,
            params![
                &certificate.connection,
                certificate.certificate_type.as_str(),
                &certificate.fingerprint,
                days
            ],
            |row| row.get::<Id<Notice>>("id"),
        )?;
        if told.is_none() {
            ending.push(certificate);
        }
    }
    Ok(ending)
}

/// Notes that something is told of these certificates; answers with those of which it is new.
pub fn tell(tx: &Tx<'_>, ending: &[Ending]) -> Result<Vec<Ending>, Error> {
    let mut told = Vec::new();
    for certificate in ending {
        let Some(days) = certificate.threshold(tx.now) else { continue };
        // Between reading and writing it may have got a successor, or gone.
        if !is_last(&live(tx, &certificate.connection)?, certificate) {
            continue;
        }
        let inserted = tx.run(
            sql::INSERT,
            params![
                &tx.id::<Notice>(),
                &certificate.connection,
                certificate.certificate_type.as_str(),
                &certificate.fingerprint,
                days,
                certificate.expires_at,
                tx.now
            ],
        )?;
        if inserted > 0 {
            told.push(certificate.clone());
        }
    }
    Ok(told)
}

/// The connections with a notice that nothing has answered yet.
pub fn open(tx: &Tx<'_>) -> Result<Vec<Id<Connection>>, Error> {
    tx.list(sql::OPEN, params![], |row| row.get("connection_id"))
}

/// Brings the notices of a connection to what its certificates are: one whose certificate has a
/// successor, or is gone, is renewed.
pub fn settle(tx: &Tx<'_>, connection: &Id<Connection>) -> Result<(), Error> {
    let notices = tx.list(sql::OF_CONNECTION, params![connection], |row| {
        let certificate = Ending {
            connection: connection.clone(),
            certificate_type: row.parse("certificate_type", CertificateType::parse)?,
            fingerprint: row.get("fingerprint")?,
            expires_at: row.get("expires_at")?,
        };
        Ok((row.get::<Id<Notice>>("id")?, certificate, row.get::<Option<Timestamp>>("renewed_at")?))
    })?;
    if notices.is_empty() {
        return Ok(());
    }
    let live = live(tx, connection)?;
    for (id, certificate, renewed_at) in notices {
        let is_open = is_last(&live, &certificate);
        if is_open == renewed_at.is_some() {
            tx.run(sql::RENEWED, params![&id, (!is_open).then_some(tx.now)])?;
        }
    }
    Ok(())
}

/// A page of notices, of one connection where it is named.
pub fn list(
    tx: &Tx<'_>,
    connection: Option<&Id<Connection>>,
    page: &Page,
) -> Result<Listed<Notice>, Error> {
    tx.page(&sql::LIST, page, params![connection.map(Id::as_str)], from_row)
}

fn live(tx: &Tx<'_>, connection: &Id<Connection>) -> Result<Vec<Ending>, Error> {
    tx.list(sql::LIVE, params![connection], ending_from_row)
}

/// Whether the certificate is among these, and none of its kind ends later.
fn is_last(live: &[Ending], certificate: &Ending) -> bool {
    let mut kind =
        live.iter().filter(|other| other.certificate_type == certificate.certificate_type);
    kind.clone().any(|other| other.fingerprint == certificate.fingerprint)
        && kind.all(|other| other.expires_at <= certificate.expires_at)
}

fn ending_from_row(row: &Row<'_>) -> Result<Ending, Error> {
    Ok(Ending {
        connection: row.get("id")?,
        certificate_type: row.parse("purpose", CertificateType::of_purpose)?,
        fingerprint: row.get("fingerprint")?,
        expires_at: row.get("not_after")?,
    })
}

fn from_row(row: &Row<'_>) -> Result<Notice, Error> {
    Ok(Notice {
        id: row.get("id")?,
        organization: row.get("organization_id")?,
        certificate: Ending {
            connection: row.get("connection_id")?,
            certificate_type: row.parse("certificate_type", CertificateType::parse)?,
            fingerprint: row.get("fingerprint")?,
            expires_at: row.get("expires_at")?,
        },
        threshold_days: row.get("threshold_days")?,
        renewed_at: row.get("renewed_at")?,
        created_at: row.get("created_at")?,
    })
}
