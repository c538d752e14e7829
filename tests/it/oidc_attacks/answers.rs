//! What a provider, or who stands in its place, may answer Kernia itself.

use serde_json::json;

use crate::oidc::Scene;

fn said(status: &str, kind: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn what_a_token_endpoint_must_not_say() {
    let mut scene = Scene::set().await;
    let huge = format!("{{\"id_token\":\"{}\"}}", "x".repeat(300 * 1024));
    let redirect = format!(
        "HTTP/1.1 307 Elsewhere\r\nLocation: {}/elsewhere\r\nContent-Length: 0\r\n\r\n",
        scene.provider.issuer
    );
    let json = "application/json";
    for (name, code, answer) in [
        ("HTML", "token_html", said("200 OK", "text/html", "<html><body>Sign in</body></html>")),
        ("no JSON", "token_response_malformed", said("200 OK", json, "id_token=x")),
        ("a list", "token_response_malformed", said("200 OK", json, "[]")),
        ("nothing in it", "id_token_missing", said("200 OK", json, "{}")),
        ("a failure", "token_status", said("502 Bad", "text/plain", "oops")),
        (
            "a refused client",
            "client_refused",
            said("401 No", json, r#"{"error":"invalid_client"}"#),
        ),
        ("a refused code", "grant_refused", said("400 No", json, r#"{"error":"invalid_grant"}"#)),
        ("another error", "token_refused", said("400 No", json, r#"{"error":"odd"}"#)),
        (
            "an error with 200",
            "grant_refused",
            said("200 OK", json, r#"{"error":"invalid_grant"}"#),
        ),
        ("a redirect", "token_status", redirect),
        ("too much", "token_not_served", said("200 OK", json, &huge)),
        (
            "cut off",
            "token_not_served",
            "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".to_owned(),
        ),
        ("no HTTP", "token_not_served", "SSH-2.0-OpenSSH\r\n".to_owned()),
        ("no token", "id_token_malformed", said("200 OK", json, r#"{"id_token":"x.y.z"}"#)),
        (
            "an encrypted token",
            "id_token_encrypted",
            said("200 OK", json, r#"{"id_token":"eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d"}"#),
        ),
    ] {
        scene.provider.answers("/token", answer);
        let trace = scene.is_refused().await;
        assert_eq!(trace["code"], code, "{name}: {trace}");
        assert!(!trace["failure"]["fix"].as_str().unwrap().is_empty(), "{name}");
    }
    assert_eq!(scene.provider.asked_for("/elsewhere"), 0, "no redirect is followed");
    scene.provider.reforms();
    scene.signs_in().await;
}

#[tokio::test]
async fn what_a_userinfo_endpoint_must_not_say() {
    let mut scene = Scene::with(&json!({ "fetch_user_info": true })).await;
    let huge = format!("{{\"sub\":\"{}\"}}", "x".repeat(300 * 1024));
    let json = "application/json";
    for (name, code, answer) in [
        ("HTML", "user_info_html", said("200 OK", "text/html", "<html></html>")),
        ("no JSON", "user_info_malformed", said("200 OK", json, "sub=ada")),
        ("a failure", "user_info_status", said("403 No", json, "{}")),
        ("too much", "user_info_not_served", said("200 OK", json, &huge)),
        ("a token", "user_info_signed", said("200 OK", "application/jwt", "eyJhbGciOi.e30.c2ln")),
        ("nobody", "user_info_subject", said("200 OK", json, r#"{"email":"eve@acme.test"}"#)),
        (
            "somebody else",
            "user_info_subject",
            said("200 OK", json, r#"{"sub":"eve","email":"eve@acme.test"}"#),
        ),
    ] {
        scene.provider.answers("/userinfo", answer);
        let trace = scene.is_refused().await;
        assert_eq!(trace["code"], code, "{name}: {trace}");
    }
    scene.provider.reforms();
    // What is signed is not spoken over.
    scene.provider.user_info(json!({ "sub": "ada-1815", "email": "eve@acme.test" }));
    assert_eq!(scene.signs_in().await["email"], "ada@acme.test");
}

#[tokio::test]
async fn a_key_set_that_cannot_be_read_leaves_the_old_one() {
    let mut scene = Scene::set().await;
    scene.signs_in().await;
    let json = "application/json";
    let many = format!("{{\"keys\":[{}{{}}]}}", "{},".repeat(100));
    for (code, answer) in [
        ("keys_html", said("200 OK", "text/html", "<html></html>")),
        ("keys_malformed", said("200 OK", json, "{}")),
        ("keys_empty", said("200 OK", json, r#"{"keys":[]}"#)),
        ("keys_too_large", said("200 OK", json, &many)),
        ("keys_not_served", said("200 OK", json, &format!("[{}]", "1,".repeat(300 * 1024)))),
        ("keys_not_served", said("500 Bad", json, "{}")),
    ] {
        scene.provider.answers("/jwks", answer);
        scene.provider.spoils(|token| token.header["kid"] = json!("new"));
        scene.kernia.advance(std::time::Duration::from_secs(31));
        // Whoever comes a moment later, when nobody reads it, is told the same.
        for _ in 0..2 {
            let trace = scene.is_refused().await;
            assert_eq!(trace["code"], code, "{trace}");
            assert!(!trace["failure"]["fix"].as_str().unwrap().is_empty(), "{trace}");
        }
    }
    scene.provider.holds_back("/jwks");
    scene.kernia.advance(std::time::Duration::from_secs(31));
    let trace = scene.is_refused().await;
    assert_eq!(trace["code"], "keys_not_served", "{trace}");
    assert!(trace["failure"]["got"].as_str().unwrap().contains("fetch_too_slow"), "{trace}");
    scene.provider.reforms();
    // The key that is known still is.
    scene.provider.spoils(|_| {});
    scene.signs_in().await;
}

#[tokio::test]
async fn a_provider_that_keeps_silent_is_not_waited_for_without_end() {
    let mut scene = Scene::set().await;
    scene.provider.holds_back("/token");
    let trace = scene.is_refused().await;
    assert_eq!(trace["code"], "token_not_served", "{trace}");
    assert!(trace["failure"]["got"].as_str().unwrap().contains("fetch_too_slow"), "{trace}");
    scene.provider.reforms();
    scene.signs_in().await;
}

/// A discovery document may name any address; Kernia goes to none of its own network.
#[tokio::test]
async fn no_private_address_is_asked_for_tokens() {
    let mut scene = Scene::set().await;
    let location = scene.begins(&[]).await;
    scene.kernia.changes(|config| config.fetch.allow_private_addresses = false).await;
    let answer = scene.provider.signs_in(&location);
    let asked = scene.provider.asked_for("/token");
    let back = scene.brings(&location, &answer).await;
    assert_eq!(back.leads_with("error").as_deref(), Some("oauth_failed"), "{}", back.body);
    assert_eq!(scene.newest().await["code"], "token_not_served");
    assert_eq!(scene.provider.asked_for("/token"), asked);
}

#[tokio::test]
async fn who_has_no_address_or_another_companys_is_not_signed_in() {
    let mut scene = Scene::set().await;
    scene.provider.person(&json!({ "email": null }));
    let trace = scene.is_refused().await;
    assert_eq!(trace["code"], "email_missing", "{trace}");
    scene.provider.person(&json!({ "email": "eve@evil.test" }));
    let trace = scene.is_refused().await;
    assert_eq!(trace["code"], "profile_not_allowed_outside_organization");
    assert_eq!(trace["failure"]["got"], "evil.test");
    // A name that looks like an address is none.
    scene.provider.person(&json!({ "email": null, "preferred_username": "ada@acme.test" }));
    assert_eq!(scene.is_refused().await["code"], "email_missing");
    scene.provider.person(&json!({ "email": "ada@acme.test" }));
    scene.signs_in().await;
}
