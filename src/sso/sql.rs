//! What SQL touches connections, certificates, sign-ins, profiles, codes and access tokens.

use crate::store::Keyset;

pub(super) const INSERT: &str = "INSERT INTO connections (id, organization_id, external_key, \
    external_id, name, name_folded, connection_type, state, sp_entity_id, idp_entity_id, \
    idp_sso_url, idp_metadata_url, settings, revision, signed_in, created_at, updated_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 1, 0, ?14, ?14)";
pub(super) const BY_ID: &str = "SELECT id, organization_id, external_key, external_id, name, \
    connection_type, state, sp_entity_id, idp_entity_id, idp_sso_url, idp_metadata_url, settings, \
    revision, signed_in, deleted_at, created_at, updated_at FROM connections \
    WHERE id = ?1 AND deleted_at IS NULL";
pub(super) const BY_KEY: &str = "SELECT id, organization_id, external_key, external_id, name, \
    connection_type, state, sp_entity_id, idp_entity_id, idp_sso_url, idp_metadata_url, settings, \
    revision, signed_in, deleted_at, created_at, updated_at FROM connections \
    WHERE external_key = ?1 AND deleted_at IS NULL";
pub(super) const BY_FURTHER_KEY: &str = "SELECT id, organization_id, external_key, external_id, \
    name, connection_type, state, sp_entity_id, idp_entity_id, idp_sso_url, idp_metadata_url, \
    settings, revision, signed_in, deleted_at, created_at, updated_at FROM connections \
    WHERE id = (SELECT connection_id FROM connection_keys WHERE external_key = ?1) \
    AND deleted_at IS NULL";
pub(super) const BY_EXTERNAL_ID: &str = "SELECT id, organization_id, external_key, external_id, \
    name, connection_type, state, sp_entity_id, idp_entity_id, idp_sso_url, idp_metadata_url, \
    settings, revision, signed_in, deleted_at, created_at, updated_at FROM connections \
    WHERE organization_id = ?1 AND external_id = ?2 AND deleted_at IS NULL";
pub(super) const OF_ORGANIZATION: &str = "SELECT id, organization_id, external_key, external_id, \
    name, connection_type, state, sp_entity_id, idp_entity_id, idp_sso_url, idp_metadata_url, \
    settings, revision, signed_in, deleted_at, created_at, updated_at FROM connections \
    WHERE organization_id = ?1 AND deleted_at IS NULL ORDER BY created_at, id";
pub(super) const OF_PROVIDER: &str = "SELECT id, organization_id, external_key, external_id, \
    name, connection_type, state, sp_entity_id, idp_entity_id, idp_sso_url, idp_metadata_url, \
    settings, revision, signed_in, deleted_at, created_at, updated_at FROM connections \
    WHERE connection_type = ?1 AND organization_id IS NULL AND deleted_at IS NULL";
pub(super) const UPDATE: &str = "UPDATE connections SET name = ?2, name_folded = ?3, \
    external_id = ?4, state = ?5, sp_entity_id = ?6, idp_entity_id = ?7, idp_sso_url = ?8, \
    idp_metadata_url = ?9, signed_in = ?10, settings = ?11, revision = revision + 1, \
    updated_at = ?12 WHERE id = ?1";
pub(super) const TOUCH: &str =
    "UPDATE connections SET revision = revision + 1, updated_at = ?2 WHERE id = ?1";

pub(super) const KEY_OWNER: &str = "SELECT id, deleted_at FROM connections WHERE external_key = ?1 \
    OR id IN (SELECT connection_id FROM connection_keys WHERE external_key = ?1)";
pub(super) const KEYS_OF: &str =
    "SELECT external_key FROM connection_keys WHERE connection_id = ?1";
pub(super) const KEY_INSERT: &str =
    "INSERT INTO connection_keys (external_key, connection_id) VALUES (?1, ?2)";
pub(super) const KEY_DELETE: &str = "DELETE FROM connection_keys WHERE external_key = ?1";

pub(super) const MARK_DELETED: &str = "UPDATE connections SET deleted_at = ?2 WHERE id = ?1";
pub(super) const MARK_RESTORED: &str = "UPDATE connections SET deleted_at = NULL WHERE id = ?1";
pub(super) const DELETED_BY_ID: &str = "SELECT id, organization_id, external_key, external_id, \
    name, connection_type, state, sp_entity_id, idp_entity_id, idp_sso_url, idp_metadata_url, \
    settings, revision, signed_in, deleted_at, created_at, updated_at FROM connections \
    WHERE id = ?1 AND deleted_at IS NOT NULL";
pub(super) const ALL_OF_ORGANIZATION: &str =
    "SELECT id FROM connections WHERE organization_id = ?1";
pub(super) const DELETED_OF_ORGANIZATION: &str = "SELECT id FROM connections \
    WHERE organization_id = ?1 AND deleted_at IS NOT NULL LIMIT 1";
pub(super) const CONDEMN: &str =
    "UPDATE connections SET deleted_at = ?2 WHERE organization_id = ?1";
pub(super) const DUE_FOR_ERASURE: &str =
    "SELECT id FROM connections WHERE deleted_at < ?1 ORDER BY deleted_at LIMIT 1";
pub(super) const DELETE: &str = "DELETE FROM connections WHERE id = ?1";

/// `?4` a type, `?5` a folded pattern for the name: each or null.
pub(super) const LIST: Keyset = Keyset {
    ascending: "SELECT id, organization_id, external_key, external_id, name, connection_type, \
        state, sp_entity_id, idp_entity_id, idp_sso_url, idp_metadata_url, settings, revision, \
        signed_in, deleted_at, created_at, updated_at FROM connections WHERE (created_at, id) > (?1, ?2) \
        AND deleted_at IS NULL \
        AND (CAST(?4 AS TEXT) IS NULL OR connection_type = ?4) \
        AND (CAST(?5 AS TEXT) IS NULL OR name_folded LIKE ?5 ESCAPE '\\') \
        ORDER BY created_at, id LIMIT ?3",
    descending: "SELECT id, organization_id, external_key, external_id, name, connection_type, \
        state, sp_entity_id, idp_entity_id, idp_sso_url, idp_metadata_url, settings, revision, \
        signed_in, deleted_at, created_at, updated_at FROM connections WHERE (created_at, id) < (?1, ?2) \
        AND deleted_at IS NULL \
        AND (CAST(?4 AS TEXT) IS NULL OR connection_type = ?4) \
        AND (CAST(?5 AS TEXT) IS NULL OR name_folded LIKE ?5 ESCAPE '\\') \
        ORDER BY created_at DESC, id DESC LIMIT ?3",
    place: "SELECT created_at FROM connections WHERE id = ?1",
};

/// The deleted ones.
pub(super) const LIST_DELETED: Keyset = Keyset {
    ascending: "SELECT id, organization_id, external_key, external_id, name, connection_type, \
        state, sp_entity_id, idp_entity_id, idp_sso_url, idp_metadata_url, settings, revision, \
        signed_in, deleted_at, created_at, updated_at FROM connections \
        WHERE (created_at, id) > (?1, ?2) AND deleted_at IS NOT NULL \
        ORDER BY created_at, id LIMIT ?3",
    descending: "SELECT id, organization_id, external_key, external_id, name, connection_type, \
        state, sp_entity_id, idp_entity_id, idp_sso_url, idp_metadata_url, settings, revision, \
        signed_in, deleted_at, created_at, updated_at FROM connections \
        WHERE (created_at, id) < (?1, ?2) AND deleted_at IS NOT NULL \
        ORDER BY created_at DESC, id DESC LIMIT ?3",
    place: "SELECT created_at FROM connections WHERE id = ?1",
};

/// What applications were given through a connection. It lives for minutes and is little, the profiles
/// of a connection are many: so the one is walked, and not the other.
pub(super) const TAKE_BACK_WHAT_WAS_GIVEN: &str = "DELETE FROM codes WHERE EXISTS (SELECT 1 FROM profiles AS p \
        WHERE p.id = codes.profile_id AND p.connection_id = ?1)";

/// What is under way at a connection, in the order in which it must go; the first as above.
pub(super) const END_WHAT_IS_UNDER_WAY: [&str; 3] = [
    "DELETE FROM held_answers WHERE EXISTS (SELECT 1 FROM profiles AS p \
        WHERE p.id = held_answers.profile_id AND p.connection_id = ?1)",
    "DELETE FROM logouts WHERE connection_id = ?1",
    "DELETE FROM sign_ins WHERE connection_id = ?1",
];

/// What there can be much of at a connection that nobody uses any more: each takes a limit, and
/// begins when the one before it finds nothing.
pub(super) const ERASE_A_PORTION: [&str; 5] = [
    "DELETE FROM traces WHERE id IN (SELECT id FROM traces WHERE connection_id = ?1 LIMIT ?2)",
    "DELETE FROM sso_sessions WHERE id IN \
        (SELECT s.id FROM sso_sessions AS s WHERE s.connection_id = ?1 LIMIT ?2)",
    "DELETE FROM consents WHERE (profile_id, client_id, browser) IN \
        (SELECT c.profile_id, c.client_id, c.browser FROM profiles AS p JOIN consents AS c \
        ON c.profile_id = p.id WHERE p.connection_id = ?1 LIMIT ?2)",
    "DELETE FROM replay_ids WHERE (connection_id, assertion_id) IN \
        (SELECT connection_id, assertion_id FROM replay_ids WHERE connection_id = ?1 LIMIT ?2)",
    "DELETE FROM profiles WHERE id IN (SELECT id FROM profiles WHERE connection_id = ?1 LIMIT ?2)",
];

/// What stands on a connection, in the order in which it must go.
pub(super) const DELETE_DEPENDANTS: [&str; 16] = [
    "DELETE FROM test_sign_ins WHERE connection_id = ?1",
    "DELETE FROM codes WHERE profile_id IN (SELECT id FROM profiles WHERE connection_id = ?1)",
    "DELETE FROM held_answers WHERE profile_id IN \
        (SELECT id FROM profiles WHERE connection_id = ?1)",
    "DELETE FROM consents WHERE profile_id IN (SELECT id FROM profiles WHERE connection_id = ?1)",
    "DELETE FROM sso_sessions WHERE connection_id = ?1",
    "DELETE FROM logouts WHERE connection_id = ?1",
    "DELETE FROM profiles WHERE connection_id = ?1",
    "DELETE FROM replay_ids WHERE connection_id = ?1",
    "DELETE FROM sign_ins WHERE connection_id = ?1",
    "DELETE FROM traces WHERE connection_id = ?1",
    "DELETE FROM certificate_notices WHERE connection_id = ?1",
    "DELETE FROM metadata_refreshes WHERE connection_id = ?1",
    "DELETE FROM oidc_connections WHERE connection_id = ?1",
    "DELETE FROM saml_key_pairs WHERE connection_id = ?1",
    "DELETE FROM connection_keys WHERE connection_id = ?1",
    "DELETE FROM saml_certificates WHERE connection_id = ?1",
];

pub(super) const KEY_PAIR_INSERT: &str = "INSERT INTO saml_key_pairs (id, connection_id, purpose, \
    fingerprint, not_before, not_after, private_key, certificate, signs, created_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
pub(super) const KEY_PAIRS_OF: &str = "SELECT id, purpose, certificate, signs, created_at \
    FROM saml_key_pairs WHERE connection_id = ?1 ORDER BY created_at, id";
pub(super) const KEY_PAIR_THAT_SIGNS: &str = "SELECT id, private_key, certificate \
    FROM saml_key_pairs WHERE connection_id = ?1 AND signs = 1";
pub(super) const PRIVATE_KEYS_OF: &str = "SELECT id, private_key, certificate \
    FROM saml_key_pairs WHERE connection_id = ?1 AND purpose = ?2 \
    ORDER BY created_at DESC, id DESC";
pub(super) const KEY_PAIRS_SIGN_NO_MORE: &str =
    "UPDATE saml_key_pairs SET signs = 0 WHERE connection_id = ?1 AND signs = 1";
pub(super) const KEY_PAIR_SIGNS: &str =
    "UPDATE saml_key_pairs SET signs = 1 WHERE connection_id = ?1 AND id = ?2";
pub(super) const KEY_PAIR_DELETE: &str =
    "DELETE FROM saml_key_pairs WHERE connection_id = ?1 AND id = ?2";

pub(super) const CERTIFICATE_INSERT: &str = "INSERT INTO saml_certificates (id, connection_id, \
    fingerprint, not_before, not_after, certificate, from_metadata, created_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (connection_id, fingerprint) \
    DO UPDATE SET left_at = NULL, \
    from_metadata = saml_certificates.from_metadata * excluded.from_metadata";
pub(super) const CERTIFICATES_OF: &str = "SELECT id, fingerprint, not_before, not_after, \
    certificate, from_metadata, left_at, first_used_at, last_used_at, created_at \
    FROM saml_certificates WHERE connection_id = ?1 \
    ORDER BY created_at, id";
pub(super) const CERTIFICATES_DELETE: &str =
    "DELETE FROM saml_certificates WHERE connection_id = ?1";
pub(super) const CERTIFICATE_DELETE: &str =
    "DELETE FROM saml_certificates WHERE connection_id = ?1 AND id = ?2";
pub(super) const CERTIFICATE_LEFT: &str = "UPDATE saml_certificates SET left_at = ?2 WHERE id = ?1";
pub(super) const CERTIFICATE_USED: &str = "UPDATE saml_certificates SET \
    first_used_at = COALESCE(first_used_at, ?3), last_used_at = ?3 \
    WHERE connection_id = ?1 AND fingerprint = ?2 \
    AND (last_used_at IS NULL OR last_used_at <= ?4)";

pub(super) const SIGN_IN_INSERT: &str = "INSERT INTO sign_ins (id, connection_id, client_id, \
    request_id, browser, redirect_uri, state, code_challenge, force_authn, purpose, created_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
pub(super) const SIGN_IN_BY_REQUEST: &str = "SELECT id, connection_id, client_id, request_id, \
    browser, redirect_uri, state, code_challenge, force_authn, purpose, created_at, finished_at \
    FROM sign_ins WHERE connection_id = ?1 AND request_id = ?2";
pub(super) const SIGN_IN_BY_ID: &str = "SELECT id, connection_id, client_id, request_id, browser, \
    redirect_uri, state, code_challenge, force_authn, purpose, created_at, finished_at \
    FROM sign_ins WHERE connection_id = ?1 AND id = ?2";
pub(super) const RESTART_UNDER_WAY: &str = "SELECT id FROM sign_ins WHERE connection_id = ?1 \
    AND browser = ?2 AND purpose = 'restart' AND finished_at IS NULL AND created_at > ?3 LIMIT 1";
pub(super) const SIGN_IN_FINISH: &str =
    "UPDATE sign_ins SET finished_at = ?2 WHERE id = ?1 AND finished_at IS NULL";
pub(super) const SIGN_INS_OF_CLIENT: &str = "DELETE FROM sign_ins WHERE client_id = ?1";

pub(super) const REPLAY_INSERT: &str = "INSERT INTO replay_ids (connection_id, assertion_id, \
    until) VALUES (?1, ?2, ?3) ON CONFLICT (connection_id, assertion_id) DO NOTHING";

pub(super) const PROFILE_INSERT: &str = "INSERT INTO profiles (id, connection_id, idp_id, email, \
    first_name, last_name, name, groups, custom_attributes, raw_attributes, created_at, \
    updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)";
pub(super) const PROFILE_OF_PERSON: &str = "SELECT id, email, first_name, last_name, name, groups, \
    custom_attributes, raw_attributes FROM profiles WHERE connection_id = ?1 AND idp_id = ?2";
pub(super) const PROFILE_UPDATE: &str = "UPDATE profiles SET email = ?2, first_name = ?3, \
    last_name = ?4, name = ?5, groups = ?6, custom_attributes = ?7, raw_attributes = ?8, \
    updated_at = ?9 WHERE id = ?1";
pub(super) const PROFILE_SIGN_OUT: &str =
    "UPDATE profiles SET sign_outs = sign_outs + 1 WHERE id = ?1";
pub(super) const PROFILE_BY_ID: &str = "SELECT p.id AS id, p.connection_id AS connection_id, \
    c.organization_id AS organization_id, c.connection_type AS connection_type, \
    p.idp_id AS idp_id, p.email AS email, p.first_name AS first_name, p.last_name AS last_name, \
    p.name AS name, p.groups AS groups, p.custom_attributes AS custom_attributes, \
    p.raw_attributes AS raw_attributes, p.sign_outs AS sign_outs \
    FROM profiles AS p JOIN connections AS c ON c.id = p.connection_id \
    WHERE p.id = ?1 AND c.state <> 'inactive' AND c.deleted_at IS NULL";
/// By the id `?1` of its access token, given after `?2`.
pub(super) const PROFILE_BY_TOKEN: &str = "SELECT p.id AS id, p.connection_id AS connection_id, \
    c.organization_id AS organization_id, c.connection_type AS connection_type, \
    p.idp_id AS idp_id, p.email AS email, p.first_name AS first_name, p.last_name AS last_name, \
    p.name AS name, p.groups AS groups, p.custom_attributes AS custom_attributes, \
    p.raw_attributes AS raw_attributes, p.sign_outs AS sign_outs, \
    t.token_digest AS token_digest FROM codes AS t \
    JOIN profiles AS p ON p.id = t.profile_id JOIN connections AS c ON c.id = p.connection_id \
    WHERE t.id = ?1 AND t.spent_at > ?2 AND t.token_digest IS NOT NULL \
    AND t.sign_outs = p.sign_outs AND c.state <> 'inactive' AND c.deleted_at IS NULL";

/// `?4` the profile.
pub(super) const CODE_INSERT: &str = "INSERT INTO codes (id, digest, client_id, profile_id, \
    sign_outs, redirect_uri, code_challenge, created_at) \
    SELECT ?1, ?2, ?3, p.id, p.sign_outs, ?5, ?6, ?7 FROM profiles AS p WHERE p.id = ?4";
pub(super) const CODE_BY_ID: &str = "SELECT digest, client_id, profile_id, sign_outs, redirect_uri, \
    code_challenge, created_at, spent_at FROM codes WHERE id = ?1";
pub(super) const CODE_SPEND: &str =
    "UPDATE codes SET spent_at = ?2, token_digest = ?3 WHERE id = ?1";
pub(super) const CODE_TAKE_BACK: &str = "UPDATE codes SET token_digest = NULL WHERE id = ?1";
pub(super) const CODES_OF_CLIENT: &str = "DELETE FROM codes WHERE client_id = ?1";

pub(super) const TEST_INSERT: &str = "INSERT INTO test_sign_ins (id, connection_id, client_id, \
    digest, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
pub(super) const TEST_BY_DIGEST: &str = "SELECT id, connection_id, client_id, succeeded, result, \
    finished_at, created_at FROM test_sign_ins WHERE digest = ?1";
pub(super) const TEST_BY_ID: &str = "SELECT id, connection_id, client_id, succeeded, result, \
    finished_at, created_at FROM test_sign_ins WHERE connection_id = ?1 AND id = ?2";
pub(super) const TEST_FINISH: &str = "UPDATE test_sign_ins SET succeeded = ?2, result = ?3, \
    finished_at = ?4 WHERE id = ?1 AND finished_at IS NULL";
pub(super) const TESTS_OF_CLIENT: &str = "DELETE FROM test_sign_ins WHERE client_id = ?1";

pub(super) const HELD_INSERT: &str = "INSERT INTO held_answers (digest, browser, client_id, \
    profile_id, redirect_uri, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
pub(super) const HELD_TAKE: &str = "DELETE FROM held_answers WHERE digest = ?1 AND browser = ?2 \
    AND created_at > ?3 RETURNING client_id, profile_id, redirect_uri";
pub(super) const HELD_OF_CLIENT: &str = "DELETE FROM held_answers WHERE client_id = ?1";
pub(super) const HELD_OF_PROFILE: &str = "DELETE FROM held_answers WHERE profile_id = ?1";
pub(super) const CONSENT: &str = "SELECT created_at FROM consents WHERE profile_id = ?1 \
    AND client_id = ?2 AND browser = ?3 AND created_at > ?4";
pub(super) const CONSENT_UPSERT: &str = "INSERT INTO consents (profile_id, client_id, browser, \
    created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (profile_id, client_id, browser) \
    DO UPDATE SET created_at = excluded.created_at";
pub(super) const CONSENTS_OF_CLIENT: &str = "DELETE FROM consents WHERE client_id = ?1";

pub(super) const SESSION_INSERT: &str = "INSERT INTO sso_sessions (id, connection_id, profile_id, \
    name_id, name_id_format, session_index, until, id_token, created_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
pub(super) const SESSIONS_OF_NAME: &str = "SELECT id, profile_id, name_id, name_id_format, \
    session_index, id_token FROM sso_sessions WHERE connection_id = ?1 AND name_id = ?2";
pub(super) const SESSIONS_OF_INDEX: &str = "SELECT id, profile_id, name_id, name_id_format, \
    session_index, id_token FROM sso_sessions WHERE connection_id = ?1 AND session_index = ?2";
pub(super) const SESSIONS_OF_PROFILE: &str = "SELECT id, profile_id, name_id, name_id_format, \
    session_index, id_token FROM sso_sessions WHERE profile_id = ?1 AND until > ?2 \
    ORDER BY created_at DESC, id DESC";
pub(super) const SESSION_DELETE: &str = "DELETE FROM sso_sessions WHERE id = ?1";
pub(super) const SESSIONS_END: &str = "DELETE FROM sso_sessions WHERE profile_id = ?1";
pub(super) const PROFILE_CONNECTION: &str = "SELECT connection_id FROM profiles WHERE id = ?1";
pub(super) const LOGOUT_INSERT: &str = "INSERT INTO logouts (digest, connection_id, profile_id, \
    request_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
pub(super) const LOGOUT_SEND: &str = "UPDATE logouts SET sent_at = ?2 WHERE digest = ?1 \
    AND sent_at IS NULL AND created_at > ?3 RETURNING connection_id, profile_id, request_id";
pub(super) const LOGOUT_BY_REQUEST: &str = "SELECT request_id FROM logouts \
    WHERE connection_id = ?1 AND request_id = ?2 AND sent_at IS NOT NULL";
pub(super) const LOGOUT_DONE: &str =
    "DELETE FROM logouts WHERE connection_id = ?1 AND request_id = ?2";

/// What is spent, a thousand rows at a time: each takes an instant and a limit.
pub(super) const PURGE_CODES: &str = "DELETE FROM codes WHERE id IN \
    (SELECT id FROM codes WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";
pub(super) const PURGE_REPLAY_IDS: &str = "DELETE FROM replay_ids \
    WHERE (connection_id, assertion_id) IN (SELECT connection_id, assertion_id FROM replay_ids \
    WHERE until < ?1 ORDER BY until LIMIT ?2)";
pub(super) const PURGE_HELD: &str = "DELETE FROM held_answers WHERE digest IN \
    (SELECT digest FROM held_answers WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";
pub(super) const PURGE_CONSENTS: &str = "DELETE FROM consents \
    WHERE (profile_id, client_id, browser) IN (SELECT profile_id, client_id, browser \
    FROM consents WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";
pub(super) const PURGE_SESSIONS: &str = "DELETE FROM sso_sessions WHERE id IN \
    (SELECT id FROM sso_sessions WHERE until < ?1 ORDER BY until LIMIT ?2)";
pub(super) const PURGE_LOGOUTS: &str = "DELETE FROM logouts WHERE digest IN \
    (SELECT digest FROM logouts WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";
pub(super) const PURGE_TESTS: &str = "DELETE FROM test_sign_ins WHERE id IN \
    (SELECT id FROM test_sign_ins WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";
