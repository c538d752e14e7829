//! What SQL touches traces, and the sign-ins that end as one because nobody came back.

use crate::store::Keyset;

pub(super) const INSERT: &str = "INSERT INTO traces (id, connection_id, sign_in_id, outcome, code, \
    incident_id, body, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
pub(super) const BY_ID: &str = "SELECT t.id AS id, t.connection_id AS connection_id, \
    t.sign_in_id AS sign_in_id, t.outcome AS outcome, t.code AS code, \
    t.incident_id AS incident_id, t.body AS body, t.created_at AS created_at, \
    c.organization_id AS organization_id, \
    c.connection_type AS connection_type \
    FROM traces AS t JOIN connections AS c ON c.id = t.connection_id WHERE t.id = ?1";
pub(super) const OF_SIGN_IN: &str = "SELECT t.id AS id, t.connection_id AS connection_id, \
    t.sign_in_id AS sign_in_id, t.outcome AS outcome, t.code AS code, \
    t.incident_id AS incident_id, t.body AS body, t.created_at AS created_at, \
    c.organization_id AS organization_id, \
    c.connection_type AS connection_type \
    FROM traces AS t JOIN connections AS c ON c.id = t.connection_id \
    WHERE t.sign_in_id = ?1 AND t.sign_in_id IS NOT NULL \
    ORDER BY t.created_at DESC, t.id DESC LIMIT 1";
pub(super) const OF_INCIDENT: &str = "SELECT t.id AS id, t.connection_id AS connection_id, \
    t.sign_in_id AS sign_in_id, t.outcome AS outcome, t.code AS code, \
    t.incident_id AS incident_id, t.body AS body, t.created_at AS created_at, \
    c.organization_id AS organization_id, c.connection_type AS connection_type \
    FROM traces AS t JOIN connections AS c ON c.id = t.connection_id \
    WHERE t.incident_id = ?1 AND t.code IS NOT NULL";
pub(super) const HELD: &str = "UPDATE held_answers SET trace_id = ?2 WHERE digest = ?1";
pub(super) const OF_HELD: &str = "SELECT trace_id FROM held_answers WHERE digest = ?1";
pub(super) const ANSWERED: &str =
    "UPDATE traces SET outcome = ?2, code = ?3 WHERE id = ?1 AND outcome = 'held'";
pub(super) const SIGN_IN_PENDING: &str =
    "SELECT id FROM sign_ins WHERE id = ?1 AND finished_at IS NULL";

const PLACE: &str = "SELECT created_at FROM traces WHERE id = ?1";

/// `?4` the connection.
pub(super) const LIST: Keyset = Keyset {
    ascending: "SELECT t.id AS id, t.connection_id AS connection_id, t.sign_in_id AS sign_in_id, \
        t.outcome AS outcome, t.code AS code, t.incident_id AS incident_id, t.body AS body, \
        t.created_at AS created_at, \
        c.organization_id AS organization_id, c.connection_type AS connection_type \
        FROM traces AS t JOIN connections AS c ON c.id = t.connection_id \
        WHERE t.connection_id = ?4 AND (t.created_at, t.id) > (?1, ?2) \
        ORDER BY t.created_at, t.id LIMIT ?3",
    descending: "SELECT t.id AS id, t.connection_id AS connection_id, t.sign_in_id AS sign_in_id, \
        t.outcome AS outcome, t.code AS code, t.incident_id AS incident_id, t.body AS body, \
        t.created_at AS created_at, \
        c.organization_id AS organization_id, c.connection_type AS connection_type \
        FROM traces AS t JOIN connections AS c ON c.id = t.connection_id \
        WHERE t.connection_id = ?4 AND (t.created_at, t.id) < (?1, ?2) \
        ORDER BY t.created_at DESC, t.id DESC LIMIT ?3",
    place: PLACE,
};

/// `?4` the connection, `?5` an outcome other than success: those have an index of their own, which
/// a sign-in that succeeds need not touch.
pub(super) const LIST_BY_OUTCOME: Keyset = Keyset {
    ascending: "SELECT t.id AS id, t.connection_id AS connection_id, t.sign_in_id AS sign_in_id, \
        t.outcome AS outcome, t.code AS code, t.incident_id AS incident_id, t.body AS body, \
        t.created_at AS created_at, \
        c.organization_id AS organization_id, c.connection_type AS connection_type \
        FROM traces AS t JOIN connections AS c ON c.id = t.connection_id \
        WHERE t.connection_id = ?4 AND t.outcome = ?5 AND t.outcome <> 'succeeded' \
        AND (t.created_at, t.id) > (?1, ?2) \
        ORDER BY t.created_at, t.id LIMIT ?3",
    descending: "SELECT t.id AS id, t.connection_id AS connection_id, t.sign_in_id AS sign_in_id, \
        t.outcome AS outcome, t.code AS code, t.incident_id AS incident_id, t.body AS body, \
        t.created_at AS created_at, \
        c.organization_id AS organization_id, c.connection_type AS connection_type \
        FROM traces AS t JOIN connections AS c ON c.id = t.connection_id \
        WHERE t.connection_id = ?4 AND t.outcome = ?5 AND t.outcome <> 'succeeded' \
        AND (t.created_at, t.id) < (?1, ?2) \
        ORDER BY t.created_at DESC, t.id DESC LIMIT ?3",
    place: PLACE,
};

/// `?4` the connection: those that succeeded.
pub(super) const LIST_SUCCEEDED: Keyset = Keyset {
    ascending: "SELECT t.id AS id, t.connection_id AS connection_id, t.sign_in_id AS sign_in_id, \
        t.outcome AS outcome, t.code AS code, t.incident_id AS incident_id, t.body AS body, \
        t.created_at AS created_at, \
        c.organization_id AS organization_id, c.connection_type AS connection_type \
        FROM traces AS t JOIN connections AS c ON c.id = t.connection_id \
        WHERE t.connection_id = ?4 AND t.outcome = 'succeeded' AND (t.created_at, t.id) > (?1, ?2) \
        ORDER BY t.created_at, t.id LIMIT ?3",
    descending: "SELECT t.id AS id, t.connection_id AS connection_id, t.sign_in_id AS sign_in_id, \
        t.outcome AS outcome, t.code AS code, t.incident_id AS incident_id, t.body AS body, \
        t.created_at AS created_at, \
        c.organization_id AS organization_id, c.connection_type AS connection_type \
        FROM traces AS t JOIN connections AS c ON c.id = t.connection_id \
        WHERE t.connection_id = ?4 AND t.outcome = 'succeeded' AND (t.created_at, t.id) < (?1, ?2) \
        ORDER BY t.created_at DESC, t.id DESC LIMIT ?3",
    place: PLACE,
};

/// `?4` the connection, `?5` a code, `?6` an outcome or null.
pub(super) const LIST_BY_CODE: Keyset = Keyset {
    ascending: "SELECT t.id AS id, t.connection_id AS connection_id, t.sign_in_id AS sign_in_id, \
        t.outcome AS outcome, t.code AS code, t.incident_id AS incident_id, t.body AS body, \
        t.created_at AS created_at, \
        c.organization_id AS organization_id, c.connection_type AS connection_type \
        FROM traces AS t JOIN connections AS c ON c.id = t.connection_id \
        WHERE t.connection_id = ?4 AND t.code = ?5 AND t.code IS NOT NULL \
        AND (CAST(?6 AS TEXT) IS NULL OR t.outcome = ?6) AND (t.created_at, t.id) > (?1, ?2) \
        ORDER BY t.created_at, t.id LIMIT ?3",
    descending: "SELECT t.id AS id, t.connection_id AS connection_id, t.sign_in_id AS sign_in_id, \
        t.outcome AS outcome, t.code AS code, t.incident_id AS incident_id, t.body AS body, \
        t.created_at AS created_at, \
        c.organization_id AS organization_id, c.connection_type AS connection_type \
        FROM traces AS t JOIN connections AS c ON c.id = t.connection_id \
        WHERE t.connection_id = ?4 AND t.code = ?5 AND t.code IS NOT NULL \
        AND (CAST(?6 AS TEXT) IS NULL OR t.outcome = ?6) AND (t.created_at, t.id) < (?1, ?2) \
        ORDER BY t.created_at DESC, t.id DESC LIMIT ?3",
    place: PLACE,
};

/// `?1` an instant, `?2` a limit.
pub(super) const PURGE: &str = "DELETE FROM traces WHERE id IN \
    (SELECT id FROM traces WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";

/// The oldest sign-ins that are over, finished or not, and how many traces each has.
pub(super) const STALE: &str = "SELECT s.id AS id, s.connection_id AS connection_id, \
    s.client_id AS client_id, s.request_id AS request_id, s.redirect_uri AS redirect_uri, \
    s.force_authn AS force_authn, s.purpose AS purpose, s.created_at AS created_at, \
    s.finished_at AS finished_at, \
    (SELECT COUNT(t.id) FROM traces AS t WHERE t.sign_in_id = s.id) AS traces \
    FROM sign_ins AS s WHERE s.created_at < ?1 ORDER BY s.created_at LIMIT ?2";
pub(super) const STALE_END: &str = "DELETE FROM sign_ins WHERE id = ?1 AND finished_at IS NULL";
pub(super) const STALE_DELETE: &str = "DELETE FROM sign_ins WHERE id = ?1";
