//! Profiles: a person as one connection knows them. The id is stable for the connection and what it
//! takes as a person's id: the NameID, or the attribute that its map names.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{Connection, ConnectionType, Statement, attributes::Person, sql};
use crate::{
    kit::{
        error::{Error, Fault},
        id::{Id, Prefixed},
    },
    objects,
    organizations::Organization,
    store::{Row, Tx, params},
    vault::Digest,
};

/// A person as one connection knows them.
#[derive(Debug, Clone)]
pub struct Profile {
    id: Id<Profile>,
    organization: Option<Id<Organization>>,
    connection: Id<Connection>,
    connection_type: ConnectionType,
    idp_id: String,
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    name: Option<String>,
    groups: Vec<String>,
    custom_attributes: BTreeMap<String, Json>,
    raw_attributes: BTreeMap<String, Json>,
}

impl Prefixed for Profile {
    const PREFIX: &'static str = "prof_";
}

impl Profile {
    /// As the APIs show it.
    #[must_use]
    pub fn published(self) -> objects::Profile {
        let parts: Vec<_> =
            [&self.first_name, &self.last_name].into_iter().flatten().map(String::as_str).collect();
        let joined = (!parts.is_empty()).then(|| parts.join(" "));
        objects::Profile {
            id: self.id.to_string(),
            organization_id: self.organization.as_ref().map(Id::to_string),
            connection_id: self.connection.to_string(),
            connection_type: self.connection_type.as_str().to_owned(),
            idp_id: self.idp_id,
            email: self.email,
            first_name: self.first_name,
            last_name: self.last_name,
            name: self.name.or(joined),
            role: None,
            roles: Vec::new(),
            groups: self.groups,
            custom_attributes: self.custom_attributes,
            raw_attributes: self.raw_attributes,
        }
    }
}

/// Makes or refreshes the profile of the person that `statement` is about.
pub(super) fn record(
    tx: &Tx<'_>,
    connection: &Id<Connection>,
    statement: &Statement,
    person: &Person,
) -> Result<Id<Profile>, Error> {
    tx.find(
        sql::PROFILE_UPSERT,
        params![
            &tx.id::<Profile>(),
            connection,
            &person.idp_id,
            person.email.as_str(),
            person.first_name.as_deref(),
            person.last_name.as_deref(),
            person.name.as_deref(),
            serde_json::to_string(&person.groups).map_err(Fault::internal)?,
            serde_json::to_string(&person.custom).map_err(Fault::internal)?,
            serde_json::to_string(&statement.all()).map_err(Fault::internal)?,
            tx.now
        ],
        |row| row.get("id"),
    )?
    .ok_or_else(|| Fault::internal("an upsert gave no row"))
}

/// The profile `id`, if it is still there and its connection is not switched off.
pub fn lookup(tx: &Tx<'_>, id: &Id<Profile>) -> Result<Option<Profile>, Error> {
    tx.find(sql::PROFILE_BY_ID, params![id], from_row)
}

/// Whose profile a live access token opens; like [`lookup`].
pub(super) fn lookup_by_token(tx: &Tx<'_>, token: &Digest) -> Result<Option<Profile>, Error> {
    tx.find(sql::PROFILE_BY_TOKEN, params![token.as_bytes().as_slice(), tx.now], from_row)
}

fn from_row(row: &Row<'_>) -> Result<Profile, Error> {
    Ok(Profile {
        id: row.get("id")?,
        organization: row.get("organization_id")?,
        connection: row.get("connection_id")?,
        connection_type: row.parse("connection_type", ConnectionType::parse)?,
        idp_id: row.get("idp_id")?,
        email: row.get("email")?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
        name: row.get("name")?,
        groups: row.json("groups")?,
        custom_attributes: row.json("custom_attributes")?,
        raw_attributes: row.json("raw_attributes")?,
    })
}
