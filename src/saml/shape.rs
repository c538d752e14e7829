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
#[derive(Debug)]
pub(super) struct Shape<'d> {
    /// The root.
    pub(super) response: NodeId,
    /// The one Assertion, or the one `EncryptedAssertion`.
    pub(super) body: Body,
    /// Every Signature with the element that carries it, in document order.
    pub(super) signatures: Vec<Signature>,
    /// Every ID of the document.
    pub(super) ids: HashSet<&'d str>,
}

/// What a Response carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// An Assertion.
    Plain(NodeId),
    /// An `EncryptedAssertion`.
    Encrypted(NodeId),
}

/// A Signature and the element that carries it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signature {
    /// The Signature itself.
    pub(super) node: NodeId,
    /// The Response or Assertion around it.
    pub(super) parent: NodeId,
}

impl Shape<'_> {
    /// The Assertion, unless it is encrypted.
    pub(super) fn assertion(&self) -> Option<NodeId> {
        match self.body {
            Body::Plain(node) => Some(node),
            Body::Encrypted(_) => None,
        }
    }

    /// Whether `node` carries a signature of its own.
    pub(super) fn signs(&self, node: NodeId) -> bool {
        self.signatures.iter().any(|signature| signature.parent == node)
    }
}

/// Judges rules 4 to 7.
pub(super) fn examine<'d>(doc: &'d Document<'_>) -> Result<Shape<'d>, Rejected> {
    let response = root(doc)?;
    let all = doc.descendants(doc.root());
    let body = one_assertion(doc, response, &all)?;
    let ids = unique_ids(doc, &all)?;
    let mut shape = Shape { response, body, signatures: Vec::new(), ids };
    for node in [Some(response), shape.assertion()].into_iter().flatten() {
        if xml::attribute(doc, node, "ID").is_none() {
            let expected = format!("an ID on {}", xml::name(doc, node));
            return Err(Rejected::new(6, "bad_id", "none", expected));
        }
    }
    shape.signatures = signatures_in_place(doc, response, body, &all)?;
    Ok(shape)
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
    let is_assertion = |node: NodeId| {
        xml::is(doc, node, SAML, "Assertion") || xml::is(doc, node, SAML, "EncryptedAssertion")
    };
    let expected = "exactly one assertion, directly in the Response";
    let assertions: Vec<NodeId> = all.iter().copied().filter(|&it| is_assertion(it)).collect();
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
            super::conditions::status(doc, response)?;
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

/// Rule 7: each Signature is a child of the Response or of the Assertion, at most one each.
fn signatures_in_place(
    doc: &Document<'_>,
    response: NodeId,
    body: Body,
    all: &[NodeId],
) -> Result<Vec<Signature>, Rejected> {
    let misplaced = |got: &str| {
        Rejected::new(7, "signature_misplaced", got, "one in the Response, one in the Assertion")
    };
    let mut signatures: Vec<Signature> = Vec::new();
    for &node in all.iter().filter(|&&node| xml::is(doc, node, DS, "Signature")) {
        let parent = doc.parent(node).unwrap_or(node);
        if parent != response && body != Body::Plain(parent) {
            return Err(misplaced(&format!("one in {}", xml::name(doc, parent))));
        }
        if signatures.iter().any(|earlier| earlier.parent == parent) {
            return Err(misplaced(&format!("two in {}", xml::name(doc, parent))));
        }
        signatures.push(Signature { node, parent });
    }
    Ok(signatures)
}
