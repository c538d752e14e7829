//! Text as exclusive XML canonicalization writes it (W3C Canonical XML 1.0 §2.3, Exclusive 1.0 §3).
//!
//! What is built here must follow by hand what a canonicalizer would do: attributes sorted (a
//! namespace first, then those without a namespace by name), each namespace declared on the first
//! element that uses it, empty elements written as a pair of tags, no white space in between.

use std::borrow::Cow;

/// Escaped for the text of an element.
pub(super) fn text(value: &str) -> Cow<'_, str> {
    escape(value, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\r' => Some("&#xD;"),
        _ => None,
    })
}

/// Escaped for an attribute in double quotes.
pub(super) fn attribute(value: &str) -> Cow<'_, str> {
    escape(value, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '"' => Some("&quot;"),
        '\t' => Some("&#x9;"),
        '\n' => Some("&#xA;"),
        '\r' => Some("&#xD;"),
        _ => None,
    })
}

fn escape(value: &str, entity: impl Fn(char) -> Option<&'static str>) -> Cow<'_, str> {
    if !value.chars().any(|c| entity(c).is_some()) {
        return value.into();
    }
    let mut out = String::with_capacity(value.len() + 16);
    for c in value.chars() {
        match entity(c) {
            Some(entity) => out.push_str(entity),
            None => out.push(c),
        }
    }
    out.into()
}
