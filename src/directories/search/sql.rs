//! What SQL finds users and groups for a list.

pub(super) const COUNTS: &str =
    "SELECT active_users, inactive_users, groups FROM directories WHERE id = ?1";

pub(super) const USERS_FROM_PLACE: &str = "SELECT id, version, created_at, updated_at, resource, \
    place, active FROM directory_users WHERE directory_id = ?1 AND place >= ?2 \
    ORDER BY place LIMIT ?3 OFFSET ?4";
pub(super) const USERS_AFTER_PLACE: &str = "SELECT id, version, created_at, updated_at, resource, \
    place, active FROM directory_users WHERE directory_id = ?1 AND place > ?2 \
    ORDER BY place LIMIT ?3";
pub(super) const ACTIVE_AFTER_PLACE: &str = "SELECT id, version, created_at, updated_at, resource, \
    place, active FROM directory_users WHERE directory_id = ?1 AND place > ?2 AND active = ?4 \
    ORDER BY place LIMIT ?3";
pub(super) const USERS_CHANGED_AFTER: &str = "SELECT id, version, created_at, updated_at, \
    resource, place, active FROM directory_users \
    WHERE directory_id = ?1 AND (updated_at, id) > (?2, ?3) ORDER BY updated_at, id LIMIT ?4";
pub(super) const GROUPS_SKIPPING: &str = "SELECT id, version, created_at, updated_at, resource, \
    members FROM directory_groups WHERE directory_id = ?1 \
    ORDER BY created_at, id LIMIT ?2 OFFSET ?3";
pub(super) const GROUPS_AFTER: &str = "SELECT id, version, created_at, updated_at, resource, \
    members FROM directory_groups WHERE directory_id = ?1 AND (created_at, id) > (?2, ?3) \
    ORDER BY created_at, id LIMIT ?4";
pub(super) const GROUPS_CHANGED_AFTER: &str = "SELECT id, version, created_at, updated_at, \
    resource, members FROM directory_groups \
    WHERE directory_id = ?1 AND (updated_at, id) > (?2, ?3) ORDER BY updated_at, id LIMIT ?4";

pub(super) const USERS_BY_ID: &str = "SELECT id, version, created_at, updated_at, resource, place, \
    active FROM directory_users WHERE id = ?2 AND directory_id = ?1 LIMIT ?3";
pub(super) const USERS_BY_EXTERNAL_ID: &str = "SELECT id, version, created_at, updated_at, \
    resource, place, active FROM directory_users \
    WHERE directory_id = ?1 AND external_id = ?2 LIMIT ?3";
pub(super) const USERS_BY_USER_NAME: &str = "SELECT id, version, created_at, updated_at, resource, \
    place, active FROM directory_users \
    WHERE directory_id = ?1 AND user_name_folded = ?2 LIMIT ?3";
pub(super) const USERS_BY_EMAIL: &str = "SELECT u.id, u.version, u.created_at, u.updated_at, \
    u.resource, u.place, u.active FROM directory_user_emails e \
    JOIN directory_users u ON u.id = e.user_id \
    WHERE e.directory_id = ?1 AND e.email_folded = ?2 LIMIT ?3";
pub(super) const GROUPS_BY_ID: &str = "SELECT id, version, created_at, updated_at, resource, \
    members FROM directory_groups WHERE id = ?2 AND directory_id = ?1 LIMIT ?3";
pub(super) const GROUPS_BY_EXTERNAL_ID: &str = "SELECT id, version, created_at, updated_at, \
    resource, members FROM directory_groups \
    WHERE directory_id = ?1 AND external_id = ?2 LIMIT ?3";
pub(super) const GROUPS_BY_DISPLAY_NAME: &str = "SELECT id, version, created_at, updated_at, \
    resource, members FROM directory_groups \
    WHERE directory_id = ?1 AND display_name_folded = ?2 LIMIT ?3";
pub(super) const GROUPS_BY_MEMBER: &str = "SELECT g.id, g.version, g.created_at, g.updated_at, \
    g.resource, g.members FROM directory_members m JOIN directory_groups g ON g.id = m.group_id \
    WHERE m.member_id = ?2 AND g.directory_id = ?1 LIMIT ?3";
