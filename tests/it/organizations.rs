//! An application keeps its customers here: made, found, changed and deleted.

use serde_json::{Value, json};

use crate::kernia::{Application, Browser, IdentityProvider, Kernia, sends};

#[tokio::test]
async fn an_organization_has_every_field_of_the_contract() {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    let made = app
        .posts(
            "/organizations",
            json!({
                "name": "  Acme  ", "external_id": "acme-1", "metadata": { "tier": "gold" },
                "domain_data": [
                    { "domain": "Acme.Test", "state": "verified" },
                    { "domain": "acme.example", "state": "pending" },
                ],
                "allow_profiles_outside_organization": true, "a_field_of_tomorrow": [1, 2],
            }),
        )
        .await
        .is(201);
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("org_") && id.len() == 30, "{id}");
    let at = "2026-01-02T03:04:05.678Z";
    let domain = |nth: usize| made["domains"][nth].clone();
    assert_eq!(
        made,
        json!({
            "object": "organization", "id": id, "name": "Acme", "external_id": "acme-1",
            "metadata": { "tier": "gold" }, "stripe_customer_id": null,
            "allow_profiles_outside_organization": true,
            "domains": [domain(0), domain(1)], "created_at": at, "updated_at": at,
        })
    );
    let names: Vec<_> = (0..2).map(|nth| domain(nth)["domain"].clone()).collect();
    assert!(names.contains(&json!("acme.test")) && names.contains(&json!("acme.example")));
    for nth in 0..2 {
        let domain = domain(nth);
        let proved = domain["domain"] == "acme.test";
        assert!(domain["id"].as_str().unwrap().starts_with("org_domain_"));
        assert!(!domain["verification_token"].as_str().unwrap().is_empty());
        assert_eq!(domain["object"], "organization_domain");
        assert_eq!(domain["organization_id"], id);
        assert_eq!(domain["state"], if proved { "verified" } else { "pending" });
        assert_eq!(domain["verification_strategy"], if proved { "manual" } else { "dns" });
    }
    assert_eq!(app.gets(&format!("/organizations/{id}")).await.is(200), made);
    assert_eq!(app.gets("/organizations/external_id/acme-1").await.is(200), made);
}

#[tokio::test]
async fn a_change_touches_only_what_it_names() {
    let mut kernia = Kernia::start().await;
    let app = kernia.application();
    let body = json!({
        "name": "Acme", "external_id": "acme", "metadata": { "a": "1", "b": "2" },
        "domain_data": [{ "domain": "acme.test", "state": "verified" },
                        { "domain": "old.test", "state": "verified" }],
    });
    let made = app.posts("/organizations", body).await.is(201);
    let path = format!("/organizations/{}", made["id"].as_str().unwrap());
    kernia.advance(std::time::Duration::from_mins(1));

    let renamed = app.puts(&path, json!({ "name": "Acme Ltd" })).await.is(200);
    let mut expected = made.clone();
    expected["name"] = json!("Acme Ltd");
    expected["updated_at"] = json!("2026-01-02T03:05:05.678Z");
    assert_eq!(renamed, expected);

    let cleared = json!({ "metadata": null, "external_id": null, "stripe_customer_id": "cus_1" });
    let cleared = app.puts(&path, cleared).await.is(200);
    assert_eq!(cleared["metadata"], json!({}));
    assert_eq!(cleared["external_id"], Value::Null);
    assert_eq!(cleared["stripe_customer_id"], "cus_1");
    assert_eq!(app.gets("/organizations/external_id/acme").await.code(404), "entity_not_found");

    let kept = id_of_domain(&cleared, "acme.test");
    let replaced = json!({ "domain_data": [{ "domain": "acme.test", "state": "pending" },
                                           { "domain": "new.test", "state": "verified" }] });
    let replaced = app.puts(&path, replaced).await.is(200);
    assert_eq!(replaced["domains"].as_array().unwrap().len(), 2);
    assert_eq!(id_of_domain(&replaced, "acme.test"), kept, "a domain that stays is the same");
    assert_eq!(replaced["stripe_customer_id"], "cus_1");
    // What was let go is free for another.
    app.posts("/organizations", json!({ "name": "Other", "domains": ["old.test"] })).await.is(201);

    kernia.restart().await;
    assert_eq!(app.gets(&path).await.is(200), replaced);
}

fn id_of_domain(organization: &Value, name: &str) -> Value {
    let domains = organization["domains"].as_array().unwrap();
    domains.iter().find(|domain| domain["domain"] == name).unwrap()["id"].clone()
}

#[tokio::test]
async fn what_may_not_stand_is_refused_by_its_name_and_changes_nothing() {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    let taken = json!([{ "domain": "taken.test", "state": "verified" }]);
    let body = json!({ "name": "Acme", "external_id": "taken", "domain_data": taken });
    app.posts("/organizations", body).await.is(201);
    let other = app.posts("/organizations", json!({ "name": "Other" })).await.is(201);
    let path = format!("/organizations/{}", other["id"].as_str().unwrap());
    let before = kernia.database().contents();
    let many: Value = (0..51).map(|nth| (format!("k{nth}"), json!("v"))).collect();
    let long = "x".repeat(601);
    for (body, status, code) in [
        (json!({ "external_id": "taken" }), 400, "external_id_already_used"),
        (json!({ "metadata": many }), 400, "invalid_metadata"),
        (json!({ "metadata": { "k": long } }), 400, "invalid_metadata"),
        (json!({ "metadata": { "": "v" } }), 400, "invalid_metadata"),
        (json!({ "metadata": { "é": "v" } }), 400, "invalid_metadata"),
        (json!({ "metadata": { "k".repeat(41): "v" } }), 400, "invalid_metadata"),
        (json!({ "domains": ["taken.test"] }), 409, "domain_already_exists"),
        (json!({ "domain_data": [{ "domain": "TAKEN.test." }] }), 409, "domain_already_exists"),
        (json!({ "domain_data": [{ "domain": "no domain" }] }), 422, "domain_malformed"),
        (
            json!({ "domain_data": [{ "domain": "a.test", "state": "failed" }] }),
            422,
            "invalid_domain_state",
        ),
        (json!({ "domain_data": [{}] }), 422, "required"),
        (json!({ "external_id": "" }), 422, "invalid_external_id"),
        (json!({ "external_id": "x".repeat(129) }), 422, "invalid_external_id"),
        (json!({ "external_id": "ü" }), 422, "invalid_external_id"),
        (json!({ "name": " " }), 422, "label_empty"),
        (json!({ "name": "x".repeat(256) }), 422, "label_too_long"),
        (json!({ "name": 7 }), 422, "invalid_type"),
        (json!({ "allow_profiles_outside_organization": "yes" }), 422, "invalid_type"),
        (json!(["Acme"]), 422, "invalid_type"),
    ] {
        let mut create = body.clone();
        if create.is_object() && create.get("name").is_none() {
            create["name"] = json!("New");
        }
        assert_eq!(
            app.posts("/organizations", create.clone()).await.code(status),
            code,
            "{create}"
        );
        if body.is_object() {
            assert_eq!(app.puts(&path, body.clone()).await.code(status), code, "{body}");
        }
    }
    assert_eq!(app.posts("/organizations", json!({})).await.code(422), "required");
    assert_eq!(kernia.database().contents(), before);
}

#[tokio::test]
async fn a_refusal_has_the_shape_that_the_sdks_read() {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    let missing = app.gets("/organizations/org_nobody").await.is(404);
    let message = "Organization not found: 'org_nobody'.";
    assert_eq!(missing, json!({ "message": message, "code": "entity_not_found" }));
    let empty = app.posts("/organizations", json!({ "name": "" })).await.is(422);
    let why = "it may not be empty";
    assert_eq!(
        empty,
        json!({
            "message": format!("`name`: {why}"), "code": "label_empty",
            "errors": [{ "field": "name", "code": "label_empty", "message": why }],
        })
    );
    let key = format!("Bearer {}", app.api_key);
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    for broken in ["{", "{\"name\": \"Acme\"", "nonsense", "{\"name\": \"A\"} {}", "\u{feff}{}"] {
        let answer =
            sends(app.address, "POST", "/organizations", &headers, broken.as_bytes()).await;
        assert_eq!(answer.code(400), "invalid_json", "{broken}");
        assert!(answer.json().get("error").is_none());
    }
    let huge = json!({ "name": "x".repeat(1024 * 1024) });
    assert_eq!(app.posts("/organizations", huge).await.code(413), "body_too_large");
    for path in ["/organizations/a%20b", "/organizations/%00", "/organizations/external_id/%ff"] {
        let answer = app.gets(path).await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_idempotency_key_is_taken_and_ignored_as_workos_does() {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    let key = format!("Bearer {}", app.api_key);
    let headers = [("authorization", key.as_str()), ("idempotency-key", "the-same")];
    let body = json!({ "name": "Acme" }).to_string();
    let one = sends(app.address, "POST", "/organizations", &headers, body.as_bytes()).await.is(201);
    let two = sends(app.address, "POST", "/organizations", &headers, body.as_bytes()).await.is(201);
    assert_ne!(one["id"], two["id"]);
}

#[tokio::test]
async fn an_organization_goes_with_all_that_stands_on_it() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let bystander = app.organization("bystander.test").await;
    app.connection(&bystander, &idp).await;
    let before = kernia.database().contents();
    let organization = app.organization("acme.test").await;
    let (mut ada, asked, token) = signs_in_and_begins_again(&kernia, &app, &organization).await;

    let gone = app.deletes(&format!("/organizations/{organization}")).await;
    assert_eq!((gone.status, gone.body.as_str()), (202, ""));
    let path = format!("/organizations/{organization}");
    assert_eq!(app.gets(&path).await.code(404), "entity_not_found");
    assert_eq!(app.deletes(&path).await.code(404), "entity_not_found");
    assert_eq!(app.puts(&path, json!({ "name": "x" })).await.code(404), "entity_not_found");
    assert_eq!(app.profile_by(&token).await.status, 401);
    let answer =
        ada.returns(&asked, &idp.vouches(&asked, "ada@acme.test", kernia.clock.now())).await;
    assert!(answer.status == 404 && answer.content_type().starts_with("text/html"), "{answer:?}");
    let mut after = kernia.database().contents();
    after.insert("redirect_uris".to_owned(), before["redirect_uris"].clone());
    assert_eq!(after, before, "the neighbour stays, and nothing of Acme does");
}

/// Somebody has signed in, and is about to do so again.
async fn signs_in_and_begins_again(
    kernia: &Kernia,
    app: &Application,
    organization: &str,
) -> (Browser, crate::kernia::Asked, String) {
    let idp = IdentityProvider::acme();
    let uri = json!({ "uri": Application::CALLBACK });
    app.posts("/user_management/redirect_uris", uri).await.is(201);
    let connection = app.connection(organization, &idp).await["id"].as_str().unwrap().to_owned();
    let mut ada = kernia.browser();
    let asked = ada.begins(app, &[("connection", &connection)]).await;
    let answer =
        ada.returns(&asked, &idp.vouches(&asked, "ada@acme.test", kernia.clock.now())).await;
    let token = app.exchanges(&answer.leads_with("code").unwrap()).await.token;
    assert_eq!(app.profile_by(&token).await.status, 200);
    let asked = ada.begins(app, &[("organization", organization)]).await;
    (ada, asked, token)
}
