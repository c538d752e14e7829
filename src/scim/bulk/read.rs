//! The document of a bulk. What is wrong with the whole is refused; what is wrong with one request
//! fails that one.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use super::{BULK_SCHEMA, BulkAction, BulkLimits, BulkOperation, BulkRequest, Target};
use crate::scim::{etag::Tags, rejected::Rejected, resource::key, schema::ResourceType};

/// The longest name that a client gives.
const MAX_BULK_ID: usize = 255;

pub(super) fn bulk(
    mut body: Map<String, Json>,
    limits: &BulkLimits,
) -> Result<BulkRequest, Rejected> {
    if let Some(Json::Array(schemas)) = take(&mut body, "schemas") {
        let is = |it: &Json| it.as_str().is_some_and(|it| it.eq_ignore_ascii_case(BULK_SCHEMA));
        if !schemas.is_empty() && !schemas.iter().any(is) {
            return Err(Rejected::invalid_syntax(format!(
                "`schemas` does not name `{BULK_SCHEMA}`"
            )));
        }
    }
    let fail_on_errors = match take(&mut body, "failOnErrors") {
        None | Some(Json::Null) => None,
        Some(value) => match value.as_u64() {
            Some(count) => Some(count).filter(|it| *it > 0),
            None => return Err(Rejected::invalid_value("`failOnErrors` is a whole number")),
        },
    };
    let Some(Json::Array(list)) = take(&mut body, "Operations") else {
        return Err(Rejected::invalid_syntax("`Operations` is a list of requests"));
    };
    if list.len() > limits.operations {
        let why = format!("a bulk has at most {} operations (maxOperations)", limits.operations);
        return Err(Rejected::too_large(why));
    }
    let operations: Vec<BulkOperation> =
        list.into_iter().map(operation).collect::<Result<_, _>>()?;
    let mut names = HashSet::new();
    for name in operations.iter().filter_map(|it| it.bulk_id.as_deref()) {
        if !names.insert(name) {
            return Err(Rejected::invalid_value(format!("the `bulkId` `{name}` stands twice")));
        }
    }
    Ok(BulkRequest { fail_on_errors, operations })
}

fn operation(given: Json) -> Result<BulkOperation, Rejected> {
    let Json::Object(mut given) = given else {
        return Err(Rejected::invalid_syntax("each of `Operations` is an object"));
    };
    let mut text = |name: &str| match take(&mut given, name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(Rejected::invalid_syntax(format!("the `{name}` of a request is a text"))),
    };
    let method = text("method")?.unwrap_or_default().trim().to_ascii_uppercase();
    let bulk_id = text("bulkId")?.filter(|it| !it.is_empty());
    let (path, version) = (text("path")?.unwrap_or_default(), text("version")?);
    if bulk_id.as_ref().is_some_and(|it| it.len() > MAX_BULK_ID) {
        return Err(Rejected::invalid_value(format!("a `bulkId` has at most {MAX_BULK_ID} bytes")));
    }
    let version = version.filter(|it| !it.trim().is_empty()).map(|it| Tags::parse(&it));
    let data = take(&mut given, "data");
    let action = match method.as_str() {
        "POST" if bulk_id.is_none() => {
            Err(Rejected::invalid_value("a POST in a bulk has a `bulkId`"))
        }
        _ => action(&method, &path, version, data),
    };
    Ok(BulkOperation { method, bulk_id, action })
}

fn action(
    method: &str,
    path: &str,
    version: Option<Tags>,
    data: Option<Json>,
) -> Result<BulkAction, Rejected> {
    let no_path = || Rejected::invalid_path(format!("`{path}` is no path of a bulk's request"));
    let inside = path.trim().strip_prefix('/').ok_or_else(no_path)?;
    let (endpoint, id) = match inside.split_once('/') {
        Some((endpoint, id)) => (endpoint, Some(id)),
        None => (inside, None),
    };
    let resource_type = ResourceType::from_endpoint(endpoint).ok_or_else(no_path)?;
    let data = data.filter(Json::is_object).ok_or_else(|| {
        Rejected::invalid_syntax(format!("to a {method} belongs `data`, an object"))
    });
    let target = || match id {
        Some(id) if !id.is_empty() && !id.contains('/') => {
            Ok(Target { resource_type, id: id.to_owned(), version })
        }
        _ => Err(no_path()),
    };
    match method {
        "POST" if id.is_none() => Ok(BulkAction::Create { resource_type, data: data? }),
        "POST" => Err(no_path()),
        "PUT" => Ok(BulkAction::Replace { target: target()?, data: data? }),
        "PATCH" => Ok(BulkAction::Change { target: target()?, data: data? }),
        "DELETE" => Ok(BulkAction::Delete { target: target()? }),
        _ => Err(Rejected::invalid_syntax("a `method` is POST, PUT, PATCH or DELETE")),
    }
}

fn take(map: &mut Map<String, Json>, name: &str) -> Option<Json> {
    let known = key(map, name)?.to_owned();
    map.remove(&known)
}
