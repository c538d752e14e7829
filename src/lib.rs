//! Kernia: enterprise identity in one binary. The map, in floor order (see `ARCHITECTURE.md`).

// Floor 2
pub mod vault;

// Floor 1
pub mod http;
pub mod pages;

// Floor 0
pub mod kit;
pub mod saml;
