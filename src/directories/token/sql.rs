//! What SQL touches the tokens of directories.

pub(super) const INSERT: &str = "INSERT INTO directory_tokens (id, directory_id, digest, token, \
    ending, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
pub(super) const LIVE_OF: &str = "SELECT id, ending, created_at, expires_at, last_used_at \
    FROM directory_tokens WHERE directory_id = ?1 AND (expires_at IS NULL OR expires_at > ?2) \
    ORDER BY created_at, id";
pub(super) const BY_DIGEST: &str = "SELECT t.id AS id, t.directory_id AS directory_id, \
    t.expires_at AS expires_at, d.external_key AS external_key, \
    d.last_request_at AS last_request_at FROM directory_tokens AS t \
    JOIN directories AS d ON d.id = t.directory_id WHERE t.digest = ?1 AND d.state <> 'deleting'";
pub(super) const EXPIRES: &str = "UPDATE directory_tokens SET expires_at = ?2 WHERE id = ?1";
pub(super) const DELETE: &str = "DELETE FROM directory_tokens WHERE directory_id = ?1 AND id = ?2";
pub(super) const PURGE: &str = "DELETE FROM directory_tokens WHERE id IN \
    (SELECT id FROM directory_tokens WHERE expires_at <= ?1 LIMIT ?2)";
