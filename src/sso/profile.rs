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
    /// How often the person was signed out: what was given before the last time is void.
    pub(super) sign_outs: i64,
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

/// A profile's columns that a sign-in says anew.
#[derive(PartialEq)]
struct Said {
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    name: Option<String>,
    groups: String,
    custom: String,
    all: String,
}

impl Said {
    fn of(statement: &Statement, person: &Person) -> Result<Self, Error> {
        Ok(Self {
            email: person.email.as_str().to_owned(),
            first_name: person.first_name.clone(),
            last_name: person.last_name.clone(),
            name: person.name.clone(),
            groups: serde_json::to_string(&person.groups).map_err(Fault::internal)?,
            custom: serde_json::to_string(&person.custom).map_err(Fault::internal)?,
            all: serde_json::to_string(&statement.all()).map_err(Fault::internal)?,
        })
    }

    fn from_row(row: &Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            email: row.get("email")?,
            first_name: row.get("first_name")?,
            last_name: row.get("last_name")?,
            name: row.get("name")?,
            groups: row.get("groups")?,
            custom: row.get("custom_attributes")?,
            all: row.get("raw_attributes")?,
        })
    }
}

/// Makes the profile of the person that `statement` is about, or changes it where something else is
/// said than the last time; mostly there is nothing to write.
pub(super) fn record(
    tx: &Tx<'_>,
    connection: &Id<Connection>,
    statement: &Statement,
    person: &Person,
) -> Result<Id<Profile>, Error> {
    let said = Said::of(statement, person)?;
    let known = tx.find(sql::PROFILE_OF_PERSON, params![connection, &person.idp_id], |row| {
        Ok((row.get::<Id<Profile>>("id")?, Said::from_row(row)?))
    })?;
    let (id, before) = known.map_or_else(|| (tx.id(), None), |(id, before)| (id, Some(before)));
    if before.as_ref() == Some(&said) {
        return Ok(id);
    }
    let Said { email, first_name, last_name, name, groups, custom, all } = said;
    let (first_name, last_name, name) =
        (first_name.as_deref(), last_name.as_deref(), name.as_deref());
    if before.is_some() {
        let params = params![&id, email, first_name, last_name, name, groups, custom, all, tx.now];
        tx.run(sql::PROFILE_UPDATE, params)?;
    } else {
        let (idp_id, now) = (&person.idp_id, tx.now);
        let params = params![
            &id, connection, idp_id, email, first_name, last_name, name, groups, custom, all, now
        ];
        tx.run(sql::PROFILE_INSERT, params)?;
    }
    Ok(id)
}

/// The profile `id`, if it is still there and its connection is not switched off.
pub fn lookup(tx: &Tx<'_>, id: &Id<Profile>) -> Result<Option<Profile>, Error> {
    tx.find(sql::PROFILE_BY_ID, params![id], from_row)
}

pub(super) fn from_row(row: &Row<'_>) -> Result<Profile, Error> {
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
        sign_outs: row.get("sign_outs")?,
    })
}
