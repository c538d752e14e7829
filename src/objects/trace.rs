//! Traces of attempts to sign in, as published. Their parts are also what is sealed at rest, so
//! each can be read back, and whatever is missing in an old one has a default.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::kit::time::Timestamp;

/// `object: "trace"`: one attempt to sign in.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "trace")]
pub struct Trace {
    /// `trace_…`.
    pub id: String,
    /// Through which connection.
    pub connection_id: String,
    /// What sort of provider that is to.
    pub connection_type: String,
    /// Whose connection it is.
    pub organization_id: Option<String>,
    /// Which sign-in it belongs to, where one is known.
    pub sign_in_id: Option<String>,
    /// For which application.
    pub client_id: Option<String>,
    /// `succeeded`, `failed`, `restarted`, `held`, `timed_out`.
    pub outcome: &'static str,
    /// The failure's code, by which lists are filtered too.
    pub code: Option<String>,
    /// What the person was given to quote.
    pub incident_id: Option<String>,
    /// When the person was sent to the identity provider; where that is not known, when the answer
    /// came.
    pub started_at: Timestamp,
    /// When it ended.
    pub created_at: Timestamp,
    /// The milliseconds between both.
    pub duration_ms: u64,
    /// What was done, in its order.
    pub steps: Vec<TraceStep>,
    /// What was asked of the identity provider.
    pub request: Option<TraceRequest>,
    /// What its answer said.
    pub response: Option<TraceResponse>,
    /// Why it was refused.
    pub failure: Option<TraceFailure>,
    /// What went well and ought to be looked at.
    pub warnings: Vec<TraceWarning>,
    /// The browser, as it names itself.
    pub user_agent: Option<String>,
    /// The address that the browser came from.
    pub address: Option<String>,
    /// Whether personal data was masked when this was written.
    pub masked: bool,
    /// How many failures at this connection were left out right before this one.
    pub left_out: u32,
}

/// `object: "check"`: what would become of a response, which signs nobody in.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "check")]
pub struct Check {
    /// Against which connection.
    pub connection_id: String,
    /// What sort of provider that is to.
    pub connection_type: String,
    /// Whose connection it is.
    pub organization_id: Option<String>,
    /// The sign-in whose request it answers, where there is one.
    pub sign_in_id: Option<String>,
    /// `accepted` or `refused`.
    pub outcome: &'static str,
    /// The instant that it was judged for.
    pub checked_at: Timestamp,
    /// What was done, in its order.
    pub steps: Vec<TraceStep>,
    /// What the response says.
    pub response: Option<TraceResponse>,
    /// Why it is refused.
    pub failure: Option<TraceFailure>,
    /// What went well and ought to be looked at.
    pub warnings: Vec<TraceWarning>,
    /// What was not judged as it is at a sign-in.
    pub notes: Vec<TraceWarning>,
}

/// One step of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraceStep {
    /// What was done.
    pub name: Cow<'static, str>,
    /// The first and the last rule that were judged in it.
    pub rules: Option<(u8, u8)>,
    /// When, where that is known.
    pub at: Option<Timestamp>,
    /// How many milliseconds of work it took, where that was measured.
    pub ms: Option<f64>,
    /// Whether it went well.
    pub ok: bool,
}

/// What was asked of the identity provider.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceRequest {
    /// The ID of the `AuthnRequest`.
    pub id: String,
    /// How it travelled: `redirect` or `post`; not known of one that was never answered.
    pub binding: Option<Cow<'static, str>>,
    /// Whether the person had to sign in anew.
    pub force_authn: bool,
    /// The origin of the address that the application is answered at.
    pub redirect_uri_origin: Option<String>,
}

/// What an answer said, as far as it could be read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceResponse {
    /// Whether what the assertion says was read from bytes whose signature verified. Until then all
    /// of it is a stranger's word.
    pub verified: bool,
    /// The ID of the Response.
    pub id: Option<String>,
    /// Who says it.
    pub issuer: Option<String>,
    /// Where it says it was sent.
    pub destination: Option<String>,
    /// The request that it says it answers.
    pub in_response_to: Option<String>,
    /// The status, short.
    pub status: Option<String>,
    /// The ID of the Assertion.
    pub assertion_id: Option<String>,
    /// Who it is about.
    pub name_id: Option<String>,
    /// What sort of name that is.
    pub name_id_format: Option<String>,
    /// Whom it is meant for.
    pub audiences: Vec<String>,
    /// From when it holds.
    pub not_before: Option<String>,
    /// Until when it holds.
    pub not_on_or_after: Option<String>,
    /// When an ID token says that it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<String>,
    /// The name of the key that an ID token says it is signed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// When the person signed in at the identity provider.
    pub authn_instant: Option<String>,
    /// The provider's name for that session.
    pub session_index: Option<String>,
    /// Whether the Assertion came encrypted.
    pub encrypted: bool,
    /// What carries a signature: `response`, `assertion`.
    pub signed: Vec<String>,
    /// The algorithms in use, each once.
    pub algorithms: Vec<String>,
    /// The attributes that came.
    pub attributes: Vec<TraceAttribute>,
    /// How many more attributes came than are kept.
    pub attributes_left_out: usize,
}

/// An attribute that came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceAttribute {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub friendly_name: Option<String>,
    /// Its values.
    pub values: Vec<String>,
    /// How many more values came than are kept.
    pub values_left_out: usize,
}

/// Why an attempt was refused.
#[derive(Debug, Clone, Serialize)]
pub struct TraceFailure {
    /// A stable word.
    pub code: String,
    /// The rule that failed, where it is one of those that a response is judged by.
    pub rule: Option<u8>,
    /// What came.
    pub got: String,
    /// What would have passed.
    pub expected: String,
    /// What that means.
    pub reason: String,
    /// What to do, in the words of the provider at hand.
    pub fix: Option<String>,
}

/// Something to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceWarning {
    /// A stable word.
    pub code: Cow<'static, str>,
    /// One sentence.
    pub message: String,
}
