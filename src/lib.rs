//! Kernia: enterprise identity in one binary. The map, in floor order (see `ARCHITECTURE.md`).

// Floor 6
pub mod server;

// Floor 1
pub mod http;

// Floor 0
pub mod kit;

pub mod http;
pub mod objects;

pub mod store;
pub mod vault;
