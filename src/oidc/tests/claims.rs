//! What a well-signed token says, and whether it is believed.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{
    CLIENT, ISSUER, NOW, RSA, ada, ada_but, code, header, judged, key_set, now, rs256, rsa,
    rsa_jwk, secret, terms, token_of,
};
use crate::oidc::{Algorithm, Claims, Keys, Rejected, Terms, half_hash};

fn said(changes: &Json) -> Result<Claims, Rejected> {
    judged(&rs256(&header(), &ada_but(changes)), &terms())
}

#[test]
fn claims_that_are_believed() {
    let long = "é".repeat(255);
    for changes in [
        json!({}),
        json!({ "aud": [CLIENT] }),
        json!({ "aud": [CLIENT, CLIENT] }),
        json!({ "azp": CLIENT }),
        json!({ "aud": [CLIENT, "other"], "azp": CLIENT }),
        json!({ "exp": NOW - 119 }),
        json!({ "iat": NOW + 120 }),
        json!({ "nbf": NOW + 120 }),
        json!({ "iat": 1, "exp": 253_402_300_799_i64 }),
        json!({ "iat": f64::from(1_800_000_000) - 0.25, "exp": 1_800_000_300.75 }),
        json!({ "sub": long }),
        json!({ "auth_time": NOW - 86_400 }),
        json!({ "at_hash": "anything, for no access token came", "typ": "ID" }),
    ] {
        assert_eq!(code(&said(&changes)), "accepted", "{changes}");
    }
}

#[test]
fn claims_that_are_not() {
    let long = "x".repeat(256);
    for (changes, expected) in [
        (json!({ "iss": null }), "issuer"),
        (json!({ "iss": "https://idp.test/" }), "issuer"),
        (json!({ "iss": "https://IDP.test" }), "issuer"),
        (json!({ "iss": "https://evil.test" }), "issuer"),
        (json!({ "iss": [ISSUER] }), "issuer"),
        (json!({ "aud": null }), "audience"),
        (json!({ "aud": [] }), "audience"),
        (json!({ "aud": "" }), "audience"),
        (json!({ "aud": "other" }), "audience"),
        (json!({ "aud": "Kernia" }), "audience"),
        (json!({ "aud": { "kernia": true } }), "audience"),
        (json!({ "aud": [CLIENT, 1] }), "audience"),
        (json!({ "aud": [CLIENT, "other"] }), "authorized_party"),
        (json!({ "aud": [CLIENT, "other"], "azp": "other" }), "authorized_party"),
        (json!({ "azp": "other" }), "authorized_party"),
        (json!({ "azp": [CLIENT] }), "authorized_party"),
        (json!({ "azp": "" }), "authorized_party"),
        (json!({ "nonce": null }), "nonce"),
        (json!({ "nonce": "" }), "nonce"),
        (json!({ "nonce": "another" }), "nonce"),
        (json!({ "nonce": "n-0S6_WzA2M" }), "nonce"),
        (json!({ "nonce": ["n-0S6_WzA2Mj"] }), "nonce"),
        (json!({ "exp": NOW - 120 }), "expired"),
        (json!({ "exp": 0 }), "expired"),
        (json!({ "iat": NOW + 121 }), "issued_in_future"),
        (json!({ "nbf": NOW + 121 }), "not_yet_valid"),
        (json!({ "exp": null }), "bad_time"),
        (json!({ "iat": null }), "bad_time"),
        (json!({ "exp": "1800000300" }), "bad_time"),
        (json!({ "exp": -1 }), "bad_time"),
        (json!({ "exp": i64::MIN }), "bad_time"),
        (json!({ "exp": u64::MAX }), "bad_time"),
        (json!({ "exp": 1e300 }), "bad_time"),
        (json!({ "exp": 253_402_300_800_i64 }), "bad_time"),
        (json!({ "iat": -0.5 }), "bad_time"),
        (json!({ "nbf": "soon" }), "bad_time"),
        (json!({ "nbf": true }), "bad_time"),
        (json!({ "auth_time": {} }), "bad_time"),
        (json!({ "sub": null }), "subject"),
        (json!({ "sub": "" }), "subject"),
        (json!({ "sub": "  " }), "subject"),
        (json!({ "sub": 17 }), "subject"),
        (json!({ "sub": long }), "subject"),
        (json!({ "sub": "a\u{0}b" }), "subject"),
    ] {
        assert_eq!(code(&said(&changes)), expected, "{changes}");
    }
    // A number that no machine holds is no JSON.
    let endless = ada().to_string().replacen("1800000300", &"9".repeat(400), 1);
    let token = token_of(&header().to_string(), &endless, |it| rsa(&RSA, Algorithm::RS256, it));
    assert_eq!(code(&judged(&token, &terms())), "id_token_malformed");
}

#[test]
fn a_fresh_sign_in_has_to_be_shown() {
    let asked = Terms { max_age: Some(Duration::from_mins(10)), ..terms() };
    for (auth_time, expected) in [
        (json!(NOW), "accepted"),
        (json!(NOW - 600), "accepted"),
        (json!(NOW - 720), "accepted"),
        (json!(NOW - 721), "reauthentication"),
        (Json::Null, "reauthentication"),
    ] {
        let token = rs256(&header(), &ada_but(&json!({ "auth_time": auth_time })));
        assert_eq!(code(&judged(&token, &asked)), expected, "{auth_time}");
    }
    let huge = Terms { max_age: Some(Duration::MAX), ..terms() };
    let token = rs256(&header(), &ada_but(&json!({ "auth_time": 1 })));
    assert_eq!(code(&judged(&token, &huge)), "accepted");
}

#[test]
fn what_came_with_the_token_belongs_to_it() {
    // OIDC Core appendix A.4 and A.6.
    let access = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    assert_eq!(half_hash(Algorithm::RS256, access), "77QmUPtjPfzWtF2AnpK9RQ");
    let code_text = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
    assert_eq!(half_hash(Algorithm::PS256, code_text), "LDktKdoQak3Pk0cnXxCltA");
    assert_eq!(half_hash(Algorithm::ES384, "").len(), 32);
    assert_eq!(half_hash(Algorithm::EdDSA, "").len(), 43);

    let (access, code_secret) = (secret(access), secret(code_text));
    let with = Terms { access_token: Some(&access), code: Some(&code_secret), ..terms() };
    let hashes =
        |at: &str, c: &str| rs256(&header(), &ada_but(&json!({ "at_hash": at, "c_hash": c })));
    let (at, c) = ("77QmUPtjPfzWtF2AnpK9RQ", "LDktKdoQak3Pk0cnXxCltA");
    assert_eq!(code(&judged(&hashes(at, c), &with)), "accepted");
    assert_eq!(code(&judged(&rs256(&header(), &ada()), &with)), "accepted");
    assert_eq!(code(&judged(&hashes(c, c), &with)), "at_hash");
    assert_eq!(code(&judged(&hashes("", c), &with)), "at_hash");
    assert_eq!(code(&judged(&hashes(at, at), &with)), "c_hash");
    let number = rs256(&header(), &ada_but(&json!({ "at_hash": 7 })));
    assert_eq!(code(&judged(&number, &with)), "at_hash");
}

#[test]
fn a_google_account_of_the_right_house() {
    let domains = ["acme.test".to_owned(), "acme.example".to_owned()];
    let asked = Terms { hosted_domains: &domains, ..terms() };
    for (hd, expected) in [
        (json!("acme.test"), "accepted"),
        (json!("ACME.example"), "accepted"),
        (json!("evil.test"), "hosted_domain"),
        (json!("none"), "hosted_domain"),
        (json!(["acme.test"]), "hosted_domain"),
        (Json::Null, "hosted_domain"),
    ] {
        let token = rs256(&header(), &ada_but(&json!({ "hd": hd })));
        assert_eq!(code(&judged(&token, &asked)), expected, "{hd}");
    }
}

#[test]
fn a_tenant_of_entra_speaks_for_itself_alone() {
    const SHARED: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";
    let tenant = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let own = format!("https://login.microsoftonline.com/{tenant}/v2.0");
    let shared = Terms { issuer: SHARED, ..terms() };
    let judge = |terms: &Terms<'_>, iss: &str, tid: Json| {
        judged(&rs256(&header(), &ada_but(&json!({ "iss": iss, "tid": tid }))), terms)
    };
    let believed = judge(&shared, &own, json!(tenant)).unwrap();
    assert_eq!(believed.issuer, own);
    assert_eq!(believed.issued_at, now());
    for (iss, tid) in [
        (own.as_str(), Json::Null),
        (own.as_str(), json!("00000000-0000-0000-0000-000000000000")),
        (SHARED, json!("{tenantid}")),
        ("https://login.microsoftonline.com/a/b/v2.0", json!("a/b")),
        ("https://login.microsoftonline.com//v2.0", json!("")),
        ("https://evil.test/x/v2.0", json!("x")),
    ] {
        assert_eq!(code(&judge(&shared, iss, tid.clone())), "issuer", "{iss} {tid}");
    }
    // A key that belongs to one tenant signs for no other.
    let mut keys = [rsa_jwk(&RSA, "rsa")];
    for (bound, expected) in [
        (SHARED, "accepted"),
        (own.as_str(), "accepted"),
        ("https://login.microsoftonline.com/11111111-0000-0000-0000-000000000000/v2.0", "issuer"),
    ] {
        keys[0]["issuer"] = json!(bound);
        let bound_keys = Keys::parse(&key_set(&keys)).unwrap();
        let terms = Terms { keys: &bound_keys, ..shared };
        assert_eq!(code(&judge(&terms, &own, json!(tenant))), expected, "{bound}");
    }
}
