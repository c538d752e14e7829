//! JSON from a stranger: bounded, and without a member that stands twice, of which two readers
//! could take a different one.

use serde_json::{Map, Value as Json};

use crate::kit::json::{self, Limits};

/// What a provider publishes is bounded by its bytes already.
const LIMITS: Limits =
    Limits { depth: 120, values: u32::MAX, members: usize::MAX, name: usize::MAX, nul: true };

/// An object; the error says what is wrong, and never with what stands in the document.
pub(super) fn object(bytes: &[u8]) -> Result<Map<String, Json>, String> {
    match any(bytes)? {
        Json::Object(map) => Ok(map),
        _ => Err("JSON that is no object".to_owned()),
    }
}

/// Any value, as [`object`].
pub(super) fn any(bytes: &[u8]) -> Result<Json, String> {
    match json::read(bytes, &LIMITS) {
        Ok(value) => Ok(value),
        Err(error) if error.is_data() => Err(error.to_string()),
        Err(error) => Err(format!("no JSON (line {}, column {})", error.line(), error.column())),
    }
}

/// Whether somebody sent a page for people instead.
pub(super) fn is_html(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii_start();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start();
    text.first() == Some(&b'<')
}

/// The text of a member, when it is there; none when it is something else.
pub(super) fn text<'a>(map: &'a Map<String, Json>, name: &str) -> Option<&'a str> {
    map.get(name)?.as_str()
}

/// The texts of a member that is a list.
pub(super) fn texts(map: &Map<String, Json>, name: &str) -> Option<Vec<String>> {
    let list = map.get(name)?.as_array()?;
    Some(list.iter().filter_map(Json::as_str).map(str::to_owned).collect())
}
