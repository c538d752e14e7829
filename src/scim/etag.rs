//! Versions of resources as weak entity tags, and the conditions of a request (RFC 7644 §3.14, RFC 9110
//! §13.1).

use std::fmt;

/// A version of a resource: it begins with 1 and grows with every change. Prints as `W/"1"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "W/\"{}\"", self.0)
    }
}

/// The header `If-Match` or `If-None-Match`, or the `version` of an operation in a bulk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tags {
    /// `*`: any version that there is.
    Any,
    /// One of these, compared weakly.
    These(Vec<String>),
}

impl Tags {
    /// Reads the value of the header. A tag without its quotes is taken as it stands, as some send
    /// it; of what is no tag at all nothing comes that matches a version.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        let (mut tags, mut rest) = (Vec::new(), value.trim());
        if rest == "*" {
            return Self::Any;
        }
        while !rest.is_empty() {
            let tag = rest.strip_prefix("W/").or_else(|| rest.strip_prefix("w/")).unwrap_or(rest);
            let (tag, after) = match tag.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
                None => tag.split_at(tag.find(',').unwrap_or(tag.len())),
            };
            tags.push(tag.trim().to_owned());
            rest = after.trim_start().trim_start_matches(',').trim_start();
        }
        Self::These(tags)
    }

    /// Whether this version is among them.
    #[must_use]
    pub fn matches(&self, version: Version) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => {
                let version = version.0.to_string();
                tags.contains(&version)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_weakly() {
        let version = Version(3);
        assert_eq!(version.to_string(), "W/\"3\"");
        for matching in [
            "*",
            "W/\"3\"",
            "\"3\"",
            "w/\"3\"",
            "3",
            "W/3",
            "\"1\", W/\"3\"",
            "\"1\",\"3\"",
            "1, 3",
            " * ",
        ] {
            assert!(Tags::parse(matching).matches(version), "{matching}");
        }
        for other in ["", "\"33\"", "W/\"2\"", "\"*\"", "\"3", "\"1\" \"2\"", ",", "W/", "\"a,3\""]
        {
            let is_open = other == "\"3";
            assert_eq!(Tags::parse(other).matches(version), is_open, "{other}");
        }
    }
}
