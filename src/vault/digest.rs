//! [`Digest`]: a token at rest that is looked up and never opened again.

use std::fmt;

use aws_lc_rs::{constant_time, digest};

use crate::{kit::secret::Secret, store::FromValue};

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

    /// Whether it is this token's, in a time that does not depend on where they differ.
    #[must_use]
    pub fn is_of(&self, token: &Secret) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &Self::of(token).0).is_ok()
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

impl FromValue for Digest {
    fn from_blob(bytes: &[u8]) -> Option<Self> {
        Self::from_bytes(bytes)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}
