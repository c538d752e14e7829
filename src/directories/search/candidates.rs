//! What one short read finds: all, by number or from a position on, and the few that an index gives.

use std::collections::HashSet;

use super::{
    Page, Part, Record, Search, Window,
    mark::{After, Position},
    sql,
};
use crate::{
    directories::{block, group, member, user},
    kit::error::Error,
    scim::{
        Filter, Indexed, Link, Rejected, ResourceType, Served,
        filter::{Literal, Operator},
    },
    store::{Row, Tx, params},
};

/// The most that an index may give before it is looked at: with more, the filter is no narrow one.
const MOST_CANDIDATES: u32 = 5000;
/// And no more bytes than these.
const MOST_BYTES: usize = 64 << 20;

/// All of a type, in the order of their making.
pub(super) fn all(
    tx: &Tx<'_>,
    asked: &Search,
    of: ResourceType,
    window: &Window,
) -> Result<Part, Error> {
    let total = count(tx, asked, of)?;
    let mut page = Page::new(window.take, 0);
    let found = match &window.after {
        Some(After::Position(position)) => after(tx, asked, of, (position, window.take + 1))?,
        _ if window.take == 0 => Vec::new(),
        // One more, where it must be known whether there is one.
        _ if window.counts => by_number(tx, asked, of, (window.skip, window.take))?,
        _ => by_number(tx, asked, of, (window.skipped(), window.take + 1))?,
    };
    for (position, record) in found {
        page.offer(tx, asked, (After::Position(position), record))?;
    }
    Ok(Part { page, total })
}

/// How many there are, which is kept and never counted.
fn count(tx: &Tx<'_>, asked: &Search, of: ResourceType) -> Result<u64, Error> {
    let counts = tx.find(sql::COUNTS, params![&asked.directory], |row| {
        let (active, inactive): (i64, i64) = (row.get("active_users")?, row.get("inactive_users")?);
        Ok((active + inactive, row.get::<i64>("groups")?))
    })?;
    let (users, groups) = counts.unwrap_or_default();
    let count = match of {
        ResourceType::User => users,
        ResourceType::Group => groups,
    };
    Ok(u64::try_from(count).unwrap_or_default())
}

type Positioned = Vec<(Position, Record)>;

fn by_number(
    tx: &Tx<'_>,
    asked: &Search,
    of: ResourceType,
    (skip, take): (u64, usize),
) -> Result<Positioned, Error> {
    let take = limit(take);
    match of {
        ResourceType::User => {
            let Some((place, pass)) = block::seek(tx, &asked.directory, skip)? else {
                return Ok(Vec::new());
            };
            let params = params![&asked.directory, place, take, pass];
            tx.list(sql::USERS_FROM_PLACE, params, user_by_place)
        }
        ResourceType::Group => {
            let skip = i64::try_from(skip).unwrap_or(i64::MAX);
            tx.list(sql::GROUPS_SKIPPING, params![&asked.directory, take, skip], group_by_making)
        }
    }
}

/// Those behind a position in the order of making.
pub(super) fn after(
    tx: &Tx<'_>,
    asked: &Search,
    of: ResourceType,
    (position, take): (&Position, usize),
) -> Result<Positioned, Error> {
    let take = limit(take);
    match of {
        ResourceType::User => {
            let params = params![&asked.directory, position.at, take];
            tx.list(sql::USERS_AFTER_PLACE, params, user_by_place)
        }
        ResourceType::Group => {
            let params = params![&asked.directory, position.at, &position.id, take];
            tx.list(sql::GROUPS_AFTER, params, group_by_making)
        }
    }
}

/// Active or inactive users behind a position in the order of making.
pub(super) fn active_after(
    tx: &Tx<'_>,
    asked: &Search,
    active: bool,
    (position, take): (&Position, usize),
) -> Result<Positioned, Error> {
    let params = params![&asked.directory, position.at, limit(take), active];
    tx.list(sql::ACTIVE_AFTER_PLACE, params, user_by_place)
}

/// Those behind a position in the order of their last change.
pub(super) fn changed_after(
    tx: &Tx<'_>,
    asked: &Search,
    of: ResourceType,
    (position, take): (&Position, usize),
) -> Result<Positioned, Error> {
    let params = params![&asked.directory, position.at, &position.id, limit(take)];
    let by_change = |record: Record| {
        (Position { at: record.last_modified.millis(), id: record.id.clone() }, record)
    };
    match of {
        ResourceType::User => tx.list(sql::USERS_CHANGED_AFTER, params, |row| {
            Ok(by_change(user::from_row(row)?.record))
        }),
        ResourceType::Group => {
            tx.list(sql::GROUPS_CHANGED_AFTER, params, |row| Ok(by_change(group::from_row(row)?)))
        }
    }
}

fn limit(take: usize) -> i64 {
    i64::try_from(take).unwrap_or(i64::MAX)
}

fn user_by_place(row: &Row<'_>) -> Result<(Position, Record), Error> {
    let kept = user::from_row(row)?;
    Ok((Position { at: kept.place, id: String::from("-") }, kept.record))
}

fn group_by_making(row: &Row<'_>) -> Result<(Position, Record), Error> {
    let record = group::from_row(row)?;
    Ok((Position { at: record.created.millis(), id: record.id.clone() }, record))
}

/// Those that an index gives for any of these, and that are what is meant.
pub(super) fn few(
    tx: &Tx<'_>,
    asked: &Search,
    of: ResourceType,
    (by, exact): (&[Indexed], bool),
    window: &Window,
) -> Result<Part, Error> {
    let found = fitting(tx, asked, of, (by, exact))?;
    let mut page = Page::new(window.take, 0);
    let (total, skip) = (found.len() as u64, window.skipped());
    for (number, record) in (1..).zip(found).filter(|(number, _)| *number > skip) {
        page.offer(tx, asked, (After::Skipped(number), record))?;
    }
    Ok(Part { page, total })
}

/// All of them, in the order of their making.
pub(super) fn fitting(
    tx: &Tx<'_>,
    asked: &Search,
    of: ResourceType,
    (by, exact): (&[Indexed], bool),
) -> Result<Vec<Record>, Error> {
    let (mut seen, mut found, mut bytes) = (HashSet::new(), Vec::new(), 0);
    for by in by {
        for record in candidates(tx, asked, of, by)? {
            bytes += record.resource.len();
            if seen.insert(record.id.clone()) && (exact || fits(tx, asked, &record)?) {
                found.push(record);
            }
        }
        if seen.len() > MOST_CANDIDATES as usize || bytes > MOST_BYTES {
            let why = format!("more than {MOST_CANDIDATES} may be meant; narrow the filter");
            return Err(Rejected::too_many(why).into());
        }
    }
    found.sort_by(|one, other| (one.created, &one.id).cmp(&(other.created, &other.id)));
    Ok(found)
}

fn candidates(
    tx: &Tx<'_>,
    asked: &Search,
    of: ResourceType,
    by: &Indexed,
) -> Result<Vec<Record>, Error> {
    let is_user = of == ResourceType::User;
    let (statement, value) = match by {
        Indexed::Id(id) if is_user => (sql::USERS_BY_ID, id),
        Indexed::Id(id) => (sql::GROUPS_BY_ID, id),
        Indexed::ExternalId(id) if is_user => (sql::USERS_BY_EXTERNAL_ID, id),
        Indexed::ExternalId(id) => (sql::GROUPS_BY_EXTERNAL_ID, id),
        Indexed::UserName(name) => (sql::USERS_BY_USER_NAME, name),
        Indexed::Email { value, .. } => (sql::USERS_BY_EMAIL, value),
        Indexed::DisplayName(name) => (sql::GROUPS_BY_DISPLAY_NAME, name),
        Indexed::Member(id) => (sql::GROUPS_BY_MEMBER, id),
        // These are walked.
        Indexed::LastModified { .. } | Indexed::Active(_) => return Ok(Vec::new()),
    };
    // The store keeps no text with a NUL.
    if value.contains('\0') {
        return Ok(Vec::new());
    }
    let params = params![&asked.directory, value, MOST_CANDIDATES + 1];
    if is_user {
        tx.list(statement, params, |row| Ok(user::from_row(row)?.record))
    } else {
        tx.list(statement, params, group::from_row)
    }
}

/// Whether a resource is what is meant.
pub(super) fn fits(tx: &Tx<'_>, asked: &Search, record: &Record) -> Result<bool, Error> {
    let Some(filter) = &asked.request.filter else { return Ok(true) };
    let resource = record.restore()?;
    let links = links_asked(tx, filter, record)?;
    let served = record.served_without_links(&asked.base);
    Ok(filter.matches(&resource, &Served { links: &links, ..served }))
}

/// The members or groups that the filter asks about: where it names them by their ids, those alone.
fn links_asked(tx: &Tx<'_>, filter: &Filter, record: &Record) -> Result<Vec<Link>, Error> {
    if record.resource_type == ResourceType::User {
        let is_asked = filter.mentions("groups");
        return if is_asked { member::groups_of(tx, &record.id) } else { Ok(Vec::new()) };
    }
    if !filter.mentions("members") {
        return Ok(Vec::new());
    }
    let mut named = Vec::new();
    if !names_members(filter, &mut named) {
        return member::of_group(tx, &record.id);
    }
    let mut links = Vec::new();
    for id in named.into_iter().filter(|id| !id.contains('\0')) {
        links.extend(member::one_of_group(tx, &record.id, id)?);
    }
    Ok(links)
}

/// Whether all that a filter says about members is which ids they have.
fn names_members<'f>(filter: &'f Filter, ids: &mut Vec<&'f str>) -> bool {
    let is_members = |name: &str| name.eq_ignore_ascii_case("members");
    let is_value = |name: &str| name.eq_ignore_ascii_case("value");
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().all(|it| names_members(it, ids)),
        Filter::Not(inner) => names_members(inner, ids),
        Filter::Present(path) => !is_members(&path.name),
        Filter::Compare { path, operator, value } => match (operator, value) {
            _ if !is_members(&path.name) => true,
            (Operator::Eq, Literal::Text(id)) if path.sub.as_deref().is_none_or(is_value) => {
                ids.push(id);
                true
            }
            _ => false,
        },
        Filter::Element { path, filter } => match filter.as_ref() {
            _ if !is_members(&path.name) => true,
            Filter::Compare { path, operator: Operator::Eq, value: Literal::Text(id) }
                if is_value(&path.name) && path.sub.is_none() =>
            {
                ids.push(id);
                true
            }
            _ => false,
        },
    }
}
