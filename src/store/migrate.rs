//! Bringing a file's schema up to date: forward only, all steps in one transaction, a copy first.

use std::path::Path;

use rusqlite::Connection;

use super::{
    OpenFault,
    pragma::{beside, engine, private_file},
};

refinery::embed_migrations!("migrations/sqlite");

/// The file's schema (0 for an empty one) and the newest that this program knows.
pub(super) fn versions(connection: &Connection) -> Result<(i64, i64), OpenFault> {
    let known = embedded()
        .get_migrations()
        .iter()
        .map(|migration| i64::from(migration.version()))
        .max()
        .unwrap_or(0);
    let started: bool = connection
        .query_row(
            "SELECT COUNT(*) FROM sqlite_master WHERE name = 'refinery_schema_history'",
            [],
            |row| row.get(0),
        )
        .map_err(engine)?;
    if !started {
        return Ok((0, known));
    }
    let found = connection
        .query_row("SELECT COALESCE(MAX(version), 0) FROM refinery_schema_history", [], |row| {
            row.get(0)
        })
        .map_err(engine)?;
    Ok((found, known))
}

/// Runs what is missing. A file that already holds data is copied beside itself first.
pub(super) fn upgrade(connection: &mut Connection, path: &Path) -> Result<(), OpenFault> {
    let (found, known) = versions(connection)?;
    if found > known {
        return Err(OpenFault::Newer { found, known });
    }
    if found == known {
        return Ok(());
    }
    if found > 0 {
        copy(connection, path, found)?;
    }
    embedded()
        .set_grouped(true)
        .run(connection)
        .map_err(|error| OpenFault::Engine(format!("the schema upgrade failed: {error}")))?;
    tracing::info!(from = found, to = known, "schema upgraded");
    Ok(())
}

fn embedded() -> refinery::Runner {
    migrations::runner()
}

/// Writes `kernia.db.schema-3`: the whole database as it was, in one file.
fn copy(connection: &Connection, path: &Path, schema: i64) -> Result<(), OpenFault> {
    let target = beside(path, &format!("schema-{schema}"));
    if target.exists() {
        std::fs::remove_file(&target).map_err(|error| OpenFault::Io(target.clone(), error))?;
    }
    // SQLite writes into an empty file that exists, so it never stands there readable for others.
    let file = private_file(&target)?;
    connection.execute("VACUUM INTO ?1", [target.to_string_lossy()]).map_err(engine)?;
    file.sync_all().map_err(|error| OpenFault::Io(target.clone(), error))?;
    tracing::info!(copy = %target.display(), "copied before the upgrade");
    Ok(())
}
