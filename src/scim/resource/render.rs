//! A resource as JSON: to store, and to answer with. What is stored is put into the answer as it
//! stands, without being read.

use std::io::Write;

use serde_json::{Value as Json, json};

use super::{Link, Resource, Served};
use crate::scim::{
    filter::{Filter, holds_for},
    schema::ResourceType,
};

impl Link {
    /// The link as it is told; without a base address, it has no `$ref`.
    #[must_use]
    pub fn json(&self, base: &str) -> Json {
        let mut json = json!({"value": self.value, "type": self.kind.as_str()});
        if let Some(display) = &self.display {
            json["display"] = display.as_str().into();
        }
        if !base.is_empty() {
            let endpoint = self.kind.resource_type().endpoint();
            json["$ref"] = format!("{base}/{endpoint}/{}", self.value).into();
        }
        json
    }

    /// Whether a condition within brackets holds for it, as a member of a group.
    #[must_use]
    pub fn matches(&self, filter: &Filter) -> bool {
        holds_for(filter, &self.json(""), ResourceType::Group.attribute("members"))
    }

    /// One of its parts as a text.
    pub(in crate::scim) fn text(&self, sub: &str) -> Option<&str> {
        match sub {
            "value" => Some(&self.value),
            "display" => self.display.as_deref(),
            "type" => Some(self.kind.as_str()),
            _ => None,
        }
    }
}

pub(super) fn stored(resource: &Resource) -> String {
    let schemas: Json = resource.schemas().into();
    let mut out = format!("{{\"schemas\":{schemas}").into_bytes();
    for (name, value) in &resource.attributes {
        out.push(b',');
        write(&mut out, name);
        out.push(b':');
        write(&mut out, value);
    }
    out.push(b'}');
    String::from_utf8(out).unwrap_or_default()
}

/// Writes a resource as it is told, from what [`Resource::stored`] wrote.
pub fn render_stored(of: ResourceType, stored: &str, served: &Served<'_>, out: &mut Vec<u8>) {
    out.reserve(stored.len() + 320 + served.links.len() * 200);
    out.extend_from_slice(b"{\"id\":");
    write(out, served.id);
    let inside = stored.trim().strip_prefix('{').and_then(|it| it.strip_suffix('}'));
    let inside = inside.unwrap_or_default().trim();
    if !inside.is_empty() {
        out.push(b',');
        out.extend_from_slice(inside.as_bytes());
    }
    if !served.links.is_empty() {
        let name = match of {
            ResourceType::User => ",\"groups\":[",
            ResourceType::Group => ",\"members\":[",
        };
        out.extend_from_slice(name.as_bytes());
        for (nth, link) in served.links.iter().enumerate() {
            if nth > 0 {
                out.push(b',');
            }
            write_link(link, served.base, out);
        }
        out.push(b']');
    }
    write_meta(of, served, out);
    out.push(b'}');
}

fn write_link(link: &Link, base: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"value\":");
    write(out, link.value.as_str());
    out.extend_from_slice(b",\"$ref\":");
    let endpoint = link.kind.resource_type().endpoint();
    write(out, format!("{base}/{endpoint}/{}", link.value).as_str());
    if let Some(display) = &link.display {
        out.extend_from_slice(b",\"display\":");
        write(out, display.as_str());
    }
    out.extend_from_slice(b",\"type\":\"");
    out.extend_from_slice(link.kind.as_str().as_bytes());
    out.extend_from_slice(b"\"}");
}

fn write_meta(of: ResourceType, served: &Served<'_>, out: &mut Vec<u8>) {
    let Served { created, last_modified, version, .. } = served;
    let name = of.as_str();
    let meta = format!(
        ",\"meta\":{{\"resourceType\":\"{name}\",\"created\":\"{created}\",\
         \"lastModified\":\"{last_modified}\",\"location\":"
    );
    out.extend_from_slice(meta.as_bytes());
    write(out, served.location(of).as_str());
    out.extend_from_slice(b",\"version\":");
    write(out, version.to_string().as_str());
    out.push(b'}');
}

/// Writes a value; into memory, which cannot fail.
fn write<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    if serde_json::to_writer(&mut *out, value).is_err() {
        let _ = out.write_all(b"null");
    }
}
