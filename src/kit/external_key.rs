//! [`ExternalKey`]: the short key by which a thing is called in addresses that others were given.

use super::chance::Chance;

/// The short key in the addresses of a connection or a directory: 1 to 64 letters, digits or `-`.
/// Never `_`, which some providers' forms refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalKey(String);

impl ExternalKey {
    /// Takes a key; nothing where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        shaped.then(|| Self(text.to_owned()))
    }

    /// A key that nobody has yet.
    #[must_use]
    pub fn fresh(chance: &Chance) -> Self {
        Self(chance.alphanumeric(16))
    }

    /// A key that is always the same, for what is there once.
    #[must_use]
    pub fn fixed(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
