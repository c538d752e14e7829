//! What `kernia connection create` is told of an OpenID provider. The secret never stands in the
//! command line, where others could read it.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value as Json};

use super::{super::Failure, given, input};

/// The longest secret with the white space around it.
const MOST: usize = 4 * 1024;

#[derive(Debug, Args)]
pub(super) struct OpenId {
    /// Where an OpenID provider describes itself, or its issuer
    #[arg(
        long,
        value_name = "URL",
        conflicts_with_all = ["metadata", "metadata_url"],
        requires = "client_id"
    )]
    discovery_endpoint: Option<String>,
    /// Kernia's client id at the OpenID provider
    #[arg(long, value_name = "ID", requires = "discovery_endpoint")]
    client_id: Option<String>,
    /// The file with the client secret; `-` reads standard input. Without one Kernia proves itself
    /// with a key
    #[arg(long, value_name = "FILE", requires = "discovery_endpoint")]
    client_secret_file: Option<PathBuf>,
}

impl OpenId {
    /// `oidc_options`, when something of it was named.
    pub(super) fn options(self) -> Result<Option<Map<String, Json>>, Failure> {
        let Some(endpoint) = self.discovery_endpoint else { return Ok(None) };
        let mut options = Map::new();
        given(&mut options, "discovery_endpoint", Some(endpoint));
        given(&mut options, "client_id", self.client_id);
        if let Some(file) = self.client_secret_file {
            let bytes = input::read(Some(&file), MOST)?;
            let secret = String::from_utf8(bytes)
                .map_err(|_| Failure::new("the client secret is not UTF-8"))?;
            given(&mut options, "client_secret", Some(secret.trim().to_owned()));
        } else {
            let method = "private_key_jwt".to_owned();
            given(&mut options, "token_authentication_method", Some(method));
        }
        Ok(Some(options))
    }
}
