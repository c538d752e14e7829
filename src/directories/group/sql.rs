//! What SQL touches groups of directories.

pub(super) const INSERT: &str = "INSERT INTO directory_groups (id, directory_id, display_name, \
    display_name_folded, external_id, members, version, resource, created_at, updated_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, 0, 1, ?6, ?7, ?7)";
pub(super) const COUNT: &str = "UPDATE directories SET groups = groups + ?2 WHERE id = ?1";
pub(super) const MEMBERS: &str = "UPDATE directory_groups SET members = members + ?2 WHERE id = ?1";
pub(super) const BY_ID: &str = "SELECT id, version, created_at, updated_at, resource, members \
    FROM directory_groups WHERE id = ?2 AND directory_id = ?1";
pub(super) const UPDATE: &str = "UPDATE directory_groups SET display_name = ?2, \
    display_name_folded = ?3, external_id = ?4, resource = ?5, members = members + ?6, \
    version = version + 1, updated_at = ?7 WHERE id = ?1";
pub(super) const UPDATE_MEMBERS: &str = "UPDATE directory_groups SET members = members + ?2, \
    version = version + 1, updated_at = ?3 WHERE id = ?1";
pub(super) const DELETE: &str = "DELETE FROM directory_groups WHERE id = ?1";
