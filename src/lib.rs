//! Kernia: enterprise identity in one binary. The map, in floor order (see `ARCHITECTURE.md`).

// Floor 5
pub mod demo;

// Floor 2
pub mod store;
pub mod vault;

// Floor 1
pub mod http;
pub mod objects;
pub mod pages;
pub mod saml;

// Floor 0
pub mod kit;
