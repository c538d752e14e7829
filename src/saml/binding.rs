//! How messages travel: HTTP-Redirect (SAML Bindings §3.4) and HTTP-POST (§3.5).
//! Encoding and bounded decoding; what a message means is read elsewhere.

use std::io::{Read as _, Write as _};

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The name of HTTP-Redirect.
pub(super) const HTTP_REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
/// The name of HTTP-POST.
pub(super) const HTTP_POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
/// The largest message that is inflated, in bytes.
const MAX_INFLATED: u64 = 64 * 1024;
/// All but the unreserved characters of RFC 3986 §2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How a message travels to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Binding {
    /// In the query of an address.
    Redirect,
    /// In a form that the browser posts.
    Post,
}

impl Binding {
    /// Its name in metadata.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::Redirect => HTTP_REDIRECT,
            Self::Post => HTTP_POST,
        }
    }
}

/// The value of a message in a query, deflated and in base64, not yet percent-encoded.
#[expect(clippy::expect_used, reason = "writing to memory does not fail")]
pub(super) fn deflated(xml: &str) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(xml.as_bytes()).expect("memory takes all");
    STANDARD.encode(encoder.finish().expect("memory takes all"))
}

/// The message in the value of a query parameter, percent-decoded already; at most 64 kB.
pub(super) fn inflated(value: &str) -> Option<String> {
    inflated_bytes(&STANDARD.decode(value).ok()?)
}

/// The text that these bytes inflate to, at most 64 kB.
pub(super) fn inflated_bytes(bytes: &[u8]) -> Option<String> {
    let mut text = String::new();
    DeflateDecoder::new(bytes).take(MAX_INFLATED + 1).read_to_string(&mut text).ok()?;
    (text.len() as u64 <= MAX_INFLATED).then_some(text)
}

/// `name=value&name=value`, percent-encoded; an empty value is left out.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        if !out.is_empty() {
            out.push('&');
        }
        out.extend(utf8_percent_encode(name, RESERVED));
        out.push('=');
        out.extend(utf8_percent_encode(value, RESERVED));
    }
    out
}

/// `address` with `query` behind whatever query it has already.
pub(super) fn with_query(address: &str, query: &str) -> String {
    if query.is_empty() {
        return address.to_owned();
    }
    format!("{address}{}{query}", if address.contains('?') { '&' } else { '?' })
}
