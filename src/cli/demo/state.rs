//! What a demo must know again at its next start: ids, and secrets that the database keeps only as
//! digests. One file, sealed by the vault; beside it the port, in clear.

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::{super::Failure, openid};
use crate::{
    kit::{
        error::{Error, Fault},
        secret::Secret,
        time::Timestamp,
    },
    vault::{MasterKey, Place, Sealed, Vault},
};

const FILE: &str = "demo.sealed";
const PORT: &str = "demo.port";
const KEY: &str = "demo.key";
const PLACE: Place<'static> = Place { table: "demo", column: "state", row: "1" };

/// A demo's own memory.
pub(super) struct State {
    pub(super) openid: openid::Clients,
    pub(super) client_id: String,
    pub(super) api_key: Secret,
    pub(super) organization_id: String,
    pub(super) saml_connection_id: String,
    /// The OIDC connection and its client secret; a demo of before had none.
    pub(super) oidc: Option<Oidc>,
    /// The directory and its token; a demo of before had none.
    pub(super) directory: Option<Directory>,
    pub(super) passwords: [Secret; 2],
    pub(super) identity_provider_key: Secret,
    pub(super) identity_provider_certificate: String,
}

/// What a demo must know again of its OIDC connection.
#[derive(Clone)]
pub(super) struct Oidc {
    pub(super) connection_id: String,
    pub(super) client_secret: Secret,
}

/// What a demo must know again of its directory.
#[derive(Clone)]
pub(super) struct Directory {
    pub(super) id: String,
    /// The path of its SCIM address.
    pub(super) path: String,
    pub(super) token: Secret,
}

/// The same, as it is written. It lives only between the vault and [`State`].
#[derive(Serialize, Deserialize)]
struct Written {
    openid: [openid::Written; 3],
    client_id: String,
    api_key: String,
    organization_id: String,
    saml_connection_id: String,
    #[serde(default)]
    oidc_connection_id: Option<String>,
    #[serde(default)]
    oidc_client_secret: Option<String>,
    /// Id, path, token.
    #[serde(default)]
    directory: Option<[String; 3]>,
    passwords: [String; 2],
    identity_provider_key: String,
    identity_provider_certificate: String,
}

impl State {
    /// The state of before, if a start got as far as that.
    pub(super) fn read(folder: &Path, vault: &Vault) -> Result<Option<Self>, Error> {
        let broken = || Fault::internal(format!("`{FILE}` in the demo's folder does not open"));
        let Ok(bytes) = fs::read(folder.join(FILE)) else { return Ok(None) };
        let sealed = Sealed::from_bytes(bytes).ok_or_else(broken)?;
        let text = vault.open(&PLACE, &sealed)?;
        let written: Written = serde_json::from_str(text.expose()).map_err(|_| broken())?;
        Ok(Some(Self {
            openid: openid::Clients::read(written.openid),
            client_id: written.client_id,
            api_key: Secret::new(written.api_key),
            organization_id: written.organization_id,
            saml_connection_id: written.saml_connection_id,
            oidc: written.oidc_connection_id.zip(written.oidc_client_secret).map(
                |(connection_id, secret)| Oidc {
                    connection_id,
                    client_secret: Secret::new(secret),
                },
            ),
            directory: written.directory.map(|[id, path, token]| Directory {
                id,
                path,
                token: Secret::new(token),
            }),
            passwords: written.passwords.map(Secret::new),
            identity_provider_key: Secret::new(written.identity_provider_key),
            identity_provider_certificate: written.identity_provider_certificate,
        }))
    }

    /// Writes it whole or not at all.
    pub(super) fn write(&self, folder: &Path, vault: &Vault) -> Result<(), Failure> {
        let written = Written {
            openid: self.openid.written(),
            client_id: self.client_id.clone(),
            api_key: self.api_key.expose().to_owned(),
            organization_id: self.organization_id.clone(),
            saml_connection_id: self.saml_connection_id.clone(),
            oidc_connection_id: self.oidc.as_ref().map(|oidc| oidc.connection_id.clone()),
            oidc_client_secret: self
                .oidc
                .as_ref()
                .map(|oidc| oidc.client_secret.expose().to_owned()),
            directory: self.directory.clone().map(|directory| {
                let token = directory.token.expose().to_owned();
                [directory.id, directory.path, token]
            }),
            passwords: self.passwords.each_ref().map(|secret| secret.expose().to_owned()),
            identity_provider_key: self.identity_provider_key.expose().to_owned(),
            identity_provider_certificate: self.identity_provider_certificate.clone(),
        };
        let text = Secret::new(serde_json::to_string(&written)?);
        replace(folder, FILE, vault.seal(&PLACE, &text).as_bytes())
    }
}

/// Makes the master key of a new demo. A start that was cut before its state was written left a
/// database that nobody was told about: it goes.
pub(super) fn prepare(folder: &Path, now: Timestamp) -> Result<(), Failure> {
    let key = folder.join(KEY);
    if !folder.join(FILE).exists() {
        for name in ["demo.db", "demo.db-wal", "demo.db-shm"] {
            match fs::remove_file(folder.join(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error.into());
                }
                _ => {}
            }
        }
    }
    if !key.exists() {
        MasterKey::generate().write_new_file(&key, now)?;
    }
    Ok(())
}

/// The port of the last start.
pub(super) fn remembered_port(folder: &Path) -> Option<u16> {
    fs::read_to_string(folder.join(PORT)).ok()?.trim().parse().ok()
}

/// Keeps the port for the next start.
pub(super) fn remember_port(folder: &Path, port: u16) -> Result<(), Failure> {
    if remembered_port(folder) == Some(port) {
        return Ok(());
    }
    replace(folder, PORT, port.to_string().as_bytes())
}

/// Puts a whole file in the place of another, or leaves that one.
fn replace(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let fresh = folder.join(format!("{name}.new"));
    let mut file =
        File::options().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, folder.join(name))?;
    Ok(File::open(folder)?.sync_all()?)
}
