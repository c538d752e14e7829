//! Rules 12 and 13: each signature verifies with a pinned key, over the canonical bytes of the
//! element that carries it. Those bytes are handed on; claims are read from nothing else.

use aws_lc_rs::{
    digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest},
    signature::{
        ECDSA_P256_SHA1_ASN1, ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1,
        ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
        ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA1_ASN1, ECDSA_P521_SHA256_ASN1,
        ECDSA_P521_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ParsedPublicKey,
        RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
        RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
        VerificationAlgorithm,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::{
    c14n::{C14nMode, canonicalize_doc},
    core::algorithm as uri,
    xml::nodeset::NodeSet,
};
use uppsala::{Document, NodeId};

use super::{Signature, algorithm, exclusive_transform, prefix_list};
use crate::saml::{
    canonical,
    certificate::{Certificate, KeyKind},
    rejected::Rejected,
};

/// What a key can verify: the name of the algorithm, and how it is done.
type Method = (&'static str, &'static dyn VerificationAlgorithm);

const RSA: [Method; 4] = [
    (uri::RSA_SHA256, &RSA_PKCS1_2048_8192_SHA256),
    (uri::RSA_SHA384, &RSA_PKCS1_2048_8192_SHA384),
    (uri::RSA_SHA512, &RSA_PKCS1_2048_8192_SHA512),
    (uri::RSA_SHA1, &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
];
const P256: [Method; 4] = [
    (uri::ECDSA_SHA256, &ECDSA_P256_SHA256_ASN1),
    (uri::ECDSA_SHA384, &ECDSA_P256_SHA384_ASN1),
    (uri::ECDSA_SHA512, &ECDSA_P256_SHA512_ASN1),
    (uri::ECDSA_SHA1, &ECDSA_P256_SHA1_ASN1),
];
const P384: [Method; 3] = [
    (uri::ECDSA_SHA256, &ECDSA_P384_SHA256_ASN1),
    (uri::ECDSA_SHA384, &ECDSA_P384_SHA384_ASN1),
    (uri::ECDSA_SHA512, &ECDSA_P384_SHA512_ASN1),
];
const P521: [Method; 4] = [
    (uri::ECDSA_SHA256, &ECDSA_P521_SHA256_ASN1),
    (uri::ECDSA_SHA384, &ECDSA_P521_SHA384_ASN1),
    (uri::ECDSA_SHA512, &ECDSA_P521_SHA512_ASN1),
    (uri::ECDSA_SHA1, &ECDSA_P521_SHA1_ASN1),
];

/// The key of a pinned certificate, parsed once for each algorithm that it can verify.
pub(in crate::saml) struct Pinned {
    fingerprint: String,
    kind: KeyKind,
    keys: Vec<(&'static str, ParsedPublicKey)>,
}

impl Pinned {
    pub(in crate::saml) fn new(certificate: &Certificate) -> Result<Self, Rejected> {
        let methods = match certificate.key_kind() {
            KeyKind::Rsa => &RSA[..],
            KeyKind::P256 => &P256[..],
            KeyKind::P384 => &P384[..],
            KeyKind::P521 => &P521[..],
        };
        let parse = |&(name, method): &Method| {
            let key = UnparsedPublicKey::new(method, certificate.public_key()).parse();
            key.map(|key| (name, key)).map_err(|_| {
                Rejected::new(12, "certificate_unreadable", certificate.subject(), "X.509")
            })
        };
        Ok(Self {
            fingerprint: certificate.fingerprint(),
            kind: certificate.key_kind(),
            keys: methods.iter().map(parse).collect::<Result<_, _>>()?,
        })
    }

    /// The SHA-256 of the certificate.
    pub(in crate::saml) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn verifies(&self, method: &str, message: &[u8], signature: &[u8]) -> bool {
        let Some((_, key)) = self.keys.iter().find(|(name, _)| *name == method) else {
            return false;
        };
        match self.kind.scalar() {
            None => key.verify_sig(message, signature).is_ok(),
            Some(length) => asn1(signature, length)
                .is_some_and(|signature| key.verify_sig(message, &signature).is_ok()),
        }
    }
}

/// The two numbers of an ECDSA signature in ASN.1, from the two of `length` bytes that XML carries
/// (XML Signature §6.4.3).
fn asn1(signature: &[u8], length: usize) -> Option<Vec<u8>> {
    if signature.len() != 2 * length {
        return None;
    }
    let mut numbers = Vec::with_capacity(2 * length + 6);
    for number in signature.chunks(length) {
        let zeros = number.iter().take_while(|&&byte| byte == 0).count();
        let digits = &number[zeros.min(length - 1)..];
        // A first bit that is set would make the number negative.
        let padding = usize::from(digits[0] >= 0x80);
        numbers.extend([0x02, u8::try_from(digits.len() + padding).ok()?]);
        numbers.extend(std::iter::repeat_n(0, padding));
        numbers.extend_from_slice(digits);
    }
    let mut out = vec![0x30];
    if numbers.len() >= 0x80 {
        out.push(0x81);
    }
    out.push(u8::try_from(numbers.len()).ok()?);
    out.extend(numbers);
    Some(out)
}

/// A signature that verified.
pub(in crate::saml) struct Proof<'t> {
    /// The element that carries it, all of which it covers.
    pub(in crate::saml) parent: NodeId,
    /// The canonical bytes of that element that were digested, without the signature itself.
    pub(in crate::saml) bytes: String,
    /// The certificate whose key verified it.
    pub(in crate::saml) by: &'t str,
    /// Whether it or its digest uses SHA-1.
    pub(in crate::saml) with_sha1: bool,
}

/// Rule 12 for every signature: one that does not verify refuses them all.
pub(in crate::saml) fn verify<'t>(
    doc: &Document<'_>,
    signatures: &[Signature<'_>],
    pinned: &'t [Pinned],
) -> Result<Vec<Proof<'t>>, Rejected> {
    signatures.iter().map(|signature| one(doc, signature, pinned)).collect()
}

fn one<'t>(
    doc: &Document<'_>,
    signature: &Signature<'_>,
    pinned: &'t [Pinned],
) -> Result<Proof<'t>, Rejected> {
    let (parts, placed) = (&signature.parts, signature.placed);
    let transform = exclusive_transform(doc, parts).ok_or_else(invalid)?;
    let prefixes = prefix_list(doc, transform);
    let bytes = canonical::exclusive(doc, placed.parent, Some(placed.node), &prefixes)?;
    let digest_method = algorithm(doc, parts.digest_method);
    let hash = hash(digest_method).ok_or_else(invalid)?;
    let expected = decoded(parts.digest_value).ok_or_else(invalid)?;
    if digest(hash, bytes.as_bytes()).as_ref() != expected {
        return Err(invalid());
    }
    let method = algorithm(doc, parts.method);
    let info = signed_info(doc, signature)?;
    let value = decoded(parts.value).ok_or_else(invalid)?;
    let by = detached(pinned, method, &info, &value)?;
    let with_sha1 = [method, digest_method].iter().any(|it| it.ends_with("sha1"));
    Ok(Proof { parent: placed.parent, bytes, by, with_sha1 })
}

/// The fingerprint of the pinned certificate whose key verifies `signature` over `message`.
pub(in crate::saml) fn detached<'t>(
    pinned: &'t [Pinned],
    method: &str,
    message: &[u8],
    signature: &[u8],
) -> Result<&'t str, Rejected> {
    let found = pinned.iter().find(|it| it.verifies(method, message, signature));
    found.map(Pinned::fingerprint).ok_or_else(invalid)
}

/// Whatever fails is one refusal.
fn invalid() -> Rejected {
    let expected = "a signature by a certificate of this connection";
    Rejected::new(12, "signature_invalid", "one that does not verify", expected)
}

fn hash(name: &str) -> Option<&'static digest::Algorithm> {
    match name {
        uri::SHA256 => Some(&SHA256),
        uri::SHA384 => Some(&SHA384),
        uri::SHA512 => Some(&SHA512),
        uri::SHA1 => Some(&SHA1_FOR_LEGACY_USE_ONLY),
        _ => None,
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(compact).ok()
}

/// The canonical bytes of `SignedInfo`, which are what the key signs.
fn signed_info(doc: &Document<'_>, signature: &Signature<'_>) -> Result<Vec<u8>, Rejected> {
    let parts = &signature.parts;
    if algorithm(doc, parts.canonicalization) == uri::EXC_C14N {
        let prefixes = prefix_list(doc, parts.canonicalization);
        let info = canonical::exclusive(doc, parts.info, None, &prefixes)?;
        return Ok(info.into_bytes());
    }
    let set = NodeSet::tree_without_comments(parts.info, doc);
    canonicalize_doc(doc, C14nMode::Inclusive, Some(&set), &[] as &[&str]).map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    use super::asn1;

    #[test]
    fn numbers_become_shortest_and_positive() {
        let of = |text: &[u8]| asn1(text, 2).unwrap();
        assert_eq!(of(&[1, 2, 3, 4]), [0x30, 8, 2, 2, 1, 2, 2, 2, 3, 4]);
        assert_eq!(of(&[0, 1, 0, 0]), [0x30, 6, 2, 1, 1, 2, 1, 0]);
        assert_eq!(of(&[0x80, 0, 0, 0xff]), [0x30, 9, 2, 3, 0, 0x80, 0, 2, 2, 0, 0xff]);
        for length in [0, 1, 3, 5, 8] {
            assert_eq!(asn1(&vec![1; length], 2), None);
        }
        // P-521's are longer than a short length can say.
        let long = asn1(&[0xff; 132], 66).unwrap();
        assert_eq!((&long[..3], long.len()), (&[0x30, 0x81, 138][..], 141));
    }
}
