//! [`ServerLimits`]: how much a caller may send, and how slowly.

use std::time::Duration;

use crate::kit::network::Network;

/// What a server takes from its callers.
#[derive(Debug, Clone)]
pub struct ServerLimits {
    /// The most connections; further ones wait in the system's backlog, idle ones are closed.
    pub connections: usize,
    /// The most bytes of a head, at least 8,192; more is answered with 431.
    pub head_bytes: usize,
    /// How long a head may take from its first byte, and the first byte after connecting.
    pub head_time: Duration,
    /// How long a connection may rest between two requests.
    pub idle_time: Duration,
    /// How long a body may take, beyond what its size takes at `body_rate`.
    pub body_time: Duration,
    /// The slowest body, in bytes per second.
    pub body_rate: u32,
    /// The most bytes of bodies in memory at one time, for all requests together.
    pub bodies_bytes: usize,
    /// How long a caller may take none of its answer.
    pub stall_time: Duration,
    /// How long what still arrives is thrown away after an answer that left the body unread, so
    /// that the caller gets to read it.
    pub linger_time: Duration,
    /// How long requests in flight may go on when the server goes down.
    pub drain: Duration,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 1024,
            head_bytes: 16 * 1024,
            head_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(75),
            body_time: Duration::from_secs(10),
            body_rate: 16 * 1024,
            bodies_bytes: 64 * 1024 * 1024,
            stall_time: Duration::from_secs(20),
            linger_time: Duration::from_secs(1),
            drain: Duration::from_secs(20),
            trusted_proxies: Vec::new(),
        }
    }
}
