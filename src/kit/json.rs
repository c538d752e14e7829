//! JSON from a stranger: bounded in depth, number and names, without a NUL where none may be, and
//! without a member that stands twice, of which two readers could take a different one.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};

/// How large a document may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How deep arrays and objects may lie in one another.
    pub depth: u8,
    /// The most values in one document: each takes memory, however short it is written.
    pub values: u32,
    /// The most members of one object.
    pub members: usize,
    /// The longest name of a member, in bytes.
    pub name: usize,
    /// Whether a text may hold a NUL.
    pub nul: bool,
}

/// Any value. An error that is about the data ([`serde_json::Error::is_data`]) says what is wrong, and
/// never with what stands in the document.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Json, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let left = Cell::new(limits.values);
    let json = Strict { limits, depth: 0, left: &left }.deserialize(&mut reader)?;
    reader.end().map(|()| json)
}

/// Reads a value, so many arrays and objects deep, of so many that may still come.
#[derive(Clone, Copy)]
struct Strict<'l> {
    limits: &'l Limits,
    depth: u8,
    left: &'l Cell<u32>,
}

impl Strict<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == self.limits.depth {
            return Err(E::custom(format_args!("more than {} levels", self.limits.depth)));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn clean<E: Error>(self, text: &str) -> Result<(), E> {
        let holds = !self.limits.nul && text.contains('\0');
        if holds { Err(E::custom("a NUL in a text")) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| D::Error::custom("very many values"))?);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("a number out of range"))?;
        Ok(Json::Number(number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Json, E> {
        self.clean(value)?;
        Ok(Json::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Json, E> {
        self.clean(&value)?;
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let (inside, mut list) = (self.deeper()?, Vec::new());
        while let Some(value) = seq.next_element_seed(inside)? {
            list.push(value);
        }
        Ok(Json::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let (inside, mut map) = (self.deeper()?, Map::new());
        while let Some(name) = access.next_key::<String>()? {
            self.clean(&name)?;
            if name.len() > self.limits.name {
                return Err(A::Error::custom("a member with a very long name"));
            }
            if map.len() == self.limits.members {
                return Err(A::Error::custom("an object with very many members"));
            }
            let value = access.next_value_seed(inside)?;
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom("a member that stands twice"));
            }
        }
        Ok(Json::Object(map))
    }
}
