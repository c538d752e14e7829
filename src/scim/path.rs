//! What a change is about (RFC 7644 §3.5.2): an attribute, a part of one, some of its values, or
//! everything of a schema.

use std::fmt;

use super::{
    attribute_path::{AttributePath, is_letter, is_name, split_urn},
    filter::{Filter, MAX_LENGTH, Parser},
    rejected::Rejected,
    resource::is_urn,
    schema,
};

/// The target of a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Path {
    /// Everything of a schema: its URN by itself. One that Kernia does not know is told from an
    /// attribute only where it ends with no name, but with a version.
    Schema(String),
    /// An attribute or a sub-attribute.
    Attribute(AttributePath),
    /// The values of an attribute that a condition holds for: `emails[type eq "work"].value`.
    Elements {
        /// The attribute, without a sub-attribute.
        path: AttributePath,
        /// Which of its values.
        filter: Filter,
        /// What of them, where it is not all.
        sub: Option<String>,
    },
}

impl Path {
    /// Reads a path. White space around it, and a slash before it, are overlooked.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        let text = text.trim();
        let text = text.strip_prefix('/').unwrap_or(text);
        let refuse = |why: &str| Rejected::invalid_path(format!("`{text}` is no path: {why}"));
        if text.len() > MAX_LENGTH {
            return Err(Rejected::invalid_path(format!("a path has at most {MAX_LENGTH} bytes")));
        }
        if let (Some(urn), "") = split_urn(text) {
            return match schema::schema(urn) {
                Some(known) => Ok(Self::Schema(known.id.to_owned())),
                None => Err(refuse("it ends with a colon")),
            };
        }
        let Some((before, _)) = text.split_once('[') else {
            return match AttributePath::parse(text) {
                Some(path) => Ok(Self::Attribute(path)),
                None if is_schema(text) => Ok(Self::Schema(text.to_owned())),
                None => Err(refuse("it names no attribute")),
            };
        };
        let path = AttributePath::parse(before).ok_or_else(|| refuse("no attribute before `[`"))?;
        if path.sub.is_some() {
            return Err(refuse("no values of a sub-attribute can be chosen"));
        }
        let mut parser = Parser::new(&text[before.len() + 1..]);
        let filter = parser.brackets()?;
        let rest = parser.rest();
        let sub = match rest.strip_prefix('.') {
            Some(sub) if is_name(sub) => Some(sub.to_owned()),
            None if rest.is_empty() => None,
            _ => return Err(refuse("a sub-attribute or nothing follows `]`")),
        };
        Ok(Self::Elements { path, filter, sub })
    }
}

/// `urn:acme:2.0`: a URN that no attribute follows.
fn is_schema(text: &str) -> bool {
    let last = text.rsplit(':').next().unwrap_or_default();
    is_urn(text) && last.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(is_letter)
}

/// Prints what parses to the same path.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema(urn) => f.write_str(urn),
            Self::Attribute(path) => path.fmt(f),
            Self::Elements { path, filter, sub } => {
                write!(f, "{path}[{filter}]")?;
                match sub {
                    Some(sub) => write!(f, ".{sub}"),
                    None => Ok(()),
                }
            }
        }
    }
}
