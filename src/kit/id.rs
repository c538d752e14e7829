//! Ids: opaque text with the field's prefix (`org_`, `conn_`, …) and, for those made here, a ULID.
//! Imported ids are kept as they came, so nothing may read a meaning out of one.

use std::{cmp::Ordering, fmt, hash, marker::PhantomData};

use super::error::{Error, Refused};

/// The longest id that is taken, in bytes.
pub const MAX_LEN: usize = 128;

/// What an [`Id`] can name; the prefix stands in front of each id made here.
pub trait Prefixed {
    /// For example `org_`.
    const PREFIX: &'static str;
}

/// The id of a `T`: 1 to 128 characters of `A-Z a-z 0-9 _ -`.
pub struct Id<T>(String, PhantomData<fn() -> T>);

impl<T> Id<T> {
    /// Takes an id from outside. Whether it names anything is for the store to say.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let ok = !text.is_empty()
            && text.len() <= MAX_LEN
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if ok {
            Ok(Self(text.to_owned(), PhantomData))
        } else {
            Err(Refused::invalid("id_malformed", "an id has 1 to 128 letters, digits, `_` or `-`"))
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Prefixed> Id<T> {
    /// A fresh id: the prefix and a ULID of this instant and these random bits.
    #[must_use]
    pub fn fresh(now_ms: i64, random: u128) -> Self {
        let ulid = ulid::Ulid::from_parts(u64::try_from(now_ms).unwrap_or(0), random);
        Self(format!("{}{ulid}", T::PREFIX), PhantomData)
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<T> hash::Hash for Id<T> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing;
    impl Prefixed for Thing {
        const PREFIX: &'static str = "thing_";
    }

    #[test]
    fn a_fresh_id_has_its_prefix_and_a_ulid_and_parses() {
        let id = Id::<Thing>::fresh(1_700_000_000_000, 7);
        assert_eq!(id.as_str(), "thing_01HF7YAT000000000000000007");
        assert_eq!(Id::<Thing>::parse(id.as_str()).unwrap(), id);
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "a b", "a/b", "ü", "a\0", &"x".repeat(129)] {
            assert!(Id::<Thing>::parse(text).is_err(), "{text:?}");
        }
    }
}
