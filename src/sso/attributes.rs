//! From what an identity provider says about a person to a profile's fields. Each field comes from
//! the attribute that the connection's map names, and from no other; where it names none, from the
//! names of the preset, then from the well-known ones. Names are matched exactly (rule 31).

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{
    Connection, Statement,
    preset::{self, Preset},
    statement::{Dialect, NAME_ID},
};
use crate::{
    kit::{
        error::{Error, Refused},
        text::Email,
    },
    oidc::metadata,
};

/// The type of a company's connection to Google.
const GOOGLE_WORKSPACE: &str = "GoogleOIDC";

/// The well-known names of a protocol, by the field that they fill.
struct Known {
    email: &'static [&'static str],
    first_name: &'static [&'static str],
    last_name: &'static [&'static str],
    /// A person's whole name.
    name: &'static [&'static str],
    groups: &'static [&'static str],
    /// What comes in place of groups that are too many: where to ask for them.
    too_many_groups: &'static [&'static str],
}

/// The claims of OpenID Connect Core §5.1, and what everybody calls groups. An email address comes
/// from `email` and from nothing that merely looks like one.
const OIDC: Known = Known {
    email: &["email"],
    first_name: &["given_name"],
    last_name: &["family_name"],
    name: &["name"],
    groups: &["groups"],
    // Entra ID, beyond 200 groups: where to ask, or that there are some.
    too_many_groups: &["_claim_names.groups", "hasgroups"],
};

const SAML: Known = Known {
    email: &[
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
    ],
    first_name: &[
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
    ],
    last_name: &[
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
    ],
    name: &[
        "displayName",
        "display_name",
        "http://schemas.microsoft.com/identity/claims/displayname",
        "urn:oid:2.16.840.1.113730.3.1.241",
        "urn:oid:2.5.4.3",
    ],
    groups: &[
        "groups",
        "Groups",
        "group",
        "memberOf",
        "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
        "http://schemas.xmlsoap.org/claims/Group",
        "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
        "isMemberOf",
    ],
    // Entra ID, beyond 150 groups.
    too_many_groups: &["http://schemas.microsoft.com/claims/groups.link"],
};

/// The longest id of a person, in characters (rule 30).
const MAX_ID: usize = 256;

/// A person's fields, as their provider tells them.
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

/// Reads the fields. Refusals: `transient_name_id`, `idp_id_missing` and `email_missing`
/// (rule 30), `email_unverified`.
pub(super) fn read(connection: &Connection, statement: &Statement) -> Result<Person, Error> {
    let preset = preset::of(connection.connection_type);
    let map = &connection.settings.attribute_map;
    let (seen, known) = (Seen { statement }, statement.dialect().known());
    let idp_id = idp_id(seen, map.idp_id.as_deref(), preset)?;
    let email = email(seen, map.email.as_deref(), preset)?;
    is_vouched_for(connection, statement)?;
    let claims = &preset.claims;
    let first_name = seen.first(map.first_name.as_deref(), claims.first_name, known.first_name);
    let last_name = seen.first(map.last_name.as_deref(), claims.last_name, known.last_name);
    let in_parts = first_name.is_some() || last_name.is_some();
    let name = match &map.name {
        // What directories call a display name is often a login; the parts say it better.
        None if in_parts && statement.dialect() == Dialect::Saml => None,
        mapped => seen.first(mapped.as_deref(), &[], known.name),
    };
    let custom = map.custom.iter().filter_map(|(name, source)| {
        let told = statement.told(source)?;
        (!is_empty(&told)).then(|| (name.clone(), told.into_owned()))
    });
    Ok(Person {
        idp_id,
        email,
        first_name,
        last_name,
        name,
        groups: groups(connection, seen, preset),
        custom: custom.collect(),
    })
}

impl Dialect {
    fn known(self) -> &'static Known {
        match self {
            Self::Saml => &SAML,
            Self::Oidc => &OIDC,
        }
    }

    /// What a thing said is called.
    fn noun(self) -> &'static str {
        match self {
            Self::Saml => "attribute",
            Self::Oidc => "claim",
        }
    }
}

/// At a customer's own provider an administrator answers for addresses, and the organization's domains
/// say which may come. At one for everybody, whoever the connection belongs to, there is nothing but
/// the provider's word: the administrator of any tenant can write any address into it.
fn is_vouched_for(connection: &Connection, statement: &Statement) -> Result<(), Error> {
    // Entra's own claim says whether the tenant has proved the domain of the address.
    let said = ["email_verified", "xms_edov"].iter().flat_map(|name| statement.texts(name));
    let unverified = said.into_iter().any(|text| matches!(text.as_str(), "false" | "0"));
    let is_for_everybody = connection.organization.is_none()
        || statement.dialect() == Dialect::Oidc
            && metadata::is_for_everybody(&connection.idp_entity_id);
    if is_for_everybody && unverified {
        let why = "the provider says that this email address was never verified";
        return Err(Refused::invalid("email_unverified", why));
    }
    // A private account at Google may have a company's address, and outlives the person's time there.
    let is_a_companys = connection.connection_type.as_str() != GOOGLE_WORKSPACE
        || statement.texts("hd").iter().any(|domain| !domain.is_empty());
    if connection.organization.is_some() && !is_a_companys {
        let why = "this is a private Google account (no `hd`), and not one of a Workspace";
        return Err(Refused::invalid("hosted_domain", why));
    }
    Ok(())
}

fn is_empty(value: &Json) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// What was said, looked up by name.
#[derive(Clone, Copy)]
struct Seen<'a> {
    statement: &'a Statement,
}

impl Seen<'_> {
    /// The values of the mapped name; where nothing is mapped, those of each known one.
    fn candidates(
        self,
        mapped: Option<&str>,
        preset: &'static [&'static str],
        known: &'static [&'static str],
    ) -> impl Iterator<Item = String> {
        let known = if mapped.is_some() { (&[][..], &[][..]) } else { (preset, known) };
        let names =
            mapped.into_iter().chain(known.0.iter().copied()).chain(known.1.iter().copied());
        names.flat_map(move |name| self.statement.texts(name))
    }

    fn first(
        self,
        mapped: Option<&str>,
        preset: &'static [&'static str],
        known: &'static [&'static str],
    ) -> Option<String> {
        let mut values = self.candidates(mapped, preset, known);
        values.find_map(|value| Some(value.trim().to_owned()).filter(|value| !value.is_empty()))
    }
}

/// Only the connection's own map makes another thing than the subject the person's id: a preset that
/// came to do so would give everybody a second profile.
fn idp_id(seen: Seen<'_>, mapped: Option<&str>, preset: &Preset) -> Result<String, Error> {
    let Seen { statement } = seen;
    let is_subject = mapped.is_none_or(|name| name == NAME_ID && !statement.says(NAME_ID));
    if is_subject {
        if statement.is_transient() {
            let fix = preset.fix("transient_name_id").unwrap_or_default();
            let why = format!(
                "the NameID is transient, so it does not name the same person twice (rule 30); {fix}"
            );
            return Err(Refused::invalid("transient_name_id", why));
        }
        return Ok(statement.subject.value.clone());
    }
    let name = mapped.unwrap_or_default();
    match &statement.texts(name)[..] {
        [id] if is_an_id(id) => Ok(id.clone()),
        values => {
            let why = format!(
                "the {} `{name}`, which this connection takes as a person's id, came with {} values; \
                 it must hold exactly one, of 1 to {MAX_ID} characters (rule 30)",
                statement.dialect().noun(),
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
    let Seen { statement } = seen;
    let dialect = statement.dialect();
    let mut named = seen.candidates(mapped, preset.claims.email, dialect.known().email);
    let found = named.find_map(|value| Email::parse(&value).ok());
    let name_id = || match (mapped, dialect) {
        (None, Dialect::Saml) => Email::parse(&statement.subject.value).ok(),
        _ => None,
    };
    found.or_else(name_id).ok_or_else(|| {
        let noun = dialect.noun();
        let came: Vec<_> = statement.names().collect();
        let came = if came.is_empty() { "none".to_owned() } else { came.join(", ") };
        let fix = preset.fix("email_missing").unwrap_or_default();
        let why = match (mapped, dialect) {
            (Some(name), _) => format!(
                "the {noun} `{name}`, which this connection takes as the email address, holds none; \
                 these came: {came}"
            ),
            (None, Dialect::Saml) => format!(
                "neither an attribute nor the NameID holds an email address; these came: {came}; {fix}"
            ),
            (None, Dialect::Oidc) => {
                format!("no claim holds an email address; these came: {came}; {fix}")
            }
        };
        Refused::invalid("email_missing", why)
    })
}

fn groups(connection: &Connection, seen: Seen<'_>, preset: &Preset) -> Vec<String> {
    let Seen { statement } = seen;
    let known = statement.dialect().known();
    let mapped = connection.settings.attribute_map.groups.as_deref();
    let names =
        if mapped.is_some() { (&[][..], &[][..]) } else { (preset.claims.groups, known.groups) };
    let names = mapped.into_iter().chain(names.0.iter().copied()).chain(names.1.iter().copied());
    let values = names.map(|name| statement.texts(name)).find(|values| !values.is_empty());
    let Some(values) = values else {
        if known.too_many_groups.iter().any(|name| !statement.texts(name).is_empty()) {
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
        _ => values,
    }
}
