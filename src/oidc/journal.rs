//! What was seen on the way to a verdict, for traces: the steps with their times, and what the
//! token said. It is filled whether or not the token is believed, and believes nothing itself.

use std::time::Instant;

use serde_json::{Map, Value as Json};

/// The record of one sign-in's answers.
#[derive(Debug, Clone)]
pub struct Journal {
    /// The steps that were taken, the last of which is the one that failed, if one did.
    pub steps: Vec<Step>,
    /// What the ID token said.
    pub seen: Seen,
    /// When the step that is under way began. A stopwatch, not a clock: it tells spans only.
    since: Instant,
}

/// One step of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What was done: `decode`, `key`, `signature`, `claims`, `hashes`; a caller adds its own.
    pub name: &'static str,
    /// How long it took, in microseconds.
    pub micros: u64,
    /// Whether it passed.
    pub ok: bool,
}

/// What an ID token says of itself, as far as it could be read.
///
/// Until [`Seen::verified`] is set, all of it is a stranger's word.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// The header's algorithm, whatever it is.
    pub algorithm: Option<String>,
    /// The header's name for the key.
    pub key_id: Option<String>,
    /// Whether the nonce is ours; none when there is none.
    pub nonce_matched: Option<bool>,
    /// Whether the signature verified.
    pub verified: bool,
    /// Every claim, without the nonce and the hashes, which say nothing to a reader.
    pub claims: Map<String, Json>,
}

impl Journal {
    /// A fresh record; its stopwatch starts.
    #[must_use]
    pub fn start() -> Self {
        Self { steps: Vec::with_capacity(8), seen: Seen::default(), since: Instant::now() }
    }

    /// Takes one step: whatever happened since the last one is its time.
    pub fn step<T, E>(&mut self, name: &'static str, outcome: Result<T, E>) -> Result<T, E> {
        let now = Instant::now();
        let micros = u64::try_from(now.duration_since(self.since).as_micros()).unwrap_or(u64::MAX);
        self.since = now;
        self.steps.push(Step { name, micros, ok: outcome.is_ok() });
        outcome
    }
}

impl Default for Journal {
    fn default() -> Self {
        Self::start()
    }
}

impl Seen {
    /// A claim that is text.
    #[must_use]
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }

    /// Whom the token says it is for.
    #[must_use]
    pub fn audiences(&self) -> Vec<&str> {
        match self.claims.get("aud") {
            Some(Json::String(one)) => vec![one],
            Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// What stands in the header, whoever wrote it.
    pub(super) fn read_header(&mut self, algorithm: &str, key_id: Option<&str>) {
        self.algorithm = Some(algorithm.chars().take(64).collect());
        self.key_id = key_id.map(|kid| kid.chars().take(256).collect());
    }

    /// What stands in the claims, whoever wrote them.
    pub(super) fn read_claims(&mut self, claims: &Map<String, Json>) {
        let told = claims.iter().filter(|(name, _)| !UNTOLD.contains(&name.as_str()));
        self.claims = told.map(|(name, value)| (name.clone(), value.clone())).collect();
    }
}

/// Claims that bind the token to this sign-in, and mean nothing outside of it.
const UNTOLD: [&str; 4] = ["nonce", "at_hash", "c_hash", "s_hash"];
