//! Exclusive XML Canonicalization 1.0 without comments, of one element.
//!
//! The bytes made here are digested, and claims are read from nothing else: a mistake here can only
//! make a good signature fail, never lend a signature to other words.

use bergshamra::{
    c14n::{C14nMode, canonicalize_doc},
    xml::nodeset::NodeSet,
};
use uppsala::{Document, Element, NodeId};

use super::rejected::Rejected;

/// A prefix and the namespace that it stands for; the empty prefix is the default namespace.
type Binding<'d> = (&'d str, &'d str);

/// The canonical form of `apex` without the subtree `without` (the enveloped signature).
/// `prefixes` is the `PrefixList` of `InclusiveNamespaces`; `#default` is the default namespace.
pub(super) fn exclusive(
    doc: &Document<'_>,
    apex: NodeId,
    without: Option<NodeId>,
    prefixes: &[&str],
) -> Result<String, Rejected> {
    let mut set = NodeSet::tree_without_comments(apex, doc);
    if let Some(without) = without {
        set = set.subtract(&NodeSet::tree_with_comments(without, doc));
    }
    let refused = || Rejected::new(3, "bad_xml", "an element without canonical form", "");
    let bytes =
        canonicalize_doc(doc, C14nMode::Exclusive, Some(&set), prefixes).map_err(|_| refused())?;
    String::from_utf8(bytes).map_err(|_| refused())
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
