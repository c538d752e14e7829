//! Places and blocks: every user of a directory has a place in the order of making, and each block of
//! 1,024 places knows how many users stand in it. So the 90,000th user is found by adding up a few
//! numbers.

mod sql;

use super::Directory;
use crate::{
    kit::{error::Error, id::Id},
    store::{Tx, params},
};

/// How many places a block has.
const PLACES: i64 = 1024;

/// Somebody stands at this place from now on.
pub(super) fn enter(tx: &Tx<'_>, directory: &Id<Directory>, place: i64) -> Result<(), Error> {
    tx.run(sql::ENTER, params![directory, place / PLACES]).map(drop)
}

/// Nobody stands at this place any more. A block without users goes.
pub(super) fn leave(tx: &Tx<'_>, directory: &Id<Directory>, place: i64) -> Result<(), Error> {
    tx.run(sql::LEAVE, params![directory, place / PLACES])?;
    tx.run(sql::DELETE_EMPTY, params![directory, place / PLACES]).map(drop)
}

/// The place from which to count, and how many users to pass over from there, to come to the one who
/// has `skip` users before; none when there are not so many.
pub(super) fn seek(
    tx: &Tx<'_>,
    directory: &Id<Directory>,
    skip: u64,
) -> Result<Option<(i64, i64)>, Error> {
    let mut left = i64::try_from(skip).unwrap_or(i64::MAX);
    if left == 0 {
        return Ok(Some((0, 0)));
    }
    let blocks = tx.list(sql::ALL, params![directory], |row| {
        Ok((row.get::<i64>("block")?, row.get::<i64>("users")?))
    })?;
    for (block, users) in blocks {
        if left < users {
            return Ok(Some((block * PLACES, left)));
        }
        left -= users;
    }
    Ok(None)
}
