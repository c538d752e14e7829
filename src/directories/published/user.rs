//! Users as the API shows them: SCIM's words of a person in WorkOS's, with their groups.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{Kept, each, group, missing, sql};
use crate::{
    directories::{Directory, directory},
    kit::{
        error::Error,
        id::{Id, Prefixed},
        page::{Listed, Page},
        time::Timestamp,
    },
    objects::{self, DirectoryUserEmail, RoleSlug},
    scim::{ResourceType, User, fold},
    store::{Placed, Row, Tx, params},
};

/// The role that everybody has as long as no rule gives another.
const DEFAULT_ROLE: &str = "member";

struct KeptUser {
    kept: Kept,
    active: bool,
}

impl Prefixed for KeptUser {
    const PREFIX: &'static str = "directory_user_";
}

impl Placed for KeptUser {
    type Kind = Self;
    fn place(&self) -> (Timestamp, &str) {
        (self.kept.created_at, &self.kept.id)
    }
}

/// Which users of a directory a list shows.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// Those whom the provider calls so.
    pub idp_id: Option<String>,
    /// Those whose email address this is, in any case.
    pub email: Option<String>,
}

impl UserFilter {
    /// Whether it leaves anybody out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.idp_id.is_none() && self.email.is_none()
    }
}

/// The user `id`, or `entity_not_found`.
pub fn find_user(tx: &Tx<'_>, id: &str) -> Result<objects::DirectoryUser, Error> {
    let found = tx.find(sql::USER_BY_ID, params![id], from_row)?;
    published(tx, found.ok_or_else(|| missing("Directory User", id))?)
}

/// A page of a directory's users.
pub fn users_of_directory(
    tx: &Tx<'_>,
    (id, filter): (&Id<Directory>, &UserFilter),
    page: &Page,
) -> Result<Listed<objects::DirectoryUser>, Error> {
    directory::find(tx, id)?;
    let listed = if filter.is_empty() {
        tx.page(&sql::USERS_OF_DIRECTORY, page, params![id], from_row)?
    } else {
        tx.page_of(&sql::USERS_OF_DIRECTORY, page, found(tx, id, filter)?)?
    };
    each(listed, |user| published(tx, user))
}

/// A page of the users who are in a group themselves, in the order of their ids.
pub fn users_of_group(
    tx: &Tx<'_>,
    (group, directory): (&str, Option<&str>),
    page: &Page,
) -> Result<Listed<objects::DirectoryUser>, Error> {
    let owner = tx.find(sql::GROUP_BY_ID, params![group], |row| row.get("directory_id"))?;
    let owner: String = owner.ok_or_else(|| missing("Directory Group", group))?;
    if directory.is_some_and(|wanted| wanted != owner) {
        return Ok(Listed { data: Vec::new(), before: None, after: None });
    }
    let listed = tx.page(&sql::USERS_OF_GROUP, page, params![group], from_row)?;
    each(listed, |user| published(tx, user))
}

/// The users whom an index finds: nobody looks at all of a directory.
fn found(tx: &Tx<'_>, id: &Id<Directory>, filter: &UserFilter) -> Result<Vec<KeptUser>, Error> {
    let is_meant = |user: &KeptUser| {
        let said = User::of(&user.kept.resource);
        let idp_id = said.external_id().unwrap_or(&user.kept.id);
        let email = said.primary_email().map(fold);
        filter.idp_id.as_deref().is_none_or(|wanted| wanted == idp_id)
            && filter.email.as_deref().is_none_or(|wanted| email == Some(fold(wanted)))
    };
    let mut all = match (&filter.idp_id, &filter.email) {
        (Some(idp_id), _) => {
            let mut all = tx.list(sql::USERS_BY_EXTERNAL_ID, params![id, idp_id], from_row)?;
            all.extend(tx.find(sql::USER_IN_DIRECTORY, params![id, idp_id], from_row)?);
            all
        }
        (None, Some(email)) => tx.list(sql::USERS_BY_EMAIL, params![id, fold(email)], from_row)?,
        (None, None) => Vec::new(),
    };
    all.retain(is_meant);
    all.sort_by(|one, other| one.kept.id.cmp(&other.kept.id));
    all.dedup_by(|one, other| one.kept.id == other.kept.id);
    Ok(all)
}

fn published(tx: &Tx<'_>, user: KeptUser) -> Result<objects::DirectoryUser, Error> {
    let kept = user.kept;
    let said = User::of(&kept.resource);
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let role = || RoleSlug { slug: DEFAULT_ROLE.to_owned() };
    let email = |email: crate::scim::Value<'_>| DirectoryUserEmail {
        primary: email.primary,
        kind: owned(email.kind),
        value: email.value.to_owned(),
    };
    Ok(objects::DirectoryUser {
        idp_id: said.external_id().unwrap_or(&kept.id).to_owned(),
        directory_id: kept.directory.to_string(),
        organization_id: kept.organization.to_string(),
        email: owned(said.primary_email()),
        first_name: owned(said.given_name()),
        last_name: owned(said.family_name()),
        name: name(said),
        emails: said.emails().map(email).collect(),
        job_title: owned(said.title()),
        username: Some(said.user_name().to_owned()),
        state: if user.active { "active" } else { "inactive" },
        custom_attributes: custom_attributes(tx, &kept)?,
        raw_attributes: kept.raw(),
        role: Some(role()),
        roles: vec![role()],
        groups: group::all_of_user(tx, &kept.id)?,
        created_at: kept.created_at,
        updated_at: kept.updated_at,
        id: kept.id,
    })
}

/// The whole name: as it was formatted, else from its parts, else as it is displayed.
fn name(said: User<'_>) -> Option<String> {
    if let Some(formatted) = said.formatted_name() {
        return Some(formatted.to_owned());
    }
    let parts: Vec<_> = [said.given_name(), said.family_name()].into_iter().flatten().collect();
    if parts.is_empty() { said.display_name().map(str::to_owned) } else { Some(parts.join(" ")) }
}

/// The attributes that WorkOS maps by itself, as far as they were said.
fn custom_attributes(tx: &Tx<'_>, kept: &Kept) -> Result<BTreeMap<&'static str, Json>, Error> {
    let said = User::of(&kept.resource);
    let enterprise = said.enterprise();
    let manager = enterprise.manager.map(|manager| email_of(tx, &kept.directory, manager));
    let manager = manager.transpose()?.flatten();
    let mut all: BTreeMap<&'static str, Json> = [
        ("cost_center_name", enterprise.cost_center),
        ("department_name", enterprise.department),
        ("division_name", enterprise.division),
        ("employee_type", said.user_type()),
        ("job_title", said.title()),
        ("manager_email", manager.as_deref()),
        ("username", Some(said.user_name())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?.into())))
    .collect();
    for name in ["addresses", "emails"] {
        let list = kept.resource.attributes().get(name);
        if let Some(list) = list.filter(|it| it.as_array().is_some_and(|it| !it.is_empty())) {
            all.insert(name, list.clone());
        }
    }
    Ok(all)
}

/// The email address of another user of the same directory.
fn email_of(tx: &Tx<'_>, directory: &Id<Directory>, id: &str) -> Result<Option<String>, Error> {
    let found = tx.find(sql::USER_IN_DIRECTORY, params![directory, id], from_row)?;
    Ok(found.and_then(|user| User::of(&user.kept.resource).primary_email().map(str::to_owned)))
}

fn from_row(row: &Row<'_>) -> Result<KeptUser, Error> {
    let kept = Kept::from_row(row, ResourceType::User)?;
    Ok(KeptUser { kept, active: row.get("active")? })
}
