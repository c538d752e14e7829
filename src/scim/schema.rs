//! The schemas that Kernia serves, as data (RFC 7643 §4, §7): every attribute with its
//! characteristics, found by its name in any case. What is not in them is kept, and has none.

mod common;
pub mod documents;
mod enterprise;
mod group;
mod user;

pub use documents::Capabilities;

/// The schema of a user (RFC 7643 §4.1).
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of a group (RFC 7643 §4.2).
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The extension of a user for enterprises (RFC 7643 §4.3).
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// What a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceType {
    /// A person's account.
    User,
    /// A set of users and groups.
    Group,
}

impl ResourceType {
    /// Every type.
    pub const ALL: [Self; 2] = [Self::User, Self::Group];

    /// Its name: `User`, `Group`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// Where its resources lie, from the base on: `Users`, `Groups`.
    #[must_use]
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::User => "Users",
            Self::Group => "Groups",
        }
    }

    /// The type of this name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(name))
    }

    /// The type of this endpoint, in any case.
    #[must_use]
    pub fn from_endpoint(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.endpoint().eq_ignore_ascii_case(name))
    }

    /// Its core schema.
    #[must_use]
    pub fn schema(self) -> &'static Schema {
        match self {
            Self::User => &user::SCHEMA,
            Self::Group => &group::SCHEMA,
        }
    }

    /// The extensions that Kernia knows of it.
    #[must_use]
    pub fn extensions(self) -> &'static [&'static Schema] {
        static OF_USER: [&Schema; 1] = [&enterprise::SCHEMA];
        match self {
            Self::User => &OF_USER,
            Self::Group => &[],
        }
    }

    /// The known extension of this URN, in any case.
    #[must_use]
    pub fn extension(self, urn: &str) -> Option<&'static Schema> {
        self.extensions().iter().copied().find(|known| known.id.eq_ignore_ascii_case(urn))
    }

    /// The attribute of this name, in any case: of the core schema, or one that all resources have
    /// (`id`, `externalId`, `meta`, `schemas`).
    #[must_use]
    pub fn attribute(self, name: &str) -> Option<&'static Attribute> {
        find(self.schema().attributes, name).or_else(|| find(common::ATTRIBUTES, name))
    }
}

/// A schema, as data.
#[derive(Debug)]
pub struct Schema {
    /// Its URN.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// What it describes.
    pub description: &'static str,
    /// Its attributes.
    pub attributes: &'static [Attribute],
}

impl Schema {
    /// The attribute of this name, in any case.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        find(self.attributes, name)
    }
}

/// Every schema that is served.
pub const ALL: [&Schema; 3] = [&user::SCHEMA, &group::SCHEMA, &enterprise::SCHEMA];

/// The schema of this URN, in any case.
#[must_use]
pub fn schema(urn: &str) -> Option<&'static Schema> {
    ALL.into_iter().find(|known| known.id.eq_ignore_ascii_case(urn))
}

fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// An attribute with its characteristics (RFC 7643 §2.2, §7).
#[derive(Debug)]
pub struct Attribute {
    /// Its name, written as it is.
    pub name: &'static str,
    /// What sort of value it has.
    pub kind: Kind,
    /// Whether it has several.
    pub multi_valued: bool,
    /// What it says.
    pub description: &'static str,
    /// Whether there is no resource without it.
    pub required: bool,
    /// Whether the case of its letters matters.
    pub case_exact: bool,
    /// Who may change it.
    pub mutability: Mutability,
    /// When it is told.
    pub returned: Returned,
    /// Among which resources its value stands once.
    pub uniqueness: Uniqueness,
    /// Values that are suggested; others may stand as well.
    pub canonical_values: &'static [&'static str],
    /// What a reference leads to.
    pub reference_types: &'static [&'static str],
    /// What a complex value consists of.
    pub sub_attributes: &'static [Attribute],
}

impl Attribute {
    /// The sub-attribute of this name, in any case.
    #[must_use]
    pub fn sub_attribute(&self, name: &str) -> Option<&'static Attribute> {
        find(self.sub_attributes, name)
    }

    /// Whether a client's word about it counts.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.mutability == Mutability::ReadOnly
    }
}

/// The type of a value (RFC 7643 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of RFC 7643")]
pub enum Kind {
    String,
    Boolean,
    Decimal,
    Integer,
    DateTime,
    Binary,
    Reference,
    Complex,
}

impl Kind {
    /// Its name in a schema.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Decimal => "decimal",
            Self::Integer => "integer",
            Self::DateTime => "dateTime",
            Self::Binary => "binary",
            Self::Reference => "reference",
            Self::Complex => "complex",
        }
    }
}

/// Who may change an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of RFC 7643")]
pub enum Mutability {
    ReadOnly,
    ReadWrite,
    Immutable,
    WriteOnly,
}

impl Mutability {
    /// Its name in a schema.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnly",
            Self::ReadWrite => "readWrite",
            Self::Immutable => "immutable",
            Self::WriteOnly => "writeOnly",
        }
    }
}

/// When an attribute is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of RFC 7643")]
pub enum Returned {
    Always,
    Never,
    Default,
    Request,
}

impl Returned {
    /// Its name in a schema.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
            Self::Default => "default",
            Self::Request => "request",
        }
    }
}

/// Among which resources a value stands once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of RFC 7643")]
pub enum Uniqueness {
    None,
    Server,
    Global,
}

impl Uniqueness {
    /// Its name in a schema.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Server => "server",
            Self::Global => "global",
        }
    }
}

/// How the tables of attributes are written: a kind, and what is not as usual (RFC 7643 §2.2).
impl Attribute {
    const fn new(kind: Kind, name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            kind,
            multi_valued: false,
            description,
            required: false,
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            canonical_values: &[],
            reference_types: &[],
            sub_attributes: &[],
        }
    }

    const fn string(name: &'static str, description: &'static str) -> Self {
        Self::new(Kind::String, name, description)
    }

    const fn boolean(name: &'static str, description: &'static str) -> Self {
        Self::new(Kind::Boolean, name, description)
    }

    const fn date_time(name: &'static str, description: &'static str) -> Self {
        Self::new(Kind::DateTime, name, description)
    }

    const fn binary(name: &'static str, description: &'static str) -> Self {
        Self::new(Kind::Binary, name, description).exact()
    }

    const fn reference(
        name: &'static str,
        to: &'static [&'static str],
        description: &'static str,
    ) -> Self {
        let mut attribute = Self::new(Kind::Reference, name, description).exact();
        attribute.reference_types = to;
        attribute
    }

    const fn complex(
        name: &'static str,
        sub_attributes: &'static [Attribute],
        description: &'static str,
    ) -> Self {
        let mut attribute = Self::new(Kind::Complex, name, description);
        attribute.sub_attributes = sub_attributes;
        attribute
    }

    const fn several(mut self) -> Self {
        self.multi_valued = true;
        self
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    const fn unique(mut self) -> Self {
        self.uniqueness = Uniqueness::Server;
        self
    }

    const fn read_only(mut self) -> Self {
        self.mutability = Mutability::ReadOnly;
        self
    }

    const fn immutable(mut self) -> Self {
        self.mutability = Mutability::Immutable;
        self
    }

    const fn always(mut self) -> Self {
        self.returned = Returned::Always;
        self
    }

    const fn secret(mut self) -> Self {
        self.mutability = Mutability::WriteOnly;
        self.returned = Returned::Never;
        self
    }

    const fn suggesting(mut self, values: &'static [&'static str]) -> Self {
        self.canonical_values = values;
        self
    }
}
