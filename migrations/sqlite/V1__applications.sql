-- Applications that sign their users in through Kernia, with their keys and addresses; and the
-- vault's wrapped data keys. Instants are milliseconds since 1970.

CREATE TABLE data_keys (
    id TEXT NOT NULL PRIMARY KEY,
    wrapped BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE clients (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE redirect_uris (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id),
    uri TEXT NOT NULL,
    is_default INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (client_id, uri)
) STRICT;

CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id),
    private_key BLOB NOT NULL,
    certificate BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX signing_keys_client ON signing_keys (client_id);

CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id),
    name TEXT NOT NULL,
    ending TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX api_keys_client ON api_keys (client_id);
