//! From what an identity provider says about a person to a profile's fields. Each field comes from
//! the attribute that the connection's map names, and from no other; where it names none, from the
//! names of the preset, then from the well-known ones. Names are matched exactly (rule 31).

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{
    Connection,
    preset::{self, Preset},
};
use crate::{
    kit::{
        error::{Error, Refused},
        text::Email,
    },
    saml::Assertion,
};

const EMAIL: &[&str] = &[
    "email",
    "Email",
    "mail",
    "emailAddress",
    "User.email",
    "user.email",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "urn:oid:1.2.840.113549.1.9.1",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
];
const FIRST_NAME: &[&str] = &[
    "firstName",
    "FirstName",
    "first_name",
    "First Name",
    "givenName",
    "given_name",
    "User.FirstName",
    "user.firstName",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
    "urn:oid:2.5.4.42",
];
const LAST_NAME: &[&str] = &[
    "lastName",
    "LastName",
    "last_name",
    "Last Name",
    "surname",
    "sn",
    "family_name",
    "User.LastName",
    "user.lastName",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
    "urn:oid:2.5.4.4",
];
/// A person's whole name, for those of whom neither part came.
const NAME: &[&str] = &[
    "displayName",
    "display_name",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "urn:oid:2.5.4.3",
];
const GROUPS: &[&str] = &[
    "groups",
    "Groups",
    "group",
    "memberOf",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
    "http://schemas.xmlsoap.org/claims/Group",
    "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
    "isMemberOf",
];
/// What Entra ID sends in place of more than 150 groups: where to ask for them.
const GROUPS_LINK: &str = "http://schemas.microsoft.com/claims/groups.link";
/// What a map calls the `NameID`, unless an attribute has this name.
const NAME_ID: &str = "NameID";
/// The longest id of a person, in characters (rule 30).
const MAX_ID: usize = 256;

/// A person's fields, as the assertion tells them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// What stays the same about them at this connection.
    pub(super) idp_id: String,
    pub(super) email: Email,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) name: Option<String>,
    pub(super) groups: Vec<String>,
    pub(super) custom: BTreeMap<String, Json>,
}

/// Reads the fields. Refusals: `transient_name_id`, `idp_id_missing` and `email_missing` (rule 30).
pub(super) fn read(connection: &Connection, assertion: &Assertion) -> Result<Person, Error> {
    let preset = preset::of(connection.connection_type);
    let map = &connection.settings.attribute_map;
    let seen = Seen { assertion };
    let idp_id = idp_id(seen, map.idp_id.as_deref(), preset)?;
    let email = email(seen, map.email.as_deref(), preset)?;
    let claims = &preset.claims;
    let first_name = seen.first(map.first_name.as_deref(), claims.first_name, FIRST_NAME);
    let last_name = seen.first(map.last_name.as_deref(), claims.last_name, LAST_NAME);
    let name = match &map.name {
        None if first_name.is_some() || last_name.is_some() => None,
        mapped => seen.first(mapped.as_deref(), &[], NAME),
    };
    Ok(Person {
        idp_id,
        email,
        first_name,
        last_name,
        name,
        groups: groups(connection, seen, preset),
        custom: map
            .custom
            .iter()
            .filter_map(|(name, attribute)| {
                let values = seen.values(attribute);
                (!values.is_empty()).then(|| (name.clone(), json(&values)))
            })
            .collect(),
    })
}

/// One value is a text, several are a list.
pub(super) fn json<T: AsRef<str>>(values: &[T]) -> Json {
    match values {
        [one] => Json::from(one.as_ref()),
        several => several.iter().map(|value| Json::from(value.as_ref())).collect(),
    }
}

/// What the assertion says, looked up by name.
#[derive(Clone, Copy)]
struct Seen<'a> {
    assertion: &'a Assertion,
}

impl<'a> Seen<'a> {
    /// The values of the attribute of exactly this name.
    fn values(self, name: &str) -> Vec<&'a str> {
        let mut found = self.assertion.attributes.iter().filter(|it| it.name == name).peekable();
        if found.peek().is_none() && name == NAME_ID {
            return vec![self.assertion.name_id.value.as_str()];
        }
        found.flat_map(|it| it.values.iter().map(String::as_str)).collect()
    }

    /// The values of the mapped attribute; where nothing is mapped, those of each known name.
    fn candidates<'n>(
        self,
        mapped: Option<&'n str>,
        preset: &'static [&'static str],
        aliases: &'static [&'static str],
    ) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        let known = if mapped.is_some() { (&[][..], &[][..]) } else { (preset, aliases) };
        let names =
            mapped.into_iter().chain(known.0.iter().copied()).chain(known.1.iter().copied());
        names.flat_map(move |name| self.values(name))
    }

    fn first(
        self,
        mapped: Option<&str>,
        preset: &'static [&'static str],
        aliases: &'static [&'static str],
    ) -> Option<String> {
        let mut values = self.candidates(mapped, preset, aliases).map(str::trim);
        values.find(|value| !value.is_empty()).map(str::to_owned)
    }
}

/// Only the connection's own map makes another attribute than the `NameID` the person's id: a
/// preset that came to do so would give everybody a second profile.
fn idp_id(seen: Seen<'_>, mapped: Option<&str>, preset: &Preset) -> Result<String, Error> {
    let name_id = &seen.assertion.name_id;
    let is_name_id = mapped.is_none_or(|name| {
        name == NAME_ID && !seen.assertion.attributes.iter().any(|it| it.name == NAME_ID)
    });
    if is_name_id {
        let format = name_id.format.as_deref().unwrap_or_default();
        if format.ends_with(":nameid-format:transient") {
            let fix = preset.fix("transient_name_id").unwrap_or_default();
            let why = format!(
                "the NameID is transient, so it does not name the same person twice (rule 30); {fix}"
            );
            return Err(Refused::invalid("transient_name_id", why));
        }
        return Ok(name_id.value.clone());
    }
    let name = mapped.unwrap_or_default();
    match seen.values(name)[..] {
        [id] if is_an_id(id) => Ok(id.to_owned()),
        ref values => {
            let why = format!(
                "the attribute `{name}`, which this connection takes as a person's id, came with \
                 {} values; it must hold exactly one, of 1 to {MAX_ID} characters (rule 30)",
                values.len()
            );
            Err(Refused::invalid("idp_id_missing", why))
        }
    }
}

fn is_an_id(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= MAX_ID && !text.chars().any(char::is_control)
}

fn email(seen: Seen<'_>, mapped: Option<&str>, preset: &Preset) -> Result<Email, Error> {
    let mut named = seen.candidates(mapped, preset.claims.email, EMAIL);
    let found = named.find_map(|value| Email::parse(value).ok());
    let name_id = || match mapped {
        None => Email::parse(&seen.assertion.name_id.value).ok(),
        Some(_) => None,
    };
    found.or_else(name_id).ok_or_else(|| {
        let came: Vec<_> = seen.assertion.attributes.iter().map(|it| it.name.as_str()).collect();
        let came = if came.is_empty() { "none".to_owned() } else { came.join(", ") };
        let fix = preset.fix("email_missing").unwrap_or_default();
        let why = match mapped {
            Some(name) => format!(
                "the attribute `{name}`, which this connection takes as the email address, holds \
                 none; these came: {came}"
            ),
            None => format!(
                "neither an attribute nor the NameID holds an email address; these came: {came}; {fix}"
            ),
        };
        Refused::invalid("email_missing", why)
    })
}

fn groups(connection: &Connection, seen: Seen<'_>, preset: &Preset) -> Vec<String> {
    let mapped = connection.settings.attribute_map.groups.as_deref();
    let known = if mapped.is_some() { (&[][..], &[][..]) } else { (preset.claims.groups, GROUPS) };
    let names = mapped.into_iter().chain(known.0.iter().copied()).chain(known.1.iter().copied());
    let values = names.map(|name| seen.values(name)).find(|values| !values.is_empty());
    let Some(values) = values else {
        if !seen.values(GROUPS_LINK).is_empty() {
            tracing::warn!(
                connection = %connection.id,
                "a person is in more groups than Entra ID sends; none came: send only the groups \
                 assigned to the application"
            );
        }
        return Vec::new();
    };
    match (values.as_slice(), preset.claims.groups_separator) {
        ([one], Some(separator)) => one
            .split(separator)
            .map(str::trim)
            .filter(|group| !group.is_empty())
            .map(str::to_owned)
            .collect(),
        (several, _) => several.iter().map(|&group| group.to_owned()).collect(),
    }
}
