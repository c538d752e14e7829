//! The stage of the stories that play identity providers: a Kernia with directories, and one
//! directory as a provider sees it: an address, a base path and a bearer token.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
};

use kernia::{
    directories::{DirectoryType, directory, token},
    kit::id::Id,
};
use serde_json::{Value as Json, json};

use crate::kernia::{Answer, Kernia, sends};

pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(crate) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
pub(crate) const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
pub(crate) const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// A Kernia whose customers have directories.
pub(crate) struct Stage {
    pub(crate) kernia: Kernia,
    made: AtomicUsize,
}

/// A directory, as a provider sees it.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// `/scim/v2/…`
    pub(crate) base: String,
    pub(crate) token: String,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self { kernia: Kernia::start().await, made: AtomicUsize::new(0) }
    }

    /// A directory of a customer of its own.
    pub(crate) async fn directory(&self) -> Target {
        let name = format!("Customer {}", self.made.fetch_add(1, Ordering::Relaxed));
        let application = self.kernia.application();
        let made = application.posts("/organizations", json!({ "name": name })).await.is(201);
        let organization = made["id"].as_str().unwrap().to_owned();
        let app = self.kernia.app();
        let vault = app.vault.clone();
        let made = app.store.write(move |tx| {
            let draft = directory::Draft {
                organization: Id::parse(&organization).unwrap(),
                name: None,
                directory_type: DirectoryType::GENERIC,
            };
            let made = directory::create(tx, &draft)?;
            let (_, secret) = token::issue(tx, &vault, &made.id)?;
            Ok((made.scim_url(""), secret.expose().to_owned()))
        });
        let (base, token) = made.await.unwrap();
        Target { address: self.kernia.address, base, token }
    }
}

impl Target {
    /// Sends a request as a provider does, and takes its answer.
    pub(crate) async fn asks(&self, method: &str, path: &str, body: Option<&Json>) -> Answer {
        let headers = [("content-type".to_owned(), "application/scim+json".to_owned())];
        self.asks_with(method, path, &headers, body).await
    }

    /// Makes a resource; its id.
    pub(crate) async fn makes(&self, path: &str, body: &Json) -> String {
        let made = self.asks("POST", path, Some(body)).await.is(201);
        made["id"].as_str().unwrap().to_owned()
    }

    /// Sends what need not be JSON.
    pub(crate) async fn asks_raw(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers =
            [("authorization", bearer.as_str()), ("content-type", "application/scim+json")];
        let path = format!("{}{path}", self.base);
        sends(self.address, method, &path, &headers, body).await
    }

    /// The same, with headers of the provider's own.
    pub(crate) async fn asks_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: Option<&Json>,
    ) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let sent: Vec<_> = headers
            .iter()
            .filter(|(name, _)| body.is_some() || name != "content-type")
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .chain([("authorization", bearer.as_str())])
            .collect();
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let path = format!("{}{path}", self.base);
        sends(self.address, method, &path, &sent, &bytes).await
    }
}
