//! Sorted lists: the keys of all that fit are gathered on a walk, and the page is read when their order
//! is known.

use std::{cmp::Ordering, sync::Arc};

use super::{
    Found, Mark, Page, Search, Way,
    candidates::fitting,
    mark::{After, Position},
    walk::{Course, Walks, portion},
};
use crate::{
    directories::{group, user},
    kit::{
        cpu::CpuPool,
        error::{Error, Refused},
    },
    scim::{ResourceType, list::SortKey},
    store::{Store, Tx},
};

/// The place of a resource in the order that is asked for.
#[derive(Debug, Clone)]
struct Keyed {
    key: SortKey,
    resource_type: ResourceType,
    id: String,
}

pub(super) async fn search(
    store: &Store,
    cpu: &CpuPool,
    walks: &Walks,
    asked: &Arc<Search>,
) -> Result<Found, Error> {
    let mut all = Vec::new();
    for of in asked.types {
        all.extend(keys(store, walks, asked, *of).await?);
    }
    let total = all.len() as u64;
    let window = asked.window();
    let skip = usize::try_from(window.skipped()).unwrap_or(usize::MAX);
    let order = Arc::clone(asked);
    // Some more than a page: somebody may be gone until they are read.
    let most = window.take.saturating_add(1);
    let chosen = cpu.run(move || {
        all.sort_by(|one, other| compare(&order, one, other));
        all.into_iter().skip(skip).take(most).collect::<Vec<_>>()
    });
    let (chosen, seen) = (chosen.await?, Arc::clone(asked));
    let (take, from) = (window.take, window.skipped());
    let page = store.read(move |tx| read(tx, &seen, &chosen, (take, from))).await?;
    let last = page.found.last().map(|(after, _)| after.clone());
    let next = last.filter(|_| page.more && !window.counts);
    let of = asked.types[0];
    Ok(Found {
        records: page.found.into_iter().map(|(_, record)| record).collect(),
        total: Some(total),
        next: next.map(|after| Mark { resource_type: of, after }),
    })
}

/// What is equal stands in the order of the ids, whichever way the list runs.
fn compare(asked: &Search, one: &Keyed, other: &Keyed) -> Ordering {
    let is_descending = asked.request.sort.as_ref().is_some_and(|sort| sort.descending);
    let order = one.key.cmp(&other.key);
    let order = if is_descending { order.reverse() } else { order };
    order.then_with(|| one.id.cmp(&other.id))
}

/// The keys of all that fit.
async fn keys(
    store: &Store,
    walks: &Walks,
    asked: &Arc<Search>,
    of: ResourceType,
) -> Result<Vec<Keyed>, Error> {
    let (course, exact) = match asked.way(of) {
        Way::All => (Course::Whole, true),
        Way::Walk(course, exact) => (course, exact),
        Way::Few(by, exact) => {
            let asked = Arc::clone(asked);
            let few = store.read(move |tx| {
                let few = fitting(tx, &asked, of, (&by, exact))?;
                few.iter().map(|record| keyed(&asked, record)).collect()
            });
            return few.await;
        }
    };
    let _turn = walks.turn(&asked.directory).await?;
    let (mut all, mut from) = (Vec::new(), course.start());
    loop {
        let (seen, course, at) = (Arc::clone(asked), course.clone(), from.clone());
        let step = store.read(move |tx| {
            let mut keys = Vec::new();
            let step = portion(tx, (&seen, of, &course, exact), &at, |_, _, record| {
                keys.push(keyed(&seen, &record)?);
                Ok(true)
            })?;
            Ok((keys, step.next))
        });
        let (keys, next): (Vec<Keyed>, Option<Position>) = step.await?;
        all.extend(keys);
        match next {
            Some(next) => from = next,
            None => return Ok(all),
        }
    }
}

fn keyed(asked: &Search, record: &super::Record) -> Result<Keyed, Error> {
    let resource = record.restore()?;
    let served = record.served_without_links(&asked.base);
    let key = asked.request.sort.as_ref().map(|sort| sort.key(&resource, &served));
    Ok(Keyed {
        key: key.unwrap_or(SortKey::None),
        resource_type: record.resource_type,
        id: record.id.clone(),
    })
}

/// Reads those of the page. Who is gone by now is left out.
fn read(
    tx: &Tx<'_>,
    asked: &Search,
    chosen: &[Keyed],
    (take, from): (usize, u64),
) -> Result<Page, Error> {
    let mut page = Page::new(take, 0);
    for (number, keyed) in (from + 1..).zip(chosen) {
        let found = match keyed.resource_type {
            ResourceType::User => user::find(tx, &asked.directory, &keyed.id),
            ResourceType::Group => group::find(tx, &asked.directory, &keyed.id),
        };
        match found {
            Ok(record) => page.offer(tx, asked, (After::Skipped(number), record))?,
            Err(Error::Refused(Refused { .. })) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(page)
}
