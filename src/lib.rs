//! Kernia: enterprise identity in one binary. The map, in floor order (see `ARCHITECTURE.md`).

// Floor 1
pub mod http;

// Floor 0
pub mod kit;

pub mod pages;
