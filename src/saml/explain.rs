//! Any form of a SAML message, taken apart for a person who looks for a fault.
//! Nothing is verified here, and nothing that is read here may be believed.

mod fields;
mod unwrap;

use std::fmt::Write as _;

use base64::{Engine, engine::general_purpose::STANDARD};
use uppsala::{Document, NodeId, NodeKind};

use super::{
    certificate::Certificate,
    journal::Seen,
    rejected::Rejected,
    write,
    xml::{self, DS, MD, SAMLP},
};
use crate::kit::time::Timestamp;

/// The most nodes of a message.
const MAX_NODES: usize = 60_000;
/// The most certificates that are shown.
const MAX_CERTIFICATES: usize = 32;
/// Where the indented text ends at the latest, in bytes.
const MAX_INDENTED: usize = 2 * 1024 * 1024;

/// What sort of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A provider's answer to a sign-in.
    Response,
    /// The question that starts one.
    AuthnRequest,
    /// The wish to end sessions.
    LogoutRequest,
    /// The answer to that.
    LogoutResponse,
    /// What a provider, or we, say about themselves.
    Metadata,
}

impl Kind {
    fn of(doc: &Document<'_>, root: NodeId) -> Option<Self> {
        let known = [
            (SAMLP, "Response", Self::Response),
            (SAMLP, "AuthnRequest", Self::AuthnRequest),
            (SAMLP, "LogoutRequest", Self::LogoutRequest),
            (SAMLP, "LogoutResponse", Self::LogoutResponse),
            (MD, "EntityDescriptor", Self::Metadata),
            (MD, "EntitiesDescriptor", Self::Metadata),
        ];
        let found =
            known.into_iter().find(|(namespace, name, _)| xml::is(doc, root, namespace, name));
        found.map(|(_, _, kind)| kind)
    }

    /// Its name in XML.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Response => "Response",
            Self::AuthnRequest => "AuthnRequest",
            Self::LogoutRequest => "LogoutRequest",
            Self::LogoutResponse => "LogoutResponse",
            Self::Metadata => "EntityDescriptor",
        }
    }
}

/// A message, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// What it is.
    pub kind: Kind,
    /// The wrappings that were taken off, outermost first: `url`, `form`, `base64`, `deflate`.
    pub wrappings: Vec<&'static str>,
    /// The relay state that came along.
    pub relay_state: Option<String>,
    /// The XML as it came.
    pub xml: String,
    /// The same, one element a line. For eyes only: a signature does not survive it.
    pub indented: String,
    /// What it says, by the names of the standard, in the order in which it stands there.
    pub fields: Vec<(&'static str, String)>,
    /// What a response says, as a trace shows it.
    pub seen: Option<Seen>,
    /// The certificates in it. Not trusted, only shown: anybody can put one into a message.
    pub certificates: Vec<ShownCertificate>,
}

/// A certificate that stands in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCertificate {
    /// The SHA-256 of its DER, as consoles show it.
    pub fingerprint: String,
    /// The distinguished name of its subject.
    pub subject: String,
    /// Until when it is valid.
    pub not_after: Timestamp,
}

/// Takes a message apart: XML, base64, deflated base64, a query or form with `SAMLRequest` or
/// `SAMLResponse`, or the whole address of a redirect.
pub fn explain(bytes: &[u8]) -> Result<Explained, Rejected> {
    let unwrapped = unwrap::unwrap(bytes)?;
    let xml = unwrapped.xml;
    let doc = xml::parse(&xml, MAX_NODES)?;
    let root = doc.document_element().ok_or_else(|| unreadable("nothing"))?;
    let kind = Kind::of(&doc, root).ok_or_else(|| unreadable(xml::name(&doc, root)))?;
    let seen = (kind == Kind::Response).then(|| {
        let mut seen = Seen::default();
        seen.read_response(&doc);
        seen.read_unverified(&doc);
        seen
    });
    let (certificates, refused) = certificates(&doc);
    let mut fields = fields::of(&doc, root, kind);
    fields.extend(unwrapped.parameters);
    fields.extend(refused);
    let indented = indented(&doc, root);
    let (wrappings, relay_state) = (unwrapped.wrappings, unwrapped.relay_state);
    Ok(Explained { kind, wrappings, relay_state, xml, indented, fields, seen, certificates })
}

impl Explained {
    /// The message as the value of a posted form field, to be judged against a connection.
    #[must_use]
    pub fn form_value(&self) -> String {
        STANDARD.encode(&self.xml)
    }
}

fn unreadable(got: &str) -> Rejected {
    let expected = "a SAML message: its XML, base64, form or address";
    Rejected::new(0, "message_unreadable", got, expected)
}

/// The certificates of a message, and a field for each that may not be taken.
fn certificates(doc: &Document<'_>) -> (Vec<ShownCertificate>, Vec<(&'static str, String)>) {
    let (mut shown, mut refused) = (Vec::<ShownCertificate>::new(), Vec::new());
    let all = doc.descendants(doc.root());
    let nodes = all.into_iter().filter(|&node| xml::is(doc, node, DS, "X509Certificate"));
    for node in nodes.take(MAX_CERTIFICATES) {
        match xml::text(doc, node).and_then(|text| Certificate::parse_base64(&text)) {
            Ok(certificate) => {
                let fingerprint = certificate.fingerprint();
                if shown.iter().any(|known| known.fingerprint == fingerprint) {
                    continue;
                }
                let (subject, not_after) =
                    (certificate.subject().to_owned(), certificate.not_after());
                shown.push(ShownCertificate { fingerprint, subject, not_after });
            }
            Err(no) => refused.push(("X509Certificate", no.to_string())),
        }
    }
    (shown, refused)
}

/// The document with one element a line; an element with text alone stays on its line.
fn indented(doc: &Document<'_>, root: NodeId) -> String {
    let mut out = String::new();
    indent(doc, root, 0, &mut out);
    if out.len() > MAX_INDENTED {
        out.push_str("\u{2026}\n");
    }
    out
}

fn indent(doc: &Document<'_>, node: NodeId, depth: usize, out: &mut String) {
    if out.len() > MAX_INDENTED {
        return;
    }
    let space = "  ".repeat(depth);
    let Some(element) = doc.element(node) else {
        match doc.node_kind(node) {
            Some(NodeKind::Text(text) | NodeKind::CData(text)) if !text.trim().is_empty() => {
                _ = writeln!(out, "{space}{}", write::text(text.trim()));
            }
            Some(NodeKind::Comment(text)) => _ = writeln!(out, "{space}<!--{text}-->"),
            _ => {}
        }
        return;
    };
    let name = element.name.prefixed_name();
    _ = write!(out, "{space}<{name}");
    for (prefix, namespace) in &element.namespace_declarations {
        let colon = if prefix.is_empty() { "" } else { ":" };
        _ = write!(out, " xmlns{colon}{prefix}=\"{}\"", write::value(namespace));
    }
    for attribute in &element.attributes {
        let (name, value) = (attribute.name.prefixed_name(), write::value(&attribute.value));
        _ = write!(out, " {name}=\"{value}\"");
    }
    let mut children = doc.children_iter(node);
    match (children.next(), children.next()) {
        (None, _) => out.push_str("/>\n"),
        (Some(only), None) if doc.text_content(only).is_some() => {
            let text = doc.text_content(only).unwrap_or_default();
            _ = writeln!(out, ">{}</{name}>", write::text(text));
        }
        _ => {
            out.push_str(">\n");
            for child in doc.children_iter(node) {
                indent(doc, child, depth + 1, out);
            }
            _ = writeln!(out, "{space}</{name}>");
        }
    }
}
