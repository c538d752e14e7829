//! What SQL touches directories themselves, and how all of one goes.

use crate::store::Keyset;

pub(super) const INSERT: &str = "INSERT INTO directories (id, organization_id, external_key, name, \
    name_folded, directory_type, state, active_users, inactive_users, groups, next_place, \
    created_at, updated_at, refused_tokens) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, 0, 0, ?8, ?8, 0)";
pub(super) const BY_ID: &str = "SELECT id, organization_id, external_key, name, directory_type, \
    state, active_users, inactive_users, groups, last_request_at, refused_tokens, created_at, \
    updated_at FROM directories WHERE id = ?1 AND state <> 'deleting'";
pub(super) const BY_KEY: &str =
    "SELECT id FROM directories WHERE external_key = ?1 AND state <> 'deleting'";
pub(super) const OF_ORGANIZATION: &str = "SELECT id, organization_id, external_key, name, \
    directory_type, state, active_users, inactive_users, groups, last_request_at, refused_tokens, \
    created_at, updated_at FROM directories WHERE organization_id = ?1 AND state <> 'deleting' \
    ORDER BY created_at, id";
pub(super) const STATE: &str = "SELECT state, next_place FROM directories WHERE id = ?1";
pub(super) const SET_STATE: &str =
    "UPDATE directories SET state = ?2, updated_at = ?3 WHERE id = ?1";
pub(super) const UPDATE: &str = "UPDATE directories SET name = ?2, name_folded = ?3, \
    directory_type = ?4, updated_at = ?5 WHERE id = ?1";

/// `?4` a folded pattern for the name, or null.
pub(super) const LIST: Keyset = Keyset {
    ascending: "SELECT id, organization_id, external_key, name, directory_type, state, \
        active_users, inactive_users, groups, last_request_at, refused_tokens, created_at, \
        updated_at FROM directories WHERE (created_at, id) > (?1, ?2) AND state <> 'deleting' \
        AND (CAST(?4 AS TEXT) IS NULL OR name_folded LIKE ?4 ESCAPE '\\') \
        ORDER BY created_at, id LIMIT ?3",
    descending: "SELECT id, organization_id, external_key, name, directory_type, state, \
        active_users, inactive_users, groups, last_request_at, refused_tokens, created_at, \
        updated_at FROM directories WHERE (created_at, id) < (?1, ?2) AND state <> 'deleting' \
        AND (CAST(?4 AS TEXT) IS NULL OR name_folded LIKE ?4 ESCAPE '\\') \
        ORDER BY created_at DESC, id DESC LIMIT ?3",
    place: "SELECT created_at FROM directories WHERE id = ?1",
};

pub(super) const TOKENS_DELETE: &str = "DELETE FROM directory_tokens WHERE directory_id = ?1";
pub(super) const CONDEMNED: &str = "SELECT id FROM directories WHERE state = 'deleting' LIMIT 1";
pub(super) const CONDEMNED_OF_ORGANIZATION: &str = "SELECT id FROM directories \
    WHERE organization_id = ?1 AND state = 'deleting' LIMIT 1";

/// The next group that goes, and a portion of its members.
pub(super) const A_GROUP: &str = "SELECT id FROM directory_groups WHERE directory_id = ?1 \
    ORDER BY created_at, id LIMIT 1";
pub(super) const MEMBERS_PORTION: &str = "DELETE FROM directory_members \
    WHERE (group_id, member_id) IN (SELECT group_id, member_id FROM directory_members \
    WHERE group_id = ?1 LIMIT ?2)";
pub(super) const GROUP_DELETE: &str = "DELETE FROM directory_groups WHERE id = ?1";

/// What else there can be much of in a directory: each takes a limit, and begins when the one before
/// it finds nothing.
pub(super) const ERASE_A_PORTION: [&str; 3] = [
    "DELETE FROM directory_user_emails WHERE (directory_id, email_folded, user_id) IN \
        (SELECT directory_id, email_folded, user_id FROM directory_user_emails \
        WHERE directory_id = ?1 LIMIT ?2)",
    "DELETE FROM directory_users WHERE id IN \
        (SELECT id FROM directory_users WHERE directory_id = ?1 LIMIT ?2)",
    "DELETE FROM directory_user_blocks WHERE (directory_id, block) IN \
        (SELECT directory_id, block FROM directory_user_blocks WHERE directory_id = ?1 LIMIT ?2)",
];
pub(super) const DELETE: &str = "DELETE FROM directories WHERE id = ?1";
