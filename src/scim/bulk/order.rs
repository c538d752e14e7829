//! In which order a bulk is worked through: as it stands, but what another needs goes first.

use std::collections::HashMap;

use super::BulkRequest;

/// How far a request is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    /// It waits for what it needs. Who meets it so stands in a circle with it.
    Waiting,
    Done,
}

pub(super) fn order(bulk: &BulkRequest) -> Vec<usize> {
    let makers: HashMap<&str, usize> = bulk
        .operations
        .iter()
        .enumerate()
        .filter_map(|(at, it)| Some((it.bulk_id.as_deref()?, at)))
        .collect();
    let needs: Vec<Vec<usize>> = bulk
        .operations
        .iter()
        .map(|operation| {
            let names = operation.names();
            let mut needs: Vec<usize> =
                names.into_iter().filter_map(|name| makers.get(name).copied()).collect();
            needs.sort_unstable();
            needs
        })
        .collect();
    let mut states = vec![State::New; needs.len()];
    let mut order = Vec::with_capacity(needs.len());
    for start in 0..needs.len() {
        // A stack of our own: a bulk may be one long chain.
        let mut stack = vec![(start, 0)];
        while let Some((at, next)) = stack.pop() {
            if next == 0 {
                if states[at] != State::New {
                    continue;
                }
                states[at] = State::Waiting;
            }
            if let Some(needed) = needs[at].get(next) {
                stack.push((at, next + 1));
                stack.push((*needed, 0));
            } else {
                states[at] = State::Done;
                order.push(at);
            }
        }
    }
    order
}
