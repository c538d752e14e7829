//! The SAML kernel, and the corpora to begin with, built for fuzzing. `kit`, `saml`, `idp` and
//! `corpus` are links to Kernia's sources and to those of its tests.
#![expect(
    dead_code,
    unused_imports,
    reason = "the stories of Kernia's tests use the rest of the corpora"
)]

mod corpus;
mod idp;
pub mod kit;
pub mod play;
pub mod saml;
