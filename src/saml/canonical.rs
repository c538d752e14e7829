//! Exclusive XML Canonicalization 1.0 without comments, of one element.
//!
//! The bytes made here are digested, and claims are read from nothing else: a mistake here can only
//! make a good signature fail, never lend a signature to other words.

use bergshamra::c14n::escape::{escape_attr_into, escape_text_into};
use uppsala::{Attribute, Document, Element, NodeId, NodeKind};

use super::{rejected::Rejected, xml::XML};

/// The longest canonical form, in bytes: namespaces written again and again can make it longer than
/// the document.
const MAX_BYTES: usize = 1024 * 1024;

/// A prefix and the namespace that it stands for; the empty prefix is the default namespace.
type Binding<'d> = (&'d str, &'d str);

/// The canonical form of `apex` without the subtree `without` (the enveloped signature).
/// `prefixes` is the `PrefixList` of `InclusiveNamespaces`; `#default` is the default namespace.
pub(super) fn exclusive<'d>(
    doc: &'d Document<'_>,
    apex: NodeId,
    without: Option<NodeId>,
    prefixes: &[&'d str],
) -> Result<String, Rejected> {
    let mut scope = in_scope(doc, apex);
    let prefixes = prefixes.iter().map(|&it| if it == "#default" { "" } else { it }).collect();
    let room = doc.node_range(apex).map_or(4096, |range| range.len() + 256);
    let mut writer = Writer {
        doc,
        without,
        prefixes,
        at_apex: true,
        rendered: Vec::new(),
        used: Vec::new(),
        out: Vec::with_capacity(room.min(MAX_BYTES)),
    };
    writer.element(apex, &mut scope);
    let refused = |got| Rejected::new(3, "too_complex", got, "a bounded canonical form");
    if writer.out.len() > MAX_BYTES {
        return Err(refused("more than 1 MB of namespaces written again"));
    }
    String::from_utf8(writer.out).map_err(|_| refused("another form"))
}

/// The namespaces that are declared around `node`, the innermost last.
pub(super) fn in_scope<'d>(doc: &'d Document<'_>, node: NodeId) -> Vec<Binding<'d>> {
    let mut around = doc.ancestors(node);
    around.reverse();
    let elements = around.into_iter().filter_map(|it| doc.element(it));
    elements.flat_map(declared).collect()
}

fn declared<'d>(element: &'d Element<'_>) -> impl Iterator<Item = Binding<'d>> {
    element.namespace_declarations.iter().map(|(prefix, uri)| (&**prefix, &**uri))
}

struct Writer<'d, 'x> {
    doc: &'d Document<'x>,
    without: Option<NodeId>,
    prefixes: Vec<&'d str>,
    /// Whether nothing is written yet.
    at_apex: bool,
    /// What the written elements around declare, the innermost last.
    rendered: Vec<Binding<'d>>,
    /// The prefixes that the present element uses; kept to save the allocation.
    used: Vec<&'d str>,
    out: Vec<u8>,
}

impl<'d> Writer<'d, '_> {
    fn element(&mut self, node: NodeId, scope: &mut Vec<Binding<'d>>) {
        let Some(element) = self.doc.element(node) else { return };
        if self.out.len() > MAX_BYTES {
            return;
        }
        let (scoped, rendered) = (scope.len(), self.rendered.len());
        scope.extend(declared(element));
        self.out.push(b'<');
        self.name(element);
        self.namespaces(element, scope);
        self.attributes(element);
        self.out.push(b'>');
        for child in self.doc.children_iter(node) {
            match self.doc.node_kind(child) {
                Some(NodeKind::Element(_)) if self.without != Some(child) => {
                    self.element(child, scope);
                }
                Some(NodeKind::Text(text) | NodeKind::CData(text)) => {
                    escape_text_into(&mut self.out, text);
                }
                _ => {}
            }
        }
        self.out.extend_from_slice(b"</");
        self.name(element);
        self.out.push(b'>');
        scope.truncate(scoped);
        self.rendered.truncate(rendered);
    }

    fn name(&mut self, element: &Element<'_>) {
        if let Some(prefix) = element.name.prefix.as_deref().filter(|it| !it.is_empty()) {
            self.out.extend_from_slice(prefix.as_bytes());
            self.out.push(b':');
        }
        self.out.extend_from_slice(element.name.local_name.as_bytes());
    }

    /// Declares what the element and its attributes use, and what the list names, unless it was
    /// declared the same around it.
    fn namespaces(&mut self, element: &'d Element<'_>, scope: &[Binding<'d>]) {
        let mut used = std::mem::take(&mut self.used);
        used.clear();
        used.push(element.name.prefix.as_deref().unwrap_or_default());
        used.extend(element.attributes.iter().filter_map(prefix));
        // What the list names was written at the apex, and changes only where it is declared again.
        if self.at_apex {
            used.extend_from_slice(&self.prefixes);
        } else if !self.prefixes.is_empty() {
            let again = declared(element).map(|(prefix, _)| prefix);
            used.extend(again.filter(|prefix| self.prefixes.contains(prefix)));
        }
        self.at_apex = false;
        if used.len() > 1 {
            used.sort_unstable();
            used.dedup();
        }
        for &prefix in used.iter().filter(|&&prefix| prefix != "xml") {
            let uri = bound(scope, prefix);
            // What is bound to nothing is written only to undo a default namespace around it.
            let undone =
                prefix.is_empty() && bound(&self.rendered, "").is_some_and(|it| !it.is_empty());
            let wanted = uri.filter(|uri| !uri.is_empty()).or(undone.then_some(""));
            let Some(uri) = wanted else { continue };
            if bound(&self.rendered, prefix) == Some(uri) {
                continue;
            }
            self.out.extend_from_slice(b" xmlns");
            if !prefix.is_empty() {
                self.out.push(b':');
                self.out.extend_from_slice(prefix.as_bytes());
            }
            self.value(uri);
            self.rendered.push((prefix, uri));
        }
        self.used = used;
    }

    /// The attributes, by namespace and then by name.
    fn attributes(&mut self, element: &Element<'_>) {
        let plain = |it: &Attribute<'_>| it.name.namespace_uri.is_none();
        let all = &element.attributes;
        // Most providers write them in order.
        if all.iter().all(plain) && all.is_sorted_by_key(|it| &it.name.local_name) {
            for attribute in all {
                self.attribute(attribute);
            }
            return;
        }
        let mut sorted: Vec<_> = all.iter().collect();
        sorted.sort_by(|one, other| order(one).cmp(&order(other)));
        for attribute in sorted {
            self.attribute(attribute);
        }
    }

    fn attribute(&mut self, attribute: &Attribute<'_>) {
        self.out.push(b' ');
        if let Some(prefix) = prefix(attribute) {
            self.out.extend_from_slice(prefix.as_bytes());
            self.out.push(b':');
        }
        self.out.extend_from_slice(attribute.name.local_name.as_bytes());
        self.value(&attribute.value);
    }

    fn value(&mut self, value: &str) {
        self.out.extend_from_slice(b"=\"");
        escape_attr_into(&mut self.out, value);
        self.out.push(b'"');
    }
}

/// Attributes stand in the order of their namespace, then of their name.
fn order<'d>(attribute: &'d Attribute<'_>) -> (&'d str, &'d str) {
    let namespace = attribute.name.namespace_uri.as_deref().unwrap_or_default();
    (namespace, &attribute.name.local_name)
}

/// The prefix of an attribute that has a namespace.
fn prefix<'d>(attribute: &'d Attribute<'_>) -> Option<&'d str> {
    let namespace = attribute.name.namespace_uri.as_deref()?;
    if namespace == XML {
        return Some("xml");
    }
    attribute.name.prefix.as_deref().filter(|it| !it.is_empty())
}

/// What `prefix` is bound to, by its innermost declaration.
fn bound<'d>(bindings: &[Binding<'d>], prefix: &str) -> Option<&'d str> {
    bindings.iter().rev().find(|(known, _)| *known == prefix).map(|(_, uri)| *uri)
}
