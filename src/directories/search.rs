//! Lists of users and groups: which of the few ways leads to what is asked for, and the page of it.
//! What an index answers is one short read; anything else is walked in portions, so that others get
//! their turn between, and by few at a time.

mod candidates;
mod mark;
mod page;
mod sorted;
mod sql;
mod walk;

use std::sync::Arc;

use self::{
    candidates::{all, few},
    mark::After,
    page::{Page, Part, Window},
    walk::Course,
};
pub use self::{mark::Mark, walk::Walks};
use super::{Directory, Record};
use crate::{
    kit::{cpu::CpuPool, error::Error, id::Id},
    scim::{self, Filter, Indexed, ListRequest, ResourceType},
    store::Store,
};

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Search {
    /// Where.
    pub directory: Id<Directory>,
    /// The address of the directory's endpoints.
    pub base: String,
    /// Users, groups, or both.
    pub types: &'static [ResourceType],
    /// What is asked for.
    pub request: ListRequest,
    /// Where the page begins, when a cursor says.
    pub from: Option<Mark>,
}

/// A page of what was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The users and groups, with their links where those are told.
    pub records: Vec<Record>,
    /// How many there are on all pages, where all were counted.
    pub total: Option<u64>,
    /// Where the next page begins; none on the last, and where pages have numbers.
    pub next: Option<Mark>,
}

/// How resources of one type are found.
#[derive(Debug, Clone)]
enum Way {
    /// All are meant.
    All,
    /// Those that an index gives for these; whether they are what is meant must still be looked at,
    /// where it is not so by itself.
    Few(Vec<Indexed>, bool),
    /// A walk.
    Walk(Course, bool),
}

impl Search {
    fn counts(&self) -> bool {
        matches!(self.request.page, scim::Page::Index { .. })
    }

    /// The part of the list that is asked for.
    fn window(&self) -> Window {
        match &self.request.page {
            scim::Page::Index { start, count } => {
                Window { skip: start - 1, take: *count as usize, after: None, counts: true }
            }
            scim::Page::Cursor { count, .. } => Window {
                skip: 0,
                take: *count as usize,
                after: self.from.as_ref().map(|mark| mark.after.clone()),
                counts: false,
            },
        }
    }

    /// The types that are still to be listed.
    fn types_left(&self) -> &'static [ResourceType] {
        let at = self
            .from
            .as_ref()
            .and_then(|mark| self.types.iter().position(|it| *it == mark.resource_type));
        &self.types[at.unwrap_or_default()..]
    }

    fn way(&self, of: ResourceType) -> Way {
        let Some(filter) = &self.request.filter else { return Way::All };
        if let Some(plan) = filter.plan(of) {
            return way(plan.by, plan.exact, of);
        }
        let either = match filter {
            Filter::Or(parts) => parts.iter().map(|part| indexed(part, of)).collect(),
            _ => None,
        };
        match either {
            Some(either) => Way::Few(either, false),
            None => Way::Walk(Course::Whole, false),
        }
    }
}

/// What an index gives for a part of an `or`, where that is little.
fn indexed(part: &Filter, of: ResourceType) -> Option<Indexed> {
    let plan = part.plan(of)?;
    match way(plan.by, plan.exact, of) {
        Way::Few(mut by, _) => by.pop(),
        Way::All | Way::Walk(..) => None,
    }
}

fn way(by: Indexed, exact: bool, of: ResourceType) -> Way {
    match (by, of) {
        (Indexed::Active(active), ResourceType::User) => Way::Walk(Course::Active(active), exact),
        (Indexed::LastModified { from, inclusive }, _) => {
            Way::Walk(Course::changed(from, inclusive), exact)
        }
        (Indexed::DisplayName(_) | Indexed::Member(_), ResourceType::User)
        | (
            Indexed::Active(_) | Indexed::UserName(_) | Indexed::Email { .. },
            ResourceType::Group,
        ) => Way::Walk(Course::Whole, false),
        (by, _) => {
            // The index does not know what an address is for.
            let is_all = exact && !matches!(by, Indexed::Email { kind: Some(_), .. });
            Way::Few(vec![by], is_all)
        }
    }
}

/// Finds a page.
pub async fn search(
    store: &Store,
    cpu: &CpuPool,
    walks: &Walks,
    asked: Search,
) -> Result<Found, Error> {
    let asked = Arc::new(asked);
    if asked.request.sort.is_some() {
        return sorted::search(store, cpu, walks, &asked).await;
    }
    let mut found = Found { records: Vec::new(), total: asked.counts().then_some(0), next: None };
    let mut window = asked.window();
    let types = asked.types_left();
    for (nth, of) in types.iter().enumerate() {
        let part = part(store, walks, &asked, (*of, &window)).await?;
        found.total = found.total.map(|total| total + part.total);
        let Page { found: taken, more, .. } = part.page;
        let last = taken.last().map(|(after, _)| after.clone());
        window.skip = window.skip.saturating_sub(part.total);
        window.take -= taken.len();
        window.after = None;
        found.records.extend(taken.into_iter().map(|(_, record)| record));
        if more {
            found.next = last.map(|after| Mark { resource_type: *of, after });
            window.take = 0;
        }
        if window.take == 0 && !window.counts {
            let another = types.get(nth + 1);
            let next = another.map(|of| Mark { resource_type: *of, after: After::Skipped(0) });
            found.next = found.next.or(next);
            break;
        }
    }
    if window.counts {
        found.next = None;
    }
    Ok(found)
}

/// What there is of one type.
async fn part(
    store: &Store,
    walks: &Walks,
    asked: &Arc<Search>,
    (of, window): (ResourceType, &Window),
) -> Result<Part, Error> {
    let (asked, window) = (Arc::clone(asked), window.clone());
    match asked.way(of) {
        Way::All => store.read(move |tx| all(tx, &asked, of, &window)).await,
        Way::Few(by, exact) => {
            store.read(move |tx| few(tx, &asked, of, (&by, exact), &window)).await
        }
        Way::Walk(course, exact) => {
            walk::walk(store, walks, &asked, (of, course, exact), window).await
        }
    }
}
