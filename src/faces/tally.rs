//! Callers who do one thing too often are made to wait (saml.md, rule 33): guess at keys, post bad
//! answers, begin sign-ins. Counted by address. Whoever carries a live key never waits, and neither
//! does loopback: behind a proxy on the same machine that is not trusted, it is everybody.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::kit::{
    error::{Error, Kind, Refused},
    time::Timestamp,
};

/// How long deeds are counted together.
const WINDOW: Duration = Duration::from_mins(1);
/// How many addresses are remembered; beyond that, the windows that are over are forgotten, and if
/// that does not help, all are.
const REMEMBERED: usize = 100_000;

/// Who did it how often.
#[derive(Debug)]
pub(super) struct Tally {
    /// How often an address may do it in one window.
    most: u32,
    windows: Mutex<HashMap<IpAddr, Window>>,
}

#[derive(Debug)]
struct Window {
    began: Timestamp,
    deeds: u32,
}

impl Tally {
    /// At most so many in a minute.
    pub(super) fn of(most: u32) -> Self {
        Self { most, windows: Mutex::default() }
    }

    /// Refuses a caller who has to wait, with `too_many_requests`.
    pub(super) fn pass(&self, peer: IpAddr, now: Timestamp) -> Result<(), Error> {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(window) = windows.get(&network_of(peer)) else { return Ok(()) };
        let over = window.began + WINDOW;
        if window.deeds < self.most || now >= over {
            return Ok(());
        }
        let why = format!("Too many; try again in {} s.", over.since(now).as_secs() + 1);
        Err(Refused::new(Kind::TooMany, "too_many_requests", why).into())
    }

    /// Notes that this caller did it.
    pub(super) fn note(&self, peer: IpAddr, now: Timestamp) {
        if peer.is_loopback() {
            return;
        }
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= REMEMBERED {
            windows.retain(|_, window| now < window.began + WINDOW);
            if windows.len() >= REMEMBERED {
                windows.clear();
            }
        }
        let fresh = || Window { began: now, deeds: 0 };
        let window = windows.entry(network_of(peer)).or_insert_with(fresh);
        if now >= window.began + WINDOW {
            *window = fresh();
        }
        window.deeds += 1;
    }
}

/// A caller behind whose request a sign-in may be begun.
#[derive(Debug)]
pub struct Beginner {
    begun: Arc<Tally>,
    peer: IpAddr,
    received: Timestamp,
}

impl Beginner {
    pub(super) fn new(begun: Arc<Tally>, (peer, received): (IpAddr, Timestamp)) -> Self {
        Self { begun, peer, received }
    }

    /// Counts a sign-in, and refuses whoever has begun too many with `too_many_requests`.
    pub fn begin(&self) -> Result<(), Error> {
        self.begun.pass(self.peer, self.received)?;
        self.begun.note(self.peer, self.received);
        Ok(())
    }
}

/// One household or host has a whole /64 of IPv6.
fn network_of(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_it_too_often_waits_and_nobody_else() {
        let tally = Tally::of(3);
        let (one, other) = ("203.0.113.9".parse().unwrap(), "203.0.113.10".parse().unwrap());
        let now = Timestamp::from_millis(1_000_000);
        for _ in 0..3 {
            assert!(tally.pass(one, now).is_ok());
            tally.note(one, now);
        }
        assert!(tally.pass(one, now).is_err());
        assert!(tally.pass(other, now).is_ok());
        assert!(tally.pass(one, now + WINDOW).is_ok());
    }

    #[test]
    fn a_household_counts_as_one_and_loopback_never_waits() {
        let tally = Tally::of(1);
        let now = Timestamp::default();
        tally.note("2001:db8:1:2::7".parse().unwrap(), now);
        assert!(tally.pass("2001:db8:1:2::8".parse().unwrap(), now).is_err());
        assert!(tally.pass("2001:db8:1:3::8".parse().unwrap(), now).is_ok());
        tally.note(IpAddr::from([127, 0, 0, 1]), now);
        assert!(tally.pass(IpAddr::from([127, 0, 0, 1]), now).is_ok());
    }
}
