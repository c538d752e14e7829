//! Who is in which group: a row each. A member is a user or a group of the same directory, and no group
//! is in itself, through however many others.

mod sql;

use std::{cell::OnceCell, collections::HashSet};

use super::Directory;
use crate::{
    kit::{error::Error, id::Id},
    scim::{Link, LinkKind, Member, MemberChange, Rejected, ResourceType},
    store::{Row, Tx, params},
};

/// After so many members that one change looks at one by one, it may not look at the group again:
/// everybody else waits for it.
const MOST_LOOKED_AT: usize = 200_000;
/// With so many groups of a user, none above them is looked for any more.
const MOST_GROUPS: usize = 1000;

/// The members of one group, while they change.
pub(super) struct Roll<'t, 'a> {
    tx: &'t Tx<'a>,
    directory: &'t Id<Directory>,
    group: &'t str,
    joined: i64,
    left: i64,
    /// How many members were looked at one by one.
    looked_at: usize,
    /// The groups that this one is in, through others too.
    above: OnceCell<HashSet<String>>,
}

impl<'t, 'a> Roll<'t, 'a> {
    /// The members of this group of this directory.
    pub(super) fn of(tx: &'t Tx<'a>, directory: &'t Id<Directory>, group: &'t str) -> Self {
        Self { tx, directory, group, joined: 0, left: 0, looked_at: 0, above: OnceCell::new() }
    }

    /// How many more there are than there were.
    pub(super) fn more(&self) -> i64 {
        self.joined - self.left
    }

    /// Whether anybody joined or left.
    pub(super) fn has_changed(&self) -> bool {
        self.joined + self.left > 0
    }

    /// Makes one change.
    pub(super) fn change(&mut self, change: &MemberChange) -> Result<(), Error> {
        match change {
            MemberChange::Add(members) => members.iter().try_for_each(|it| self.join(it)),
            MemberChange::Remove(ids) => ids.iter().try_for_each(|it| self.leave(it)),
            MemberChange::Replace(members) => self.replace(members),
            MemberChange::Clear => {
                self.left += clear(self.tx, self.group)?;
                Ok(())
            }
            MemberChange::RemoveMatching(filter) => {
                if self.looked_at > MOST_LOOKED_AT {
                    let why = "too many members must be looked at; remove them by `value`";
                    return Err(Rejected::too_large(why).into());
                }
                let all = of_group(self.tx, self.group)?;
                self.looked_at += all.len();
                let fitting = all.iter().filter(|it| it.matches(filter));
                fitting.map(|it| it.value.as_str()).try_for_each(|it| self.leave(it))
            }
        }
    }

    /// Somebody joins, or stays. Who is nobody of this directory is left out, for nobody is in a group:
    /// one who was deleted meanwhile would keep a thousand others waiting. A `bulkId` that leads
    /// nowhere is a fault of the request.
    pub(super) fn join(&mut self, member: &Member) -> Result<(), Error> {
        let hinted = member.kind.unwrap_or(ResourceType::User);
        let other = match hinted {
            ResourceType::User => ResourceType::Group,
            ResourceType::Group => ResourceType::User,
        };
        if self.joins_as(member, hinted)? || self.is_in(&member.value)? {
            return Ok(());
        }
        // What somebody calls a user may be a group.
        if self.joins_as(member, other)? || !member.value.starts_with("bulkId:") {
            return Ok(());
        }
        let why = format!("the member `{}` is no user or group of this directory", member.value);
        Err(Rejected::invalid_value(why).into())
    }

    fn joins_as(&mut self, member: &Member, kind: ResourceType) -> Result<bool, Error> {
        let statement = match kind {
            ResourceType::User => sql::USER_JOINS,
            ResourceType::Group => {
                if self.is_above(&member.value)? {
                    let why = format!("the group `{}` would be in itself", member.value);
                    return Err(Rejected::invalid_value(why).into());
                }
                sql::GROUP_JOINS
            }
        };
        let display = member.display.as_deref();
        let params = params![self.group, &member.value, display, self.directory];
        let joined = self.tx.run(statement, params)? > 0;
        self.joined += i64::from(joined);
        Ok(joined)
    }

    fn is_in(&self, id: &str) -> Result<bool, Error> {
        let found = self.tx.find(sql::IS_IN, params![self.group, id], |_| Ok(()))?;
        Ok(found.is_some())
    }

    /// Whether a group is this one, or this one is in it.
    fn is_above(&self, id: &str) -> Result<bool, Error> {
        if id == self.group {
            return Ok(true);
        }
        if self.above.get().is_none() {
            let above = self.tx.list(sql::ABOVE, params![self.group], |row| row.get("group_id"))?;
            _ = self.above.set(above.into_iter().collect());
        }
        Ok(self.above.get().is_some_and(|above| above.contains(id)))
    }

    fn leave(&mut self, id: &str) -> Result<(), Error> {
        let left = self.tx.run(sql::LEAVE, params![self.group, id])?;
        self.left += i64::from(left > 0);
        Ok(())
    }

    /// Who is not among these leaves; who is there already stays as they are.
    fn replace(&mut self, members: &[Member]) -> Result<(), Error> {
        let there = self.tx.list(sql::IDS, params![self.group], |row| row.get("member_id"))?;
        let there: HashSet<String> = there.into_iter().collect();
        let named: HashSet<&str> = members.iter().map(|it| it.value.as_str()).collect();
        for gone in there.iter().filter(|it| !named.contains(it.as_str())) {
            self.leave(gone)?;
        }
        members
            .iter()
            .filter(|it| !there.contains(&it.value))
            .try_for_each(|member| self.join(member))
    }
}

/// Everybody leaves a group; answers how many.
pub(super) fn clear(tx: &Tx<'_>, group: &str) -> Result<i64, Error> {
    let left = tx.run(sql::CLEAR, params![group])?;
    Ok(i64::try_from(left).unwrap_or(i64::MAX))
}

/// Somebody leaves every group; each of them is another one then.
pub(super) fn leave_all(tx: &Tx<'_>, id: &str) -> Result<(), Error> {
    tx.run(sql::ALL_LOSE, params![id, tx.now])?;
    tx.run(sql::LEAVE_ALL, params![id]).map(drop)
}

/// The members of a group.
pub(super) fn of_group(tx: &Tx<'_>, group: &str) -> Result<Vec<Link>, Error> {
    tx.list(sql::OF_GROUP, params![group], member)
}

/// This member of a group, if it is one.
pub(super) fn one_of_group(tx: &Tx<'_>, group: &str, id: &str) -> Result<Option<Link>, Error> {
    tx.find(sql::ONE_OF_GROUP, params![group, id], member)
}

/// The groups that a user is in: those first that the user is in by themselves, then those above
/// them, each once. Of somebody in a thousand groups, not all that are above them are told.
pub(super) fn groups_of(tx: &Tx<'_>, id: &str) -> Result<Vec<Link>, Error> {
    let mut links = groups_above(tx, id, LinkKind::Direct)?;
    let mut seen: HashSet<String> = links.iter().map(|it| it.value.clone()).collect();
    let mut from = 0;
    while from < links.len() && links.len() < MOST_GROUPS {
        let mut next = Vec::new();
        for link in &links[from..] {
            next.extend(groups_above(tx, &link.value, LinkKind::Indirect)?);
        }
        next.retain(|link| seen.insert(link.value.clone()));
        from = links.len();
        links.append(&mut next);
    }
    Ok(links)
}

/// The groups that a user or group is in by itself.
fn groups_above(tx: &Tx<'_>, id: &str, kind: LinkKind) -> Result<Vec<Link>, Error> {
    tx.list(sql::GROUPS_OF, params![id], |row| {
        Ok(Link { value: row.get("id")?, kind, display: Some(row.get("display_name")?) })
    })
}

fn member(row: &Row<'_>) -> Result<Link, Error> {
    Ok(Link {
        value: row.get("member_id")?,
        kind: row.parse("kind", ResourceType::parse)?.into(),
        display: row.get("display")?,
    })
}
