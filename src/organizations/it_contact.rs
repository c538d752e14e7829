//! IT contacts: whom to tell when an organization's connections need a hand.

use super::{Organization, organization, sql};
use crate::{
    kit::{
        error::{Error, Refused},
        id::{Id, Prefixed},
        text::Email,
        time::Timestamp,
    },
    objects,
    store::{Row, Tx, params},
};

/// Somebody in an organization's IT.
#[derive(Debug, Clone)]
pub struct ItContact {
    id: Id<ItContact>,
    /// Where they are told.
    pub email: Email,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Prefixed for ItContact {
    const PREFIX: &'static str = "it_contact_";
}

impl ItContact {
    /// As the APIs show it.
    #[must_use]
    pub fn published(self) -> objects::ItContact {
        objects::ItContact {
            id: self.id.to_string(),
            email: self.email.as_str().to_owned(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// The most IT contacts of one organization: what one link to the Admin Portal can name at WorkOS.
pub const MOST: usize = 20;

/// Adds a contact.
pub fn add(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
    email: &Email,
) -> Result<ItContact, Error> {
    organization::find(tx, organization)?;
    let added =
        ItContact { id: tx.id(), email: email.clone(), created_at: tx.now, updated_at: tx.now };
    let inserted = tx.run(
        sql::IT_CONTACT_INSERT,
        params![&added.id, organization, email.as_str(), email.as_str().to_lowercase(), tx.now],
    )?;
    if inserted == 0 {
        let why = format!("The organization already has the IT contact '{}'.", email.as_str());
        return Err(Refused::conflict("it_contact_already_exists", why));
    }
    if of_organization(tx, organization)?.len() > MOST {
        let why = format!("An organization has at most {MOST} IT contacts; delete one first.");
        return Err(Refused::conflict("too_many_it_contacts", why));
    }
    Ok(added)
}

/// The contacts of an organization, oldest first.
pub fn of_organization(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
) -> Result<Vec<ItContact>, Error> {
    tx.list(sql::IT_CONTACTS_OF, params![organization], from_row)
}

/// The contacts of an organization that there is, oldest first.
pub fn list(tx: &Tx<'_>, organization: &Id<Organization>) -> Result<Vec<ItContact>, Error> {
    organization::find(tx, organization)?;
    of_organization(tx, organization)
}

/// The contact `id` of the organization, or `entity_not_found`.
pub fn find(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
    id: &Id<ItContact>,
) -> Result<ItContact, Error> {
    organization::find(tx, organization)?;
    let found = tx.find(sql::IT_CONTACT_BY_ID, params![organization, id], from_row)?;
    found.ok_or_else(|| missing(id))
}

/// Takes a contact away.
pub fn remove(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
    id: &Id<ItContact>,
) -> Result<(), Error> {
    organization::find(tx, organization)?;
    match tx.run(sql::IT_CONTACT_DELETE, params![organization, id])? {
        0 => Err(missing(id)),
        _ => Ok(()),
    }
}

fn missing(id: &Id<ItContact>) -> Error {
    Refused::missing("entity_not_found", format!("IT contact not found: '{id}'."))
}

fn from_row(row: &Row<'_>) -> Result<ItContact, Error> {
    Ok(ItContact {
        id: row.get("id")?,
        email: row.parse("email", |text| Email::parse(text).ok())?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
