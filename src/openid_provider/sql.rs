//! What SQL touches OpenID clients, keys, requests, sessions, codes and tokens.

use crate::store::Keyset;

pub(super) const CLIENT_INSERT: &str = "INSERT INTO openid_clients (client_id, is_public, \
    is_configured, redirect_uris, post_logout_redirect_uris, created_at, updated_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)";
pub(super) const CLIENT_BY_ID: &str = "SELECT c.id AS id, c.name AS name, \
    o.is_public AS is_public, o.is_configured AS is_configured, \
    o.redirect_uris AS redirect_uris, o.post_logout_redirect_uris AS post_logout_redirect_uris, \
    o.created_at AS created_at, o.updated_at AS updated_at \
    FROM openid_clients AS o JOIN clients AS c ON c.id = o.client_id WHERE o.client_id = ?1";
pub(super) const CLIENT_UPDATE: &str = "UPDATE openid_clients SET redirect_uris = ?2, \
    post_logout_redirect_uris = ?3, updated_at = ?4 WHERE client_id = ?1";
pub(super) const CONFIGURED_CLIENTS: &str =
    "SELECT client_id AS id FROM openid_clients WHERE is_configured = 1 ORDER BY client_id";
pub(super) const PUBLIC_REDIRECT_URIS: &str =
    "SELECT redirect_uris FROM openid_clients WHERE is_public = 1";
pub(super) const CLIENTS: Keyset = Keyset {
    ascending: "SELECT c.id AS id, c.name AS name, o.is_public AS is_public, \
        o.is_configured AS is_configured, o.redirect_uris AS redirect_uris, \
        o.post_logout_redirect_uris AS post_logout_redirect_uris, o.created_at AS created_at, \
        o.updated_at AS updated_at FROM openid_clients AS o JOIN clients AS c ON c.id = o.client_id \
        WHERE (o.created_at, o.client_id) > (?1, ?2) ORDER BY o.created_at, o.client_id LIMIT ?3",
    descending: "SELECT c.id AS id, c.name AS name, o.is_public AS is_public, \
        o.is_configured AS is_configured, o.redirect_uris AS redirect_uris, \
        o.post_logout_redirect_uris AS post_logout_redirect_uris, o.created_at AS created_at, \
        o.updated_at AS updated_at FROM openid_clients AS o JOIN clients AS c ON c.id = o.client_id \
        WHERE (o.created_at, o.client_id) < (?1, ?2) \
        ORDER BY o.created_at DESC, o.client_id DESC LIMIT ?3",
    place: "SELECT created_at FROM openid_clients WHERE client_id = ?1",
};

pub(super) const SECRET_INSERT: &str = "INSERT INTO openid_secrets \
    (id, client_id, digest, ending, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
pub(super) const SECRET_BY_DIGEST: &str =
    "SELECT id FROM openid_secrets WHERE client_id = ?1 AND digest = ?2";
pub(super) const SECRETS_OF: &str = "SELECT id, digest, ending, created_at FROM openid_secrets \
    WHERE client_id = ?1 ORDER BY created_at, id";
pub(super) const SECRET_DELETE: &str =
    "DELETE FROM openid_secrets WHERE client_id = ?1 AND id = ?2";

pub(super) const KEY_INSERT: &str = "INSERT INTO openid_keys \
    (id, private_key, certificate, active_at, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
pub(super) const KEYS: &str =
    "SELECT id, certificate, active_at, created_at FROM openid_keys ORDER BY active_at, id";
pub(super) const PRIVATE_KEY: &str =
    "SELECT id, private_key FROM openid_keys WHERE id = ?1 AND private_key IS NOT NULL";
pub(super) const KEY_ERASE: &str = "UPDATE openid_keys SET private_key = NULL WHERE id = ?1";
pub(super) const KEY_DELETE: &str = "DELETE FROM openid_keys WHERE id = ?1";
pub(super) const KEYS_DELETE: &str = "DELETE FROM openid_keys";

pub(super) const REQUEST_INSERT: &str = "INSERT INTO openid_requests (id, client_id, \
    redirect_uri, state, nonce, scope, code_challenge, profile_id, created_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
pub(super) const REQUEST_BY_ID: &str = "SELECT id, client_id, redirect_uri, state, nonce, scope, \
    code_challenge, profile_id FROM openid_requests WHERE id = ?1";

pub(super) const SESSION_INSERT: &str = "INSERT INTO openid_sessions (id, digest, profile_id, \
    connection_id, auth_time, used_at, until, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?6)";
pub(super) const SESSION_BY_DIGEST: &str = "SELECT id, profile_id, auth_time FROM openid_sessions \
    WHERE digest = ?1 AND until > ?2 AND used_at > ?3";
pub(super) const SESSION_TOUCH: &str = "UPDATE openid_sessions SET used_at = ?2 WHERE id = ?1";
pub(super) const SESSION_DELETE: &str = "DELETE FROM openid_sessions WHERE id = ?1";
pub(super) const SESSIONS_OF_CONNECTION: &str =
    "DELETE FROM openid_sessions WHERE connection_id = ?1";
pub(super) const SESSIONS_OF_PROFILE: &str = "DELETE FROM openid_sessions WHERE profile_id = ?1";

pub(super) const CODE_INSERT: &str = "INSERT INTO openid_codes (digest, client_id, profile_id, \
    session_id, redirect_uri, nonce, scope, code_challenge, auth_time, created_at, spent_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, NULL)";
pub(super) const CODE_BY_DIGEST: &str = "SELECT client_id, profile_id, session_id, redirect_uri, \
    nonce, scope, code_challenge, auth_time, created_at, spent_at FROM openid_codes \
    WHERE digest = ?1";
pub(super) const CODE_SPEND: &str = "UPDATE openid_codes SET spent_at = ?2 WHERE digest = ?1";
pub(super) const CODES_OF_SESSION: &str = "DELETE FROM openid_codes WHERE session_id = ?1";
pub(super) const CODES_OF_PROFILE: &str = "DELETE FROM openid_codes WHERE profile_id = ?1";
/// Those of a connection that can still be exchanged: the ones given after `?2`.
pub(super) const CODES_OF_CONNECTION: &str = "DELETE FROM openid_codes WHERE created_at > ?2 \
    AND EXISTS (SELECT 1 FROM profiles AS p \
    WHERE p.id = openid_codes.profile_id AND p.connection_id = ?1)";

pub(super) const TOKEN_INSERT: &str = "INSERT INTO openid_access_tokens (digest, client_id, \
    profile_id, session_id, scope, code_digest, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
pub(super) const TOKEN_BY_DIGEST: &str = "SELECT profile_id, scope FROM openid_access_tokens \
    WHERE digest = ?1 AND until > ?2";
pub(super) const TOKENS_OF_CODE: &str = "DELETE FROM openid_access_tokens WHERE code_digest = ?1";
pub(super) const TOKENS_OF_SESSION: &str = "DELETE FROM openid_access_tokens WHERE session_id = ?1";
pub(super) const TOKENS_OF_PROFILE: &str = "DELETE FROM openid_access_tokens WHERE profile_id = ?1";
/// Those of a connection that still open anything after `?2`.
pub(super) const TOKENS_OF_CONNECTION: &str = "DELETE FROM openid_access_tokens WHERE until > ?2 \
    AND EXISTS (SELECT 1 FROM profiles AS p \
    WHERE p.id = openid_access_tokens.profile_id AND p.connection_id = ?1)";

pub(super) const FAMILY_INSERT: &str = "INSERT INTO openid_refresh_families (id, client_id, \
    profile_id, connection_id, session_id, scope, code_digest, digest, auth_time, used_at, until, \
    created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?10)";
pub(super) const FAMILY_BY_DIGEST: &str = "SELECT id, client_id, profile_id, session_id, scope, \
    code_digest, digest, previous, rotated_at, auth_time, used_at, until \
    FROM openid_refresh_families WHERE digest = ?1";
pub(super) const FAMILY_BY_SPENT: &str = "SELECT id, client_id, profile_id, session_id, scope, \
    code_digest, digest, previous, rotated_at, auth_time, used_at, until \
    FROM openid_refresh_families \
    WHERE id = (SELECT family_id FROM openid_refresh_spent WHERE digest = ?1)";
pub(super) const FAMILY_ROTATE: &str = "UPDATE openid_refresh_families SET digest = ?2, \
    previous = ?3, rotated_at = ?4, used_at = ?5 WHERE id = ?1";
pub(super) const FAMILY_DELETE: &str = "DELETE FROM openid_refresh_families WHERE id = ?1";
pub(super) const FAMILIES_OF_CODE: &str =
    "DELETE FROM openid_refresh_families WHERE code_digest = ?1";
pub(super) const FAMILIES_OF_SESSION: &str =
    "DELETE FROM openid_refresh_families WHERE session_id = ?1";
pub(super) const FAMILIES_OF_CONNECTION: &str =
    "DELETE FROM openid_refresh_families WHERE connection_id = ?1";
pub(super) const FAMILIES_OF_PROFILE: &str =
    "DELETE FROM openid_refresh_families WHERE profile_id = ?1";
pub(super) const SPENT_INSERT: &str =
    "INSERT INTO openid_refresh_spent (digest, family_id) VALUES (?1, ?2)";

/// What is over, a portion at a time: each takes an instant and a limit.
pub(super) const PURGE_REQUESTS: &str = "DELETE FROM openid_requests WHERE id IN \
    (SELECT id FROM openid_requests WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";
pub(super) const PURGE_CODES: &str = "DELETE FROM openid_codes WHERE digest IN \
    (SELECT digest FROM openid_codes WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";
pub(super) const PURGE_TOKENS: &str = "DELETE FROM openid_access_tokens WHERE digest IN \
    (SELECT digest FROM openid_access_tokens WHERE until < ?1 ORDER BY until LIMIT ?2)";
pub(super) const PURGE_SESSIONS: &str = "DELETE FROM openid_sessions WHERE id IN \
    (SELECT id FROM openid_sessions WHERE until < ?1 ORDER BY until LIMIT ?2)";
pub(super) const PURGE_IDLE_SESSIONS: &str = "DELETE FROM openid_sessions WHERE id IN \
    (SELECT id FROM openid_sessions WHERE used_at < ?1 ORDER BY used_at LIMIT ?2)";
pub(super) const PURGE_FAMILIES: &str = "DELETE FROM openid_refresh_families WHERE id IN \
    (SELECT id FROM openid_refresh_families WHERE until < ?1 ORDER BY until LIMIT ?2)";
pub(super) const PURGE_IDLE_FAMILIES: &str = "DELETE FROM openid_refresh_families WHERE id IN \
    (SELECT id FROM openid_refresh_families WHERE used_at < ?1 ORDER BY used_at LIMIT ?2)";
