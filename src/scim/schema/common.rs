//! What all resources have, whatever their schema (RFC 7643 §3.1).

use super::Attribute;

pub(super) const ATTRIBUTES: &[Attribute] = &[
    Attribute::reference("schemas", &["uri"], "The schemas of what stands in the resource.")
        .several()
        .read_only()
        .always(),
    Attribute::string("id", "The name that the server gave it, the same for ever.")
        .exact()
        .read_only()
        .always()
        .unique(),
    Attribute::string("externalId", "The name that the identity provider has for it.").exact(),
    Attribute::complex("meta", META, "What the server knows about the resource.").read_only(),
];

const META: &[Attribute] = &[
    Attribute::string("resourceType", "What it is.").exact().read_only(),
    Attribute::date_time("created", "When it was made.").read_only(),
    Attribute::date_time("lastModified", "When it was last changed.").read_only(),
    Attribute::reference("location", &["uri"], "Where it lies.").read_only(),
    Attribute::string("version", "Its version, as an ETag.").exact().read_only(),
];
