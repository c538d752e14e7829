//! The kernel, law by law, and life by life as identity providers write them.

mod bulks;
mod discovery;
mod filters;
mod laws;
mod lists;
mod patches;
mod projections;
mod providers;
mod received;

use serde_json::{Value as Json, json};

use super::{
    Changed, Link, LinkKind, Patch, Rejected, Resource, ResourceType, Served, Version,
    schema::{ENTERPRISE, GROUP, USER},
};
use crate::kit::time::Timestamp;

const ID: &str = "directory_user_01";
const BASE: &str = "https://kernia.test/scim/v2/directory_01";

fn user(body: &Json) -> Resource {
    Resource::receive(ResourceType::User, body.to_string().as_bytes()).unwrap().resource
}

fn kim() -> Resource {
    user(&json!({
        "schemas": [USER, ENTERPRISE],
        "userName": "Kim@C.example",
        "externalId": "u-481",
        "active": true,
        "name": {"givenName": "Kim", "familyName": "Ng"},
        "emails": [
            {"value": "kim@c.example", "type": "work", "primary": true},
            {"value": "kim@home.example", "type": "home"},
        ],
        "title": "Analyst",
        ENTERPRISE: {"department": "R&D", "manager": {"value": "m-1"}},
    }))
}

fn group(body: &Json) -> Resource {
    Resource::receive(ResourceType::Group, body.to_string().as_bytes()).unwrap().resource
}

fn engineers() -> Resource {
    group(&json!({"schemas": [GROUP], "displayName": "Engineers", "externalId": "g-1"}))
}

fn served() -> Served<'static> {
    Served {
        id: ID,
        created: Timestamp::parse("2026-01-02T03:04:05.678Z").unwrap(),
        last_modified: Timestamp::parse("2026-02-03T04:05:06Z").unwrap(),
        version: Version(3),
        base: BASE,
        links: &[],
    }
}

fn link(value: &str, kind: LinkKind, display: &str) -> Link {
    Link { value: value.to_owned(), kind, display: Some(display.to_owned()) }
}

fn patch(operations: &Json) -> Result<Patch, Rejected> {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": operations,
    });
    Patch::parse(body.to_string().as_bytes())
}

/// What comes of a resource by these changes; that it is stored and restored the same beside.
fn patched(before: &Resource, operations: &Json) -> Result<(Json, Changed), Rejected> {
    let mut after = before.clone();
    let changed = match patch(operations)?.apply(&mut after, ID) {
        Ok(changed) => changed,
        Err(refusal) => {
            assert_eq!(after, *before, "refused, and changed: {operations}");
            return Err(refusal);
        }
    };
    assert_eq!(changed.resource, after != *before);
    assert_eq!(before.differences(&after).is_empty(), !changed.resource);
    let restored = Resource::restore(after.resource_type(), &after.stored()).unwrap();
    assert_eq!(restored, after);
    Ok((Json::Object(after.attributes().clone()), changed))
}

/// What becomes of one attribute.
fn becomes(before: &Resource, operations: &Json, attribute: &str) -> Json {
    let (after, _) = patched(before, operations).unwrap();
    after.get(attribute).cloned().unwrap_or_default()
}

/// The word of the refusal.
fn refused(before: &Resource, operations: &Json) -> String {
    let refusal = patched(before, operations).unwrap_err();
    let word = refusal.scim_type.map_or("", |it| it.as_str());
    format!("{} {word}", refusal.status)
}
