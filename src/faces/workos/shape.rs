//! What WorkOS's requests look like: fields that may be absent, null or given.

use serde::{Deserialize, Deserializer};

use crate::kit::{
    error::{Error, Refused},
    id::Id,
};

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
