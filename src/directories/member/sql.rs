//! What SQL touches members of groups.

pub(super) const USER_JOINS: &str = "INSERT INTO directory_members (group_id, member_id, kind, \
    display) SELECT ?1, id, 'User', ?3 FROM directory_users WHERE id = ?2 AND directory_id = ?4 \
    ON CONFLICT (group_id, member_id) DO NOTHING";
pub(super) const GROUP_JOINS: &str = "INSERT INTO directory_members (group_id, member_id, kind, \
    display) SELECT ?1, id, 'Group', ?3 FROM directory_groups WHERE id = ?2 AND directory_id = ?4 \
    ON CONFLICT (group_id, member_id) DO NOTHING";
pub(super) const IS_IN: &str =
    "SELECT member_id FROM directory_members WHERE group_id = ?1 AND member_id = ?2";
pub(super) const LEAVE: &str =
    "DELETE FROM directory_members WHERE group_id = ?1 AND member_id = ?2";
pub(super) const CLEAR: &str = "DELETE FROM directory_members WHERE group_id = ?1";
pub(super) const IDS: &str = "SELECT member_id FROM directory_members WHERE group_id = ?1";
pub(super) const OF_GROUP: &str = "SELECT member_id, kind, display FROM directory_members \
    WHERE group_id = ?1 ORDER BY member_id";
pub(super) const ONE_OF_GROUP: &str = "SELECT member_id, kind, display FROM directory_members \
    WHERE group_id = ?1 AND member_id = ?2";

pub(super) const ALL_LOSE: &str = "UPDATE directory_groups SET members = members - 1, \
    version = version + 1, updated_at = ?2 \
    WHERE id IN (SELECT group_id FROM directory_members WHERE member_id = ?1)";
pub(super) const LEAVE_ALL: &str = "DELETE FROM directory_members WHERE member_id = ?1";

/// The groups above a group. `UNION` goes to each once, so that it ends.
pub(super) const ABOVE: &str = "WITH RECURSIVE above (group_id) AS \
    (SELECT group_id FROM directory_members WHERE member_id = ?1 \
    UNION SELECT m.group_id FROM above JOIN directory_members m ON m.member_id = above.group_id) \
    SELECT group_id FROM above";
/// The groups that a user or group is in by itself.
pub(super) const GROUPS_OF: &str = "SELECT g.id, g.display_name FROM directory_members m \
    JOIN directory_groups g ON g.id = m.group_id WHERE m.member_id = ?1 ORDER BY m.group_id";
