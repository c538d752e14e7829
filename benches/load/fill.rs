//! Fills a database at rest with what years of sign-ins leave behind, by SQL of its own.

use std::path::Path;

use rusqlite::{Connection, params};

use crate::{Outcome, side};

/// Adds `people` profiles to each connection, in the order in which they would have come: one
/// company's person after another's.
pub(crate) fn fill(database: &Path, connections: &[String], people: usize) -> Outcome<()> {
    let mut file = Connection::open(database)?;
    file.execute_batch("PRAGMA cache_size=-262144; PRAGMA synchronous=OFF;")?;
    let change = file.transaction()?;
    {
        let mut profile = change.prepare(
            "INSERT INTO profiles (id, connection_id, idp_id, email, first_name, last_name, \
             groups, raw_attributes, created_at, updated_at) \
             VALUES (?1, ?2, ?3, ?4, 'Ada', 'Lovelace', ?5, ?6, ?7, ?7)",
        )?;
        let mut at: i64 = 1_700_000_000_000;
        for person in 0..people {
            for (nth, connection) in connections.iter().enumerate() {
                at += 1000;
                let name_id = side::name_id(nth, person);
                let email = format!("person-{person}@{}", side::domain(nth));
                let raw = format!(
                    r#"{{"email":"{email}","firstName":"Ada","groups":["Engineering","Admins"],"id":"{name_id}","lastName":"Lovelace"}}"#
                );
                // Ids sort by their instant, as Kernia's own do.
                let id = format!("prof_01{at:020}{:04}", nth % 10_000);
                let groups = r#"["Engineering","Admins"]"#;
                profile.execute(params![id, connection, name_id, email, groups, raw, at])?;
            }
        }
    }
    change.commit()?;
    file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}
