-- Kernia as an OpenID provider: clients that speak OpenID Connect, what they were given, the keys that
-- sign for all of them, and the sessions that let a person sign in to several with one sign-in.
-- A row goes with the client, connection or profile that it belongs to: `sso` deletes those and does
-- not know what stands above it.

-- A client of `clients` that speaks OpenID Connect. Its addresses are lists in JSON.
CREATE TABLE openid_clients (
    client_id TEXT NOT NULL PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
    is_public INTEGER NOT NULL,
    is_configured INTEGER NOT NULL,
    redirect_uris TEXT NOT NULL,
    post_logout_redirect_uris TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX openid_clients_created ON openid_clients (created_at, client_id);

-- Its live secrets, as digests.
CREATE TABLE openid_secrets (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES openid_clients (client_id) ON DELETE CASCADE,
    digest BLOB NOT NULL,
    ending TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (client_id, digest)
) STRICT;

-- Keys that sign ID tokens. The one that became active last signs; the private half of an earlier one
-- is erased.
CREATE TABLE openid_keys (
    id TEXT NOT NULL PRIMARY KEY,
    private_key BLOB,
    certificate BLOB NOT NULL,
    active_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX openid_keys_active ON openid_keys (active_at);

-- What a client asked for, while its person is at the identity provider: `sign_ins.state` names it.
CREATE TABLE openid_requests (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES openid_clients (client_id) ON DELETE CASCADE,
    redirect_uri TEXT NOT NULL,
    state TEXT,
    nonce TEXT,
    scope TEXT NOT NULL,
    code_challenge TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX openid_requests_client ON openid_requests (client_id);
CREATE INDEX openid_requests_created ON openid_requests (created_at);

-- Sessions of Kernia, one a browser.
CREATE TABLE openid_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    profile_id TEXT NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    auth_time INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX openid_sessions_profile ON openid_sessions (profile_id);
CREATE INDEX openid_sessions_connection ON openid_sessions (connection_id);
CREATE INDEX openid_sessions_until ON openid_sessions (until);
CREATE INDEX openid_sessions_used ON openid_sessions (used_at);

-- One-time codes. `session_id` is the `sid` of what they give, also where the session is over.
CREATE TABLE openid_codes (
    digest BLOB NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES openid_clients (client_id) ON DELETE CASCADE,
    profile_id TEXT NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    nonce TEXT,
    scope TEXT NOT NULL,
    code_challenge TEXT,
    auth_time INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    spent_at INTEGER
) STRICT;
CREATE INDEX openid_codes_client ON openid_codes (client_id);
CREATE INDEX openid_codes_profile ON openid_codes (profile_id);
CREATE INDEX openid_codes_session ON openid_codes (session_id);
CREATE INDEX openid_codes_created ON openid_codes (created_at);

CREATE TABLE openid_access_tokens (
    digest BLOB NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES openid_clients (client_id) ON DELETE CASCADE,
    profile_id TEXT NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    code_digest BLOB NOT NULL,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX openid_access_tokens_client ON openid_access_tokens (client_id);
CREATE INDEX openid_access_tokens_profile ON openid_access_tokens (profile_id);
CREATE INDEX openid_access_tokens_session ON openid_access_tokens (session_id);
CREATE INDEX openid_access_tokens_code ON openid_access_tokens (code_digest);
CREATE INDEX openid_access_tokens_until ON openid_access_tokens (until);

-- Refresh tokens that follow one another: `digest` is the one that is good, `previous` the one that it
-- came for.
CREATE TABLE openid_refresh_families (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES openid_clients (client_id) ON DELETE CASCADE,
    profile_id TEXT NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    code_digest BLOB NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    previous BLOB,
    rotated_at INTEGER,
    auth_time INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX openid_refresh_families_client ON openid_refresh_families (client_id);
CREATE INDEX openid_refresh_families_profile ON openid_refresh_families (profile_id);
CREATE INDEX openid_refresh_families_connection ON openid_refresh_families (connection_id);
CREATE INDEX openid_refresh_families_session ON openid_refresh_families (session_id);
CREATE INDEX openid_refresh_families_code ON openid_refresh_families (code_digest);
CREATE INDEX openid_refresh_families_until ON openid_refresh_families (until);
CREATE INDEX openid_refresh_families_used ON openid_refresh_families (used_at);

-- Those that are spent: one that comes again ends its family.
CREATE TABLE openid_refresh_spent (
    digest BLOB NOT NULL PRIMARY KEY,
    family_id TEXT NOT NULL REFERENCES openid_refresh_families (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX openid_refresh_spent_family ON openid_refresh_spent (family_id);
