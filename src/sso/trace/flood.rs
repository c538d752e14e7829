//! How many failures are kept: 1,000 bad answers a minute may fill neither the disk nor the lane
//! that writes. What is left out is counted, and told with the next one that is kept.

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
/// The most failures of one connection that are kept in a minute, and in a day.
pub(super) const MOST: (u32, u32) = (60, 5_000);
/// How many connections are remembered; beyond that all are forgotten, with what they left out.
const REMEMBERED: usize = 10_000;

/// Who failed how often.
#[derive(Debug, Default)]
pub(super) struct Flood(Mutex<HashMap<Id<Connection>, Kept>>);

#[derive(Debug, Default)]
struct Kept {
    minute: Window,
    day: Window,
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
    /// Whether one more failure of this connection is kept, and how many were left out before it.
    pub(super) fn admits(&self, connection: &Id<Connection>, now: Timestamp) -> Option<u32> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED && !all.contains_key(connection) {
            all.clear();
        }
        let of_connection = all.entry(connection.clone()).or_default();
        let (minute, day) = (&mut of_connection.minute, &mut of_connection.day);
        if minute.admits(now, (MINUTE, MOST.0)) && day.admits(now, (DAY, MOST.1)) {
            minute.kept += 1;
            day.kept += 1;
            Some(std::mem::take(&mut of_connection.left_out))
        } else {
            of_connection.left_out = of_connection.left_out.saturating_add(1);
            None
        }
    }
}
