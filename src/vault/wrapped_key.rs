//! [`WrappedKey`]: a data key as the database keeps it, wrapped by the master key.
//! What is wrapped is the key and a code over it that only the master key's owner can make: age
//! encrypts to a public key, so without the code anyone could plant a data key of their own.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};

use super::{MasterKey, VaultFault};
use crate::kit::{chance::Chance, secret::SecretBytes, time::Timestamp};

const KEY_LEN: usize = 32;
const CODE_LEN: usize = 32;

/// A data key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// Stands in front of every value that this key sealed.
    pub id: KeyId,
    /// An age file, encrypted to the master key's recipient; it says nothing without that key.
    pub wrapped: Vec<u8>,
    /// The newest key seals.
    pub created_at: Timestamp,
}

impl WrappedKey {
    /// A fresh data key of 256 random bits, wrapped.
    pub(super) fn fresh(
        master: &MasterKey,
        chance: &Chance,
        now: Timestamp,
    ) -> Result<Self, VaultFault> {
        let id = KeyId(chance.bytes());
        let key = SecretBytes::new(chance.bytes::<KEY_LEN>().to_vec());
        let code = code(master, id, now, &key);
        // One buffer of the right size: a buffer that grows would leave a clear copy behind.
        let mut clear = Vec::with_capacity(KEY_LEN + CODE_LEN);
        clear.extend_from_slice(key.expose());
        clear.extend_from_slice(code.as_ref());
        let wrapped = master.encrypt(&SecretBytes::new(clear))?;
        Ok(Self { id, wrapped, created_at: now })
    }

    /// The data key, when `master` is the one that wrapped it.
    pub(super) fn unwrap_with(&self, master: &MasterKey) -> Result<SecretBytes, VaultFault> {
        let damaged = VaultFault::Damaged { key: self.id };
        let mut key = master.decrypt(self)?;
        if key.expose().len() != KEY_LEN + CODE_LEN {
            return Err(damaged);
        }
        let stored: Vec<u8> = key.expose()[KEY_LEN..].to_vec();
        key.truncate(KEY_LEN);
        let code = code(master, self.id, self.created_at, &key);
        match constant_time::verify_slices_are_equal(code.as_ref(), &stored) {
            Ok(()) => Ok(key),
            Err(_) => Err(damaged),
        }
    }
}

/// Binds a data key to its id and its age, in the name of the master key.
fn code(master: &MasterKey, id: KeyId, created_at: Timestamp, key: &SecretBytes) -> hmac::Tag {
    let secret = master.to_secret_text();
    let mut context =
        hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes()));
    context.update(b"kernia data key\0");
    context.update(&id.0);
    context.update(&created_at.millis().to_be_bytes());
    context.update(key.expose());
    context.sign()
}

/// The id of a data key: 8 random bytes in front of each sealed value, 16 hex digits in the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; KeyId::LEN]);

impl KeyId {
    pub(super) const LEN: usize = 8;

    /// Takes a stored id; `None` when it is not 16 hex digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.len() == 2 * Self::LEN && text.bytes().all(|b| b.is_ascii_hexdigit());
        let number = hex.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        number.map(|number| Self(number.to_be_bytes()))
    }

    pub(super) fn from_array(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
