//! What a PATCH does to a resource (RFC 7644 §3.5.2.1–3): all of it, or nothing.

use serde_json::{Map, Value as Json};

use super::{Changed, MemberChange, Patch, Verb, members};
use crate::scim::{
    attribute_path::{AttributePath, Place},
    filter::{Filter, Literal, Operator, holds_for},
    path::Path,
    rejected::Rejected,
    resource::{
        MAX_RESOURCE, Resource, add, assign, check, check_size, coerce_part, each_once,
        elements_of, extend, key, may_change, only_primary, parts, spread, tidy, unassign, weight,
    },
    schema::{self, Attribute, ResourceType},
};

/// How often one value may be held against another, all changes of a PATCH together: each that comes
/// is looked for among those that are there.
const MAX_WORK: usize = 2_000_000;

pub(super) fn apply(asked: &Patch, to: &mut Resource, id: &str) -> Result<Changed, Rejected> {
    let mut after = to.clone();
    let mut members = Vec::new();
    let mut work = Work { resource: &mut after, members: &mut members, id, left: MAX_WORK };
    for operation in &asked.operations {
        match &operation.path {
            None => work.whole(operation.verb, &operation.value)?,
            Some(path) => work.at(path, operation.verb, &operation.value)?,
        }
        check_size(work.resource)?;
    }
    check(&after)?;
    let changed = after != *to;
    *to = after;
    Ok(Changed { resource: changed, members })
}

/// What is worked on.
struct Work<'w> {
    resource: &'w mut Resource,
    members: &'w mut Vec<MemberChange>,
    id: &'w str,
    /// How much work may still come.
    left: usize,
}

impl Work<'_> {
    /// A change without a path: its value names the attributes, by every kind of path.
    fn whole(&mut self, verb: Verb, value: &Json) -> Result<(), Rejected> {
        let Json::Object(map) = value else {
            return Err(Rejected::invalid_value("without a `path`, the `value` is an object"));
        };
        for (name, value) in map {
            if !self.is_repeated(name, value)? {
                self.named(verb, name, value)?;
            }
        }
        Ok(())
    }

    /// One attribute of a change without a path.
    fn named(&mut self, verb: Verb, name: &str, value: &Json) -> Result<(), Rejected> {
        if name.eq_ignore_ascii_case(self.resource.resource_type().schema().id) {
            return self.whole(verb, value);
        }
        if self.is_members(name) || name.contains('[') {
            return self.at(&Path::parse(name)?, verb, value);
        }
        self.spend(value)?;
        spread(self.resource, verb, name, value.clone())
    }

    fn spend(&mut self, value: &Json) -> Result<(), Rejected> {
        let attributes = self.resource.attributes();
        let longest = attributes.values().map(longest).max().unwrap_or_default();
        let longest = longest.max(attributes.len());
        let coming = values(value);
        let work = (1 + coming).saturating_mul(1 + longest + coming);
        let left = self.left.checked_sub(work);
        self.left =
            left.ok_or_else(|| Rejected::too_large("so many values are too many at once"))?;
        Ok(())
    }

    fn is_members(&self, name: &str) -> bool {
        let is_group = self.resource.resource_type() == ResourceType::Group;
        is_group
            && AttributePath::parse(name)
                .is_some_and(|it| it.on(ResourceType::Group).is_core("members"))
    }

    /// Whether this is something of the server's that the client only repeats: it may, as long as
    /// it says nothing else.
    fn is_repeated(&self, name: &str, value: &Json) -> Result<bool, Rejected> {
        let Some(of) = self.resource.resource_type().attribute(name) else { return Ok(false) };
        if !of.is_read_only() {
            return Ok(false);
        }
        let is_empty = match value {
            Json::Null => true,
            Json::Array(list) => list.is_empty(),
            _ => false,
        };
        match of.name {
            "schemas" | "meta" => Ok(true),
            "id" if value.as_str() == Some(self.id) => Ok(true),
            "groups" if is_empty => Ok(true),
            name => Err(Rejected::mutability(format!("`{name}` is the server's to change"))),
        }
    }

    fn at(&mut self, path: &Path, verb: Verb, value: &Json) -> Result<(), Rejected> {
        let of = self.resource.resource_type();
        if of == ResourceType::Group
            && let Some(changes) = members::changes(path, verb, value)?
        {
            self.members.extend(changes);
            return Ok(());
        }
        self.spend(value)?;
        let value = value.clone();
        match path {
            Path::Schema(urn) => self.schema(urn, verb, value),
            Path::Attribute(path) => self.attribute(path, verb, value),
            Path::Elements { path, filter, sub } => {
                let named = AttributePath { sub: sub.clone(), ..path.clone() };
                let place = named.on(of);
                if verb != Verb::Remove {
                    self.known(&named, &place)?;
                }
                self.elements(&place, filter, verb, value)
            }
        }
    }

    fn attribute(&mut self, path: &AttributePath, verb: Verb, value: Json) -> Result<(), Rejected> {
        let whole = path.to_string();
        let place = path.on(self.resource.resource_type());
        if path.urn.is_some() && self.resource.extension(&whole).is_some() {
            return self.schema(&whole, verb, value);
        }
        if place.is_core("id") && value.as_str() == Some(self.id) {
            return Ok(());
        }
        if verb == Verb::Remove {
            // What is not there is not there, by whatever name.
            return unassign(self.resource, &place, value);
        }
        let attributes = path.sub.is_none() && value.is_object();
        if place.attribute.is_none() && attributes && !self.is_known(path) {
            // An extension that nobody knows is one when it is given attributes.
            return spread(self.resource, verb, &whole, value);
        }
        self.known(path, &place)?;
        assign(self.resource, &place, verb, value)
    }

    /// Whether the schema is known that the path names; the core's is where it names none.
    fn is_known(&self, path: &AttributePath) -> bool {
        let of = self.resource.resource_type();
        let Some(urn) = path.urn.as_deref() else { return true };
        urn.eq_ignore_ascii_case(of.schema().id)
            || of.extension(urn).is_some()
            || self.resource.extension(urn).is_some()
    }

    /// A path may name what no schema describes only in an extension that none describes, or where
    /// there is such a value already.
    fn known(&self, path: &AttributePath, place: &Place<'_>) -> Result<(), Rejected> {
        let of = self.resource.resource_type();
        let refuse = || Err(Rejected::invalid_path(format!("there is no attribute `{path}`")));
        let described = place.extension.is_none_or(|urn| of.extension(urn).is_some());
        let holder = match place.extension {
            None => Some(self.resource.attributes()),
            Some(urn) => self.resource.extension(urn),
        };
        let value = holder.and_then(|it| key(it, place.name).and_then(|name| it.get(name)));
        if place.attribute.is_none() && described && value.is_none() {
            return refuse();
        }
        if let (Some(_), Some(sub), None) = (place.attribute, place.sub, place.sub_attribute) {
            let has = |it: &Json| it.as_object().is_some_and(|it| key(it, sub).is_some());
            let there = value.is_some_and(|it| match it {
                Json::Array(list) => list.iter().any(has),
                one => has(one),
            });
            return if there { Ok(()) } else { refuse() };
        }
        Ok(())
    }

    /// All of a schema at once.
    fn schema(&mut self, urn: &str, verb: Verb, value: Json) -> Result<(), Rejected> {
        if urn.eq_ignore_ascii_case(self.resource.resource_type().schema().id) {
            return match verb {
                Verb::Remove => {
                    Err(Rejected::mutability("a resource cannot be without its schema"))
                }
                verb => self.whole(verb, &value),
            };
        }
        if schema::schema(urn)
            .is_some_and(|it| self.resource.resource_type().extension(it.id).is_none())
        {
            return Err(Rejected::invalid_path(format!("`{urn}` is no schema of this resource")));
        }
        match (verb, value) {
            (Verb::Remove, _) | (_, Json::Null) => {
                self.resource.remove_extension(urn);
                Ok(())
            }
            (verb, Json::Object(map)) => extend(self.resource, verb, urn, map),
            _ => Err(Rejected::invalid_value(format!("the value of `{urn}` is an object"))),
        }
    }

    /// Some of the values of an attribute.
    fn elements(
        &mut self,
        place: &Place<'_>,
        filter: &Filter,
        verb: Verb,
        value: Json,
    ) -> Result<(), Rejected> {
        may_change(place)?;
        filter.check_within(place.attribute)?;
        if place.attribute.is_some_and(|it| !it.multi_valued) {
            let why = format!("`{}` has one value, none to choose from", place.name);
            return Err(Rejected::invalid_path(why));
        }
        let verb = if value.is_null() { Verb::Remove } else { verb };
        let list = elements_of(self.resource, place);
        let fits = |it: &Json| holds_for(filter, it, place.attribute);
        let done = match (verb, place.sub) {
            (Verb::Remove, None) => {
                list.retain(|it| !fits(it));
                Ok(())
            }
            (Verb::Remove, Some(sub)) => {
                for object in list.iter_mut().filter(|it| fits(it)).filter_map(Json::as_object_mut)
                {
                    object.remove(sub);
                }
                Ok(())
            }
            (verb, _) => {
                let chosen: Vec<usize> = (0..list.len()).filter(|at| fits(&list[*at])).collect();
                if chosen.len().saturating_mul(weight(&value)) > MAX_RESOURCE {
                    Err(Rejected::too_large("so much for so many values is too much"))
                } else if chosen.is_empty() {
                    grow(list, place, (filter, verb), value)
                } else {
                    let all = |at| change(list, at, place, value.clone());
                    let done = chosen.into_iter().try_for_each(all);
                    each_once(list);
                    done
                }
            }
        };
        tidy(self.resource, place);
        done
    }
}

/// How long the longest list is, and how wide the widest object.
fn longest(value: &Json) -> usize {
    match value {
        Json::Array(list) => list.len(),
        Json::Object(map) => map.values().map(longest).fold(map.len(), usize::max),
        _ => 0,
    }
}

/// How many values stand in lists and objects.
fn values(value: &Json) -> usize {
    match value {
        Json::Array(list) => list.iter().map(|it| 1 + values(it)).sum(),
        Json::Object(map) => map.values().map(|it| 1 + values(it)).sum(),
        _ => 0,
    }
}

/// Changes one of the values: a part of it, or what is said of it.
fn change(list: &mut [Json], at: usize, place: &Place<'_>, value: Json) -> Result<(), Rejected> {
    let given = given(place, value)?;
    match &mut list[at] {
        Json::Object(object) => {
            for (name, value) in given {
                match value {
                    Some(value) => object.insert(name, value),
                    None => object.remove(&name),
                };
            }
        }
        simple => {
            if let Some((_, Some(value))) = given.into_iter().find(|(name, _)| name == "value") {
                *simple = value;
            }
        }
    }
    only_primary(list, at);
    Ok(())
}

/// What is said of a value, by sub-attributes.
fn given(place: &Place<'_>, value: Json) -> Result<Vec<(String, Option<Json>)>, Rejected> {
    match (place.sub, place.attribute) {
        (Some(sub), Some(of)) if place.sub_attribute.is_some() && !value.is_null() => {
            parts(of, Json::Object(Map::from_iter([(sub.to_owned(), value)])))
        }
        (Some(sub), _) => {
            let value = coerce_part(place.sub_attribute, value)?;
            Ok(vec![(sub.to_owned(), value)])
        }
        (None, Some(of)) => match value {
            Json::Array(mut list) if list.len() == 1 => parts(of, list.remove(0)),
            value => parts(of, value),
        },
        (None, None) => match value {
            Json::Object(map) => Ok(map.into_iter().map(|(name, it)| (name, Some(it))).collect()),
            value => Ok(vec![("value".to_owned(), Some(value))]),
        },
    }
}

/// No value fits the condition. Entra means then that one is to be made for which it holds; a
/// replacement of that kind is only believed where the condition names a kind that is usual.
fn grow(
    list: &mut Vec<Json>,
    place: &Place<'_>,
    (filter, verb): (&Filter, Verb),
    value: Json,
) -> Result<(), Rejected> {
    let none = || Rejected::no_target(format!("no value of `{}` fits `{filter}`", place.name));
    let mut made = described(filter, place.attribute).ok_or_else(none)?;
    let usual = made.iter().all(|(name, value)| is_usual(place.attribute, name, value));
    if verb == Verb::Replace && (place.sub.is_none() || !usual) {
        return Err(none());
    }
    for (name, value) in given(place, value)? {
        if let Some(value) = value {
            made.insert(name, value);
        }
    }
    add(list, Json::Object(made), place.attribute);
    Ok(())
}

fn is_usual(of: Option<&'static Attribute>, name: &str, value: &Json) -> bool {
    let kinds = of.and_then(|it| it.sub_attribute("type")).map(|it| it.canonical_values);
    match name {
        "type" => kinds.is_some_and(|kinds| kinds.iter().any(|it| value.as_str() == Some(*it))),
        "primary" => true,
        _ => false,
    }
}

/// The value that a condition describes, when it does nothing but that.
fn described(filter: &Filter, of: Option<&'static Attribute>) -> Option<Map<String, Json>> {
    let parts = match filter {
        Filter::And(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut made = Map::new();
    for part in parts {
        let Filter::Compare { path, operator: Operator::Eq, value } = part else { return None };
        let value = match value {
            Literal::Text(text) => Json::from(text.as_str()),
            Literal::Bool(value) => Json::Bool(*value),
            Literal::Number(value) => Json::Number(value.clone()),
            Literal::Null => return None,
        };
        let sub = of.and_then(|it| it.sub_attribute(&path.name));
        let value = coerce_part(sub, value).ok()??;
        made.insert(sub.map_or(path.name.as_str(), |it| it.name).to_owned(), value);
    }
    Some(made)
}
