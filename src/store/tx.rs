//! [`Tx`]: the one way to the data, in which time stands still.

use rusqlite::Connection;

use super::{Row, Value, pragma};
use crate::kit::{
    chance::Chance,
    error::{Error, Fault},
    id::{Id, Prefixed},
    secret::Secret,
    time::Timestamp,
};

/// A transaction. All its instants are [`Tx::now`].
pub struct Tx<'a> {
    /// The instant of this transaction; never earlier than that of the one before it.
    pub now: Timestamp,
    connection: &'a Connection,
    chance: &'a Chance,
}

impl<'a> Tx<'a> {
    pub(super) fn new(connection: &'a Connection, chance: &'a Chance, now: Timestamp) -> Self {
        Self { now, connection, chance }
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
        let mut statement = self.connection.prepare_cached(sql).map_err(engine)?;
        statement.execute(rusqlite::params_from_iter(params)).map_err(engine)
    }

    /// The first row, if there is one.
    pub fn find<T>(
        &self,
        sql: &'static str,
        params: &[Value],
        from_row: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut statement = self.connection.prepare_cached(sql).map_err(engine)?;
        let mut rows = statement.query(rusqlite::params_from_iter(params)).map_err(engine)?;
        match rows.next().map_err(engine)? {
            Some(row) => from_row(&Row::new(table_of(sql), row)).map(Some),
            None => Ok(None),
        }
    }

    /// All rows, in the statement's order.
    pub fn list<T>(
        &self,
        sql: &'static str,
        params: &[Value],
        from_row: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.connection.prepare_cached(sql).map_err(engine)?;
        let mut rows = statement.query(rusqlite::params_from_iter(params)).map_err(engine)?;
        let mut out = Vec::new();
        while let Some(row) = rows.next().map_err(engine)? {
            out.push(from_row(&Row::new(table_of(sql), row))?);
        }
        Ok(out)
    }
}

/// What SQLite finds wrong, row by row.
pub(super) fn integrity_check(tx: &Tx<'_>) -> Result<Vec<String>, Error> {
    pragma::integrity_check(tx.connection).map_err(engine)
}

fn engine(error: rusqlite::Error) -> Error {
    Fault::Store(error.to_string()).into()
}

/// The table a statement is about, for the message of an inconsistent row.
fn table_of(sql: &'static str) -> &'static str {
    let mut words = sql.split_ascii_whitespace();
    while let Some(word) = words.next() {
        if matches!(word, "FROM" | "INTO" | "UPDATE") {
            return words.next().unwrap_or("?");
        }
    }
    "?"
}
