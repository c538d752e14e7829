//! A condemned directory is gone for everybody at once, its tokens with it; its rows go in portions.
//! Nothing of it can be restored: what its provider has, the provider can send anew.

use super::{Directory, State, find, of_organization, sql};
use crate::{
    directories::Forgetting,
    kit::{error::Error, id::Id},
    organizations::Organization,
    store::{Tx, params},
};

/// How many rows of a table one step of a purge takes.
const PURGED_AT_ONCE: u32 = 1000;

/// Makes the directory a condemned one: nobody finds it any more, and no token opens it.
pub fn condemn(tx: &Tx<'_>, id: &Id<Directory>, _: &Forgetting) -> Result<(), Error> {
    find(tx, id)?;
    tx.run(sql::TOKENS_DELETE, params![id])?;
    tx.run(sql::SET_STATE, params![id, State::Deleting.as_str(), tx.now]).map(drop)
}

/// Condemns all directories of an organization.
pub fn condemn_of_organization(
    tx: &Tx<'_>,
    organization: &Id<Organization>,
    forgetting: &Forgetting,
) -> Result<(), Error> {
    let all = of_organization(tx, organization)?;
    all.iter().try_for_each(|directory| condemn(tx, &directory.id, forgetting))
}

/// Erases a portion of what was condemned. Answers how many rows went; as long as that is not zero
/// there may be more.
pub fn purge(tx: &Tx<'_>) -> Result<usize, Error> {
    let one = tx.find(sql::CONDEMNED, &[], |row| row.get("id"))?;
    one.map_or(Ok(0), |id| erase_a_portion(tx, &id))
}

/// Erases a portion of an organization's condemned directories, as [`purge`] does.
pub fn purge_of_organization(tx: &Tx<'_>, organization: &Id<Organization>) -> Result<usize, Error> {
    let one =
        tx.find(sql::CONDEMNED_OF_ORGANIZATION, params![organization], |row| row.get("id"))?;
    one.map_or(Ok(0), |id| erase_a_portion(tx, &id))
}

/// What there can be much of goes in portions, so that others get their turn between.
fn erase_a_portion(tx: &Tx<'_>, id: &Id<Directory>) -> Result<usize, Error> {
    let gone = erase_groups(tx, id)?;
    if gone > 0 {
        return Ok(gone);
    }
    for statement in sql::ERASE_A_PORTION {
        let gone = tx.run(statement, params![id, PURGED_AT_ONCE])?;
        if gone > 0 {
            return Ok(gone);
        }
    }
    tx.run(sql::DELETE, params![id])?;
    tracing::info!(directory = %id, "deleted directory erased");
    Ok(1)
}

/// One group after the other, each with its members, until the portion is full.
fn erase_groups(tx: &Tx<'_>, id: &Id<Directory>) -> Result<usize, Error> {
    let mut gone = 0;
    while gone < PURGED_AT_ONCE as usize {
        let Some(group) = tx.find(sql::A_GROUP, params![id], |row| row.get::<String>("id"))? else {
            break;
        };
        let members = tx.run(sql::MEMBERS_PORTION, params![&group, PURGED_AT_ONCE])?;
        gone += members;
        if members < PURGED_AT_ONCE as usize {
            gone += tx.run(sql::GROUP_DELETE, params![&group])?;
        }
    }
    Ok(gone)
}
