//! Changes of a group's members: told, and done elsewhere, a row each.

use serde_json::Value as Json;

use super::{MemberChange, Verb};
use crate::scim::{
    filter::{Filter, Literal, Operator},
    group::Member,
    path::Path,
    rejected::Rejected,
    schema::ResourceType,
};

/// What a change of a group does to its members; none when it is about something else.
pub(super) fn changes(
    path: &Path,
    verb: Verb,
    value: &Json,
) -> Result<Option<Vec<MemberChange>>, Rejected> {
    match path {
        Path::Schema(_) => Ok(None),
        Path::Attribute(path) => {
            let place = path.on(ResourceType::Group);
            if !place.is_core("members") {
                return Ok(None);
            }
            match place.sub {
                // Some say which members by the path of their id.
                None | Some("value") => whole(verb, value).map(Some),
                Some(_) => Err(immutable()),
            }
        }
        Path::Elements { path, filter, sub } => {
            if !path.on(ResourceType::Group).is_core("members") {
                return Ok(None);
            }
            filter.check_within(ResourceType::Group.attribute("members"))?;
            match sub.as_deref() {
                None => chosen(filter, verb, value).map(Some),
                // A member's name is its own: what it is called here is of no consequence.
                Some(sub) if sub.eq_ignore_ascii_case("display") => Ok(Some(Vec::new())),
                Some(_) => Err(immutable()),
            }
        }
    }
}

fn whole(verb: Verb, value: &Json) -> Result<Vec<MemberChange>, Rejected> {
    if verb == Verb::Remove && value.is_null() {
        return Ok(vec![MemberChange::Clear]);
    }
    let members = Member::list(value)?;
    let change = match verb {
        Verb::Replace if members.is_empty() => MemberChange::Clear,
        Verb::Replace => MemberChange::Replace(members),
        _ if members.is_empty() => return Ok(Vec::new()),
        Verb::Add => MemberChange::Add(members),
        Verb::Remove => MemberChange::Remove(members.into_iter().map(|it| it.value).collect()),
    };
    Ok(vec![change])
}

fn chosen(filter: &Filter, verb: Verb, value: &Json) -> Result<Vec<MemberChange>, Rejected> {
    let ids = ids(filter);
    match (verb, ids) {
        (Verb::Remove, Some(ids)) => Ok(vec![MemberChange::Remove(ids)]),
        (Verb::Remove, None) => Ok(vec![MemberChange::RemoveMatching(filter.clone())]),
        // To add the member of this id is to add it; whatever is said beside is the member's own.
        (Verb::Add | Verb::Replace, Some(ids)) if is_of(value, &ids) => {
            let member = |value: String| Member { value, kind: None, display: None };
            Ok(vec![MemberChange::Add(ids.into_iter().map(member).collect())])
        }
        _ => Err(immutable()),
    }
}

/// Whether a value names no other member than these.
fn is_of(value: &Json, ids: &[String]) -> bool {
    let named = value.get("value").and_then(Json::as_str).or(value.as_str());
    named.is_none_or(|it| ids.iter().any(|id| id == it))
}

/// The ids that a condition names, when it does nothing but that: `value eq "…"`, joined by `or`.
fn ids(filter: &Filter) -> Option<Vec<String>> {
    let parts = match filter {
        Filter::Or(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let id = |part: &Filter| match part {
        Filter::Compare { path, operator: Operator::Eq, value: Literal::Text(id) }
            if path.name.eq_ignore_ascii_case("value") && path.sub.is_none() =>
        {
            Some(id.clone())
        }
        _ => None,
    };
    parts.iter().map(id).collect()
}

fn immutable() -> Rejected {
    Rejected::mutability("a member is added or removed, and not changed")
}
