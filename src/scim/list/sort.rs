//! What a list is sorted by (RFC 7644 §3.4.2.3): of several values the primary one, else the first.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::Sort;
use crate::{
    kit::time::Timestamp,
    scim::{
        attribute_path::AttributePath,
        filter::{Leaf, leaves},
        folding::fold,
        resource::{Resource, Served},
        schema::{Attribute, Kind},
    },
};

/// The place of a resource in a sorted list.
#[derive(Debug, Clone, PartialEq)]
pub enum SortKey {
    /// A boolean; no comes before yes.
    Bool(bool),
    /// A number.
    Number(f64),
    /// An instant.
    Instant(Timestamp),
    /// A text; folded, where case does not matter.
    Text(String),
    /// No value: after all others, and before them where the greatest comes first.
    None,
}

impl SortKey {
    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Number(_) => 1,
            Self::Instant(_) => 2,
            Self::Text(_) => 3,
            Self::None => 4,
        }
    }
}

impl Eq for SortKey {}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(one), Self::Bool(other)) => one.cmp(other),
            (Self::Number(one), Self::Number(other)) => one.total_cmp(other),
            (Self::Instant(one), Self::Instant(other)) => one.cmp(other),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            (one, other) => one.rank().cmp(&other.rank()),
        }
    }
}

impl Sort {
    /// The place of a resource. What is equal stands in the order of the ids, whichever way the
    /// list runs.
    #[must_use]
    pub fn key(&self, resource: &Resource, served: &Served<'_>) -> SortKey {
        if let Some(value) = primary(&self.by, resource) {
            let place = self.by.on(resource.resource_type());
            let name = place.sub.unwrap_or("value");
            let of = place.attribute.and_then(|it| it.sub_attribute(name));
            return value.get(name).map_or(SortKey::None, |it| key(Leaf::Json(it), of));
        }
        let mut found = SortKey::None;
        leaves(&self.by, resource, served, &mut |leaf, of| {
            found = key(leaf, of);
            true
        });
        found
    }
}

/// The primary of several values.
fn primary<'r>(by: &AttributePath, resource: &'r Resource) -> Option<&'r Json> {
    let place = by.on(resource.resource_type());
    place.attribute.filter(|it| it.multi_valued && place.extension.is_none())?;
    let list = resource.attributes().get(place.name)?.as_array()?;
    list.iter().find(|it| it.get("primary") == Some(&Json::Bool(true)))
}

fn key(leaf: Leaf<'_>, of: Option<&'static Attribute>) -> SortKey {
    let exact = of.is_some_and(|it| it.case_exact);
    let is_instant = of.is_some_and(|it| it.kind == Kind::DateTime);
    let text = match leaf {
        Leaf::Instant(instant) => return SortKey::Instant(instant),
        Leaf::Json(Json::Bool(it)) => return SortKey::Bool(*it),
        Leaf::Json(Json::Number(it)) => return SortKey::Number(it.as_f64().unwrap_or(f64::MAX)),
        Leaf::Json(Json::String(it)) => it.as_str(),
        Leaf::Text(it) => it,
        Leaf::Json(_) => return SortKey::None,
    };
    match Timestamp::parse(text).filter(|_| is_instant) {
        _ if text.is_empty() => SortKey::None,
        Some(instant) => SortKey::Instant(instant),
        None if exact => SortKey::Text(text.to_owned()),
        None => SortKey::Text(fold(text)),
    }
}
