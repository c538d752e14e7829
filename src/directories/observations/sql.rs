//! How what was observed is written: each statement may come to a row that is gone by now.

pub(super) const REQUEST: &str = "UPDATE directories SET last_request_at = ?2 WHERE id = ?1 \
    AND (last_request_at IS NULL OR last_request_at < ?2)";
pub(super) const FIRST_REQUEST: &str = "UPDATE directories SET state = 'validating', \
    updated_at = ?2 WHERE id = ?1 AND state = 'unlinked'";
pub(super) const REFUSED_TOKENS: &str =
    "UPDATE directories SET refused_tokens = refused_tokens + ?2 WHERE id = ?1";
pub(super) const USED: &str = "UPDATE directory_tokens SET last_used_at = ?2 WHERE id = ?1 \
    AND (last_used_at IS NULL OR last_used_at < ?2)";
