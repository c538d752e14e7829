//! Who tries ciphertexts at a connection is slowed down (saml.md, rule 15): every refusal of one waits
//! alike, whatever it is refused for. Answers in order do not, unless so many refusals wait that none
//! more can; then nothing is decrypted at all. Lives in memory and can be lost.

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

/// When encrypted answers were not believed of late, by connection.
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

/// How soon a refusal may be told.
#[derive(Debug)]
pub enum Pace {
    /// At once.
    Free,
    /// After a while.
    Waits(Wait),
    /// Never: no place is free to wait in, and all that come now are told just that.
    Full,
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Slowdown {
    /// Whether a refusal at this connection would have to wait and could not. Asked before anything
    /// is decrypted.
    #[must_use]
    pub fn is_full(&self, connection: &Id<Connection>, now: Timestamp) -> bool {
        if self.waiting.load(Ordering::Relaxed) < WAITING {
            return false;
        }
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = failures.get(connection).into_iter().flatten();
        recent.filter(|at| now.since(**at) < WINDOW).count() >= FREE
    }

    /// Notes that an encrypted answer at this connection was not believed, and says how soon its
    /// refusal may be told.
    #[must_use]
    pub fn failed(&self, connection: &Id<Connection>, now: Timestamp) -> Pace {
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
        if !over {
            return Pace::Free;
        }
        let place = Wait { span: DELAY, waiting: Arc::clone(&self.waiting) };
        // A place too many is given back as it goes.
        if self.waiting.fetch_add(1, Ordering::Relaxed) < WAITING {
            Pace::Waits(place)
        } else {
            Pace::Full
        }
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
            assert!(matches!(slowdown.failed(&one, start), Pace::Free), "{nth}");
        }
        assert!(matches!(slowdown.failed(&one, start), Pace::Waits(_)));
        assert!(matches!(slowdown.failed(&connection("conn_2"), start), Pace::Free));
        // The failures of long ago count no more.
        assert!(matches!(slowdown.failed(&one, start + WINDOW), Pace::Free));
    }

    #[test]
    fn a_bounded_number_waits() {
        let (slowdown, one) = (Slowdown::default(), connection("conn_1"));
        let now = Timestamp::from_millis(1_000_000);
        let mut told: Vec<_> = (0..FREE + WAITING).map(|_| slowdown.failed(&one, now)).collect();
        assert_eq!(told.iter().filter(|it| matches!(it, Pace::Waits(_))).count(), WAITING);
        assert!(slowdown.is_full(&one, now));
        assert!(!slowdown.is_full(&connection("conn_2"), now), "nobody tries any there");
        assert!(!slowdown.is_full(&one, now + WINDOW));
        for _ in 0..5 {
            assert!(matches!(slowdown.failed(&one, now), Pace::Full));
        }
        told.pop();
        assert!(!slowdown.is_full(&one, now), "a place is free again");
        assert!(matches!(slowdown.failed(&one, now), Pace::Waits(_)));
    }
}
