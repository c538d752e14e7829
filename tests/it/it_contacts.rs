//! An application says whom to tell in a customer's IT.

use std::time::Duration;

use serde_json::{Value, json};

use crate::kernia::{IdentityProvider, Kernia};

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_else(|| panic!("no {name} in {object}"))
}

#[tokio::test]
async fn contacts_come_and_go() {
    let mut kernia = Kernia::start().await;
    let app = kernia.application();
    let organization = app.organization("acme.test").await;
    let path = format!("/organizations/{organization}/it_contacts");
    let made = app.posts(&path, json!({ "email": " It@Acme.test " })).await.is(201);
    let id = text(&made, "id");
    assert!(id.starts_with("it_contact_") && id.len() == 37, "{id}");
    let at = "2026-01-02T03:04:05.678Z";
    assert_eq!(
        made,
        json!({
            "object": "it_contact", "id": id, "email": "It@Acme.test",
            "created_at": at, "updated_at": at,
        })
    );
    kernia.advance(Duration::from_secs(1));
    let second = app.posts(&path, json!({ "email": "desk@acme.test" })).await.is(201);
    kernia.restart().await;
    let listed = app.gets(&path).await.is(200);
    assert_eq!(
        listed,
        json!({
            "object": "list", "data": [made, second],
            "list_metadata": { "before": null, "after": null },
        })
    );
    let gone = app.deletes(&format!("{path}/{id}")).await;
    assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    assert_eq!(app.deletes(&format!("{path}/{id}")).await.code(404), "entity_not_found");
    assert_eq!(app.gets(&path).await.is(200)["data"], json!([second]));
    app.posts(&path, json!({ "email": "it@acme.test" })).await.is(201);
}

#[tokio::test]
async fn what_is_no_contact_is_refused_and_changes_nothing() {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    let (organization, other) =
        (app.organization("acme.test").await, app.organization("other.test").await);
    let path = format!("/organizations/{organization}/it_contacts");
    let made = app.posts(&path, json!({ "email": "it@acme.test" })).await.is(201);
    let theirs = format!("/organizations/{other}/it_contacts");
    app.posts(&theirs, json!({ "email": "it@acme.test" })).await.is(201);
    let before = kernia.database().contents();
    let twice = app.posts(&path, json!({ "email": "IT@ACME.test" })).await;
    assert_eq!(twice.code(409), "it_contact_already_exists");
    for (body, code) in [
        (json!({ "email": "it" }), "email_malformed"),
        (json!({ "email": "a b@acme.test" }), "email_malformed"),
        (json!({ "email": 7 }), "invalid_type"),
        (json!({}), "required"),
    ] {
        let answer = app.posts(&path, body.clone()).await;
        assert_eq!(answer.code(422), code, "{body}");
        assert_eq!(answer.json()["errors"][0]["field"], "email", "{body}");
    }
    let nobody = "/organizations/org_nobody/it_contacts";
    assert_eq!(app.gets(nobody).await.code(404), "entity_not_found");
    let answer = app.posts(nobody, json!({ "email": "it@acme.test" })).await;
    assert_eq!(answer.code(404), "entity_not_found");
    // Another organization's contact is nobody here.
    let elsewhere = format!("{theirs}/{}", text(&made, "id"));
    assert_eq!(app.deletes(&elsewhere).await.code(404), "entity_not_found");
    // What leads to the Admin Portal says that there is none.
    for act in ["invite", "revoke"] {
        let body = json!({ "intents": ["sso"] });
        let answer = app.posts(&format!("{path}/{}/{act}", text(&made, "id")), body.clone()).await;
        assert_eq!(answer.code(422), "admin_portal_unavailable", "{act}");
        let answer = app.posts(&format!("{elsewhere}/{act}"), body).await;
        assert_eq!(answer.code(404), "entity_not_found", "{act}");
    }
    assert_eq!(kernia.database().contents(), before);

    for nth in 1..20 {
        app.posts(&path, json!({ "email": format!("it{nth}@acme.test") })).await.is(201);
    }
    let answer = app.posts(&path, json!({ "email": "one-more@acme.test" })).await;
    assert_eq!(answer.code(409), "too_many_it_contacts");
    assert_eq!(app.gets(&path).await.is(200)["data"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn they_go_with_their_organization() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let organization = app.organization("acme.test").await;
    app.connection(&organization, &idp).await;
    let path = format!("/organizations/{organization}/it_contacts");
    app.posts(&path, json!({ "email": "it@acme.test" })).await.is(201);
    assert_eq!(app.deletes(&format!("/organizations/{organization}")).await.status, 202);
    assert_eq!(app.gets(&path).await.code(404), "entity_not_found");
    assert_eq!(kernia.database().count("it_contacts"), 0);
}
