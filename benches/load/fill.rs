//! Fills a database at rest with what years of sign-ins leave behind, by SQL of its own.

use std::path::Path;

use rusqlite::{Connection, params};

use crate::{Outcome, side};

/// Adds `people` profiles to each connection and a trace for each, in the order in which they would
/// have come: one company's person after another's.
pub(crate) fn fill(
    database: &Path,
    connections: &[String],
    (people, trace_bytes): (usize, usize),
) -> Outcome<()> {
    let mut file = Connection::open(database)?;
    // Nobody else is here, and a fill that breaks off is begun anew.
    for quick in ["journal_mode=DELETE", "journal_mode=OFF"] {
        file.query_row(&format!("PRAGMA {quick}"), [], |_| Ok(()))?;
    }
    file.execute_batch("PRAGMA cache_size=-262144; PRAGMA synchronous=OFF;")?;
    let change = file.transaction()?;
    {
        let mut profile = change.prepare(
            "INSERT INTO profiles (id, connection_id, idp_id, email, first_name, last_name, \
             groups, raw_attributes, created_at, updated_at) \
             VALUES (?1, ?2, ?3, ?4, 'Ada', 'Lovelace', ?5, ?6, ?7, ?7) \
             ON CONFLICT (connection_id, idp_id) DO NOTHING",
        )?;
        let mut trace = change.prepare(
            "INSERT INTO traces (id, connection_id, sign_in_id, outcome, incident_id, body, \
             created_at) VALUES (?1, ?2, ?3, 'succeeded', ?4, ?5, ?6)",
        )?;
        let (body, groups) = (vec![0xA5_u8; trace_bytes], r#"["Engineering","Admins"]"#);
        let mut at: i64 = 1_700_000_000_000;
        for person in 0..people {
            for (nth, connection) in connections.iter().enumerate() {
                at += 1000;
                let name_id = side::name_id(nth, person);
                let email = format!("person-{person}@{}", side::domain(nth));
                let raw = format!(
                    r#"{{"email":"{email}","firstName":"Ada","groups":{groups},"id":"{name_id}","lastName":"Lovelace"}}"#
                );
                // Ids sort by their instant, as Kernia's own do.
                let [id, trace_id, sign_in, incident] = ["prof", "trace", "sign_in", "req"]
                    .map(|prefix| format!("{prefix}_01{at:020}{:04}", nth % 10_000));
                profile.execute(params![id, connection, name_id, email, groups, raw, at])?;
                trace.execute(params![trace_id, connection, sign_in, incident, body, at])?;
            }
        }
    }
    change.commit()?;
    Ok(())
}
