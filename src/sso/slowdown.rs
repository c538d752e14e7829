//! Who tries ciphertexts at a connection is slowed down (saml.md, rule 15). Only answers that failed
//! wait, so that no stranger can keep a customer's employees out. Lives in memory and can be lost.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::Connection;
use crate::kit::{id::Id, time::Timestamp};

/// How many failures are free.
const FREE: usize = 20;
/// Within which time they are counted.
const WINDOW: Duration = Duration::from_mins(10);
/// How long each further failing answer waits.
const DELAY: Duration = Duration::from_secs(2);
/// How many answers wait at once: beyond that, waiting itself would cost the others their places.
const WAITING: usize = 100;
/// How many connections are counted; beyond that all begin anew.
const COUNTED: usize = 4096;

/// When decryption failed of late, by connection.
#[derive(Debug, Clone, Default)]
pub struct Slowdown {
    failures: Arc<Mutex<HashMap<Id<Connection>, VecDeque<Timestamp>>>>,
    waiting: Arc<AtomicUsize>,
}

/// A place among those that wait; it is given back when this goes.
#[derive(Debug)]
pub struct Wait {
    /// How long.
    pub span: Duration,
    waiting: Arc<AtomicUsize>,
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Slowdown {
    /// Notes that an answer at this connection could not be decrypted, and says how long its refusal
    /// waits, if it does.
    #[must_use]
    pub fn failed(&self, connection: &Id<Connection>, now: Timestamp) -> Option<Wait> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= COUNTED && !failures.contains_key(connection) {
            failures.clear();
        }
        let recent = failures.entry(connection.clone()).or_default();
        recent.push_back(now);
        // One more than is free tells all that is to be known.
        while recent.len() > FREE + 1 || recent.front().is_some_and(|at| now.since(*at) >= WINDOW) {
            recent.pop_front();
        }
        let over = recent.len() > FREE;
        drop(failures);
        if !over || self.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING {
            if over {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
            }
            return None;
        }
        Some(Wait { span: DELAY, waiting: Arc::clone(&self.waiting) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(name: &str) -> Id<Connection> {
        Id::parse(name).unwrap()
    }

    #[test]
    fn the_twenty_first_failure_waits_and_another_connection_does_not() {
        let (slowdown, one) = (Slowdown::default(), connection("conn_1"));
        let start = Timestamp::from_millis(1_000_000);
        for nth in 0..FREE {
            assert!(slowdown.failed(&one, start).is_none(), "{nth}");
        }
        assert!(slowdown.failed(&one, start).is_some());
        assert!(slowdown.failed(&connection("conn_2"), start).is_none());
        // The failures of long ago count no more.
        assert!(slowdown.failed(&one, start + WINDOW).is_none());
    }

    #[test]
    fn a_bounded_number_waits() {
        let (slowdown, one) = (Slowdown::default(), connection("conn_1"));
        let now = Timestamp::from_millis(1_000_000);
        let mut waits: Vec<_> =
            (0..FREE + WAITING + 5).map(|_| slowdown.failed(&one, now)).collect();
        assert_eq!(waits.iter().flatten().count(), WAITING);
        waits.clear();
        assert!(slowdown.failed(&one, now).is_some(), "their places are free again");
    }
}
