//! Claims: what a client learns about a person, in ID tokens and at the userinfo endpoint alike.

use serde_json::{Map, Value as Json, json};

use super::scope::{Scope, Word};
use crate::{
    kit::{error::Error, id::Id, text::Email},
    objects,
    organizations::{self, Organization, domain},
    store::Tx,
};

/// Every claim that there can be, for the discovery document.
pub const SUPPORTED: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "at_hash",
    "sid",
    "connection_id",
    "org_id",
    "org_external_id",
    "name",
    "given_name",
    "family_name",
    "email",
    "email_verified",
    "groups",
    "roles",
];

/// The claims about a person that this scope opens. `sub` is the profile's id: stable for as long as
/// the connection is. Where somebody belongs is told to whoever learns who they are.
pub fn of(
    tx: &Tx<'_>,
    profile: objects::Profile,
    scope: &Scope,
) -> Result<Map<String, Json>, Error> {
    let mut claims = Map::new();
    let organization: Option<Id<Organization>> =
        profile.organization_id.as_deref().and_then(|id| Id::parse(id).ok());
    if scope.has(Word::Email) {
        claims.insert(
            "email_verified".into(),
            is_verified(tx, &profile, organization.as_ref())?.into(),
        );
        claims.insert("email".into(), profile.email.into());
    }
    claims.insert("sub".into(), profile.id.into());
    claims.insert("connection_id".into(), profile.connection_id.into());
    if let Some(id) = organization {
        let external_id = organizations::find(tx, &id)?.published().external_id;
        claims.insert("org_id".into(), id.as_str().into());
        if let Some(external_id) = external_id {
            claims.insert("org_external_id".into(), external_id.into());
        }
    }
    if scope.has(Word::Profile) {
        let names = [
            ("name", profile.name),
            ("given_name", profile.first_name),
            ("family_name", profile.last_name),
        ];
        for (claim, name) in names {
            claims.extend(name.map(|name| (claim.to_owned(), name.into())));
        }
    }
    if scope.has(Word::Profile) || scope.has(Word::Groups) {
        let roles: Vec<_> = profile.roles.into_iter().map(|role| role.slug).collect();
        claims.insert("groups".into(), profile.groups.into());
        claims.insert("roles".into(), json!(roles));
    }
    Ok(claims)
}

/// Whether the address is known to be theirs: the organization has proved that it owns its domain, so
/// its identity provider is the one to say whose it is. Elsewhere a provider may say what it likes.
fn is_verified(
    tx: &Tx<'_>,
    profile: &objects::Profile,
    organization: Option<&Id<Organization>>,
) -> Result<bool, Error> {
    match (Email::parse(&profile.email), organization) {
        (Ok(email), Some(organization)) => domain::owns(tx, organization, &email),
        _ => Ok(false),
    }
}
