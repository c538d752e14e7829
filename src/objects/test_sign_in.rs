//! Tests of a connection, as published.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Trace;
use crate::kit::time::Timestamp;

/// `object: "test_sign_in"`: a test of a connection, and what came of it.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "object", rename = "test_sign_in")]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct TestSignIn {
    pub id: String,
    pub connection_id: String,
    /// `pending`, `succeeded`, `failed` or `expired`.
    pub state: &'static str,
    /// Where to sign in; only in the answer that makes the test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The sign-in at the identity provider, and its trace.
    pub sign_in_id: Option<String>,
    pub trace: Option<Trace>,
    /// The code of the refusal.
    pub code: Option<String>,
    /// The rule that was broken.
    pub rule: Option<u8>,
    pub got: Option<String>,
    pub expected: Option<String>,
    /// What that means.
    pub reason: Option<String>,
    /// What to do, in the words of the provider at hand where they are known.
    pub fix: Option<String>,
    /// Who would have signed in.
    pub profile: Option<TestProfile>,
    /// The attributes that came.
    pub attributes: BTreeMap<String, Vec<String>>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// The fields of the profile that a sign-in would make.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the wire's own names")]
pub struct TestProfile {
    pub idp_id: String,
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub name: Option<String>,
    pub groups: Vec<String>,
    pub custom_attributes: BTreeMap<String, serde_json::Value>,
}
