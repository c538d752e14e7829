//! Why an attempt failed: what is kept of a refusal, and how it is told. Words that are the same
//! for everybody are not kept; they come from the tables when a trace is read.

use serde::{Deserialize, Serialize};

use super::body::bounded;
use crate::{
    kit::{error::Refused, text::Email},
    objects::{TraceFailure, TraceResponse},
    saml::rejected,
    sso::{ConnectionType, Protocol, Rejection, preset, rejection},
};

/// What is kept of a refusal beside its code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Failure {
    /// 0 where none of those that a response is judged by has failed.
    pub(super) rule: u8,
    pub(super) got: String,
    pub(super) expected: String,
    /// What happened, where no table says it.
    pub(super) detail: Option<String>,
}

/// What the tables of `saml` do not know: a code, what it means, and what to do.
const REASONS: &[(&str, &str, &str)] = &[
    (
        "no_answer",
        "The person was sent to the identity provider and never came back.",
        "Ask the person what they saw there: most often they are not assigned to the application, \
         or the identity provider does not know the entity ID or the ACS URL of the request. Its \
         own sign-in log says more.",
    ),
    (
        "email_missing",
        "The assertion holds no email address, neither in an attribute nor as the NameID.",
        "Let the identity provider send the attribute `email`, or map the one that holds it.",
    ),
    (
        "profile_not_allowed_outside_organization",
        "The person's email address is in no verified domain of the organization.",
        "Verify the domain for the organization, or allow profiles outside of its domains.",
    ),
    (
        "signin_consent_denied",
        "The identity provider began the sign-in, and the person did not consent to it.",
        "Nothing, if it was them; else look who sends them here.",
    ),
    (
        "login_required",
        "Somebody else signed in than the application had asked for with its id_token_hint.",
        "Let the person sign out at the identity provider, and sign in as the one who is expected.",
    ),
    (
        "connection_unlinked",
        "The connection is switched off.",
        "Switch it on again, if people are to sign in with it.",
    ),
];

impl From<&Rejection> for Failure {
    fn from(rejected: &Rejection) -> Self {
        let Rejection { rule, got, expected, .. } = rejected.clone();
        Self { rule, got, expected, detail: None }
    }
}

impl Failure {
    /// A refusal after the answer itself was found good.
    pub(super) fn after(
        refused: &Refused,
        response: Option<&TraceResponse>,
        protocol: Protocol,
    ) -> Self {
        if protocol == Protocol::Saml {
            Self::after_saml(refused, response)
        } else {
            Self::after_oidc(refused, response)
        }
    }

    fn after_oidc(refused: &Refused, response: Option<&TraceResponse>) -> Self {
        let said = |read: fn(&TraceResponse) -> Option<String>| response.and_then(read);
        let (got, expected) = match refused.code {
            "email_missing" => (said(|it| Some(names(it))), "a claim with an email address"),
            "profile_not_allowed_outside_organization" => {
                (said(domain), "a verified domain of the organization")
            }
            _ => (None, ""),
        };
        let known = rejection::reason(refused.code).or(reason(refused.code).map(|it| it.0));
        Self {
            rule: 0,
            got: bounded(got.unwrap_or_default()),
            expected: expected.to_owned(),
            detail: known.is_none().then(|| sentence(&refused.detail)),
        }
    }

    fn after_saml(refused: &Refused, response: Option<&TraceResponse>) -> Self {
        let said = |read: fn(&TraceResponse) -> Option<String>| response.and_then(read);
        let (rule, got, expected) = match refused.code {
            "replay" => {
                (29, said(|it| it.assertion_id.clone()), "an assertion that was never used")
            }
            "in_response_to" => {
                (22, said(|it| it.in_response_to.clone()), "a sign-in that is not finished yet")
            }
            "transient_name_id" => {
                (30, said(|it| it.name_id_format.clone()), "a NameID that stays the same")
            }
            "email_missing" => {
                (30, said(|it| Some(names(it))), "an attribute or a NameID with an email address")
            }
            "profile_not_allowed_outside_organization" => {
                (30, said(domain), "a verified domain of the organization")
            }
            _ => (0, None, ""),
        };
        let known = rejected::reason(refused.code).is_some() || reason(refused.code).is_some();
        Self {
            rule,
            got: bounded(got.unwrap_or_default()),
            expected: expected.to_owned(),
            detail: (!known).then(|| sentence(&refused.detail)),
        }
    }

    /// Keeps what a refusal says beyond the kernel's own verdict, which has the same code.
    pub(super) fn says_more(&mut self, refused: &Refused) {
        let rule = format!("rule {}: ", self.rule);
        let same = refused.detail.strip_prefix(&rule).unwrap_or(&refused.detail);
        if !same.starts_with(refused.code) {
            self.detail = Some(sentence(&refused.detail));
        }
    }

    /// As it is told of a provider of this type.
    pub(super) fn told(self, code: String, connection_type: ConnectionType) -> TraceFailure {
        let own = reason(&code);
        let of_kernel = match connection_type.protocol() {
            Protocol::Saml => rejected::reason(&code),
            Protocol::Oidc | Protocol::OAuth => rejection::reason(&code),
        };
        let known = of_kernel.or(own.map(|(reason, _)| reason));
        let reason = self.detail.or_else(|| known.map(str::to_owned));
        let reason = reason.unwrap_or_else(|| "The answer was refused.".to_owned());
        let fix = preset::of(connection_type).fix(&code).or(own.map(|(_, fix)| fix));
        TraceFailure {
            rule: (self.rule > 0).then_some(self.rule),
            got: self.got,
            expected: self.expected,
            reason,
            fix: fix.map(str::to_owned),
            code,
        }
    }
}

/// What a refusal says, as a sentence of its own: without the rule, which stands beside it.
fn sentence(detail: &str) -> String {
    let bare = match detail.split_once(": ") {
        Some((rule, rest)) if rule.starts_with("rule ") => rest,
        _ => detail,
    };
    let mut text = bounded(bare.trim_end_matches('.').to_owned());
    if let Some(first) = text.chars().next() {
        text.replace_range(..first.len_utf8(), &first.to_uppercase().to_string());
    }
    text + "."
}

fn reason(code: &str) -> Option<(&'static str, &'static str)> {
    REASONS.iter().find(|(known, ..)| *known == code).map(|(_, reason, fix)| (*reason, *fix))
}

/// The names of the attributes that came.
fn names(response: &TraceResponse) -> String {
    let names: Vec<_> = response.attributes.iter().map(|it| it.name.as_str()).collect();
    if names.is_empty() { "no attributes".to_owned() } else { names.join(", ") }
}

/// The domain of the first email address that came.
fn domain(response: &TraceResponse) -> Option<String> {
    let values = response.attributes.iter().flat_map(|attribute| &attribute.values);
    let email = values.chain(&response.name_id).find_map(|text| Email::parse(text).ok())?;
    Some(email.domain().to_string())
}
