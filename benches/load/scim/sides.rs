//! Whoever serves SCIM: where, with which token, and the requests to it.

use serde_json::{Value, json};

use crate::{
    Outcome,
    programs::Home,
    wire::{self, Wire},
};

const SCIM: &str = "application/scim+json";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// One directory.
#[derive(Debug, Clone)]
pub(super) struct Side {
    pub(super) name: String,
    pub(super) authority: String,
    /// What stands before `/Users`.
    base: String,
    /// Header lines of every request.
    headers: String,
    /// Sets this directory's users apart from those of other runs at the same peer.
    mark: u32,
}

/// Somebody in a group, or not.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) group: String,
    pub(super) user: String,
}

impl Side {
    /// `name=http://host:port/base,token`.
    pub(super) fn peer(told: &str) -> Outcome<Self> {
        let wanted = "a peer is name=http://host:port/base,token";
        let (name, rest) = told.split_once('=').ok_or(wanted)?;
        let (address, token) = rest.split_once(',').ok_or(wanted)?;
        Self::at(name, address, token)
    }

    fn at(name: &str, address: &str, token: &str) -> Outcome<Self> {
        let rest = address.strip_prefix("http://").ok_or("an address begins with http://")?;
        let (authority, base) = rest.split_once('/').unwrap_or((rest, ""));
        let base = base.trim_end_matches('/');
        Ok(Self {
            name: name.to_owned(),
            authority: authority.to_owned(),
            base: if base.is_empty() { String::new() } else { format!("/{base}") },
            headers: format!("authorization: Bearer {token}\r\n"),
            mark: std::process::id(),
        })
    }

    /// A new directory of Kernia's.
    pub(super) async fn kernia(home: &Home<'_>, authority: &str) -> Outcome<Self> {
        let mut wire = Wire::connect(authority).await?;
        let key = format!("authorization: Bearer {}\r\n", home.api_key);
        let mut made = Value::Null;
        let organization = json!({ "name": "Acme" });
        for (target, mut body) in [
            ("/organizations", organization),
            ("/kernia/v1/directories", json!({ "name": "Acme" })),
        ] {
            if made["id"].is_string() {
                body["organization_id"] = made["id"].clone();
            }
            let request =
                wire::post(authority, target, "application/json", &key, &body.to_string());
            made = serde_json::from_str(wire.ask(&request).await?.expect(201)?.text()?)?;
        }
        let text = |name: &str| made[name].as_str().ok_or(format!("a directory without {name}"));
        Self::at("Kernia", text("scim_url")?, text("scim_token")?)
    }

    /// How the nth user is called, for one reason or another.
    pub(super) fn named(&self, of: &str, nth: usize) -> String {
        format!("{of}-{nth}-{}@acme.example", self.mark)
    }

    pub(super) fn get(&self, path: &str) -> Vec<u8> {
        wire::get(&self.authority, &format!("{}{path}", self.base), &self.headers)
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Vec<u8> {
        let body = body.to_string();
        format!(
            "{method} {}{path} HTTP/1.1\r\nhost: {}\r\ncontent-type: {SCIM}\r\n\
             content-length: {}\r\n{}\r\n{body}",
            self.base,
            self.authority,
            body.len(),
            self.headers
        )
        .into_bytes()
    }

    /// What an identity provider sends of somebody new.
    pub(super) fn create(&self, nth: usize) -> Vec<u8> {
        let name = self.named("user", nth);
        let body = json!({
            "schemas": [USER, ENTERPRISE],
            "userName": name,
            "externalId": self.named("external", nth),
            "name": { "givenName": "Ada", "familyName": "Lovelace" },
            "displayName": "Ada Lovelace",
            "title": "Engineer",
            "active": true,
            "emails": [{ "value": name, "type": "work", "primary": true }],
            ENTERPRISE: { "employeeNumber": nth.to_string(), "department": "Research" },
        });
        self.send("POST", "/Users", &body)
    }

    pub(super) fn retitle(&self, id: &str, title: &str) -> Vec<u8> {
        let operation = json!({ "op": "replace", "path": "title", "value": title });
        self.patch(&format!("/Users/{id}"), &operation)
    }

    pub(super) fn add_member(&self, group: &str, users: &[String]) -> Vec<u8> {
        let value: Vec<Value> = users.iter().map(|id| json!({ "value": id })).collect();
        let operation = json!({ "op": "add", "path": "members", "value": value });
        self.patch(&format!("/Groups/{group}"), &operation)
    }

    pub(super) fn remove_member(&self, member: &Member) -> Vec<u8> {
        let path = format!("members[value eq \"{}\"]", member.user);
        let operation = json!({ "op": "remove", "path": path });
        self.patch(&format!("/Groups/{}", member.group), &operation)
    }

    fn patch(&self, path: &str, operation: &Value) -> Vec<u8> {
        let body = json!({ "schemas": [PATCH], "Operations": [operation] });
        self.send("PATCH", path, &body)
    }

    /// An empty group.
    pub(super) async fn make_group(&self, wire: &mut Wire, of: usize) -> Outcome<String> {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": format!("Everybody of {of}, {}", self.mark),
        });
        let answer = wire.ask(&self.send("POST", "/Groups", &body)).await?.expect(201)?;
        let made: Value = serde_json::from_str(answer.text()?)?;
        Ok(made["id"].as_str().ok_or("a group without an id")?.to_owned())
    }

    pub(super) async fn add_members(
        &self,
        wire: &mut Wire,
        group: &str,
        users: &[String],
    ) -> Outcome<()> {
        let answer = wire.ask(&self.add_member(group, users)).await?;
        let status = if answer.status == 204 { 204 } else { 200 };
        answer.expect(status).map(drop)
    }
}
