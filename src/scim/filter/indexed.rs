//! What an index can answer of a filter: the simple forms that identity providers ask all day, alone
//! or as one part of an `and`.

use super::{Filter, Literal, Operator, boolean};
use crate::{
    kit::time::Timestamp,
    scim::{folding::fold, schema::ResourceType},
};

/// How the resources that may match are found.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What an index is asked.
    pub by: Indexed,
    /// Whether that is all of the filter; else each that is found must still match it.
    pub exact: bool,
}

/// A question for an index. Texts that are compared without regard to case are folded
/// ([`fold`]).
#[derive(Debug, Clone, PartialEq)]
pub enum Indexed {
    /// The resource of this id.
    Id(String),
    /// Those that the provider names so.
    ExternalId(String),
    /// The user of this user name, folded.
    UserName(String),
    /// Users with this email address.
    Email {
        /// The address, folded.
        value: String,
        /// What it is for, folded, where only such is asked for.
        kind: Option<String>,
    },
    /// Groups that this id is a member of.
    Member(String),
    /// Those that show this name, folded.
    DisplayName(String),
    /// Those that were changed at this time or later.
    LastModified {
        /// The time.
        from: Timestamp,
        /// Whether one that was changed at that very time is among them.
        inclusive: bool,
    },
    /// Users who may sign in, or who may not.
    Active(bool),
}

impl Indexed {
    /// The smaller, the fewer are found.
    fn rank(&self) -> u8 {
        match self {
            Self::Id(_) => 0,
            Self::ExternalId(_) => 1,
            Self::UserName(_) => 2,
            Self::Email { .. } => 3,
            Self::DisplayName(_) => 4,
            Self::Member(_) => 5,
            Self::LastModified { .. } => 6,
            Self::Active(_) => 7,
        }
    }
}

pub(super) fn plan(filter: &Filter, of: ResourceType) -> Option<Plan> {
    let Filter::And(parts) = filter else { return recognised(filter, of) };
    let best = parts.iter().filter_map(|part| recognised(part, of)).min_by_key(|it| it.by.rank());
    best.map(|plan| Plan { exact: false, ..plan })
}

fn recognised(filter: &Filter, of: ResourceType) -> Option<Plan> {
    match filter {
        Filter::Compare { path, operator, value } => {
            let place = path.on(of);
            if place.extension.is_some() {
                return None;
            }
            let by = compared(of, (place.name, place.sub), *operator, value)?;
            Some(Plan { by, exact: true })
        }
        Filter::Element { path, filter } => {
            let place = path.on(of);
            match (of, place.extension, place.name) {
                (ResourceType::User, None, "emails") => email(filter),
                (ResourceType::Group, None, "members") => {
                    let (value, others) = equal(filter, "value")?;
                    let by = Indexed::Member(value.to_owned());
                    Some(Plan { by, exact: others == 0 })
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn compared(
    of: ResourceType,
    place: (&str, Option<&str>),
    operator: Operator,
    value: &Literal,
) -> Option<Indexed> {
    use ResourceType::{Group, User};
    let text = match value {
        Literal::Text(text) => text.as_str(),
        Literal::Bool(true) => "true",
        Literal::Bool(false) => "false",
        Literal::Null | Literal::Number(_) => return None,
    };
    if place == ("meta", Some("lastModified")) {
        let inclusive = match operator {
            Operator::Ge => true,
            Operator::Gt => false,
            _ => return None,
        };
        return Timestamp::parse(text).map(|from| Indexed::LastModified { from, inclusive });
    }
    if operator != Operator::Eq {
        return None;
    }
    match (of, place.0, place.1) {
        (_, "id", None) => Some(Indexed::Id(text.to_owned())),
        (_, "externalId", None) => Some(Indexed::ExternalId(text.to_owned())),
        (User, "userName", None) => Some(Indexed::UserName(fold(text))),
        (User, "emails", None | Some("value")) => {
            Some(Indexed::Email { value: fold(text), kind: None })
        }
        (_, "displayName", None) => Some(Indexed::DisplayName(fold(text))),
        (Group, "members", None | Some("value")) => Some(Indexed::Member(text.to_owned())),
        (User, "active", None) => boolean(text).map(Indexed::Active),
        _ => None,
    }
}

/// `emails[type eq "work" and value eq "…"]`.
fn email(filter: &Filter) -> Option<Plan> {
    let (value, others) = equal(filter, "value")?;
    let kind = equal(filter, "type").map(|(kind, _)| fold(kind));
    let exact = others == usize::from(kind.is_some());
    Some(Plan { by: Indexed::Email { value: fold(value), kind }, exact })
}

/// What a sub-attribute must be the same as, and how many conditions there are beside.
fn equal<'f>(filter: &'f Filter, sub: &str) -> Option<(&'f str, usize)> {
    let parts = match filter {
        Filter::And(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let found = parts.iter().find_map(|part| match part {
        Filter::Compare { path, operator: Operator::Eq, value: Literal::Text(text) }
            if path.urn.is_none() && path.sub.is_none() && path.name.eq_ignore_ascii_case(sub) =>
        {
            Some(text.as_str())
        }
        _ => None,
    });
    found.map(|text| (text, parts.len() - 1))
}
