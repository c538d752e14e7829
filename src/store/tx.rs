//! [`Tx`]: the one way to the data, in which time stands still.

use std::cell::{Cell, OnceCell};

use rusqlite::{CachedStatement, Connection};

use super::{Row, Value, pragma};
use crate::kit::{
    chance::Chance,
    error::{Error, Fault},
    id::{Id, Prefixed},
    secret::Secret,
    time::Timestamp,
};

/// What a statement may begin with. How a transaction begins and ends, and how the file is set up,
/// is the lanes' business.
const VERBS: [&str; 5] = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"];

/// A transaction. All its instants are [`Tx::now`].
///
/// Once a statement failed, every further one fails too and nothing of the transaction stays,
/// whatever its work answers: there is no insert, catch, go on. (One engine would allow it, another
/// would not.) For what may already be there, `ON CONFLICT … DO NOTHING RETURNING` says so.
///
/// The writer runs a closure once more when somebody else in its batch was refused after a change.
pub struct Tx<'a> {
    /// The instant of this transaction; never earlier than that of one that began before it.
    pub now: Timestamp,
    connection: &'a Connection,
    chance: &'a Chance,
    broken: OnceCell<Fault>,
    /// Whether anything may have been changed.
    changed: Cell<bool>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(connection: &'a Connection, chance: &'a Chance, now: Timestamp) -> Self {
        Self { now, connection, chance, broken: OnceCell::new(), changed: Cell::new(false) }
    }

    /// A fresh id.
    #[must_use]
    pub fn id<T: Prefixed>(&self) -> Id<T> {
        Id::fresh(self.now.millis(), self.chance.bits())
    }

    /// A fresh secret of 256 random bits behind `prefix`.
    #[must_use]
    pub fn token(&self, prefix: &str) -> Secret {
        self.chance.token(prefix)
    }

    /// Where this transaction's random bytes come from.
    #[must_use]
    pub fn chance(&self) -> &Chance {
        self.chance
    }

    /// Runs a statement that gives no rows; answers how many rows it changed.
    pub fn run(&self, sql: &'static str, params: &[Value]) -> Result<usize, Error> {
        let mut statement = self.statement(sql)?;
        let done = statement.execute(rusqlite::params_from_iter(params));
        let changed = done.map_err(|error| self.breaks(&error))?;
        if changed > 0 {
            self.changed.set(true);
        }
        Ok(changed)
    }

    /// The first row, if there is one.
    pub fn find<T>(
        &self,
        sql: &'static str,
        params: &[Value],
        from_row: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut statement = self.asking(sql)?;
        let mut rows = statement
            .query(rusqlite::params_from_iter(params))
            .map_err(|error| self.breaks(&error))?;
        // A statement that changes something has done all of it, and had its references checked,
        // before it gives its first row.
        let row = rows.next().map_err(|error| self.breaks(&error))?;
        row.map(|row| from_row(&Row::new(sql, row))).transpose()
    }

    /// All rows, in the statement's order.
    pub fn list<T>(
        &self,
        sql: &'static str,
        params: &[Value],
        from_row: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.asking(sql)?;
        let mut rows = statement
            .query(rusqlite::params_from_iter(params))
            .map_err(|error| self.breaks(&error))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(|error| self.breaks(&error))? {
            found.push(from_row(&Row::new(sql, row))?);
        }
        Ok(found)
    }

    /// A statement that gives rows.
    fn asking(&self, sql: &'static str) -> Result<CachedStatement<'_>, Error> {
        let statement = self.statement(sql)?;
        if !statement.readonly() {
            self.changed.set(true);
        }
        Ok(statement)
    }

    fn statement(&self, sql: &'static str) -> Result<CachedStatement<'_>, Error> {
        self.sound()?;
        let verb = sql.split_ascii_whitespace().next().unwrap_or_default();
        if !VERBS.contains(&verb) {
            let fault = Fault::Store(format!("`{verb}` does not run inside a transaction"));
            return Err(self.broken.get_or_init(|| fault).clone().into());
        }
        self.connection.prepare_cached(sql).map_err(|error| self.breaks(&error))
    }

    /// Whether every statement so far went well; otherwise nothing may stay.
    pub(super) fn sound(&self) -> Result<(), Error> {
        self.broken.get().map_or(Ok(()), |fault| Err(fault.clone().into()))
    }

    /// Whether there may be something to take back.
    pub(super) fn has_changed(&self) -> bool {
        self.changed.get() || self.broken.get().is_some()
    }

    fn breaks(&self, error: &rusqlite::Error) -> Error {
        self.broken.get_or_init(|| Fault::Store(error.to_string())).clone().into()
    }
}

/// What SQLite finds wrong, row by row.
pub(super) fn integrity_check(tx: &Tx<'_>) -> Result<Vec<String>, Error> {
    pragma::integrity_check(tx.connection).map_err(|error| tx.breaks(&error))
}
