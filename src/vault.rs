//! The vault: what seals secrets before they reach the database, and opens them again.
//! A master key (age) wraps the data keys; a data key seals one field for one place.
//! No SQL lives here: wrapped data keys come and go as values, and whoever has a store keeps them.

use std::{fmt, sync::Arc};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, Nonce, RandomizedNonceKey};

use crate::kit::{
    chance::Chance,
    error::{Error, Fault},
    secret::{Secret, SecretBytes},
    time::Timestamp,
};

mod derived;
mod digest;
mod fault;
mod master_key;
pub mod password;
mod sealed;
pub mod signing_key;
mod wrapped_key;

#[cfg(test)]
mod tests;

pub use derived::derived;
pub use digest::Digest;
pub use fault::VaultFault;
pub use master_key::{CREDENTIAL, MasterKey, SecretSources, Sources};
pub use sealed::Sealed;
pub use wrapped_key::{KeyId, WrappedKey};

/// Where a sealed value lives. It opens there and nowhere else: a value that was copied to another
/// row, column or table is refused.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row's key, as text.
    pub row: &'a str,
}

/// The data keys, unlocked. A clone is another handle on the same keys.
#[derive(Clone)]
pub struct Vault(Arc<[DataKey]>);

/// One data key; the library wipes its memory when it is dropped.
struct DataKey {
    id: KeyId,
    key: RandomizedNonceKey,
}

impl Vault {
    /// A vault with one fresh data key, and that key wrapped for the store.
    pub fn create(
        master: &MasterKey,
        chance: &Chance,
        now: Timestamp,
    ) -> Result<(Self, WrappedKey), VaultFault> {
        let wrapped = WrappedKey::fresh(master, chance, now)?;
        let vault = Self::unlock(master, std::slice::from_ref(&wrapped))?;
        Ok((vault, wrapped))
    }

    /// Unwraps every data key of a database. The newest one seals from now on, all of them open.
    pub fn unlock(master: &MasterKey, wrapped: &[WrappedKey]) -> Result<Self, VaultFault> {
        if wrapped.is_empty() {
            return Err(VaultFault::NoDataKeys);
        }
        let mut newest_first: Vec<_> = wrapped.iter().collect();
        newest_first.sort_by_key(|key| std::cmp::Reverse((key.created_at, key.id)));
        let keys = newest_first.into_iter().map(|wrapped| {
            let bytes = wrapped.unwrap_with(master)?;
            let key = RandomizedNonceKey::new(&AES_256_GCM_SIV, bytes.expose())
                .map_err(|_| VaultFault::Damaged { key: wrapped.id })?;
            Ok(DataKey { id: wrapped.id, key })
        });
        keys.collect::<Result<Arc<[_]>, _>>().map(Self)
    }

    /// Seals a secret for one place.
    #[must_use]
    pub fn seal(&self, place: &Place<'_>, secret: &Secret) -> Sealed {
        self.seal_bytes(place, secret.expose().as_bytes())
    }

    /// Seals bytes for one place: a certificate's private key, for example.
    #[must_use]
    pub fn seal_bytes(&self, place: &Place<'_>, bytes: &[u8]) -> Sealed {
        // `unlock` takes at least one key, and the first is the newest.
        self.0[0].seal(place, bytes)
    }

    /// Opens what was sealed for this place. Anything else (moved, altered, cut, sealed by a key
    /// that is gone) is the same fault: the stored value may not be used.
    pub fn open(&self, place: &Place<'_>, sealed: &Sealed) -> Result<Secret, Error> {
        self.open_bytes(place, sealed)?.into_text().ok_or_else(|| place.inconsistent())
    }

    /// Opens bytes that were sealed for this place.
    pub fn open_bytes(&self, place: &Place<'_>, sealed: &Sealed) -> Result<SecretBytes, Error> {
        let id = sealed.key_id();
        let Some(key) = self.0.iter().find(|key| key.id == id) else {
            return Err(place.inconsistent());
        };
        let mut bytes = SecretBytes::new(sealed.body().to_vec());
        let nonce = Nonce::assume_unique_for_key(sealed.nonce());
        let length = key
            .key
            .open_in_place(nonce, Aad::from(place.associated_data()), bytes.expose_mut())
            .map_err(|_| place.inconsistent())?
            .len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

impl DataKey {
    #[expect(clippy::expect_used, reason = "it fails only beyond 64 GiB or without a generator")]
    fn seal(&self, place: &Place<'_>, bytes: &[u8]) -> Sealed {
        let mut draft = sealed::Draft::of(self.id, bytes);
        let (nonce, tag) = self
            .key
            .seal_in_place_separate_tag(Aad::from(place.associated_data()), draft.body_mut())
            .expect("the cipher seals");
        draft.finish(nonce.as_ref(), tag.as_ref())
    }
}

/// Says how many keys there are, and nothing of them.
impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault(…{} data keys)", self.0.len())
    }
}

impl Place<'_> {
    /// `table NUL column NUL row`. Table and column are names in this program, without a NUL, so no
    /// two places give the same bytes.
    fn associated_data(&self) -> Vec<u8> {
        [self.table, self.column, self.row].join("\0").into_bytes()
    }

    fn inconsistent(&self) -> Error {
        let (column, id) = (self.column.to_owned(), self.row.to_owned());
        Fault::Inconsistent { table: self.table, column, id }.into()
    }
}
