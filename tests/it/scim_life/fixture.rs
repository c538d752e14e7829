//! How a life is written down: names, and steps with what is sent, what must come back and what
//! must be so afterwards.

use std::fs;

use serde_json::{Map, Value as Json};

use crate::source::project;

/// Every kind of step; a life has each of them, or says why it never comes.
pub(super) const STEPS: [&str; 13] = [
    "test",
    "match",
    "create",
    "update",
    "rename",
    "push group",
    "add member",
    "remove member",
    "rename group",
    "deactivate",
    "reactivate",
    "delete user",
    "delete group",
];

/// One provider's life.
#[derive(Debug)]
pub(super) struct Fixture {
    /// Whose.
    pub(super) provider: String,
    /// What it sends with every request.
    pub(super) headers: Vec<(String, String)>,
    /// Steps that never come, and why.
    pub(super) never: Vec<(String, String)>,
    /// What `${…}` stands for, before anything is kept.
    pub(super) names: Map<String, Json>,
    /// What it does.
    pub(super) life: Vec<Step>,
}

/// One request of a life.
#[derive(Debug)]
pub(super) struct Step {
    /// Its kind.
    pub(super) kind: String,
    /// `GET`, …
    pub(super) method: String,
    /// Behind the base path, as it is written on the wire.
    pub(super) path: String,
    /// What is sent with it.
    pub(super) body: Option<Json>,
    /// What must come back.
    pub(super) wanted: Wanted,
    /// What is remembered of the answer: a name, and where in it.
    pub(super) keep: Vec<(String, String)>,
    /// What must be so afterwards: a path, and what it answers.
    pub(super) after: Vec<(String, Wanted)>,
}

/// What an answer must be.
#[derive(Debug)]
pub(super) struct Wanted {
    /// One of these.
    pub(super) status: Vec<u64>,
    /// At least this.
    pub(super) answer: Option<Json>,
    /// And not these places.
    pub(super) without: Vec<String>,
}

impl Fixture {
    /// The fixture of this name.
    pub(super) fn read(name: &str) -> Self {
        let path = project().join(format!("tests/it/fixtures/scim/{name}.json"));
        Self::parse(&fs::read_to_string(path).unwrap())
    }

    /// What is written so.
    pub(super) fn parse(text: &str) -> Self {
        let all: Json = serde_json::from_str(text).unwrap();
        only(&all, &["provider", "headers", "never", "names", "life"]);
        Self {
            provider: text_of(&all["provider"]),
            headers: pairs(&all["headers"]),
            never: pairs(&all["never"]),
            names: all["names"].as_object().unwrap().clone(),
            life: all["life"].as_array().unwrap().iter().map(Step::of).collect(),
        }
    }
}

impl Step {
    fn of(json: &Json) -> Self {
        only(json, &["step", "send", "body", "status", "answer", "without", "keep", "after"]);
        let send = text_of(&json["send"]);
        let (method, path) = send.split_once(' ').unwrap();
        let after = json["after"].as_array().into_iter().flatten();
        Self {
            kind: text_of(&json["step"]),
            method: method.to_owned(),
            path: path.to_owned(),
            body: json.get("body").cloned(),
            wanted: Wanted::of(json),
            keep: pairs(&json["keep"]),
            after: after
                .map(|it| {
                    only(it, &["get", "status", "answer", "without"]);
                    (text_of(&it["get"]), Wanted::of(it))
                })
                .collect(),
        }
    }
}

impl Wanted {
    fn of(json: &Json) -> Self {
        let status = match &json["status"] {
            Json::Null => vec![200],
            Json::Array(list) => list.iter().map(|it| it.as_u64().unwrap()).collect(),
            one => vec![one.as_u64().unwrap()],
        };
        let without = json["without"].as_array().into_iter().flatten();
        Self {
            status,
            answer: json.get("answer").cloned(),
            without: without.map(text_of).collect(),
        }
    }
}

/// A key that is read wrongly would be one that is not read.
fn only(json: &Json, known: &[&str]) {
    for key in json.as_object().unwrap().keys() {
        assert!(known.contains(&key.as_str()), "a fixture has no `{key}` here: {json}");
    }
}

fn text_of(json: &Json) -> String {
    json.as_str().unwrap_or_else(|| panic!("a text: {json}")).to_owned()
}

fn pairs(json: &Json) -> Vec<(String, String)> {
    let all = json.as_object().into_iter().flatten();
    all.map(|(key, value)| (key.clone(), text_of(value))).collect()
}
