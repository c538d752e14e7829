//! What a connection is called in addresses and in SAML: its external key, and entity IDs.

use crate::kit::chance::Chance;

/// The short key in the addresses of a connection: 1 to 64 letters, digits or `-`. Never `_`,
/// which some providers' forms refuse.
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

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An entity ID, ours or a provider's: 1 to 1,024 characters without white space (SAML Core §8.3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityId(String);

impl EntityId {
    /// Takes an entity ID; nothing where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = (1..=1024).contains(&text.chars().count())
            && !text.chars().any(|c| c.is_whitespace() || c.is_control());
        shaped.then(|| Self(text.to_owned()))
    }

    /// The entity ID itself.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }

    /// The entity ID as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
