//! From what the kernel saw of a response to what a trace keeps of it, within bounds.

use super::body::{MAX_STRANGE_TEXT, bounded, bounded_to, in_json};
use crate::{
    kit::time::Timestamp,
    objects::{TraceAttribute, TraceResponse},
    oidc,
    saml::{Attribute, journal::Seen},
    sso::statement::texts,
};

/// How many bytes of JSON the attributes take at most: of a response that was verified, and of one
/// that anybody may have sent.
const MAX_ATTRIBUTES: (usize, usize) = (40 * 1024, 2 * 1024);
/// How many bytes an attribute takes beside its texts: keys, quotes, brackets.
const AROUND_ATTRIBUTE: usize = 72;
/// How many bytes a value takes beside its text: quotes and a comma.
const AROUND_VALUE: usize = 3;
/// The most audiences, and algorithms: of a response that was verified, and of any other.
const MAX_LISTED: (usize, usize) = (8, 4);

/// What is kept of it.
pub(super) fn kept(seen: Seen) -> TraceResponse {
    let verified = seen.verified;
    let bounded = |text| if verified { bounded(text) } else { bounded_to(text, MAX_STRANGE_TEXT) };
    let text = |text: Option<String>| text.map(bounded);
    let most = if verified { MAX_LISTED.0 } else { MAX_LISTED.1 };
    let listed = |texts: Vec<String>| texts.into_iter().take(most).map(bounded).collect();
    let room = if verified { MAX_ATTRIBUTES.0 } else { MAX_ATTRIBUTES.1 };
    let (attributes, attributes_left_out) = attributes(seen.attributes, room);
    TraceResponse {
        verified,
        id: text(seen.response_id),
        issuer: text(seen.issuer),
        destination: text(seen.destination),
        in_response_to: text(seen.in_response_to),
        status: text(seen.status),
        assertion_id: text(seen.assertion_id),
        name_id: text(seen.name_id),
        name_id_format: text(seen.name_id_format),
        audiences: listed(seen.audiences),
        not_before: text(seen.not_before),
        not_on_or_after: text(seen.not_on_or_after),
        issued_at: None,
        key_id: None,
        authn_instant: text(seen.authn_instant),
        session_index: text(seen.session_index),
        encrypted: seen.encrypted,
        signed: listed(seen.signed),
        algorithms: listed(seen.algorithms),
        attributes,
        attributes_left_out,
    }
}

/// Claims that are told in places of their own, or mean nothing to a reader.
const TOLD: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "azp",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
    "auth_time",
];

/// What is kept of an ID token, once one came; its claims, where a signature that was verified covers
/// them.
pub(super) fn kept_of_token(seen: &oidc::journal::Seen) -> Option<TraceResponse> {
    if seen.algorithm.is_none() && seen.claims.is_empty() {
        return None;
    }
    let verified = seen.verified;
    let bounded = |text: &str| {
        let text = text.to_owned();
        if verified { bounded(text) } else { bounded_to(text, MAX_STRANGE_TEXT) }
    };
    let text = |name: &str| seen.text(name).map(bounded);
    let time = |name: &str| {
        let seconds = seen.claims.get(name)?.as_i64()?;
        Some(Timestamp::from_millis(seconds.checked_mul(1000)?).to_string())
    };
    let most = if verified { MAX_LISTED.0 } else { MAX_LISTED.1 };
    let claims = seen.claims.iter().filter(|(name, _)| verified && !TOLD.contains(&name.as_str()));
    let claims = claims.map(|(name, value)| Attribute {
        name: name.clone(),
        friendly_name: None,
        values: if value.is_object() { vec![value.to_string()] } else { texts(value) },
    });
    let (attributes, attributes_left_out) = attributes(claims.collect(), MAX_ATTRIBUTES.0);
    Some(TraceResponse {
        verified,
        issuer: text("iss"),
        name_id: text("sub").filter(|_| verified),
        audiences: seen.audiences().into_iter().take(most).map(bounded).collect(),
        not_before: time("nbf"),
        not_on_or_after: time("exp"),
        issued_at: time("iat"),
        authn_instant: time("auth_time"),
        session_index: text("sid"),
        key_id: seen.key_id.as_deref().map(bounded),
        algorithms: seen.algorithm.iter().map(|name| bounded(name)).collect(),
        attributes,
        attributes_left_out,
        ..TraceResponse::default()
    })
}

/// As many as there is room for, in their order, and how many there is none for. An attribute with
/// many values keeps its first ones.
fn attributes(all: Vec<Attribute>, mut room: usize) -> (Vec<TraceAttribute>, usize) {
    let mut kept = Vec::with_capacity(all.len().min(64));
    let mut left_out = 0;
    for attribute in all {
        let friendly = attribute.friendly_name.as_deref().map_or(0, in_json);
        let around = AROUND_ATTRIBUTE + in_json(&attribute.name) + friendly;
        if left_out > 0 || around > room {
            left_out += 1;
            continue;
        }
        room -= around;
        let came = attribute.values.len();
        let mut values = attribute.values;
        let fits = values.iter().take_while(|value| {
            let takes = AROUND_VALUE + in_json(value);
            let fits = takes <= room;
            room -= if fits { takes } else { 0 };
            fits
        });
        let fit = fits.count();
        values.truncate(fit);
        kept.push(TraceAttribute {
            name: attribute.name,
            friendly_name: attribute.friendly_name,
            values,
            values_left_out: came - fit,
        });
    }
    (kept, left_out)
}
