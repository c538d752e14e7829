//! The JSON of a request: an object, within the limits of SCIM.

use serde_json::{Map, Value as Json};

use super::rejected::Rejected;
use crate::kit::json::{self, Limits};

/// A bulk of changes of an extension's complex attributes needs nine levels. Each member of an object
/// is held against others, whose case alone may differ.
const LIMITS: Limits = Limits { depth: 24, values: 500_000, members: 256, name: 512, nul: false };

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
    json::read(bytes, &LIMITS).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        let why = if error.is_data() { error.to_string() } else { format!("no JSON at {place}") };
        Rejected::invalid_syntax(format!("the body does not parse: {why}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read() {
        let read = object(b"\xef\xbb\xbf{\"a\":[1,-2,0.5,true,null,\"x\",{}]}").unwrap();
        assert_eq!(Json::Object(read).to_string(), r#"{"a":[1,-2,0.5,true,null,"x",{}]}"#);
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(any(deep(usize::from(LIMITS.depth)).as_bytes()).is_ok());
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
