//! `attribute_maps` of a connection: which attributes become which fields of a profile.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::shape::{Faults, present, present_object};
use crate::{
    kit::error::{Error, Refused},
    sso::settings::MapChange,
};

/// The most custom attributes of one map.
const MOST: usize = 50;
/// The longest name of an application's own attribute, in characters.
const MAX_OWN_NAME: usize = 128;
/// The longest name of an identity provider's attribute, in characters.
const MAX_NAME: usize = 1024;

/// Only what is given changes; `null` takes a name away.
#[derive(Deserialize)]
pub(super) struct AttributeMaps {
    #[serde(default, deserialize_with = "present_object")]
    standard_attributes: Option<Option<StandardAttributes>>,
    #[serde(default, deserialize_with = "present")]
    custom_attributes: Option<Option<BTreeMap<String, Option<String>>>>,
}

#[derive(Deserialize)]
struct StandardAttributes {
    #[serde(default, deserialize_with = "present")]
    idp_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    email: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    first_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    last_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    groups: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    name: Option<Option<String>>,
}

/// What the body asks for: `null` for the whole takes every name away.
pub(super) fn change(
    given: Option<Option<AttributeMaps>>,
    faults: &mut Faults,
) -> Result<MapChange, Error> {
    let maps = match given {
        None => return Ok(MapChange::default()),
        Some(None) => return Ok(MapChange::reset()),
        Some(Some(maps)) => maps,
    };
    let mut change = match maps.standard_attributes {
        None => MapChange::default(),
        Some(None) => MapChange::reset_standard(),
        Some(Some(standard)) => standard.change(faults)?,
    };
    match maps.custom_attributes {
        None => {}
        Some(None) => change.clears_custom = true,
        Some(Some(custom)) => change.custom = custom_change(custom, faults)?,
    }
    Ok(change)
}

impl StandardAttributes {
    fn change(self, faults: &mut Faults) -> Result<MapChange, Error> {
        let mut take = |of: &str, given: Option<Option<String>>| match given {
            Some(Some(attribute)) => {
                let of = format!("attribute_maps.standard_attributes.{of}");
                faults.note(attribute_name(&of, attribute)).map(|taken| taken.map(Some))
            }
            nothing => Ok(nothing),
        };
        Ok(MapChange {
            idp_id: take("idp_id", self.idp_id)?,
            email: take("email", self.email)?,
            first_name: take("first_name", self.first_name)?,
            last_name: take("last_name", self.last_name)?,
            groups: take("groups", self.groups)?,
            name: take("name", self.name)?,
            ..MapChange::default()
        })
    }
}

fn custom_change(
    given: BTreeMap<String, Option<String>>,
    faults: &mut Faults,
) -> Result<BTreeMap<String, Option<String>>, Error> {
    let of = "attribute_maps.custom_attributes";
    if given.len() > MOST {
        let why = format!("there are at most {MOST}");
        faults.note::<()>(Err(Refused::field(of, "too_many_attributes", why)))?;
        return Ok(BTreeMap::new());
    }
    let mut taken = BTreeMap::new();
    for (own_name, attribute) in given {
        if !is_name(&own_name, MAX_OWN_NAME) {
            let why = format!("a custom attribute's name has 1 to {MAX_OWN_NAME} characters");
            faults.note::<()>(Err(Refused::field(of, "invalid_attribute_name", why)))?;
            continue;
        }
        let named = format!("{of}.{own_name}");
        let attribute = attribute.map(|attribute| attribute_name(&named, attribute)).transpose();
        if let Some(attribute) = faults.note(attribute)? {
            taken.insert(own_name, attribute);
        }
    }
    Ok(taken)
}

fn attribute_name(of: &str, text: String) -> Result<String, Error> {
    if is_name(&text, MAX_NAME) {
        return Ok(text);
    }
    let why = format!("an attribute's name has 1 to {MAX_NAME} characters");
    Err(Refused::field(of, "invalid_attribute_name", why))
}

fn is_name(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}
