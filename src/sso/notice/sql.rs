//! What SQL touches the notices of certificates that end.

use crate::store::Keyset;

/// The certificates of connections in use that end by `?1` and have no successor: of all that serve
/// the same end, none ends later.
pub(super) const ENDING: &str = "SELECT s.connection_id AS id, \
    'provider' AS purpose, s.fingerprint AS fingerprint, s.not_after AS not_after \
    FROM saml_certificates AS s JOIN connections AS c ON c.id = s.connection_id \
    WHERE s.not_after <= ?1 AND s.left_at IS NULL \
    AND c.deleted_at IS NULL AND c.state <> 'inactive' \
    AND NOT EXISTS (SELECT later.id FROM saml_certificates AS later \
        WHERE later.connection_id = s.connection_id AND later.left_at IS NULL \
        AND later.not_after > s.not_after) \
    UNION ALL SELECT k.connection_id AS id, \
    k.purpose AS purpose, k.fingerprint AS fingerprint, k.not_after AS not_after \
    FROM saml_key_pairs AS k JOIN connections AS c ON c.id = k.connection_id \
    WHERE k.not_after <= ?1 AND c.deleted_at IS NULL AND c.state <> 'inactive' \
    AND NOT EXISTS (SELECT later.id FROM saml_key_pairs AS later \
        WHERE later.connection_id = k.connection_id AND later.purpose = k.purpose \
        AND later.not_after > k.not_after)";
pub(super) const LIVE: &str = "SELECT connection_id AS id, 'provider' AS purpose, fingerprint, \
    not_after FROM saml_certificates WHERE connection_id = ?1 AND left_at IS NULL \
    UNION ALL SELECT connection_id AS id, purpose, fingerprint, not_after \
    FROM saml_key_pairs WHERE connection_id = ?1";

pub(super) const IS_TOLD: &str = "SELECT id FROM certificate_notices WHERE connection_id = ?1 \
    AND certificate_type = ?2 AND fingerprint = ?3 AND threshold_days = ?4";
pub(super) const INSERT: &str = "INSERT INTO certificate_notices (id, connection_id, \
    certificate_type, fingerprint, threshold_days, expires_at, created_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
    ON CONFLICT (connection_id, certificate_type, fingerprint, threshold_days) DO NOTHING";
pub(super) const OF_CONNECTION: &str = "SELECT id, certificate_type, fingerprint, expires_at, \
    renewed_at FROM certificate_notices WHERE connection_id = ?1";
pub(super) const OPEN: &str =
    "SELECT DISTINCT connection_id FROM certificate_notices WHERE renewed_at IS NULL";
pub(super) const RENEWED: &str = "UPDATE certificate_notices SET renewed_at = ?2 WHERE id = ?1";

/// `?4` a connection, or null.
pub(super) const LIST: Keyset = Keyset {
    ascending: "SELECT n.id AS id, n.connection_id AS connection_id, \
        c.organization_id AS organization_id, n.certificate_type AS certificate_type, \
        n.fingerprint AS fingerprint, n.threshold_days AS threshold_days, \
        n.expires_at AS expires_at, n.renewed_at AS renewed_at, n.created_at AS created_at \
        FROM certificate_notices AS n JOIN connections AS c ON c.id = n.connection_id \
        WHERE (n.created_at, n.id) > (?1, ?2) AND c.deleted_at IS NULL \
        AND (CAST(?4 AS TEXT) IS NULL OR n.connection_id = ?4) \
        ORDER BY n.created_at, n.id LIMIT ?3",
    descending: "SELECT n.id AS id, n.connection_id AS connection_id, \
        c.organization_id AS organization_id, n.certificate_type AS certificate_type, \
        n.fingerprint AS fingerprint, n.threshold_days AS threshold_days, \
        n.expires_at AS expires_at, n.renewed_at AS renewed_at, n.created_at AS created_at \
        FROM certificate_notices AS n JOIN connections AS c ON c.id = n.connection_id \
        WHERE (n.created_at, n.id) < (?1, ?2) AND c.deleted_at IS NULL \
        AND (CAST(?4 AS TEXT) IS NULL OR n.connection_id = ?4) \
        ORDER BY n.created_at DESC, n.id DESC LIMIT ?3",
    place: "SELECT created_at FROM certificate_notices WHERE id = ?1",
};
