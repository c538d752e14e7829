//! A private key of ours that signs tokens: client assertions, and the ID tokens of Kernia's own
//! provider. Parsed once and shared; nothing here prints the key.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
        ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _,
        RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::Serialize;
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use super::{algorithm::Algorithm, rejected::Rejected};
use crate::kit::{
    digest::sha256,
    error::{Error, Fault},
    secret::SecretBytes,
};

/// The largest key file, in bytes of text.
const MAX_PEM: usize = 32 * 1024;
/// The smallest RSA modulus, in bytes.
const MIN_MODULUS: usize = 256;

const CURVES: [(&EcdsaSigningAlgorithm, Algorithm, &str); 3] = [
    (&ECDSA_P256_SHA256_FIXED_SIGNING, Algorithm::ES256, "P-256"),
    (&ECDSA_P384_SHA384_FIXED_SIGNING, Algorithm::ES384, "P-384"),
    (&ECDSA_P521_SHA512_FIXED_SIGNING, Algorithm::ES512, "P-521"),
];

/// A private key, ready to sign. Cheap to clone.
#[derive(Clone)]
pub struct SigningKey {
    pair: Arc<Pair>,
    thumbprint: Arc<str>,
    /// The SHA-256 of the certificate that the other side knows the key by.
    certificate: Option<Arc<str>>,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Elliptic(Box<EcdsaKeyPair>, Algorithm, &'static str),
}

/// A token's header; its members are in the order of their names.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    kid: &'a str,
    typ: &'a str,
    #[serde(rename = "x5t#S256", skip_serializing_if = "Option::is_none")]
    certificate: Option<&'a str>,
}

impl SigningKey {
    /// Takes the one private key of a PEM text (PKCS#8, PKCS#1 or SEC 1, not encrypted).
    /// Certificates and parameters beside it are passed over.
    pub fn from_pem(pem: &str) -> Result<Self, Rejected> {
        if pem.len() > MAX_PEM {
            return Err(unreadable("more than 32 kB"));
        }
        if pem.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || pem.contains("4,ENCRYPTED") {
            return Err(unreadable("a key that is protected by a passphrase"));
        }
        let mut found = None;
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"] {
            let (begin, end) =
                (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
            for rest in pem.split(&begin).skip(1) {
                let body = rest.split_once(&end).ok_or_else(|| unreadable("one cut short"))?.0;
                if found.replace(body).is_some() {
                    return Err(unreadable("several private keys"));
                }
            }
        }
        let body = found.ok_or_else(|| unreadable("no private key"))?;
        let compact = Zeroizing::new(body.split_ascii_whitespace().collect::<String>());
        let der = STANDARD.decode(compact.as_bytes()).map_err(|_| unreadable("no base64"))?;
        Self::from_der(&SecretBytes::new(der))
    }

    /// Takes a private key in DER (PKCS#8, PKCS#1 or SEC 1), as it is kept.
    pub fn from_der(der: &SecretBytes) -> Result<Self, Rejected> {
        let der = der.expose();
        let pair =
            if let Ok(pair) = RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der)) {
                if pair.public_modulus_len() < MIN_MODULUS {
                    return Err(unreadable("an RSA key of less than 2048 bits"));
                }
                Pair::Rsa(Box::new(pair))
            } else {
                let found = CURVES.into_iter().find_map(|(curve, algorithm, name)| {
                    let pair = EcdsaKeyPair::from_pkcs8(curve, der)
                        .or_else(|_| EcdsaKeyPair::from_private_key_der(curve, der));
                    Some(Pair::Elliptic(Box::new(pair.ok()?), algorithm, name))
                });
                found.ok_or_else(|| unreadable("no key that can be used"))?
            };
        Ok(Self::of(pair))
    }

    /// A fresh RSA key of 2048 bits, in PKCS#8.
    pub fn generate() -> Result<SecretBytes, Error> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| Fault::internal("no key"))?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| Fault::internal("no key"))?;
        Ok(SecretBytes::new(der.as_ref().to_vec()))
    }

    fn of(pair: Pair) -> Self {
        let thumbprint = thumbprint(&pair).into();
        Self { pair: Arc::new(pair), thumbprint, certificate: None }
    }

    /// The same key, whose tokens name this certificate (in DER) beside it: Entra knows a client's
    /// key by nothing else.
    #[must_use]
    pub fn with_certificate(mut self, der: &[u8]) -> Self {
        self.certificate = Some(URL_SAFE_NO_PAD.encode(sha256(der)).into());
        self
    }

    /// The RFC 7638 name of the key, for want of another one.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// What it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match &*self.pair {
            Pair::Rsa(_) => Algorithm::RS256,
            Pair::Elliptic(_, algorithm, _) => *algorithm,
        }
    }

    /// The public half as a JSON Web Key of this name.
    #[must_use]
    pub fn public_jwk(&self, kid: &str) -> Json {
        let mut jwk = json!({ "kid": kid, "use": "sig", "alg": self.algorithm().as_str() });
        for (name, value) in members(&self.pair) {
            jwk[name] = value.into();
        }
        jwk
    }

    /// A token with these claims, in compact form.
    pub fn sign(&self, kid: &str, typ: &str, claims: &impl Serialize) -> Result<String, Error> {
        let certificate = self.certificate.as_deref();
        let header = Header { alg: self.algorithm().as_str(), kid, typ, certificate };
        let mut token = encoded(&header)?;
        token.push('.');
        token.push_str(&encoded(claims)?);
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let random = SystemRandom::new();
        let failed = |_| Fault::internal("a signing key does not sign");
        match &*self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Pair::Elliptic(pair, ..) => {
                Ok(pair.sign(&random, message).map_err(failed)?.as_ref().to_vec())
            }
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("thumbprint", &self.thumbprint).finish_non_exhaustive()
    }
}

fn encoded(value: &impl Serialize) -> Result<String, Error> {
    let json = serde_json::to_vec(value).map_err(Fault::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

/// The members that make a public key, in the order of their names (RFC 7638 §3.2).
fn members(pair: &Pair) -> Vec<(&'static str, String)> {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    match pair {
        Pair::Rsa(pair) => {
            let key = pair.public_key();
            vec![
                ("e", encode(key.exponent().big_endian_without_leading_zero())),
                ("kty", "RSA".to_owned()),
                ("n", encode(key.modulus().big_endian_without_leading_zero())),
            ]
        }
        Pair::Elliptic(pair, _, curve) => {
            // An uncompressed point: a four, then both coordinates.
            let point = &pair.public_key().as_ref()[1..];
            let (x, y) = point.split_at(point.len() / 2);
            vec![
                ("crv", (*curve).to_owned()),
                ("kty", "EC".to_owned()),
                ("x", encode(x)),
                ("y", encode(y)),
            ]
        }
    }
}

fn thumbprint(pair: &Pair) -> String {
    let members: Vec<String> =
        members(pair).into_iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
    URL_SAFE_NO_PAD.encode(sha256(format!("{{{}}}", members.join(",")).as_bytes()))
}

fn unreadable(got: &str) -> Rejected {
    let expected = "a private key in PEM or DER: RSA, P-256, P-384 or P-521";
    Rejected::new("signing_key_unreadable", got, expected)
}
