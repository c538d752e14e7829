//! A connection that was deleted by mistake comes back within 30 days, with the addresses that the
//! customer's provider knows; then it goes for good.

use std::{sync::Arc, time::Duration};

use kernia::{jobs::JOBS, kit::id::Id, sso, store::Tx};
use serde_json::{Value, json};

use crate::kernia::{Application, IdentityProvider, Kernia};

const ADA: &str = "ada@acme.test";
const DAY: Duration = Duration::from_hours(24);

async fn jobs_run(kernia: &Kernia) {
    for job in JOBS {
        (job.run)(Arc::clone(kernia.app())).await.unwrap();
    }
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_else(|| panic!("no {name} in {object}"))
}

/// A connection with everything that it can have, through which Ada has signed in once.
struct Scene {
    kernia: Kernia,
    app: Application,
    organization: String,
    id: String,
    path: String,
    token: String,
    profile: Value,
}

impl Scene {
    async fn set() -> Self {
        let kernia = Kernia::start().await;
        let (app, idp) = (kernia.application(), IdentityProvider::acme());
        let uri = json!({ "uri": Application::CALLBACK });
        app.posts("/user_management/redirect_uris", uri).await.is(201);
        let organization = app.organization("acme.test").await;
        let more = json!({ "external_id": "mine", "saml_options": {
            "acs_url": "https://auth.example.com/sso/saml/acs/known",
            "acs_url_aliases": ["https://auth.example.com/sso/saml/acs/older"],
            "sign_requests": true,
        } });
        let made = app.connection_with(&organization, &idp, &more).await;
        let id = text(&made, "id").to_owned();
        let (token, profile) = signs_in(&kernia, &app, &id).await;
        let path = format!("/connections/{id}");
        Self { kernia, app, organization, id, path, token, profile }
    }

    fn restore_path(&self) -> String {
        format!("/kernia/v1/connections/{}/restore", self.id)
    }
}

async fn signs_in(kernia: &Kernia, app: &Application, id: &str) -> (String, Value) {
    let (idp, mut ada) = (IdentityProvider::acme(), kernia.browser());
    let mut asked = ada.begins(app, &[("connection", id)]).await;
    let response = idp.vouches(&asked, ADA, kernia.clock.now());
    asked.acs_url = asked.acs_url.replace("https://auth.example.com", &kernia.base());
    let back = ada.returns(&asked, &response).await;
    let exchanged = app.exchanges(&back.leads_with("code").unwrap()).await;
    (exchanged.token, exchanged.profile)
}

#[tokio::test]
async fn a_deleted_connection_is_gone_and_comes_back_as_it_was() {
    let scene = Scene::set().await;
    let Scene { kernia, app, path, .. } = &scene;
    let before = app.gets(path).await.is(200);
    let mut under_way = kernia.browser();
    let asked = under_way.begins(app, &[("connection", &scene.id)]).await;
    let response = IdentityProvider::acme().vouches(&asked, ADA, kernia.clock.now());
    kernia.advance(Duration::from_secs(1));
    assert_eq!(app.deletes(path).await.status, 204);

    // Nobody sees it, and nothing works any more.
    assert_eq!(app.gets(path).await.code(404), "entity_not_found");
    assert_eq!(app.deletes(path).await.code(404), "entity_not_found");
    assert_eq!(app.gets("/connections").await.is(200)["data"], json!([]));
    let answer = kernia.browser().goes(&app.authorize(&[("connection", &scene.id)])).await;
    assert_eq!(answer.leads_with("error").as_deref(), Some("connection_invalid"));
    for key in ["known", "older"] {
        let acs = format!("{}/sso/saml/acs/{key}", kernia.base());
        let back = under_way.posts(&acs, &[("SAMLResponse", &response)]).await;
        assert_eq!(back.status, 404, "{}", back.body);
        let metadata = kernia.anonymous("GET", &format!("/sso/saml/metadata/{key}")).await;
        assert_eq!(metadata.status, 404);
    }
    assert_eq!(app.profile_by(&scene.token).await.status, 401);
    for table in ["sign_ins", "codes"] {
        assert_eq!(kernia.database().count(table), 0, "{table}");
    }
    // It stands in its own list, until it is restored.
    let listed = app.gets("/kernia/v1/connections?deleted=true").await.is(200)["data"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(
        (text(&listed[0], "id"), text(&listed[0], "object")),
        (scene.id.as_str(), "connection")
    );
    assert_eq!(listed[0]["external_id"], "mine");
    assert_eq!(listed[0]["deleted_at"], "2026-01-02T03:04:06.678Z");
    assert_eq!(listed[0]["erased_at"], "2026-02-01T03:04:06.678Z");

    kernia.advance(DAY * 29);
    jobs_run(kernia).await;
    let restored = app.posts(&scene.restore_path(), json!({})).await.is(200);
    let mut expected = before.clone();
    expected["updated_at"] = restored["updated_at"].clone();
    assert_eq!(restored, expected);
    assert_eq!(app.gets(path).await.is(200), expected);
    assert_eq!(app.gets("/kernia/v1/connections?deleted=true").await.is(200)["data"], json!([]));
    let all = app.gets("/kernia/v1/connections").await.is(200)["data"].clone();
    assert_eq!(all, json!([expected]));
    let certificate = app.gets(&format!("{path}/saml_sp_signing_cert")).await;
    assert_eq!(certificate.status, 200, "its keys are there");
    let (_, profile) = signs_in(kernia, app, &scene.id).await;
    assert_eq!(profile["id"], scene.profile["id"], "and its people");
}

#[tokio::test]
async fn restoring_is_refused_for_what_is_not_deleted() {
    let scene = Scene::set().await;
    let answer = scene.app.posts(&scene.restore_path(), json!({})).await;
    assert_eq!(answer.code(409), "connection_not_deleted");
    for nobody in ["conn_nobody", "nonsense"] {
        let path = format!("/kernia/v1/connections/{nobody}/restore");
        assert_eq!(scene.app.posts(&path, json!({})).await.code(404), "entity_not_found");
    }
    let answer = scene.app.gets("/kernia/v1/connections?deleted=perhaps").await;
    assert_eq!(answer.code(422), "invalid_boolean");
}

#[tokio::test]
async fn its_addresses_are_held_and_its_external_id_is_free() {
    let scene = Scene::set().await;
    let (app, idp) = (&scene.app, IdentityProvider::acme());
    app.deletes(&scene.path).await;
    for key in ["known", "older"] {
        let body = json!({ "organization_id": scene.organization, "saml_options": {
            "idp_metadata_xml": idp.metadata(),
            "acs_url": format!("https://auth.example.com/sso/saml/acs/{key}"),
        } });
        let answer = app.posts("/connections", body).await;
        assert_eq!(answer.code(409), "acs_url_already_used");
        assert!(answer.body.contains(&scene.restore_path()), "it says how: {}", answer.body);
    }
    let more = json!({ "external_id": "mine" });
    let other = app.connection_with(&scene.organization, &idp, &more).await;
    assert_ne!(text(&other, "id"), scene.id);
    let restored = app.posts(&scene.restore_path(), json!({})).await.is(200);
    assert_eq!(restored["external_id"], Value::Null, "another one has it by now");
    assert_eq!(app.gets(&scene.path).await.is(200)["external_id"], Value::Null);
}

#[tokio::test]
async fn after_thirty_days_nothing_of_it_is_left() {
    let scene = Scene::set().await;
    let Scene { kernia, app, .. } = &scene;
    let kept = app.connection(&scene.organization, &IdentityProvider::acme()).await;
    let kept_alone = |kernia: &Kernia| {
        let tables = ["connections", "saml_certificates", "profiles", "saml_key_pairs"];
        tables.map(|table| kernia.database().count(table))
    };
    app.deletes(&scene.path).await;
    kernia.advance(DAY * 30);
    jobs_run(kernia).await;
    assert_eq!(kept_alone(kernia), [2, 2, 1, 1], "to the day");
    // What may be half erased by now cannot be restored, though it is still there.
    assert_eq!(app.posts(&scene.restore_path(), json!({})).await.code(404), "entity_not_found");
    kernia.advance(Duration::from_millis(1));
    jobs_run(kernia).await;
    assert_eq!(kept_alone(kernia), [1, 1, 0, 0]);
    let contents = kernia.database().contents();
    for (table, rows) in &contents {
        assert!(!rows.iter().any(|row| row.contains(&scene.id)), "{table} still names it");
    }
    assert_eq!(app.posts(&scene.restore_path(), json!({})).await.code(404), "entity_not_found");
    assert_eq!(app.gets(&format!("/connections/{}", text(&kept, "id"))).await.is(200), kept);
    // Its addresses are free again.
    let more = json!({ "saml_options": {
        "acs_url": "https://auth.example.com/sso/saml/acs/known",
    } });
    app.connection_with(&scene.organization, &IdentityProvider::acme(), &more).await;
}

#[tokio::test]
async fn an_organization_takes_its_deleted_connections_along() {
    let scene = Scene::set().await;
    let Scene { kernia, app, .. } = &scene;
    app.deletes(&scene.path).await;
    let gone = app.deletes(&format!("/organizations/{}", scene.organization)).await;
    assert_eq!(gone.status, 202, "{}", gone.body);
    for table in ["connections", "connection_keys", "saml_key_pairs", "profiles", "organizations"] {
        assert_eq!(kernia.database().count(table), 0, "{table}");
    }
}

#[tokio::test]
async fn a_deletion_of_an_organization_that_breaks_off_goes_on() {
    let scene = Scene::set().await;
    let Scene { kernia, app, .. } = &scene;
    let organization = Id::parse(&scene.organization).unwrap();
    let condemn = move |tx: &Tx<'_>| sso::condemn_organization(tx, &organization);
    kernia.app().store.write(condemn).await.unwrap();
    assert_eq!(app.gets(&scene.path).await.code(404), "entity_not_found");
    assert_eq!(app.posts(&scene.restore_path(), json!({})).await.code(404), "entity_not_found");
    assert_eq!(app.profile_by(&scene.token).await.status, 401);
    jobs_run(kernia).await;
    for table in ["connections", "connection_keys", "saml_key_pairs", "profiles"] {
        assert_eq!(kernia.database().count(table), 0, "{table}");
    }
    let path = format!("/organizations/{}", scene.organization);
    app.gets(&path).await.is(200);
    assert_eq!(app.deletes(&path).await.status, 202);
    assert_eq!(app.gets(&path).await.code(404), "entity_not_found");
}
