//! JSON from a stranger: bounded in depth, without NUL, and without a member that stands twice, of
//! which two readers could take a different one.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};

use super::rejected::Rejected;

/// How deep arrays and objects may lie in one another. A bulk of changes of an extension's complex
/// attributes needs nine.
const MAX_DEPTH: u8 = 24;
/// The most values in one document: each takes memory, however short it is written.
const MAX_VALUES: u32 = 500_000;
/// The most members of one object: each is held against others, whose case alone may differ.
const MAX_MEMBERS: usize = 256;
/// The longest name of a member, in bytes.
const MAX_NAME: usize = 512;

/// An object; a byte order mark before it is overlooked.
pub(super) fn object(bytes: &[u8]) -> Result<Map<String, Json>, Rejected> {
    match any(bytes)? {
        Json::Object(map) => Ok(map),
        _ => Err(Rejected::invalid_syntax("the body is JSON, but no object")),
    }
}

/// Any value, as [`object`].
pub(super) fn any(bytes: &[u8]) -> Result<Json, Rejected> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let left = Cell::new(MAX_VALUES);
    let read = Strict { depth: 0, left: &left }
        .deserialize(&mut reader)
        .and_then(|json| reader.end().map(|()| json));
    read.map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        let why = if error.is_data() { error.to_string() } else { format!("no JSON at {place}") };
        Rejected::invalid_syntax(format!("the body does not parse: {why}"))
    })
}

/// Reads a value, so many arrays and objects deep, of so many that may still come.
#[derive(Clone, Copy)]
struct Strict<'l> {
    depth: u8,
    left: &'l Cell<u32>,
}

impl Strict<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(format_args!("more than {MAX_DEPTH} levels")));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

fn clean<E: Error>(text: &str) -> Result<(), E> {
    if text.contains('\0') { Err(E::custom("a NUL in a text")) } else { Ok(()) }
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
        clean(value)?;
        Ok(Json::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Json, E> {
        clean(&value)?;
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
            clean(&name)?;
            if name.len() > MAX_NAME {
                return Err(A::Error::custom("a member with a very long name"));
            }
            if map.len() == MAX_MEMBERS {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read() {
        let read = object(b"\xef\xbb\xbf{\"a\":[1,-2,0.5,true,null,\"x\",{}]}").unwrap();
        assert_eq!(Json::Object(read).to_string(), r#"{"a":[1,-2,0.5,true,null,"x",{}]}"#);
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(any(deep(usize::from(MAX_DEPTH)).as_bytes()).is_ok());
        let members: Vec<String> = (0..257).map(|n| format!("\"{n}\":0")).collect();
        let wide = format!("{{{}}}", members.join(","));
        for (bad, why) in [
            (&b"{"[..], "no JSON at line 1"),
            (b"", "no JSON at line 1"),
            (b"[]", "no object"),
            (b"{} {}", "no JSON at"),
            (b"{\"a\":\"\\u0000\"}", "a NUL"),
            (b"{\"a\\u0000\":1}", "a NUL"),
            (b"{\"a\":1,\"a\":2}", "stands twice"),
            (b"{\"a\":\"\xff\"}", "no JSON at"),
            (b"{\"a\":1e999}", "no JSON at"),
            (wide.as_bytes(), "very many members"),
            (deep(25).as_bytes(), "more than 24 levels"),
            (deep(100_000).as_bytes(), "more than 24 levels"),
        ] {
            let refused = object(bad).unwrap_err();
            assert_eq!(refused.status, 400);
            assert!(refused.to_string().starts_with("invalidSyntax: "), "{refused}");
            assert!(refused.detail.contains(why), "{refused}");
        }
    }
}
