//! Key sets: what is used, what is passed over, and what is refused.

use serde_json::{Value as Json, json};

use super::{
    EVIL, P256, RSA, ada, code, elliptic_jwk, encode, header, judged, jwks, key_set, rs256,
    rsa_jwk, terms,
};
use crate::kit::secret::SecretBytes;
use crate::oidc::{Keys, Rejected, SigningKey, Terms};

/// A key set of the provider's RSA key with these members set, or removed (null).
fn set_with(changes: &Json) -> Result<Keys, Rejected> {
    let mut key = rsa_jwk(&RSA, "rsa");
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Json::Null => _ = key.as_object_mut().unwrap().remove(name),
            value => key[name] = value.clone(),
        }
    }
    Keys::parse(&key_set(&[key]))
}

#[test]
fn a_key_is_used_for_what_it_is_published_for() {
    let token = rs256(&header(), &ada());
    for (changes, expected) in [
        (json!({}), "accepted"),
        (json!({ "use": null }), "accepted"),
        (json!({ "alg": "RS256" }), "accepted"),
        (json!({ "key_ops": ["verify"] }), "accepted"),
        (json!({ "x5c": ["certainly no certificate"], "x5t": 5, "unknown": {} }), "accepted"),
        // In ASN.1's manner, with a zero in front, and padded.
        (json!({ "e": "AAEAAQ==" }), "accepted"),
        (json!({ "alg": "RS512" }), "key_unusable"),
        (json!({ "alg": "PS256" }), "key_unusable"),
    ] {
        let keys = set_with(&changes).unwrap();
        let terms = Terms { keys: &keys, ..terms() };
        assert_eq!(code(&judged(&token, &terms)), expected, "{changes}");
    }
}

#[test]
fn a_set_without_a_usable_key() {
    let short = encode([0xc5; 128]);
    let odd = encode([&[0x7f], [0xc5; 255].as_slice()].concat());
    let long = encode([0xc5; 1025]);
    for changes in [
        json!({ "use": "enc" }),
        json!({ "use": ["sig"] }),
        json!({ "key_ops": ["encrypt"] }),
        json!({ "key_ops": "verify" }),
        json!({ "alg": "RSA-OAEP" }),
        json!({ "alg": "none" }),
        json!({ "alg": "ES256" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": 1 }),
        json!({ "kty": "RSA2" }),
        json!({ "kty": null }),
        json!({ "kty": "oct", "k": "c2VjcmV0" }),
        json!({ "d": "AQAB" }),
        json!({ "dp": "AQAB" }),
        json!({ "n": short }),
        json!({ "n": odd }),
        json!({ "n": long }),
        json!({ "n": null }),
        json!({ "n": "" }),
        json!({ "n": "no base64url!" }),
        json!({ "n": 5 }),
        json!({ "e": "" }),
        json!({ "e": "AQ" }),
        json!({ "e": "AAAB" }),
        json!({ "e": "AQAA" }),
        json!({ "e": "AQAAAAAB" }),
        json!({ "kty": "EC" }),
        json!({ "kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB" }),
        json!({ "kty": "EC", "crv": "secp256k1", "x": encode([1; 32]), "y": encode([1; 32]) }),
        json!({ "kty": "OKP", "crv": "Ed448", "x": encode([1; 57]) }),
        json!({ "kty": "OKP", "crv": "X25519", "x": encode([1; 32]) }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": encode([1; 31]) }),
    ] {
        assert_eq!(code(&set_with(&changes)), "keys_empty", "{changes}");
    }
    // A point that does not lie on the curve.
    let mut off = elliptic_jwk(&P256, "p", "P-256");
    off["y"] = json!(encode([7; 32]));
    assert_eq!(code(&Keys::parse(&key_set(&[off]))), "keys_empty");
    assert_eq!(code(&Keys::parse(br#"{"keys":[]}"#)), "keys_empty");
    assert_eq!(code(&Keys::parse(br#"{"keys":[1,null,"x"]}"#)), "keys_empty");
}

#[test]
fn a_key_that_cannot_be_used_does_not_spoil_the_set() {
    let mut weak = rsa_jwk(&RSA, "weak");
    weak["n"] = json!(encode([0xc5; 128]));
    let mut all = vec![json!({ "kty": "post-quantum", "kid": "pq" }), weak];
    all.extend(jwks());
    let keys = Keys::parse(&key_set(&all)).unwrap();
    assert_eq!(keys.len(), 5);
    assert_eq!(keys.ids().collect::<Vec<_>>(), ["rsa", "p256", "p384", "p521", "ed"]);
    assert!(keys.has("weak") && keys.has("pq") && !keys.has("new"));
    let terms = Terms { keys: &keys, ..terms() };
    assert!(judged(&rs256(&header(), &ada()), &terms).is_ok());
    // Asking for the keys anew would not help: it is there, but too short.
    let refused = judged(&rs256(&json!({ "alg": "RS256", "kid": "weak" }), &ada()), &terms);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "key_unusable: got an RSA key of less than 2048 bits; expected a key for RS256"
    );
}

#[test]
fn what_is_no_key_set() {
    let many = key_set(&vec![rsa_jwk(&EVIL, "x"); 101]);
    let large = "x".repeat(600_000);
    let cases: &[(&[u8], &str)] = &[
        (b"", "keys_malformed"),
        (b"[]", "keys_malformed"),
        (b"{}", "keys_malformed"),
        (b"\xff\xfe", "keys_malformed"),
        (br#"{"keys":{}}"#, "keys_malformed"),
        (br#"{"keys":[],"keys":[]}"#, "keys_malformed"),
        (br#"{"keys":[{"kid":"a","kid":"b"}]}"#, "keys_malformed"),
        (b" \n<!doctype html><title>Sign in</title>", "keys_html"),
        (&many, "keys_too_large"),
        (large.as_bytes(), "keys_too_large"),
    ];
    for (document, expected) in cases {
        let shown = String::from_utf8_lossy(&document[..document.len().min(60)]);
        assert_eq!(code(&Keys::parse(document)), *expected, "{shown}");
    }
}

#[test]
fn a_signing_key_of_ours_makes_tokens_that_its_public_half_verifies() {
    let rsa = SigningKey::generate().unwrap();
    let pem = |label: &str, der: &[u8]| {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
    };
    let p384 = p384_pkcs8();
    let keys = [
        SigningKey::from_der(&rsa).unwrap(),
        SigningKey::from_pem(&pem("PRIVATE KEY", rsa.expose())).unwrap(),
        SigningKey::from_pem(&pem("PRIVATE KEY", P256.to_pkcs8v1().unwrap().as_ref())).unwrap(),
        SigningKey::from_pem(&pem("PRIVATE KEY", &p384)).unwrap(),
    ];
    for key in &keys {
        let jwk = key.public_jwk("k");
        assert!(jwk.get("d").is_none());
        let set = Keys::parse(&key_set(&[jwk])).unwrap();
        let token = key.sign("k", "JWT", &ada()).unwrap();
        let claims = judged(&token, &Terms { keys: &set, ..terms() }).unwrap();
        assert_eq!(claims.algorithm, key.algorithm());
        assert!(!format!("{key:?}").contains(&encode(&rsa.expose()[..20])));
    }
    assert_eq!(keys[0].thumbprint(), keys[1].thumbprint());
    let certain =
        keys[0].clone().with_certificate(b"a certificate").sign("k", "JWT", &ada()).unwrap();
    assert!(certain.len() > keys[0].sign("k", "JWT", &ada()).unwrap().len());

    let encrypted = pem("ENCRYPTED PRIVATE KEY", rsa.expose());
    let two = [pem("PRIVATE KEY", rsa.expose()), pem("PRIVATE KEY", rsa.expose())].concat();
    let cut = pem("PRIVATE KEY", rsa.expose()).replace("-----END", "-----");
    let public = pem("PUBLIC KEY", rsa.expose());
    for text in [
        "",
        "x",
        &encrypted,
        &two,
        &cut,
        &public,
        &pem("PRIVATE KEY", b"no key"),
        &"x".repeat(40_000),
    ] {
        assert_eq!(code(&SigningKey::from_pem(text)), "signing_key_unreadable", "{text:.40}");
    }
    let nothing = SecretBytes::new(Vec::new());
    assert_eq!(code(&SigningKey::from_der(&nothing)), "signing_key_unreadable");
}

fn p384_pkcs8() -> Vec<u8> {
    super::P384.to_pkcs8v1().unwrap().as_ref().to_vec()
}
