//! Walks: what no index answers is looked at, one after the other, in portions of a read each. A few
//! walks run at a time; others wait for their turn, and too many are told to come again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    Page, Part, Record, Search, Window,
    candidates::{active_after, after, changed_after, fits},
    mark::{After, Position},
};
use crate::{
    directories::Directory,
    kit::{
        error::{Error, Fault},
        id::Id,
        time::Timestamp,
    },
    scim::ResourceType,
    store::{Store, Tx},
};

/// How many resources one portion looks at.
const PORTION: usize = 500;
/// How many walks run at a time.
const AT_ONCE: usize = 2;
/// How many may wait.
const WAITING: usize = 64;
/// How many of one directory may walk or wait: it leaves the others their turn.
const OF_ONE: usize = 8;

/// The walks of an instance.
#[derive(Debug, Clone)]
pub struct Walks {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// How many there are of each directory that has any.
    counts: Arc<Mutex<HashMap<Id<Directory>, usize>>>,
}

/// The turn of one walk, until it goes.
#[derive(Debug)]
pub(super) struct Turn {
    _turn: OwnedSemaphorePermit,
    _counted: Counted,
}

/// One walk of a directory's, until it goes.
#[derive(Debug)]
struct Counted(Walks, Id<Directory>);

impl Default for Walks {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            places: Arc::new(Semaphore::new(WAITING)),
            counts: Arc::default(),
        }
    }
}

impl Walks {
    /// Waits for a turn, if there is a place to wait in.
    pub(super) async fn turn(&self, of: &Id<Directory>) -> Result<Turn, Error> {
        let counted = self.counted(of)?;
        let _place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Fault::Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Fault::Closing)?;
        Ok(Turn { _turn: turn, _counted: counted })
    }

    fn counted(&self, of: &Id<Directory>) -> Result<Counted, Error> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(of.clone()).or_default();
        if *count >= OF_ONE {
            return Err(Fault::Busy.into());
        }
        *count += 1;
        Ok(Counted(self.clone(), of.clone()))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.1);
            }
        }
    }
}

/// In which order a walk goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Course {
    /// All, as they were made.
    Whole,
    /// Active or inactive users, as they were made.
    Active(bool),
    /// Those that were changed behind a position, as they were.
    Changed(Position),
}

impl Course {
    /// Those that were changed at a time or later.
    pub(super) fn changed(from: Timestamp, inclusive: bool) -> Self {
        let at = if inclusive { from.millis().saturating_sub(1) } else { from.millis() };
        // Behind every id of that instant.
        Self::Changed(Position { at, id: "~".to_owned() })
    }

    /// Where it begins.
    pub(super) fn start(&self) -> Position {
        match self {
            Self::Whole | Self::Active(_) => Position { at: i64::MIN, id: String::new() },
            Self::Changed(position) => position.clone(),
        }
    }

    fn portion(
        &self,
        tx: &Tx<'_>,
        asked: &Search,
        of: ResourceType,
        from: &Position,
    ) -> Result<Vec<(Position, Record)>, Error> {
        match self {
            Self::Whole => after(tx, asked, of, (from, PORTION)),
            Self::Active(active) => active_after(tx, asked, *active, (from, PORTION)),
            Self::Changed(_) => changed_after(tx, asked, of, (from, PORTION)),
        }
    }
}

/// What one portion gave.
pub(super) struct Step<T> {
    /// What was taken of it.
    pub(super) taken: T,
    /// How many fit.
    fitting: u64,
    /// Where the next portion begins; none at the end.
    pub(super) next: Option<Position>,
}

/// Walks until the page is full, and where all are counted to the end.
pub(super) async fn walk(
    store: &Store,
    walks: &Walks,
    asked: &Arc<Search>,
    (of, course, exact): (ResourceType, Course, bool),
    mut window: Window,
) -> Result<Part, Error> {
    let _turn = walks.turn(&asked.directory).await?;
    let mut from = match window.after.take() {
        Some(After::Position(position)) => position,
        Some(After::Skipped(_)) | None => course.start(),
    };
    let mut whole = Part { page: Page::new(window.take, 0), total: 0 };
    loop {
        let (seen, course, at) = (Arc::clone(asked), course.clone(), from.clone());
        let room = window.take - whole.page.found.len();
        let (skip, members, counts) = (window.skip, whole.page.members, window.counts);
        let closed = whole.page.more;
        let step = store.read(move |tx| {
            let mut page = Page::new(if closed { 0 } else { room }, members);
            let step = portion(tx, (&seen, of, &course, exact), &at, |nth, position, record| {
                if nth > skip {
                    page.offer(tx, &seen, (After::Position(position), record))?;
                }
                Ok(counts || !page.more)
            })?;
            Ok(Step { taken: page, fitting: step.fitting, next: step.next })
        });
        let step = step.await?;
        whole.total += step.fitting;
        window.skip = window.skip.saturating_sub(step.fitting);
        whole.page.members = step.taken.members;
        whole.page.more |= step.taken.more;
        whole.page.found.extend(step.taken.found);
        match step.next {
            Some(next) if window.counts || !whole.page.more => from = next,
            _ => return Ok(whole),
        }
    }
}

/// One portion: `take` gets each that fits, with its number from 1 on, and says whether to go on.
pub(super) fn portion(
    tx: &Tx<'_>,
    (asked, of, course, exact): (&Search, ResourceType, &Course, bool),
    from: &Position,
    mut take: impl FnMut(u64, Position, Record) -> Result<bool, Error>,
) -> Result<Step<()>, Error> {
    let looked_at = course.portion(tx, asked, of, from)?;
    let is_last = looked_at.len() < PORTION;
    let last = looked_at.last().map(|(position, _)| position.clone());
    let mut fitting = 0;
    for (position, record) in looked_at {
        if exact || fits(tx, asked, &record)? {
            fitting += 1;
            if !take(fitting, position, record)? {
                break;
            }
        }
    }
    Ok(Step { taken: (), fitting, next: last.filter(|_| !is_last) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_directory_leaves_the_others_their_turn() {
        let (walks, [one, other]) = (Walks::default(), [1, 2].map(|it| Id::fresh(0, it)));
        let mut held = vec![walks.turn(&one).await.unwrap(), walks.turn(&one).await.unwrap()];
        let waiting: Vec<_> = (2..OF_ONE).map(|_| walks.counted(&one).unwrap()).collect();
        assert!(matches!(walks.counted(&one), Err(Error::Fault(Fault::Busy))));
        assert!(walks.counted(&other).is_ok());
        held.clear();
        assert!(walks.turn(&one).await.is_ok(), "there is room again");
        drop(waiting);
        assert!(walks.counts.lock().unwrap().is_empty(), "nothing of it stays");
    }
}
