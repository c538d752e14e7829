//! The SAML kernel, and what it stands on, built for fuzzing.

/// Kernia's sources; the kernel says `crate::kit`.
#[path = "../../src"]
mod kernia {
    pub mod kit;
    pub mod saml;
}

pub use kernia::{kit, saml};
