//! What is sealed of a trace: one JSON object, at most 64 kB, and below 8 kB where nobody vouches for
//! it. Each text in it is bounded where it comes in; what is too long all the same is cut here.

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

/// The longest text that is kept whole, in bytes of JSON; attributes have a measure of their own.
const MAX_TEXT: usize = 1024;
/// The longest one that anybody may have written.
pub(super) const MAX_STRANGE_TEXT: usize = 128;
/// The longest body, in bytes of JSON: of a response that was verified, and of any other. Sealing
/// adds a few.
const MAX_BODY: (usize, usize) = (64 * 1024 - 256, 8 * 1024 - 256);

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

impl Body {
    /// As it is sealed: whole, where that fits.
    pub(super) fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        let verified = self.response.as_ref().is_some_and(|response| response.verified);
        let most = if verified { MAX_BODY.0 } else { MAX_BODY.1 };
        let json = serde_json::to_vec(self)?;
        if json.len() <= most {
            return Ok(json);
        }
        let mut body = self.clone();
        for cut in [Self::without_attributes, Self::shortened, Self::bare] {
            cut(&mut body);
            let json = serde_json::to_vec(&body)?;
            if json.len() <= most {
                return Ok(json);
            }
        }
        serde_json::to_vec(&Self { started_at: self.started_at, masked: true, ..Self::default() })
    }

    /// What takes the most room goes first.
    fn without_attributes(&mut self) {
        if let Some(response) = &mut self.response {
            response.attributes_left_out += std::mem::take(&mut response.attributes).len();
        }
    }

    /// Of every text that came from outside, its beginning.
    fn shortened(&mut self) {
        let cut = |text: &mut String| {
            *text = bounded_to(std::mem::take(text), MAX_STRANGE_TEXT);
        };
        if let Some(failure) = &mut self.failure {
            [&mut failure.got, &mut failure.expected].into_iter().for_each(cut);
            failure.detail.iter_mut().for_each(cut);
        }
        self.user_agent.iter_mut().for_each(cut);
        self.warnings.iter_mut().map(|warning| &mut warning.message).for_each(cut);
        let Some(response) = &mut self.response else { return };
        let lists = [&mut response.audiences, &mut response.signed, &mut response.algorithms];
        lists.into_iter().flatten().for_each(cut);
        let texts = [
            &mut response.id,
            &mut response.issuer,
            &mut response.destination,
            &mut response.in_response_to,
            &mut response.status,
            &mut response.assertion_id,
            &mut response.name_id,
            &mut response.name_id_format,
            &mut response.not_before,
            &mut response.not_on_or_after,
            &mut response.authn_instant,
            &mut response.session_index,
            &mut response.key_id,
        ];
        texts.into_iter().flatten().for_each(cut);
    }

    /// Why it failed, and nothing of what came.
    fn bare(&mut self) {
        (self.response, self.request) = (None, None);
        self.warnings.clear();
        self.steps.clear();
    }
}

/// The text, or its beginning and a mark. What is cut is not what most of them say.
pub(super) fn bounded(text: String) -> String {
    bounded_to(text, MAX_TEXT)
}

/// The same, with at most so many bytes of JSON before the mark.
pub(super) fn bounded_to(mut text: String, most: usize) -> String {
    let mut takes = 0;
    let over = text.char_indices().find(|(_, letter)| {
        takes += in_json(letter.encode_utf8(&mut [0; 4]));
        takes > most
    });
    if let Some((at, _)) = over {
        text.truncate(at);
        text.push('…');
    }
    text
}

/// How many bytes a text takes in JSON, at most.
pub(super) fn in_json(text: &str) -> usize {
    let byte = |byte: u8| match byte {
        b'"' | b'\\' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(byte).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::TraceAttribute;

    /// What is as long as it can be, in every place.
    fn long(verified: bool) -> Body {
        let text = || bounded("𐍈\"".repeat(5_000));
        let some = || Some(text());
        let attribute = TraceAttribute {
            name: text(),
            values: (0..90).map(|_| text()).collect(),
            ..TraceAttribute::default()
        };
        let response = TraceResponse {
            verified,
            id: some(),
            issuer: some(),
            destination: some(),
            in_response_to: some(),
            status: some(),
            assertion_id: some(),
            name_id: some(),
            name_id_format: some(),
            audiences: vec![text(); 8],
            not_before: some(),
            not_on_or_after: some(),
            authn_instant: some(),
            session_index: some(),
            encrypted: false,
            signed: vec![text(); 8],
            algorithms: vec![text(); 8],
            attributes: vec![attribute],
            ..TraceResponse::default()
        };
        let failure = Failure { got: text(), expected: text(), detail: some(), rule: 18 };
        Body {
            response: Some(response),
            failure: Some(failure),
            user_agent: some(),
            ..Body::default()
        }
    }

    #[test]
    fn a_body_is_never_longer_than_it_may_be() {
        for (verified, most) in [(true, 64 * 1024), (false, 8 * 1024)] {
            let body = long(verified);
            assert!(serde_json::to_vec(&body).unwrap().len() > most, "it has to be cut");
            let json = body.to_json().unwrap();
            assert!(json.len() < most, "{}", json.len());
            let read: Body = serde_json::from_slice(&json).unwrap();
            let response = read.response.unwrap();
            assert_eq!((response.attributes.len(), response.attributes_left_out), (0, 1));
            assert!(response.issuer.unwrap().ends_with('…'));
        }
        let huge = Body { client: Some("c".repeat(9_000)), ..Body::default() };
        assert!(huge.to_json().unwrap().len() < 1024);
    }

    #[test]
    fn a_text_is_cut_between_letters() {
        assert_eq!(bounded_to("𐍈𐍈".to_owned(), 8), "𐍈𐍈");
        assert_eq!(bounded_to("𐍈𐍈".to_owned(), 7), "𐍈…");
        assert_eq!(bounded_to("a\"b".to_owned(), 3), "a\"…");
    }
}
