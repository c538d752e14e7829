//! Rules 8 to 11: how each signature is built, what it refers to, which algorithms it uses.
//! Whether it verifies is asked afterwards, in `signature/verify.rs`.

mod verify;

use bergshamra::core::algorithm as uri;
use uppsala::{Document, NodeId, NodeKind};

pub(super) use self::verify::{Pinned, Proof, detached, verify};
use super::{
    rejected::Rejected,
    shape::{Marks, Placed},
    xml::{self, DS},
};

/// Rule 11: the signature algorithms that are taken (RFC 9231).
pub(super) const SIGNATURES: [&str; 6] = [
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
const WITH_SHA1: [&str; 3] = [uri::RSA_SHA1, uri::ECDSA_SHA1, uri::SHA1];
/// The longest `PrefixList`, in prefixes and in bytes.
const MAX_PREFIXES: usize = 8;
const MAX_PREFIX_LIST: usize = 1024;

/// A signature whose build is in order.
pub(super) struct Signature<'d> {
    placed: Placed,
    parts: Parts<'d>,
}

/// Rules 8 to 11 for every signature: rule by rule, so that the first broken rule is the one told.
pub(super) fn examine<'d>(
    doc: &'d Document<'_>,
    marks: &Marks<'_>,
    allow_sha1: bool,
) -> Result<Vec<Signature<'d>>, Rejected> {
    let mut signatures = Vec::with_capacity(marks.signatures.len());
    for &placed in &marks.signatures {
        signatures.push(Signature { placed, parts: Parts::read(doc, placed.node)? });
    }
    for signature in &signatures {
        reference_is_parent(doc, marks, signature)?;
    }
    for signature in &signatures {
        transforms_allowed(doc, &signature.parts)?;
    }
    for signature in &signatures {
        algorithms_allowed(doc, &signature.parts, allow_sha1)?;
    }
    Ok(signatures)
}

/// The elements of one Signature that matter, each there exactly once.
struct Parts<'d> {
    info: NodeId,
    canonicalization: NodeId,
    method: NodeId,
    reference: NodeId,
    transforms: Option<NodeId>,
    digest_method: NodeId,
    value: &'d str,
    digest_value: &'d str,
}

impl<'d> Parts<'d> {
    /// Rule 8: one `SignedInfo`, one `SignatureValue`, no `Object`, one `Reference`, one
    /// `DigestValue`; values are plain text without comments or elements.
    fn read(doc: &'d Document<'_>, signature: NodeId) -> Result<Self, Rejected> {
        let [info, value, _] =
            children(doc, signature, ["SignedInfo", "SignatureValue", "KeyInfo"])?;
        let info = needed(info, "SignedInfo")?;
        let [canonicalization, method, reference] =
            children(doc, info, ["CanonicalizationMethod", "SignatureMethod", "Reference"])?;
        let reference = needed(reference, "Reference")?;
        let [transforms, digest_method, digest_value] =
            children(doc, reference, ["Transforms", "DigestMethod", "DigestValue"])?;
        Ok(Self {
            info,
            canonicalization: needed(canonicalization, "CanonicalizationMethod")?,
            method: needed(method, "SignatureMethod")?,
            reference,
            transforms,
            digest_method: needed(digest_method, "DigestMethod")?,
            value: plain_text(doc, needed(value, "SignatureValue")?)?,
            digest_value: plain_text(doc, needed(digest_value, "DigestValue")?)?,
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

/// One run of text and nothing else: neither comments nor elements can split it, and no other white
/// space than that of XML, which the engine would pass over in base64.
fn plain_text<'d>(doc: &'d Document<'_>, node: NodeId) -> Result<&'d str, Rejected> {
    let mut children = doc.children_iter(node);
    match (children.next().and_then(|child| doc.node_kind(child)), children.next()) {
        (Some(NodeKind::Text(text)), None)
            if !text.trim().is_empty()
                && !text.contains(|c: char| c.is_whitespace() && !c.is_ascii_whitespace()) =>
        {
            Ok(text)
        }
        _ => Err(misshapen(format!("{} of another kind", xml::name(doc, node)), "plain text")),
    }
}

/// Rules 7 and 9: the URI is `#` and the parent's ID. A reference to the other signed element, or
/// to nothing here, says that the signature was moved.
fn reference_is_parent(
    doc: &Document<'_>,
    marks: &Marks<'_>,
    signature: &Signature<'_>,
) -> Result<(), Rejected> {
    let id_of = |node: NodeId| xml::attribute(doc, node, "ID");
    let reference = xml::attribute(doc, signature.parts.reference, "URI");
    let target = reference.and_then(|uri| uri.strip_prefix('#'));
    if target.is_some() && target == id_of(signature.placed.parent) {
        return Ok(());
    }
    let names_other = marks.carriers.iter().any(|&node| target == id_of(node));
    let names_nothing = target.is_some_and(|id| is_bare_name(id) && !marks.ids.contains(id));
    let got = reference.unwrap_or("no URI");
    if target.is_some() && (names_other || names_nothing) {
        return Err(Rejected::new(7, "signature_misplaced", got, "a signature of its parent"));
    }
    let expected = format!("#{}", id_of(signature.placed.parent).unwrap_or_default());
    Err(Rejected::new(9, "reference_not_parent", got, expected))
}

fn is_bare_name(id: &str) -> bool {
    !id.is_empty() && !id.contains(|c: char| c == '(' || c == '/' || c.is_whitespace())
}

/// Rule 10: enveloped-signature, then exclusive canonicalization; a `PrefixList` is allowed.
fn transforms_allowed(doc: &Document<'_>, parts: &Parts<'_>) -> Result<(), Rejected> {
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
/// list is short: each prefix is compared with each element, before the signer is known.
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

/// The `PrefixList` of a canonicalization, if it has one.
fn prefix_list<'d>(doc: &'d Document<'_>, node: NodeId) -> Vec<&'d str> {
    let list = xml::elements(doc, node).next();
    let list = list.and_then(|child| xml::attribute(doc, child, "PrefixList"));
    list.unwrap_or_default().split_ascii_whitespace().collect()
}

/// The exclusive canonicalization among the transforms of a reference, the second of them.
fn exclusive_transform(doc: &Document<'_>, parts: &Parts<'_>) -> Option<NodeId> {
    xml::elements(doc, parts.transforms?).nth(1)
}

fn algorithm<'d>(doc: &'d Document<'_>, node: NodeId) -> &'d str {
    xml::attribute(doc, node, "Algorithm").unwrap_or("no algorithm")
}

/// Rule 11: the algorithms, and no parameters on them.
fn algorithms_allowed(
    doc: &Document<'_>,
    parts: &Parts<'_>,
    allow_sha1: bool,
) -> Result<(), Rejected> {
    for (node, allowed) in [(parts.method, &SIGNATURES[..]), (parts.digest_method, &DIGESTS[..])] {
        algorithm_allowed(algorithm(doc, node), allowed, allow_sha1)?;
        if xml::elements(doc, node).next().is_some() {
            return Err(misshapen("parameters of an algorithm", "none"));
        }
    }
    Ok(())
}

/// Rule 11 for one algorithm.
pub(super) fn algorithm_allowed(
    algorithm: &str,
    allowed: &[&str],
    allow_sha1: bool,
) -> Result<(), Rejected> {
    if allowed.contains(&algorithm) || allow_sha1 && WITH_SHA1.contains(&algorithm) {
        return Ok(());
    }
    let expected = "RSA or ECDSA with SHA-256, SHA-384 or SHA-512";
    Err(Rejected::new(11, "algorithm_not_allowed", algorithm, expected))
}
