//! What SQL touches clients, redirect URIs, API keys and signing keys.

use crate::store::Keyset;

pub(super) const CLIENT_INSERT: &str =
    "INSERT INTO clients (id, name, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)";
pub(super) const CLIENT_KEEP: &str = "INSERT INTO clients (id, name, created_at, updated_at) \
    VALUES (?1, ?2, ?3, ?3) ON CONFLICT (id) DO UPDATE SET name = excluded.name, \
    updated_at = excluded.updated_at WHERE clients.name <> excluded.name";
pub(super) const CLIENT_BY_ID: &str =
    "SELECT id, name, created_at, updated_at FROM clients WHERE id = ?1";
pub(super) const OLDEST_CLIENT: &str = "SELECT id FROM clients ORDER BY created_at, id LIMIT 1";
pub(super) const CLIENT_RENAME: &str =
    "UPDATE clients SET name = ?2, updated_at = ?3 WHERE id = ?1";
pub(super) const CLIENT_DELETE: &str = "DELETE FROM clients WHERE id = ?1";
pub(super) const CLIENTS: Keyset = Keyset {
    ascending: "SELECT id, name, created_at, updated_at FROM clients \
        WHERE (created_at, id) > (?1, ?2) ORDER BY created_at, id LIMIT ?3",
    descending: "SELECT id, name, created_at, updated_at FROM clients \
        WHERE (created_at, id) < (?1, ?2) ORDER BY created_at DESC, id DESC LIMIT ?3",
    place: "SELECT created_at FROM clients WHERE id = ?1",
};

pub(super) const REDIRECT_INSERT: &str = "INSERT INTO redirect_uris \
    (id, client_id, uri, is_default, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)";
pub(super) const REDIRECT_MAKE_DEFAULT: &str =
    "UPDATE redirect_uris SET is_default = 1, updated_at = ?2 WHERE id = ?1";
pub(super) const REDIRECT_BY_ID: &str = "SELECT id, client_id, uri, is_default, created_at, \
    updated_at FROM redirect_uris WHERE client_id = ?1 AND id = ?2";
pub(super) const REDIRECTS_OF_CLIENT: &str = "SELECT id, client_id, uri, is_default, created_at, \
    updated_at FROM redirect_uris WHERE client_id = ?1 ORDER BY created_at, id";
pub(super) const REDIRECTS_BY_AGE: &str = "SELECT r.id AS id, r.client_id AS client_id, \
    r.uri AS uri, r.is_default AS is_default, r.created_at AS created_at, \
    r.updated_at AS updated_at FROM redirect_uris AS r JOIN clients AS c ON c.id = r.client_id \
    ORDER BY c.created_at, c.id, r.created_at, r.id";
pub(super) const REDIRECT_OLDEST_DEFAULT: &str = "SELECT r.client_id AS client_id, r.uri AS uri \
    FROM redirect_uris AS r JOIN clients AS c ON c.id = r.client_id WHERE r.is_default = 1 \
    ORDER BY c.created_at, c.id LIMIT 1";
pub(super) const REDIRECT_CLEAR_DEFAULT: &str = "UPDATE redirect_uris SET is_default = 0, \
    updated_at = ?2 WHERE client_id = ?1 AND is_default = 1";
pub(super) const REDIRECT_DELETE: &str = "DELETE FROM redirect_uris WHERE id = ?1";
pub(super) const REDIRECTS_DELETE: &str = "DELETE FROM redirect_uris WHERE client_id = ?1";
pub(super) const REDIRECTS: Keyset = Keyset {
    ascending: "SELECT id, client_id, uri, is_default, created_at, updated_at FROM redirect_uris \
        WHERE (created_at, id) > (?1, ?2) AND client_id = ?4 ORDER BY created_at, id LIMIT ?3",
    descending: "SELECT id, client_id, uri, is_default, created_at, updated_at FROM redirect_uris \
        WHERE (created_at, id) < (?1, ?2) AND client_id = ?4 \
        ORDER BY created_at DESC, id DESC LIMIT ?3",
    place: "SELECT created_at FROM redirect_uris WHERE id = ?1",
};

pub(super) const API_KEY_INSERT: &str = "INSERT INTO api_keys \
    (id, client_id, name, ending, digest, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
pub(super) const API_KEY_BY_DIGEST: &str = "SELECT id, client_id FROM api_keys WHERE digest = ?1";
pub(super) const API_KEY_DELETE: &str = "DELETE FROM api_keys WHERE client_id = ?1 AND id = ?2";
pub(super) const API_KEYS_DELETE: &str = "DELETE FROM api_keys WHERE client_id = ?1";
pub(super) const API_KEYS: Keyset = Keyset {
    ascending: "SELECT id, client_id, name, ending, created_at FROM api_keys \
        WHERE (created_at, id) > (?1, ?2) AND client_id = ?4 ORDER BY created_at, id LIMIT ?3",
    descending: "SELECT id, client_id, name, ending, created_at FROM api_keys \
        WHERE (created_at, id) < (?1, ?2) AND client_id = ?4 \
        ORDER BY created_at DESC, id DESC LIMIT ?3",
    place: "SELECT created_at FROM api_keys WHERE id = ?1",
};

pub(super) const SIGNING_KEY_INSERT: &str = "INSERT INTO signing_keys \
    (id, client_id, private_key, certificate, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
pub(super) const SIGNING_KEYS_OF_CLIENT: &str =
    "SELECT id, certificate FROM signing_keys WHERE client_id = ?1 ORDER BY created_at DESC, id";
pub(super) const SIGNING_KEYS_DELETE: &str = "DELETE FROM signing_keys WHERE client_id = ?1";
