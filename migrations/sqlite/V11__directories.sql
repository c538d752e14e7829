-- Directories: what a customer's identity provider provisions through SCIM. Tokens are digests for
-- look-up and sealed beside.

CREATE TABLE directories (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    external_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    directory_type TEXT NOT NULL,
    state TEXT NOT NULL,
    -- Kept with every change, never counted anew.
    active_users INTEGER NOT NULL,
    inactive_users INTEGER NOT NULL,
    groups INTEGER NOT NULL,
    -- The next user's place in the order of making.
    next_place INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- What is only observed: written in batches.
    last_request_at INTEGER,
    refused_tokens INTEGER NOT NULL
) STRICT;
CREATE INDEX directories_created ON directories (created_at, id);
CREATE INDEX directories_organization ON directories (organization_id, created_at, id);
CREATE INDEX directories_deleting ON directories (state) WHERE state = 'deleting';

CREATE TABLE directory_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    directory_id TEXT NOT NULL REFERENCES directories (id),
    digest BLOB NOT NULL UNIQUE,
    token BLOB NOT NULL,
    ending TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER
) STRICT;
CREATE INDEX directory_tokens_directory ON directory_tokens (directory_id, created_at, id);
CREATE INDEX directory_tokens_expires ON directory_tokens (expires_at) WHERE expires_at IS NOT NULL;

-- `resource` is what the provider said, canonical JSON, without what only Kernia knows.
CREATE TABLE directory_users (
    id TEXT NOT NULL PRIMARY KEY,
    directory_id TEXT NOT NULL REFERENCES directories (id),
    place INTEGER NOT NULL,
    user_name_folded TEXT NOT NULL,
    external_id TEXT,
    active INTEGER NOT NULL,
    version INTEGER NOT NULL,
    resource TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (directory_id, user_name_folded)
) STRICT;
CREATE UNIQUE INDEX directory_users_place ON directory_users (directory_id, place);
CREATE INDEX directory_users_created ON directory_users (directory_id, created_at, id);
CREATE INDEX directory_users_updated ON directory_users (directory_id, updated_at, id);
CREATE INDEX directory_users_external ON directory_users (directory_id, external_id)
    WHERE external_id IS NOT NULL;

-- How many users stand at 1,024 places each: what makes the 90,000th user of a list quick to find.
CREATE TABLE directory_user_blocks (
    directory_id TEXT NOT NULL REFERENCES directories (id),
    block INTEGER NOT NULL,
    users INTEGER NOT NULL,
    PRIMARY KEY (directory_id, block)
) STRICT, WITHOUT ROWID;

CREATE TABLE directory_user_emails (
    directory_id TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES directory_users (id),
    PRIMARY KEY (directory_id, email_folded, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_user_emails_user ON directory_user_emails (user_id);

CREATE TABLE directory_groups (
    id TEXT NOT NULL PRIMARY KEY,
    directory_id TEXT NOT NULL REFERENCES directories (id),
    display_name TEXT NOT NULL,
    display_name_folded TEXT NOT NULL,
    external_id TEXT,
    members INTEGER NOT NULL,
    version INTEGER NOT NULL,
    resource TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX directory_groups_created ON directory_groups (directory_id, created_at, id);
CREATE INDEX directory_groups_updated ON directory_groups (directory_id, updated_at, id);
CREATE INDEX directory_groups_name ON directory_groups (directory_id, display_name_folded);
CREATE INDEX directory_groups_external ON directory_groups (directory_id, external_id)
    WHERE external_id IS NOT NULL;

-- A member is a user or a group of the same directory; `display` is what the provider called it.
CREATE TABLE directory_members (
    group_id TEXT NOT NULL REFERENCES directory_groups (id),
    member_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    display TEXT,
    PRIMARY KEY (group_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_members_member ON directory_members (member_id, group_id);
