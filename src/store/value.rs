//! What goes into a statement and what comes out of it: four kinds of value, rows read by name.

use std::{cell::Cell, fmt};

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

use crate::kit::{
    error::{Error, Fault},
    id::Id,
    time::Timestamp,
};

/// A value in a column. There are four kinds and no more (`sql.md`: the same in every engine).
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Null,
    /// A number, a boolean (0 or 1) or an instant (milliseconds).
    Integer(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// Says the kind only: a parameter may be a secret's cipher or somebody's name.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Integer(_) => "Integer(…)",
            Self::Text(_) => "Text(…)",
            Self::Blob(_) => "Blob(…)",
        })
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(i64::from(number))
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Integer(i64::from(truth))
    }
}

impl From<Timestamp> for Value {
    fn from(instant: Timestamp) -> Self {
        Self::Integer(instant.millis())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Blob(bytes.to_vec())
    }
}

impl<T> From<&Id<T>> for Value {
    fn from(id: &Id<T>) -> Self {
        Self::Text(id.as_str().to_owned())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        if matches!(self, Self::Text(text) if text.contains('\0')) {
            // Not every engine stores it, and this one's own functions stop at it.
            let why = "text with a NUL character is not stored";
            return Err(rusqlite::Error::ToSqlConversionFailure(why.into()));
        }
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// What a column can be read as. `None` means that the stored value is not of that kind.
pub trait FromValue: Sized {
    /// Reads an integer column.
    #[must_use]
    fn from_integer(_: i64) -> Option<Self> {
        None
    }
    /// Reads a text column.
    #[must_use]
    fn from_text(_: &str) -> Option<Self> {
        None
    }
    /// Reads a blob column.
    #[must_use]
    fn from_blob(_: &[u8]) -> Option<Self> {
        None
    }
    /// Reads a column that holds nothing.
    #[must_use]
    fn from_null() -> Option<Self> {
        None
    }
}

impl FromValue for i64 {
    fn from_integer(number: i64) -> Option<Self> {
        Some(number)
    }
}

impl FromValue for bool {
    fn from_integer(number: i64) -> Option<Self> {
        match number {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl FromValue for Timestamp {
    fn from_integer(number: i64) -> Option<Self> {
        Some(Self::from_millis(number))
    }
}

impl FromValue for String {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl FromValue for Vec<u8> {
    fn from_blob(bytes: &[u8]) -> Option<Self> {
        Some(bytes.to_vec())
    }
}

impl<T> FromValue for Id<T> {
    fn from_text(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_integer(number: i64) -> Option<Self> {
        T::from_integer(number).map(Some)
    }
    fn from_text(text: &str) -> Option<Self> {
        T::from_text(text).map(Some)
    }
    fn from_blob(bytes: &[u8]) -> Option<Self> {
        T::from_blob(bytes).map(Some)
    }
    fn from_null() -> Option<Self> {
        Some(None)
    }
}

/// A row in a noun's `from_row`, read by column name.
pub struct Row<'a> {
    sql: &'static str,
    current: &'a rusqlite::Row<'a>,
    /// The column that is probably asked for next: most read in the statement's order.
    next: Cell<usize>,
}

impl<'a> Row<'a> {
    pub(super) fn new(sql: &'static str, current: &'a rusqlite::Row<'a>) -> Self {
        Self { sql, current, next: Cell::new(0) }
    }

    /// The column `name`. What is stored is an input too: a value that is not of the kind asked for
    /// is [`Fault::Inconsistent`].
    pub fn get<T: FromValue>(&self, name: &str) -> Result<T, Error> {
        let value = self.place(name).and_then(|place| self.current.get_ref(place));
        let read = match value.map_err(|error| Fault::Store(error.to_string()))? {
            ValueRef::Null => T::from_null(),
            ValueRef::Integer(number) => T::from_integer(number),
            ValueRef::Text(text) => std::str::from_utf8(text).ok().and_then(T::from_text),
            ValueRef::Blob(bytes) => T::from_blob(bytes),
            ValueRef::Real(_) => None,
        };
        read.ok_or_else(|| self.inconsistent(name))
    }

    fn place(&self, name: &str) -> rusqlite::Result<usize> {
        let (statement, next) = (self.current.as_ref(), self.next.get());
        let place = match statement.column_name(next) {
            Ok(found) if found == name => next,
            _ => statement.column_index(name)?,
        };
        self.next.set(place + 1);
        Ok(place)
    }

    /// The text column `name`, read by `parse`.
    pub fn parse<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
        parse(&self.get::<String>(name)?).ok_or_else(|| self.inconsistent(name))
    }

    /// The text column `name`, read by serde.
    pub fn json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        self.parse(name, |text| serde_json::from_str(text).ok())
    }

    /// The stored value in `column` does not parse.
    #[must_use]
    pub fn inconsistent(&self, column: &str) -> Error {
        let id = self.current.get::<_, String>("id").unwrap_or_else(|_| "?".to_owned());
        Fault::Inconsistent { table: table_of(self.sql), column: column.to_owned(), id }.into()
    }
}

/// The table a statement is about, for the message of an inconsistent row.
fn table_of(sql: &'static str) -> &'static str {
    let mut words = sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    while let Some(word) = words.next() {
        if matches!(word, "FROM" | "INTO" | "UPDATE") {
            return words.find(|word| !word.is_empty()).unwrap_or("?");
        }
    }
    "?"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_says_its_table() {
        for (sql, table) in [
            ("SELECT id FROM clients WHERE id = ?1", "clients"),
            ("SELECT id\nFROM clients, api_keys", "clients"),
            ("INSERT INTO clients(id) VALUES (?1) RETURNING id", "clients"),
            ("UPDATE clients SET name = ?1 RETURNING id", "clients"),
            ("DELETE FROM clients", "clients"),
            ("SELECT 1", "?"),
        ] {
            assert_eq!(table_of(sql), table, "{sql}");
        }
    }
}
