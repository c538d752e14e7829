//! [`Sealed`]: a secret at rest. Only the vault opens it, and only in the place it was sealed for.

use std::fmt;

use super::KeyId;

/// AES-256-GCM-SIV (RFC 8452) with a random nonce of 96 bits.
const VERSION: u8 = 1;
const ID: usize = 1;
const NONCE: usize = ID + KeyId::LEN;
const BODY: usize = NONCE + 12;
const TAG_LEN: usize = 16;

/// A sealed secret, as it is stored: version (1 byte), key id (8), nonce (12), ciphertext, tag (16).
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Takes stored bytes; `None` when they cannot be a sealed value of a version known here.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let shaped = bytes.len() >= BODY + TAG_LEN && bytes[0] == VERSION;
        shaped.then_some(Self(bytes))
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn key_id(&self) -> KeyId {
        KeyId::from_array(array(&self.0[ID..NONCE]))
    }

    pub(super) fn nonce(&self) -> [u8; 12] {
        array(&self.0[NONCE..BODY])
    }

    /// The ciphertext and its tag.
    pub(super) fn body(&self) -> &[u8] {
        &self.0[BODY..]
    }
}

/// The length of `part` is known to the caller: both ends are the constants above.
fn array<const N: usize>(part: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(part);
    out
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed(…{} bytes)", self.0.len())
    }
}

/// A sealed value in the making: its body is still clear.
pub(super) struct Draft(Vec<u8>);

impl Draft {
    /// All the room that is needed is taken at once: a buffer that grows would leave a clear copy.
    pub(super) fn of(id: KeyId, clear: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(BODY + clear.len() + TAG_LEN);
        bytes.push(VERSION);
        bytes.extend_from_slice(id.as_bytes());
        bytes.resize(BODY, 0);
        bytes.extend_from_slice(clear);
        Self(bytes)
    }

    /// The part that the cipher works on.
    pub(super) fn body_mut(&mut self) -> &mut [u8] {
        &mut self.0[BODY..]
    }

    /// The body is ciphertext now.
    pub(super) fn finish(mut self, nonce: &[u8], tag: &[u8]) -> Sealed {
        self.0[NONCE..BODY].copy_from_slice(nonce);
        self.0.extend_from_slice(tag);
        Sealed(self.0)
    }
}
