//! [`MasterKey`]: an age X25519 identity that wraps the data keys. It comes from a systemd
//! credential, the environment or a file of mode 0600, and never from `kernia.toml`.
//! The file is what `age-keygen` writes, so that an operator's own age tools can read it.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

use age::{
    DecryptError,
    secrecy::ExposeSecret,
    x25519::{Identity, Recipient},
};

use super::{VaultFault, WrappedKey};
use crate::kit::{
    secret::{Secret, SecretBytes},
    time::Timestamp,
};

/// The name of the systemd credential (`LoadCredential=kernia.key:…`).
pub const CREDENTIAL: &str = "kernia.key";

/// What every line with an X25519 identity begins with.
const BEGIN: &str = "AGE-SECRET-KEY-1";

/// A file with a key and comments is far smaller than this.
const MAX_LEN: u64 = 64 * 1024;

/// Where a master key may come from. The first that is there wins; if it is no good, nothing else
/// is tried.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// systemd's `$CREDENTIALS_DIRECTORY`.
    pub credentials: Option<&'a Path>,
    /// The text of `$KERNIA_MASTER_KEY`.
    pub environment: Option<&'a Secret>,
    /// The file that the configuration names.
    pub file: &'a Path,
}

/// The key above all keys. It never prints; its public half does.
#[derive(Clone)]
pub struct MasterKey(Identity);

impl MasterKey {
    /// A fresh key, from the operating system's generator.
    #[must_use]
    pub fn generate() -> Self {
        Self(Identity::generate())
    }

    /// The key that the first source has which is there.
    pub fn find(sources: &Sources<'_>) -> Result<Self, VaultFault> {
        if let Some(folder) = sources.credentials {
            let path = folder.join(CREDENTIAL);
            let what = format!("the systemd credential `{CREDENTIAL}`");
            // systemd guards its credentials itself, and may give them a group.
            if let Some(file) = open(&path, &what)? {
                return Self::parse(&read(file, &what)?, &what);
            }
        }
        if let Some(text) = sources.environment {
            return Self::parse(text, "`KERNIA_MASTER_KEY`");
        }
        Self::read_file(sources.file)
    }

    /// The key in a file that is ours alone.
    pub fn read_file(path: &Path) -> Result<Self, VaultFault> {
        let what = format!("`{}`", path.display());
        let Some(file) = open(path, &what)? else {
            return Err(VaultFault::NoMasterKey { file: path.to_owned() });
        };
        let facts = file.metadata().map_err(|error| unreadable(&what, &error))?;
        guard(path, facts.mode() & 0o7777, facts.uid(), our_user())?;
        Self::parse(&read(file, &what)?, &what)
    }

    /// The one identity in a text of comments, blank lines and keys. `what` names the text in
    /// the refusal.
    pub fn parse(text: &Secret, what: &str) -> Result<Self, VaultFault> {
        let mut keys = text
            .expose()
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with(BEGIN))
            .filter_map(|line| line.parse::<Identity>().ok());
        match (keys.next(), keys.count()) {
            (Some(key), 0) => Ok(Self(key)),
            (None, _) => Err(VaultFault::NotAKey { what: what.to_owned(), found: 0 }),
            (Some(_), more) => Err(VaultFault::NotAKey { what: what.to_owned(), found: more + 1 }),
        }
    }

    /// The `AGE-SECRET-KEY-1…` line.
    #[must_use]
    pub fn to_secret_text(&self) -> Secret {
        Secret::new(self.0.to_string().expose_secret().to_owned())
    }

    /// The public half, `age1…`: what anyone may encrypt to.
    #[must_use]
    pub fn recipient(&self) -> String {
        self.0.to_public().to_string()
    }

    /// Writes the key to a file that is not there yet, for our eyes only, and waits for the disk.
    pub fn write_new_file(&self, path: &Path, now: Timestamp) -> Result<(), VaultFault> {
        let options = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let mut file = options.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => VaultFault::Exists { file: path.to_owned() },
            _ => unwritable(path, &error),
        })?;
        let text = Secret::new(format!(
            "# created: {}\n# public key: {}\n{}\n",
            now.to_seconds_text(),
            self.recipient(),
            self.to_secret_text().expose()
        ));
        file.write_all(text.expose().as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| sync_folder_of(path))
            .map_err(|error| unwritable(path, &error))
    }

    pub(super) fn encrypt(&self, clear: &SecretBytes) -> Result<Vec<u8>, VaultFault> {
        let recipient: Recipient = self.0.to_public();
        age::encrypt(&recipient, clear.expose())
            .map_err(|error| VaultFault::Unwrapped { why: error.to_string() })
    }

    pub(super) fn decrypt(&self, key: &WrappedKey) -> Result<SecretBytes, VaultFault> {
        age::decrypt(&self.0, &key.wrapped).map(SecretBytes::new).map_err(|error| match error {
            DecryptError::NoMatchingKeys => {
                VaultFault::OtherMasterKey { recipient: self.recipient(), key: key.id }
            }
            _ => VaultFault::Damaged { key: key.id },
        })
    }
}

/// Prints the public half.
impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.recipient())
    }
}

/// Where another secret may come from, in the same order as the master key.
#[derive(Debug, Clone, Copy)]
pub struct SecretSources<'a> {
    /// The name of its systemd credential.
    pub credential: &'a str,
    /// systemd's `$CREDENTIALS_DIRECTORY`.
    pub credentials: Option<&'a Path>,
    /// What the variable holds.
    pub environment: Option<&'a Secret>,
    /// The file that the configuration names.
    pub file: Option<&'a Path>,
}

impl SecretSources<'_> {
    /// The secret that the first source has which is there, without white space around it; nothing
    /// where no source is named. What is wrong is told in words, for the operator.
    pub fn find(&self) -> Result<Option<Secret>, String> {
        if let Some(folder) = self.credentials {
            let what = format!("the systemd credential `{}`", self.credential);
            if let Some(file) = open(&folder.join(self.credential), &what).map_err(plain)? {
                return read(file, &what).map(|text| Some(trimmed(&text))).map_err(plain);
            }
        }
        if let Some(text) = self.environment {
            return Ok(Some(trimmed(text)));
        }
        let Some(path) = self.file else { return Ok(None) };
        let what = format!("`{}`", path.display());
        let file = open(path, &what).map_err(plain)?;
        let file = file.ok_or_else(|| format!("there is no file {what}"))?;
        let facts = file.metadata().map_err(|error| format!("{what} cannot be read: {error}"))?;
        guard(path, facts.mode() & 0o7777, facts.uid(), our_user()).map_err(plain)?;
        read(file, &what).map(|text| Some(trimmed(&text))).map_err(plain)
    }
}

/// What is wrong with a secret's source, which is not that of the master key.
fn plain(fault: VaultFault) -> String {
    match fault {
        VaultFault::Unreadable { what, why } => format!("{what} cannot be read: {why}"),
        VaultFault::Exposed { file, mode } => {
            let file = file.display();
            format!("`{file}` can be read by others (mode {mode:04o}); run `chmod 600 {file}`")
        }
        VaultFault::NotOurs { file, owner, us } => {
            let file = file.display();
            format!(
                "`{file}` belongs to user {owner}, and Kernia runs as user {us}; run \
                 `chown {us} {file}`"
            )
        }
        other => other.to_string(),
    }
}

fn trimmed(text: &Secret) -> Secret {
    Secret::new(text.expose().trim().to_owned())
}

/// `None` when nothing is there.
fn open(path: &Path, what: &str) -> Result<Option<File>, VaultFault> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(what, &error)),
    }
}

fn read(file: File, what: &str) -> Result<Secret, VaultFault> {
    let mut text = String::new();
    let outcome = file.take(MAX_LEN).read_to_string(&mut text);
    let text = Secret::new(text);
    outcome.map_err(|error| unreadable(what, &error))?;
    Ok(text)
}

/// Only the owner may read the file, and the owner is us. The second matters to root alone, who
/// can read everybody's files.
fn guard(path: &Path, mode: u32, owner: u32, us: Option<u32>) -> Result<(), VaultFault> {
    if mode & 0o077 != 0 {
        return Err(VaultFault::Exposed { file: path.to_owned(), mode });
    }
    match us {
        Some(us) if us != owner => Err(VaultFault::NotOurs { file: path.to_owned(), owner, us }),
        _ => Ok(()),
    }
}

/// Our effective user id: the owner of our own folder below `/proc`.
fn our_user() -> Option<u32> {
    fs::metadata("/proc/self").ok().map(|facts| facts.uid())
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn unreadable(what: &str, error: &io::Error) -> VaultFault {
    VaultFault::Unreadable { what: what.to_owned(), why: error.to_string() }
}

fn unwritable(path: &Path, error: &io::Error) -> VaultFault {
    VaultFault::Unwritable { file: path.to_owned(), why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guard_wants_the_owner_alone_and_the_owner_to_be_us() {
        let path = Path::new("/etc/kernia/kernia.key");
        for mode in [0o600, 0o400, 0o700] {
            assert_eq!(guard(path, mode, 7, Some(7)), Ok(()));
        }
        for mode in [0o644, 0o640, 0o604, 0o620, 0o601] {
            let refused = guard(path, mode, 7, Some(7)).unwrap_err().to_string();
            assert!(refused.contains("chmod 600 /etc/kernia/kernia.key"), "{refused}");
        }
        let refused = guard(path, 0o600, 7, Some(8)).unwrap_err().to_string();
        assert!(refused.contains("chown 8 /etc/kernia/kernia.key"), "{refused}");
    }

    #[test]
    fn our_user_is_the_owner_of_what_we_write() {
        let path = std::env::temp_dir().join(format!("kernia-owner-{}", std::process::id()));
        File::create(&path).unwrap();
        assert_eq!(our_user(), Some(fs::metadata(&path).unwrap().uid()));
        fs::remove_file(&path).unwrap();
    }
}
