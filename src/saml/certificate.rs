//! A signing certificate of an identity provider: parsed once, refused when its key is too weak.
//! Only the key in it is trusted, because it was pinned; no chain is followed (rule 12).

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use x509_parser::{
    certificate::X509Certificate, prelude::FromDer, public_key::PublicKey,
    x509::SubjectPublicKeyInfo,
};

use super::{rejected::Rejected, signature::Pinned};
use crate::kit::time::Timestamp;

/// The shortest RSA key that is taken, in bits (rule 11; NIST SP 800-131A).
const MIN_RSA_BITS: usize = 2048;
/// The largest certificate, in bytes of DER.
const MAX_DER: usize = 16 * 1024;
/// The longest RSA key that is taken, in bits: longer ones cost too much to verify with.
const MAX_RSA_BITS: usize = 8192;
/// The elliptic curves that are taken.
const CURVES: [(&str, KeyKind); 3] = [
    ("1.2.840.10045.3.1.7", KeyKind::P256),
    ("1.3.132.0.34", KeyKind::P384),
    ("1.3.132.0.35", KeyKind::P521),
];

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The keys that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Rsa,
    P256,
    P384,
    P521,
}

impl KeyKind {
    /// The length of each of the two numbers of an ECDSA signature, in bytes.
    pub(super) fn scalar(self) -> Option<usize> {
        match self {
            Self::Rsa => None,
            Self::P256 => Some(32),
            Self::P384 => Some(48),
            Self::P521 => Some(66),
        }
    }
}

/// A certificate whose key may verify signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    subject: String,
    key_kind: KeyKind,
    public_key: Vec<u8>,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Certificate {
    /// Takes a certificate as people paste it: PEM, or the bare base64 of metadata.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        if text.contains("-----") { Self::parse_pem(text) } else { Self::parse_base64(text) }
    }

    /// Takes a PEM file with one certificate. One that holds a private key is refused.
    pub fn parse_pem(text: &str) -> Result<Self, Rejected> {
        if text.contains("PRIVATE KEY-----") {
            return Err(private_key_given());
        }
        let unreadable =
            |got: &str| Rejected::new(0, "certificate_unreadable", got, "one certificate");
        let (_, after) = text.split_once(BEGIN).ok_or_else(|| unreadable("no certificate"))?;
        let (body, rest) = after.split_once(END).ok_or_else(|| unreadable("one cut short"))?;
        if rest.contains(BEGIN) {
            return Err(unreadable("several certificates"));
        }
        Self::parse_base64(body)
    }

    /// Takes the base64 of an `X509Certificate` element; white space goes.
    pub fn parse_base64(text: &str) -> Result<Self, Rejected> {
        let compact: String = text.split_ascii_whitespace().collect();
        let der = STANDARD.decode(compact);
        let unreadable =
            || Rejected::new(0, "certificate_unreadable", "no base64", "a certificate");
        Self::parse_der(&der.map_err(|_| unreadable())?)
    }

    /// Takes a certificate in DER.
    pub fn parse_der(der: &[u8]) -> Result<Self, Rejected> {
        let unreadable =
            |got: &str| Rejected::new(0, "certificate_unreadable", got, "X.509 in DER");
        if der.len() > MAX_DER {
            return Err(unreadable("more than 16 kB"));
        }
        if is_private_key(der) {
            return Err(private_key_given());
        }
        let parsed = X509Certificate::from_der(der).map_err(|_| unreadable("something else"))?;
        let (rest, certificate) = parsed;
        if !rest.is_empty() {
            return Err(unreadable("bytes behind the certificate"));
        }
        let key_kind = key_kind(certificate.public_key())?;
        let validity = certificate.validity();
        let instant = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1000));
        let taken = Self {
            key_kind,
            subject: certificate.subject().to_string(),
            public_key: certificate.public_key().subject_public_key.data.to_vec(),
            not_before: instant(validity.not_before.timestamp()),
            not_after: instant(validity.not_after.timestamp()),
            der: der.to_vec(),
        };
        // A key that does not verify anything is refused here, not at the first sign-in.
        Pinned::new(&taken).map_err(|_| unreadable("a certificate of another kind"))?;
        Ok(taken)
    }

    pub(super) fn key_kind(&self) -> KeyKind {
        self.key_kind
    }

    /// The certificate in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The public key alone: `RSAPublicKey` in DER, or a point of its curve.
    pub(super) fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The certificate in canonical PEM, 64 characters a line (RFC 7468 §2).
    #[must_use]
    pub fn pem(&self) -> String {
        let base64 = STANDARD.encode(&self.der);
        let mut lines = vec![BEGIN];
        let mut rest = base64.as_str();
        while !rest.is_empty() {
            let (line, more) = rest.split_at(rest.len().min(64));
            lines.push(line);
            rest = more;
        }
        lines.push(END);
        lines.join("\n") + "\n"
    }

    /// The SHA-256 of the DER in hex with colons, as consoles and `openssl` show it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let hash = digest(&SHA256, &self.der);
        hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }

    /// The distinguished name of the subject.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// From when it is valid. A pinned certificate verifies before that too.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Until when it is valid. A pinned certificate still verifies afterwards, with a warning that
    /// is the caller's (rule 12): a locked-out company is worse than an old pinned key.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }
}

/// What somebody gave by mistake. It is told, and kept nowhere.
pub(super) fn private_key_given() -> Rejected {
    Rejected::new(0, "private_key_given", "a private key", "a certificate")
}

/// Whether this DER begins like a private key: a sequence whose first part is version 0 or 1 and
/// whose second is an algorithm (PKCS#8), a number (PKCS#1) or octets (SEC 1). A certificate's
/// first part is another sequence.
fn is_private_key(der: &[u8]) -> bool {
    let header = match der {
        [0x30, length, ..] if *length < 0x80 => 2,
        [0x30, length, ..] => 2 + usize::from(length & 0x7f),
        _ => return false,
    };
    matches!(der.get(header..), Some([0x02, 0x01, 0x00 | 0x01, 0x30 | 0x02 | 0x04, ..]))
}

/// Rule 11: RSA of at least 2,048 bits, or ECDSA on a curve that is taken.
fn key_kind(key: &SubjectPublicKeyInfo<'_>) -> Result<KeyKind, Rejected> {
    let unsupported = |got: &str| {
        let expected = "RSA of at most 8,192 bits, or ECDSA on P-256, P-384, P-521";
        Rejected::new(11, "key_unsupported", got, expected)
    };
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) if rsa.key_size() < MIN_RSA_BITS => {
            let got = format!("RSA of {} bits", rsa.key_size());
            Err(Rejected::new(11, "weak_key", got, "at least 2,048 bits"))
        }
        Ok(PublicKey::RSA(rsa)) if rsa.key_size() > MAX_RSA_BITS => {
            Err(unsupported(&format!("RSA of {} bits", rsa.key_size())))
        }
        Ok(PublicKey::RSA(_)) => Ok(KeyKind::Rsa),
        Ok(PublicKey::EC(_)) => {
            let curve = key.algorithm.parameters.as_ref().and_then(|it| it.as_oid().ok());
            let name = curve.map(|curve| curve.to_id_string()).unwrap_or_default();
            let taken = CURVES.iter().find(|(known, _)| *known == name);
            taken.map(|(_, kind)| *kind).ok_or_else(|| unsupported("another curve"))
        }
        _ => Err(unsupported("another key")),
    }
}
