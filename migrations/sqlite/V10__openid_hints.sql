-- Whom an authorization request is about and nobody else: the profile that its `id_token_hint` names.
ALTER TABLE openid_requests ADD COLUMN profile_id TEXT;
