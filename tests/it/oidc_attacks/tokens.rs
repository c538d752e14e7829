//! ID tokens that must not be believed.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    kernia::{Key, OpenIdProvider, SignedBy, Token, shifted},
    oidc::Scene,
};

/// How a token is spoiled.
type Spoil = Box<dyn Fn(&mut Token) + Send>;

fn claim(name: &'static str, value: Value) -> Spoil {
    Box::new(move |token| token.claims[name] = value.clone())
}

fn without(name: &'static str) -> Spoil {
    Box::new(move |token| _ = token.claims.as_object_mut().unwrap().remove(name))
}

fn header(name: &'static str, value: Value) -> Spoil {
    Box::new(move |token| token.header[name] = value.clone())
}

/// A row: its name, the code of its refusal, and how.
type Row = (&'static str, &'static str, Spoil);

/// What a token must not claim.
fn claims(provider: &OpenIdProvider) -> Vec<Row> {
    let client = OpenIdProvider::CLIENT_ID;
    let evil = format!("{}.evil.test", provider.issuer);
    let both = json!([client, "another"]);
    vec![
        ("another issuer", "issuer", claim("iss", json!("https://evil.test"))),
        ("an issuer with a suffix", "issuer", claim("iss", json!(evil))),
        ("an issuer with a slash", "issuer", claim("iss", json!(format!("{}/", provider.issuer)))),
        ("no issuer", "issuer", without("iss")),
        ("another audience", "audience", claim("aud", json!("another"))),
        ("no audience", "audience", without("aud")),
        ("an audience in another case", "audience", claim("aud", json!(client.to_uppercase()))),
        ("a list without us", "audience", claim("aud", json!(["another", "third"]))),
        ("several and no party", "authorized_party", claim("aud", both)),
        ("another party", "authorized_party", claim("azp", json!("another"))),
        ("another nonce", "nonce", claim("nonce", json!("another"))),
        ("no nonce", "nonce", without("nonce")),
        ("issued in the future", "issued_in_future", Box::new(shifted(20 * 60))),
        ("long over", "expired", Box::new(shifted(-20 * 60))),
        ("no end", "bad_time", without("exp")),
        ("an end that is text", "bad_time", claim("exp", json!("tomorrow"))),
        ("no beginning", "bad_time", without("iat")),
        ("no subject", "subject", without("sub")),
        ("an empty subject", "subject", claim("sub", json!(""))),
        ("another access token", "at_hash", claim("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"))),
        ("another code", "c_hash", claim("c_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"))),
    ]
}

/// How a token must not be signed.
fn signatures(provider: &OpenIdProvider) -> Vec<Row> {
    let stranger = Arc::new(Key::rsa("RS256", "first"));
    let public = provider.key().public_bytes();
    let published = provider.key().jwk().to_string().into_bytes();
    vec![
        ("an unknown key", "kid_unknown", header("kid", json!("of nobody"))),
        ("a demand", "critical_header", header("crit", json!(["exp"]))),
        (
            "a stranger's key",
            "signature_invalid",
            Box::new(move |token| token.signed_by = SignedBy::Other(Arc::clone(&stranger))),
        ),
        ("no signature", "signature_invalid", Box::new(|it| it.signed_by = SignedBy::Nobody)),
        (
            "none",
            "unsigned",
            Box::new(|token| {
                token.header["alg"] = json!("none");
                token.signed_by = SignedBy::Nobody;
            }),
        ),
        (
            "None",
            "unsigned",
            Box::new(|token| {
                token.header["alg"] = json!("NoNe");
                token.signed_by = SignedBy::Nobody;
            }),
        ),
        (
            "HS256 with the public key",
            "algorithm_not_allowed",
            Box::new(move |token| {
                token.header["alg"] = json!("HS256");
                token.signed_by = SignedBy::Secret(public.clone());
            }),
        ),
        (
            "HS256 with the published key",
            "algorithm_not_allowed",
            Box::new(move |token| {
                token.header["alg"] = json!("HS256");
                token.signed_by = SignedBy::Secret(published.clone());
            }),
        ),
        (
            "HS256 with the client secret, which nobody chose",
            "algorithm_not_allowed",
            Box::new(|token| {
                token.header["alg"] = json!("HS256");
                let secret = OpenIdProvider::CLIENT_SECRET.as_bytes().to_vec();
                token.signed_by = SignedBy::Secret(secret);
            }),
        ),
    ]
}

#[tokio::test]
async fn a_token_that_must_not_be_believed_is_refused_with_its_own_code() {
    let mut scene = Scene::set().await;
    scene.signs_in().await;
    let profiles = scene.kernia.database().contents()["profiles"].clone();
    let rows = claims(&scene.provider).into_iter().chain(signatures(&scene.provider));
    for (name, code, spoil) in rows {
        scene.provider.spoils(spoil);
        let trace = scene.is_refused().await;
        assert_eq!(trace["code"], code, "{name}: {trace}");
        let failure = &trace["failure"];
        assert!(!failure["reason"].as_str().unwrap().is_empty(), "{name}");
        assert!(!failure["fix"].as_str().unwrap().is_empty(), "{name}");
        let tells = matches!(code, "nonce" | "signature_invalid" | "at_hash" | "c_hash");
        assert!(tells || failure["expected"] != "", "{name}: {failure}");
        // Until its signature verified, what it says about a person is not told.
        let response = &trace["response"];
        if response["verified"] == false {
            assert_eq!(response["attributes"], json!([]), "{name}");
            assert_eq!(response["name_id"], Value::Null, "{name}");
        }
    }
    assert_eq!(scene.kernia.database().contents()["profiles"], profiles);
    scene.provider.reforms();
    scene.signs_in().await;
}

/// The person of one connection's provider is nobody at another connection.
#[tokio::test]
async fn a_token_of_another_client_of_the_same_provider() {
    let mut scene = Scene::set().await;
    scene.provider.spoils(|token| {
        token.claims["aud"] = json!("another-application");
        token.claims["azp"] = json!("another-application");
    });
    assert_eq!(scene.is_refused().await["code"], "audience");
    scene.provider.reforms();
    scene.signs_in().await;
}

#[tokio::test]
async fn a_chosen_algorithm_is_the_only_one() {
    let mut scene = Scene::with(&json!({ "id_token_signature_algorithm": "ES256" })).await;
    let trace = scene.is_refused().await;
    assert_eq!(trace["code"], "algorithm_not_allowed", "{trace}");
    assert_eq!(
        (&trace["failure"]["got"], &trace["failure"]["expected"]),
        (&json!("RS256"), &json!("ES256"))
    );
    scene.provider.rotates(Key::elliptic("ES256", "curve"), true);
    scene.signs_in().await;
}
