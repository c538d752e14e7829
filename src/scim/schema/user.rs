//! A user, as RFC 7643 §4.1 and §8.7.1 have it.

use super::{Attribute, Schema, USER};

pub(super) static SCHEMA: Schema =
    Schema { id: USER, name: "User", description: "User Account", attributes: ATTRIBUTES };

const ATTRIBUTES: &[Attribute] = &[
    Attribute::string("userName", "What the user signs in with; unique, and never empty.")
        .required()
        .unique(),
    Attribute::complex("name", NAME, "The parts of the user's real name."),
    Attribute::string("displayName", "The name to show for the user."),
    Attribute::string("nickName", "What the user is called casually."),
    Attribute::reference("profileUrl", &["external"], "A page about the user."),
    Attribute::string("title", "The user's position, such as \"Vice President\"."),
    Attribute::string("userType", "How the user belongs to the organization: \"Employee\"."),
    Attribute::string("preferredLanguage", "The languages the user prefers (RFC 9110 §12.5.4)."),
    Attribute::string("locale", "For dates, numbers and currencies, such as \"en-US\"."),
    Attribute::string("timezone", "A time zone of the IANA database, \"Europe/Oslo\"."),
    Attribute::boolean("active", "Whether the user may sign in."),
    Attribute::string("password", "Accepted and never kept: people sign in elsewhere.").secret(),
    Attribute::complex("emails", EMAILS, "The user's email addresses.").several(),
    Attribute::complex("phoneNumbers", PHONES, "The user's telephone numbers.").several(),
    Attribute::complex("ims", IMS, "The user's instant messaging addresses.").several(),
    Attribute::complex("photos", PHOTOS, "Pictures of the user.").several(),
    Attribute::complex("addresses", ADDRESSES, "The user's postal addresses.").several(),
    Attribute::complex(
        "groups",
        GROUPS,
        "The groups that the user is in, by itself or through others.",
    )
    .several()
    .read_only(),
    Attribute::complex("entitlements", PLAIN, "What the user is entitled to.").several(),
    Attribute::complex("roles", PLAIN, "The user's roles.").several(),
    Attribute::complex("x509Certificates", CERTIFICATES, "The user's certificates.").several(),
];

const NAME: &[Attribute] = &[
    Attribute::string("formatted", "The whole name, as it is shown."),
    Attribute::string("familyName", "The family name."),
    Attribute::string("givenName", "The given name."),
    Attribute::string("middleName", "The middle names."),
    Attribute::string("honorificPrefix", "A title before the name, such as \"Ms.\"."),
    Attribute::string("honorificSuffix", "What follows the name, such as \"III\"."),
];

const DISPLAY: Attribute = Attribute::string("display", "The value as people read it.");
const PRIMARY: Attribute =
    Attribute::boolean("primary", "Whether it is the preferred one; true at most once.");

const EMAILS: &[Attribute] = &[
    Attribute::string("value", "The email address."),
    DISPLAY,
    Attribute::string("type", "What it is for.").suggesting(&["work", "home", "other"]),
    PRIMARY,
];

const PHONES: &[Attribute] = &[
    Attribute::string("value", "The telephone number."),
    DISPLAY,
    Attribute::string("type", "What it is for.")
        .suggesting(&["work", "home", "mobile", "fax", "pager", "other"]),
    PRIMARY,
];

const IMS: &[Attribute] = &[
    Attribute::string("value", "The address."),
    DISPLAY,
    Attribute::string("type", "Where it is used.")
        .suggesting(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
    PRIMARY,
];

const PHOTOS: &[Attribute] = &[
    Attribute::reference("value", &["external"], "Where the picture lies."),
    DISPLAY,
    Attribute::string("type", "Its size.").suggesting(&["photo", "thumbnail"]),
    PRIMARY,
];

const ADDRESSES: &[Attribute] = &[
    Attribute::string("formatted", "The whole address, as it is shown."),
    Attribute::string("streetAddress", "Street, house number, floor."),
    Attribute::string("locality", "City or locality."),
    Attribute::string("region", "State or region."),
    Attribute::string("postalCode", "Zip code or postal code."),
    Attribute::string("country", "The country, by ISO 3166-1 alpha-2."),
    Attribute::string("type", "What it is for.").suggesting(&["work", "home", "other"]),
    PRIMARY,
];

const GROUPS: &[Attribute] = &[
    Attribute::string("value", "The id of the group.").exact().read_only(),
    Attribute::reference("$ref", &["User", "Group"], "Where the group lies.").read_only(),
    Attribute::string("display", "The group's name.").read_only(),
    Attribute::string("type", "Whether the user is a member itself, or a member group's.")
        .suggesting(&["direct", "indirect"])
        .read_only(),
];

const PLAIN: &[Attribute] = &[
    Attribute::string("value", "The value."),
    DISPLAY,
    Attribute::string("type", "What it is for."),
    PRIMARY,
];

const CERTIFICATES: &[Attribute] = &[
    Attribute::binary("value", "The certificate, in DER and Base64."),
    DISPLAY,
    Attribute::string("type", "What it is for."),
    PRIMARY,
];
