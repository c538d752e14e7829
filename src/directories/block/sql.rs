//! What SQL touches blocks of places.

pub(super) const ENTER: &str = "INSERT INTO directory_user_blocks (directory_id, block, users) \
    VALUES (?1, ?2, 1) ON CONFLICT (directory_id, block) \
    DO UPDATE SET users = directory_user_blocks.users + 1";
pub(super) const LEAVE: &str = "UPDATE directory_user_blocks SET users = users - 1 \
    WHERE directory_id = ?1 AND block = ?2";
pub(super) const DELETE_EMPTY: &str = "DELETE FROM directory_user_blocks \
    WHERE directory_id = ?1 AND block = ?2 AND users = 0";
pub(super) const ALL: &str = "SELECT block, users FROM directory_user_blocks \
    WHERE directory_id = ?1 ORDER BY block";
