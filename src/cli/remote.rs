//! The running server, as the commands that ask it see it: over the socket beside the database, or
//! at an address with a key. A no becomes an exit code and a sentence.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value as Json;

use super::{Failure, serve};
use crate::{
    config,
    http::{ApiClient, FetchRefused, Method},
    kit::{secret::Secret, text::WebAddress},
};

/// Where the server is.
#[derive(Debug, Clone, Args)]
pub(super) struct Where {
    /// The configuration of the server on this machine; its socket needs no key
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "KERNIA_CONFIG",
        default_value = "kernia.toml"
    )]
    config: PathBuf,
    /// A server elsewhere; its API key is read from `KERNIA_API_KEY`
    #[arg(long, global = true, value_name = "URL", env = "KERNIA_URL")]
    url: Option<String>,
}

/// A running server.
pub(super) struct Remote {
    client: ApiClient,
}

impl Where {
    /// The server that is meant; it is not asked yet.
    pub(super) fn server(&self) -> Result<Remote, Failure> {
        let Some(url) = &self.url else {
            let config = serve::load(&self.config)?;
            return Ok(Remote { client: ApiClient::over_socket(config.store.socket()) });
        };
        let address =
            WebAddress::parse(url).map_err(|error| Failure::new(error.to_string()).code(2))?;
        let key = config::system_environment().into_iter().find_map(|(name, value)| {
            (name == "KERNIA_API_KEY" && !value.is_empty()).then_some(value)
        });
        let Some(key) = key else {
            return Err(Failure::new("no API key was given for the server at that address")
                .hint("set KERNIA_API_KEY to a key such as sk_live_…")
                .code(2));
        };
        Ok(Remote { client: ApiClient::to(address, Secret::new(key)) })
    }
}

impl Remote {
    /// Reads something.
    pub(super) async fn get(&self, path: &str) -> Result<Json, Failure> {
        self.call(Method::Get, path, None).await
    }

    /// Makes or does something.
    pub(super) async fn post(&self, path: &str, body: &Json) -> Result<Json, Failure> {
        self.call(Method::Post, path, Some(body)).await
    }

    /// Changes something.
    pub(super) async fn patch(&self, path: &str, body: &Json) -> Result<Json, Failure> {
        self.call(Method::Patch, path, Some(body)).await
    }

    /// Takes something away.
    pub(super) async fn delete(&self, path: &str) -> Result<Json, Failure> {
        self.call(Method::Delete, path, None).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Json>) -> Result<Json, Failure> {
        let answer = self
            .client
            .call(method, path, body)
            .await
            .map_err(|refused| unreachable(&self.client, &refused))?;
        if (200..300).contains(&answer.status) {
            return Ok(answer.body);
        }
        Err(refused(answer.status, &answer.body))
    }
}

fn unreachable(client: &ApiClient, refused: &FetchRefused) -> Failure {
    Failure::new(format!("no server answers at {}: {}", client.target(), refused.detail))
        .hint("is `kernia serve` running there? --config names its kernia.toml, --url its address")
        .code(69)
}

/// The server's own words, with the exit code of its status.
fn refused(status: u16, body: &Json) -> Failure {
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    let message = text("message")
        .or_else(|| text("title"))
        .or_else(|| text("error_description"))
        .unwrap_or_else(|| format!("the server answered with status {status}"));
    let mut lines = vec![message];
    for fault in body["errors"].as_array().into_iter().flatten() {
        let name = fault["field"].as_str().or_else(|| fault["pointer"].as_str());
        let why = fault["message"].as_str().or_else(|| fault["detail"].as_str());
        if let (Some(name), Some(why)) = (name, why) {
            lines.push(format!("  {name}: {why}"));
        }
    }
    let code = match status {
        404 => 4,
        401 | 403 => 5,
        409 => 6,
        429 | 503 => 75,
        _ => 1,
    };
    let failure = Failure::new(lines.join("\n")).code(code);
    match status {
        401 => failure.hint("the key in KERNIA_API_KEY is not a live one of this server"),
        _ => failure,
    }
}
