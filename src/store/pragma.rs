//! How the file is opened: settings, lock, checks. Nothing else touches a connection's settings.

use std::{
    fs::{self, File, OpenOptions, Permissions, TryLockError},
    io::ErrorKind,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::OpenFault;

/// SQLite before 3.51.3 can lose commits when one races a checkpoint.
const OLDEST_ENGINE: i32 = 3_051_003;

/// How long a connection waits for a stranger's lock.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 256;

/// Refuses an engine whose WAL is not safe.
pub(super) fn require_engine() -> Result<(), OpenFault> {
    if rusqlite::version_number() < OLDEST_ENGINE {
        return Err(OpenFault::OldEngine(rusqlite::version().to_owned()));
    }
    Ok(())
}

/// The file itself, wherever `path` leads: two names of one file have one lock. Makes the file,
/// with mode 0600, when it is not there; takes the rights of others away when they have any.
pub(super) fn real_file(path: &Path) -> Result<PathBuf, OpenFault> {
    let io = |error| OpenFault::Io(path.to_owned(), error);
    let real = match path.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            drop(private_file(path)?);
            path.canonicalize()
        }
        known => known,
    }
    .map_err(io)?;
    let mode = real.metadata().map_err(io)?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(&real, Permissions::from_mode(0o600)).map_err(io)?;
        tracing::warn!(file = %real.display(), "others had rights on the database; they were taken");
    }
    Ok(real)
}

/// The lock that keeps a second Kernia away. The system frees it when the process dies.
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would leave it to a child that is just being started with a copy of it.
        let _ = self.0.unlock();
    }
}

/// Takes the lock on a file.
pub(super) fn lock(path: &Path) -> Result<Lock, OpenFault> {
    let beside = beside(path, "lock");
    let file = private_file(&beside)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(OpenFault::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(OpenFault::Io(beside, error)),
    }
}

/// Opens the connection that writes.
pub(super) fn open_writer(path: &Path) -> Result<Connection, OpenFault> {
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
            // The log keeps the length at which it is folded and is written over in place; what a
            // rush made longer than twice that is cut.
            "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; \
             PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-16384;",
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
    connection.busy_timeout(PATIENCE)?;
    connection.execute_batch(
        "PRAGMA trusted_schema=OFF; PRAGMA wal_autocheckpoint=0; \
         PRAGMA cache_size=-4096; PRAGMA temp_store=MEMORY;",
    )?;
    // Without this a kept statement is planned anew whenever its parameters are bound: half of the
    // time of a read.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// Folds the log into the file as far as nobody reads from it, waiting no longer than `patience`
/// for those who do. Answers how many pages of the log are in the file by now.
pub(super) fn fold(
    connection: &Connection,
    checkpoint: &'static str,
    patience: Duration,
) -> Option<i64> {
    let outcome = connection
        .busy_timeout(patience)
        .and_then(|()| connection.query_row(checkpoint, [], |row| row.get(2)));
    let outcome = outcome.and_then(|folded| connection.busy_timeout(PATIENCE).map(|()| folded));
    outcome.inspect_err(|error| tracing::warn!(%error, "the log was not folded into the file")).ok()
}

/// `integrity_check` and `foreign_key_check`: a line for each fault, none when all is well.
pub(super) fn integrity_check(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut faults: Vec<String> = connection
        .prepare("PRAGMA integrity_check")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    faults.retain(|line| line != "ok");
    faults.extend(orphans(connection)?);
    Ok(faults)
}

/// `foreign_key_check`: a line for each row that refers to nothing.
pub(super) fn orphans(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut check = connection.prepare("PRAGMA foreign_key_check")?;
    let lines = check.query_map([], |row| {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        Ok(format!("a row of {table} refers to a missing row of {parent}"))
    })?;
    lines.collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn setting<T: rusqlite::types::FromSql>(connection: &Connection, name: &str) -> T {
        connection.pragma_query_value(None, name, |row| row.get(0)).unwrap()
    }

    #[test]
    fn connections_are_set_up_as_promised() {
        let folder = tempfile::tempdir().unwrap();
        let path = real_file(&folder.path().join("kernia.db")).unwrap();
        let writer = open_writer(&path).unwrap();
        assert_eq!(setting::<String>(&writer, "journal_mode"), "wal");
        assert_eq!(setting::<i64>(&writer, "synchronous"), 2, "FULL");
        for (name, value) in [
            ("foreign_keys", 1),
            ("secure_delete", 1),
            ("trusted_schema", 0),
            ("wal_autocheckpoint", 0),
            ("busy_timeout", 5000),
        ] {
            assert_eq!(setting::<i64>(&writer, name), value, "{name}");
        }
        fold(&writer, "PRAGMA wal_checkpoint(TRUNCATE)", Duration::ZERO);
        assert_eq!(setting::<i64>(&writer, "busy_timeout"), 5000);

        let reader = open_reader(&path).unwrap();
        for (name, value) in [("query_only", 1), ("trusted_schema", 0), ("wal_autocheckpoint", 0)] {
            assert_eq!(setting::<i64>(&reader, name), value, "{name}");
        }
        assert!(reader.execute_batch("CREATE TABLE t (id TEXT) STRICT").is_err());
    }

    #[test]
    fn a_kept_statement_is_planned_once() {
        let folder = tempfile::tempdir().unwrap();
        let writer = open_writer(&real_file(&folder.path().join("kernia.db")).unwrap()).unwrap();
        let schema = "CREATE TABLE t (id TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL) STRICT";
        writer.execute_batch(schema).unwrap();
        let sql = "SELECT id FROM t WHERE id > ?1 AND id LIKE ?2 ORDER BY at LIMIT ?3";
        for (pattern, limit) in [("a%", 1), ("b%", 2), ("c%", 300)] {
            let mut statement = writer.prepare_cached(sql).unwrap();
            let none = statement.exists(rusqlite::params!["x", pattern, limit]).unwrap();
            let again = statement.get_status(rusqlite::StatementStatus::RePrepare);
            assert_eq!((none, again), (false, 0));
        }
    }

    #[test]
    fn the_engine_is_one_whose_log_is_safe() {
        assert!(rusqlite::version_number() >= OLDEST_ENGINE, "{}", rusqlite::version());
        assert!(require_engine().is_ok());
    }
}
