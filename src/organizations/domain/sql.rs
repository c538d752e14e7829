//! What SQL touches the domains of organizations.

use crate::store::Keyset;

pub(super) const INSERT: &str = "INSERT INTO organization_domains (id, organization_id, domain, \
    state, verification_strategy, verification_token, verification_prefix, checks, next_check_at, \
    expires_at, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?10, ?10) \
    ON CONFLICT (organization_id, domain) DO NOTHING";
pub(super) const BY_ID: &str = "SELECT id, organization_id, domain, state, failure, \
    verification_strategy, verification_token, verification_prefix, checks, checked_at, finding, \
    next_check_at, expires_at, created_at, updated_at FROM organization_domains WHERE id = ?1";
pub(super) const OF_ORGANIZATION: &str = "SELECT id, organization_id, domain, state, failure, \
    verification_strategy, verification_token, verification_prefix, checks, checked_at, finding, \
    next_check_at, expires_at, created_at, updated_at FROM organization_domains \
    WHERE organization_id = ?1 ORDER BY created_at, domain";
/// Everybody's claims of one domain.
pub(super) const CLAIMS: &str = "SELECT id, organization_id, domain, state, failure, \
    verification_strategy, verification_token, verification_prefix, checks, checked_at, finding, \
    next_check_at, expires_at, created_at, updated_at FROM organization_domains WHERE domain = ?1";
pub(super) const OWNER: &str =
    "SELECT id, organization_id FROM organization_domains WHERE domain = ?1 AND state = 'verified'";
pub(super) const CLAIMANTS: &str =
    "SELECT id, organization_id FROM organization_domains WHERE domain = ?1";
pub(super) const MOVE: &str = "UPDATE organization_domains SET state = ?2, failure = ?3, \
    verification_strategy = ?4, checks = 0, checked_at = NULL, finding = NULL, \
    next_check_at = ?5, expires_at = ?6, updated_at = ?7 WHERE id = ?1";
pub(super) const CHECKED: &str = "UPDATE organization_domains SET checks = ?2, checked_at = ?3, \
    finding = ?4, next_check_at = ?5, expires_at = ?6 WHERE id = ?1";
pub(super) const DELETE: &str = "DELETE FROM organization_domains WHERE id = ?1";
pub(super) const DELETE_OF: &str = "DELETE FROM organization_domains WHERE organization_id = ?1";

/// Whoever was never asked about, or asks for it now, comes first.
pub(super) const DUE: &str = "SELECT id FROM organization_domains \
    WHERE next_check_at IS NOT NULL AND next_check_at <= ?1 ORDER BY next_check_at LIMIT ?2";

/// `?4` a state, or null.
pub(super) const LIST: Keyset = Keyset {
    ascending: "SELECT id, organization_id, domain, state, failure, verification_strategy, \
        verification_token, verification_prefix, checks, checked_at, finding, next_check_at, \
        expires_at, created_at, updated_at FROM organization_domains \
        WHERE (created_at, id) > (?1, ?2) AND (CAST(?4 AS TEXT) IS NULL OR state = ?4) \
        ORDER BY created_at, id LIMIT ?3",
    descending: "SELECT id, organization_id, domain, state, failure, verification_strategy, \
        verification_token, verification_prefix, checks, checked_at, finding, next_check_at, \
        expires_at, created_at, updated_at FROM organization_domains \
        WHERE (created_at, id) < (?1, ?2) AND (CAST(?4 AS TEXT) IS NULL OR state = ?4) \
        ORDER BY created_at DESC, id DESC LIMIT ?3",
    place: "SELECT created_at FROM organization_domains WHERE id = ?1",
};
