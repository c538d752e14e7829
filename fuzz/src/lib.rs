//! The protocol kernels, and the corpora to begin with, built for fuzzing. `kit`, `saml`, `oidc`,
//! `scim`, `idp` and `corpus` are links to Kernia's sources and to those of its tests.
#![expect(
    dead_code,
    unused_imports,
    reason = "the stories of Kernia's tests use the rest of the corpora"
)]

mod corpus;
pub mod directory;
mod idp;
pub mod kit;
pub mod oidc;
pub mod play;
pub mod provider;
pub mod saml;
pub mod scim;
