//! The bounded queue in front of a lane: many put in, one or more threads take out.
//! It knows nothing of what stands in it.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// A queue that says no when it is full, and ends when it is closed.
pub(super) struct Queue<T> {
    inside: Mutex<Inside<T>>,
    arrived: Condvar,
    room: usize,
}

struct Inside<T> {
    waiting: VecDeque<T>,
    closed: bool,
}

/// Why nothing was put in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// As many wait as may wait.
    Full,
    /// Nobody takes out any more.
    Closed,
}

/// What came of waiting.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<T> {
    /// The one that waited longest.
    One(T),
    /// Nothing came in time.
    Nothing,
    /// The queue is closed, and nothing waits in it.
    Closed,
}

impl<T> Queue<T> {
    /// A queue in which `room` may wait, at least one.
    pub(super) fn new(room: usize) -> Self {
        let inside = Inside { waiting: VecDeque::new(), closed: false };
        Self { inside: Mutex::new(inside), arrived: Condvar::new(), room: room.max(1) }
    }

    /// Puts `one` at the end.
    pub(super) fn put(&self, one: T) -> Result<(), Refused> {
        let mut inside = self.inside();
        if inside.closed {
            return Err(Refused::Closed);
        }
        if inside.waiting.len() >= self.room {
            return Err(Refused::Full);
        }
        inside.waiting.push_back(one);
        drop(inside);
        self.arrived.notify_one();
        Ok(())
    }

    /// Takes the first, waiting for it as long as it needs.
    pub(super) fn take(&self) -> Next<T> {
        let mut inside = self.inside();
        loop {
            if let Some(next) = inside.next() {
                return next;
            }
            inside = self.arrived.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes the first, waiting for it until `deadline`.
    pub(super) fn take_until(&self, deadline: Instant) -> Next<T> {
        let mut inside = self.inside();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match inside.next() {
                Some(next) => return next,
                None if left == Duration::ZERO => return Next::Nothing,
                None => {
                    let woken = self.arrived.wait_timeout(inside, left);
                    inside = woken.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    /// Takes the first if it is there.
    pub(super) fn take_now(&self) -> Option<T> {
        self.inside().waiting.pop_front()
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.inside().waiting.len()
    }

    /// Lets nobody in any more; who waits is still served.
    pub(super) fn close(&self) {
        self.inside().closed = true;
        self.arrived.notify_all();
    }

    fn inside(&self) -> MutexGuard<'_, Inside<T>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Inside<T> {
    fn next(&mut self) -> Option<Next<T>> {
        match self.waiting.pop_front() {
            Some(one) => Some(Next::One(one)),
            None if self.closed => Some(Next::Closed),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_in_is_the_first_out_and_a_full_queue_says_so() {
        let queue = Queue::new(2);
        assert_eq!(queue.put(1), Ok(()));
        assert_eq!(queue.put(2), Ok(()));
        assert_eq!(queue.put(3), Err(Refused::Full));
        assert_eq!(queue.take(), Next::One(1));
        assert_eq!(queue.put(3), Ok(()));
        assert_eq!(
            (queue.take_now(), queue.take_now(), queue.take_now()),
            (Some(2), Some(3), None)
        );
        assert_eq!(queue.take_until(Instant::now()), Next::Nothing);
    }

    #[test]
    fn a_closed_queue_serves_who_waits_and_lets_nobody_in() {
        let queue = Queue::new(0);
        assert_eq!(queue.put(1), Ok(()), "there is room for one at least");
        queue.close();
        assert_eq!(queue.put(2), Err(Refused::Closed));
        assert_eq!(queue.take(), Next::One(1));
        assert_eq!(queue.take(), Next::Closed);
    }
}
