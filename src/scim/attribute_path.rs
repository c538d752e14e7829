//! How an attribute is named (RFC 7644 §3.10): `userName`, `name.givenName`,
//! `urn:…:enterprise:2.0:User:manager.value`; letters in any case.

use std::fmt;

use super::schema::{self, Attribute, ResourceType};

/// The name of an attribute or sub-attribute, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributePath {
    /// The URN of its schema, where one was written.
    pub urn: Option<String>,
    /// The attribute.
    pub name: String,
    /// The sub-attribute.
    pub sub: Option<String>,
}

/// Where a path leads on resources of one type; names are written as the schema writes them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The URN of the extension that holds the attribute; none in the core.
    pub(super) extension: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) attribute: Option<&'static Attribute>,
    pub(super) sub: Option<&'a str>,
    pub(super) sub_attribute: Option<&'static Attribute>,
}

impl Place<'_> {
    /// The place of an attribute that a schema describes; in the core, or in an extension.
    pub(super) fn described(
        extension: Option<&'static str>,
        attribute: &'static Attribute,
    ) -> Place<'static> {
        let (name, attribute) = (attribute.name, Some(attribute));
        Place { extension, name, attribute, sub: None, sub_attribute: None }
    }

    /// Whether the attribute of this name in the core is meant, or something within it.
    pub(super) fn is_core(&self, name: &str) -> bool {
        self.extension.is_none() && self.name == name
    }
}

impl AttributePath {
    /// Takes a name apart; none when it is malformed, or the URN of a known schema by itself.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (urn, rest) = split_urn(text);
        let (name, sub) = match rest.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (rest, None),
        };
        let shaped = is_name(name) && sub.is_none_or(is_name) && urn.is_none_or(is_prefix);
        shaped.then(|| Self {
            urn: urn.map(str::to_owned),
            name: name.to_owned(),
            sub: sub.map(str::to_owned),
        })
    }

    /// Where it leads on resources of this type.
    pub(super) fn on(&self, of: ResourceType) -> Place<'_> {
        let (extension, attribute) = match self.urn.as_deref() {
            None => (None, of.attribute(&self.name)),
            Some(urn) if urn.eq_ignore_ascii_case(of.schema().id) => {
                (None, of.attribute(&self.name))
            }
            Some(urn) => match of.extension(urn) {
                Some(known) => (Some(known.id), known.attribute(&self.name)),
                None => (Some(urn), None),
            },
        };
        let sub_attribute = match (attribute, self.sub.as_deref()) {
            (Some(attribute), Some(sub)) => attribute.sub_attribute(sub),
            _ => None,
        };
        Place {
            extension,
            name: attribute.map_or(self.name.as_str(), |it| it.name),
            attribute,
            sub: sub_attribute.map(|it| it.name).or(self.sub.as_deref()),
            sub_attribute,
        }
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(urn) = &self.urn {
            write!(f, "{urn}:")?;
        }
        f.write_str(&self.name)?;
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

/// A URN has dots and colons of its own. Known ones are recognised, with a colon or, as some
/// write, a dot behind them; of others the last colon is the end.
pub(super) fn split_urn(text: &str) -> (Option<&str>, &str) {
    if !text.contains(':') {
        return (None, text);
    }
    for known in schema::ALL {
        let Some((urn, rest)) = text.split_at_checked(known.id.len()) else { continue };
        if !urn.eq_ignore_ascii_case(known.id) {
            continue;
        }
        if rest.is_empty() {
            return (Some(urn), rest);
        }
        if let Some(rest) = rest.strip_prefix([':', '.']) {
            return (Some(urn), rest);
        }
    }
    match text.rsplit_once(':') {
        Some((urn, rest)) => (Some(urn), rest),
        None => (None, text),
    }
}

/// Whether this can be the URN before a name.
fn is_prefix(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(is_letter)
}

/// Whether a name with its URN can have this in it.
pub(super) fn is_letter(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'$' | b':' | b'.' | b'/')
}

/// Whether this is the name of an attribute: letters, digits, `-`, `_`, and `$` as in `$ref`.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '$' | '_'))
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'$'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let ent = schema::ENTERPRISE;
        for (text, urn, name, sub) in [
            ("userName", None, "userName", None),
            ("name.givenName", None, "name", Some("givenName")),
            ("members.$ref", None, "members", Some("$ref")),
            (&format!("{ent}:department"), Some(ent), "department", None),
            (&format!("{ent}.department"), Some(ent), "department", None),
            (&format!("{ent}:manager.value"), Some(ent), "manager", Some("value")),
            ("urn:acme:2.0:User:badge", Some("urn:acme:2.0:User"), "badge", None),
            ("urn:acme:2.0:User:badge.no", Some("urn:acme:2.0:User"), "badge", Some("no")),
        ] {
            let path = AttributePath::parse(text).unwrap();
            assert_eq!(
                (path.urn.as_deref(), path.name.as_str(), path.sub.as_deref()),
                (urn, name, sub)
            );
            assert_eq!(AttributePath::parse(&path.to_string()), Some(path));
        }
        for bad in [
            "", ".", "a.", ".a", "a.b.c", "1a", "a b", ent, "urn:x:", "é", "a[b]", ":a", "u n:a",
            "u\0:a", "/u:a",
        ] {
            assert_eq!(AttributePath::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_lead_somewhere_in_any_case() {
        let path = AttributePath::parse("NAME.GIVENNAME").unwrap();
        let place = path.on(ResourceType::User);
        assert_eq!((place.extension, place.name, place.sub), (None, "name", Some("givenName")));
        let path = AttributePath::parse(&schema::USER.to_lowercase()).is_none();
        assert!(path);
        let text = format!("{}:USERNAME", schema::USER.to_lowercase());
        assert!(AttributePath::parse(&text).unwrap().on(ResourceType::User).is_core("userName"));
        let text = format!("{}:Manager.Value", schema::ENTERPRISE.to_uppercase());
        let path = AttributePath::parse(&text).unwrap();
        let place = path.on(ResourceType::User);
        assert_eq!(
            (place.extension, place.name, place.sub),
            (Some(schema::ENTERPRISE), "manager", Some("value"))
        );
    }
}
