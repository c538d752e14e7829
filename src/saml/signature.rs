//! Rules 7 to 13: the build of each signature, its algorithms, and that it verifies with a pinned
//! key. What is signed is read elsewhere, from the canonical bytes that [`canonical`] gives.

use bergshamra::{
    VerifyResult,
    c14n::{C14nMode, canonicalize_doc},
    core::algorithm as uri,
    xml::nodeset::NodeSet,
};
use uppsala::{Document, NodeId, NodeKind};

use super::{
    rejected::Rejected,
    shape::{Body, Shape, Signature},
    trust::Trust,
    xml::{self, DS},
};

/// Rule 11: the signature algorithms that are taken (RFC 9231).
const SIGNATURES: [&str; 6] = [
    uri::RSA_SHA256,
    uri::RSA_SHA384,
    uri::RSA_SHA512,
    uri::ECDSA_SHA256,
    uri::ECDSA_SHA384,
    uri::ECDSA_SHA512,
];
/// Rule 11: the digest algorithms that are taken.
const DIGESTS: [&str; 3] = [uri::SHA256, uri::SHA384, uri::SHA512];
/// Rule 11: what is taken besides where an operator has allowed SHA-1.
const SHA1: [&str; 3] = [uri::RSA_SHA1, uri::ECDSA_SHA1, uri::SHA1];
/// The longest `PrefixList`, in prefixes and in bytes.
const MAX_PREFIXES: usize = 16;
const MAX_PREFIX_LIST: usize = 1024;

/// Rules 7 to 11 for every signature: rule by rule, so that the first broken rule is the one told.
pub(super) fn examine(
    doc: &Document<'_>,
    shape: &Shape<'_>,
    allow_sha1: bool,
) -> Result<(), Rejected> {
    let mut parts = Vec::with_capacity(shape.signatures.len());
    for signature in &shape.signatures {
        parts.push((*signature, Parts::read(doc, signature.node)?));
    }
    for (signature, parts) in &parts {
        reference_is_parent(doc, shape, *signature, parts)?;
    }
    for (_, parts) in &parts {
        transforms_allowed(doc, parts)?;
    }
    for (_, parts) in &parts {
        algorithms_allowed(doc, parts, allow_sha1)?;
    }
    Ok(())
}

/// The elements of one Signature that matter, each there exactly once.
struct Parts {
    canonicalization: NodeId,
    method: NodeId,
    reference: NodeId,
    transforms: Option<NodeId>,
    digest_method: NodeId,
}

impl Parts {
    /// Rule 8: one `SignedInfo`, one `SignatureValue`, no `Object`, one `Reference`, one
    /// `DigestValue`; values are plain text without comments or elements.
    fn read(doc: &Document<'_>, signature: NodeId) -> Result<Self, Rejected> {
        let [info, value, _] =
            children(doc, signature, ["SignedInfo", "SignatureValue", "KeyInfo"])?;
        let info = needed(info, "SignedInfo")?;
        let [canonicalization, method, reference] =
            children(doc, info, ["CanonicalizationMethod", "SignatureMethod", "Reference"])?;
        let reference = needed(reference, "Reference")?;
        let [transforms, digest_method, digest_value] =
            children(doc, reference, ["Transforms", "DigestMethod", "DigestValue"])?;
        plain_text(doc, needed(value, "SignatureValue")?)?;
        plain_text(doc, needed(digest_value, "DigestValue")?)?;
        Ok(Self {
            canonicalization: needed(canonicalization, "CanonicalizationMethod")?,
            method: needed(method, "SignatureMethod")?,
            reference,
            transforms,
            digest_method: needed(digest_method, "DigestMethod")?,
        })
    }
}

fn misshapen(got: impl AsRef<str>, expected: impl AsRef<str>) -> Rejected {
    Rejected::new(8, "signature_shape", got, expected)
}

fn needed(node: Option<NodeId>, name: &str) -> Result<NodeId, Rejected> {
    node.ok_or_else(|| misshapen("none", format!("one {name}")))
}

/// The children of `node` by these names: each at most once, nothing else, and no attribute with a
/// prefix that other software might take for the one without.
fn children<const N: usize>(
    doc: &Document<'_>,
    node: NodeId,
    names: [&str; N],
) -> Result<[Option<NodeId>; N], Rejected> {
    let mut found = [None; N];
    for child in xml::elements(doc, node) {
        let slot = names.iter().position(|name| xml::is(doc, child, DS, name));
        match slot.map(|nth| &mut found[nth]) {
            Some(slot @ None) => *slot = Some(child),
            Some(Some(_)) => {
                return Err(misshapen(format!("two {}", xml::name(doc, child)), "one"));
            }
            None => return Err(misshapen(xml::name(doc, child), names.join(", "))),
        }
        if xml::has_prefixed_attribute(doc, child) {
            return Err(misshapen("an attribute with a prefix", "none"));
        }
    }
    Ok(found)
}

/// One run of text and nothing else: neither comments nor elements can split it.
fn plain_text(doc: &Document<'_>, node: NodeId) -> Result<(), Rejected> {
    let mut children = doc.children_iter(node);
    match (children.next().and_then(|child| doc.node_kind(child)), children.next()) {
        (Some(NodeKind::Text(text)), None) if !text.trim().is_empty() => Ok(()),
        _ => Err(misshapen(format!("{} of another kind", xml::name(doc, node)), "plain text")),
    }
}

/// Rules 7 and 9: the URI is `#` and the parent's ID. A reference to the other signed element, or
/// to nothing here, says that the signature was moved.
fn reference_is_parent(
    doc: &Document<'_>,
    shape: &Shape<'_>,
    signature: Signature,
    parts: &Parts,
) -> Result<(), Rejected> {
    let id_of = |node: NodeId| xml::attribute(doc, node, "ID");
    let reference = xml::attribute(doc, parts.reference, "URI");
    let target = reference.and_then(|uri| uri.strip_prefix('#'));
    if target.is_some() && target == id_of(signature.parent) {
        return Ok(());
    }
    let others = [Some(shape.response), shape.assertion()];
    let names_other = others.into_iter().flatten().any(|node| target == id_of(node));
    let names_nothing = target.is_some_and(|id| is_bare_name(id) && !shape.ids.contains(id));
    let got = reference.unwrap_or("no URI");
    if target.is_some() && (names_other || names_nothing) {
        return Err(Rejected::new(7, "signature_misplaced", got, "a signature of its parent"));
    }
    let expected = format!("#{}", id_of(signature.parent).unwrap_or_default());
    Err(Rejected::new(9, "reference_not_parent", got, expected))
}

fn is_bare_name(id: &str) -> bool {
    !id.is_empty() && !id.contains(|c: char| c == '(' || c == '/' || c.is_whitespace())
}

/// Rule 10: enveloped-signature, then exclusive canonicalization; a `PrefixList` is allowed.
fn transforms_allowed(doc: &Document<'_>, parts: &Parts) -> Result<(), Rejected> {
    let refused = |got: &str| {
        let expected = "enveloped-signature, then exclusive canonicalization without comments";
        Rejected::new(10, "transform_not_allowed", got, expected)
    };
    let transforms = parts.transforms.ok_or_else(|| refused("no transforms"))?;
    let listed: Vec<NodeId> = xml::elements(doc, transforms).take(3).collect();
    let [enveloped, exclusive] = listed[..] else {
        return Err(refused("another number of transforms"));
    };
    for (node, wanted) in [(enveloped, uri::ENVELOPED_SIGNATURE), (exclusive, uri::EXC_C14N)] {
        let algorithm = algorithm(doc, node);
        if !xml::is(doc, node, DS, "Transform") || algorithm != wanted {
            return Err(refused(algorithm));
        }
    }
    let bare = xml::elements(doc, enveloped).next().is_none();
    if !bare || !holds_only_prefixes(doc, exclusive) {
        return Err(refused("a transform with unknown content"));
    }
    let canonicalization = algorithm(doc, parts.canonicalization);
    let allowed = match canonicalization {
        uri::EXC_C14N => holds_only_prefixes(doc, parts.canonicalization),
        uri::C14N => xml::elements(doc, parts.canonicalization).next().is_none(),
        _ => false,
    };
    if allowed { Ok(()) } else { Err(refused(canonicalization)) }
}

/// Whether at most one `InclusiveNamespaces` stands in a canonicalization, and nothing else. Its
/// list is short: the engine compares each prefix with each element, before it knows the signer.
fn holds_only_prefixes(doc: &Document<'_>, node: NodeId) -> bool {
    let mut children = xml::elements(doc, node);
    let only = children.next().is_none_or(|child| {
        let list = xml::attribute(doc, child, "PrefixList").unwrap_or_default();
        xml::is(doc, child, uri::EXC_C14N, "InclusiveNamespaces")
            && !xml::has_prefixed_attribute(doc, child)
            && list.len() <= MAX_PREFIX_LIST
            && list.split_ascii_whitespace().count() <= MAX_PREFIXES
    });
    only && children.next().is_none() && !xml::has_prefixed_attribute(doc, node)
}

fn algorithm<'d>(doc: &'d Document<'_>, node: NodeId) -> &'d str {
    xml::attribute(doc, node, "Algorithm").unwrap_or("no algorithm")
}

/// Rule 11: the algorithms, and no parameters on them.
fn algorithms_allowed(doc: &Document<'_>, parts: &Parts, allow_sha1: bool) -> Result<(), Rejected> {
    for (node, allowed) in [(parts.method, &SIGNATURES[..]), (parts.digest_method, &DIGESTS[..])] {
        let algorithm = algorithm(doc, node);
        let legacy = allow_sha1 && SHA1.contains(&algorithm);
        if !allowed.contains(&algorithm) && !legacy {
            let expected = "RSA or ECDSA with SHA-256, SHA-384 or SHA-512";
            return Err(Rejected::new(11, "algorithm_not_allowed", algorithm, expected));
        }
        if xml::elements(doc, node).next().is_some() {
            return Err(misshapen("parameters of an algorithm", "none"));
        }
    }
    Ok(())
}

/// Rules 12 and 13: every signature verifies with a pinned key and covers its parent; when the
/// body is plain, at least one is there.
pub(super) fn verify(
    doc: &Document<'_>,
    shape: &Shape<'_>,
    trust: &Trust,
) -> Result<Signed, Rejected> {
    if shape.signatures.is_empty() {
        return match shape.body {
            Body::Plain(_) => {
                let expected = "a signature on the Response or on the assertion";
                Err(Rejected::new(13, "unsigned", "no signature", expected))
            }
            Body::Encrypted(_) => Ok(Signed::default()),
        };
    }
    // The engine's own words say too much for an answer: whatever fails is one refusal.
    let invalid = || {
        let expected = "a signature by a certificate of this connection";
        Rejected::new(12, "signature_invalid", "one that does not verify", expected)
    };
    let source = Some(doc.input_text());
    let results =
        bergshamra::dsig::verify::verify_all_document_with_source(&trust.keys, doc, source)
            .map_err(|_| invalid())?;
    let all_cover = results.len() == shape.signatures.len()
        && results
            .iter()
            .zip(&shape.signatures)
            .all(|(result, signature)| covers(result, *signature));
    if !all_cover {
        return Err(invalid());
    }
    let mut signed = Signed::default();
    for result in &results {
        if let VerifyResult::Valid { key_info, .. } = result {
            let leaf = key_info.x509_chain.first();
            let known = trust.fingerprints.iter().find(|(der, _)| Some(der) == leaf);
            signed.by.extend(known.map(|(_, fingerprint)| fingerprint.clone()));
        }
    }
    Ok(signed)
}

/// What rules 12 and 13 found.
#[derive(Debug, Default)]
pub(super) struct Signed {
    /// The fingerprints of the certificates that verified, in document order, each once.
    pub(super) by: Vec<String>,
    /// Whether SHA-1 was used.
    pub(super) with_sha1: bool,
}

/// Whether `result` is of this very signature, valid, and over its parent alone.
fn covers(result: &VerifyResult, signature: Signature) -> bool {
    match result {
        VerifyResult::Valid { signature_node, references, .. } => {
            *signature_node == signature.node
                && references.len() == 1
                && references[0].digest_verified
                && references[0].resolved_node == Some(signature.parent)
        }
        VerifyResult::Invalid { .. } => false,
    }
}

/// Rule 14: the canonical bytes of `assertion`, from which alone claims are read.
pub(super) fn canonical(doc: &Document<'_>, assertion: NodeId) -> Result<String, Rejected> {
    let set = NodeSet::tree_without_comments(assertion, doc);
    let prefixes = ["xs".to_owned(), "xsi".to_owned()];
    let refused = || Rejected::new(14, "bad_xml", "an assertion without canonical form", "");
    let bytes =
        canonicalize_doc(doc, C14nMode::Exclusive, Some(&set), &prefixes).map_err(|_| refused())?;
    String::from_utf8(bytes).map_err(|_| refused())
}
