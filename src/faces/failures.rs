//! Callers who fail again and again are made to wait (saml.md, rule 33). Whoever carries a live key
//! is never counted, and neither is loopback: behind a proxy that is not trusted, it is everybody.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::kit::time::Timestamp;

/// How long failures are counted together.
const WINDOW: Duration = Duration::from_mins(1);
/// How many an address may have in one window.
const MOST: u32 = 300;
/// How many addresses are remembered; beyond that, the windows that are over are forgotten, and if
/// that does not help, all are.
const REMEMBERED: usize = 100_000;

/// Who failed how often.
#[derive(Debug, Default)]
pub(super) struct Failures(Mutex<HashMap<IpAddr, Window>>);

#[derive(Debug)]
struct Window {
    began: Timestamp,
    failures: u32,
}

impl Failures {
    /// How long this caller must wait, if at all.
    pub(super) fn wait(&self, peer: IpAddr, now: Timestamp) -> Option<Duration> {
        let windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.get(&network_of(peer))?;
        let over = window.began + WINDOW;
        (window.failures >= MOST && now < over).then(|| over.since(now))
    }

    /// Notes that this caller failed.
    pub(super) fn note(&self, peer: IpAddr, now: Timestamp) {
        if peer.is_loopback() {
            return;
        }
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= REMEMBERED {
            windows.retain(|_, window| now < window.began + WINDOW);
            if windows.len() >= REMEMBERED {
                windows.clear();
            }
        }
        let window = windows
            .entry(network_of(peer))
            .and_modify(|window| {
                if now >= window.began + WINDOW {
                    *window = Window { began: now, failures: 0 };
                }
            })
            .or_insert(Window { began: now, failures: 0 });
        window.failures += 1;
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
    fn who_fails_too_often_waits_and_nobody_else() {
        let failures = Failures::default();
        let (one, other) = ("203.0.113.9".parse().unwrap(), "203.0.113.10".parse().unwrap());
        let now = Timestamp::from_millis(1_000_000);
        for _ in 0..MOST {
            assert_eq!(failures.wait(one, now), None);
            failures.note(one, now);
        }
        assert_eq!(failures.wait(one, now), Some(WINDOW));
        assert_eq!(failures.wait(other, now), None);
        assert_eq!(failures.wait(one, now + WINDOW), None);
    }

    #[test]
    fn loopback_never_waits() {
        let failures = Failures::default();
        for _ in 0..=MOST {
            failures.note(IpAddr::from([127, 0, 0, 1]), Timestamp::default());
        }
        assert_eq!(failures.wait(IpAddr::from([127, 0, 0, 1]), Timestamp::default()), None);
    }
}
