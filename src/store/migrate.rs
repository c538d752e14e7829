//! Bringing a file's schema up to date: forward only, all steps in one transaction, a copy first.

use std::{
    fs::{self, File},
    path::Path,
};

use rusqlite::Connection;

use super::{
    OpenFault,
    pragma::{self, beside, engine, private_file},
};

refinery::embed_migrations!("migrations/sqlite");

/// The file's schema (0 for an empty one) and the newest that this program knows.
pub(super) fn versions(connection: &Connection) -> Result<(i64, i64), OpenFault> {
    let known = migrations::runner()
        .get_migrations()
        .iter()
        .map(|migration| i64::from(migration.version()))
        .max()
        .unwrap_or(0);
    let found = applied(connection)?.last().map_or(0, |applied| applied.version);
    Ok((found, known))
}

/// Runs what is missing. A file that already holds data is copied beside itself first.
pub(super) fn upgrade(connection: &mut Connection, path: &Path) -> Result<(), OpenFault> {
    let (found, known) = versions(connection)?;
    if found > known {
        return Err(OpenFault::Newer { found, known });
    }
    require_history(connection)?;
    if found == known {
        return Ok(());
    }
    if found > 0 {
        copy(connection, path, found)?;
    }
    // A step that makes a table anew must not take what refers to it along, so references are not
    // looked at meanwhile. The engine takes this word outside of a transaction only.
    connection.execute_batch("PRAGMA foreign_keys=OFF;").map_err(engine)?;
    let upgraded = run(connection);
    connection.execute_batch("PRAGMA foreign_keys=ON;").map_err(engine)?;
    upgraded?;
    let orphans = pragma::orphans(connection).map_err(engine)?;
    if !orphans.is_empty() {
        let copy = beside(path, &format!("schema-{found}"));
        return Err(OpenFault::Engine(format!(
            "after the schema upgrade {}; the database as it was is `{}`",
            orphans.join(", "),
            copy.display()
        )));
    }
    tracing::info!(from = found, to = known, "schema upgraded");
    Ok(())
}

/// All steps that are missing, in one transaction.
fn run(connection: &mut Connection) -> Result<(), OpenFault> {
    let done = migrations::runner().set_grouped(true).run(connection);
    done.map(drop).map_err(|error| {
        let cause = std::error::Error::source(&error)
            .map_or_else(String::new, |cause| format!(" ({cause})"));
        OpenFault::Engine(format!("the schema upgrade failed, nothing was changed: {error}{cause}"))
    })
}

/// Refuses a file whose schema this program did not make, or made by other steps than it has now.
pub(super) fn require_history(connection: &Connection) -> Result<(), OpenFault> {
    let applied = applied(connection)?;
    if applied.is_empty() && holds_tables(connection)? {
        return Err(OpenFault::Engine("it holds tables that are not kernia's".to_owned()));
    }
    let runner = migrations::runner();
    let mut steps: Vec<_> = runner.get_migrations().iter().collect();
    steps.sort_by_key(|step| step.version());
    for (nth, applied) in applied.iter().enumerate() {
        let same = steps.get(nth).is_some_and(|step| {
            i64::from(step.version()) == applied.version
                && step.checksum().to_string() == applied.checksum
        });
        if !same {
            return Err(OpenFault::Engine(format!(
                "its schema was made by another step {} (`{}`) than this kernia has; \
                 run the kernia that made it",
                applied.version, applied.name
            )));
        }
    }
    Ok(())
}

/// A step that a file has behind it.
struct Applied {
    version: i64,
    name: String,
    checksum: String,
}

fn applied(connection: &Connection) -> Result<Vec<Applied>, OpenFault> {
    const HISTORY: &str =
        "SELECT version, name, checksum FROM refinery_schema_history ORDER BY version";
    if !connection.table_exists(None, "refinery_schema_history").map_err(engine)? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare(HISTORY).map_err(engine)?;
    let rows = statement.query_map([], |row| {
        Ok(Applied {
            version: row.get("version")?,
            name: row.get("name")?,
            checksum: row.get("checksum")?,
        })
    });
    rows.and_then(Iterator::collect).map_err(engine)
}

fn holds_tables(connection: &Connection) -> Result<bool, OpenFault> {
    const FOREIGN: &str = "SELECT COUNT(*) > 0 FROM sqlite_schema \
         WHERE name NOT IN ('refinery_schema_history') AND name NOT LIKE 'sqlite_%'";
    connection.query_row(FOREIGN, [], |row| row.get(0)).map_err(engine)
}

/// Writes `kernia.db.schema-3`: the whole database as it was, in one file. It gets its name when it
/// is complete and on disk, so what bears the name can be relied on.
fn copy(connection: &Connection, path: &Path, schema: i64) -> Result<(), OpenFault> {
    let target = beside(path, &format!("schema-{schema}"));
    let part = beside(&target, "part");
    let io = |error| OpenFault::Io(part.clone(), error);
    if part.exists() {
        fs::remove_file(&part).map_err(io)?;
    }
    // SQLite writes into an empty file that exists, so it never stands there readable for others.
    let file = private_file(&part)?;
    let name = part.to_str().ok_or_else(|| io(std::io::ErrorKind::InvalidFilename.into()))?;
    connection.execute("VACUUM INTO ?1", [name]).map_err(engine)?;
    file.sync_all().map_err(io)?;
    fs::rename(&part, &target).map_err(io)?;
    let folder = target.parent().unwrap_or(Path::new("/"));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
    tracing::info!(copy = %target.display(), "copied before the upgrade");
    Ok(())
}
