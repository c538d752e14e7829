-- SSO connections, what the customer's identity provider signs with, sign-ins under way, profiles.
-- Certificates are sealed; their dates and fingerprints stand beside in clear.

CREATE TABLE connections (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    external_key TEXT NOT NULL UNIQUE,
    external_id TEXT,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    connection_type TEXT NOT NULL,
    state TEXT NOT NULL,
    sp_entity_id TEXT NOT NULL,
    idp_entity_id TEXT NOT NULL,
    idp_sso_url TEXT NOT NULL,
    idp_metadata_url TEXT,
    revision INTEGER NOT NULL,
    signed_in INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (organization_id, external_id)
) STRICT;
CREATE INDEX connections_created ON connections (created_at, id);
CREATE INDEX connections_organization ON connections (organization_id, created_at, id);

CREATE TABLE saml_certificates (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id),
    fingerprint TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    certificate BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (connection_id, fingerprint)
) STRICT;

-- Authorization requests of applications: waiting for the identity provider's answer, or finished
-- (kept until they would have run out, so that a second answer is known for what it is).
CREATE TABLE sign_ins (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id),
    client_id TEXT NOT NULL REFERENCES clients (id),
    request_id TEXT NOT NULL UNIQUE,
    browser BLOB NOT NULL,
    redirect_uri TEXT NOT NULL,
    state TEXT,
    code_challenge TEXT,
    force_authn INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;
CREATE INDEX sign_ins_created ON sign_ins (created_at);
CREATE INDEX sign_ins_connection ON sign_ins (connection_id);
CREATE INDEX sign_ins_client ON sign_ins (client_id);

-- Assertions that were accepted: each once.
CREATE TABLE replay_ids (
    connection_id TEXT NOT NULL REFERENCES connections (id),
    assertion_id TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (connection_id, assertion_id)
) STRICT;
CREATE INDEX replay_ids_until ON replay_ids (until);

CREATE TABLE profiles (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id),
    idp_id TEXT NOT NULL,
    email TEXT NOT NULL,
    first_name TEXT,
    last_name TEXT,
    groups TEXT NOT NULL,
    raw_attributes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (connection_id, idp_id)
) STRICT;

-- One-time codes, and the access tokens that were given for them.
CREATE TABLE codes (
    digest BLOB NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id),
    profile_id TEXT NOT NULL REFERENCES profiles (id),
    redirect_uri TEXT NOT NULL,
    code_challenge TEXT,
    created_at INTEGER NOT NULL,
    spent_at INTEGER
) STRICT;
CREATE INDEX codes_created ON codes (created_at);
CREATE INDEX codes_client ON codes (client_id);
CREATE INDEX codes_profile ON codes (profile_id);

CREATE TABLE access_tokens (
    digest BLOB NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id),
    profile_id TEXT NOT NULL REFERENCES profiles (id),
    code_digest BLOB NOT NULL,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX access_tokens_until ON access_tokens (until);
CREATE INDEX access_tokens_client ON access_tokens (client_id);
CREATE INDEX access_tokens_code ON access_tokens (code_digest);
CREATE INDEX access_tokens_profile ON access_tokens (profile_id);
