//! How many failures are kept: 1,000 bad answers a minute may fill neither the disk nor the lane
//! that writes, nor may those of strangers take the room of everybody else's. What is left out is
//! counted, and told with the next one that is kept.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    kit::{id::Id, time::Timestamp},
    sso::Connection,
};

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
/// How many connections are remembered; beyond that all are forgotten, with what they left out.
const REMEMBERED: usize = 10_000;

/// What sort of failure it is. Each has its own measure at each connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// A signature of the identity provider covers what it says.
    Signed,
    /// It belongs to a sign-in that was begun in the browser that brought it. Anybody may begin one,
    /// so this takes no room of what is signed.
    Begun,
    /// Anybody may have sent it.
    Strange,
    /// Nobody had asked, and the provider was asked anew.
    Restarted,
    /// Nobody came back.
    TimedOut,
}

impl Sort {
    const COUNT: usize = 5;

    /// The most of one connection that are kept in a minute, and in a day.
    fn most(self) -> (u32, u32) {
        if self == Self::Strange { (20, 300) } else { (60, 5_000) }
    }
}

/// Who failed how often.
#[derive(Debug, Default)]
pub(super) struct Flood(Mutex<HashMap<Id<Connection>, Kept>>);

#[derive(Debug, Default)]
struct Kept {
    /// Of the present minute and day, by sort.
    windows: [(Window, Window); Sort::COUNT],
    left_out: u32,
}

#[derive(Debug, Default)]
struct Window {
    began: Timestamp,
    kept: u32,
}

impl Window {
    /// Whether there is room for one more.
    fn admits(&mut self, now: Timestamp, (span, most): (Duration, u32)) -> bool {
        // A clock that was set back begins a new one too.
        if now >= self.began + span || now < self.began {
            *self = Self { began: now, kept: 0 };
        }
        self.kept < most
    }
}

impl Flood {
    /// Whether one more of this sort is kept of this connection, and how many of any sort were left
    /// out before it.
    pub(super) fn admits(
        &self,
        connection: &Id<Connection>,
        sort: Sort,
        now: Timestamp,
    ) -> Option<u32> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED && !all.contains_key(connection) {
            all.clear();
        }
        let of_connection = all.entry(connection.clone()).or_default();
        let (minute, day) = &mut of_connection.windows[sort as usize];
        let (in_minute, in_day) = sort.most();
        if minute.admits(now, (MINUTE, in_minute)) && day.admits(now, (DAY, in_day)) {
            minute.kept += 1;
            day.kept += 1;
            Some(std::mem::take(&mut of_connection.left_out))
        } else {
            of_connection.left_out = of_connection.left_out.saturating_add(1);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sort_has_its_minute_and_its_day() {
        let (flood, one) = (Flood::default(), Id::parse("conn_1").unwrap());
        let start = Timestamp::from_millis(1_000_000);
        let kept = |sort, now, tried: u32| {
            (0..tried).filter(|_| flood.admits(&one, sort, now).is_some()).count()
        };
        assert_eq!(kept(Sort::Strange, start, 100), 20);
        for sort in [Sort::Signed, Sort::Begun, Sort::Restarted, Sort::TimedOut] {
            assert_eq!(kept(sort, start, 100), 60, "{sort:?}");
        }
        // Minute after minute, until the day is full; the next day has room again.
        let strange: usize =
            (1..100).map(|nth| kept(Sort::Strange, start + MINUTE * nth, 100)).sum();
        assert_eq!(strange, 300 - 20);
        assert_eq!(kept(Sort::Signed, start + MINUTE * 100, 100), 60);
        assert_eq!(kept(Sort::Strange, start + DAY, 100), 20);
    }
}
