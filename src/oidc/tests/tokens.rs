//! The form of a token, its algorithm, its key and its signature.

use aws_lc_rs::{
    hmac::{HMAC_SHA256, HMAC_SHA384, HMAC_SHA512},
    signature::KeyPair as _,
};
use serde_json::{Value as Json, json};

use super::{
    ED, EVIL, KEYS, NONCE, P256, P384, P521, RSA, ada, code, elliptic, encode, header, judged,
    key_set, rs256, rsa, rsa_jwk, secret, shared, terms, token_of,
};
use crate::oidc::{Algorithm, Journal, Keys, Peeked, Terms, peek, verify};

#[test]
fn an_honest_token_of_every_algorithm_is_believed() {
    let payload = ada().to_string();
    for algorithm in Algorithm::ASYMMETRIC {
        let kid = match algorithm {
            Algorithm::ES256 => "p256",
            Algorithm::ES384 => "p384",
            Algorithm::ES512 => "p521",
            Algorithm::EdDSA => "ed",
            _ => "rsa",
        };
        let sign = |message: &[u8]| match algorithm {
            Algorithm::ES256 => elliptic(&P256, message),
            Algorithm::ES384 => elliptic(&P384, message),
            Algorithm::ES512 => elliptic(&P521, message),
            Algorithm::EdDSA => ED.sign(message).as_ref().to_vec(),
            other => rsa(&RSA, other, message),
        };
        // With the key's name and without it.
        for header in [
            json!({ "alg": algorithm.as_str(), "kid": kid }),
            json!({ "alg": algorithm.as_str(), "typ": "anything" }),
        ] {
            let token = token_of(&header.to_string(), &payload, sign);
            let claims = judged(&token, &terms()).unwrap();
            assert_eq!((claims.subject.as_str(), claims.algorithm), ("ada", algorithm));
            assert_eq!(claims.session_id.as_deref(), Some("s-1"));
            assert_eq!(claims.all["email"], "ada@acme.test");
            // Only what the connection takes.
            let others: Vec<Algorithm> =
                Algorithm::ASYMMETRIC.into_iter().filter(|it| *it != algorithm).collect();
            let narrow = Terms { algorithms: &others, ..terms() };
            assert_eq!(code(&judged(&token, &narrow)), "algorithm_not_allowed", "{algorithm}");
            assert_eq!(Algorithm::parse(algorithm.as_str()), Some(algorithm));
        }
    }
}

#[test]
fn the_form_of_a_token() {
    let good = rs256(&header(), &ada());
    let parts: Vec<&str> = good.split('.').collect();
    let joined =
        |header: &str, payload: &str, signature: &str| [header, payload, signature].join(".");
    let with_header = |header: &str| joined(&encode(header), parts[1], parts[2]);
    let padded = format!("{}=", parts[0]);
    let cases = [
        ("empty", String::new(), "id_token_malformed"),
        ("one part", parts[0].to_owned(), "id_token_malformed"),
        ("two parts", parts[..2].join("."), "id_token_malformed"),
        ("four parts", format!("{good}.x"), "id_token_malformed"),
        ("six parts", format!("{good}...x"), "id_token_malformed"),
        ("a hundred thousand parts", ".".repeat(60_000), "id_token_malformed"),
        ("five parts", format!("{good}.."), "id_token_encrypted"),
        ("enc", with_header(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#), "id_token_encrypted"),
        ("too large", "a".repeat(65_537), "id_token_too_large"),
        ("a large header", with_header(&"x".repeat(9_000)), "id_token_malformed"),
        ("padding", joined(&padded, parts[1], parts[2]), "id_token_malformed"),
        ("white space", format!("{good}\n"), "id_token_malformed"),
        ("plain base64", joined("+/+/", parts[1], parts[2]), "id_token_malformed"),
        ("no JSON", with_header("alg: RS256"), "id_token_malformed"),
        ("a list", with_header("[]"), "id_token_malformed"),
        ("no alg", with_header(r#"{"kid":"rsa"}"#), "id_token_malformed"),
        ("alg is a number", with_header(r#"{"alg":256}"#), "id_token_malformed"),
        ("kid is a number", with_header(r#"{"alg":"RS256","kid":1}"#), "id_token_malformed"),
        ("alg twice", with_header(r#"{"alg":"RS256","alg":"none"}"#), "id_token_malformed"),
        ("deep", with_header(&"[".repeat(6_000)), "id_token_malformed"),
        ("crit", with_header(r#"{"alg":"RS256","kid":"rsa","crit":["exp"]}"#), "critical_header"),
        (
            "b64",
            with_header(r#"{"alg":"RS256","kid":"rsa","b64":false,"crit":["b64"]}"#),
            "critical_header",
        ),
        ("crit is empty", with_header(r#"{"alg":"RS256","crit":[]}"#), "critical_header"),
    ];
    for (name, token, expected) in cases {
        assert_eq!(code(&judged(&token, &terms())), expected, "{name}");
    }
}

#[test]
fn the_claims_are_one_json_object() {
    let of = |payload: &str| {
        token_of(&header().to_string(), payload, |it| rsa(&RSA, Algorithm::RS256, it))
    };
    let twice = ada().to_string().replacen("\"sub\"", "\"sub\":\"eve\",\"sub\"", 1);
    let inside = ada().to_string().replacen('{', r#"{"address":{"a":1,"a":2},"#, 1);
    for payload in ["", "null", "[]", "\"x\"", "{", "{}x", "\u{feff}{}", &twice, &inside] {
        assert_eq!(code(&judged(&of(payload), &terms())), "id_token_malformed", "{payload}");
    }
}

#[test]
fn what_is_not_signed_by_the_provider() {
    let payload = ada().to_string();
    let by = |header: &Json, sign: &dyn Fn(&[u8]) -> Vec<u8>| {
        token_of(&header.to_string(), &payload, sign)
    };
    let evil = |message: &[u8]| rsa(&EVIL, Algorithm::RS256, message);
    let nothing = |_: &[u8]| Vec::new();
    let public = RSA.public_key().as_ref().to_vec();
    let keyed = |message: &[u8]| shared(HMAC_SHA256, &public, message);
    let with_own_key = json!({
        "alg": "RS256", "kid": "rsa", "jwk": rsa_jwk(&EVIL, "rsa"), "jku": "https://evil.test/",
        "x5u": "https://evil.test/", "x5c": ["MIIB"],
    });
    let null = |message: &[u8]| vec![0; if message.is_empty() { 0 } else { 64 }];
    let cases: Vec<(&str, String, &str)> = vec![
        ("another key", by(&header(), &evil), "signature_invalid"),
        ("another key, inside", by(&with_own_key, &evil), "signature_invalid"),
        ("no signature", by(&header(), &nothing), "signature_invalid"),
        ("none", by(&json!({ "alg": "none" }), &nothing), "unsigned"),
        ("None", by(&json!({ "alg": "None", "kid": "rsa" }), &nothing), "unsigned"),
        ("NONE, signed", by(&json!({ "alg": "NONE", "kid": "rsa" }), &evil), "unsigned"),
        ("no name", by(&json!({ "alg": "" }), &nothing), "algorithm_not_allowed"),
        ("in small letters", by(&json!({ "alg": "rs256" }), &evil), "algorithm_not_allowed"),
        ("RS1", by(&json!({ "alg": "RS1", "kid": "rsa" }), &evil), "algorithm_not_allowed"),
        (
            "the public key as a secret",
            by(&json!({ "alg": "HS256", "kid": "rsa" }), &keyed),
            "algorithm_not_allowed",
        ),
        ("a stranger's name", by(&json!({ "alg": "RS256", "kid": "new" }), &evil), "kid_unknown"),
        ("an empty name", by(&json!({ "alg": "RS256", "kid": "" }), &evil), "kid_unknown"),
        ("of another kind", by(&json!({ "alg": "ES256", "kid": "rsa" }), &null), "key_unusable"),
        (
            "zeros (CVE-2022-21449)",
            by(&json!({ "alg": "ES256", "kid": "p256" }), &null),
            "signature_invalid",
        ),
    ];
    for (name, token, expected) in cases {
        assert_eq!(code(&judged(&token, &terms())), expected, "{name}");
    }
    // Each part counts.
    let good = rs256(&header(), &ada());
    let other = rs256(&header(), &super::ada_but(&json!({ "sub": "eve" })));
    let (good, other): (Vec<&str>, Vec<&str>) =
        (good.split('.').collect(), other.split('.').collect());
    let mixed = [good[0], other[1], good[2]].join(".");
    assert_eq!(code(&judged(&mixed, &terms())), "signature_invalid");
    let renamed = encode(json!({ "alg": "RS256", "kid": "rsa", "typ": "jwt" }).to_string());
    let mixed = [&renamed, good[1], good[2]].join(".");
    assert_eq!(code(&judged(&mixed, &terms())), "signature_invalid");
    // An elliptic signature in ASN.1 is none here.
    let der = json!({ "alg": "ES256", "kid": "p256" });
    let der = by(&der, &|it| [&[0x30, 0x44], elliptic(&P256, it).as_slice()].concat());
    assert_eq!(code(&judged(&der, &terms())), "signature_invalid");
}

#[test]
fn a_shared_secret_counts_only_where_it_is_the_one_setting() {
    let (ours, short) = (secret("a secret of 32 bytes and of more"), secret(""));
    let payload = ada().to_string();
    for (algorithm, hash) in [
        (Algorithm::HS256, HMAC_SHA256),
        (Algorithm::HS384, HMAC_SHA384),
        (Algorithm::HS512, HMAC_SHA512),
    ] {
        let header = json!({ "alg": algorithm.as_str(), "kid": "whatever" }).to_string();
        let by = |secret: &[u8]| token_of(&header, &payload, |it| shared(hash, secret, it));
        let token = by(ours.expose().as_bytes());
        let alone = [algorithm];
        let set = Terms { algorithms: &alone, client_secret: Some(&ours), ..terms() };
        assert!(judged(&token, &set).is_ok());
        let mixed = [algorithm, Algorithm::RS256];
        let mixed = Terms { algorithms: &mixed, ..set };
        assert_eq!(code(&judged(&token, &mixed)), "algorithm_not_allowed");
        let all = Terms { algorithms: &Algorithm::ALL, ..set };
        assert_eq!(code(&judged(&token, &all)), "algorithm_not_allowed");
        let without = Terms { client_secret: None, ..set };
        assert_eq!(code(&judged(&token, &without)), "algorithm_not_allowed");
        let empty = Terms { client_secret: Some(&short), ..set };
        assert_eq!(code(&judged(&by(b""), &empty)), "algorithm_not_allowed");
        // Even so, the public key is no secret.
        let public = by(RSA.public_key().as_ref());
        assert_eq!(code(&judged(&public, &set)), "signature_invalid");
        assert_eq!(code(&judged(&rs256(&super::header(), &ada()), &set)), "algorithm_not_allowed");
    }
}

#[test]
fn a_token_that_names_no_key_is_tried_with_few() {
    let nameless = |count: usize| {
        let mut keys: Vec<Json> = (1..count).map(|_| rsa_jwk(&EVIL, "x")).collect();
        keys.push(rsa_jwk(&RSA, "x"));
        for key in &mut keys {
            key.as_object_mut().unwrap().remove("kid");
        }
        Keys::parse(&key_set(&keys)).unwrap()
    };
    let token = rs256(&json!({ "alg": "RS256" }), &ada());
    let five = nameless(5);
    assert!(judged(&token, &Terms { keys: &five, ..terms() }).is_ok());
    let six = nameless(6);
    assert_eq!(code(&judged(&token, &Terms { keys: &six, ..terms() })), "kid_missing");
    // Two keys of one name: both are tried.
    let twins = [rsa_jwk(&EVIL, "rsa"), rsa_jwk(&RSA, "rsa")];
    let twins = Keys::parse(&key_set(&twins)).unwrap();
    assert!(judged(&rs256(&header(), &ada()), &Terms { keys: &twins, ..terms() }).is_ok());
    let none = Keys::default();
    assert_eq!(code(&judged(&token, &Terms { keys: &none, ..terms() })), "key_unusable");
}

#[test]
fn a_look_at_the_header_believes_nothing() {
    let token = rs256(&header(), &ada());
    let seen = Peeked { alg: "RS256".to_owned(), kid: Some("rsa".to_owned()) };
    assert_eq!(peek(&token), Some(seen));
    assert_eq!(peek(&format!("{}..", encode(r#"{"alg":"x"}"#))).unwrap().kid, None);
    for bad in ["", "..", "e30.e30.", "a.b.c", &"a".repeat(70_000)] {
        assert_eq!(peek(bad), None, "{bad:.20}");
    }
    assert!(KEYS.has("rsa") && !KEYS.has("new"));
}

#[test]
fn the_journal_tells_how_far_it_went() {
    let steps = |token: &str| {
        let mut journal = Journal::start();
        let outcome = verify(token, &terms(), &mut journal);
        let steps: Vec<(&str, bool)> = journal.steps.iter().map(|it| (it.name, it.ok)).collect();
        (outcome.is_ok(), steps, journal.seen)
    };
    let (good, all, seen) = steps(&rs256(&header(), &ada()));
    let names = ["decode", "algorithm", "signature", "claims", "conditions"];
    assert!(good);
    assert_eq!(all, names.map(|name| (name, true)));
    assert!(seen.verified);
    assert_eq!(seen.nonce_matched, Some(true));
    assert_eq!((seen.text("sub"), seen.audiences()), (Some("ada"), vec!["kernia"]));
    assert_eq!(seen.key_id.as_deref(), Some("rsa"));
    assert!(!seen.claims.values().any(|value| value == NONCE));

    let late = super::ada_but(&json!({ "exp": 1, "aud": ["a", "kernia"], "azp": "kernia" }));
    let (_, all, seen) = steps(&rs256(&header(), &late));
    assert_eq!(all.last(), Some(&("conditions", false)));
    assert_eq!(seen.audiences(), ["a", "kernia"]);
    assert!(seen.verified);

    let strange = json!({ "alg": "none", "kid": "x" }).to_string();
    let (_, all, seen) = steps(&token_of(&strange, &ada().to_string(), |_| Vec::new()));
    assert_eq!(all, [("decode", true), ("algorithm", false)]);
    assert_eq!((seen.algorithm.as_deref(), seen.verified), (Some("none"), false));
    assert_eq!(seen.text("email"), Some("ada@acme.test"));
}
