//! The two ways to say no: [`Refused`] is the caller's move, [`Fault`] is ours.
//! Neither knows a status code; each face renders them in its own `refuse.rs`.

use std::fmt;

/// What any function of Kernia may answer instead of a result.
#[derive(Debug, Clone)]
pub enum Error {
    /// The caller asked for something that is not given; shown to the caller.
    Refused(Refused),
    /// Something of ours broke; logged with the request id, never shown.
    Fault(Fault),
}

/// A no that the caller can act on.
#[derive(Debug, Clone)]
pub struct Refused {
    /// What sort of no it is; a face turns it into its own status.
    pub kind: Kind,
    /// A stable word in snake case that programs may match on.
    pub code: &'static str,
    /// One sentence for a person: what happened and what to do next.
    pub detail: String,
    /// The fields at fault, when the input had several.
    pub fields: Vec<FieldFault>,
}

/// One field of an input that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// The field as the caller wrote it, dotted for nested ones (`saml_options.idp_sso_url`).
    pub field: String,
    /// A stable word in snake case.
    pub code: &'static str,
    /// One sentence for a person.
    pub message: String,
}

/// What sort of no a [`Refused`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request itself does not parse (bad JSON, bad form, bad header).
    Malformed,
    /// The request is readable, but a value in it may not stand.
    Invalid,
    /// Nobody, or nobody known, is asking.
    Unauthenticated,
    /// The asker is known and may not do this.
    Forbidden,
    /// The thing asked for is not here.
    Missing,
    /// The present state does not allow it.
    Conflict,
    /// The thing is at another version than the asker believes.
    Stale,
    /// What is asked for is known, and nothing here does it.
    Unserved,
    /// The path is known, the method is not.
    Method,
    /// The request is larger than this route takes.
    TooLarge,
    /// The request came too slowly.
    TooSlow,
    /// The caller asks too often.
    TooMany,
}

/// Something of ours that broke.
#[derive(Debug, Clone)]
pub enum Fault {
    /// A queue is full; the caller may try again in a second.
    Busy,
    /// The server is going down; the caller may try again in a moment.
    Closing,
    /// The store failed; the text is the engine's.
    Store(String),
    /// A stored value no longer parses.
    Inconsistent {
        /// The table that holds it.
        table: &'static str,
        /// The column that holds it.
        column: String,
        /// The row, or `?` where it is not known.
        id: String,
    },
    /// A panic was caught; the text is its message.
    Panicked(String),
    /// Anything else; the text says what.
    Internal(String),
}

impl Refused {
    /// A refusal of `kind`, with a stable `code` and a sentence.
    #[must_use]
    pub fn new(kind: Kind, code: &'static str, detail: impl Into<String>) -> Self {
        Self { kind, code, detail: detail.into(), fields: Vec::new() }
    }

    /// The request does not parse.
    pub fn malformed(code: &'static str, detail: impl Into<String>) -> Error {
        Self::new(Kind::Malformed, code, detail).into()
    }

    /// A value may not stand.
    pub fn invalid(code: &'static str, detail: impl Into<String>) -> Error {
        Self::new(Kind::Invalid, code, detail).into()
    }

    /// One field's value may not stand.
    pub fn field(field: &str, code: &'static str, message: impl Into<String>) -> Error {
        let message = message.into();
        Self::fields(vec![FieldFault { field: field.to_owned(), code, message }])
    }

    /// Several fields' values may not stand; says all of them at once.
    #[must_use]
    pub fn fields(fields: Vec<FieldFault>) -> Error {
        let detail = fields
            .iter()
            .map(|fault| format!("`{}`: {}", fault.field, fault.message))
            .collect::<Vec<_>>()
            .join("; ");
        let code = if fields.len() == 1 { fields[0].code } else { "invalid_request_parameters" };
        Self { kind: Kind::Invalid, code, detail, fields }.into()
    }

    /// Nobody known is asking.
    pub fn unauthenticated(code: &'static str, detail: impl Into<String>) -> Error {
        Self::new(Kind::Unauthenticated, code, detail).into()
    }

    /// The asker may not do this.
    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Error {
        Self::new(Kind::Forbidden, code, detail).into()
    }

    /// The thing is not here.
    pub fn missing(code: &'static str, detail: impl Into<String>) -> Error {
        Self::new(Kind::Missing, code, detail).into()
    }

    /// The present state does not allow it.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Error {
        Self::new(Kind::Conflict, code, detail).into()
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Fault {
    /// Anything of ours that has no better word.
    pub fn internal(what: impl fmt::Display) -> Error {
        Self::Internal(what.to_string()).into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => write!(f, "{}: {}", refused.code, refused.detail),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("a queue is full"),
            Self::Closing => f.write_str("the server is going down"),
            Self::Store(what) => write!(f, "store: {what}"),
            Self::Inconsistent { table, column, id } => {
                write!(f, "stored value does not parse: {table}.{column} of row {id}")
            }
            Self::Panicked(what) => write!(f, "panic: {what}"),
            Self::Internal(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Error {}
impl std::error::Error for Fault {}
