//! Kernia: enterprise identity in one binary. The map, in floor order (see `ARCHITECTURE.md`).

pub mod kit;

pub mod http;
pub mod objects;

pub mod store;
pub mod vault;
