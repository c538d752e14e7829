//! Filters (RFC 7644 §3.4.2.2) as trees: read, written, checked against a schema. What they mean is
//! `evaluate`, what an index can answer of them is `indexed`.

mod evaluate;
mod indexed;
mod parse;

use std::fmt;

use serde_json::Number;

pub use self::indexed::{Indexed, Plan};
pub(super) use self::{
    evaluate::{Leaf, holds_for, leaves},
    parse::Parser,
};
use super::{
    attribute_path::{AttributePath, Place},
    rejected::Rejected,
    resource::{Resource, Served},
    schema::{Attribute, Kind, ResourceType, Returned},
};
use crate::kit::time::Timestamp;

/// The longest filter, in bytes.
pub const MAX_LENGTH: usize = 4096;
/// How deep parentheses and brackets may lie in one another.
pub const MAX_DEPTH: usize = 32;
/// The most comparisons.
pub const MAX_TERMS: usize = 100;

/// A condition on a resource, or on one value of a multi-valued attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of these hold; at least two.
    And(Vec<Filter>),
    /// At least one of these holds; at least two.
    Or(Vec<Filter>),
    /// This does not hold.
    Not(Box<Filter>),
    /// The attribute has a value that is not empty.
    Present(AttributePath),
    /// A value of the attribute compares so with a literal.
    Compare {
        /// The attribute.
        path: AttributePath,
        /// How it is compared.
        operator: Operator,
        /// With what.
        value: Literal,
    },
    /// All of the condition holds for the same value of the attribute: `emails[…]`.
    Element {
        /// The attribute, without a sub-attribute.
        path: AttributePath,
        /// What holds for the value; it contains no further `Element`.
        filter: Box<Filter>,
    },
}

/// How an attribute is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// The same.
    Eq,
    /// Not the same.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater, later.
    Gt,
    /// Greater or the same.
    Ge,
    /// Less, earlier.
    Lt,
    /// Less or the same.
    Le,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 9] =
        [Self::Eq, Self::Ne, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Ge, Self::Lt, Self::Le];

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// The operator written so, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text))
    }

    /// Whether it asks which of two comes first.
    #[must_use]
    pub fn is_order(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le)
    }

    /// Whether it asks about a part of a text.
    #[must_use]
    pub fn is_part(self) -> bool {
        matches!(self, Self::Co | Self::Sw | Self::Ew)
    }
}

/// What an attribute is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`: no value.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
}

impl Filter {
    /// Reads a filter; a refusal names the place (in bytes, from 0).
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        if text.len() > MAX_LENGTH {
            let why = format!("the filter is longer than {MAX_LENGTH} bytes");
            return Err(Rejected::invalid_filter(why));
        }
        let mut parser = Parser::new(text);
        let filter = parser.filter()?;
        parser.end()?;
        Ok(filter)
    }

    /// Reads a filter on resources of one type, and checks it.
    pub fn parse_for(text: &str, of: ResourceType) -> Result<Self, Rejected> {
        let filter = Self::parse(text)?;
        filter.check(of)?;
        Ok(filter)
    }

    /// All of these hold. Those of the same kind among them become one with it.
    #[must_use]
    pub fn and(parts: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        only(&mut flat).unwrap_or(Self::And(flat))
    }

    /// At least one of these holds. Those of the same kind among them become one with it.
    #[must_use]
    pub fn or(parts: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        only(&mut flat).unwrap_or(Self::Or(flat))
    }

    /// Refuses what no resource of this type could be asked: an order of booleans, a date that is
    /// none, anything about the password. An attribute that is not known is one without a value.
    pub fn check(&self, of: ResourceType) -> Result<(), Rejected> {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().try_for_each(|it| it.check(of)),
            Self::Not(inner) => inner.check(of),
            Self::Present(path) => check_told(path, path.on(of).attribute),
            Self::Compare { path, operator, value } => {
                let Place { attribute, sub_attribute, sub, .. } = path.on(of);
                check_told(path, attribute)?;
                check_term(path, term(attribute, sub_attribute, sub), *operator, value)
            }
            Self::Element { path, filter } => {
                let attribute = path.on(of).attribute;
                check_told(path, attribute)?;
                filter.check_within(attribute)
            }
        }
    }

    /// The same, for a condition within brackets.
    pub(super) fn check_within(&self, of: Option<&'static Attribute>) -> Result<(), Rejected> {
        match self {
            Self::And(parts) | Self::Or(parts) => {
                parts.iter().try_for_each(|it| it.check_within(of))
            }
            Self::Not(inner) => inner.check_within(of),
            Self::Compare { path, operator, value } => {
                let sub = of.and_then(|it| it.sub_attribute(&path.name));
                check_term(path, sub, *operator, value)
            }
            Self::Present(_) | Self::Element { .. } => Ok(()),
        }
    }

    /// Whether the filter asks about this attribute of the core: `members`, `groups`.
    #[must_use]
    pub fn mentions(&self, name: &str) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|it| it.mentions(name)),
            Self::Not(inner) => inner.mentions(name),
            Self::Present(path) | Self::Compare { path, .. } | Self::Element { path, .. } => {
                path.name.eq_ignore_ascii_case(name)
            }
        }
    }

    /// Whether it holds for this resource. Members or groups that it mentions must be in `served`.
    #[must_use]
    pub fn matches(&self, resource: &Resource, served: &Served<'_>) -> bool {
        evaluate::matches(self, resource, served)
    }

    /// What an index could answer of it.
    #[must_use]
    pub fn plan(&self, of: ResourceType) -> Option<Plan> {
        indexed::plan(self, of)
    }
}

/// The only one of a list.
fn only(list: &mut Vec<Filter>) -> Option<Filter> {
    if list.len() == 1 { list.pop() } else { None }
}

/// What a comparison is about: without a sub-attribute, it is the value of a complex attribute.
fn term(
    attribute: Option<&'static Attribute>,
    sub_attribute: Option<&'static Attribute>,
    sub: Option<&str>,
) -> Option<&'static Attribute> {
    match (attribute, sub) {
        (_, Some(_)) => sub_attribute,
        (Some(it), None) if it.kind == Kind::Complex => it.sub_attribute("value"),
        (it, None) => it,
    }
}

fn check_told(path: &AttributePath, of: Option<&Attribute>) -> Result<(), Rejected> {
    if of.is_some_and(|it| it.returned == Returned::Never) {
        return Err(Rejected::invalid_filter(format!("`{path}` cannot be searched")));
    }
    Ok(())
}

fn check_term(
    path: &AttributePath,
    of: Option<&Attribute>,
    operator: Operator,
    value: &Literal,
) -> Result<(), Rejected> {
    let refuse = |why: &str| {
        let operator = operator.as_str();
        Err(Rejected::invalid_filter(format!("`{path} {operator} {value}`: {why}")))
    };
    let bare = operator.is_order() || operator.is_part();
    match (of.map(|it| it.kind), value) {
        (_, Literal::Null) if bare => refuse("null has no order and no parts"),
        (_, Literal::Bool(_)) | (Some(Kind::Boolean), _) if bare => {
            refuse("a boolean has no order and no parts")
        }
        (Some(Kind::Boolean), Literal::Text(text)) if boolean(text).is_none() => {
            refuse("this is not a boolean")
        }
        (Some(Kind::Binary), _) if operator.is_order() => refuse("binary values have no order"),
        (Some(Kind::DateTime), Literal::Text(text))
            if !operator.is_part() && Timestamp::parse(text).is_none() =>
        {
            refuse("this is not a date and time (RFC 3339)")
        }
        (Some(Kind::DateTime), Literal::Bool(_) | Literal::Number(_)) => {
            refuse("this is not a date and time (RFC 3339)")
        }
        _ => Ok(()),
    }
}

/// A boolean that came as a text.
pub(super) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Prints what parses to the same filter.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => join(f, parts, " and ", |it| matches!(it, Self::Or(_))),
            Self::Or(parts) => join(f, parts, " or ", |_| false),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Present(path) => write!(f, "{path} pr"),
            Self::Compare { path, operator, value } => {
                write!(f, "{path} {} {value}", operator.as_str())
            }
            Self::Element { path, filter } => write!(f, "{path}[{filter}]"),
        }
    }
}

fn join(
    f: &mut fmt::Formatter<'_>,
    parts: &[Filter],
    word: &str,
    wrapped: impl Fn(&Filter) -> bool,
) -> fmt::Result {
    for (nth, part) in parts.iter().enumerate() {
        if nth > 0 {
            f.write_str(word)?;
        }
        if wrapped(part) {
            write!(f, "({part})")?;
        } else {
            write!(f, "{part}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(&serde_json::Value::from(value.as_str()).to_string()),
        }
    }
}
