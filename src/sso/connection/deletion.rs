//! A deleted connection is out of sight at once and can be restored for 30 days, with the addresses
//! that its provider knows; then it goes for good.

use std::time::Duration;

use super::{Connection, from_row, write};
use crate::{
    kit::{
        error::{Error, Refused},
        id::Id,
        page::{Listed, Page},
    },
    organizations::Organization,
    sso::{access, oidc_settings, sql},
    store::{Tx, params},
};

/// How long a deleted connection can be restored.
pub const RESTORABLE: Duration = Duration::from_hours(30 * 24);

/// How many rows of a table one step of a purge takes.
const PURGED_AT_ONCE: u32 = 1000;

/// Deletes the connection: nobody signs in through it, what is under way ends, and the application's
/// id for it is free. Its addresses, keys, certificates and profiles stay until [`purge_deleted`].
pub fn delete(tx: &Tx<'_>, id: &Id<Connection>) -> Result<(), Error> {
    let mut next = super::find(tx, id)?;
    oidc_settings::require_changeable(&next)?;
    access::revoke_of_connection(tx, id)?;
    for statement in sql::END_WHAT_IS_UNDER_WAY {
        tx.run(statement, params![id])?;
    }
    next.settings.released_external_id = next.external_id.take();
    write(tx, &next)?;
    tx.run(sql::MARK_DELETED, params![id, tx.now]).map(drop)
}

/// Restores a deleted connection as it was. The application's id for it comes back, unless another
/// connection has it by now.
pub fn restore(tx: &Tx<'_>, id: &Id<Connection>) -> Result<Connection, Error> {
    let deleted = tx.find(sql::DELETED_BY_ID, params![id], from_row)?;
    // What is due for erasure may be half erased: it is as if it were gone.
    let deleted =
        deleted.filter(|it| it.deleted_at.is_some_and(|deleted| deleted + RESTORABLE > tx.now));
    let Some(mut next) = deleted else {
        super::find(tx, id)?;
        let why = "This connection is not deleted.";
        return Err(Refused::conflict("connection_not_deleted", why));
    };
    if let Some(external_id) = next.settings.released_external_id.take() {
        let params = params![next.organization.as_ref(), &external_id];
        if tx.find(sql::BY_EXTERNAL_ID, params, from_row)?.is_none() {
            next.external_id = Some(external_id);
        }
    }
    tx.run(sql::MARK_RESTORED, params![id])?;
    write(tx, &next)?;
    super::find(tx, id)
}

/// A page of the deleted connections.
pub fn list_deleted(tx: &Tx<'_>, page: &Page) -> Result<Listed<Connection>, Error> {
    tx.page(&sql::LIST_DELETED, page, &[], from_row)
}

/// Erases one connection, deleted or not, with all that stands on it.
pub fn erase(tx: &Tx<'_>, id: &Id<Connection>) -> Result<(), Error> {
    for statement in sql::DELETE_DEPENDANTS {
        tx.run(statement, params![id])?;
    }
    tx.run(sql::DELETE, params![id]).map(drop)
}

/// Erases every connection of an organization, deleted ones too.
pub(in crate::sso) fn erase_of_organization(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
) -> Result<(), Error> {
    let all = tx.list(sql::ALL_OF_ORGANIZATION, params![organization], |row| row.get("id"))?;
    all.iter().try_for_each(|id| erase(tx, id))
}

/// Erases a portion of what was deleted more than 30 days ago. Answers how many rows went; as long
/// as that is not zero there may be more.
pub fn purge_deleted(tx: &Tx<'_>) -> Result<usize, Error> {
    let due = params![tx.now - RESTORABLE];
    let Some(id) = tx.find(sql::DUE_FOR_ERASURE, due, |row| row.get::<Id<Connection>>("id"))?
    else {
        return Ok(0);
    };
    erase_a_portion(tx, &id)
}

/// Makes all connections of an organization deleted ones that nobody can restore any more.
pub(in crate::sso) fn condemn_of_organization(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
) -> Result<(), Error> {
    for connection in tx.list(sql::OF_ORGANIZATION, params![organization], from_row)? {
        delete(tx, &connection.id)?;
    }
    let due = tx.now - RESTORABLE - Duration::from_millis(1);
    tx.run(sql::CONDEMN, params![organization, due]).map(drop)
}

/// Erases a portion of an organization's deleted connections, as [`purge_deleted`] does.
pub fn purge_of_organization(tx: &Tx<'_>, organization: &Id<Organization>) -> Result<usize, Error> {
    let one = tx.find(sql::DELETED_OF_ORGANIZATION, params![organization], |row| row.get("id"))?;
    one.map_or(Ok(0), |id| erase_a_portion(tx, &id))
}

/// What there can be much of goes in portions, so that others get their turn between.
fn erase_a_portion(tx: &Tx<'_>, id: &Id<Connection>) -> Result<usize, Error> {
    for statement in sql::ERASE_A_PORTION {
        let gone = tx.run(statement, params![id, PURGED_AT_ONCE])?;
        if gone > 0 {
            return Ok(gone);
        }
    }
    erase(tx, id)?;
    tracing::info!(connection = %id, "deleted connection erased");
    Ok(1)
}
