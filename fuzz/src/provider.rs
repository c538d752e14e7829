//! What the OpenID Connect targets play with: one provider with a fresh key, and the seeds.

use std::sync::LazyLock;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};

use crate::{
    kit::{secret::Secret, text::WebAddress, time::Timestamp},
    oidc::{Algorithm, Journal, Keys, Terms, half_hash, verify},
};

const ISSUER: &str = "https://idp.test";
const CLIENT: &str = "kernia";
const NONCE: &str = "n-0S6_WzA2Mj";
const NOW: i64 = 1_800_000_000;
const ACCESS_TOKEN: &str = "an access token";

static PAIR: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap());
static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::parse(&key_sets()[0]).unwrap());

/// Where the provider's discovery document lies.
pub static DISCOVERY: LazyLock<WebAddress> = LazyLock::new(|| {
    WebAddress::parse("https://idp.test/.well-known/openid-configuration").unwrap()
});

/// A token of these claims in this header, well signed, whatever they are.
pub fn signed(header: &str, claims: &str) -> String {
    let message =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = PAIR.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Judges a token with the provider's keys. Whoever is believed has a name, and it was meant for us.
pub fn judge(token: &str) {
    let mut journal = Journal::start();
    if let Some(claims) = believed(token, &KEYS, &mut journal) {
        assert!(journal.seen.verified && journal.seen.nonce_matched == Some(true));
        assert_eq!(claims["iss"], ISSUER);
        assert!(claims["sub"].as_str().is_some_and(|subject| !subject.trim().is_empty()));
        assert!(journal.seen.audiences().contains(&CLIENT));
    }
}

/// The claims of a token that these keys make believed.
pub fn believed(
    token: &str,
    keys: &Keys,
    journal: &mut Journal,
) -> Option<serde_json::Map<String, Json>> {
    let access_token = Secret::new(ACCESS_TOKEN.to_owned());
    let terms = Terms {
        issuer: ISSUER,
        client_id: CLIENT,
        algorithms: &Algorithm::ASYMMETRIC,
        keys,
        client_secret: None,
        nonce: NONCE,
        access_token: Some(&access_token),
        code: None,
        hosted_domains: &[],
        max_age: None,
        now: Timestamp::from_millis(NOW * 1000),
    };
    verify(token, &terms, journal).ok().map(|verified| verified.get().all.clone())
}

const HEADER: &str = r#"{"alg":"ES256","kid":"k","typ":"JWT"}"#;

fn claims() -> Json {
    json!({
        "iss": ISSUER, "sub": "ada", "aud": [CLIENT, "other"], "azp": CLIENT, "nonce": NONCE,
        "iat": NOW, "exp": NOW + 300, "nbf": NOW, "auth_time": NOW - 60, "sid": "s", "hd": "acme.test",
        "at_hash": half_hash(Algorithm::ES256, ACCESS_TOKEN), "email": "ada@acme.test",
        "groups": ["a", "b"], "address": { "country": "SE" },
    })
}

/// A token, and its header and claims in a line each.
pub fn tokens() -> Vec<Vec<u8>> {
    let claims = claims().to_string();
    let mut seeds = vec![signed(HEADER, &claims).into_bytes(), format!("{HEADER}\n{claims}").into_bytes()];
    seeds.extend(key_sets());
    seeds
}

/// Key sets: the provider's own, and one with keys of every kind.
pub fn key_sets() -> Vec<Vec<u8>> {
    let (x, y) = PAIR.public_key().as_ref()[1..].split_at(32);
    let own = json!({
        "kty": "EC", "kid": "k", "use": "sig", "alg": "ES256", "crv": "P-256",
        "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
    });
    let rsa = json!({
        "kty": "RSA", "kid": "r", "key_ops": ["verify"], "e": "AQAB",
        "n": URL_SAFE_NO_PAD.encode([0xc5; 256]), "x5c": ["MIIB"],
    });
    let edwards = json!({
        "kty": "OKP", "kid": "e", "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    });
    let several = json!({ "keys": [rsa, edwards, own] }).to_string();
    vec![json!({ "keys": [own] }).to_string().into_bytes(), several.into_bytes()]
}

/// A discovery document, and the other answers of a provider.
pub fn answers() -> Vec<Vec<u8>> {
    let document = json!({
        "issuer": ISSUER, "authorization_endpoint": "https://idp.test/authorize",
        "token_endpoint": "https://idp.test/token", "jwks_uri": "https://idp.test/jwks",
        "userinfo_endpoint": "https://idp.test/me", "end_session_endpoint": "https://idp.test/out",
        "response_types_supported": ["code"], "scopes_supported": ["openid", "email"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "authorization_response_iss_parameter_supported": true,
        "code_challenge_methods_supported": ["S256"],
        "require_pushed_authorization_requests": false,
    });
    let tokens = json!({
        "access_token": "at", "token_type": "Bearer", "expires_in": 3600, "id_token": "a.b.c",
        "refresh_token": "rt", "scope": "openid",
    });
    let entra = json!({ "issuer": "https://idp.test/{tenantid}/v2.0", "error": "invalid_client" });
    vec![
        document.to_string().into_bytes(),
        tokens.to_string().into_bytes(),
        entra.to_string().into_bytes(),
        br#"{"sub":"ada","id":7,"email":"ada@acme.test"}"#.to_vec(),
        br#"[{"email":"ada@acme.test","primary":true,"verified":true}]"#.to_vec(),
        b"code=c&state=s&iss=https%3A%2F%2Fidp.test&error=e&error_description=d".to_vec(),
        b"<!doctype html><title>Sign in</title>".to_vec(),
    ]
}
