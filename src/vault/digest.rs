//! [`Digest`]: a token at rest that is looked up and never opened again.

use std::fmt;

use aws_lc_rs::digest;

use crate::kit::secret::Secret;

/// SHA-256 of a token of 256 random bits: nothing to guess, so nothing to salt, and nothing to
/// re-derive when keys rotate. Never for passwords: see [`super::password`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest under which this token is looked up.
    #[must_use]
    pub fn of(token: &Secret) -> Self {
        let hash = digest::digest(&digest::SHA256, token.expose().as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(hash.as_ref());
        Self(bytes)
    }

    /// Takes stored bytes; `None` when they are not 32.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes to store and to look up.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}
