-- Organizations and their domains. `metadata` is a JSON object of texts.

CREATE TABLE organizations (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    external_id TEXT UNIQUE,
    stripe_customer_id TEXT,
    allow_profiles_outside_organization INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX organizations_created ON organizations (created_at, id);

CREATE TABLE organization_domains (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    domain TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    verification_strategy TEXT NOT NULL,
    verification_token TEXT NOT NULL,
    verification_prefix TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX organization_domains_organization ON organization_domains (organization_id);
