//! The document of a PATCH, with letters in any case where clients write them so.

use serde_json::{Map, Value as Json};

use super::{MAX_OPERATIONS, Operation, PATCH_SCHEMA, Patch};
use crate::scim::{
    json,
    path::Path,
    rejected::Rejected,
    resource::{Verb, key},
};

pub(super) fn patch(body: Json) -> Result<Patch, Rejected> {
    let Json::Object(mut body) = body else {
        return Err(Rejected::invalid_syntax("a PATCH is a JSON object"));
    };
    if let Some(schemas) = take(&mut body, "schemas") {
        check_schemas(&schemas)?;
    }
    let given = match take(&mut body, "Operations") {
        Some(Json::Array(list)) => list,
        Some(one @ Json::Object(_)) => vec![one],
        _ => return Err(Rejected::invalid_syntax("`Operations` is a list of changes")),
    };
    if given.is_empty() {
        return Err(Rejected::invalid_syntax("`Operations` is empty"));
    }
    if given.len() > MAX_OPERATIONS {
        let why = format!("a PATCH has at most {MAX_OPERATIONS} operations");
        return Err(Rejected::too_large(why));
    }
    Ok(Patch { operations: given.into_iter().map(operation).collect::<Result<_, _>>()? })
}

fn check_schemas(schemas: &Json) -> Result<(), Rejected> {
    let is = |it: &Json| it.as_str().is_some_and(|it| it.eq_ignore_ascii_case(PATCH_SCHEMA));
    let fits = match schemas {
        Json::Null => true,
        Json::Array(list) => list.is_empty() || list.iter().any(is),
        one => is(one),
    };
    if fits {
        return Ok(());
    }
    Err(Rejected::invalid_syntax(format!("`schemas` does not name `{PATCH_SCHEMA}`")))
}

fn operation(given: Json) -> Result<Operation, Rejected> {
    let Json::Object(mut given) = given else {
        return Err(Rejected::invalid_syntax("each of `Operations` is an object"));
    };
    let op = take(&mut given, "op");
    let verb = op.as_ref().and_then(Json::as_str).and_then(Verb::parse);
    let verb = verb.ok_or_else(|| {
        Rejected::invalid_syntax("the `op` of a change is `add`, `replace` or `remove`")
    })?;
    let path = match take(&mut given, "path") {
        None | Some(Json::Null) => None,
        Some(Json::String(text)) if text.trim().is_empty() => None,
        Some(Json::String(text)) => Some(Path::parse(&text)?),
        Some(_) => return Err(Rejected::invalid_path("a `path` is a text")),
    };
    let value = take(&mut given, "value");
    let value = match (verb, &path) {
        (Verb::Remove, None) => {
            return Err(Rejected::no_target("what is to be removed is said by a `path`"));
        }
        (Verb::Remove, Some(_)) => value.unwrap_or_default(),
        (_, None) => whole(value)?,
        (_, Some(_)) => value.ok_or_else(|| {
            Rejected::invalid_value(format!("to `{}` belongs a `value`", verb.as_str()))
        })?,
    };
    Ok(Operation { verb, path, value })
}

/// The value of a change without a path: an object, or one that was written into a text.
fn whole(value: Option<Json>) -> Result<Json, Rejected> {
    match value {
        Some(value @ Json::Object(_)) => Ok(value),
        Some(Json::String(text)) if text.trim_start().starts_with('{') => {
            json::object(text.as_bytes()).map(Json::Object)
        }
        Some(Json::Array(mut list)) if list.len() == 1 => whole(list.pop()),
        _ => Err(Rejected::invalid_value("without a `path`, the `value` is an object")),
    }
}

/// Takes a member out of an object, by its name in any case.
fn take(map: &mut Map<String, Json>, name: &str) -> Option<Json> {
    let known = key(map, name)?.to_owned();
    map.remove(&known)
}
