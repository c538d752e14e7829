//! Many connections that each do one thing after another for a while, and what came of it.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{Outcome, wire::Wire};

/// What one connection does again and again.
pub(crate) trait Work: Send + 'static {
    /// Does it once; answers how many requests it took.
    fn once(&mut self, wire: &mut Wire) -> impl Future<Output = Outcome<usize>> + Send;

    /// When the next one is due; without a word on it, at once.
    fn due(&self) -> Option<Instant> {
        None
    }

    /// Whether there is no more to do.
    fn is_done(&self) -> bool {
        false
    }
}

/// What came of one drive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tally {
    /// Finished units a second.
    pub(crate) rate: f64,
    /// HTTP requests a second.
    pub(crate) requests: f64,
    /// How many units there were.
    pub(crate) units: usize,
    /// How long all of it took.
    pub(crate) took: Duration,
    /// Half of the units took at most this long.
    pub(crate) median: Duration,
    /// One in a hundred took longer.
    pub(crate) p99: Duration,
}

/// Drives `clients` connections for `span`; `make` gives each its work.
pub(crate) async fn drive<W: Work>(
    authority: &str,
    clients: usize,
    span: Duration,
    make: impl Fn(usize) -> W,
) -> Outcome<Tally> {
    drive_each(authority, span, (0..clients).map(make).collect()).await
}

/// Drives one connection for each of `works`, until all are done, for `span` at most.
pub(crate) async fn drive_each<W: Work>(
    authority: &str,
    span: Duration,
    works: Vec<W>,
) -> Outcome<Tally> {
    let mut wires = Vec::with_capacity(works.len());
    for _ in &works {
        wires.push(Wire::connect(authority).await?);
    }
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for (wire, work) in wires.into_iter().zip(works) {
        tasks.spawn(until(start + span, wire, work));
    }
    let (mut times, mut requests) = (Vec::new(), 0);
    while let Some(done) = tasks.join_next().await {
        let (mine, asked) = done??;
        times.extend(mine);
        requests += asked;
    }
    Ok(tally(times, requests, start.elapsed()))
}

async fn until<W: Work>(
    end: Instant,
    mut wire: Wire,
    mut work: W,
) -> Outcome<(Vec<Duration>, usize)> {
    let (mut times, mut requests) = (Vec::with_capacity(1 << 16), 0);
    let mut now = Instant::now();
    while now < end && !work.is_done() {
        if let Some(due) = work.due() {
            tokio::time::sleep_until(due.into()).await;
            // What begins late has waited, and that counts.
            now = due;
        }
        requests += work.once(&mut wire).await?;
        let then = Instant::now();
        times.push(then - now);
        now = then;
    }
    Ok((times, requests))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn tally(mut times: Vec<Duration>, requests: usize, took: Duration) -> Tally {
    let seconds = took.as_secs_f64();
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    Tally {
        rate: times.len() as f64 / seconds,
        requests: requests as f64 / seconds,
        units: times.len(),
        took,
        median: at(50),
        p99: at(99),
    }
}

/// The round in the middle by its rate: one disturbed round does not count.
pub(crate) fn middle(mut rounds: Vec<Tally>) -> Option<Tally> {
    rounds.sort_by(|one, other| one.rate.total_cmp(&other.rate));
    rounds.get(rounds.len() / 2).copied()
}

/// Ready-made requests, one after another; a unit is as many of them as belong together.
#[derive(Clone)]
pub(crate) struct Script {
    units: Arc<[Vec<Vec<u8>>]>,
    at: usize,
    status: u16,
}

impl Script {
    /// Units of one request each.
    pub(crate) fn single(requests: Vec<Vec<u8>>, status: u16) -> Self {
        Self { units: requests.into_iter().map(|one| vec![one]).collect(), at: 0, status }
    }

    /// One unit of several requests.
    pub(crate) fn unit(requests: Vec<Vec<u8>>, status: u16) -> Self {
        Self { units: [requests].into(), at: 0, status }
    }

    /// The same script, begun elsewhere, so that clients do not ask in step.
    pub(crate) fn from(&self, nth: usize) -> Self {
        Self { at: nth.wrapping_mul(7919), ..self.clone() }
    }
}

impl Work for Script {
    async fn once(&mut self, wire: &mut Wire) -> Outcome<usize> {
        let unit = &self.units[self.at % self.units.len()];
        self.at = self.at.wrapping_add(1);
        for request in unit {
            wire.ask(request).await?.expect(self.status)?;
        }
        Ok(unit.len())
    }
}
