//! What is sealed of a trace: one JSON object, at most 64 kB. Each text in it is bounded where it
//! comes in.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::failure::Failure;
use crate::{
    kit::time::Timestamp,
    objects::{TraceRequest, TraceResponse, TraceStep, TraceWarning},
};

/// One step, in the fewest bytes: there are ten in a good sign-in, and a million of those.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) name: Cow<'static, str>,
    pub(super) rules: Option<(u8, u8)>,
    pub(super) at: Option<Timestamp>,
    pub(super) micros: Option<u64>,
    pub(super) ok: bool,
}

/// How a step stands in JSON: a list, times as numbers.
type Listed = (Cow<'static, str>, Option<(u8, u8)>, Option<i64>, Option<u64>, bool);

impl Step {
    /// A step that went well, of which nothing else is known.
    pub(super) fn named(name: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), rules: None, at: None, micros: None, ok: true }
    }

    /// As it is published.
    #[expect(clippy::cast_precision_loss, reason = "a step takes no days")]
    pub(super) fn published(self) -> TraceStep {
        let ms = self.micros.map(|micros| micros as f64 / 1000.0);
        TraceStep { name: self.name, rules: self.rules, at: self.at, ms, ok: self.ok }
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = self.at.map(Timestamp::millis);
        (self.name.as_ref(), self.rules, at, self.micros, self.ok).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (name, rules, at, micros, ok) = Listed::deserialize(deserializer)?;
        Ok(Self { name, rules, at: at.map(Timestamp::from_millis), micros, ok })
    }
}

/// The longest text that is kept whole, in characters; attributes have a measure of their own.
const MAX_TEXT: usize = 1024;

/// What is sealed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    pub(super) started_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client: Option<String>,
    pub(super) steps: Vec<Step>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<TraceRequest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response: Option<TraceResponse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<Failure>,
    pub(super) warnings: Vec<TraceWarning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<String>,
    pub(super) masked: bool,
    pub(super) left_out: u32,
}

/// The text, or its beginning and a mark. What is cut is not what most of them say.
pub(super) fn bounded(mut text: String) -> String {
    // So many bytes hold at most so many characters.
    if text.len() > MAX_TEXT
        && let Some((at, _)) = text.char_indices().nth(MAX_TEXT)
    {
        text.truncate(at);
        text.push('…');
    }
    text
}
