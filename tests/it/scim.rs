//! SCIM at the wire, as RFC 7643, RFC 7644 and RFC 9865 have it: one story for each requirement, and what
//! must not happen.

mod bad_input;
mod bulks;
mod discovery;
mod groups;
mod lists;
mod patches;
mod races;
mod sequences;
mod users;

use serde_json::{Value as Json, json};

use crate::{
    kernia::Answer,
    scim_stage::{ERROR, GROUP, PATCH, Stage, Target, USER},
};

/// A Kernia with one directory.
async fn start() -> (Stage, Target) {
    let stage = Stage::start().await;
    let target = stage.directory().await;
    (stage, target)
}

impl Target {
    async fn gets(&self, path: &str) -> Answer {
        self.asks("GET", path, None).await
    }

    async fn patches(&self, path: &str, operations: Json) -> Answer {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        self.asks("PATCH", path, Some(&body)).await
    }

    async fn deletes(&self, path: &str) -> Answer {
        self.asks("DELETE", path, None).await
    }

    /// A user of this name; the id.
    async fn user(&self, name: &str) -> String {
        self.makes("/Users", &json!({ "schemas": [USER], "userName": name })).await
    }

    /// A group with these members; the id.
    async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<_> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "schemas": [GROUP], "displayName": name, "members": members });
        self.makes("/Groups", &body).await
    }

    /// The user names of a list.
    async fn names(&self, query: &str) -> Vec<String> {
        let list = self.gets(&format!("/Users?{query}")).await.is(200);
        names(&list)
    }
}

fn names(list: &Json) -> Vec<String> {
    let name =
        |it: &Json| it["userName"].as_str().or(it["displayName"].as_str()).map(str::to_owned);
    list["Resources"].as_array().unwrap().iter().filter_map(name).collect()
}

/// The document of a refusal: its status, and its word where the RFCs have one.
fn refused(answer: &Answer, status: u16, word: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.content_type().starts_with("application/scim+json"), "{answer:?}");
    let body = answer.json();
    assert_eq!(body["schemas"], json!([ERROR]));
    assert_eq!(body["status"], status.to_string(), "{body}");
    assert_eq!(body["scimType"].as_str().unwrap_or_default(), word, "{body}");
    assert!(!body["detail"].as_str().unwrap().is_empty());
}

/// A text as it stands in an address.
fn escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn filtered(filter: &str) -> String {
    format!("filter={}", escaped(filter))
}
