//! An application connects a customer's identity provider.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::kernia::{IdentityProvider, Kernia, metadata, pem};

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_else(|| panic!("no {name} in {object}"))
}

fn path_of(connection: &Value) -> String {
    format!("/connections/{}", text(connection, "id"))
}

/// The three fields that tell the other side.
fn fields(idp: &IdentityProvider) -> Value {
    json!({
        "idp_entity_id": idp.entity_id, "idp_sso_url": IdentityProvider::SSO_URL,
        "idp_signing_certs": [idp.certificate_pem()],
    })
}

/// A small web server that says one thing to everybody.
async fn serves(content_type: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await.unwrap_or(0) > 0
            {
            }
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}/metadata")
}

#[tokio::test]
async fn a_connection_from_metadata_has_every_field_of_the_contract() {
    let mut kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let organization = app.organization("acme.test").await;
    let made = app.connection(&organization, &idp).await;
    let (id, base) = (text(&made, "id"), kernia.base());
    assert!(id.starts_with("conn_") && id.len() == 31, "{id}");
    let acs_url = text(&made["saml_options"], "acs_url").to_owned();
    let key = acs_url.strip_prefix(&format!("{base}/sso/saml/acs/")).unwrap();
    assert!(key.len() == 16 && key.bytes().all(|b| b.is_ascii_alphanumeric()), "{key}");
    let metadata_url = format!("{base}/sso/saml/metadata/{key}");
    let domain = made["domains"][0]["id"].clone();
    assert!(domain.as_str().unwrap().starts_with("conn_domain_"));
    let at = "2026-01-02T03:04:05.678Z";
    assert_eq!(
        made,
        json!({
            "object": "connection", "id": id, "organization_id": organization,
            "external_id": null, "connection_type": "GenericSAML", "name": made["name"],
            "state": "validating", "status": "unlinked",
            "domains": [{ "object": "connection_domain", "id": domain, "domain": "acme.test" }],
            "attribute_maps": {
                "standard_attributes": {
                    "idp_id": null, "email": null, "first_name": null, "last_name": null,
                    "groups": null, "name": null,
                },
                "custom_attributes": {},
            },
            "saml_options": {
                "sp_entity_id": metadata_url, "acs_url": acs_url, "sp_metadata_url": metadata_url,
                "idp_entity_id": idp.entity_id, "idp_sso_url": IdentityProvider::SSO_URL,
                "idp_metadata_url": null, "idp_sso_binding": "redirect", "idp_slo_url": null,
                "idp_initiated": "restart", "require_signed_assertion": false,
                "allow_sha1": false, "sign_requests": false, "name_id_format": null,
                "acs_url_aliases": [], "sp_entity_id_aliases": [],
            },
            "created_at": at, "updated_at": at,
        })
    );
    assert!(text(&made, "name").starts_with("Customer "), "the organization's name");
    let ours = kernia.anonymous("GET", &format!("/sso/saml/metadata/{key}")).await;
    assert!(ours.content_type().starts_with("application/samlmetadata+xml"));
    assert!(ours.body.contains(&acs_url) && ours.body.contains(&metadata_url), "{}", ours.body);
    kernia.restart().await;
    assert_eq!(app.gets(&path_of(&made)).await.is(200), made);
}

#[tokio::test]
async fn a_connection_from_fields_is_the_same_as_one_from_metadata() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let organization = app.organization("acme.test").await;
    let mut options = fields(&idp);
    options["sp_entity_id"] = json!("https://auth.workos.com/wz5SpShhRIcSEyMM");
    options["acs_url"] = json!(format!("{}/sso/saml/acs/wz5SpShhRIcSEyMM", kernia.base()));
    // A bare base64 certificate is as good as PEM.
    options["idp_signing_certs"] = json!([idp.key.certificate_base64(), idp.certificate_pem()]);
    let body = json!({
        "organization_id": organization, "name": "Acme's Okta", "connection_type": "OktaSAML",
        "saml_options": options, "oidc_options": null, "attribute_maps": null,
    });
    let made = app.posts("/connections", body.clone()).await.is(201);
    assert_eq!(made["name"], "Acme's Okta");
    assert_eq!(made["connection_type"], "OktaSAML");
    assert_eq!(made["saml_options"]["sp_entity_id"], options["sp_entity_id"]);
    assert_eq!(made["saml_options"]["acs_url"], options["acs_url"]);
    let certificates =
        app.gets(&format!("{}/saml_idp_signing_certs", path_of(&made))).await.is(200);
    assert_eq!(certificates["data"].as_array().unwrap().len(), 1, "the same one twice is one");
    assert_eq!(app.posts("/connections", body).await.code(409), "acs_url_already_used");
}

#[tokio::test]
async fn metadata_is_fetched_only_from_where_the_operator_allows() {
    let idp = IdentityProvider::acme();
    let url = serves("application/samlmetadata+xml", idp.metadata()).await;
    let body = |organization: String, url: &str| json!({ "organization_id": organization, "saml_options": { "idp_metadata_url": url } });
    let strict = Kernia::start().await;
    let app = strict.application();
    let organization = app.organization("acme.test").await;
    let before = strict.database().contents();
    let answer = app.posts("/connections", body(organization, &url)).await;
    assert_eq!(answer.code(422), "fetch_address_refused");
    assert_eq!(answer.json()["errors"][0]["field"], "saml_options.idp_metadata_url");
    assert_eq!(strict.database().contents(), before);

    let open = Kernia::start_with(|config| config.saml.allow_private_metadata = true).await;
    let app = open.application();
    let organization = app.organization("acme.test").await;
    let made = app.posts("/connections", body(organization.clone(), &url)).await.is(201);
    assert_eq!(made["saml_options"]["idp_metadata_url"], url);
    assert_eq!(made["saml_options"]["idp_entity_id"], idp.entity_id);
    let page = serves("text/html", "<!DOCTYPE html><html>sign in</html>".to_owned()).await;
    let answer = app.posts("/connections", body(organization.clone(), &page)).await;
    assert_eq!(answer.code(422), "metadata_is_html");
    let nobody = "http://127.0.0.1:1/metadata";
    let answer = app.posts("/connections", body(organization, nobody)).await;
    assert_eq!(answer.code(422), "fetch_unreachable");
}

/// What may not stand in place of the other side, and why.
fn refusals(idp: &IdentityProvider) -> Vec<(Value, &'static str)> {
    let xml = |xml: String| json!({ "saml_options": { "idp_metadata_xml": xml } });
    let with = |name: &str, value: Value| {
        let mut options = fields(idp);
        options[name] = value;
        json!({ "saml_options": options })
    };
    let beside = |name: &str, value: Value| json!({ "saml_options": fields(idp), name: value });
    let good = idp.metadata();
    let private =
        "-----BEGIN PRIVATE KEY-----\nMIIplanted0private0key\n-----END PRIVATE KEY-----\n";
    let both = format!("{}{private}", idp.certificate_pem());
    let neither = good.replace("bindings:HTTP-Redirect", "bindings:SOAP");
    vec![
        (json!({}), "saml_options_required"),
        (json!({ "oidc_options": { "client_id": "x" } }), "required"),
        (beside("oidc_options", json!({})), "ambiguous_options"),
        (beside("connection_type", json!("OktaOIDC")), "connection_type_unsupported"),
        (beside("connection_type", json!("Nonsense")), "connection_type_unsupported"),
        (beside("name", json!("")), "label_empty"),
        (with("sp_signing_key_pair", json!({ "key": private })), "required"),
        (with("sp_encryption_key_pairs", json!([{}])), "required"),
        (with("acs_url", json!("ftp://elsewhere.test/acs")), "url_malformed"),
        (with("sp_entity_id", json!("a b")), "invalid_entity_id"),
        (with("idp_entity_id", json!("")), "invalid_entity_id"),
        (with("idp_entity_id", Value::Null), "required"),
        (with("idp_sso_url", json!("ftp://idp.test")), "url_malformed"),
        (with("idp_sso_url", json!("javascript:alert(1)")), "url_malformed"),
        (with("idp_sso_url", Value::Null), "required"),
        (with("idp_signing_certs", json!([])), "required"),
        (with("idp_signing_certs", json!([private])), "private_key_given"),
        (with("idp_signing_certs", json!([both])), "private_key_given"),
        (with("idp_signing_certs", json!(["nonsense!"])), "certificate_unreadable"),
        (with("idp_metadata_xml", json!("<html><body>")), "metadata_is_html"),
        (xml(neither), "metadata_no_sign_in_address"),
        (xml("<x/>".to_owned()), "metadata_refused"),
        (xml("hello".to_owned()), "metadata_refused"),
        (xml(format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{good}")), "metadata_refused"),
    ]
}

#[tokio::test]
async fn what_is_not_supported_is_refused_for_its_own_reason_and_never_kept() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let organization = app.organization("acme.test").await;
    let before = kernia.database().contents();
    for (mut body, code) in refusals(&idp) {
        body["organization_id"] = json!(organization);
        let answer = app.posts("/connections", body.clone()).await;
        assert_eq!(answer.code(422), code, "{body}");
        assert!(!answer.body.contains("planted"), "a private key came back: {}", answer.body);
    }
    let body = json!({ "organization_id": "org_nobody", "saml_options": fields(&idp) });
    assert_eq!(app.posts("/connections", body).await.code(404), "entity_not_found");
    assert_eq!(kernia.database().contents(), before);
}

#[tokio::test]
async fn a_weak_key_is_refused_wherever_it_is_given() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let organization = app.organization("acme.test").await;
    let weak = include_str!("fixtures/weak.pem");
    let mut options = fields(&idp);
    options["idp_signing_certs"] = json!([weak]);
    let body = json!({ "organization_id": organization, "saml_options": options });
    assert_eq!(app.posts("/connections", body).await.code(422), "weak_key");
    let base64: String = weak.lines().filter(|line| !line.contains('-')).collect();
    let xml = metadata(idp.entity_id, &base64);
    let body =
        json!({ "organization_id": organization, "saml_options": { "idp_metadata_xml": xml } });
    assert_eq!(app.posts("/connections", body).await.code(422), "weak_key");
    let made = app.connection(&organization, &idp).await;
    let certificates = format!("{}/saml_idp_signing_certs", path_of(&made));
    let answer = app.posts(&certificates, json!({ "value": weak })).await;
    assert_eq!(answer.code(422), "weak_key");
}

#[tokio::test]
async fn metadata_that_has_expired_is_only_a_warning() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let organization = app.organization("acme.test").await;
    let expired =
        idp.metadata().replace(" entityID=", " validUntil=\"2020-01-01T00:00:00Z\" entityID=");
    let (log, _guard) = crate::kernia::logging();
    let body =
        json!({ "organization_id": organization, "saml_options": { "idp_metadata_xml": expired } });
    app.posts("/connections", body).await.is(201);
    let text = log.text();
    let line = text.lines().find(|line| line.contains("metadata has expired")).unwrap();
    assert!(line.contains("WARN") && line.contains("2020-01-01T00:00:00.000Z"), "{line}");
}

#[tokio::test]
async fn a_patch_as_the_python_sdk_sends_it_changes_one_thing() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let organization = app.organization("acme.test").await;
    let made = app.connection(&organization, &idp).await;
    let path = path_of(&made);
    // The SDK sends these three nulls whenever it sends `saml_options` at all.
    let nulls = |name: &str, value: &str| {
        json!({ "saml_options": {
            "idp_metadata_url": null, "acs_url": null, "sp_entity_id": null, name: value,
        } })
    };
    let moved = "https://new.idp.test/sso";
    let changed = app.patches(&path, nulls("idp_sso_url", moved)).await.is(200);
    let mut expected = made.clone();
    expected["saml_options"]["idp_sso_url"] = json!(moved);
    assert_eq!(changed, expected);
    let changed =
        app.patches(&path, json!({ "saml_options": { "sp_entity_id": "urn:ours" } })).await;
    assert_eq!(changed.is(200)["saml_options"]["sp_entity_id"], "urn:ours");
    let reset = app.patches(&path, nulls("idp_entity_id", idp.entity_id)).await.is(200);
    assert_eq!(reset, expected, "null is back to the default");
    assert_eq!(app.patches(&path, json!({})).await.is(200), expected);

    let before = kernia.database().contents();
    for (body, code) in [
        (json!({ "connection_type": "OktaSAML" }), "connection_type_immutable"),
        (nulls("idp_sso_url", "nonsense"), "url_malformed"),
        (
            json!({ "saml_options": { "idp_signing_certs": [idp.certificate_pem()] } }),
            "certificates_not_patchable",
        ),
        (json!({ "saml_options": { "idp_metadata_xml": "<x/>" } }), "metadata_refused"),
        (json!({ "oidc_options": {} }), "connection_not_oidc"),
        (json!({ "state": "deleting" }), "invalid_state"),
        (json!({ "name": 7 }), "invalid_type"),
    ] {
        assert_eq!(app.patches(&path, body.clone()).await.code(422), code, "{body}");
    }
    assert_eq!(kernia.database().contents(), before);
    let same = json!({ "connection_type": "GenericSAML", "name": "Renamed", "saml_options": {
        "acs_url": made["saml_options"]["acs_url"] } });
    assert_eq!(app.patches(&path, same).await.is(200)["name"], "Renamed");
    assert_eq!(
        app.patches("/connections/conn_nobody", json!({})).await.code(404),
        "entity_not_found"
    );
}

#[tokio::test]
async fn certificates_come_and_go_but_the_last_one_stays() {
    let kernia = Kernia::start().await;
    let (app, idp, other) =
        (kernia.application(), IdentityProvider::acme(), IdentityProvider::another());
    let organization = app.organization("acme.test").await;
    let connection = app.connection(&organization, &idp).await;
    let path = format!("{}/saml_idp_signing_certs", path_of(&connection));
    let listed = app.gets(&path).await.is(200);
    let first = listed["data"][0].clone();
    assert_eq!(
        listed,
        json!({ "object": "list", "data": [first], "list_metadata": { "before": null, "after": null } })
    );
    assert_eq!(text(&first, "value"), pem(&idp.key.certificate_base64()));
    assert!(first["not_before"].is_string() && first["not_after"].is_string());
    let first_path = format!("{path}/{}", text(&first, "id"));
    assert_eq!(app.deletes(&first_path).await.code(400), "last_certificate");

    kernia.advance(Duration::from_secs(1));
    let added = app.posts(&path, json!({ "value": other.certificate_pem() })).await.is(201);
    let again = app.posts(&path, json!({ "value": other.certificate_pem() })).await.is(201);
    assert_eq!(again, added, "the same one again is the same");
    let listed = app.gets(&path).await.is(200);
    assert_eq!(listed["data"], json!([first, added]), "oldest first");
    assert_eq!(app.deletes(&first_path).await.status, 204);
    assert_eq!(app.deletes(&first_path).await.code(404), "entity_not_found");
    assert_eq!(app.gets(&path).await.is(200)["data"], json!([added]));
    let private = json!({ "value": "-----BEGIN RSA PRIVATE KEY-----\nplanted" });
    assert_eq!(app.posts(&path, private).await.code(422), "private_key_given");
    assert_eq!(app.posts(&path, json!({})).await.code(422), "required");
    assert_eq!(app.gets("/connections/conn_nobody/saml_idp_signing_certs").await.status, 404);
}

#[tokio::test]
async fn connections_are_found_by_what_they_belong_to() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let (acme, other) = (app.organization("acme.test").await, app.organization("other.test").await);
    let mut body = json!({ "organization_id": acme, "name": "Ünïque", "connection_type": "OktaSAML",
        "external_id": "mine", "saml_options": fields(&idp) });
    let one = app.posts("/connections", body.clone()).await.is(201);
    let two = app.connection(&other, &idp).await;
    // The same external id in the same organization is the same connection, as it was.
    body["name"] = json!("Another");
    assert_eq!(app.posts("/connections", body.clone()).await.is(201), one);
    body["organization_id"] = json!(other);
    let three = app.posts("/connections", body).await.is(201);
    let taken = app.patches(&path_of(&two), json!({ "external_id": "mine" })).await;
    assert_eq!(taken.code(409), "external_id_already_used");
    for (query, expected) in [
        ("", vec![&one, &two, &three]),
        ("?domain=acme.test", vec![&one]),
        ("?connection_type=GenericSAML", vec![&two]),
        (&format!("?organization_id={other}"), vec![&two, &three]),
        (&format!("?organization_id={other}&connection_type=OktaSAML"), vec![&three]),
        ("?search=%C3%BCN", vec![&one]),
        ("?domain=nobody.test", vec![]),
    ] {
        let mut found = app.gets(&format!("/connections{query}")).await.is(200)["data"].clone();
        let mut expected: Vec<_> = expected.into_iter().cloned().collect();
        let by_id = |object: &Value| object["id"].as_str().unwrap().to_owned();
        found.as_array_mut().unwrap().sort_by_key(by_id);
        expected.sort_by_key(by_id);
        assert_eq!(found, json!(expected), "{query}");
    }
    let gone = app.deletes(&path_of(&one)).await;
    assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    assert_eq!(app.gets(&path_of(&one)).await.code(404), "entity_not_found");
}

#[tokio::test]
async fn a_connection_is_switched_off_and_on_again() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let id = app.is_ready_for(&idp).await;
    let path = format!("/connections/{id}");
    let mut ada = kernia.browser();
    let pending = ada.begins(&app, &[("connection", &id)]).await;
    let off = app.patches(&path, json!({ "state": "inactive" })).await.is(200);
    assert_eq!((text(&off, "state"), text(&off, "status")), ("inactive", "unlinked"));
    let refused = ada.goes(&app.authorize(&[("connection", &id)])).await;
    assert_eq!(refused.leads_with("error").as_deref(), Some("connection_unlinked"));
    let answer = idp.vouches(&pending, "ada@acme.test", kernia.clock.now());
    assert_eq!(ada.returns(&pending, &answer).await.status, 403, "what was under way stops too");

    let on = app.patches(&path, json!({ "state": "active" })).await.is(200);
    assert_eq!(text(&on, "state"), "validating", "nobody has signed in yet");
    assert_eq!(ada.returns(&pending, &answer).await.status, 303);
    assert_eq!(text(&app.gets(&path).await.is(200), "state"), "active");
    app.patches(&path, json!({ "state": "inactive" })).await.is(200);
    let on = app.patches(&path, json!({ "state": "active" })).await.is(200);
    assert_eq!((text(&on, "state"), text(&on, "status")), ("active", "linked"));
}
