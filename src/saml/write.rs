//! Writing XML of our own, canonical from the start: what is written can be digested as it stands.
//! Namespaces first, then attributes by name, no empty-element tags (Exclusive XML Canonicalization).

use std::borrow::Cow;

/// The text of an element, escaped as canonicalization does.
pub(super) fn text(value: &str) -> Cow<'_, str> {
    escaped(value, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\r' => Some("&#xD;"),
        _ => None,
    })
}

/// The value of an attribute, escaped as canonicalization does; it stands in double quotes.
pub(super) fn value(value: &str) -> Cow<'_, str> {
    escaped(value, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '"' => Some("&quot;"),
        '\t' => Some("&#x9;"),
        '\n' => Some("&#xA;"),
        '\r' => Some("&#xD;"),
        _ => None,
    })
}

/// What XML cannot hold at all (XML 1.0 §2.2) is left out: the rest is still what was meant.
fn escaped(text: &str, escape: impl Fn(char) -> Option<&'static str>) -> Cow<'_, str> {
    let is_char = |c: char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.chars().all(|c| is_char(c) && escape(c).is_none()) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars().filter(|&c| is_char(c)) {
        match escape(c) {
            Some(reference) => out.push_str(reference),
            None => out.push(c),
        }
    }
    out.into()
}

/// ` name="value"`, or nothing.
pub(super) fn optional(name: &str, content: Option<&str>) -> String {
    content.map_or_else(String::new, |content| format!(" {name}=\"{}\"", value(content)))
}
