//! How the file is opened: settings, lock, checks. Nothing else touches a connection's settings.

use std::{
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};

use super::OpenFault;

/// SQLite before 3.51.3 can lose commits when one races a checkpoint.
const OLDEST_ENGINE: i32 = 3_051_003;

/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 256;

/// Refuses an engine whose WAL is not safe.
pub(super) fn require_engine() -> Result<(), OpenFault> {
    if rusqlite::version_number() < OLDEST_ENGINE {
        return Err(OpenFault::OldEngine(rusqlite::version().to_owned()));
    }
    Ok(())
}

/// Takes the lock that keeps a second Kernia away; it is free again when the file is dropped, also
/// after `kill -9`.
pub(super) fn lock(path: &Path) -> Result<File, OpenFault> {
    let path = beside(path, "lock");
    let file = private_file(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenFault::InUse(path.with_extension(""))),
        Err(TryLockError::Error(error)) => Err(OpenFault::Io(path, error)),
    }
}

/// Opens the connection that writes; makes the file with mode 0600.
pub(super) fn open_writer(path: &Path) -> Result<Connection, OpenFault> {
    drop(private_file(path)?);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(engine)?;
    common(&connection).map_err(engine)?;
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(engine)?;
    if mode != "wal" {
        return Err(OpenFault::Engine(format!(
            "this file system does not carry WAL (got `{mode}`)"
        )));
    }
    connection
        .execute_batch(
            "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; \
             PRAGMA journal_size_limit=4194304;",
        )
        .map_err(engine)?;
    Ok(connection)
}

/// Opens a connection that can only read.
pub(super) fn open_reader(path: &Path) -> Result<Connection, OpenFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(engine)?;
    common(&connection).map_err(engine)?;
    connection.execute_batch("PRAGMA query_only=ON;").map_err(engine)?;
    Ok(connection)
}

fn common(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA busy_timeout=5000; PRAGMA trusted_schema=OFF; PRAGMA wal_autocheckpoint=0; \
         PRAGMA cache_size=-1024; PRAGMA temp_store=MEMORY;",
    )?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// `integrity_check` and `foreign_key_check`: a line for each fault, none when all is well.
pub(super) fn integrity_check(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut faults: Vec<String> = connection
        .prepare("PRAGMA integrity_check")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    faults.retain(|line| line != "ok");
    let orphans: Vec<String> = connection
        .prepare("PRAGMA foreign_key_check")?
        .query_map([], |row| {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            Ok(format!("a row of {table} refers to a missing row of {parent}"))
        })?
        .collect::<Result<_, _>>()?;
    faults.extend(orphans);
    Ok(faults)
}

/// `kernia.db` → `kernia.db.lock` and its like.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// Opens or makes a file that only its owner can read.
pub(super) fn private_file(path: &Path) -> Result<File, OpenFault> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|error| OpenFault::Io(path.to_owned(), error))
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(super) fn engine(error: rusqlite::Error) -> OpenFault {
    OpenFault::Engine(error.to_string())
}
