-- A code and the access token that was given for it are one row, found by the id that both begin
-- with: rows of one time lie together, and a sign-in writes few pages. They live for minutes; what
-- they name need not be there any more, for they are worth nothing without it.
CREATE TABLE codes_anew (
    id TEXT NOT NULL PRIMARY KEY,
    digest BLOB NOT NULL,
    token_digest BLOB,
    client_id TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    sign_outs INTEGER NOT NULL,
    redirect_uri TEXT NOT NULL,
    code_challenge TEXT,
    created_at INTEGER NOT NULL,
    spent_at INTEGER
) STRICT;
-- Codes of the schema before have no id: whoever is on the way at the upgrade signs in once more.
DROP TABLE access_tokens;
DROP TABLE codes;
ALTER TABLE codes_anew RENAME TO codes;
CREATE INDEX codes_created ON codes (created_at);

-- How often somebody was signed out: codes and tokens from before the last time are void.
ALTER TABLE profiles ADD COLUMN sign_outs INTEGER NOT NULL DEFAULT 0;
