//! What SQL touches users of directories.

/// Nothing happens where the user name is taken.
pub(super) const INSERT: &str = "INSERT INTO directory_users (id, directory_id, place, \
    user_name_folded, external_id, active, version, resource, created_at, updated_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?8) \
    ON CONFLICT (directory_id, user_name_folded) DO NOTHING";
/// One user more, and the place is taken.
pub(super) const COUNT_NEW: &str = "UPDATE directories SET next_place = next_place + 1, \
    active_users = active_users + ?2, inactive_users = inactive_users + ?3 WHERE id = ?1";
pub(super) const COUNT_ACTIVE: &str =
    "UPDATE directories SET active_users = active_users + ?2 WHERE id = ?1";
pub(super) const COUNT_INACTIVE: &str =
    "UPDATE directories SET inactive_users = inactive_users + ?2 WHERE id = ?1";
pub(super) const BY_ID: &str = "SELECT id, version, created_at, updated_at, resource, place, \
    active FROM directory_users WHERE id = ?2 AND directory_id = ?1";
pub(super) const OTHER_WITH_USER_NAME: &str = "SELECT id FROM directory_users \
    WHERE directory_id = ?1 AND user_name_folded = ?2 AND id <> ?3";
pub(super) const UPDATE: &str = "UPDATE directory_users SET user_name_folded = ?2, \
    external_id = ?3, active = ?4, version = version + 1, resource = ?5, updated_at = ?6 \
    WHERE id = ?1";
pub(super) const DELETE: &str = "DELETE FROM directory_users WHERE id = ?1";

pub(super) const EMAIL_INSERT: &str = "INSERT INTO directory_user_emails (directory_id, \
    email_folded, user_id) VALUES (?1, ?2, ?3)";
pub(super) const EMAIL_DELETE: &str = "DELETE FROM directory_user_emails \
    WHERE directory_id = ?1 AND email_folded = ?2 AND user_id = ?3";
pub(super) const EMAILS_DELETE: &str = "DELETE FROM directory_user_emails WHERE user_id = ?1";
