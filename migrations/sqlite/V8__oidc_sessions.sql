-- Of a session at an OpenID provider, the ID token that it began with, sealed: many providers end a
-- session only for whoever shows it (OIDC RP-Initiated Logout, `id_token_hint`). It goes with the row.
ALTER TABLE sso_sessions ADD COLUMN id_token BLOB;
CREATE INDEX sso_sessions_index ON sso_sessions (connection_id, session_index);
