//! What SQL touches the refreshing of metadata.

pub(super) const DUE: &str = "SELECT r.connection_id AS connection_id FROM metadata_refreshes AS r \
    JOIN connections AS c ON c.id = r.connection_id WHERE r.due_at <= ?1 \
    AND c.deleted_at IS NULL AND c.idp_metadata_url IS NOT NULL ORDER BY r.due_at LIMIT ?2";
pub(super) const OF_CONNECTION: &str = "SELECT connection_id AS id, due_at, attempted_at, \
    fetched_at, valid_until, failures, failure, proposal FROM metadata_refreshes \
    WHERE connection_id = ?1";
pub(super) const WRITE: &str = "INSERT INTO metadata_refreshes (connection_id, due_at, \
    attempted_at, fetched_at, valid_until, failures, failure, proposal) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (connection_id) DO UPDATE SET \
    due_at = excluded.due_at, attempted_at = excluded.attempted_at, \
    fetched_at = excluded.fetched_at, valid_until = excluded.valid_until, \
    failures = excluded.failures, failure = excluded.failure, proposal = excluded.proposal";
pub(super) const HASTEN: &str =
    "UPDATE metadata_refreshes SET due_at = ?2 WHERE connection_id = ?1 AND due_at > ?2";
pub(super) const DELETE: &str = "DELETE FROM metadata_refreshes WHERE connection_id = ?1";
