//! What of a resource is told: `attributes` and `excludedAttributes` (RFC 7644 §3.9). `id` and
//! `schemas` always are.

use serde_json::{Map, Value as Json};

use super::{
    attribute_path::AttributePath,
    path::Path,
    rejected::Rejected,
    resource::{Resource, Served, is_urn, key, member, render_stored},
    schema::ResourceType,
};

/// The most attributes that are named.
const MAX_NAMES: usize = 100;

/// Which attributes are told.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Projection {
    /// All that are by default.
    #[default]
    Default,
    /// These alone.
    Only(Vec<Path>),
    /// All that are by default but these.
    Without(Vec<Path>),
}

impl Projection {
    /// Reads the two parameters, names separated by commas. Both at once contradict each other.
    pub fn parse(attributes: Option<&str>, excluded: Option<&str>) -> Result<Self, Rejected> {
        let names = |text: Option<&str>| -> Vec<String> {
            let names = text.unwrap_or_default().split(',').map(str::trim);
            names.filter(|it| !it.is_empty()).map(str::to_owned).collect()
        };
        Self::of(&names(attributes), &names(excluded))
    }

    /// The same, of lists of names.
    pub fn of(attributes: &[String], excluded: &[String]) -> Result<Self, Rejected> {
        if attributes.len().max(excluded.len()) > MAX_NAMES {
            let why = format!("at most {MAX_NAMES} attributes can be named");
            return Err(Rejected::invalid_value(why));
        }
        match (attributes, excluded) {
            ([], []) => Ok(Self::Default),
            // Microsoft's published list asks for the values that a condition holds for. No
            // standard knows of it: all values are told.
            (names, []) => paths(names, |_, path| Ok(Path::Attribute(path))).map(Self::Only),
            ([], names) => paths(names, no_attribute).map(Self::Without),
            _ => {
                let why = "`attributes` and `excludedAttributes` contradict each other";
                Err(Rejected::invalid_value(why))
            }
        }
    }

    /// Whether members of a group, or groups of a user, are told: else nobody need look for them.
    #[must_use]
    pub fn wants_links(&self, of: ResourceType) -> bool {
        let name = links(of);
        let names = |paths: &[Path], whole: bool| {
            paths.iter().any(|path| match path {
                Path::Attribute(path) => {
                    path.on(of).is_core(name) && (!whole || path.sub.is_none())
                }
                Path::Schema(urn) => urn == of.schema().id,
                Path::Elements { .. } => false,
            })
        };
        match self {
            Self::Default => true,
            Self::Only(paths) => names(paths, false),
            Self::Without(paths) => !names(paths, true),
        }
    }

    /// Writes a resource as it is told.
    pub fn render(&self, resource: &Resource, served: &Served<'_>, out: &mut Vec<u8>) {
        self.render_stored(resource.resource_type(), &resource.stored(), served, out);
    }

    /// The same, from what [`Resource::stored`] wrote, which is read only if it must be. It must
    /// not where all is told, or all but members and groups.
    pub fn render_stored(
        &self,
        of: ResourceType,
        stored: &str,
        served: &Served<'_>,
        out: &mut Vec<u8>,
    ) {
        if self.is_all_but_links(of) {
            let links = if self.wants_links(of) { served.links } else { &[] };
            return render_stored(of, stored, &Served { links, ..*served }, out);
        }
        let mut whole = Vec::new();
        render_stored(of, stored, served, &mut whole);
        let Ok(Json::Object(whole)) = serde_json::from_slice(&whole) else { return };
        let told = match self {
            Self::Default => whole,
            Self::Only(paths) => only(&whole, paths, of),
            Self::Without(paths) => without(whole, paths, of),
        };
        out.extend_from_slice(Json::Object(told).to_string().as_bytes());
    }

    fn is_all_but_links(&self, of: ResourceType) -> bool {
        match self {
            Self::Default => true,
            Self::Only(_) => false,
            Self::Without(paths) => paths.iter().all(|path| match path {
                Path::Attribute(path) => path.on(of).is_core(links(of)) && path.sub.is_none(),
                _ => false,
            }),
        }
    }
}

fn links(of: ResourceType) -> &'static str {
    match of {
        ResourceType::User => "groups",
        ResourceType::Group => "members",
    }
}

fn paths(
    names: &[String],
    elements: impl Fn(&str, AttributePath) -> Result<Path, Rejected>,
) -> Result<Vec<Path>, Rejected> {
    let path = |name: &String| match Path::parse(name)? {
        Path::Elements { path, sub, .. } => elements(name, AttributePath { sub, ..path }),
        path => Ok(path),
    };
    names.iter().map(path).collect()
}

/// To leave all values out would hide more than was asked.
fn no_attribute(name: &str, _: AttributePath) -> Result<Path, Rejected> {
    Err(Rejected::invalid_path(format!("`{name}` names no attribute")))
}

/// Where a path leads: extension, attribute, sub-attribute.
fn target<'p>(
    path: &'p Path,
    whole: &Map<String, Json>,
    of: ResourceType,
) -> (Option<String>, Option<&'p str>, Option<&'p str>) {
    match path {
        Path::Schema(urn) if urn == of.schema().id => (None, None, None),
        Path::Schema(urn) => (Some(urn.clone()), None, None),
        Path::Attribute(path) => {
            let text = path.to_string();
            if path.urn.is_some() && key(whole, &text).is_some() {
                return (Some(text), None, None);
            }
            let place = path.on(of);
            (place.extension.map(str::to_owned), Some(place.name), place.sub)
        }
        Path::Elements { path, .. } => (None, Some(&path.name), None),
    }
}

fn only(whole: &Map<String, Json>, paths: &[Path], of: ResourceType) -> Map<String, Json> {
    let mut told = Map::new();
    for path in paths {
        match target(path, whole, of) {
            (None, None, _) => {
                let core = whole.iter().filter(|(name, _)| !is_urn(name));
                told.extend(core.map(|(name, value)| (name.clone(), value.clone())));
            }
            (Some(urn), None, _) => {
                if let (Some(name), Some(value)) = (key(whole, &urn), member(whole, &urn)) {
                    told.insert(name.to_owned(), value.clone());
                }
            }
            (None, Some(name), sub) => copy(whole, &mut told, name, sub),
            (Some(urn), Some(name), sub) => {
                let Some(from) = member(whole, &urn).and_then(Json::as_object) else { continue };
                let known = key(whole, &urn).unwrap_or(&urn).to_owned();
                let mut inside = Map::new();
                copy(from, &mut inside, name, sub);
                if !inside.is_empty() {
                    merge(told.entry(known).or_insert(Json::Null), Json::Object(inside));
                }
            }
        }
    }
    for name in ["id", "schemas"] {
        if let Some(value) = whole.get(name) {
            told.insert(name.to_owned(), value.clone());
        }
    }
    told
}

fn copy(from: &Map<String, Json>, to: &mut Map<String, Json>, name: &str, sub: Option<&str>) {
    let (Some(known), Some(value)) = (key(from, name), member(from, name)) else { return };
    let part = match sub {
        None => Some(value.clone()),
        Some(sub) => part(value, sub),
    };
    if let Some(part) = part {
        merge(to.entry(known).or_insert(Json::Null), part);
    }
}

/// One sub-attribute of a complex value, or of each of several.
fn part(value: &Json, sub: &str) -> Option<Json> {
    match value {
        Json::Object(map) => {
            let (known, value) = (key(map, sub)?, member(map, sub)?);
            Some(Json::Object(Map::from_iter([(known.to_owned(), value.clone())])))
        }
        // Those that have none of it keep their place, so that two parts of one come together.
        Json::Array(list) => Some(
            list.iter()
                .map(|it| part(it, sub).unwrap_or_else(|| Json::Object(Map::new())))
                .collect(),
        ),
        _ => None,
    }
}

/// Parts of the same value come together.
fn merge(into: &mut Json, part: Json) {
    match (into, part) {
        (Json::Object(into), Json::Object(part)) => {
            for (name, value) in part {
                merge(into.entry(name).or_insert(Json::Null), value);
            }
        }
        (Json::Array(into), Json::Array(part)) if into.len() == part.len() => {
            for (into, part) in into.iter_mut().zip(part) {
                merge(into, part);
            }
        }
        (into, part) => *into = part,
    }
}

fn without(mut whole: Map<String, Json>, paths: &[Path], of: ResourceType) -> Map<String, Json> {
    for path in paths {
        match target(path, &whole, of) {
            (None, None, _) => {
                whole.retain(|name, _| is_urn(name) || matches!(name.as_str(), "id" | "schemas"));
            }
            (Some(urn), None, _) => {
                if let Some(known) = key(&whole, &urn).map(str::to_owned) {
                    whole.remove(&known);
                }
            }
            (None, Some("id" | "schemas"), _) => {}
            (None, Some(name), sub) => drop_from(&mut whole, name, sub),
            (Some(urn), Some(name), sub) => {
                let Some(known) = key(&whole, &urn).map(str::to_owned) else { continue };
                if let Some(Json::Object(inside)) = whole.get_mut(&known) {
                    drop_from(inside, name, sub);
                }
            }
        }
    }
    whole
}

fn drop_from(map: &mut Map<String, Json>, name: &str, sub: Option<&str>) {
    let Some(known) = key(map, name).map(str::to_owned) else { return };
    let Some(sub) = sub else {
        map.remove(&known);
        return;
    };
    match map.get_mut(&known) {
        Some(Json::Object(inside)) => drop_from(inside, sub, None),
        Some(Json::Array(list)) => {
            for inside in list.iter_mut().filter_map(Json::as_object_mut) {
                drop_from(inside, sub, None);
            }
        }
        _ => {}
    }
}
