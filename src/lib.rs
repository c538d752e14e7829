//! Kernia: enterprise identity in one binary. The map, in floor order (see `ARCHITECTURE.md`).

// Floor 6
pub mod server;

// Floor 2
pub mod store;
pub mod vault;

// Floor 1
pub mod http;
pub mod objects;

// Floor 0
pub mod kit;
