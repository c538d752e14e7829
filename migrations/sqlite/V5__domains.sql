-- Domains: several organizations may claim one until somebody proves it; a proved one has one owner.
-- Nothing refers to this table, so it can be made anew.

CREATE TABLE organization_domains_next (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    domain TEXT NOT NULL,
    state TEXT NOT NULL,
    -- Why it failed; only where it did.
    failure TEXT,
    verification_strategy TEXT NOT NULL,
    verification_token TEXT NOT NULL,
    verification_prefix TEXT NOT NULL,
    -- Since the verification was last started: how often DNS was asked, when, and what it said.
    checks INTEGER NOT NULL,
    checked_at INTEGER,
    finding TEXT,
    -- When DNS is asked next, 0 before all others; and when the verification fails, which begins
    -- with the first question. Both only while it is pending.
    next_check_at INTEGER,
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
INSERT INTO organization_domains_next (id, organization_id, domain, state, failure,
    verification_strategy, verification_token, verification_prefix, checks, checked_at, finding,
    next_check_at, expires_at, created_at, updated_at)
    SELECT id, organization_id, domain, state, NULL, verification_strategy, verification_token,
    verification_prefix, 0, NULL, NULL, CASE WHEN state = 'pending' THEN 0 END, NULL, created_at,
    updated_at FROM organization_domains;
DROP TABLE organization_domains;
ALTER TABLE organization_domains_next RENAME TO organization_domains;

CREATE UNIQUE INDEX organization_domains_once ON organization_domains (organization_id, domain);
CREATE UNIQUE INDEX organization_domains_owner ON organization_domains (domain)
    WHERE state = 'verified';
CREATE INDEX organization_domains_domain ON organization_domains (domain);
CREATE INDEX organization_domains_created ON organization_domains (created_at, id);
CREATE INDEX organization_domains_due ON organization_domains (next_check_at)
    WHERE next_check_at IS NOT NULL;
