//! Kernia: enterprise identity in one binary. The map, in floor order (see `ARCHITECTURE.md`).

// Floor 0
pub mod kit;

// Floor 1
pub mod config;
pub mod dns;
pub mod http;
pub mod objects;
pub mod oidc;
pub mod pages;
pub mod saml;
pub mod scim;

// Floor 2
pub mod store;
pub mod vault;

// Floor 3
pub mod applications;
pub mod directories;
pub mod openid_provider;
pub mod organizations;
pub mod sso;

// Floor 4
pub mod app;

// Floor 5
pub mod demo;
pub mod faces;

// Floor 6
pub mod cli;
pub mod jobs;
pub mod server;
