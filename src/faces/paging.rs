//! Pages of lists on the wire: what callers ask for and what they are shown (contract.md, part 3).

use crate::{
    http::Pairs,
    kit::{
        error::{Error, Refused},
        page::{DEFAULT_LIMIT, From, Listed, MAX_LIMIT, Order, Page},
    },
    objects::List,
};

/// A page as callers ask for one.
pub(crate) struct Asked {
    pub(crate) page: Page,
    /// `order=normal`: newest first, with the cursors' meaning exchanged.
    exchanged: bool,
}

impl Asked {
    /// `limit`, `before`, `after`, `order`.
    pub(crate) fn parse(query: &Pairs) -> Result<Self, Error> {
        let limit = match query.one("limit")? {
            None | Some("") => DEFAULT_LIMIT,
            Some(text) => {
                text.parse().ok().filter(|n| (1..=MAX_LIMIT).contains(n)).ok_or_else(|| {
                    Refused::field("limit", "invalid_limit", "it is a number from 1 to 100")
                })?
            }
        };
        let (order, exchanged) = match query.one("order")? {
            None | Some("" | "desc") => (Order::Descending, false),
            Some("asc") => (Order::Ascending, false),
            Some("normal") => (Order::Descending, true),
            Some(_) => {
                let why = "it is `asc`, `desc` or `normal`";
                return Err(Refused::field("order", "invalid_order", why));
            }
        };
        let given = |name| Ok::<_, Error>(query.one(name)?.filter(|text| !text.is_empty()));
        let (before, after) = (given("before")?, given("after")?);
        let from = match (before, after, exchanged) {
            (None, None, _) => From::Start,
            (Some(cursor), None, false) | (None, Some(cursor), true) => {
                From::Before(cursor.to_owned())
            }
            (None, Some(cursor), false) | (Some(cursor), None, true) => {
                From::After(cursor.to_owned())
            }
            (Some(_), Some(_), _) => {
                let why = "give `before` or `after`, not both";
                return Err(Refused::field("before", "invalid_cursor", why));
            }
        };
        Ok(Self { page: Page { limit, order, from }, exchanged })
    }

    /// The page as it is shown.
    pub(crate) fn answer<T, U>(&self, mut listed: Listed<U>, publish: impl Fn(U) -> T) -> List<T> {
        if self.exchanged {
            std::mem::swap(&mut listed.before, &mut listed.after);
        }
        List::of(listed, publish)
    }
}
