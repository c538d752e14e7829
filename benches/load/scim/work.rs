//! What an identity provider does again and again: it makes users, changes them, adds members.

use std::{
    ops::Range,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::Value;

use super::sides::{Member, Side};
use crate::{Outcome, drive::Work, wire::Wire};

/// Numbers of users that were made, and their ids.
pub(super) type Made = Arc<Mutex<Vec<(usize, String)>>>;

/// Beyond all numbers of a first sync.
static NEXT: AtomicUsize = AtomicUsize::new(1_000_000_000);

/// Makes users.
pub(super) struct Creating {
    side: Arc<Side>,
    /// Without it, one after another without end.
    left: Option<(Range<usize>, Made)>,
}

impl Creating {
    /// Those of the first sync.
    pub(super) fn first(side: &Arc<Side>, left: Range<usize>, made: &Made) -> Self {
        Self { side: Arc::clone(side), left: Some((left, Arc::clone(made))) }
    }

    /// More and more.
    pub(super) fn more(side: &Arc<Side>) -> Self {
        Self { side: Arc::clone(side), left: None }
    }
}

impl Work for Creating {
    async fn once(&mut self, wire: &mut Wire) -> Outcome<usize> {
        let Some((left, made)) = &mut self.left else {
            let nth = NEXT.fetch_add(1, Ordering::Relaxed);
            wire.ask(&self.side.create(nth)).await?.expect(201)?;
            return Ok(1);
        };
        let nth = left.next().ok_or("none is left")?;
        let answer = wire.ask(&self.side.create(nth)).await?.expect(201)?;
        let body: Value = serde_json::from_str(answer.text()?)?;
        let id = body["id"].as_str().ok_or("a user without an id")?.to_owned();
        made.lock().unwrap_or_else(PoisonError::into_inner).push((nth, id));
        Ok(1)
    }

    fn is_done(&self) -> bool {
        self.left.as_ref().is_some_and(|(left, _)| left.is_empty())
    }
}

/// Gives one user after another another title.
pub(super) struct Changing {
    side: Arc<Side>,
    ids: Arc<Vec<String>>,
    nth: usize,
}

impl Changing {
    pub(super) fn new(side: &Arc<Side>, ids: &Arc<Vec<String>>, nth: usize) -> Self {
        Self { side: Arc::clone(side), ids: Arc::clone(ids), nth: nth * 7919 }
    }
}

impl Work for Changing {
    async fn once(&mut self, wire: &mut Wire) -> Outcome<usize> {
        self.nth += 1;
        let title = format!("Engineer {}", NEXT.fetch_add(1, Ordering::Relaxed));
        let id = &self.ids[self.nth % self.ids.len()];
        let answer = wire.ask(&self.side.retitle(id, &title)).await?;
        let status = if answer.status == 204 { 204 } else { 200 };
        answer.expect(status)?;
        Ok(1)
    }
}

/// Adds a member and takes it away again, in turn.
#[derive(Clone)]
pub(super) struct Adding {
    side: Arc<Side>,
    member: Member,
    is_in: bool,
}

impl Adding {
    pub(super) fn new(side: &Arc<Side>, member: Member) -> Self {
        Self { side: Arc::clone(side), member, is_in: false }
    }
}

impl Work for Adding {
    async fn once(&mut self, wire: &mut Wire) -> Outcome<usize> {
        let request = if self.is_in {
            self.side.remove_member(&self.member)
        } else {
            self.side.add_member(&self.member.group, std::slice::from_ref(&self.member.user))
        };
        self.is_in = !self.is_in;
        let answer = wire.ask(&request).await?;
        let status = if answer.status == 204 { 204 } else { 200 };
        answer.expect(status)?;
        Ok(1)
    }
}
