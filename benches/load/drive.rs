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
}

/// What came of one drive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tally {
    /// Finished units a second.
    pub(crate) rate: f64,
    /// HTTP requests a second.
    pub(crate) requests: f64,
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
    let mut wires = Vec::with_capacity(clients);
    for _ in 0..clients {
        wires.push(Wire::connect(authority).await?);
    }
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for (nth, wire) in wires.into_iter().enumerate() {
        tasks.spawn(until(start + span, wire, make(nth)));
    }
    let (mut times, mut requests) = (Vec::new(), 0);
    while let Some(done) = tasks.join_next().await {
        let (mine, asked) = done??;
        times.extend(mine);
        requests += asked;
    }
    let seconds = start.elapsed().as_secs_f64();
    Ok(tally(times, requests, seconds))
}

async fn until<W: Work>(
    end: Instant,
    mut wire: Wire,
    mut work: W,
) -> Outcome<(Vec<Duration>, usize)> {
    let (mut times, mut requests) = (Vec::with_capacity(1 << 16), 0);
    let mut now = Instant::now();
    while now < end {
        requests += work.once(&mut wire).await?;
        let then = Instant::now();
        times.push(then - now);
        now = then;
    }
    Ok((times, requests))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn tally(mut times: Vec<Duration>, requests: usize, seconds: f64) -> Tally {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    Tally {
        rate: times.len() as f64 / seconds,
        requests: requests as f64 / seconds,
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
