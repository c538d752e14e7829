//! The body of a POST or a PUT becomes a resource. What only the server knows is ignored in it, what
//! no schema describes is kept.

use serde_json::{Map, Value as Json};

use super::{
    Received, Resource,
    assign::{Verb, assign},
    coerce::{put, untyped},
};
use crate::scim::{
    attribute_path::{AttributePath, Place, split_urn},
    group::Member,
    rejected::Rejected,
    schema::{Attribute, ResourceType},
};

/// The largest resource, in bytes, without members.
pub(in crate::scim) const MAX_RESOURCE: usize = 256 * 1024;
/// The longest name of a resource, in characters: `userName`, `displayName`, `externalId`.
const MAX_NAME: usize = 1024;

pub(super) fn receive(of: ResourceType, body: Map<String, Json>) -> Result<Received, Rejected> {
    let mut received = Received { resource: Resource::new(of), members: None };
    take(&mut received, body)?;
    let Received { mut resource, members } = received;
    if of == ResourceType::User {
        resource.attributes.entry("active").or_insert(Json::Bool(true));
    }
    check(&resource)?;
    Ok(Received { resource, members })
}

/// Takes over what the members of an object say.
fn take(to: &mut Received, body: Map<String, Json>) -> Result<(), Rejected> {
    let of = to.resource.resource_type;
    once(&body)?;
    for (name, value) in body {
        let known = of.attribute(&name).map(|it| Place::described(None, it));
        let path = if known.is_some() { None } else { AttributePath::parse(&name) };
        let place = known.or(path.as_ref().map(|it| it.on(of)));
        let is = |core: &str| place.is_some_and(|it| it.is_core(core));
        let read_only = place.and_then(|it| it.attribute).is_some_and(Attribute::is_read_only);
        match value {
            value if is("schemas") => schemas(of, &value)?,
            Json::Null => {}
            value if of == ResourceType::Group && is("members") => {
                to.members = Some(Member::list(&value)?);
            }
            Json::Object(inside) if name.eq_ignore_ascii_case(of.schema().id) => take(to, inside)?,
            _ if read_only => {}
            value => match known {
                Some(place) => assign(&mut to.resource, &place, Verb::Replace, value)?,
                None => spread(&mut to.resource, Verb::Replace, &name, value)?,
            },
        }
    }
    Ok(())
}

/// Names that differ in case alone are one attribute, which stands once.
fn once(body: &Map<String, Json>) -> Result<(), Rejected> {
    let names: Vec<&String> = body.keys().collect();
    for (nth, name) in names.iter().enumerate() {
        if names[..nth].iter().any(|it| it.eq_ignore_ascii_case(name)) {
            return Err(Rejected::invalid_syntax(format!("`{name}` stands twice")));
        }
    }
    Ok(())
}

/// Where schemas are named, that of the resource is among them; others may be.
fn schemas(of: ResourceType, value: &Json) -> Result<(), Rejected> {
    let known = |it: &Json| {
        let urn = it.as_str().unwrap_or_default();
        urn.eq_ignore_ascii_case(of.schema().id) || of.extension(urn).is_some()
    };
    let fits = match value {
        Json::Null => true,
        Json::Array(list) => list.is_empty() || list.iter().any(known),
        one => known(one),
    };
    if fits {
        return Ok(());
    }
    Err(Rejected::invalid_syntax(format!("`schemas` does not name `{}`", of.schema().id)))
}

/// Puts one member of an object where its name says: an attribute, a dotted path, an attribute or
/// all of an extension.
pub(in crate::scim) fn spread(
    to: &mut Resource,
    verb: Verb,
    name: &str,
    value: Json,
) -> Result<(), Rejected> {
    let of = to.resource_type;
    if let (Some(urn), _) = split_urn(name) {
        let known = to.extension(name).is_some() || of.extension(name).is_some();
        match value {
            Json::Object(map) if known || !is_within(to, urn) => {
                return extend(to, verb, name, map);
            }
            Json::Null if known => {
                put(&mut to.attributes, name, None);
                return Ok(());
            }
            value => return spread_path(to, verb, name, value),
        }
    }
    spread_path(to, verb, name, value)
}

/// Whether this URN is that of attributes: of the core, or of an extension that is known.
fn is_within(resource: &Resource, urn: &str) -> bool {
    let of = resource.resource_type;
    urn.eq_ignore_ascii_case(of.schema().id)
        || of.extension(urn).is_some()
        || resource.extension(urn).is_some()
}

fn spread_path(to: &mut Resource, verb: Verb, name: &str, value: Json) -> Result<(), Rejected> {
    let Some(path) = AttributePath::parse(name) else {
        put(&mut to.attributes, name, untyped(value));
        return Ok(());
    };
    let place = path.on(to.resource_type);
    // In a whole resource, a part that is the server's is ignored as the whole would be.
    if verb == Verb::Replace && place.sub_attribute.is_some_and(Attribute::is_read_only) {
        return Ok(());
    }
    assign(to, &place, verb, value)
}

/// All that an object says of an extension.
pub(in crate::scim) fn extend(
    to: &mut Resource,
    verb: Verb,
    urn: &str,
    map: Map<String, Json>,
) -> Result<(), Rejected> {
    let known = to.resource_type.extension(urn);
    for (name, value) in map {
        if let Some((schema, attribute)) = known.and_then(|it| Some((it, it.attribute(&name)?))) {
            assign(to, &Place::described(Some(schema.id), attribute), verb, value)?;
            continue;
        }
        let Some(mut path) = AttributePath::parse(&name).filter(|it| it.urn.is_none()) else {
            let value = untyped(value);
            if value.is_some() {
                put(to.attributes_mut(Some(urn)), &name, value);
            }
            continue;
        };
        path.urn = Some(urn.to_owned());
        assign(to, &path.on(to.resource_type), verb, value)?;
    }
    Ok(())
}

/// What every resource must be, whatever was done to it.
pub(in crate::scim) fn check(resource: &Resource) -> Result<(), Rejected> {
    let required = resource.resource_type.schema().attributes.iter().filter(|it| it.required);
    for attribute in required {
        let text = resource.text(attribute.name).unwrap_or_default();
        if text.trim().is_empty() {
            return Err(Rejected::invalid_value(format!("`{}` is missing", attribute.name)));
        }
    }
    for name in ["userName", "displayName", "externalId"] {
        if resource.text(name).is_some_and(|it| it.chars().count() > MAX_NAME) {
            let why = format!("`{name}` has at most {MAX_NAME} characters");
            return Err(Rejected::invalid_value(why));
        }
    }
    check_size(resource)
}

/// Nothing grows without end.
pub(in crate::scim) fn check_size(resource: &Resource) -> Result<(), Rejected> {
    let size: usize = resource.attributes.iter().map(|(name, it)| name.len() + weight(it)).sum();
    if size > MAX_RESOURCE {
        return Err(Rejected::too_large(format!("a resource has at most {MAX_RESOURCE} bytes")));
    }
    Ok(())
}

/// About how many bytes a value has.
pub(in crate::scim) fn weight(value: &Json) -> usize {
    match value {
        Json::String(text) => text.len() + 2,
        Json::Array(list) => list.iter().map(|it| weight(it) + 1).sum::<usize>() + 2,
        Json::Object(map) => map.iter().map(|(name, it)| name.len() + weight(it) + 4).sum(),
        _ => 5,
    }
}

/// Whether a name is that of a schema, whose attributes stand under it.
pub(in crate::scim) fn is_urn(name: &str) -> bool {
    let is =
        |prefix: &str| name.get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(prefix));
    is("urn:") || is("http://") || is("https://")
}
