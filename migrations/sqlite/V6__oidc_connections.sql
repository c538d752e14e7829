-- OIDC connections; and connections that belong to no organization (sign-in with Google and its
-- like). In an OIDC connection the shared columns hold OpenID Connect's word for the same thing:
-- `idp_entity_id` the issuer, `idp_sso_url` the authorization endpoint, `sp_entity_id` the client
-- id, `idp_metadata_url` the discovery endpoint.

-- A constraint cannot be dropped: the table is made anew. References to it are checked at the end.
CREATE TABLE connections_anew (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT REFERENCES organizations (id),
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
    settings TEXT NOT NULL,
    deleted_at INTEGER,
    UNIQUE (organization_id, external_id)
) STRICT;
INSERT INTO connections_anew (id, organization_id, external_key, external_id, name, name_folded,
    connection_type, state, sp_entity_id, idp_entity_id, idp_sso_url, idp_metadata_url, revision,
    signed_in, created_at, updated_at, settings, deleted_at)
    SELECT id, organization_id, external_key, external_id, name, name_folded, connection_type,
    state, sp_entity_id, idp_entity_id, idp_sso_url, idp_metadata_url, revision, signed_in,
    created_at, updated_at, settings, deleted_at FROM connections;
DROP TABLE connections;
ALTER TABLE connections_anew RENAME TO connections;
CREATE INDEX connections_created ON connections (created_at, id);
CREATE INDEX connections_organization ON connections (organization_id, created_at, id);
CREATE INDEX connections_deleted ON connections (deleted_at) WHERE deleted_at IS NOT NULL;
-- One of each kind belongs to no organization.
CREATE UNIQUE INDEX connections_provider ON connections (connection_type)
    WHERE organization_id IS NULL;

-- What an OIDC connection has beside the shared columns: its settings as JSON, the secret sealed
-- (at Apple, the key that makes it), and what the provider publishes, with the times at which that
-- was read. Keys of ours stand with those of SAML, in `saml_key_pairs`.
CREATE TABLE oidc_connections (
    connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id),
    settings TEXT NOT NULL,
    client_secret BLOB,
    callback_path TEXT UNIQUE,
    provider TEXT,
    provider_keys TEXT,
    keys_attempted_at INTEGER,
    keys_fetched_at INTEGER,
    due_at INTEGER NOT NULL,
    attempted_at INTEGER,
    fetched_at INTEGER,
    failures INTEGER NOT NULL,
    failure TEXT
) STRICT;
CREATE INDEX oidc_connections_due ON oidc_connections (due_at);

-- An upgrade after which a row refers to nothing does not happen.
CREATE TABLE upgrade_check (orphans INTEGER NOT NULL CHECK (orphans = 0)) STRICT;
INSERT INTO upgrade_check SELECT COUNT(*) FROM pragma_foreign_key_check;
DROP TABLE upgrade_check;
