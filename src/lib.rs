//! Kernia: enterprise identity in one binary. The map, in floor order (see `ARCHITECTURE.md`).

pub mod kit;

pub mod pages;
