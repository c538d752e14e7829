//! From what the kernel saw of a response to what a trace keeps of it, within bounds.

use super::body::{MAX_STRANGE_TEXT, bounded, bounded_to, in_json};
use crate::{
    objects::{TraceAttribute, TraceResponse},
    saml::{Attribute, journal::Seen},
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
        authn_instant: text(seen.authn_instant),
        session_index: text(seen.session_index),
        encrypted: seen.encrypted,
        signed: listed(seen.signed),
        algorithms: listed(seen.algorithms),
        attributes,
        attributes_left_out,
    }
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
