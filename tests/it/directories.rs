//! Directories: what operators and applications do with them, and what their tokens are worth. What a
//! provider says through one is told in the stories of SCIM.

mod command;
mod deletion;
mod life;
mod published;
mod tokens;

use std::{net::SocketAddr, sync::Arc};

use kernia::jobs::JOBS;
use serde_json::{Value, json};

use crate::kernia::{Answer, Application, Kernia, sends};

const DIRECTORIES: &str = "/kernia/v1/directories";

/// A Kernia with an application, and an organization that owns `acme.test`.
struct Stage {
    kernia: Kernia,
    app: Application,
    organization: String,
}

/// A directory as its customer's administrator knows it: the address, and a token.
#[derive(Debug, Clone)]
struct Entered {
    id: String,
    path: String,
    token: String,
    address: SocketAddr,
}

impl Stage {
    async fn set() -> Self {
        let kernia = Kernia::start().await;
        let app = kernia.application();
        let organization = app.organization("acme.test").await;
        Self { kernia, app, organization }
    }

    /// A directory of this organization.
    async fn directory_of(&self, organization: &str) -> Entered {
        let body = json!({ "organization_id": organization });
        let made = self.app.posts(DIRECTORIES, body).await.is(201);
        let url = text(&made, "scim_url");
        Entered {
            id: text(&made, "id").to_owned(),
            path: url.strip_prefix(&self.kernia.base()).unwrap().to_owned(),
            token: text(&made, "scim_token").to_owned(),
            address: self.kernia.address,
        }
    }

    async fn directory(&self) -> Entered {
        self.directory_of(&self.organization).await
    }

    async fn shows(&self, directory: &Entered) -> Value {
        self.app.gets(&format!("{DIRECTORIES}/{}", directory.id)).await.is(200)
    }

    /// What runs by itself in `kernia serve`.
    async fn jobs_run(&self) {
        for job in JOBS {
            (job.run)(Arc::clone(self.kernia.app())).await.unwrap();
        }
    }
}

impl Entered {
    /// The provider asks with this token.
    async fn asks(&self, token: &str, method: &str, below: &str, body: Value) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers =
            [("authorization", bearer.as_str()), ("content-type", "application/scim+json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let path = format!("{}{below}", self.path);
        sends(self.address, method, &path, &headers, body.as_bytes()).await
    }

    /// What the provider is told who has this token.
    async fn with(&self, token: &str) -> u16 {
        self.asks(token, "GET", "/Users?count=0", Value::Null).await.status
    }

    async fn posts(&self, below: &str, body: Value) -> Value {
        self.asks(&self.token, "POST", below, body).await.is(201)
    }

    /// The provider makes a user.
    async fn user(&self, name: &str) -> Value {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": name,
            "emails": [{ "value": name, "type": "work", "primary": true }],
        });
        self.posts("/Users", body).await
    }

    /// The provider makes a group of these members.
    async fn group(&self, name: &str, members: &[&str]) -> Value {
        let members: Vec<_> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": name,
            "members": members,
        });
        self.posts("/Groups", body).await
    }
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_else(|| panic!("no {name} in {object}"))
}
