//! Values as strangers write them become values of the schema: `"True"` is a boolean, one value is a
//! list of one, an id alone is a manager, `null` and what is empty are no value.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use crate::scim::{
    filter::boolean,
    json,
    rejected::Rejected,
    resource::key,
    schema::{Attribute, Kind},
};

/// The most values of a multi-valued attribute.
const MAX_VALUES: usize = 1000;

/// The value of an attribute; none when it comes to no value. Without a schema it is kept as it is.
pub(in crate::scim) fn coerce(
    of: Option<&'static Attribute>,
    value: Json,
) -> Result<Option<Json>, Rejected> {
    match of {
        None => Ok(untyped(value)),
        Some(of) if of.multi_valued => {
            let list = several(of, value)?;
            Ok((!list.is_empty()).then_some(Json::Array(list)))
        }
        Some(of) => single(of, value),
    }
}

/// The values of a multi-valued attribute: each once, and one of them primary at most.
pub(super) fn several(of: &'static Attribute, value: Json) -> Result<Vec<Json>, Rejected> {
    let given = match value {
        Json::Array(list) => list,
        Json::String(text) if text.trim_start().starts_with('[') => {
            match json::any(text.as_bytes()) {
                Ok(Json::Array(list)) => list,
                _ => return Err(misfit(of)),
            }
        }
        one => vec![one],
    };
    if given.len() > MAX_VALUES {
        let why = format!("`{}` has at most {MAX_VALUES} values", of.name);
        return Err(Rejected::invalid_value(why));
    }
    let mut list: Vec<Json> = Vec::with_capacity(given.len());
    let mut has_primary = false;
    for value in given {
        let Some(mut value) = single(of, value)? else { continue };
        if is_primary(&value) {
            if has_primary {
                value["primary"] = Json::Bool(false);
            }
            has_primary = true;
        }
        list.push(value);
    }
    each_once(&mut list);
    Ok(list)
}

/// Of values that are the same in all, the first stays.
pub(in crate::scim) fn each_once(list: &mut Vec<Json>) {
    if list.len() < 2 {
        return;
    }
    let mut seen = HashSet::with_capacity(list.len());
    let keep: Vec<bool> = list.iter().map(|it| seen.insert(it)).collect();
    let mut keep = keep.into_iter();
    list.retain(|_| keep.next().unwrap_or(true));
}

pub(super) fn is_primary(value: &Json) -> bool {
    value.get("primary") == Some(&Json::Bool(true))
}

/// One value of an attribute.
pub(super) fn single(of: &'static Attribute, value: Json) -> Result<Option<Json>, Rejected> {
    match value {
        Json::Null => Ok(None),
        Json::Array(mut list) if list.len() <= 1 && !of.multi_valued => match list.pop() {
            Some(value) => single(of, value),
            None => Ok(None),
        },
        value if of.kind == Kind::Complex => complex(of, value),
        // A simple value is sent as a complex one, too: `[{"value": "False"}]`.
        Json::Object(mut map) => match map.remove("value") {
            Some(value) => single(of, value),
            None => Err(misfit(of)),
        },
        value => simple(of, value).map(Some),
    }
}

fn complex(of: &'static Attribute, value: Json) -> Result<Option<Json>, Rejected> {
    let map = parts(of, value)?;
    let kept: Map<String, Json> =
        map.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    Ok((!kept.is_empty()).then_some(Json::Object(kept)))
}

/// The sub-attributes of a complex value, and those that it says have no value.
pub(in crate::scim) fn parts(
    of: &'static Attribute,
    value: Json,
) -> Result<Vec<(String, Option<Json>)>, Rejected> {
    let map = match value {
        Json::Object(map) => map,
        Json::Array(mut list) if list.len() == 1 && !of.multi_valued => {
            return parts(of, list.remove(0));
        }
        Json::String(text) if text.trim_start().starts_with('{') => {
            match json::any(text.as_bytes()) {
                Ok(Json::Object(map)) => map,
                _ => return Err(misfit(of)),
            }
        }
        Json::String(text) if text.is_empty() && of.sub_attribute("value").is_some() => {
            return Ok(vec![("value".to_owned(), None)]);
        }
        value @ (Json::String(_) | Json::Number(_)) if of.sub_attribute("value").is_some() => {
            Map::from_iter([("value".to_owned(), value)])
        }
        _ => return Err(misfit(of)),
    };
    let mut parts: Vec<(String, Option<Json>)> = Vec::with_capacity(map.len());
    for (name, value) in map {
        let sub = of.sub_attribute(&name);
        if sub.is_some_and(Attribute::is_read_only) {
            continue;
        }
        let name = sub.map_or(name, |it| it.name.to_owned());
        if parts.iter().any(|(known, _)| *known == name) {
            let why = format!("`{}.{name}` stands twice", of.name);
            return Err(Rejected::invalid_syntax(why));
        }
        parts.push((name, coerce(sub, value)?));
    }
    if of.name == "roles" {
        unpack(&mut parts);
    }
    Ok(parts)
}

/// Entra writes an application's role into the value of a role, as JSON in a text.
fn unpack(parts: &mut Vec<(String, Option<Json>)>) {
    let packed = parts.iter().position(|(name, value)| {
        name == "value"
            && value.as_ref().and_then(Json::as_str).is_some_and(|it| it.starts_with('{'))
    });
    let text = packed.and_then(|at| parts[at].1.as_ref()).and_then(Json::as_str);
    let Some(Json::Object(role)) = text.and_then(|it| json::any(it.as_bytes()).ok()) else {
        return;
    };
    let (value, display) = (role.get("value"), role.get("displayName"));
    let (Some(at), Some(Json::String(_))) = (packed, value) else { return };
    parts[at].1 = value.cloned();
    if let Some(Json::String(_)) = display
        && !parts.iter().any(|(name, _)| name == "display")
    {
        parts.push(("display".to_owned(), display.cloned()));
    }
}

/// A value that is no object and no list.
fn simple(of: &'static Attribute, value: Json) -> Result<Json, Rejected> {
    let fits = match (of.kind, value) {
        (Kind::Boolean, Json::Bool(value)) => Some(Json::Bool(value)),
        (Kind::Boolean, Json::String(text)) => boolean(text.trim()).map(Json::Bool),
        (Kind::Integer, Json::Number(value)) if value.is_i64() || value.is_u64() => {
            Some(Json::Number(value))
        }
        (Kind::Decimal, Json::Number(value)) => Some(Json::Number(value)),
        (Kind::String | Kind::Reference | Kind::Binary | Kind::DateTime, Json::String(text)) => {
            Some(Json::String(text))
        }
        // A number without its quotes is taken for its digits, but nobody is named by one.
        (Kind::String, Json::Number(value)) if !of.required => Some(value.to_string().into()),
        _ => None,
    };
    fits.ok_or_else(|| misfit(of))
}

fn misfit(of: &Attribute) -> Rejected {
    let several = if of.multi_valued { "each value of " } else { "" };
    Rejected::invalid_value(format!("{several}`{}` is of type {}", of.name, of.kind.as_str()))
}

/// What no schema describes, without what says nothing.
pub(super) fn untyped(value: Json) -> Option<Json> {
    match value {
        Json::Null => None,
        Json::Array(list) => {
            let list: Vec<Json> = list.into_iter().filter_map(untyped).collect();
            (!list.is_empty()).then_some(Json::Array(list))
        }
        Json::Object(map) => {
            let map: Map<String, Json> =
                map.into_iter().filter_map(|(name, it)| Some((name, untyped(it)?))).collect();
            (!map.is_empty()).then_some(Json::Object(map))
        }
        simple => Some(simple),
    }
}

/// Puts a value under a name, in place of one that differs from it in case alone.
pub(super) fn put(map: &mut Map<String, Json>, name: &str, value: Option<Json>) {
    let known = key(map, name).map(str::to_owned);
    match (known, value) {
        (Some(known), Some(value)) => {
            map.insert(known, value);
        }
        (None, Some(value)) => {
            map.insert(name.to_owned(), value);
        }
        (Some(known), None) => {
            map.remove(&known);
        }
        (None, None) => {}
    }
}
