//! What is sealed of a trace: one JSON object, at most 64 kB. Each text in it is bounded where it
//! comes in.

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::{
    kit::time::Timestamp,
    objects::{TraceRequest, TraceResponse, TraceStep, TraceWarning},
};

/// The longest text that is kept whole, in characters; attributes have a measure of their own.
const MAX_TEXT: usize = 1024;

/// What is sealed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    pub(super) started_at: Timestamp,
    pub(super) client: Option<String>,
    pub(super) steps: Vec<TraceStep>,
    pub(super) request: Option<TraceRequest>,
    pub(super) response: Option<TraceResponse>,
    pub(super) failure: Option<Failure>,
    pub(super) warnings: Vec<TraceWarning>,
    pub(super) user_agent: Option<String>,
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
