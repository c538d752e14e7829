//! `kernia connection traces`: what happened at sign-ins, as a list or one of them in full.

use serde_json::Value as Json;

use super::{Failure, Remote, pretty, segment, text};
use crate::cli::{say, table};

pub(super) async fn list(
    server: &Remote,
    path: &str,
    (failed, limit): (bool, u32),
    as_json: bool,
) -> Result<(), Failure> {
    let only = if failed { "&outcome=failed" } else { "" };
    let mut found = server.get(&format!("{path}?limit={}{only}", limit.clamp(1, 100))).await?;
    if as_json {
        say(&pretty(&found["data"].take()));
        return Ok(());
    }
    let traces = found["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let rows: Vec<_> = traces
        .iter()
        .map(|trace| {
            let mut row = ["created_at", "outcome", "code"].map(|name| text(trace, name)).to_vec();
            row.push(text(&trace["response"], "name_id"));
            row.push(text(trace, "id"));
            row
        })
        .collect();
    table::print(&["time", "outcome", "code", "name id", "trace"], &rows);
    Ok(())
}

pub(super) async fn one(server: &Remote, trace: &str, as_json: bool) -> Result<(), Failure> {
    let found = server.get(&format!("/kernia/v1/traces/{}", segment(trace))).await?;
    say(&if as_json { pretty(&found) } else { told(&found) });
    Ok(())
}

/// A trace as a person reads it: the failure first, then the steps, then what came.
pub(crate) fn told(trace: &Json) -> String {
    let mut lines = failure(&trace["failure"]);
    for step in trace["steps"].as_array().into_iter().flatten() {
        let mark = if step["ok"] == false { "✗" } else { "✓" };
        let took = step["ms"].as_f64().map_or(String::new(), |ms| format!("  {ms} ms"));
        lines.push(format!("  {mark} {}{took}", text(step, "name")));
    }
    if let Some(response) = trace["response"].as_object() {
        lines.push(String::new());
        for (name, value) in response.iter().filter(|(name, _)| *name != "attributes") {
            field(&mut lines, name, value);
        }
    }
    for attribute in trace["response"]["attributes"].as_array().into_iter().flatten() {
        let values = attribute["values"].as_array().into_iter().flatten();
        let values: Vec<_> = values.filter_map(Json::as_str).collect();
        lines.push(format!("  {} = {}", text(attribute, "name"), values.join(", ")));
    }
    lines.join("\n")
}

/// Why it failed; nothing, where it did not.
pub(crate) fn failure(failure: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, label) in [
        ("code", "Code"),
        ("reason", "Reason"),
        ("got", "Got"),
        ("expected", "Expected"),
        ("fix", "Fix"),
    ] {
        if let Some(text) = failure[name].as_str().filter(|text| !text.is_empty()) {
            lines.push(format!("{label:<9} {text}"));
        }
    }
    if let Some(rule) = failure["rule"].as_u64().filter(|rule| *rule > 0) {
        lines.push(format!("{:<9} {rule} of docs/saml-checks.md", "Rule"));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

fn field(lines: &mut Vec<String>, name: &str, value: &Json) {
    let shown = match value {
        Json::Null => return,
        Json::Number(number) if number.as_u64() == Some(0) => return,
        Json::String(text) => text.clone(),
        Json::Array(all) => all.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    if !shown.is_empty() {
        lines.push(format!("  {name:<18} {shown}"));
    }
}
