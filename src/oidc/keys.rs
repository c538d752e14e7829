//! A provider's key set (RFC 7517), prepared: parsed once, shared by every sign-in, so that a
//! verification costs nothing but its signature. Certificates in it are never looked at.

use std::{fmt, sync::Arc};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents, VerificationAlgorithm,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value as Json};

use super::{algorithm::Algorithm, json, rejected::Rejected};

/// The largest key set, in bytes.
const MAX_DOCUMENT: usize = 512 * 1024;
/// The most keys of a set.
const MAX_KEYS: usize = 100;
/// The most keys that are tried for a token that names none.
const MAX_TRIES: usize = 5;

/// The sizes of RSA keys, in bytes of the modulus.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

const RSA: [(Algorithm, &RsaParameters); 6] = [
    (Algorithm::RS256, &RSA_PKCS1_2048_8192_SHA256),
    (Algorithm::RS384, &RSA_PKCS1_2048_8192_SHA384),
    (Algorithm::RS512, &RSA_PKCS1_2048_8192_SHA512),
    (Algorithm::PS256, &RSA_PSS_2048_8192_SHA256),
    (Algorithm::PS384, &RSA_PSS_2048_8192_SHA384),
    (Algorithm::PS512, &RSA_PSS_2048_8192_SHA512),
];

/// The keys of one provider. Cheap to clone.
#[derive(Clone, Default)]
pub struct Keys(Arc<[Key]>);

/// One key, or why it is none.
struct Key {
    id: Option<String>,
    /// The issuer that may use it, where a set serves several (Entra).
    issuer: Option<String>,
    /// Ready for each algorithm that it may be used with; or why there is none.
    ready: Result<Vec<(Algorithm, ParsedPublicKey)>, &'static str>,
}

/// A key that fits a token, and the issuer that it is bound to, if it is.
pub(super) struct Fitting<'a> {
    key: &'a ParsedPublicKey,
    pub(super) issuer: Option<&'a str>,
}

impl Fitting<'_> {
    pub(super) fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(signed, signature).is_ok()
    }
}

impl Keys {
    /// Reads a key set. Keys that Kernia cannot use are passed over; a set without any other is
    /// refused.
    pub fn parse(document: &[u8]) -> Result<Self, Rejected> {
        let malformed = |got: String| Rejected::new("keys_malformed", got, "a JSON Web Key Set");
        if document.len() > MAX_DOCUMENT {
            let got = format!("{} bytes", document.len());
            return Err(Rejected::new("keys_too_large", got, "at most 524,288"));
        }
        if json::is_html(document) {
            return Err(Rejected::new("keys_html", "HTML or XML", "a JSON Web Key Set"));
        }
        let map = json::object(document).map_err(malformed)?;
        let list = map.get("keys").and_then(Json::as_array);
        let list = list.ok_or_else(|| malformed("no list `keys`".to_owned()))?;
        if list.len() > MAX_KEYS {
            let got = format!("{} keys", list.len());
            return Err(Rejected::new("keys_too_large", got, "at most 100"));
        }
        let keys: Arc<[Key]> = list.iter().filter_map(Json::as_object).map(Key::read).collect();
        if keys.iter().all(|key| key.ready.is_err()) {
            let why = keys.iter().filter_map(|key| key.ready.as_ref().err().copied());
            let got = why.collect::<Vec<_>>().join(", ");
            let got = if got.is_empty() { "no keys".to_owned() } else { got };
            return Err(Rejected::new("keys_empty", got, "a key for signatures"));
        }
        Ok(Self(keys))
    }

    /// Whether a key of this name is in the set, usable or not.
    #[must_use]
    pub fn has(&self, kid: &str) -> bool {
        self.0.iter().any(|key| key.id.as_deref() == Some(kid))
    }

    /// The names of the usable keys that have one, in the order of the set.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|key| key.ready.is_ok()).filter_map(|key| key.id.as_deref())
    }

    /// How many keys can be used.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().filter(|key| key.ready.is_ok()).count()
    }

    /// Whether no key can be used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys that a token with this header can be signed with: those of its name, or all that
    /// fit when it names none and they are few.
    pub(super) fn fitting(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
    ) -> Result<Vec<Fitting<'_>>, Rejected> {
        let named = || self.0.iter().filter(|key| kid.is_none() || key.id.as_deref() == kid);
        let fitting: Vec<_> = named().filter_map(|key| key.fitting(algorithm)).collect();
        match (fitting.len(), kid) {
            (0, Some(kid)) if !self.has(kid) => {
                let known = self.ids().collect::<Vec<_>>().join(", ");
                Err(Rejected::new("kid_unknown", kid, known))
            }
            (0, _) => {
                let why = named().find_map(|key| key.ready.as_ref().err().copied());
                let got = why.unwrap_or("keys for other algorithms");
                Err(Rejected::new("key_unusable", got, format!("a key for {algorithm}")))
            }
            (1..=MAX_TRIES, _) => Ok(fitting),
            (count, _) => {
                let got = format!("{count} keys that fit");
                Err(Rejected::new("kid_missing", got, "a `kid` that names one"))
            }
        }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keys").field(&self.ids().collect::<Vec<_>>()).finish()
    }
}

impl Key {
    fn read(map: &Map<String, Json>) -> Self {
        let owned = |name| json::text(map, name).map(str::to_owned);
        Self { id: owned("kid"), issuer: owned("issuer"), ready: prepare(map) }
    }

    fn fitting(&self, algorithm: Algorithm) -> Option<Fitting<'_>> {
        let ready = self.ready.as_ref().ok()?;
        let (_, key) = ready.iter().find(|(known, _)| *known == algorithm)?;
        Some(Fitting { key, issuer: self.issuer.as_deref() })
    }
}

/// The key, ready for each algorithm that it may be used with; or why it may not be used.
fn prepare(map: &Map<String, Json>) -> Result<Vec<(Algorithm, ParsedPublicKey)>, &'static str> {
    if map.get("use").is_some_and(|purpose| purpose.as_str() != Some("sig")) {
        return Err("a key for another purpose");
    }
    if map.contains_key("key_ops")
        && !json::texts(map, "key_ops").is_some_and(|all| all.iter().any(|it| it == "verify"))
    {
        return Err("a key for another purpose");
    }
    // Whoever can read the set could sign with it.
    if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|it| map.contains_key(*it)) {
        return Err("a key published with its private half");
    }
    let ready = match json::text(map, "kty") {
        Some("RSA") => rsa(map)?,
        Some("EC") => elliptic(map)?,
        Some("OKP") => edwards(map)?,
        _ => return Err("a key of an unknown kind"),
    };
    match map.get("alg") {
        None => Ok(ready),
        Some(named) => {
            // RFC 9864 names the curve where RFC 8037 did not.
            let named = match named.as_str() {
                Some("Ed25519") => Some("EdDSA"),
                other => other,
            };
            let ready: Vec<_> =
                ready.into_iter().filter(|(known, _)| Some(known.as_str()) == named).collect();
            if ready.is_empty() { Err("a key for another algorithm") } else { Ok(ready) }
        }
    }
}

fn rsa(map: &Map<String, Json>) -> Result<Vec<(Algorithm, ParsedPublicKey)>, &'static str> {
    let (n, e) = (number(map, "n")?, number(map, "e")?);
    if n.len() < *RSA_BYTES.start() || (n.len() == *RSA_BYTES.start() && n[0] < 0x80) {
        return Err("an RSA key of less than 2048 bits");
    }
    if n.len() > *RSA_BYTES.end() {
        return Err("an RSA key of more than 8192 bits");
    }
    // Larger ones make a verification as slow as they like, smaller ones are no exponents.
    if e.len() > 4 || e.last().is_none_or(|last| last % 2 == 0) || e == [1] {
        return Err("an RSA key with an exponent that is out of use");
    }
    let components = RsaPublicKeyComponents { n: &n, e: &e };
    let ready = RSA.into_iter().map(|(algorithm, parameters)| {
        let key = components.to_parsed_public_key(parameters).map_err(|_| "a broken RSA key")?;
        Ok((algorithm, key))
    });
    ready.collect()
}

fn elliptic(map: &Map<String, Json>) -> Result<Vec<(Algorithm, ParsedPublicKey)>, &'static str> {
    let (algorithm, size, parameters): (_, _, &'static dyn VerificationAlgorithm) =
        match json::text(map, "crv") {
            Some("P-256") => (Algorithm::ES256, 32, &ECDSA_P256_SHA256_FIXED),
            Some("P-384") => (Algorithm::ES384, 48, &ECDSA_P384_SHA384_FIXED),
            Some("P-521") => (Algorithm::ES512, 66, &ECDSA_P521_SHA512_FIXED),
            _ => return Err("a key on an unknown curve"),
        };
    let (x, y) = (bytes(map, "x")?, bytes(map, "y")?);
    if x.len() != size || y.len() != size {
        return Err("a broken elliptic key");
    }
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    let key = ParsedPublicKey::new(parameters, point).map_err(|_| "a broken elliptic key")?;
    Ok(vec![(algorithm, key)])
}

fn edwards(map: &Map<String, Json>) -> Result<Vec<(Algorithm, ParsedPublicKey)>, &'static str> {
    if json::text(map, "crv") != Some("Ed25519") {
        return Err("a key on an unknown curve");
    }
    let x = bytes(map, "x")?;
    if x.len() != 32 {
        return Err("a broken Ed25519 key");
    }
    let key = ParsedPublicKey::new(&ED25519, x).map_err(|_| "a broken Ed25519 key")?;
    Ok(vec![(Algorithm::EdDSA, key)])
}

/// A number in base64url. Some providers write it as ASN.1 does, with a zero in front.
fn number(map: &Map<String, Json>, name: &str) -> Result<Vec<u8>, &'static str> {
    let bytes = bytes(map, name)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Ok(bytes[zeros..].to_vec())
}

/// A member in base64url, with or without the padding that it must not have.
fn bytes(map: &Map<String, Json>, name: &str) -> Result<Vec<u8>, &'static str> {
    let text = json::text(map, name).ok_or("a key with a part missing")?;
    let text = text.trim_end_matches('=');
    URL_SAFE_NO_PAD.decode(text).map_err(|_| "a key that is not base64url")
}
