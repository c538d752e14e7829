//! From what an identity provider says about a person to a profile's fields: the well-known names.
//! Names are matched exactly (saml.md, rule 31), in the order in which they stand here.

use crate::{
    kit::text::Email,
    saml::{Assertion, Attribute},
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
    "User.LastName",
    "user.lastName",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
    "urn:oid:2.5.4.4",
];
const GROUPS: &[&str] = &[
    "groups",
    "Groups",
    "memberOf",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
    "http://schemas.xmlsoap.org/claims/Group",
    "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
];

/// A person's fields, as the assertion tells them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) email: Email,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) groups: Vec<String>,
}

/// Reads the fields; nothing, when no attribute and no NameID holds an email address.
pub(super) fn read(assertion: &Assertion) -> Option<Person> {
    let attributes = &assertion.attributes;
    let named = values(attributes, EMAIL).find_map(|value| Email::parse(value).ok());
    let email = named.or_else(|| Email::parse(&assertion.name_id.value).ok())?;
    Some(Person {
        email,
        first_name: first(attributes, FIRST_NAME),
        last_name: first(attributes, LAST_NAME),
        groups: GROUPS
            .iter()
            .find_map(|name| attributes.iter().find(|attribute| attribute.name == *name))
            .map(|attribute| attribute.values.clone())
            .unwrap_or_default(),
    })
}

fn first(attributes: &[Attribute], names: &'static [&'static str]) -> Option<String> {
    values(attributes, names).map(str::trim).find(|value| !value.is_empty()).map(str::to_owned)
}

fn values<'a>(
    attributes: &'a [Attribute],
    names: &'static [&'static str],
) -> impl Iterator<Item = &'a str> {
    names.iter().flat_map(move |name| {
        attributes
            .iter()
            .filter(move |attribute| attribute.name == *name)
            .flat_map(|attribute| attribute.values.iter().map(String::as_str))
    })
}
