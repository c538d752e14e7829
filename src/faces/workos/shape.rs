//! What WorkOS's requests look like: fields that may be absent, null or given.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::kit::{
    error::{Error, FieldFault, Refused},
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

/// What is an object within a body. serde alone would take a list for a struct, one field after the
/// other.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = T;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

/// For a field that holds an object, or `null`.
pub(super) fn object<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::<Object<T>>::deserialize(deserializer)?.map(|Object(fields)| fields))
}

/// The same where `null` means something else than absence, as with [`present`].
pub(super) fn present_object<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    object(deserializer).map(Some)
}

/// For a field that holds a list of objects, or `null`.
pub(super) fn objects<'de, T, D>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let list = Option::<Vec<Object<T>>>::deserialize(deserializer)?;
    Ok(list.map(|list| list.into_iter().map(|Object(fields)| fields).collect()))
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

/// The fields of a body that may not stand, gathered so that all are told at once.
#[derive(Default)]
pub(super) struct Faults(Vec<FieldFault>);

impl Faults {
    /// The value, or nothing where its field is at fault; what is no field's fault ends the matter.
    pub(super) fn note<T>(&mut self, parsed: Result<T, Error>) -> Result<Option<T>, Error> {
        match parsed {
            Ok(value) => Ok(Some(value)),
            Err(Error::Refused(refused)) if !refused.fields.is_empty() => {
                self.0.extend(refused.fields);
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// Whether there are none so far.
    pub(super) fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// The refusal of these fields and of one more.
    pub(super) fn and(mut self, last: Error) -> Error {
        match self.note::<()>(Err(last)) {
            Ok(_) => Refused::fields(self.0),
            Err(other) => other,
        }
    }

    /// Refuses, where there were any.
    pub(super) fn none(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Refused::fields(self.0)) }
    }
}
