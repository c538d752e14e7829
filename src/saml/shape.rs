//! Rules 4 to 7: what a Response may look like, before any cryptography.
//! What each signature looks like is judged in `signature.rs`.

use std::collections::HashSet;

use uppsala::{Document, NodeId};

use super::{
    rejected::Rejected,
    xml::{self, DS, SAML, SAMLP},
};

/// The longest ID that is taken.
const MAX_ID: usize = 256;

/// The parts of a Response, each in its right place.
pub(super) struct Shape<'d> {
    /// The root.
    pub(super) response: NodeId,
    /// The one Assertion, or the one `EncryptedAssertion`.
    pub(super) body: Body,
    /// Its IDs and signatures.
    pub(super) marks: Marks<'d>,
}

/// What a Response carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// An Assertion.
    Plain(NodeId),
    /// An `EncryptedAssertion`.
    Encrypted(NodeId),
}

/// The IDs and signatures of a document.
pub(super) struct Marks<'d> {
    /// The elements that may carry a signature.
    pub(super) carriers: Vec<NodeId>,
    /// Every signature, in document order, each in one of them.
    pub(super) signatures: Vec<Placed>,
    /// Every ID.
    pub(super) ids: HashSet<&'d str>,
}

/// A Signature and the element that carries it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    /// The Signature itself.
    pub(super) node: NodeId,
    /// The Response or Assertion around it.
    pub(super) parent: NodeId,
}

impl Marks<'_> {
    /// Whether `node` carries a signature of its own.
    pub(super) fn signs(&self, node: NodeId) -> bool {
        self.signatures.iter().any(|signature| signature.parent == node)
    }
}

/// Judges rules 4 to 7 for a Response.
pub(super) fn examine<'d>(doc: &'d Document<'_>) -> Result<Shape<'d>, Rejected> {
    let response = root(doc)?;
    let all = doc.descendants(doc.root());
    let body = one_assertion(doc, response, &all)?;
    let mut carriers = vec![response];
    if let Body::Plain(assertion) = body {
        carriers.push(assertion);
    }
    Ok(Shape { response, body, marks: marks(doc, &all, carriers)? })
}

/// Rules 6 and 7 for a message whose root alone may be signed.
pub(super) fn examine_message<'d>(
    doc: &'d Document<'_>,
    root: NodeId,
) -> Result<Marks<'d>, Rejected> {
    marks(doc, &doc.descendants(doc.root()), vec![root])
}

/// Rules 5 to 7 for what was encrypted, which stands in a wrapper of ours: one Assertion and
/// nothing else, whose IDs are not those of the document around the ciphertext.
pub(super) fn examine_opened<'d>(
    doc: &'d Document<'_>,
    around: &HashSet<&str>,
) -> Result<(NodeId, Marks<'d>), Rejected> {
    let refused = |got: String| Rejected::new(5, "one_assertion", got, "exactly one Assertion");
    let wrapper = doc.document_element().ok_or_else(|| refused("nothing".to_owned()))?;
    let all = doc.descendants(wrapper);
    let assertions: Vec<NodeId> = all.iter().copied().filter(|&it| is_assertion(doc, it)).collect();
    let [assertion] = assertions[..] else {
        return Err(refused(format!("{} assertions", assertions.len())));
    };
    let beside = doc.children_iter(wrapper).any(|child| {
        let blank = doc.text_content(child).is_some_and(|text| text.trim().is_empty());
        child != assertion && !blank
    });
    if beside || !xml::is(doc, assertion, SAML, "Assertion") {
        return Err(refused("something beside or around it".to_owned()));
    }
    let marks = marks(doc, &all, vec![assertion])?;
    match marks.ids.iter().find(|id| around.contains(*id)) {
        Some(id) => Err(Rejected::new(6, "duplicate_id", id, "each ID once")),
        None => Ok((assertion, marks)),
    }
}

/// Rules 6 and 7.
fn marks<'d>(
    doc: &'d Document<'_>,
    all: &[NodeId],
    carriers: Vec<NodeId>,
) -> Result<Marks<'d>, Rejected> {
    let ids = unique_ids(doc, all)?;
    for &node in &carriers {
        if xml::attribute(doc, node, "ID").is_none() {
            let expected = format!("an ID on {}", xml::name(doc, node));
            return Err(Rejected::new(6, "bad_id", "none", expected));
        }
    }
    let signatures = signatures_in_place(doc, &carriers, all)?;
    Ok(Marks { carriers, signatures, ids })
}

fn is_assertion(doc: &Document<'_>, node: NodeId) -> bool {
    xml::is(doc, node, SAML, "Assertion") || xml::is(doc, node, SAML, "EncryptedAssertion")
}

/// Rule 4, the root: `samlp:Response` by namespace and name.
fn root(doc: &Document<'_>) -> Result<NodeId, Rejected> {
    match doc.document_element() {
        Some(root) if xml::is(doc, root, SAMLP, "Response") => Ok(root),
        Some(root) => {
            Err(Rejected::new(4, "not_a_response", xml::name(doc, root), "samlp:Response"))
        }
        None => Err(Rejected::new(4, "not_a_response", "nothing", "samlp:Response")),
    }
}

/// Rules 4 and 5: exactly one assertion in the whole document, a child of the root, and beside it
/// only what belongs there. More than one assertion is said first, whatever hides the others.
fn one_assertion(doc: &Document<'_>, response: NodeId, all: &[NodeId]) -> Result<Body, Rejected> {
    let expected = "exactly one assertion, directly in the Response";
    let assertions: Vec<NodeId> = all.iter().copied().filter(|&it| is_assertion(doc, it)).collect();
    if assertions.len() > 1 {
        return Err(Rejected::new(5, "one_assertion", assertions.len().to_string(), expected));
    }
    children_belong(doc, response)?;
    match assertions.first() {
        Some(&node) if doc.parent(node) != Some(response) => {
            Err(Rejected::new(5, "one_assertion", "one further down", expected))
        }
        Some(&node) if xml::is(doc, node, SAML, "Assertion") => Ok(Body::Plain(node)),
        Some(&node) => Ok(Body::Encrypted(node)),
        None => {
            // A provider that says no sends no assertion: its own words help more than a count.
            super::envelope::status(doc, response)?;
            Err(Rejected::new(5, "one_assertion", "none", expected))
        }
    }
}

/// Rule 4, the children of the root; Issuer, Extensions and Status at most once.
fn children_belong(doc: &Document<'_>, response: NodeId) -> Result<(), Rejected> {
    let mut seen = Vec::new();
    for child in xml::elements(doc, response) {
        let known = [(SAML, "Issuer"), (SAMLP, "Extensions"), (SAMLP, "Status")]
            .into_iter()
            .find(|(namespace, name)| xml::is(doc, child, namespace, name));
        let repeatable = [(DS, "Signature"), (SAML, "Assertion"), (SAML, "EncryptedAssertion")]
            .into_iter()
            .any(|(namespace, name)| xml::is(doc, child, namespace, name));
        if known.is_none() && !repeatable || known.is_some() && seen.contains(&known) {
            return Err(Rejected::new(
                4,
                "unexpected_element",
                xml::name(doc, child),
                "Issuer, Signature, Extensions, Status and the assertion",
            ));
        }
        seen.push(known);
    }
    Ok(())
}

/// Rule 6: every ID is an `NCName` of at most 256 characters and stands once, by whatever name.
fn unique_ids<'d>(doc: &'d Document<'_>, all: &[NodeId]) -> Result<HashSet<&'d str>, Rejected> {
    let mut seen = HashSet::new();
    for element in all.iter().filter_map(|&node| doc.element(node)) {
        for id in xml::ids(element) {
            let id = id.map_err(|name| Rejected::new(6, "bad_id", name, "ID without a prefix"))?;
            if !is_nc_name(id) {
                return Err(Rejected::new(6, "bad_id", id, "an NCName of at most 256 characters"));
            }
            if !seen.insert(id) {
                return Err(Rejected::new(6, "duplicate_id", id, "each ID once"));
            }
        }
    }
    Ok(seen)
}

fn is_nc_name(id: &str) -> bool {
    let starts_well = id.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let goes_well = id.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '·'));
    starts_well && goes_well && id.chars().count() <= MAX_ID
}

/// Rule 7: each Signature is a child of an element that may carry one, at most one each.
fn signatures_in_place(
    doc: &Document<'_>,
    carriers: &[NodeId],
    all: &[NodeId],
) -> Result<Vec<Placed>, Rejected> {
    let misplaced = |got: &str| {
        let names: Vec<&str> = carriers.iter().map(|&it| xml::name(doc, it)).collect();
        let expected = format!("at most one, directly in {}", names.join(" and in "));
        Rejected::new(7, "signature_misplaced", got, expected)
    };
    let mut signatures: Vec<Placed> = Vec::new();
    for &node in all.iter().filter(|&&node| xml::is(doc, node, DS, "Signature")) {
        let parent = doc.parent(node).unwrap_or(node);
        if !carriers.contains(&parent) {
            return Err(misplaced(&format!("one in {}", xml::name(doc, parent))));
        }
        if signatures.iter().any(|earlier| earlier.parent == parent) {
            return Err(misplaced(&format!("two in {}", xml::name(doc, parent))));
        }
        signatures.push(Placed { node, parent });
    }
    Ok(signatures)
}
