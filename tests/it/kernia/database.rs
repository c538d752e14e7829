//! A look at the database past Kernia, through a connection that can only read.

use std::{collections::BTreeMap, path::Path};

use rusqlite::{Connection, OpenFlags, types::Value};

/// The file, read only.
pub(crate) struct Database(Connection);

impl Database {
    pub(crate) fn open(path: &Path) -> Self {
        Self(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap())
    }

    /// Every row of every table, as text; but no traces, which each attempt leaves, and on which
    /// nothing stands.
    pub(crate) fn contents(&self) -> BTreeMap<String, Vec<String>> {
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        let mut statement = self.0.prepare(tables).unwrap();
        let names = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let names = names.map(|name| name.unwrap()).filter(|name| name != "traces");
        names.map(|name| (name.clone(), self.rows(&name))).collect()
    }

    fn rows(&self, table: &str) -> Vec<String> {
        let mut statement = self.0.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            let values: Result<Vec<Value>, _> = (0..columns).map(|nth| row.get(nth)).collect();
            Ok(format!("{:?}", values?))
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// The number that a statement gives.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.0.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// The text that a statement gives for this parameter, if there is one.
    pub(crate) fn text(&self, sql: &str, param: &str) -> Option<String> {
        self.0.query_row(sql, [param], |row| row.get(0)).ok()
    }

    /// How many rows a table has.
    pub(crate) fn count(&self, table: &str) -> usize {
        self.rows(table).len()
    }
}
