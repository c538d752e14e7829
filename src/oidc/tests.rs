//! The kernel against a small OpenID provider that shares no code with it but the cryptography.

mod answers;
mod claims;
mod examples;
mod keys;
mod metadata;
mod mutations;
mod requests;
mod tokens;

use std::sync::LazyLock;

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
        ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
        RSA_PSS_SHA512, RsaKeyPair,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};

use super::{Algorithm, Claims, Journal, Keys, Rejected, Terms, verify};
use crate::kit::{secret::Secret, time::Timestamp};

const ISSUER: &str = "https://idp.test";
const CLIENT: &str = "kernia";
const NONCE: &str = "n-0S6_WzA2Mj";
const NOW: i64 = 1_800_000_000;

static RSA: LazyLock<RsaKeyPair> =
    LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
static EVIL: LazyLock<RsaKeyPair> =
    LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
static P256: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap());
static P384: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap());
static P521: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING).unwrap());
static ED: LazyLock<Ed25519KeyPair> = LazyLock::new(|| Ed25519KeyPair::generate().unwrap());
static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::parse(&key_set(&jwks())).unwrap());

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn rsa_jwk(pair: &RsaKeyPair, kid: &str) -> Json {
    let key = pair.public_key();
    let part = |bytes: &[u8]| encode(bytes);
    json!({
        "kty": "RSA", "kid": kid, "use": "sig",
        "n": part(key.modulus().big_endian_without_leading_zero()),
        "e": part(key.exponent().big_endian_without_leading_zero()),
    })
}

fn elliptic_jwk(pair: &EcdsaKeyPair, kid: &str, curve: &str) -> Json {
    let (x, y) =
        pair.public_key().as_ref()[1..].split_at((pair.public_key().as_ref().len() - 1) / 2);
    json!({ "kty": "EC", "kid": kid, "crv": curve, "x": encode(x), "y": encode(y) })
}

fn jwks() -> Vec<Json> {
    vec![
        rsa_jwk(&RSA, "rsa"),
        elliptic_jwk(&P256, "p256", "P-256"),
        elliptic_jwk(&P384, "p384", "P-384"),
        elliptic_jwk(&P521, "p521", "P-521"),
        json!({ "kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": encode(ED.public_key()) }),
    ]
}

fn key_set(keys: &[Json]) -> Vec<u8> {
    json!({ "keys": keys }).to_string().into_bytes()
}

/// A token of these bytes, signed with the algorithm that the header should name.
fn token_of(header: &str, payload: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", encode(header), encode(payload));
    let signature = encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn rsa(pair: &RsaKeyPair, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    let encoding: &'static dyn aws_lc_rs::signature::RsaEncoding = match algorithm {
        Algorithm::RS256 => &RSA_PKCS1_SHA256,
        Algorithm::RS384 => &RSA_PKCS1_SHA384,
        Algorithm::RS512 => &RSA_PKCS1_SHA512,
        Algorithm::PS256 => &RSA_PSS_SHA256,
        Algorithm::PS384 => &RSA_PSS_SHA384,
        _ => &RSA_PSS_SHA512,
    };
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), message, &mut signature).unwrap();
    signature
}

fn elliptic(pair: &EcdsaKeyPair, message: &[u8]) -> Vec<u8> {
    pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
}

fn shared(algorithm: hmac::Algorithm, secret: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm, secret), message).as_ref().to_vec()
}

fn rs256(header: &Json, claims: &Json) -> String {
    token_of(&header.to_string(), &claims.to_string(), |it| rsa(&RSA, Algorithm::RS256, it))
}

fn header() -> Json {
    json!({ "alg": "RS256", "kid": "rsa", "typ": "JWT" })
}

fn ada() -> Json {
    json!({
        "iss": ISSUER, "sub": "ada", "aud": CLIENT, "nonce": NONCE, "iat": NOW, "exp": NOW + 300,
        "email": "ada@acme.test", "groups": ["engineers"], "sid": "s-1",
    })
}

/// Ada's claims, where some are others or missing (null).
fn ada_but(changes: &Json) -> Json {
    let mut claims = ada();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Json::Null => _ = claims.as_object_mut().unwrap().remove(name),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

fn now() -> Timestamp {
    Timestamp::from_millis(NOW * 1000)
}

fn terms() -> Terms<'static> {
    Terms {
        issuer: ISSUER,
        client_id: CLIENT,
        algorithms: &Algorithm::ASYMMETRIC,
        keys: &KEYS,
        client_secret: None,
        nonce: NONCE,
        access_token: None,
        code: None,
        hosted_domains: &[],
        max_age: None,
        now: now(),
    }
}

fn judged(token: &str, terms: &Terms<'_>) -> Result<Claims, Rejected> {
    verify(token, terms, &mut Journal::start()).map(|verified| verified.get().clone())
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// The code that a result was refused with; `accepted` otherwise.
fn code<T>(result: &Result<T, Rejected>) -> &'static str {
    result.as_ref().err().map_or("accepted", |rejected| rejected.code)
}

/// A refusal that no test provokes is one that nobody knows to work.
#[test]
fn every_code_has_its_case() {
    let sources = [
        include_str!("tests/answers.rs"),
        include_str!("tests/claims.rs"),
        include_str!("tests/keys.rs"),
        include_str!("tests/metadata.rs"),
        include_str!("tests/requests.rs"),
        include_str!("tests/tokens.rs"),
    ]
    .concat();
    for (code, sentence) in super::REASONS {
        assert!(sources.contains(&format!("\"{code}\"")), "no test refuses with {code}");
        assert!(sentence.ends_with('.'), "{code}: {sentence}");
        assert_eq!(super::REASONS.iter().filter(|(other, _)| other == code).count(), 1, "{code}");
    }
}
