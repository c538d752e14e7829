//! Kernia: enterprise identity in one binary. The map, in floor order (see `ARCHITECTURE.md`).

// Floor 0
pub mod kit;

// Floor 1
pub mod http;
pub mod objects;
pub mod saml;

// Floor 2
pub mod store;
pub mod vault;

// Floor 3
pub mod applications;
pub mod organizations;
// pub mod sso;
