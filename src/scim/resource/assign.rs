//! How values are put into a resource and taken out of it (RFC 7644 §3.5.2): lists grow by what is
//! not in them, complex values are merged, and one value at most is primary.

use serde_json::{Map, Value as Json};

use super::{
    Resource,
    coerce::{coerce, each_once, is_primary, parts, put, several, untyped},
    key,
};
use crate::scim::{
    attribute_path::Place,
    folding,
    rejected::Rejected,
    schema::{Attribute, Kind, Mutability},
};

/// What is done with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// It comes to what is there.
    Add,
    /// It takes the place of what is there.
    Replace,
    /// It is taken away.
    Remove,
}

impl Verb {
    /// The verb of this name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.trim();
        let is = |verb: &str| name.eq_ignore_ascii_case(verb);
        match () {
            () if is("add") => Some(Self::Add),
            () if is("replace") => Some(Self::Replace),
            () if is("remove") => Some(Self::Remove),
            () => None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Remove => "remove",
        }
    }
}

/// Puts a value where it belongs, or refuses it.
pub(in crate::scim) fn assign(
    to: &mut Resource,
    place: &Place<'_>,
    verb: Verb,
    value: Json,
) -> Result<(), Rejected> {
    if is_secret(place) {
        return Ok(());
    }
    may_change(place)?;
    if value.is_null() {
        return unassign(to, place, Json::Null);
    }
    match (place.attribute, place.sub) {
        (_, Some(sub)) => assign_part(to, place, sub, value)?,
        (Some(of), None) if of.multi_valued => {
            let given = several(of, value)?;
            let map = to.attributes_mut(place.extension);
            let list = list_of(map, place.name);
            if verb == Verb::Replace {
                *list = given;
            } else {
                for it in given {
                    add(list, it, Some(of));
                }
            }
        }
        (Some(of), None) if of.kind == Kind::Complex => {
            let parts = parts(of, value)?;
            let map = to.attributes_mut(place.extension);
            let object = object_of(map, place.name);
            for (name, value) in parts {
                put(object, &name, value);
            }
        }
        (Some(of), None) => {
            let value = coerce(Some(of), value)?;
            put(to.attributes_mut(place.extension), place.name, value);
        }
        (None, None) => {
            let map = to.attributes_mut(place.extension);
            assign_untyped(map, place.name, verb, untyped(value));
        }
    }
    tidy(to, place);
    Ok(())
}

/// A part of a complex value; of several values it is the primary one's, else the first one's.
fn assign_part(
    to: &mut Resource,
    place: &Place<'_>,
    sub: &str,
    value: Json,
) -> Result<(), Rejected> {
    let value = coerce(place.sub_attribute, value)?;
    let multi_valued = place.attribute.is_some_and(|it| it.multi_valued);
    let map = to.attributes_mut(place.extension);
    let known = key(map, place.name).unwrap_or(place.name).to_owned();
    match map.get_mut(&known) {
        Some(Json::Array(list)) => {
            let at = list.iter().position(is_primary).unwrap_or_default();
            match list.get_mut(at) {
                Some(Json::Object(object)) => put(object, sub, value),
                _ => list.push(Json::Object(part(sub, value))),
            }
            only_primary(list, at);
            each_once(list);
        }
        Some(Json::Object(object)) => put(object, sub, value),
        _ => {
            let object = Json::Object(part(sub, value));
            map.insert(known, if multi_valued { Json::Array(vec![object]) } else { object });
        }
    }
    Ok(())
}

fn part(name: &str, value: Option<Json>) -> Map<String, Json> {
    value.into_iter().map(|value| (name.to_owned(), value)).collect()
}

fn assign_untyped(map: &mut Map<String, Json>, name: &str, verb: Verb, value: Option<Json>) {
    let known = key(map, name).unwrap_or(name).to_owned();
    match (map.get_mut(&known), value) {
        (Some(Json::Array(list)), Some(value)) if verb == Verb::Add => match value {
            Json::Array(given) => given.into_iter().for_each(|it| add(list, it, None)),
            one => add(list, one, None),
        },
        (Some(Json::Object(object)), Some(Json::Object(given))) if verb == Verb::Add => {
            object.extend(given);
        }
        (_, value) => put(map, &known, value),
    }
}

/// A value comes to a list, unless it is there; what it says beside is taken over then.
pub(in crate::scim) fn add(list: &mut Vec<Json>, value: Json, of: Option<&'static Attribute>) {
    let primary = is_primary(&value);
    let there = list.iter().position(|it| *it == value || is_same(it, &value, of));
    let at = there.unwrap_or(list.len());
    match (list.get_mut(at), value) {
        (Some(Json::Object(object)), Json::Object(given)) => {
            for (name, value) in given {
                if name != "value" {
                    object.insert(name, value);
                }
            }
        }
        (Some(_), _) => {}
        (None, value) => list.push(value),
    }
    // Two that differed in nothing else are one then.
    if primary && only_primary(list, at) {
        each_once(list);
    }
}

/// Whether two values are one: the same `value`, for the same purpose where both name one.
fn is_same(one: &Json, other: &Json, of: Option<&'static Attribute>) -> bool {
    let exact =
        |name: &str| of.and_then(|it| it.sub_attribute(name)).is_some_and(|it| it.case_exact);
    let same = |name: &str, missing: bool| match (one.get(name), other.get(name)) {
        (Some(Json::String(one)), Some(Json::String(other))) if !exact(name) => {
            folding::same(one, other)
        }
        (Some(one), Some(other)) => one == other,
        _ => missing,
    };
    same("value", false) && same("type", true)
}

/// If the value at this place is primary, no other is; whether another was.
pub(in crate::scim) fn only_primary(list: &mut [Json], at: usize) -> bool {
    if !list.get(at).is_some_and(is_primary) {
        return false;
    }
    let mut changed = false;
    for (nth, other) in list.iter_mut().enumerate() {
        if nth != at && is_primary(other) {
            other["primary"] = Json::Bool(false);
            changed = true;
        }
    }
    changed
}

/// Takes a value away; with a `value`, of a multi-valued attribute, no more than that.
pub(in crate::scim) fn unassign(
    from: &mut Resource,
    place: &Place<'_>,
    value: Json,
) -> Result<(), Rejected> {
    if is_secret(place) {
        return Ok(());
    }
    may_change(place)?;
    let required = place.attribute.is_some_and(|it| it.required) && place.sub.is_none();
    if required {
        return Err(Rejected::mutability(format!("`{}` cannot be without a value", place.name)));
    }
    let holder = match place.extension {
        Some(urn) if key(&from.attributes, urn).is_none() => return Ok(()),
        extension => from.attributes_mut(extension),
    };
    let Some(known) = key(holder, place.name).map(str::to_owned) else { return Ok(()) };
    match (holder.get_mut(&known), place.sub) {
        (Some(Json::Object(object)), Some(sub)) => put(object, sub, None),
        (Some(Json::Array(list)), Some(sub)) => {
            let objects = list.iter_mut().filter_map(Json::as_object_mut);
            objects.for_each(|it| put(it, sub, None));
        }
        (Some(Json::Array(list)), None) if !value.is_null() => {
            let gone = match place.attribute {
                Some(of) => several(of, value)?,
                None => untyped(value).map(into_list).unwrap_or_default(),
            };
            list.retain(|it| {
                !gone.iter().any(|gone| it == gone || is_same(it, gone, place.attribute))
            });
        }
        _ => put(holder, &known, None),
    }
    tidy(from, place);
    Ok(())
}

fn into_list(value: Json) -> Vec<Json> {
    match value {
        Json::Array(list) => list,
        one => vec![one],
    }
}

/// The values of a multi-valued attribute, as a list that may be changed; [`tidy`] is called after.
pub(in crate::scim) fn elements_of<'r>(
    of: &'r mut Resource,
    place: &Place<'_>,
) -> &'r mut Vec<Json> {
    list_of(of.attributes_mut(place.extension), place.name)
}

/// Removes what has no value any more.
pub(in crate::scim) fn tidy(of: &mut Resource, place: &Place<'_>) {
    let empty = |value: &Json| match value {
        Json::Array(list) => list.is_empty(),
        Json::Object(map) => map.is_empty(),
        _ => false,
    };
    let map = of.attributes_mut(place.extension);
    if let Some(known) = key(map, place.name).map(str::to_owned) {
        if let Some(Json::Array(list)) = map.get_mut(&known) {
            list.retain(|it| !empty(it));
        }
        if map.get(&known).is_some_and(empty) {
            map.remove(&known);
        }
    }
    if let Some(urn) = place.extension.filter(|_| map.is_empty()) {
        put(&mut of.attributes, urn, None);
    }
}

fn is_secret(place: &Place<'_>) -> bool {
    place.attribute.is_some_and(|it| it.mutability == Mutability::WriteOnly)
}

/// Whether a client may change it, and whether it is there at all.
pub(in crate::scim) fn may_change(place: &Place<'_>) -> Result<(), Rejected> {
    let read_only = |it: Option<&Attribute>| it.is_some_and(Attribute::is_read_only);
    if read_only(place.attribute) || read_only(place.sub_attribute) {
        let sub = place.sub.map(|it| format!(".{it}")).unwrap_or_default();
        let why = format!("`{}{sub}` is the server's to change", place.name);
        return Err(Rejected::mutability(why));
    }
    match (place.attribute, place.sub) {
        (Some(of), Some(sub)) if of.kind != Kind::Complex => {
            Err(Rejected::invalid_path(format!("`{}` has no part `{sub}`", of.name)))
        }
        _ => Ok(()),
    }
}

fn list_of<'m>(map: &'m mut Map<String, Json>, name: &str) -> &'m mut Vec<Json> {
    let known = key(map, name).unwrap_or(name).to_owned();
    let entry = map.entry(known).or_insert(Json::Null);
    if !entry.is_array() {
        let value = entry.take();
        *entry = Json::Array(untyped(value).into_iter().collect());
    }
    array(entry)
}

fn object_of<'m>(map: &'m mut Map<String, Json>, name: &str) -> &'m mut Map<String, Json> {
    let known = key(map, name).unwrap_or(name).to_owned();
    let entry = map.entry(known).or_insert(Json::Null);
    if !entry.is_object() {
        *entry = Json::Object(Map::new());
    }
    object(entry)
}

#[expect(clippy::expect_used, reason = "the callers made it so")]
fn array(value: &mut Json) -> &mut Vec<Json> {
    value.as_array_mut().expect("a list")
}

#[expect(clippy::expect_used, reason = "the callers made it so")]
fn object(value: &mut Json) -> &mut Map<String, Json> {
    value.as_object_mut().expect("an object")
}
