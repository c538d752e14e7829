//! What can keep a vault shut. These are sentences for the operator who starts Kernia; no request
//! ever meets them.

use std::{fmt, path::PathBuf};

use super::KeyId;

/// Why there is no master key, or why it opens nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultFault {
    /// No source has a master key.
    NoMasterKey {
        /// The file that was looked for last.
        file: PathBuf,
    },
    /// A source is there and cannot be read.
    Unreadable {
        /// Which source.
        what: String,
        /// The system's reason.
        why: String,
    },
    /// The file can be read by others.
    Exposed {
        /// The file.
        file: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file belongs to someone else.
    NotOurs {
        /// The file.
        file: PathBuf,
        /// Its owner's user id.
        owner: u32,
        /// Our user id.
        us: u32,
    },
    /// A source holds something else than one age X25519 identity.
    NotAKey {
        /// Which source.
        what: String,
        /// How many identities it holds.
        found: usize,
    },
    /// A new key would overwrite something.
    Exists {
        /// The file that is already there.
        file: PathBuf,
    },
    /// A new key could not be written.
    Unwritable {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        why: String,
    },
    /// The master key is not the one that wrapped a data key.
    OtherMasterKey {
        /// The public half of the master key that was given.
        recipient: String,
        /// The data key that stays shut.
        key: KeyId,
    },
    /// A wrapped data key was altered or cut.
    Damaged {
        /// The data key.
        key: KeyId,
    },
    /// A data key could not be wrapped.
    Unwrapped {
        /// The library's reason.
        why: String,
    },
    /// The database has no data key.
    NoDataKeys,
}

impl fmt::Display for VaultFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMasterKey { file } => write!(
                f,
                "there is no master key: no systemd credential `{}`, no `KERNIA_MASTER_KEY`, no \
                 file `{}`; `kernia init` makes one, or restore the one this database was made with",
                super::CREDENTIAL,
                file.display()
            ),
            Self::Unreadable { what, why } => {
                write!(f, "{what} holds the master key and cannot be read: {why}")
            }
            Self::Exposed { file, mode } => write!(
                f,
                "the master key in `{0}` can be read by others (mode {mode:04o}); run \
                 `chmod 600 {0}`",
                file.display()
            ),
            Self::NotOurs { file, owner, us } => write!(
                f,
                "the master key in `{0}` belongs to user {owner}, and Kernia runs as user {us}; \
                 run `chown {us} {0}`",
                file.display()
            ),
            Self::NotAKey { what, found: 0 } => write!(
                f,
                "{what} holds no master key: it needs a line that begins with `AGE-SECRET-KEY-1`, \
                 as `age-keygen` and `kernia init` write it"
            ),
            Self::NotAKey { what, found } => {
                write!(f, "{what} holds {found} age keys; the master key is exactly one")
            }
            Self::Exists { file } => {
                write!(f, "`{}` is already there; a key is never overwritten", file.display())
            }
            Self::Unwritable { file, why } => {
                write!(f, "the master key cannot be written to `{}`: {why}", file.display())
            }
            Self::OtherMasterKey { recipient, key } => write!(
                f,
                "this is not the master key of this database: data key {key} was not wrapped for \
                 {recipient}; give Kernia the master key that the database was made with"
            ),
            Self::Damaged { key } => write!(
                f,
                "data key {key} is damaged: it was altered or cut since it was wrapped; restore \
                 the database from a backup"
            ),
            Self::Unwrapped { why } => write!(f, "a data key could not be wrapped: {why}"),
            Self::NoDataKeys => f.write_str("the database has no data key"),
        }
    }
}

impl std::error::Error for VaultFault {}
