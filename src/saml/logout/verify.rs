//! Logout messages of a provider: believed only when a pinned certificate signed them, by the query
//! that carried them or by a signature of their root, and only when they are for us and in time.

use std::{borrow::Cow, collections::HashMap, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use uppsala::{Document, NodeId};

use super::{Arrived, LogoutRequest, LogoutResponse};
use crate::{
    kit::time::Timestamp,
    saml::{
        binding,
        claims::{self, NameId},
        conditions, envelope,
        rejected::Rejected,
        response, shape, signature,
        trust::{Trust, Verified},
        xml::{self, SAML, SAMLP},
    },
};

/// The most nodes of a logout message, and the most sessions that it names.
const MAX_NODES: usize = 2_000;
const MAX_SESSIONS: usize = 500;
/// The longest query, in bytes.
const MAX_QUERY: usize = 64 * 1024;
/// The longest ID.
const MAX_ID: usize = 256;
/// How old a message may be (rule 28).
const MAX_AGE: Duration = Duration::from_hours(1);

/// Judges a `LogoutRequest` of the provider: only one that is signed by a pinned certificate, for
/// one of `logout_urls` and in time is believed. One-time use of its ID is left to the caller.
pub fn verify_request(
    trust: &Trust,
    logout_urls: &[String],
    arrived: &Arrived<'_>,
    now: Timestamp,
) -> Result<Verified<LogoutRequest>, Rejected> {
    let text = believed_bytes(trust, arrived, ("SAMLRequest", "LogoutRequest"))?;
    let doc = xml::parse(&text, MAX_NODES)?;
    let message = Message::read(&doc, "LogoutRequest", trust, (logout_urls, now))?;
    let root = message.root;
    let end = xml::attribute(&doc, root, "NotOnOrAfter");
    let end = end.map(|text| conditions::time(28, text)).transpose()?;
    if let Some(end) = end {
        conditions::not_past(28, "expired", end, now)?;
    }
    let sessions = xml::named(&doc, root, SAMLP, "SessionIndex").take(MAX_SESSIONS + 1);
    let session_indexes: Vec<String> =
        sessions.map(|node| xml::text(&doc, node)).collect::<Result<_, _>>()?;
    if session_indexes.len() > MAX_SESSIONS {
        let most = format!("at most {MAX_SESSIONS}");
        return Err(Rejected::new(31, "too_complex", "more sessions", most));
    }
    Ok(Verified::new(LogoutRequest {
        name_id: name_id(&doc, root)?,
        session_indexes,
        not_on_or_after: end,
        id: message.id,
        issued_at: message.issued_at,
        destination: message.destination,
        issuer: trust.identity_provider().to_owned(),
    }))
}

/// Judges the provider's answer to our request `in_response_to`. Whether it succeeded is for the
/// caller to read.
pub fn verify_response(
    trust: &Trust,
    logout_urls: &[String],
    arrived: &Arrived<'_>,
    in_response_to: &str,
    now: Timestamp,
) -> Result<Verified<LogoutResponse>, Rejected> {
    let text = believed_bytes(trust, arrived, ("SAMLResponse", "LogoutResponse"))?;
    let doc = xml::parse(&text, MAX_NODES)?;
    let message = Message::read(&doc, "LogoutResponse", trust, (logout_urls, now))?;
    let answered = xml::attribute(&doc, message.root, "InResponseTo").unwrap_or("none");
    if answered != in_response_to {
        return Err(Rejected::new(22, "in_response_to", answered, in_response_to));
    }
    Ok(Verified::new(LogoutResponse {
        success: envelope::status(&doc, message.root).is_ok(),
        id: message.id,
        issued_at: message.issued_at,
        destination: message.destination,
        issuer: trust.identity_provider().to_owned(),
        in_response_to: answered.to_owned(),
    }))
}

/// The XML of a message whose signature verifies; by POST only the bytes that were signed.
fn believed_bytes(
    trust: &Trust,
    arrived: &Arrived<'_>,
    (parameter, name): (&'static str, &str),
) -> Result<String, Rejected> {
    match arrived {
        Arrived::Redirect { raw_query } => signed_query(trust, raw_query, parameter),
        Arrived::Post { form_value, .. } => {
            let text = response::decode(form_value)?;
            let doc = xml::parse(&text, MAX_NODES)?;
            let root = root(&doc, name)?;
            let marks = shape::examine_message(&doc, root)?;
            let signatures = signature::examine(&doc, &marks, trust.allow_sha1)?;
            let proofs = signature::verify(&doc, &signatures, &trust.pinned)?;
            let proof = proofs.into_iter().next().ok_or_else(unsigned)?;
            Ok(proof.bytes)
        }
    }
}

fn unsigned() -> Rejected {
    Rejected::new(13, "unsigned", "no signature", "a signed logout message")
}

/// The message of a query whose signature verifies over the bytes exactly as they came: the
/// parameters in the order of the standard, each as it was encoded (SAML Bindings §3.4.4.1).
fn signed_query(
    trust: &Trust,
    raw_query: &str,
    parameter: &'static str,
) -> Result<String, Rejected> {
    let bad = |got: &str| Rejected::new(1, "bad_form", got, "each parameter once");
    if raw_query.len() > MAX_QUERY {
        return Err(Rejected::new(1, "too_large", "more than 64 kB", "a shorter query"));
    }
    let mut raw: HashMap<&str, &str> = HashMap::new();
    for pair in raw_query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // A name in another spelling would be the same parameter to other software.
        let plain = decoded(name).ok_or_else(|| bad("a name that is not UTF-8"))?;
        let known = [parameter, "RelayState", "SigAlg", "Signature", "SAMLEncoding"];
        let Some(&known) = known.iter().find(|it| **it == plain) else { continue };
        if plain != name || raw.insert(known, value).is_some() {
            return Err(bad(&format!("{known} twice or in another spelling")));
        }
    }
    let value = |name: &str| raw.get(name).and_then(|value| decoded(value));
    let message = value(parameter).ok_or_else(|| bad(&format!("no {parameter}")))?;
    let deflate = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";
    if value("SAMLEncoding").is_some_and(|it| it != deflate) {
        return Err(bad("another SAMLEncoding"));
    }
    let (Some(algorithm), Some(base64)) = (value("SigAlg"), value("Signature")) else {
        return Err(unsigned());
    };
    signature::algorithm_allowed(&algorithm, &signature::SIGNATURES, trust.allow_sha1)?;
    let names = [parameter, "RelayState", "SigAlg"];
    let signed: Vec<String> = names
        .into_iter()
        .filter_map(|name| raw.get(name).map(|value| format!("{name}={value}")))
        .collect();
    // What is not base64 verifies no more than other bytes do.
    let bytes = STANDARD.decode(base64.replace(' ', "+")).unwrap_or_default();
    signature::detached(&trust.pinned, &algorithm, signed.join("&").as_bytes(), &bytes)?;
    // Base64 whose plus signs came as they are reads as spaces.
    let text = binding::inflated(&message.replace(' ', "+"));
    text.ok_or_else(|| Rejected::new(2, "not_base64", parameter, "deflated base64"))
}

fn decoded(raw: &str) -> Option<Cow<'_, str>> {
    let raw =
        if raw.contains('+') { Cow::Owned(raw.replace('+', " ")) } else { Cow::Borrowed(raw) };
    percent_decode_str(&raw).decode_utf8().ok().map(|text| Cow::Owned(text.into_owned()))
}

fn root(doc: &Document<'_>, name: &str) -> Result<NodeId, Rejected> {
    let found = doc.document_element();
    found.filter(|&node| xml::is(doc, node, SAMLP, name)).ok_or_else(|| {
        let got = found.map_or("nothing", |node| xml::name(doc, node));
        Rejected::new(4, "logout_unreadable", got, format!("samlp:{name}"))
    })
}

/// What both messages have in common.
struct Message {
    root: NodeId,
    id: String,
    issued_at: Timestamp,
    destination: String,
}

impl Message {
    /// Rules 6, 17, 18, 20 and 28 for a message that is signed.
    fn read(
        doc: &Document<'_>,
        name: &str,
        trust: &Trust,
        (logout_urls, now): (&[String], Timestamp),
    ) -> Result<Self, Rejected> {
        let root = root(doc, name)?;
        let of = |name| xml::attribute(doc, root, name).unwrap_or_default();
        if !(1..=MAX_ID).contains(&of("ID").len()) {
            return Err(Rejected::new(6, "bad_id", of("ID"), "an ID of at most 256 characters"));
        }
        if of("Version") != "2.0" {
            return Err(Rejected::new(17, "version", of("Version"), "2.0"));
        }
        let issuers = claims::issuers(doc, root)?;
        conditions::from_provider(&issuers, trust)?;
        if !logout_urls.iter().any(|url| url == of("Destination")) {
            let expected = logout_urls.join(", ");
            return Err(Rejected::new(20, "destination", of("Destination"), expected));
        }
        let issued_at = conditions::time(28, of("IssueInstant"))?;
        conditions::not_ahead(28, issued_at, now)?;
        if now > issued_at + MAX_AGE {
            let expected = format!("after {}", now - MAX_AGE);
            return Err(Rejected::new(28, "expired", issued_at.to_string(), expected));
        }
        let (id, destination) = (of("ID").to_owned(), of("Destination").to_owned());
        Ok(Self { root, id, issued_at, destination })
    }
}

/// Rules 16 and 30 for a logout: one plain `NameID`.
fn name_id(doc: &Document<'_>, root: NodeId) -> Result<NameId, Rejected> {
    if xml::named(doc, root, SAML, "EncryptedID").next().is_some() {
        return Err(Rejected::new(16, "encrypted_attribute", "EncryptedID", "a plain one"));
    }
    let mut names = xml::named(doc, root, SAML, "NameID");
    let (Some(node), None) = (names.next(), names.next()) else {
        return Err(Rejected::new(30, "name_id", "another number of NameIDs", "one NameID"));
    };
    let name = NameId {
        value: xml::text(doc, node)?,
        format: xml::attribute(doc, node, "Format").map(str::to_owned),
    };
    conditions::good_name(&name)?;
    Ok(name)
}
