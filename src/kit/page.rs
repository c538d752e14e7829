//! Pages of a list: what a caller asks for, and what it gets back.

/// The most objects on one page.
pub const MAX_LIMIT: u32 = 100;
/// How many objects a page has when nobody says.
pub const DEFAULT_LIMIT: u32 = 10;

/// Which way a list runs, by the time of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first.
    Descending,
}

/// From where a page runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// The first page.
    Start,
    /// What follows this object in the list's order.
    After(String),
    /// What stands directly before this object in the list's order.
    Before(String),
}

/// A page asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// How many at most, 1 to [`MAX_LIMIT`].
    pub limit: u32,
    /// Which way the list runs.
    pub order: Order,
    /// From where it runs on.
    pub from: From,
}

/// A page given: the objects, and the cursors of its neighbours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The objects, in the list's order.
    pub data: Vec<T>,
    /// The cursor for the page before this one; none when this is the first.
    pub before: Option<String>,
    /// The cursor for the page after this one; none when this is the last.
    pub after: Option<String>,
}
