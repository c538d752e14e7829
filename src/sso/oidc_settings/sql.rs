//! What SQL touches OIDC connections.

pub(super) const INSERT: &str = "INSERT INTO oidc_connections (connection_id, settings, \
    client_secret, callback_path, provider, provider_keys, keys_attempted_at, keys_fetched_at, \
    due_at, attempted_at, fetched_at, failures, failure) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
pub(super) const OF_CONNECTION: &str = "SELECT connection_id AS id, settings, client_secret, \
    provider, provider_keys, keys_attempted_at, keys_fetched_at, due_at, attempted_at, fetched_at, \
    failures, failure FROM oidc_connections WHERE connection_id = ?1";
pub(super) const UPDATE: &str = "UPDATE oidc_connections SET settings = ?2, client_secret = ?3, \
    callback_path = ?4, provider = ?5, provider_keys = ?6, keys_attempted_at = ?7, \
    keys_fetched_at = ?8, due_at = ?9, attempted_at = ?10, fetched_at = ?11, failures = ?12, \
    failure = ?13 WHERE connection_id = ?1";
pub(super) const SETTINGS_OF: &str =
    "SELECT connection_id AS id, settings FROM oidc_connections WHERE connection_id = ?1";
pub(super) const CALLBACK_OWNER: &str =
    "SELECT connection_id AS id FROM oidc_connections WHERE callback_path = ?1";
pub(super) const DUE: &str = "SELECT o.connection_id AS connection_id FROM oidc_connections AS o \
    JOIN connections AS c ON c.id = o.connection_id WHERE o.due_at <= ?1 \
    AND c.deleted_at IS NULL AND c.idp_metadata_url IS NOT NULL ORDER BY o.due_at LIMIT ?2";
