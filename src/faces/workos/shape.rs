//! What WorkOS's requests look like: pages, and fields that may be absent, null or given.

use serde::{Deserialize, Deserializer};

use crate::{
    http::Pairs,
    kit::{
        error::{Error, Refused},
        id::Id,
        page::{DEFAULT_LIMIT, From, Listed, MAX_LIMIT, Order, Page},
    },
    objects::List,
};

/// A page as WorkOS asks for one.
pub(super) struct Asked {
    pub(super) page: Page,
    /// `order=normal`: newest first, with the cursors' meaning exchanged.
    exchanged: bool,
}

impl Asked {
    /// `limit`, `before`, `after`, `order`.
    pub(super) fn parse(query: &Pairs) -> Result<Self, Error> {
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

    /// The page as WorkOS shows one.
    pub(super) fn answer<T, U>(&self, mut listed: Listed<U>, publish: impl Fn(U) -> T) -> List<T> {
        if self.exchanged {
            std::mem::swap(&mut listed.before, &mut listed.after);
        }
        List::of(listed, publish)
    }
}

/// For fields whose `null` means something else than their absence: with `#[serde(default)]` an
/// absent one is `None`, `null` is `Some(None)`.
pub(super) fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// An id in a path: what is no id names nothing.
pub(super) fn id_of<T>(text: &str, what: &str) -> Result<Id<T>, Error> {
    Id::parse(text).map_err(|_| {
        let shown: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
        Refused::missing("entity_not_found", format!("{what} not found: '{shown}'."))
    })
}

/// A value of a body under the field's name, so that the refusal says where it stood.
pub(super) fn field<T>(name: &str, parsed: Result<T, Error>) -> Result<T, Error> {
    parsed.map_err(|error| match error {
        Error::Refused(refused) if refused.fields.is_empty() => {
            Refused::field(name, refused.code, refused.detail)
        }
        other => other,
    })
}
