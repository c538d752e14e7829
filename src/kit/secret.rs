//! [`Secret`] and [`SecretBytes`]: what must never be printed, logged or stored in clear.
//! At rest it becomes `vault::Sealed` or `vault::Digest`.

use std::fmt;

use zeroize::Zeroizing;

/// A secret in memory: wiped when dropped, printed as `Secret(…)`, not serializable.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Each call is a place to look at: who reads it, and where does it go?
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether both are the same, in a time that does not depend on where they differ.
    #[must_use]
    pub fn same_as(&self, other: &str) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_bytes(), other.as_bytes())
            .is_ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Secret bytes in memory (keys, mostly): wiped when dropped, printed as `SecretBytes(…)`.
#[derive(Clone)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes the bytes over.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, to be worked on in place.
    pub fn expose_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Keeps the first `length` bytes; the rest is wiped with them in the end.
    pub fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    /// The bytes as text, without a copy; `None` when they are no UTF-8.
    #[must_use]
    pub fn into_text(mut self) -> Option<Secret> {
        match String::from_utf8(std::mem::take(&mut *self.0)) {
            Ok(text) => Some(Secret::new(text)),
            Err(error) => {
                drop(Self::new(error.into_bytes()));
                None
            }
        }
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(…)")
    }
}
