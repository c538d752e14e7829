//! What metadata says that is not taken over by itself: another entity ID, or a sign-in or
//! logout address on another host. An operator looks at it and says yes or no.

use serde::{Deserialize, Serialize};

use super::{Described, Failure, Refresh, has_signer, of_connection, take_over, write};
use crate::{
    kit::{
        error::{Error, Fault, Refused},
        id::{Id, Prefixed},
        text::WebAddress,
        time::Timestamp,
    },
    objects,
    saml::Certificate,
    sso::{Binding, Connection, LogoutService, certificate, connection, key_pair::NewKeyPair},
    store::{Row, Tx},
    vault::{Place, Sealed, Vault},
};

/// What waits for an operator's yes, or had a no.
#[derive(Debug, Clone)]
pub struct Proposal {
    id: Id<Proposal>,
    seen_at: Timestamp,
    rejected_at: Option<Timestamp>,
    /// What the metadata says; not until when.
    described: Described,
}

impl Prefixed for Proposal {
    const PREFIX: &'static str = "proposal_";
}

/// As it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    id: String,
    seen_at: i64,
    rejected_at: Option<i64>,
    entity_id: String,
    sso_url: String,
    sso_binding: Binding,
    logout: Option<LogoutService>,
    wants_signed_requests: bool,
    certificates: Vec<String>,
}

/// Why the metadata is not taken over by itself, if it is not.
pub(super) fn objection(connection: &Connection, described: &Described) -> Option<String> {
    let (old, new) = (&connection.idp_entity_id, &described.entity_id);
    if old != new {
        return Some(format!("the entity ID changed from `{old}` to `{new}`"));
    }
    let (old, new) = (&connection.idp_sso_url, &described.sso_url);
    if old.url().origin() != new.url().origin() {
        return Some(format!("the sign-in address moved from `{old}` to `{new}`"));
    }
    let (old, new) = (connection.settings.idp_logout.as_ref()?, described.logout.as_ref()?);
    [(&old.url, &new.url), (old.answers_url(), new.answers_url())]
        .into_iter()
        .find(|(old, new)| origin(old) != origin(new))
        .map(|(old, new)| format!("the logout address moved from `{old}` to `{new}`"))
}

fn origin(address: &str) -> Option<String> {
    let address = WebAddress::parse(address).ok()?;
    Some(address.url().origin().ascii_serialization())
}

impl Proposal {
    /// What the metadata says now: the same proposal as before when it says the same.
    pub(super) fn again(tx: &Tx<'_>, known: Option<Self>, described: &Described) -> Self {
        let described = Described { valid_until: None, ..described.clone() };
        match known.filter(|known| known.described == described) {
            Some(known) => known,
            None => Self { id: tx.id(), seen_at: tx.now, rejected_at: None, described },
        }
    }

    pub(super) fn failure(&self, why: &str) -> Failure {
        let message = match self.rejected_at {
            None => format!("{why}: an operator has to confirm it"),
            Some(_) => format!("{why}, and an operator rejected it"),
        };
        Failure::new("metadata_refused", message)
    }

    pub(super) fn published(
        &self,
        tx: &Tx<'_>,
        vault: &Vault,
        connection: &Connection,
    ) -> Result<objects::MetadataProposal, Error> {
        let pinned = certificate::of_connection(tx, vault, &connection.id)?;
        let old = pinned.iter().map(|pinned| pinned.certificate.fingerprint()).collect();
        let new = self.described.certificates.iter().map(Certificate::fingerprint);
        Ok(objects::MetadataProposal {
            id: self.id.to_string(),
            state: if self.rejected_at.is_some() { "rejected" } else { "pending" },
            seen_at: self.seen_at,
            idp_entity_id: objects::OldAndNew {
                old: connection.idp_entity_id.clone(),
                new: self.described.entity_id.clone(),
            },
            idp_sso_url: objects::OldAndNew {
                old: connection.idp_sso_url.to_string(),
                new: self.described.sso_url.to_string(),
            },
            idp_slo_url: objects::OldAndNew {
                old: logout_url(connection.settings.idp_logout.as_ref()),
                // Metadata that says nothing of logout leaves it as it is.
                new: logout_url(
                    self.described.logout.as_ref().or(connection.settings.idp_logout.as_ref()),
                ),
            },
            fingerprints: objects::OldAndNew { old, new: new.collect() },
        })
    }

    pub(super) fn sealed(&self, vault: &Vault, id: &Id<Connection>) -> Result<Vec<u8>, Error> {
        let described = &self.described;
        let kept = Kept {
            id: self.id.to_string(),
            seen_at: self.seen_at.millis(),
            rejected_at: self.rejected_at.map(Timestamp::millis),
            entity_id: described.entity_id.clone(),
            sso_url: described.sso_url.to_string(),
            sso_binding: described.sso_binding,
            logout: described.logout.clone(),
            wants_signed_requests: described.wants_signed_requests,
            certificates: described.certificates.iter().map(Certificate::pem).collect(),
        };
        let bytes = serde_json::to_vec(&kept).map_err(Fault::internal)?;
        Ok(vault.seal_bytes(&place(id), &bytes).as_bytes().to_vec())
    }

    pub(super) fn opened(
        row: &Row<'_>,
        vault: &Vault,
        (id, sealed): (&Id<Connection>, Vec<u8>),
    ) -> Result<Self, Error> {
        let inconsistent = || row.inconsistent("proposal");
        let sealed = Sealed::from_bytes(sealed).ok_or_else(inconsistent)?;
        let bytes = vault.open_bytes(&place(id), &sealed)?;
        let kept: Kept = serde_json::from_slice(bytes.expose()).map_err(|_| inconsistent())?;
        let certificates = kept.certificates.iter().map(|pem| Certificate::parse_pem(pem));
        Ok(Self {
            id: Id::parse(&kept.id).map_err(|_| inconsistent())?,
            seen_at: Timestamp::from_millis(kept.seen_at),
            rejected_at: kept.rejected_at.map(Timestamp::from_millis),
            described: Described {
                entity_id: kept.entity_id,
                sso_url: WebAddress::parse(&kept.sso_url).map_err(|_| inconsistent())?,
                sso_binding: kept.sso_binding,
                logout: kept.logout,
                wants_signed_requests: kept.wants_signed_requests,
                certificates: certificates.collect::<Result<_, _>>().map_err(|_| inconsistent())?,
                valid_until: None,
            },
        })
    }
}

fn logout_url(service: Option<&LogoutService>) -> Option<String> {
    service.map(|service| service.url.clone())
}

fn place(id: &Id<Connection>) -> Place<'_> {
    Place { table: "metadata_refreshes", column: "proposal", row: id.as_str() }
}

/// Whether taking it over needs a fresh key that signs our requests.
pub fn lacks_key(
    tx: &Tx<'_>,
    vault: &Vault,
    (id, proposal): (&Id<Connection>, &Id<Proposal>),
) -> Result<bool, Error> {
    let (_, _, proposal) = find(tx, vault, (id, proposal))?;
    Ok(proposal.described.lacks_key(has_signer(tx, id)?))
}

/// Takes over what was proposed, whether or not it was rejected before. Another provider's
/// certificates replace those that are pinned.
pub fn confirm(
    tx: &Tx<'_>,
    vault: &Vault,
    (id, proposal): (&Id<Connection>, &Id<Proposal>),
    fresh_key: Option<&NewKeyPair>,
) -> Result<(), Error> {
    let (connection, known, proposal) = find(tx, vault, (id, proposal))?;
    let described = &proposal.described;
    if described.entity_id != connection.idp_entity_id {
        certificate::unpin_all(tx, id)?;
    }
    let (_, failure) = take_over(tx, vault, (&connection, described, fresh_key))?;
    write(tx, vault, (id, &Refresh { proposal: None, failure, ..known }))
}

/// Leaves the connection as it is; the same metadata does not ask again.
pub fn reject(
    tx: &Tx<'_>,
    vault: &Vault,
    (id, proposal): (&Id<Connection>, &Id<Proposal>),
) -> Result<(), Error> {
    let (connection, mut known, mut proposal) = find(tx, vault, (id, proposal))?;
    proposal.rejected_at = proposal.rejected_at.or(Some(tx.now));
    let why = objection(&connection, &proposal.described);
    known.failure = why.map(|why| proposal.failure(&why));
    known.proposal = Some(proposal);
    write(tx, vault, (id, &known))
}

/// The proposal that the operator saw; another one may have taken its place.
fn find(
    tx: &Tx<'_>,
    vault: &Vault,
    (id, wanted): (&Id<Connection>, &Id<Proposal>),
) -> Result<(Connection, Refresh, Proposal), Error> {
    let connection = connection::find(tx, id)?;
    let known = of_connection(tx, vault, id)?.unwrap_or_default();
    let Some(proposal) = known.proposal.clone() else {
        let why = "The metadata of this connection proposes nothing.";
        return Err(Refused::missing("no_proposal", why));
    };
    if proposal.id != *wanted {
        let why = format!("Another proposal, '{}', has taken its place; look at it.", proposal.id);
        return Err(Refused::conflict("proposal_changed", why));
    }
    Ok((connection, known, proposal))
}
