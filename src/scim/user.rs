//! What is read from a user: the words that a directory knows of a person.

use serde_json::{Map, Value as Json};

use super::{
    resource::{Resource, member},
    schema::ENTERPRISE,
};

/// A user, as it is read. What was not said is none.
#[derive(Debug, Clone, Copy)]
pub struct User<'a>(&'a Resource);

/// A value of a multi-valued attribute: an email address, a telephone number, a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value<'a> {
    /// The value.
    pub value: &'a str,
    /// What it is for: `work`.
    pub kind: Option<&'a str>,
    /// The value as people read it.
    pub display: Option<&'a str>,
    /// Whether it is the preferred one.
    pub primary: bool,
}

/// What the enterprise extension says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names are those of RFC 7643")]
pub struct Enterprise<'a> {
    pub employee_number: Option<&'a str>,
    pub cost_center: Option<&'a str>,
    pub organization: Option<&'a str>,
    pub division: Option<&'a str>,
    pub department: Option<&'a str>,
    /// The id of the manager.
    pub manager: Option<&'a str>,
}

impl<'a> User<'a> {
    /// Reads a resource as a user.
    #[must_use]
    pub fn of(resource: &'a Resource) -> Self {
        Self(resource)
    }

    /// What the user signs in with; never empty.
    #[must_use]
    pub fn user_name(self) -> &'a str {
        self.0.text("userName").unwrap_or_default()
    }

    /// The name that the provider has for the user.
    #[must_use]
    pub fn external_id(self) -> Option<&'a str> {
        self.0.text("externalId")
    }

    /// Whether the user may sign in. Where nobody has said no, it is so.
    #[must_use]
    pub fn is_active(self) -> bool {
        self.0.attributes().get("active").and_then(Json::as_bool).unwrap_or(true)
    }

    /// The name to show.
    #[must_use]
    pub fn display_name(self) -> Option<&'a str> {
        self.0.text("displayName")
    }

    /// The given name.
    #[must_use]
    pub fn given_name(self) -> Option<&'a str> {
        self.name("givenName")
    }

    /// The family name.
    #[must_use]
    pub fn family_name(self) -> Option<&'a str> {
        self.name("familyName")
    }

    /// The whole name, as it is shown.
    #[must_use]
    pub fn formatted_name(self) -> Option<&'a str> {
        self.name("formatted")
    }

    /// The position.
    #[must_use]
    pub fn title(self) -> Option<&'a str> {
        self.0.text("title")
    }

    /// How the user belongs to the organization.
    #[must_use]
    pub fn user_type(self) -> Option<&'a str> {
        self.0.text("userType")
    }

    /// The email addresses, in their order.
    pub fn emails(self) -> impl Iterator<Item = Value<'a>> {
        self.values("emails")
    }

    /// The preferred email address: the primary one, else the first for work, else the first.
    #[must_use]
    pub fn primary_email(self) -> Option<&'a str> {
        let is_work =
            |it: &Value<'_>| it.kind.is_some_and(|kind| kind.eq_ignore_ascii_case("work"));
        self.emails()
            .find(|it| it.primary)
            .or_else(|| self.emails().find(is_work))
            .or_else(|| self.emails().next())
            .map(|it| it.value)
    }

    /// The telephone numbers, in their order.
    pub fn phone_numbers(self) -> impl Iterator<Item = Value<'a>> {
        self.values("phoneNumbers")
    }

    /// The roles, in their order.
    pub fn roles(self) -> impl Iterator<Item = Value<'a>> {
        self.values("roles")
    }

    /// The entitlements, in their order.
    pub fn entitlements(self) -> impl Iterator<Item = Value<'a>> {
        self.values("entitlements")
    }

    /// What the enterprise extension says.
    #[must_use]
    pub fn enterprise(self) -> Enterprise<'a> {
        let Some(map) = self.0.extension(ENTERPRISE) else { return Enterprise::default() };
        Enterprise {
            employee_number: text(map, "employeeNumber"),
            cost_center: text(map, "costCenter"),
            organization: text(map, "organization"),
            division: text(map, "division"),
            department: text(map, "department"),
            manager: map.get("manager").and_then(|it| it.get("value")).and_then(Json::as_str),
        }
    }

    fn name(self, part: &str) -> Option<&'a str> {
        self.0.attributes().get("name")?.get(part)?.as_str().filter(|it| !it.is_empty())
    }

    fn values(self, attribute: &'static str) -> impl Iterator<Item = Value<'a>> {
        let list = self.0.attributes().get(attribute).and_then(Json::as_array);
        list.into_iter().flatten().filter_map(value)
    }
}

fn value(json: &Json) -> Option<Value<'_>> {
    let map = json.as_object()?;
    Some(Value {
        value: text(map, "value")?,
        kind: text(map, "type"),
        display: text(map, "display"),
        primary: map.get("primary").and_then(Json::as_bool).unwrap_or_default(),
    })
}

fn text<'a>(map: &'a Map<String, Json>, name: &str) -> Option<&'a str> {
    member(map, name)?.as_str().filter(|it| !it.is_empty())
}
