//! Keyset pages by (`created_at`, id): the same for every list of every noun.

use super::{Row, Tx, Value, params};
use crate::kit::{
    error::{Error, Refused},
    id::Prefixed,
    page::{From, Listed, Order, Page},
    time::Timestamp,
};

/// A list's two statements and the one that finds a cursor's place.
///
/// Each list statement takes `?1` `created_at`, `?2` id, `?3` limit and then its filters, compares
/// `(created_at, id)` with `>` (ascending) or `<` (descending) and orders by both that way.
pub struct Keyset {
    /// Oldest first.
    pub ascending: &'static str,
    /// Newest first.
    pub descending: &'static str,
    /// `SELECT created_at FROM … WHERE id = ?1`.
    pub place: &'static str,
}

/// What stands on a page: it knows its place in the list.
pub trait Placed {
    /// What its ids name.
    type Kind: Prefixed;
    /// When it was created, and its id.
    fn place(&self) -> (Timestamp, &str);
}

impl Tx<'_> {
    /// The page asked for. A cursor that names nothing any more falls back on its ULID's time; one
    /// of another kind of object is refused.
    pub fn page<T: Placed>(
        &self,
        keyset: &Keyset,
        page: &Page,
        filters: &[Value],
        from_row: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Listed<T>, Error> {
        let (cursor, backwards) = match &page.from {
            From::Start => (None, false),
            From::After(cursor) => (Some(cursor), false),
            From::Before(cursor) => (Some(cursor), true),
        };
        let ascending = (page.order == Order::Ascending) != backwards;
        let (created_at, id) = match cursor {
            Some(cursor) => (self.cursor::<T>(keyset, cursor)?, cursor.as_str()),
            None if ascending => (Timestamp::from_millis(i64::MIN), ""),
            None => (Timestamp::from_millis(i64::MAX), ""),
        };
        let mut params = params![created_at, id, page.limit + 1].to_vec();
        params.extend_from_slice(filters);
        let sql = if ascending { keyset.ascending } else { keyset.descending };
        let mut data = self.list(sql, &params, from_row)?;
        let more = data.len() > page.limit as usize;
        data.truncate(page.limit as usize);
        if backwards {
            data.reverse();
        }
        let end = |item: Option<&T>| item.map(|item| item.place().1.to_owned());
        let (first, last) = (end(data.first()), end(data.last()));
        let (before, after) = match (cursor, backwards) {
            (None, _) => (None, last.filter(|_| more)),
            (Some(_), false) => (first, last.filter(|_| more)),
            (Some(_), true) => (first.filter(|_| more), last),
        };
        Ok(Listed { data, before, after })
    }

    /// The page asked for, of a list that is known whole and short.
    pub fn page_of<T: Placed>(
        &self,
        keyset: &Keyset,
        page: &Page,
        mut all: Vec<T>,
    ) -> Result<Listed<T>, Error> {
        all.sort_by(|a, b| a.place().cmp(&b.place()));
        if page.order == Order::Descending {
            all.reverse();
        }
        let at = match &page.from {
            From::Start => 0,
            From::After(cursor) | From::Before(cursor) => {
                let place = (self.cursor::<T>(keyset, cursor)?, cursor.as_str());
                let stands_before = |item: &T| match page.order {
                    Order::Ascending => item.place() < place,
                    Order::Descending => item.place() > place,
                };
                let at = all.partition_point(stands_before);
                let is_cursor = all.get(at).is_some_and(|item| item.place() == place);
                at + usize::from(is_cursor && matches!(page.from, From::After(_)))
            }
        };
        let limit = page.limit as usize;
        let (from, to) = match page.from {
            From::Before(_) => (at.saturating_sub(limit), at),
            From::Start | From::After(_) => (at, all.len().min(at + limit)),
        };
        let rest = to < all.len();
        let data: Vec<T> = all.drain(from..to).collect();
        let end = |item: Option<&T>| item.map(|item| item.place().1.to_owned());
        Ok(Listed {
            before: end(data.first()).filter(|_| from > 0),
            after: end(data.last()).filter(|_| rest),
            data,
        })
    }

    fn cursor<T: Placed>(&self, keyset: &Keyset, cursor: &str) -> Result<Timestamp, Error> {
        if let Some(created_at) =
            self.find(keyset.place, params![cursor], |row| row.get("created_at"))?
        {
            return Ok(created_at);
        }
        let gone = cursor
            .strip_prefix(T::Kind::PREFIX)
            .and_then(|text| text.parse::<ulid::Ulid>().ok())
            .and_then(|ulid| i64::try_from(ulid.timestamp_ms()).ok());
        gone.map(Timestamp::from_millis).ok_or_else(|| {
            Refused::invalid("invalid_cursor", format!("`{cursor}` is no cursor of this list"))
        })
    }
}

/// `%text%` for LIKE on a folded column, with its own wildcards taken as text.
#[must_use]
pub fn folded_pattern(text: &str) -> String {
    let mut out = String::from("%");
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('%');
    out
}
