//! The `AuthnRequest` that starts a sign-in, and its way over HTTP-Redirect.
//! Reading one back is for an identity provider in a demonstration; it verifies nothing.

use std::{
    borrow::Cow,
    io::{Read as _, Write as _},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use samael::{metadata::HTTP_POST_BINDING, schema, traits::ToXml};

use super::{
    rejected::Rejected,
    xml::{self, SAML, SAMLP},
};
use crate::kit::time::Timestamp;

/// The longest request that is inflated, in bytes.
const MAX_INFLATED: u64 = 64 * 1024;
/// All but the unreserved characters of RFC 3986 §2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Our question to an identity provider: who is this (SAML Core §3.4.1)?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthnRequest {
    /// A fresh ID; see [`request_id`].
    pub id: String,
    /// When it was made; sent in whole seconds.
    pub issued_at: Timestamp,
    /// The identity provider's address for HTTP-Redirect; it may have a query already.
    pub destination: String,
    /// Where the response is to be posted.
    pub acs_url: String,
    /// Our entity ID.
    pub issuer: String,
    /// Whether the person must sign in anew (`prompt=login`).
    pub force_authn: bool,
}

/// The ID of a request: `_` and 128 random bits in hex. It never starts with a digit, which Entra
/// and XML refuse.
#[must_use]
pub fn request_id(random: [u8; 16]) -> String {
    format!("_{:032x}", u128::from_be_bytes(random))
}

impl AuthnRequest {
    /// The address to send the browser to (SAML Bindings §3.4.4). An empty `relay_state` is left
    /// out; `extra_query` is for a provider's own parameters, such as a login hint.
    #[must_use]
    pub fn redirect_url(&self, relay_state: &str, extra_query: &[(&str, &str)]) -> String {
        let request = STANDARD.encode(deflated(&self.xml()));
        let mut query = vec![("SAMLRequest", request.as_str())];
        if !relay_state.is_empty() {
            query.push(("RelayState", relay_state));
        }
        query.extend_from_slice(extra_query);
        let mut url = self.destination.clone();
        for (name, value) in query {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.extend(utf8_percent_encode(name, RESERVED));
            url.push('=');
            url.extend(utf8_percent_encode(value, RESERVED));
        }
        url
    }

    /// The request as XML.
    #[expect(clippy::expect_used, reason = "our own values are written to memory")]
    fn xml(&self) -> String {
        let instant = self.issued_at.to_seconds_text();
        let request = schema::AuthnRequest {
            id: self.id.clone(),
            version: "2.0".to_owned(),
            issue_instant: instant.parse().expect("a time of our own can be read"),
            destination: Some(self.destination.clone()),
            issuer: Some(schema::Issuer {
                // The writer escapes attributes, but takes this text as it is.
                value: Some(escaped(&self.issuer).into_owned()),
                ..schema::Issuer::default()
            }),
            force_authn: self.force_authn.then_some(true),
            assertion_consumer_service_url: Some(self.acs_url.clone()),
            protocol_binding: Some(HTTP_POST_BINDING.to_owned()),
            consent: None,
            signature: None,
            subject: None,
            name_id_policy: None,
            conditions: None,
            requested_authn_context: None,
            is_passive: None,
            assertion_consumer_service_index: None,
            attribute_consuming_service_index: None,
            provider_name: None,
        };
        let xml = request.to_string().expect("a request of our own can be written");
        // The writer adds milliseconds, of which there are none.
        xml.replacen(&instant.replace('Z', ".000Z"), &instant, 1)
    }

    /// Reads the `SAMLRequest` of a redirect, percent-decoded already. It is not verified, and
    /// inflated to 64 kB at most.
    pub fn parse_redirect(saml_request: &str) -> Result<Self, Rejected> {
        let text = inflated(saml_request).ok_or_else(|| unreadable("no deflated base64"))?;
        let doc = xml::parse(&text, 1_000)?;
        let root = doc.document_element().filter(|&it| xml::is(&doc, it, SAMLP, "AuthnRequest"));
        let root = root.ok_or_else(|| unreadable("another message"))?;
        let needed = |name: &str| {
            let value = xml::attribute(&doc, root, name).map(str::to_owned);
            value.ok_or_else(|| unreadable(&format!("no {name}")))
        };
        let issuer = xml::named(&doc, root, SAML, "Issuer").next();
        let issuer = issuer.ok_or_else(|| unreadable("no Issuer"))?;
        let force = xml::attribute(&doc, root, "ForceAuthn");
        Ok(Self {
            id: needed("ID")?,
            issued_at: Timestamp::parse(&needed("IssueInstant")?)
                .ok_or_else(|| unreadable("a time without a zone"))?,
            destination: needed("Destination")?,
            acs_url: needed("AssertionConsumerServiceURL")?,
            issuer: xml::text(&doc, issuer)?,
            force_authn: matches!(force, Some("true" | "1")),
        })
    }
}

fn unreadable(got: &str) -> Rejected {
    Rejected::new(0, "request_unreadable", got, "a samlp:AuthnRequest")
}

fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>']) {
        return text.into();
    }
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").into()
}

#[expect(clippy::expect_used, reason = "writing to memory does not fail")]
fn deflated(xml: &str) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(xml.as_bytes()).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

fn inflated(saml_request: &str) -> Option<String> {
    let bytes = STANDARD.decode(saml_request).ok()?;
    let mut text = String::new();
    DeflateDecoder::new(&bytes[..]).take(MAX_INFLATED + 1).read_to_string(&mut text).ok()?;
    (text.len() as u64 <= MAX_INFLATED).then_some(text)
}
