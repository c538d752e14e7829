//! Whether a filter holds for a resource. Strings are compared as the schema says (`caseExact`),
//! dates as instants; a multi-valued attribute has a value that fits, or it does not.

use std::cmp::Ordering;

use serde_json::{Number, Value as Json};

use super::{Filter, Literal, Operator, boolean};
use crate::{
    kit::time::Timestamp,
    scim::{
        attribute_path::AttributePath,
        folding,
        resource::{Link, Resource, Served, member},
        schema::{Attribute, Kind},
    },
};

/// A value of an attribute.
#[derive(Debug, Clone, Copy)]
pub(in crate::scim) enum Leaf<'a> {
    /// As it is kept.
    Json(&'a Json),
    /// A text that the server knows.
    Text(&'a str),
    /// An instant that the server knows.
    Instant(Timestamp),
}

/// What is asked.
enum Scope<'a> {
    Resource(&'a Resource, &'a Served<'a>),
    Element(&'a Json, Option<&'static Attribute>),
}

type Test<'t> = &'t mut dyn FnMut(Leaf<'_>, Option<&'static Attribute>) -> bool;

pub(super) fn matches(filter: &Filter, resource: &Resource, served: &Served<'_>) -> bool {
    holds(filter, &Scope::Resource(resource, served))
}

/// Whether a condition within brackets holds for one value of an attribute.
pub(in crate::scim) fn holds_for(
    filter: &Filter,
    element: &Json,
    of: Option<&'static Attribute>,
) -> bool {
    holds(filter, &Scope::Element(element, of))
}

fn holds(filter: &Filter, scope: &Scope<'_>) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().all(|part| holds(part, scope)),
        Filter::Or(parts) => parts.iter().any(|part| holds(part, scope)),
        Filter::Not(inner) => !holds(inner, scope),
        Filter::Present(path) => present(path, scope),
        Filter::Compare { path, operator: Operator::Eq, value: Literal::Null } => {
            !present(path, scope)
        }
        Filter::Compare { path, operator: Operator::Ne, value: Literal::Null } => {
            present(path, scope)
        }
        Filter::Compare { path, operator, value } => {
            let mut none = true;
            let found = any(path, scope, &mut |leaf, of| {
                none = false;
                compare(leaf, of, *operator, value)
            });
            // What has no value is not the same as any.
            found || (none && *operator == Operator::Ne)
        }
        Filter::Element { path, filter } => match scope {
            Scope::Resource(resource, served) => element(path, filter, resource, served),
            Scope::Element(..) => false,
        },
    }
}

fn element(path: &AttributePath, filter: &Filter, of: &Resource, served: &Served<'_>) -> bool {
    let place = path.on(of.resource_type());
    if is_links(place.extension, place.name) {
        let holds = |link: &Link| holds_for(filter, &link.json(""), place.attribute);
        return served.links.iter().any(holds);
    }
    match kept(of, place.extension, place.name) {
        Some(Json::Array(list)) => list.iter().any(|it| holds_for(filter, it, place.attribute)),
        Some(single) => holds_for(filter, single, place.attribute),
        None => false,
    }
}

/// Members of a group, groups of a user: kept elsewhere.
fn is_links(extension: Option<&str>, name: &str) -> bool {
    extension.is_none() && matches!(name, "members" | "groups")
}

fn kept<'a>(of: &'a Resource, extension: Option<&str>, name: &str) -> Option<&'a Json> {
    match extension {
        None => member(of.attributes(), name),
        Some(urn) => member(member(of.attributes(), urn)?.as_object()?, name),
    }
}

fn present(path: &AttributePath, scope: &Scope<'_>) -> bool {
    if let Scope::Resource(resource, served) = scope {
        let place = path.on(resource.resource_type());
        if place.sub.is_none() {
            if is_links(place.extension, place.name) {
                return !served.links.is_empty();
            }
            if place.is_core("meta") {
                return true;
            }
            if let Some(value) = kept(resource, place.extension, place.name) {
                return is_filled(value);
            }
        }
    }
    any(path, scope, &mut |leaf, _| match leaf {
        Leaf::Json(json) => is_filled(json),
        Leaf::Text(text) => !text.is_empty(),
        Leaf::Instant(_) => true,
    })
}

fn is_filled(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::String(text) => !text.is_empty(),
        Json::Array(list) => list.iter().any(is_filled),
        Json::Object(map) => map.values().any(is_filled),
        Json::Bool(_) | Json::Number(_) => true,
    }
}

/// The values that a path leads to, in their order.
pub(in crate::scim) fn leaves(
    path: &AttributePath,
    resource: &Resource,
    served: &Served<'_>,
    test: Test<'_>,
) {
    any(path, &Scope::Resource(resource, served), test);
}

/// Whether one of the values that the path leads to passes the test; the first that does ends it.
fn any(path: &AttributePath, scope: &Scope<'_>, test: Test<'_>) -> bool {
    match scope {
        Scope::Resource(resource, served) => any_of(path, resource, served, test),
        Scope::Element(element, of) => {
            if path.urn.is_some() {
                return false;
            }
            if !element.is_object() {
                // Values that stand in a list by themselves are their own `value`.
                return path.name.eq_ignore_ascii_case("value") && test(Leaf::Json(element), *of);
            }
            let sub = of.and_then(|it| it.sub_attribute(&path.name));
            let name = sub.map_or(path.name.as_str(), |it| it.name);
            descend(element, Some(name), (*of, sub), test)
        }
    }
}

fn any_of(path: &AttributePath, of: &Resource, served: &Served<'_>, test: Test<'_>) -> bool {
    let place = path.on(of.resource_type());
    if let Some(urn) = place.extension {
        let Some(value) = kept(of, Some(urn), place.name) else { return false };
        return descend(value, place.sub, (place.attribute, place.sub_attribute), test);
    }
    match (place.name, place.sub) {
        ("id", None) => test(Leaf::Text(served.id), place.attribute),
        ("meta", Some(sub)) => {
            of_meta(sub, of, served, &mut |leaf| test(leaf, place.sub_attribute))
        }
        ("schemas", None) => {
            of.schemas().into_iter().any(|it| test(Leaf::Text(it), place.attribute))
        }
        ("members" | "groups", sub) => {
            let sub = sub.unwrap_or("value");
            let attribute = place.attribute.and_then(|it| it.sub_attribute(sub));
            served
                .links
                .iter()
                .any(|link| link.text(sub).is_some_and(|text| test(Leaf::Text(text), attribute)))
        }
        (name, sub) => match member(of.attributes(), name) {
            Some(value) => descend(value, sub, (place.attribute, place.sub_attribute), test),
            None => false,
        },
    }
}

fn of_meta(
    sub: &str,
    of: &Resource,
    served: &Served<'_>,
    test: &mut dyn FnMut(Leaf<'_>) -> bool,
) -> bool {
    match sub {
        "created" => test(Leaf::Instant(served.created)),
        "lastModified" => test(Leaf::Instant(served.last_modified)),
        "resourceType" => test(Leaf::Text(of.resource_type().as_str())),
        "location" => test(Leaf::Text(&served.location(of.resource_type()))),
        "version" => test(Leaf::Text(&served.version.to_string())),
        _ => false,
    }
}

/// Down to the values themselves; without a name it is the `value` of an object.
fn descend(
    value: &Json,
    sub: Option<&str>,
    (attribute, sub_attribute): (Option<&'static Attribute>, Option<&'static Attribute>),
    test: Test<'_>,
) -> bool {
    match value {
        Json::Array(list) => {
            list.iter().any(|it| descend(it, sub, (attribute, sub_attribute), test))
        }
        Json::Object(map) => {
            let name = sub.unwrap_or("value");
            let known = sub_attribute.or_else(|| attribute.and_then(|it| it.sub_attribute(name)));
            match member(map, name) {
                Some(Json::Array(list)) => list.iter().any(|it| test(Leaf::Json(it), known)),
                Some(Json::Object(_) | Json::Null) | None => false,
                Some(found) => test(Leaf::Json(found), known),
            }
        }
        Json::Null => false,
        simple if sub.is_none() => test(Leaf::Json(simple), attribute),
        _ => false,
    }
}

fn compare(
    leaf: Leaf<'_>,
    of: Option<&'static Attribute>,
    operator: Operator,
    literal: &Literal,
) -> bool {
    let exact = of.is_some_and(|it| it.case_exact);
    let is_instant = of.is_some_and(|it| it.kind == Kind::DateTime);
    match (leaf, literal) {
        (Leaf::Instant(instant), Literal::Text(text)) => match Timestamp::parse(text) {
            Some(asked) if !operator.is_part() => ordered(instant.cmp(&asked), operator),
            _ => texts(&instant.to_string(), text, operator, true),
        },
        (Leaf::Text(value), Literal::Text(text)) => texts(value, text, operator, exact),
        (Leaf::Json(Json::String(value)), Literal::Text(text)) => {
            let instants = match (is_instant, Timestamp::parse(value), Timestamp::parse(text)) {
                (true, Some(one), Some(other)) if !operator.is_part() => Some(one.cmp(&other)),
                _ => None,
            };
            match instants {
                Some(order) => ordered(order, operator),
                None => texts(value, text, operator, exact),
            }
        }
        (Leaf::Json(Json::String(value)), Literal::Number(number)) => {
            texts(value, &number.to_string(), operator, exact)
        }
        (Leaf::Json(Json::String(value)), Literal::Bool(asked)) => {
            texts(value, if *asked { "true" } else { "false" }, operator, false)
        }
        (Leaf::Json(Json::Bool(value)), Literal::Bool(asked)) => equal(value == asked, operator),
        (Leaf::Json(Json::Bool(value)), Literal::Text(text)) => {
            equal(boolean(text) == Some(*value), operator)
        }
        (Leaf::Json(Json::Number(value)), Literal::Number(asked)) if !operator.is_part() => {
            numbers(value, asked).is_some_and(|order| ordered(order, operator))
        }
        (Leaf::Json(Json::Number(value)), Literal::Text(text)) => {
            texts(&value.to_string(), text, operator, exact)
        }
        (Leaf::Json(Json::Number(value)), Literal::Number(asked)) => {
            texts(&value.to_string(), &asked.to_string(), operator, exact)
        }
        _ => operator == Operator::Ne,
    }
}

fn equal(same: bool, operator: Operator) -> bool {
    match operator {
        Operator::Eq => same,
        Operator::Ne => !same,
        _ => false,
    }
}

fn ordered(order: Ordering, operator: Operator) -> bool {
    match operator {
        Operator::Eq => order.is_eq(),
        Operator::Ne => order.is_ne(),
        Operator::Gt => order.is_gt(),
        Operator::Ge => order.is_ge(),
        Operator::Lt => order.is_lt(),
        Operator::Le => order.is_le(),
        Operator::Co | Operator::Sw | Operator::Ew => false,
    }
}

fn numbers(one: &Number, other: &Number) -> Option<Ordering> {
    match (one.as_i64(), other.as_i64()) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}

fn texts(value: &str, asked: &str, operator: Operator, exact: bool) -> bool {
    if exact {
        return match operator {
            Operator::Co => value.contains(asked),
            Operator::Sw => value.starts_with(asked),
            Operator::Ew => value.ends_with(asked),
            _ => ordered(value.cmp(asked), operator),
        };
    }
    match operator {
        Operator::Eq => folding::same(value, asked),
        Operator::Ne => !folding::same(value, asked),
        _ => texts(&folding::fold(value), &folding::fold(asked), operator, true),
    }
}
