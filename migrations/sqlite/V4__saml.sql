-- SAML complete: settings of connections, keys of ours, further addresses, traces of sign-ins,
-- consent to sign-ins that a provider began, sessions for single logout, the refresh of metadata,
-- notices of certificates that end; and the IT contacts of organizations.

-- What can be set on a connection beside both entity IDs and the provider's address: JSON.
ALTER TABLE connections ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
-- A deleted connection keeps its addresses for 30 days, so that it can be restored.
ALTER TABLE connections ADD COLUMN deleted_at INTEGER;
CREATE INDEX connections_deleted ON connections (deleted_at) WHERE deleted_at IS NOT NULL;

-- Further keys that lead to a connection: the last segments of its other ACS addresses.
CREATE TABLE connection_keys (
    external_key TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id)
) STRICT;
CREATE INDEX connection_keys_connection ON connection_keys (connection_id);

-- Where a pinned certificate came from, since when it is no longer in the metadata, and its use.
ALTER TABLE saml_certificates ADD COLUMN from_metadata INTEGER NOT NULL DEFAULT 0;
ALTER TABLE saml_certificates ADD COLUMN left_at INTEGER;
ALTER TABLE saml_certificates ADD COLUMN first_used_at INTEGER;
ALTER TABLE saml_certificates ADD COLUMN last_used_at INTEGER;

-- Keys of ours at one connection: for signing requests, for decrypting assertions.
CREATE TABLE saml_key_pairs (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id),
    purpose TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    private_key BLOB NOT NULL,
    certificate BLOB NOT NULL,
    signs INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX saml_key_pairs_connection ON saml_key_pairs (connection_id, created_at, id);

-- When the metadata of a connection is read again, how that went, and what waits for a yes, sealed.
CREATE TABLE metadata_refreshes (
    connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id),
    due_at INTEGER NOT NULL,
    attempted_at INTEGER,
    fetched_at INTEGER,
    valid_until INTEGER,
    failures INTEGER NOT NULL,
    failure TEXT,
    proposal BLOB
) STRICT;
CREATE INDEX metadata_refreshes_due ON metadata_refreshes (due_at);
INSERT INTO metadata_refreshes (connection_id, due_at, failures)
    SELECT id, 0, 0 FROM connections WHERE idp_metadata_url IS NOT NULL;
UPDATE saml_certificates SET from_metadata = 1 WHERE connection_id IN
    (SELECT id FROM connections WHERE idp_metadata_url IS NOT NULL);

-- What was told about a certificate that ends, each threshold once.
CREATE TABLE certificate_notices (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id),
    certificate_type TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    threshold_days INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    renewed_at INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (connection_id, certificate_type, fingerprint, threshold_days)
) STRICT;
CREATE INDEX certificate_notices_created ON certificate_notices (created_at, id);

-- What a sign-in is for: an application, a test of the connection, or a restart of one that the
-- provider began.
ALTER TABLE sign_ins ADD COLUMN purpose TEXT NOT NULL DEFAULT 'application';
CREATE INDEX sign_ins_restart ON sign_ins (connection_id, browser) WHERE purpose = 'restart';

-- Tests of a connection: an address to sign in at, and what came of it; the result is sealed.
CREATE TABLE test_sign_ins (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id),
    client_id TEXT NOT NULL REFERENCES clients (id),
    digest BLOB NOT NULL UNIQUE,
    succeeded INTEGER,
    result BLOB,
    finished_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX test_sign_ins_connection ON test_sign_ins (connection_id);
CREATE INDEX test_sign_ins_client ON test_sign_ins (client_id);
CREATE INDEX test_sign_ins_created ON test_sign_ins (created_at);

-- Attempts to sign in: steps, times, and why it failed; the body is sealed.
CREATE TABLE traces (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id),
    sign_in_id TEXT,
    outcome TEXT NOT NULL,
    code TEXT,
    incident_id TEXT,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX traces_connection ON traces (connection_id, created_at, id, outcome);
CREATE INDEX traces_outcome ON traces (connection_id, outcome, created_at, id)
    WHERE outcome <> 'succeeded';
CREATE INDEX traces_code ON traces (connection_id, code, created_at, id) WHERE code IS NOT NULL;
CREATE INDEX traces_incident ON traces (incident_id) WHERE code IS NOT NULL;
CREATE INDEX traces_sign_in ON traces (sign_in_id, created_at, id) WHERE sign_in_id IS NOT NULL;
CREATE INDEX traces_created ON traces (created_at);

-- Names of people, and attributes that an application named.
ALTER TABLE profiles ADD COLUMN name TEXT;
ALTER TABLE profiles ADD COLUMN custom_attributes TEXT NOT NULL DEFAULT '{}';

-- Answers that a provider sent by itself, until the person says yes; and who said yes before, to
-- which application and in which browser.
CREATE TABLE held_answers (
    digest BLOB NOT NULL PRIMARY KEY,
    browser BLOB NOT NULL,
    client_id TEXT NOT NULL REFERENCES clients (id),
    profile_id TEXT NOT NULL REFERENCES profiles (id),
    redirect_uri TEXT NOT NULL,
    trace_id TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX held_answers_created ON held_answers (created_at);
CREATE INDEX held_answers_client ON held_answers (client_id);
CREATE INDEX held_answers_profile ON held_answers (profile_id);
CREATE TABLE consents (
    profile_id TEXT NOT NULL REFERENCES profiles (id),
    client_id TEXT NOT NULL REFERENCES clients (id),
    browser BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (profile_id, client_id, browser)
) STRICT;
CREATE INDEX consents_client ON consents (client_id);
CREATE INDEX consents_created ON consents (created_at);

-- Sessions at the identity provider, where it speaks single logout; and requests of ours to end one.
CREATE TABLE sso_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id),
    profile_id TEXT NOT NULL REFERENCES profiles (id),
    name_id TEXT NOT NULL,
    name_id_format TEXT,
    session_index TEXT,
    until INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sso_sessions_name ON sso_sessions (connection_id, name_id);
CREATE INDEX sso_sessions_profile ON sso_sessions (profile_id);
CREATE INDEX sso_sessions_until ON sso_sessions (until);
CREATE TABLE logouts (
    digest BLOB NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id),
    profile_id TEXT NOT NULL REFERENCES profiles (id),
    request_id TEXT NOT NULL UNIQUE,
    sent_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX logouts_connection ON logouts (connection_id);
CREATE INDEX logouts_profile ON logouts (profile_id);
CREATE INDEX logouts_created ON logouts (created_at);

-- Whom to tell about an organization's connections.
CREATE TABLE it_contacts (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (organization_id, email_folded)
) STRICT;
