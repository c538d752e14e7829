//! Who may claim what, who owns it, and what the answers look like.

use super::*;
use crate::kernia::IdentityProvider;

#[tokio::test]
async fn a_claim_has_every_field_of_the_contract() {
    let stage = Stage::set().await;
    let customer = stage.app.customer().await;
    let made = stage.claims(&customer, " Acme.COM. ").await.is(201);
    let at = "2026-01-02T03:04:05.678Z";
    assert_eq!(
        made,
        json!({
            "object": "organization_domain", "id": made["id"], "organization_id": customer,
            "domain": "acme.com", "state": "pending", "verification_strategy": "dns",
            "verification_token": made["verification_token"],
            "verification_prefix": made["verification_prefix"],
            "created_at": at, "updated_at": at,
        })
    );
    assert!(text(&made, "id").starts_with("org_domain_"));
    assert_eq!(text(&made, "verification_token").len(), 25);
    assert!(text(&made, "verification_prefix").starts_with("kernia-domain-verification-"));
    assert_eq!(stage.sees(&made).await, made);
    let organization = stage.app.gets(&format!("/organizations/{customer}")).await.is(200);
    assert_eq!(organization["domains"], json!([made]));

    let verification = stage.verification(&made).await;
    assert_eq!(
        verification,
        json!({
            "object": "domain_verification", "organization_domain": made,
            "record": {
                "type": "TXT", "name": "acme.com", "value": record(&made),
                "other_names": ["_kernia.acme.com"],
                "other_values": [format!("verification_token={}", text(&made, "verification_token"))],
            },
            "failure_reason": null, "checks": 0, "checked_at": null, "finding": null,
            "next_check_at": at, "expires_at": "2026-02-01T03:04:05.678Z",
        })
    );

    assert_eq!(stage.app.deletes(&path(&made)).await.status, 204);
    assert_eq!(stage.app.gets(&path(&made)).await.code(404), "entity_not_found");
    assert_eq!(stage.app.deletes(&path(&made)).await.code(404), "entity_not_found");
    assert_eq!(stage.restarts(&made).await.code(404), "entity_not_found");
}

#[tokio::test]
async fn what_nobody_can_own_is_refused_by_its_name() {
    let stage = Stage::set().await;
    let customer = stage.app.customer().await;
    let long = format!("{}.com", "a".repeat(64));
    let longer = format!("{}.com", ["abcdefghij"; 25].join("."));
    let before = stage.kernia.database().contents();
    for (domain, code, says) in [
        ("co.uk", "domain_is_public_suffix", "public suffix"),
        ("github.io", "domain_is_public_suffix", "public suffix"),
        ("公司.cn", "domain_is_public_suffix", "public suffix"),
        ("gmail.com", "domain_is_free_mail", "anybody can get an email address"),
        ("GMX.de.", "domain_is_free_mail", "anybody can get an email address"),
        ("", "domain_malformed", "empty"),
        ("acme", "domain_malformed", "two labels"),
        ("localhost", "domain_malformed", "two labels"),
        ("192.0.2.7", "domain_malformed", "IP address"),
        ("0xC0000207", "domain_malformed", "IP address"),
        ("[2001:db8::1]", "domain_malformed", "IP address"),
        ("2001:db8::1", "domain_malformed", "domain name"),
        ("_dmarc.acme.com", "domain_malformed", "underscores"),
        ("https://acme.com", "domain_malformed", "web address"),
        ("acme.com/login", "domain_malformed", "web address"),
        ("ada@acme.com", "domain_malformed", "email address"),
        ("*.acme.com", "domain_malformed", "label"),
        ("acme..com", "domain_malformed", "label"),
        ("-acme.com", "domain_malformed", "label"),
        ("ac me.com", "domain_malformed", "white space"),
        ("acme.com\u{0}", "domain_malformed", "white space"),
        ("acme.com:443", "domain_malformed", "domain name"),
        (long.as_str(), "domain_malformed", "63"),
        (longer.as_str(), "domain_malformed", "253"),
    ] {
        let answer = stage.claims(&customer, domain).await;
        assert_eq!(answer.code(422), code, "{domain:?}: {}", answer.body);
        assert_eq!(answer.json()["errors"][0]["field"], "domain", "{domain:?}");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(says), "{domain:?}: {message}");

        // The application's word does not change whose a domain can be.
        let data = json!({ "domain_data": [{ "domain": domain, "state": "verified" }] });
        let word = stage.app.puts(&format!("/organizations/{customer}"), data).await;
        assert_eq!(word.code(422), code, "{domain:?}");
    }
    assert_eq!(stage.kernia.database().contents(), before);
}

#[tokio::test]
async fn a_request_that_says_too_little_is_told_what_is_missing() {
    let stage = Stage::set().await;
    let customer = stage.app.customer().await;
    for (body, status) in [
        (json!({ "organization_id": customer }), 422),
        (json!({ "domain": "acme.com" }), 422),
        (json!({ "organization_id": customer, "domain": 7 }), 422),
        (json!({ "organization_id": customer, "domain": null }), 422),
        (json!([customer, "acme.com"]), 422),
    ] {
        let answer = stage.app.posts("/organization_domains", body.clone()).await;
        assert!([400, status].contains(&answer.status), "{body}: {answer:?}");
    }
    for nobody in ["org_01JD0000000000000000000002", "nobody", ""] {
        let answer = stage.claims(nobody, "acme.com").await;
        assert_eq!(answer.code(404), "entity_not_found", "{nobody:?}");
    }
    for id in ["org_domain_01JD0000000000000000000002", "nobody", customer.as_str()] {
        let claim = json!({ "id": id });
        assert_eq!(stage.app.gets(&path(&claim)).await.code(404), "entity_not_found", "{id}");
        assert_eq!(stage.restarts(&claim).await.code(404), "entity_not_found", "{id}");
        assert_eq!(stage.app.deletes(&path(&claim)).await.code(404), "entity_not_found", "{id}");
        assert_eq!(stage.app.gets(&admin(&claim)).await.code(404), "entity_not_found", "{id}");
        let word = stage.app.posts(&format!("{}/verify", admin(&claim)), json!({})).await;
        assert_eq!(word.code(404), "entity_not_found", "{id}");
    }
}

#[tokio::test]
async fn names_in_any_alphabet_are_one_name() {
    let stage = Stage::set().await;
    let claim = stage.claim("Bücher.Example").await;
    assert_eq!(claim["domain"], "xn--bcher-kva.example");
    let organization = text(&claim, "organization_id");
    for same in ["bücher.example", "xn--bcher-kva.example", "BU\u{308}CHER.example."] {
        let again = stage.claims(organization, same).await;
        assert_eq!(again.code(409), "domain_already_exists", "{same}");
        assert!(again.body.contains("for this organization"), "{}", again.body);
    }
    stage.dns.has("xn--bcher-kva.example", &[&record(&claim)]);
    stage.checks().await;
    assert_eq!(stage.state(&claim).await, "verified");
}

#[tokio::test]
async fn several_may_claim_a_domain_and_the_first_to_prove_it_owns_it() {
    let stage = Stage::set().await;
    let (first, second) = (stage.claim("acme.com").await, stage.claim("acme.com").await);
    let third = stage.claim("acme.com").await;
    assert_ne!(first["verification_token"], second["verification_token"]);
    stage.dns.has("acme.com", &["v=spf1 -all", &record(&second)]);
    stage.checks().await;
    assert_eq!(stage.state(&second).await, "verified");
    for lost in [&first, &third] {
        assert_eq!(stage.state(lost).await, "failed");
        let why = stage.verification(lost).await;
        assert_eq!(why["failure_reason"], "domain_verified_by_other_organization");
        assert_eq!(why["next_check_at"], Value::Null);
        // What is lost cannot be started again, nor claimed by anybody else, nor vouched for.
        assert_eq!(stage.restarts(lost).await.code(409), "domain_already_exists");
        let word = stage.app.posts(&format!("{}/verify", admin(lost)), json!({})).await;
        assert_eq!(word.code(409), "domain_already_exists");
    }
    let other = stage.app.customer().await;
    let late = stage.claims(&other, "acme.com").await;
    assert_eq!(late.code(409), "domain_already_exists");
    for state in ["verified", "pending"] {
        let data = json!({ "domain_data": [{ "domain": "acme.com", "state": state }] });
        let word = stage.app.puts(&format!("/organizations/{other}"), data).await;
        assert_eq!(word.code(409), "domain_already_exists", "{state}");
    }
    assert_eq!(stage.restarts(&second).await.code(400), "domain_already_verified");

    // Once it is let go, whoever lost it may try again; the record of another is not theirs.
    assert_eq!(stage.app.deletes(&path(&second)).await.status, 204);
    assert_eq!(stage.restarts(&first).await.is(201)["state"], "pending");
    stage.checks().await;
    assert_eq!(stage.state(&first).await, "pending");
    stage.dns.has("acme.com", &[&record(&second), &record(&first)]);
    assert_eq!(stage.restarts(&first).await.status, 201);
    stage.checks().await;
    assert_eq!(stage.state(&first).await, "verified");
    assert_eq!(stage.state(&third).await, "failed");
}

#[tokio::test]
async fn a_word_proves_a_domain_as_dns_does() {
    let stage = Stage::set().await;
    let (first, second) = (stage.claim("acme.com").await, stage.claim("acme.com").await);
    // The application's, over the organization.
    let organization = format!("/organizations/{}", text(&first, "organization_id"));
    let verified = json!({ "domain_data": [{ "domain": "acme.com", "state": "verified" }] });
    let changed = stage.app.puts(&organization, verified.clone()).await.is(200);
    assert_eq!(changed["domains"][0]["id"], first["id"]);
    assert_eq!(changed["domains"][0]["state"], "verified");
    assert_eq!(changed["domains"][0]["verification_strategy"], "manual");
    assert_eq!(stage.state(&second).await, "failed");
    // It can take its word back; then DNS decides.
    let pending = json!({ "domain_data": [{ "domain": "acme.com", "state": "pending" }] });
    let changed = stage.app.puts(&organization, pending).await.is(200);
    assert_eq!(changed["domains"][0]["state"], "pending");
    assert_eq!(changed["domains"][0]["verification_strategy"], "dns");

    // The operator's, on the claim; who gave it is on record.
    let (log, logging) = crate::kernia::logging();
    let word = stage.app.posts(&format!("{}/verify", admin(&second)), json!({})).await;
    let word = word.is(200);
    drop(logging);
    assert_eq!(word["organization_domain"]["state"], "verified");
    assert_eq!(word["organization_domain"]["verification_strategy"], "manual");
    assert_eq!(stage.state(&first).await, "failed");
    let line = log.lines().into_iter().find(|line| line.contains("operator's word")).unwrap();
    for word in [text(&second, "id"), "acme.com", stage.app.client_id.as_str(), "api_key_"] {
        assert!(line.contains(word), "no {word} in {line}");
    }
    let again = stage.app.posts(&format!("{}/verify", admin(&second)), json!({})).await;
    assert_eq!(again.code(400), "domain_already_verified");
    assert_eq!(stage.dns.asked(), (0, 0), "a word asks nobody");
}

#[tokio::test]
async fn who_only_claims_a_domain_gets_nothing_of_it() {
    let stage = Stage::set().await;
    let (owner, claimant) = (stage.claim("acme.com").await, stage.claim("acme.com").await);
    let connection = |claim: &Value| {
        let organization = text(claim, "organization_id").to_owned();
        let app = &stage.app;
        async move { app.connection(&organization, &IdentityProvider::acme()).await }
    };
    let (theirs, other) = (connection(&owner).await, connection(&claimant).await);
    let by_domain = async || stage.app.gets("/connections?domain=acme.com").await.is(200);
    assert_eq!(theirs["domains"], json!([]), "nobody owns it yet");
    assert_eq!(by_domain().await["data"], json!([]));
    // Whom a domain concerns is another question: all who claim it.
    let organizations = stage.app.gets("/organizations?domains=ACME.com").await.is(200);
    assert_eq!(organizations["data"].as_array().unwrap().len(), 2);

    stage.dns.has("acme.com", &[&record(&owner)]);
    stage.checks().await;
    let found = by_domain().await;
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    assert_eq!(found["data"][0]["id"], theirs["id"]);
    assert_eq!(found["data"][0]["domains"][0]["domain"], "acme.com");
    let seen = stage.app.gets(&format!("/connections/{}", text(&other, "id"))).await.is(200);
    assert_eq!(seen["domains"], json!([]));
}

#[tokio::test]
async fn only_an_owner_s_people_get_in() {
    let stage = Stage::set().await;
    let uri = json!({ "uri": Application::CALLBACK });
    stage.app.posts("/user_management/redirect_uris", uri).await.is(201);
    let (idp, claim) = (IdentityProvider::acme(), stage.claim("acme.test").await);
    let connection = stage.app.connection(text(&claim, "organization_id"), &idp).await;
    let signs_in = async || {
        let mut ada = stage.kernia.browser();
        let asked = ada.begins(&stage.app, &[("connection", text(&connection, "id"))]).await;
        let answer = idp.vouches(&asked, "ada@acme.test", stage.kernia.clock.now());
        let back = ada.returns(&asked, &answer).await;
        back.header("location").unwrap_or_default().to_owned()
    };
    let refused = signs_in().await;
    assert!(refused.contains("profile_not_allowed_outside_organization"), "{refused}");
    stage.dns.has("acme.test", &[&record(&claim)]);
    stage.checks().await;
    let welcome = signs_in().await;
    assert!(welcome.contains("code="), "{welcome}");
    assert_eq!(stage.app.deletes(&path(&claim)).await.status, 204);
    let refused = signs_in().await;
    assert!(refused.contains("profile_not_allowed_outside_organization"), "{refused}");
}

#[tokio::test]
async fn kernias_own_api_lists_all_claims() {
    let stage = Stage::set().await;
    let (acme, also, umbrella) =
        (stage.claim("acme.com").await, stage.claim("acme.com").await, stage.claim("u.test").await);
    stage.dns.has("u.test", &[&record(&umbrella)]);
    stage.checks().await;
    let ids = async |query: &str| -> Vec<String> {
        let listed = stage.app.gets(&format!("/kernia/v1/organization_domains?{query}")).await;
        let listed = listed.is(200);
        let claims = listed["data"].as_array().unwrap().iter();
        claims.map(|one| text(&one["organization_domain"], "id").to_owned()).collect()
    };
    let id = |claim: &Value| text(claim, "id").to_owned();
    let mut all = ids("order=asc").await;
    let mut expected = vec![id(&acme), id(&also), id(&umbrella)];
    all.sort();
    expected.sort();
    assert_eq!(all, expected);
    assert_eq!(ids("state=verified").await, [id(&umbrella)]);
    assert_eq!(ids("domain=Acme.com&state=pending").await.len(), 2);
    let organization = text(&also, "organization_id");
    assert_eq!(ids(&format!("organization_id={organization}")).await, [id(&also)]);
    assert_eq!(ids(&format!("organization_id={organization}&domain=u.test")).await.len(), 0);
    let mut paged = ids("limit=2&order=asc").await;
    paged.extend(ids(&format!("limit=2&order=asc&after={}", paged[1])).await);
    paged.sort();
    assert_eq!(paged, expected);
    for bad in ["state=lost", "domain=acme", "organization_id=x%20y", "limit=0"] {
        let refused = stage.app.gets(&format!("/kernia/v1/organization_domains?{bad}")).await;
        assert_eq!(refused.status, 422, "{bad}: {}", refused.body);
    }
}

#[tokio::test]
async fn an_organization_has_at_most_two_hundred_domains() {
    let stage = Stage::set().await;
    let data: Vec<_> = (0..200).map(|nth| json!({ "domain": format!("d{nth}.test") })).collect();
    let body = json!({ "name": "Many", "domain_data": data });
    let made = stage.app.posts("/organizations", body).await.is(201);
    let one_more = stage.claims(text(&made, "id"), "more.test").await;
    assert_eq!(one_more.code(409), "too_many_domains");
    assert_eq!(stage.kernia.database().count("organization_domains"), 200);
}
