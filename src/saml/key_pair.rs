//! A private key of ours with its certificate: signs requests, opens encrypted assertions.
//! Parsed once and shared; nothing here prints the key.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{OaepPrivateDecryptingKey, PrivateDecryptingKey},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
        ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _,
        RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::core::algorithm as uri;
use zeroize::Zeroizing;

use super::{certificate::Certificate, rejected::Rejected};
use crate::kit::secret::SecretBytes;

/// The curves of our own keys, with the algorithm that a signature of each names.
const CURVES: [(&EcdsaSigningAlgorithm, &str); 3] = [
    (&ECDSA_P256_SHA256_FIXED_SIGNING, uri::ECDSA_SHA256),
    (&ECDSA_P384_SHA384_FIXED_SIGNING, uri::ECDSA_SHA384),
    (&ECDSA_P521_SHA512_FIXED_SIGNING, uri::ECDSA_SHA512),
];
/// The largest private key file, in bytes of text.
const MAX_PEM: usize = 32 * 1024;

/// A private key with the certificate of its public half.
#[derive(Clone)]
pub struct KeyPair(Arc<Parts>);

struct Parts {
    private_key: SecretBytes,
    certificate: Certificate,
    signs: Signs,
    /// Only RSA opens what was encrypted for us.
    opens: Option<OaepPrivateDecryptingKey>,
}

enum Signs {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>, &'static str),
}

impl KeyPair {
    /// Takes a key (PKCS#8, PKCS#1 or SEC 1, not encrypted) and its certificate, both in PEM.
    pub fn parse(key_pem: &str, certificate_pem: &str) -> Result<Self, Rejected> {
        let certificate = Certificate::parse(certificate_pem)?;
        let (label, der) = private_der(key_pem)?;
        let pkcs8 = match label {
            Label::Pkcs8 => SecretBytes::new(der.to_vec()),
            Label::Pkcs1 => {
                let pair = RsaKeyPair::from_der(&der).map_err(|_| unreadable("no RSA key"))?;
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| unreadable("no RSA key"))?;
                SecretBytes::new(der.as_ref().to_vec())
            }
            Label::Sec1 => {
                let pair = CURVES
                    .into_iter()
                    .find_map(|(curve, _)| EcdsaKeyPair::from_private_key_der(curve, &der).ok())
                    .ok_or_else(|| unreadable("no elliptic key"))?;
                let der = pair.to_pkcs8v1().map_err(|_| unreadable("no elliptic key"))?;
                SecretBytes::new(der.as_ref().to_vec())
            }
        };
        Self::of(pkcs8, certificate)
    }

    /// Takes a key in PKCS#8 and its certificate, both in DER, as they are kept.
    pub fn from_der(private_key: SecretBytes, certificate: &[u8]) -> Result<Self, Rejected> {
        Self::of(private_key, Certificate::parse_der(certificate)?)
    }

    fn of(private_key: SecretBytes, certificate: Certificate) -> Result<Self, Rejected> {
        let pkcs8 = private_key.expose();
        let (signs, opens, public) = if let Ok(pair) = RsaKeyPair::from_pkcs8(pkcs8) {
            let public = pair.public_key().as_ref().to_vec();
            let opens = PrivateDecryptingKey::from_pkcs8(pkcs8)
                .map_err(|_| unreadable("an RSA key that opens nothing"))?;
            let opens = OaepPrivateDecryptingKey::new(opens)
                .map_err(|_| unreadable("an RSA key that opens nothing"))?;
            (Signs::Rsa(Box::new(pair)), Some(opens), public)
        } else {
            let found = CURVES.into_iter().find_map(|(curve, method)| {
                Some((EcdsaKeyPair::from_pkcs8(curve, pkcs8).ok()?, method))
            });
            let (pair, method) = found.ok_or_else(|| unreadable("no key that can be used"))?;
            let public = pair.public_key().as_ref().to_vec();
            (Signs::Ec(Box::new(pair), method), None, public)
        };
        if certificate.public_key() != public {
            let expected = "the certificate of this private key";
            return Err(Rejected::new(0, "key_pair_mismatch", certificate.subject(), expected));
        }
        Ok(Self(Arc::new(Parts { private_key, certificate, signs, opens })))
    }

    /// The private key in PKCS#8.
    #[must_use]
    pub fn private_key(&self) -> &SecretBytes {
        &self.0.private_key
    }

    /// The certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.0.certificate
    }

    /// What a signature by [`KeyPair::sign`] is called (RFC 9231).
    pub(super) fn algorithm(&self) -> &'static str {
        match &self.0.signs {
            Signs::Rsa(_) => uri::RSA_SHA256,
            Signs::Ec(_, method) => method,
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Rejected> {
        let random = SystemRandom::new();
        let failed = || unreadable("a key that does not sign");
        match &self.0.signs {
            Signs::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(|_| failed())?;
                Ok(signature)
            }
            Signs::Ec(pair, _) => {
                let signature = pair.sign(&random, message).map_err(|_| failed())?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }

    /// What opens a session key that was encrypted for this certificate, when it is RSA.
    pub(super) fn opens(&self) -> Option<&OaepPrivateDecryptingKey> {
        self.0.opens.as_ref()
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair")
            .field("certificate", &self.0.certificate.fingerprint())
            .finish_non_exhaustive()
    }
}

/// The kinds of PEM that hold a private key in clear.
#[derive(Debug, Clone, Copy)]
enum Label {
    Pkcs8,
    Pkcs1,
    Sec1,
}

/// The one private key of a PEM text; certificates and parameters beside it are passed over.
fn private_der(pem: &str) -> Result<(Label, Zeroizing<Vec<u8>>), Rejected> {
    if pem.len() > MAX_PEM {
        return Err(unreadable("more than 32 kB"));
    }
    if pem.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || pem.contains("4,ENCRYPTED") {
        return Err(unreadable("a key that is protected by a passphrase"));
    }
    let labels = [
        ("PRIVATE KEY", Label::Pkcs8),
        ("RSA PRIVATE KEY", Label::Pkcs1),
        ("EC PRIVATE KEY", Label::Sec1),
    ];
    let mut found = None;
    for (name, label) in labels {
        let (begin, end) = (format!("-----BEGIN {name}-----"), format!("-----END {name}-----"));
        for rest in pem.split(&begin).skip(1) {
            let body = rest.split_once(&end).ok_or_else(|| unreadable("one cut short"))?.0;
            if found.replace((label, body)).is_some() {
                return Err(unreadable("several private keys"));
            }
        }
    }
    let (label, body) = found.ok_or_else(|| unreadable("no private key"))?;
    let compact = Zeroizing::new(body.split_ascii_whitespace().collect::<String>());
    let der = STANDARD.decode(compact.as_bytes()).map_err(|_| unreadable("no base64"))?;
    Ok((label, Zeroizing::new(der)))
}

fn unreadable(got: &str) -> Rejected {
    let expected = "a private key in PEM (PKCS#8 or PKCS#1): RSA, P-256, P-384 or P-521";
    Rejected::new(0, "key_pair_unreadable", got, expected)
}
