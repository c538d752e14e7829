//! Where a page begins: after this resource of this type. It goes around in a cursor.

use crate::scim::ResourceType;

/// The end of one page and the beginning of the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What is listed there.
    pub(super) resource_type: ResourceType,
    /// What was listed before.
    pub(super) after: After,
}

/// What stands before a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum After {
    /// All up to this position.
    Position(Position),
    /// So many, in lists that have no positions.
    Skipped(u64),
}

/// A position in an order that an index has: a place or a time, and the id where that is not enough.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) at: i64,
    pub(super) id: String,
}

impl Mark {
    /// As text, for a cursor to hold.
    #[must_use]
    pub fn to_text(&self) -> String {
        let of = self.resource_type.as_str();
        match &self.after {
            After::Position(position) => format!("{of} at {} {}", position.at, position.id),
            After::Skipped(count) => format!("{of} skip {count}"),
        }
    }

    /// Reads what [`Mark::to_text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let resource_type = ResourceType::parse(words.next()?)?;
        let after = match words.next()? {
            "at" => After::Position(Position {
                at: words.next()?.parse().ok()?,
                id: words.next()?.to_owned(),
            }),
            "skip" => After::Skipped(words.next()?.parse().ok()?),
            _ => return None,
        };
        Some(Self { resource_type, after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let position = Position { at: -7, id: "directory_user_1".to_owned() };
        for after in [After::Position(position), After::Skipped(900)] {
            let mark = Mark { resource_type: ResourceType::Group, after };
            assert_eq!(Mark::parse(&mark.to_text()), Some(mark));
        }
        for bad in ["", "User", "User at", "User at x y", "User skip -1", "Tree skip 1"] {
            assert_eq!(Mark::parse(bad), None, "{bad}");
        }
    }
}
