//! From whatever somebody copied out of a browser or a log to the XML in it.

use std::string::FromUtf8Error;

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;

use super::unreadable;
use crate::saml::{binding, metadata, rejected::Rejected};

/// The largest input and the largest XML, in bytes.
const MAX_BYTES: usize = metadata::MAX_BYTES;
/// The parameters that carry a message.
const MESSAGES: [&str; 2] = ["SAMLResponse", "SAMLRequest"];
/// The longest parameter that is shown.
const MAX_SHOWN: usize = 1024;

/// What was inside.
#[derive(Debug, Default)]
pub(super) struct Unwrapped {
    pub(super) xml: String,
    pub(super) wrappings: Vec<&'static str>,
    pub(super) relay_state: Option<String>,
    /// What else came along and says something.
    pub(super) parameters: Vec<(&'static str, String)>,
}

/// Takes off an address, a form, percent-encoding, base64 and deflate, as far as they are there.
pub(super) fn unwrap(bytes: &[u8]) -> Result<Unwrapped, Rejected> {
    if bytes.len() > MAX_BYTES {
        return Err(unreadable("more than 1 MB"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| unreadable("other bytes than UTF-8"))?;
    let text = text.trim_start_matches('\u{feff}').trim();
    let mut found = Unwrapped::default();
    if text.starts_with('<') {
        text.clone_into(&mut found.xml);
        return Ok(found);
    }
    let encoded = found.message_of(text)?;
    let compact: String = encoded.split_ascii_whitespace().collect();
    let bytes =
        STANDARD.decode(compact.as_bytes()).map_err(|_| unreadable("neither XML nor base64"))?;
    found.wrappings.push("base64");
    let looks_like_xml =
        |text: &str| text.trim_start_matches('\u{feff}').trim_start().starts_with('<');
    found.xml = match String::from_utf8(bytes) {
        Ok(text) if looks_like_xml(&text) => text,
        other => {
            let bytes = other.map_or_else(FromUtf8Error::into_bytes, String::into_bytes);
            found.wrappings.push("deflate");
            binding::inflated_bytes(&bytes)
                .ok_or_else(|| unreadable("base64 of neither XML nor deflated XML"))?
        }
    };
    Ok(found)
}

impl Unwrapped {
    /// The value that carries the message, out of an address, a query or a form; or the text
    /// itself, when it is none of them.
    fn message_of(&mut self, text: &str) -> Result<String, Rejected> {
        let is_address = text.starts_with("http://") || text.starts_with("https://");
        let query = match text.split_once('?') {
            Some((_, query)) if is_address => {
                self.wrappings.push("url");
                query.split('#').next().unwrap_or_default()
            }
            _ => text,
        };
        let pairs: Vec<(&str, &str)> =
            query.split(['&', '\n']).filter_map(|pair| pair.trim().split_once('=')).collect();
        let message = pairs.iter().find(|(name, _)| MESSAGES.contains(name));
        let Some((_, message)) = message else {
            if is_address {
                return Err(unreadable("an address without SAMLRequest or SAMLResponse"));
            }
            return Ok(if text.contains('%') { decoded(text) } else { text.to_owned() });
        };
        if !is_address {
            self.wrappings.push("form");
        }
        for (name, value) in &pairs {
            match *name {
                "RelayState" => self.relay_state = Some(decoded(&value.replace('+', " "))),
                "SigAlg" => self.parameters.push(("SigAlg", shown(value))),
                "Signature" => self.parameters.push(("Signature", shown(value))),
                _ => {}
            }
        }
        // A copied base64 may hold its plus signs as they are, and none of it is a space.
        Ok(decoded(message))
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn shown(value: &str) -> String {
    decoded(value).chars().take(MAX_SHOWN).collect()
}
