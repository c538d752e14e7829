//! `kernia saml decode`: a message taken apart, and held against a connection if one is named.
//! Nobody is signed in by it, and nothing is used up.

use std::path::PathBuf;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Subcommand;
use serde_json::{Value as Json, json};

use super::{
    Failure,
    connection::{failure, pretty, segment, told},
    input, instance,
    remote::Where,
    say,
};
use crate::saml::explain::{Explained, Kind, explain};

/// The largest message that is read, in bytes.
const MOST: usize = 2 * 1024 * 1024;

#[derive(Debug, Subcommand)]
pub(super) enum Saml {
    /// Explain a response, request or metadata from a file or standard input
    ///
    /// Takes XML, base64, the query or form that carried it, or the whole address of a redirect.
    /// With --connection a response is also checked against that connection, rule by rule; nobody
    /// is signed in, and nothing is used up. Exits with 1 when the check failed.
    Decode {
        /// The file; standard input, when none is given
        file: Option<PathBuf>,
        /// Check a response against this connection of the running server
        #[arg(long, value_name = "CONN")]
        connection: Option<String>,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        server: Where,
    },
}

pub(super) fn run(command: Saml) -> Result<(), Failure> {
    let Saml::Decode { file, connection, json: as_json, server } = command;
    let bytes = input::read(file.as_deref(), MOST)?;
    let message = explain(&bytes).map_err(|no| {
        Failure::new(format!("this is no SAML message that can be read: {no}")).hint(no.reason())
    })?;
    let checked = match &connection {
        None => None,
        Some(_) if message.kind != Kind::Response => {
            return Err(Failure::new("only a Response can be checked against a connection").code(2));
        }
        Some(connection) => {
            let path = format!("/kernia/v1/connections/{}/check", segment(connection));
            let body = json!({
                "saml_response": STANDARD.encode(&message.xml),
                "relay_state": message.relay_state,
            });
            let server = server.server()?;
            Some(instance::runtime()?.block_on(server.post(&path, &body))?)
        }
    };
    if as_json {
        let mut document = document(&message);
        document["check"] = checked.clone().unwrap_or_default();
        say(&pretty(&document));
    } else {
        say(&words(&message, checked.as_ref()));
    }
    match checked {
        Some(checked) if checked["failure"].is_object() => Err(Failure::new("")),
        _ => Ok(()),
    }
}

fn document(message: &Explained) -> Json {
    json!({
        "kind": message.kind.name(),
        "wrappings": message.wrappings,
        "relay_state": message.relay_state,
        "fields": message.fields.iter()
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect::<Vec<_>>(),
        "attributes": message.seen.iter().flat_map(|seen| &seen.attributes)
            .map(|one| json!({ "name": one.name, "values": one.values }))
            .collect::<Vec<_>>(),
        "certificates": message.certificates.iter()
            .map(|one| json!({
                "fingerprint": one.fingerprint, "subject": one.subject, "not_after": one.not_after,
            }))
            .collect::<Vec<_>>(),
        "xml": message.indented,
    })
}

fn words(message: &Explained, checked: Option<&Json>) -> String {
    let name = message.kind.name();
    let article = if name.starts_with(['A', 'E']) { "An" } else { "A" };
    let mut lines = vec![format!("{article} {name}")];
    if !message.wrappings.is_empty() {
        lines.push(format!("It came as {}.", message.wrappings.join(" in ")));
    }
    lines.push(String::new());
    let relay_state = message.relay_state.iter().map(|state| ("RelayState", state.as_str()));
    let fields = message.fields.iter().map(|(name, value)| (*name, value.as_str()));
    lines.extend(relay_state.chain(fields).map(|(name, value)| format!("  {name:<24} {value}")));
    for one in message.seen.iter().flat_map(|seen| &seen.attributes) {
        lines.push(format!("  {} = {}", one.name, one.values.join(", ")));
    }
    for one in &message.certificates {
        lines.push(format!(
            "  certificate (shown, not trusted): {}, until {}\n    {}",
            one.subject, one.not_after, one.fingerprint
        ));
    }
    lines.extend([String::new(), message.indented.clone()]);
    match checked {
        None if message.kind == Kind::Response => {
            lines.push("\nNothing was verified; --connection checks it.".to_owned());
        }
        None => {}
        Some(checked) => {
            let verdict = if failure(&checked["failure"]).is_empty() {
                "\nThis connection would accept it."
            } else {
                "\nThis connection refuses it."
            };
            lines.extend([verdict.to_owned(), String::new(), told(checked)]);
        }
    }
    lines.join("\n")
}
