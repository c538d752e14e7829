//! What SQL reads users and groups for the API. Members are found by the group's or the user's side of
//! the membership, and are listed in the order of their ids: sorting a hundred thousand by time for
//! each page would cost what the page is not worth.

use crate::store::Keyset;

pub(super) const USER_BY_ID: &str = "SELECT u.id AS id, u.directory_id AS directory_id, \
    d.organization_id AS organization_id, u.active AS active, u.resource AS resource, \
    u.created_at AS created_at, u.updated_at AS updated_at FROM directory_users AS u \
    JOIN directories AS d ON d.id = u.directory_id WHERE u.id = ?1 AND d.state <> 'deleting'";
pub(super) const USER_IN_DIRECTORY: &str = "SELECT u.id AS id, u.directory_id AS directory_id, \
    d.organization_id AS organization_id, u.active AS active, u.resource AS resource, \
    u.created_at AS created_at, u.updated_at AS updated_at FROM directory_users AS u \
    JOIN directories AS d ON d.id = u.directory_id WHERE u.directory_id = ?1 AND u.id = ?2";
pub(super) const USERS_BY_EXTERNAL_ID: &str = "SELECT u.id AS id, u.directory_id AS directory_id, \
    d.organization_id AS organization_id, u.active AS active, u.resource AS resource, \
    u.created_at AS created_at, u.updated_at AS updated_at FROM directory_users AS u \
    JOIN directories AS d ON d.id = u.directory_id \
    WHERE u.directory_id = ?1 AND u.external_id = ?2";
pub(super) const USERS_BY_EMAIL: &str = "SELECT u.id AS id, u.directory_id AS directory_id, \
    d.organization_id AS organization_id, u.active AS active, u.resource AS resource, \
    u.created_at AS created_at, u.updated_at AS updated_at FROM directory_user_emails AS e \
    JOIN directory_users AS u ON u.id = e.user_id \
    JOIN directories AS d ON d.id = u.directory_id \
    WHERE e.directory_id = ?1 AND e.email_folded = ?2";

/// `?4` the directory.
pub(super) const USERS_OF_DIRECTORY: Keyset = Keyset {
    ascending: "SELECT u.id AS id, u.directory_id AS directory_id, \
        d.organization_id AS organization_id, u.active AS active, u.resource AS resource, \
        u.created_at AS created_at, u.updated_at AS updated_at FROM directory_users AS u \
        JOIN directories AS d ON d.id = u.directory_id \
        WHERE u.directory_id = ?4 AND (u.created_at, u.id) > (?1, ?2) \
        ORDER BY u.created_at, u.id LIMIT ?3",
    descending: "SELECT u.id AS id, u.directory_id AS directory_id, \
        d.organization_id AS organization_id, u.active AS active, u.resource AS resource, \
        u.created_at AS created_at, u.updated_at AS updated_at FROM directory_users AS u \
        JOIN directories AS d ON d.id = u.directory_id \
        WHERE u.directory_id = ?4 AND (u.created_at, u.id) < (?1, ?2) \
        ORDER BY u.created_at DESC, u.id DESC LIMIT ?3",
    place: "SELECT created_at FROM directory_users WHERE id = ?1",
};

/// `?4` the group. Ids alone say the order; `~` stands behind every id.
pub(super) const USERS_OF_GROUP: Keyset = Keyset {
    ascending: "SELECT u.id AS id, u.directory_id AS directory_id, \
        d.organization_id AS organization_id, u.active AS active, u.resource AS resource, \
        u.created_at AS created_at, u.updated_at AS updated_at FROM directory_members AS m \
        JOIN directory_users AS u ON u.id = m.member_id \
        JOIN directories AS d ON d.id = u.directory_id \
        WHERE m.group_id = ?4 AND m.member_id > ?2 AND CAST(?1 AS BIGINT) IS NOT NULL \
        ORDER BY m.member_id LIMIT ?3",
    descending: "SELECT u.id AS id, u.directory_id AS directory_id, \
        d.organization_id AS organization_id, u.active AS active, u.resource AS resource, \
        u.created_at AS created_at, u.updated_at AS updated_at FROM directory_members AS m \
        JOIN directory_users AS u ON u.id = m.member_id \
        JOIN directories AS d ON d.id = u.directory_id \
        WHERE m.group_id = ?4 AND m.member_id < COALESCE(NULLIF(?2, ''), '~') \
        AND CAST(?1 AS BIGINT) IS NOT NULL ORDER BY m.member_id DESC LIMIT ?3",
    place: "SELECT created_at FROM directory_users WHERE id = ?1",
};

pub(super) const GROUP_BY_ID: &str = "SELECT g.id AS id, g.directory_id AS directory_id, \
    d.organization_id AS organization_id, g.resource AS resource, g.created_at AS created_at, \
    g.updated_at AS updated_at FROM directory_groups AS g \
    JOIN directories AS d ON d.id = g.directory_id WHERE g.id = ?1 AND d.state <> 'deleting'";
pub(super) const ALL_GROUPS_OF_USER: &str = "SELECT g.id AS id, g.directory_id AS directory_id, \
    d.organization_id AS organization_id, g.resource AS resource, g.created_at AS created_at, \
    g.updated_at AS updated_at FROM directory_members AS m \
    JOIN directory_groups AS g ON g.id = m.group_id \
    JOIN directories AS d ON d.id = g.directory_id \
    WHERE m.member_id = ?1 ORDER BY m.group_id";

/// `?4` the directory.
pub(super) const GROUPS_OF_DIRECTORY: Keyset = Keyset {
    ascending: "SELECT g.id AS id, g.directory_id AS directory_id, \
        d.organization_id AS organization_id, g.resource AS resource, \
        g.created_at AS created_at, g.updated_at AS updated_at FROM directory_groups AS g \
        JOIN directories AS d ON d.id = g.directory_id \
        WHERE g.directory_id = ?4 AND (g.created_at, g.id) > (?1, ?2) \
        ORDER BY g.created_at, g.id LIMIT ?3",
    descending: "SELECT g.id AS id, g.directory_id AS directory_id, \
        d.organization_id AS organization_id, g.resource AS resource, \
        g.created_at AS created_at, g.updated_at AS updated_at FROM directory_groups AS g \
        JOIN directories AS d ON d.id = g.directory_id \
        WHERE g.directory_id = ?4 AND (g.created_at, g.id) < (?1, ?2) \
        ORDER BY g.created_at DESC, g.id DESC LIMIT ?3",
    place: "SELECT created_at FROM directory_groups WHERE id = ?1",
};

/// `?4` the user; otherwise as [`USERS_OF_GROUP`].
pub(super) const GROUPS_OF_USER: Keyset = Keyset {
    ascending: "SELECT g.id AS id, g.directory_id AS directory_id, \
        d.organization_id AS organization_id, g.resource AS resource, \
        g.created_at AS created_at, g.updated_at AS updated_at FROM directory_members AS m \
        JOIN directory_groups AS g ON g.id = m.group_id \
        JOIN directories AS d ON d.id = g.directory_id \
        WHERE m.member_id = ?4 AND m.group_id > ?2 AND CAST(?1 AS BIGINT) IS NOT NULL \
        ORDER BY m.group_id LIMIT ?3",
    descending: "SELECT g.id AS id, g.directory_id AS directory_id, \
        d.organization_id AS organization_id, g.resource AS resource, \
        g.created_at AS created_at, g.updated_at AS updated_at FROM directory_members AS m \
        JOIN directory_groups AS g ON g.id = m.group_id \
        JOIN directories AS d ON d.id = g.directory_id \
        WHERE m.member_id = ?4 AND m.group_id < COALESCE(NULLIF(?2, ''), '~') \
        AND CAST(?1 AS BIGINT) IS NOT NULL ORDER BY m.group_id DESC LIMIT ?3",
    place: "SELECT created_at FROM directory_groups WHERE id = ?1",
};
