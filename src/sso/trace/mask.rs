//! Personal data made unreadable before it is written, for good: a first letter and a length stay.
//! Groups stay as they are, and so do the names of attributes; what else an administrator needs to
//! mend a connection (addresses, audiences, times) is nobody's personal data.

use super::body::Body;
use crate::objects::{TraceAttribute, TraceResponse};

/// Attributes whose values say what somebody may do, and not who they are.
const GROUPS: &[&str] = &["group", "role", "memberof", "1.3.6.1.4.1.5923.1.5.1.1"];

/// What a provider words itself.
const REFUSALS: &[&str] = &["provider_refused", "client_refused", "grant_refused", "token_refused"];

/// What is refused because it names somebody else.
const NAMES_ANOTHER: &str = "user_info_subject";

/// Masks all that tells who it is. `groups` is the attribute that this connection maps to groups,
/// `code` that of the refusal.
pub(super) fn mask(body: &mut Body, groups: Option<&str>, code: Option<&str>) {
    body.masked = true;
    body.user_agent = None;
    body.address = None;
    let mut told = Vec::new();
    if let Some(response) = &mut body.response {
        mask_response(response, groups, &mut told);
    }
    // Longest first: a name may stand in an address.
    told.sort_by_key(|text: &String| std::cmp::Reverse(text.len()));
    if let Some(failure) = &mut body.failure {
        for text in [&mut failure.got, &mut failure.expected].into_iter().chain(&mut failure.detail)
        {
            *text = without(text, &told);
        }
        // A provider's own words about a person end the status, and what it refuses with.
        let its_own_words = failure.rule == 19 || code.is_some_and(|it| REFUSALS.contains(&it));
        if its_own_words && let Some((status, _)) = failure.got.split_once(": ") {
            failure.got = status.to_owned();
        }
        if code == Some(NAMES_ANOTHER) {
            failure.got = masked(&failure.got);
        }
    }
}

fn mask_response(response: &mut TraceResponse, groups: Option<&str>, told: &mut Vec<String>) {
    let mut hide = |text: &mut String| {
        let masked = masked(text);
        told.push(std::mem::replace(text, masked));
    };
    response.name_id.iter_mut().for_each(&mut hide);
    response.session_index.iter_mut().for_each(&mut hide);
    if let Some(status) = &mut response.status
        && let Some((short, _)) = status.split_once(": ")
    {
        *status = short.to_owned();
    }
    for attribute in &mut response.attributes {
        let keep = is_groups(attribute, groups);
        let personal = |value: &&mut String| !keep || value.contains('@');
        attribute.values.iter_mut().filter(personal).for_each(&mut hide);
    }
}

fn is_groups(attribute: &TraceAttribute, groups: Option<&str>) -> bool {
    let name = attribute.name.to_lowercase();
    groups == Some(&attribute.name) || GROUPS.iter().any(|word| name.contains(word))
}

/// `a…(13)`: its first letter and how many there are.
pub(super) fn masked(text: &str) -> String {
    match text.chars().next() {
        Some(first) => format!("{first}…({})", text.chars().count()),
        None => String::new(),
    }
}

/// A sentence without what was hidden elsewhere, and without anything like an email address.
fn without(text: &str, told: &[String]) -> String {
    let mut text = text.to_owned();
    for hidden in told.iter().filter(|hidden| hidden.chars().count() > 2) {
        text = text.replace(hidden.as_str(), &masked(hidden));
    }
    let word = |word: &str| if word.contains('@') { masked(word) } else { word.to_owned() };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
