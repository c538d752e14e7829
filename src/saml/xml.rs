//! One parse under limits, and small steps through the tree.
//! A byte scan refuses what would cost much before the parser sees it (rule 3).

use uppsala::{Document, Element, NodeId, NodeKind, Parser};

use super::rejected::Rejected;

/// The namespace of SAML assertions.
pub(super) const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// The namespace of SAML protocol messages.
pub(super) const SAMLP: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// The namespace of SAML metadata.
pub(super) const MD: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// The namespace of XML Signature.
pub(super) const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
/// The namespace that the prefix `xml` always stands for.
pub(super) const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The namespaces of XML Encryption.
pub(super) const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";
pub(super) const XENC11: &str = "http://www.w3.org/2009/xmlenc11#";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The deepest nesting of elements.
const MAX_DEPTH: usize = 48;
/// The most attributes, and the most namespace declarations, on one element.
const MAX_ATTRIBUTES: usize = 32;
/// The most namespace declarations in scope anywhere: canonicalization looks through all of them
/// for each element.
const MAX_IN_SCOPE: usize = 64;
/// The longest name of a namespace: canonicalization writes it again for each element that uses it.
const MAX_NAMESPACE: usize = 256;
/// The most nodes of a response.
pub(super) const MAX_NODES: usize = 20_000;

/// Parses `text` without DTD, within the limits of rule 3 and at most `max_nodes` nodes.
pub(super) fn parse(text: &str, max_nodes: usize) -> Result<Document<'_>, Rejected> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Scan::new(text, max_nodes).run()?;
    let doc = Parser::new()
        .with_forbid_dtd(true)
        .with_forbid_entities(true)
        .with_max_depth(u32::try_from(MAX_DEPTH).unwrap_or(u32::MAX))
        .parse(text)
        .map_err(|error| bad_xml(&error.to_string()))?;
    let declared = doc.xml_declaration.as_ref().and_then(|it| it.encoding.as_deref());
    match declared {
        Some(name) if !name.eq_ignore_ascii_case("utf-8") => {
            Err(Rejected::new(2, "not_utf8", name, "UTF-8"))
        }
        _ if doc.xml_declaration.as_ref().is_some_and(|it| it.version != "1.0") => {
            Err(bad_xml("another version of XML than 1.0"))
        }
        _ => Ok(doc),
    }
}

fn bad_xml(what: &str) -> Rejected {
    Rejected::new(2, "bad_xml", what, "well-formed XML")
}

/// A walk over the bytes that knows just enough of XML to count.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    /// For each open element, how many namespaces are declared on it and around it.
    open: Vec<usize>,
    nodes: usize,
    max_nodes: usize,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str, max_nodes: usize) -> Self {
        Self { bytes: text.as_bytes(), at: 0, open: Vec::new(), nodes: 0, max_nodes }
    }

    fn run(&mut self) -> Result<(), Rejected> {
        while self.at < self.bytes.len() {
            let rest = &self.bytes[self.at..];
            if rest[0] != b'<' {
                self.count()?;
                self.at += rest.iter().position(|&b| b == b'<').unwrap_or(rest.len());
            } else if rest.starts_with(b"<!--") {
                self.count()?;
                self.past(4, b"-->")?;
            } else if rest.starts_with(b"<![CDATA[") {
                self.count()?;
                self.past(9, b"]]>")?;
            } else if rest.starts_with(b"<!") {
                return Err(Rejected::new(3, "dtd_forbidden", "", "no document type declaration"));
            } else if rest.starts_with(b"<?") {
                if !self.open.is_empty() {
                    return Err(Rejected::new(3, "processing_instruction", "", "none inside"));
                }
                self.past(2, b"?>")?;
            } else if rest.starts_with(b"</") {
                self.open.pop();
                self.past(2, b">")?;
            } else {
                self.count()?;
                self.start_tag()?;
            }
        }
        Ok(())
    }

    fn count(&mut self) -> Result<(), Rejected> {
        self.nodes += 1;
        if self.nodes > self.max_nodes {
            let most = format!("at most {} nodes", self.max_nodes);
            return Err(Rejected::new(3, "too_complex", "more nodes", most));
        }
        Ok(())
    }

    /// Steps over `skip` bytes and then to behind the next `end`.
    fn past(&mut self, skip: usize, end: &[u8]) -> Result<(), Rejected> {
        let from = self.at + skip;
        let found = self.bytes.get(from..).and_then(|rest| position(rest, end));
        match found {
            Some(offset) => {
                self.at = from + offset + end.len();
                Ok(())
            }
            None => Err(bad_xml("the document ends too early")),
        }
    }

    /// Steps over a start tag and counts what stands on it.
    fn start_tag(&mut self) -> Result<(), Rejected> {
        let mut tag = Tag::default();
        for at in self.at + 1..self.bytes.len() {
            match (tag.quote, self.bytes[at]) {
                (_, b'<') => return Err(bad_xml("a `<` inside a tag")),
                (Some((open, from)), byte) if byte == open => tag.value(at - from)?,
                (Some(_), _) => {}
                (None, byte @ (b'"' | b'\'')) => tag.quote = Some((byte, at + 1)),
                (None, b' ' | b'\t' | b'\r' | b'\n') => tag.between = true,
                (None, b'=') => tag.attribute(&self.bytes[tag.name..at])?,
                (None, b'>') => {
                    let closed = self.bytes[at - 1] == b'/';
                    self.at = at + 1;
                    return if closed { Ok(()) } else { self.deeper(tag.namespaces) };
                }
                (None, _) => {
                    if tag.between {
                        (tag.name, tag.between) = (at, false);
                    }
                }
            }
        }
        Err(bad_xml("the document ends inside a tag"))
    }

    fn deeper(&mut self, namespaces: usize) -> Result<(), Rejected> {
        let in_scope = self.open.last().unwrap_or(&0) + namespaces;
        self.open.push(in_scope);
        if self.open.len() > MAX_DEPTH || in_scope > MAX_IN_SCOPE {
            let most = format!("at most {MAX_DEPTH} levels and {MAX_IN_SCOPE} namespaces in scope");
            return Err(Rejected::new(3, "too_complex", "deeper nesting", most));
        }
        Ok(())
    }
}

/// What was seen of a start tag so far.
#[derive(Default)]
struct Tag {
    /// The open quote, and where the value in it begins.
    quote: Option<(u8, usize)>,
    /// Where the name of the present attribute begins, and whether white space came after it.
    name: usize,
    between: bool,
    /// Whether the present attribute declares a namespace.
    declares: bool,
    attributes: usize,
    namespaces: usize,
}

impl Tag {
    /// An attribute has its name; white space may stand before its `=`.
    fn attribute(&mut self, name: &[u8]) -> Result<(), Rejected> {
        self.declares = name.starts_with(b"xmlns");
        *(if self.declares { &mut self.namespaces } else { &mut self.attributes }) += 1;
        if self.attributes > MAX_ATTRIBUTES || self.namespaces > MAX_ATTRIBUTES {
            let most = format!("at most {MAX_ATTRIBUTES} on an element");
            return Err(Rejected::new(3, "too_complex", "more attributes", most));
        }
        Ok(())
    }

    /// A value of `length` bytes has ended, and with it the attribute.
    fn value(&mut self, length: usize) -> Result<(), Rejected> {
        (self.quote, self.between) = (None, true);
        if self.declares && length > MAX_NAMESPACE {
            let most = format!("at most {MAX_NAMESPACE} bytes");
            return Err(Rejected::new(3, "too_complex", "a longer namespace", most));
        }
        Ok(())
    }
}

fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// The root element's start tag alone, closed: `<samlp:Response …/>`, of a text not yet judged.
pub(super) fn root_tag(text: &str) -> Option<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut scan = Scan::new(text, 100);
    while scan.at < text.len() {
        let rest = text.get(scan.at..)?;
        if rest.starts_with("<?") {
            scan.past(2, b"?>").ok()?;
        } else if rest.starts_with("<!--") {
            scan.past(4, b"-->").ok()?;
        } else if rest.starts_with('<') {
            let from = scan.at;
            scan.start_tag().ok()?;
            let tag = text.get(from..scan.at)?.strip_suffix('>')?;
            return Some(format!("{}/>", tag.strip_suffix('/').unwrap_or(tag)));
        } else {
            scan.count().ok()?;
            scan.at += rest.find('<')?;
        }
    }
    None
}

/// The elements among the children of `node`.
pub(super) fn elements(doc: &Document<'_>, node: NodeId) -> impl Iterator<Item = NodeId> {
    doc.children_iter(node).filter(|&child| doc.element(child).is_some())
}

/// The children of `node` with this name.
pub(super) fn named<'d>(
    doc: &'d Document<'_>,
    node: NodeId,
    namespace: &'d str,
    name: &'d str,
) -> impl Iterator<Item = NodeId> {
    doc.children_iter(node).filter(move |&child| is(doc, child, namespace, name))
}

/// Whether `node` is an element of this namespace and name.
pub(super) fn is(doc: &Document<'_>, node: NodeId, namespace: &str, name: &str) -> bool {
    doc.element(node).is_some_and(|element| element.matches_name_ns(namespace, name))
}

/// The attribute of this name without a prefix.
pub(super) fn attribute<'d>(doc: &'d Document<'_>, node: NodeId, name: &str) -> Option<&'d str> {
    let attributes = &doc.element(node)?.attributes;
    let found = attributes.iter().find(|it| is_plain(it) && it.name.local_name == name)?;
    Some(&found.value)
}

fn is_plain(attribute: &uppsala::Attribute<'_>) -> bool {
    attribute.name.prefix.is_none() && attribute.name.namespace_uri.is_none()
}

/// Whether an attribute stands on `node` that has a namespace (declarations do not count).
pub(super) fn has_prefixed_attribute(doc: &Document<'_>, node: NodeId) -> bool {
    doc.element(node).is_some_and(|it| it.attributes.iter().any(|one| !is_plain(one)))
}

/// The ids that `element` claims, under any of the names that some software takes for an id:
/// `Ok` with the value, or `Err` with the name when it carries a foreign prefix (rule 6).
pub(super) fn ids<'d>(element: &'d Element<'_>) -> impl Iterator<Item = Result<&'d str, &'d str>> {
    element.attributes.iter().filter_map(|attribute| {
        let local: &str = &attribute.name.local_name;
        let is_id = matches!(local, "ID" | "Id" | "id" | "AssertionID" | "xml:id");
        let ours = is_plain(attribute) || attribute.name.namespace_uri.as_deref() == Some(XML);
        is_id.then(|| if ours { Ok(&*attribute.value) } else { Err(local) })
    })
}

/// Whether `node` says of itself that it has no value (`xsi:nil`).
pub(super) fn is_nil(doc: &Document<'_>, node: NodeId) -> bool {
    matches!(doc.get_attribute_ns(node, XSI, "nil"), Some("true" | "1"))
}

/// The whole text of `node`: comments vanish, an element inside refuses (rule 14).
pub(super) fn text(doc: &Document<'_>, node: NodeId) -> Result<String, Rejected> {
    let mut out = String::new();
    for child in doc.children_iter(node) {
        match doc.node_kind(child) {
            Some(NodeKind::Text(text) | NodeKind::CData(text)) => out.push_str(text),
            Some(NodeKind::Comment(_)) => {}
            _ => return Err(Rejected::new(14, "mixed_content", name(doc, node), "text alone")),
        }
    }
    Ok(out)
}

/// The local name of `node`, for a message.
pub(super) fn name<'d>(doc: &'d Document<'_>, node: NodeId) -> &'d str {
    doc.element(node).map_or("", |element| &element.name.local_name)
}
