//! `bulkId:…` in the place of an id that nobody knows yet (RFC 7644 §3.7.2).

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json, json};

use super::{BulkAction, BulkOperation, BulkRequest};
use crate::scim::{patch::PATCH_SCHEMA, rejected::Rejected};

const PREFIX: &str = "bulkId:";

/// What an operation sends, with ids in the place of references.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// What can be sent now.
    pub data: Json,
    /// What refers to something that is yet to be made: the body of a PATCH for the same resource,
    /// to be resolved in its turn when all is made.
    pub later: Option<Json>,
}

/// The client's name in a reference.
pub(super) fn name(text: &str) -> Option<&str> {
    let (prefix, name) = text.split_at_checked(PREFIX.len())?;
    (prefix.eq_ignore_ascii_case(PREFIX) && !name.is_empty()).then_some(name)
}

pub(super) fn unknown(name: &str) -> Rejected {
    Rejected::invalid_value(format!("nothing was made for `{PREFIX}{name}`"))
}

impl BulkOperation {
    /// What it sends.
    #[must_use]
    pub fn data(&self) -> Option<&Json> {
        match self.action.as_ref().ok()? {
            BulkAction::Create { data, .. }
            | BulkAction::Replace { data, .. }
            | BulkAction::Change { data, .. } => Some(data),
            BulkAction::Delete { .. } => None,
        }
    }

    /// The clients' names that it refers to.
    pub(super) fn names(&self) -> HashSet<&str> {
        let mut found = HashSet::new();
        if let Some(data) = self.data() {
            collect(data, &mut found);
        }
        if let Ok(
            BulkAction::Replace { target, .. }
            | BulkAction::Change { target, .. }
            | BulkAction::Delete { target },
        ) = &self.action
        {
            found.extend(name(&target.id));
        }
        found
    }
}

fn collect<'a>(data: &'a Json, found: &mut HashSet<&'a str>) {
    match data {
        Json::String(text) => found.extend(name(text)),
        Json::Array(list) => list.iter().for_each(|it| collect(it, found)),
        Json::Object(map) => map.values().for_each(|it| collect(it, found)),
        _ => {}
    }
}

pub(super) fn resolve(
    bulk: &BulkRequest,
    data: &Json,
    made: &HashMap<String, String>,
) -> Result<Resolved, Rejected> {
    let mut names = HashSet::new();
    collect(data, &mut names);
    if names.is_empty() {
        return Ok(Resolved { data: data.clone(), later: None });
    }
    let promised: HashSet<&str> =
        bulk.operations.iter().filter_map(|it| it.bulk_id.as_deref()).collect();
    if let Some(name) = names.iter().find(|it| !made.contains_key(**it) && !promised.contains(**it))
    {
        return Err(unknown(name));
    }
    let mut data = data.clone();
    replace(&mut data, made);
    let later = postpone(&mut data);
    Ok(Resolved { data, later })
}

fn replace(data: &mut Json, made: &HashMap<String, String>) {
    match data {
        Json::String(text) => {
            if let Some(id) = name(text).and_then(|it| made.get(it)) {
                text.clone_from(id);
            }
        }
        Json::Array(list) => list.iter_mut().for_each(|it| replace(it, made)),
        Json::Object(map) => map.values_mut().for_each(|it| replace(it, made)),
        _ => {}
    }
}

fn refers(data: &Json) -> bool {
    let mut found = HashSet::new();
    collect(data, &mut found);
    !found.is_empty()
}

/// Takes out what still refers to something: values of lists, attributes, operations of a PATCH.
fn postpone(data: &mut Json) -> Option<Json> {
    if !refers(data) {
        return None;
    }
    let Json::Object(map) = data else { return None };
    if let Some(Json::Array(operations)) = map.get_mut("Operations") {
        let (later, now): (Vec<Json>, Vec<Json>) = operations.drain(..).partition(refers);
        *operations = now;
        return Some(patch(&later));
    }
    let mut later = Vec::new();
    take_out("", map, &mut later);
    Some(patch(&later))
}

fn take_out(prefix: &str, map: &mut Map<String, Json>, later: &mut Vec<Json>) {
    let names: Vec<String> =
        map.iter().filter(|(_, it)| refers(it)).map(|(name, _)| name.clone()).collect();
    for name in names {
        let path = format!("{prefix}{name}");
        match map.get_mut(&name) {
            Some(Json::Array(list)) => {
                let (gone, kept): (Vec<Json>, Vec<Json>) = list.drain(..).partition(refers);
                *list = kept;
                later.push(json!({"op": "add", "path": path, "value": gone}));
            }
            Some(Json::Object(inside)) if name.contains(':') && prefix.is_empty() => {
                take_out(&format!("{path}:"), inside, later);
            }
            _ => {
                let value = map.remove(&name);
                later.push(json!({"op": "add", "path": path, "value": value}));
            }
        }
    }
}

fn patch(operations: &[Json]) -> Json {
    json!({"schemas": [PATCH_SCHEMA], "Operations": operations})
}
