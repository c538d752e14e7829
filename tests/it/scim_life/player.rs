//! Plays a life against an address, with a bearer token and a base path: nothing else is known.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::{
    fixture::{Fixture, Step, Wanted},
    subset::{claims, differences},
};
use crate::{
    kernia::Answer,
    scim_stage::{ENTERPRISE, ERROR, GROUP, LIST, PATCH, Target, USER},
};

/// What came of a life.
#[derive(Debug, Default)]
pub(super) struct Played {
    /// How many requests were sent, those that look what is so afterwards not counted.
    pub(super) requests: usize,
    /// How many single things were claimed of the answers.
    pub(super) claims: usize,
    /// What was not as it should be: provider, step, got, expected.
    pub(super) faults: Vec<String>,
}

/// Plays a whole life; a fault does not end it.
pub(super) async fn play(target: &Target, fixture: &Fixture) -> Played {
    let mut names = Names::of(fixture);
    let mut played = Played::default();
    for (number, step) in fixture.life.iter().enumerate() {
        let whose = format!("{}, step {} ({})", fixture.provider, number + 1, step.kind);
        one(target, fixture, step, (&whose, &mut names, &mut played)).await;
    }
    played
}

async fn one(
    target: &Target,
    fixture: &Fixture,
    step: &Step,
    (whose, names, played): (&str, &mut Names, &mut Played),
) {
    let headers = &fixture.headers;
    let path = names.in_path(&step.path);
    let body = step.body.as_ref().map(|body| names.in_json(body));
    let answer = target.asks_with(&step.method, &path, headers, body.as_ref()).await;
    let mut faults = judge(&answer, &step.wanted, names, played);
    if answer.status < 300 {
        for (name, place) in &step.keep {
            match answer.json().pointer(place) {
                Some(value) => names.keep(name, value.clone()),
                None => faults.push(format!("{place} is absent, expected to be kept")),
            }
        }
    }
    played.requests += 1;
    let asked = format!("{} {path}", step.method);
    played.faults.extend(faults.iter().map(|fault| format!("{whose}, {asked}: {fault}")));
    for (path, wanted) in &step.after {
        let path = names.in_path(path);
        let answer = target.asks_with("GET", &path, headers, None).await;
        let faults = judge(&answer, wanted, names, played);
        let told = faults.iter().map(|it| format!("{whose}, afterwards GET {path}: {it}"));
        played.faults.extend(told);
    }
}

/// What is not as it should be in one answer.
fn judge(answer: &Answer, wanted: &Wanted, names: &Names, played: &mut Played) -> Vec<String> {
    played.claims += 1;
    if !wanted.status.contains(&u64::from(answer.status)) {
        let should: Vec<_> = wanted.status.iter().map(ToString::to_string).collect();
        let body: String = answer.body.chars().take(300).collect();
        return vec![format!(
            "status is {}, expected {}: {body}",
            answer.status,
            should.join(" or ")
        )];
    }
    let mut faults = manners(answer);
    if answer.body.is_empty() {
        return faults;
    }
    let got = answer.json();
    if let Some(answer) = &wanted.answer {
        let answer = names.in_json(answer);
        played.claims += claims(&answer);
        faults.extend(differences(&got, &answer));
    }
    for place in &wanted.without {
        played.claims += 1;
        let place = names.in_text(place);
        if let Some(value) = got.pointer(&place) {
            faults.push(format!("{place} is {value}, expected to be absent"));
        }
    }
    faults
}

/// What holds of every answer of a SCIM server.
fn manners(answer: &Answer) -> Vec<String> {
    let mut faults = Vec::new();
    let mut claim = |holds: bool, fault: &str| {
        if !holds {
            faults.push(format!("{fault}: {answer:?}"));
        }
    };
    if answer.status == 204 {
        claim(answer.body.is_empty(), "204 has a body");
        return faults;
    }
    claim(!answer.body.is_empty(), "there is no body");
    let media_type = answer.content_type().split(';').next().unwrap_or_default();
    claim(media_type == "application/scim+json", "the media type is not SCIM's");
    if answer.status == 201 {
        let location = answer.json()["meta"]["location"].clone();
        claim(
            Some(location) == answer.header("location").map(Json::from),
            "Location is not meta's",
        );
    }
    if answer.status >= 400 {
        let body = answer.json();
        claim(body["schemas"] == Json::from([ERROR]), "an error of another schema");
        let told = answer.status.to_string();
        claim(body["status"].as_str() == Some(told.as_str()), "the body tells another status");
        claim(body["detail"].is_string(), "an error without a detail");
    }
    faults
}

/// What `${…}` stands for.
struct Names(BTreeMap<String, Json>);

impl Names {
    fn of(fixture: &Fixture) -> Self {
        let standing = [
            ("USER", USER),
            ("GROUP", GROUP),
            ("ENTERPRISE", ENTERPRISE),
            ("PATCH", PATCH),
            ("LIST", LIST),
            ("ERROR", ERROR),
        ];
        let standing = standing.map(|(name, value)| (name.to_owned(), Json::from(value)));
        let own = fixture.names.iter().map(|(name, value)| (name.clone(), value.clone()));
        Self(standing.into_iter().chain(own).collect())
    }

    fn keep(&mut self, name: &str, value: Json) {
        self.0.insert(name.to_owned(), value);
    }

    fn in_text(&self, text: &str) -> String {
        self.fill(text, str::to_owned)
    }

    /// In an address, where a value is written with `%`.
    fn in_path(&self, path: &str) -> String {
        let written = |value: &str| {
            form_urlencoded::byte_serialize(value.as_bytes())
                .collect::<String>()
                .replace('+', "%20")
        };
        self.fill(path, written)
    }

    fn in_json(&self, json: &Json) -> Json {
        match json {
            Json::String(text) => self.in_text(text).into(),
            Json::Array(list) => list.iter().map(|it| self.in_json(it)).collect(),
            Json::Object(map) => {
                let filled: Map<_, _> = map
                    .iter()
                    .map(|(key, value)| (self.in_text(key), self.in_json(value)))
                    .collect();
                filled.into()
            }
            other => other.clone(),
        }
    }

    /// A name that nothing was kept for stays as it is, so that the fault shows where it began.
    fn fill(&self, text: &str, written: impl Fn(&str) -> String) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            let (name, behind) = behind.split_once('}').unwrap();
            filled.push_str(before);
            match self.0.get(name).and_then(Json::as_str) {
                Some(value) => filled.push_str(&written(value)),
                None => filled.push_str(&written(&format!("${{{name}}}"))),
            }
            rest = behind;
        }
        filled + rest
    }
}
