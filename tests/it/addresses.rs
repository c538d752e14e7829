//! Addresses and names of ours that a customer's provider knows already keep working.

use serde_json::{Value, json};

use crate::kernia::{Application, Asked, IdentityProvider, Kernia, hidden_fields};

const ADA: &str = "ada@acme.test";
/// What a provider was given by another service, before it was moved here.
const FOREIGN: &str = "https://auth.example.com/sso/saml/acs/wz5SpShhRIcSEyMM";

async fn ready() -> (Kernia, Application, IdentityProvider, String) {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    let uri = json!({ "uri": Application::CALLBACK });
    app.posts("/user_management/redirect_uris", uri).await.is(201);
    let organization = app.organization("acme.test").await;
    (kernia, app, IdentityProvider::acme(), organization)
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_else(|| panic!("no {name} in {object}"))
}

/// Whether an answer that is addressed so, and means us by this name, signs somebody in.
async fn signs_in(kernia: &Kernia, id: &str, url: &str, audience: Option<&str>) -> u16 {
    let (app, idp, mut browser) =
        (kernia.application(), IdentityProvider::acme(), kernia.browser());
    let mut asked = browser.begins(&app, &[("connection", id)]).await;
    url.clone_into(&mut asked.acs_url);
    if let Some(audience) = audience {
        audience.clone_into(&mut asked.issuer);
    }
    let response = idp.vouches(&asked, ADA, kernia.clock.now());
    browser.brings(url, &response, &asked.relay_state).await.status
}

#[tokio::test]
async fn an_address_from_another_host_is_kept_as_it_was_given() {
    let (kernia, app, idp, organization) = ready().await;
    let more = json!({ "saml_options": {
        "acs_url": FOREIGN, "sp_entity_id": "https://auth.example.com/wz5SpShhRIcSEyMM",
    } });
    let made = app.connection_with(&organization, &idp, &more).await;
    let (id, base) = (text(&made, "id"), kernia.base());
    let options = &made["saml_options"];
    assert_eq!(options["acs_url"], FOREIGN);
    let metadata = format!("{base}/sso/saml/metadata/wz5SpShhRIcSEyMM");
    assert_eq!(options["sp_metadata_url"], metadata, "the key is the connection's own");
    let asked = kernia.browser().begins(&app, &[("connection", id)]).await;
    assert_eq!(asked.acs_url, FOREIGN);
    assert_eq!(asked.issuer, "https://auth.example.com/wz5SpShhRIcSEyMM");
    let ours = kernia.anonymous("GET", "/sso/saml/metadata/wz5SpShhRIcSEyMM").await.body;
    let (first, second) =
        (ours.find(FOREIGN).unwrap(), ours.find(&format!("{base}/sso/saml/acs/")));
    assert!(second.is_some_and(|second| first < second), "the default one first: {ours}");

    assert_eq!(signs_in(&kernia, id, FOREIGN, None).await, 303);
    let own = format!("{base}/sso/saml/acs/wz5SpShhRIcSEyMM");
    assert_eq!(signs_in(&kernia, id, &own, None).await, 303, "our own one always leads here");
    let other = "https://evil.test/sso/saml/acs/wz5SpShhRIcSEyMM";
    assert_eq!(signs_in(&kernia, id, other, None).await, 400);

    // The SDKs send null for what is not set: back to the default, and back again.
    let path = format!("/connections/{id}");
    let nulls = json!({ "saml_options": { "acs_url": null, "sp_entity_id": null } });
    let reset = app.patches(&path, nulls).await.is(200);
    assert_eq!(reset["saml_options"]["acs_url"], own);
    assert_eq!(reset["saml_options"]["sp_entity_id"], metadata);
    assert_eq!(signs_in(&kernia, id, FOREIGN, None).await, 400, "no longer one of ours");
    let again = json!({ "saml_options": { "acs_url": FOREIGN } });
    assert_eq!(app.patches(&path, again).await.is(200)["saml_options"]["acs_url"], FOREIGN);
    assert_eq!(signs_in(&kernia, id, FOREIGN, None).await, 303);
}

#[tokio::test]
async fn an_answer_to_another_host_is_moved_to_the_host_that_the_cookies_belong_to() {
    let (kernia, app, idp, organization) = ready().await;
    let more = json!({ "saml_options": { "acs_url": FOREIGN } });
    let made = app.connection_with(&organization, &idp, &more).await;
    let own = format!("{}/sso/saml/acs/wz5SpShhRIcSEyMM", kernia.base());
    let mut ada = kernia.browser();
    let asked = ada.begins(&app, &[("connection", text(&made, "id")), ("state", "mine")]).await;
    let response = idp.vouches(&asked, ADA, kernia.clock.now());
    // Browsers send no cookie to another host: the page there moves the form, and is not yet the one
    // whose post is judged.
    let page = ada.posts(FOREIGN, &[("SAMLResponse", &response)]).await;
    let (action, fields) = hidden_fields(&page.body);
    assert_eq!(action, own);
    assert!(!fields.iter().any(|(name, _)| name == "Again"), "{fields:?}");
    let back = ada.brings(FOREIGN, &response, &asked.relay_state).await;
    assert_eq!(back.leads_with("state").as_deref(), Some("mine"), "{}", back.body);
    assert_eq!(app.exchanges(&back.leads_with("code").unwrap()).await.profile["email"], ADA);
    // Nobody else's browser gets there by the same way.
    let asked = ada.begins(&app, &[("connection", text(&made, "id"))]).await;
    let response = idp.vouches(&asked, ADA, kernia.clock.now());
    assert_eq!(kernia.browser().brings(FOREIGN, &response, &asked.relay_state).await.status, 400);
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_to_another_host_goes_on_at_our_own() {
    let (kernia, app, idp, organization) = ready().await;
    let more = json!({ "saml_options": { "acs_url": FOREIGN } });
    let made = app.connection_with(&organization, &idp, &more).await;
    let unasked = || idp.signs(&idp.unasked(&made, ADA, kernia.clock.now()));
    let mut ada = kernia.browser();
    let restarted = ada.brings(FOREIGN, &unasked(), "").await;
    assert!(restarted.location().starts_with(IdentityProvider::SSO_URL), "{restarted:?}");
    let asked = Asked::parse(restarted.location());
    let response = idp.vouches(&asked, ADA, kernia.clock.now());
    let back = ada.brings(FOREIGN, &response, &asked.relay_state).await;
    assert!(back.leads_with("code").is_some(), "{}", back.location());
    // The same browser again, and where such answers are accepted.
    let path = format!("/connections/{}", text(&made, "id"));
    let accept = json!({ "saml_options": { "idp_initiated": "accept", "acs_url": FOREIGN } });
    app.patches(&path, accept).await.is(200);
    let page = ada.brings(FOREIGN, &unasked(), "").await;
    let (action, fields) = hidden_fields(&page.body);
    let said = ada.posts(&action, &[("token", &fields[0].1), ("answer", "yes")]).await;
    assert!(said.leads_with("code").is_some(), "{}", said.location());
    let known = ada.brings(FOREIGN, &unasked(), "").await;
    assert!(known.leads_with("code").is_some(), "a yes is remembered: {}", known.body);
}

#[tokio::test]
async fn a_proxy_that_does_not_pass_the_host_on_sends_nobody_in_circles() {
    let (kernia, app, idp, organization) = ready().await;
    let made = app.connection(&organization, &idp).await;
    let mut ada = kernia.browser();
    let asked = ada.begins(&app, &[("connection", text(&made, "id"))]).await;
    let response = idp.vouches(&asked, ADA, kernia.clock.now());
    let upstream = asked.acs_url.replace("127.0.0.1", "upstream.internal");
    let mut fields = vec![("SAMLResponse".to_owned(), response)];
    for field in ["Moved", "Again"] {
        let told: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let page = ada.another().posts(&upstream, &told).await;
        fields = hidden_fields(&page.body).1;
        assert!(fields.iter().any(|(name, _)| name == field), "{fields:?}");
    }
    let told: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let back = ada.posts(&asked.acs_url, &told).await;
    assert!(back.leads_with("code").is_some(), "{}", back.body);
}

#[tokio::test]
async fn every_address_and_name_that_is_listed_is_taken() {
    let (kernia, app, idp, organization) = ready().await;
    let made = app.connection(&organization, &idp).await;
    let (id, base) = (text(&made, "id"), kernia.base());
    let own = text(&made["saml_options"], "acs_url").to_owned();
    let old = format!("{base}/sso/saml/acs/oldkey");
    assert_eq!(signs_in(&kernia, id, &old, None).await, 404, "nobody's key yet");
    let path = format!("/connections/{id}");
    let change = json!({ "saml_options": {
        "acs_url_aliases": [old, FOREIGN, old], "sp_entity_id_aliases": ["urn:ours:before"],
    } });
    let changed = app.patches(&path, change).await.is(200);
    assert_eq!(changed["saml_options"]["acs_url_aliases"], json!([old, FOREIGN]));
    assert_eq!(changed["saml_options"]["acs_url"], own, "requests name the same one as before");
    for url in [own.as_str(), &old, FOREIGN] {
        assert_eq!(signs_in(&kernia, id, url, None).await, 303, "{url}");
    }
    assert_eq!(signs_in(&kernia, id, &own, Some("urn:ours:before")).await, 303);
    assert_eq!(signs_in(&kernia, id, &own, Some("urn:ours:never")).await, 400);
    assert_eq!(kernia.anonymous("GET", "/sso/saml/metadata/oldkey").await.status, 200);

    let change = json!({ "saml_options": { "acs_url_aliases": [FOREIGN] } });
    app.patches(&path, change).await.is(200);
    assert_eq!(signs_in(&kernia, id, &old, None).await, 404, "its key leads nowhere again");
    assert_eq!(signs_in(&kernia, id, &own, Some("urn:ours:before")).await, 303);
    let none = json!({ "saml_options": { "acs_url_aliases": null, "sp_entity_id_aliases": null } });
    let none = app.patches(&path, none).await.is(200);
    assert_eq!(none, made_active(&made), "as it was");
    assert_eq!(signs_in(&kernia, id, &own, Some("urn:ours:before")).await, 400);
}

/// The connection after somebody has signed in.
fn made_active(made: &Value) -> Value {
    let mut made = made.clone();
    made["state"] = json!("active");
    made["status"] = json!("linked");
    made
}

#[tokio::test]
async fn a_key_leads_to_one_connection() {
    let (kernia, app, idp, organization) = ready().await;
    let more = json!({ "saml_options": { "acs_url": FOREIGN } });
    let first = app.connection_with(&organization, &idp, &more).await;
    let second = app.connection(&organization, &idp).await;
    let second_path = format!("/connections/{}", text(&second, "id"));
    let alias = format!("{}/sso/saml/acs/mine", kernia.base());
    let mine = json!({ "saml_options": { "acs_url_aliases": [alias] } });
    app.patches(&format!("/connections/{}", text(&first, "id")), mine.clone()).await.is(200);
    let before = kernia.database().contents();
    for change in [
        json!({ "saml_options": { "acs_url": FOREIGN } }),
        json!({ "saml_options": { "acs_url": "https://other.test/sso/saml/acs/wz5SpShhRIcSEyMM" } }),
        json!({ "saml_options": { "acs_url": alias } }),
        mine,
    ] {
        let answer = app.patches(&second_path, change.clone()).await;
        assert_eq!(answer.code(409), "acs_url_already_used", "{change}");
    }
    for url in [FOREIGN, alias.as_str()] {
        let body = json!({ "organization_id": organization, "saml_options": {
            "idp_metadata_xml": idp.metadata(), "acs_url": url,
        } });
        assert_eq!(app.posts("/connections", body).await.code(409), "acs_url_already_used");
    }
    assert_eq!(kernia.database().contents(), before);
    // An address whose path is not ours needs no key: whoever leads it here knows where to.
    let shared = json!({ "saml_options": { "acs_url": "https://sso.acme.test/login?tenant=1" } });
    for path in [second_path, format!("/connections/{}", text(&first, "id"))] {
        let changed = app.patches(&path, shared.clone()).await.is(200);
        assert_eq!(changed["saml_options"]["acs_url"], "https://sso.acme.test/login?tenant=1");
    }
}

#[tokio::test]
async fn every_option_can_be_set_read_and_reset() {
    let (_kernia, app, idp, organization) = ready().await;
    let made = app.connection(&organization, &idp).await;
    let path = format!("/connections/{}", text(&made, "id"));
    let persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    let set = json!({
        "idp_initiated": "accept", "require_signed_assertion": true, "allow_sha1": true,
        "idp_sso_binding": "post", "name_id_format": persistent,
        "idp_slo_url": "https://idp.acme.test/slo",
    });
    let changed = app.patches(&path, json!({ "saml_options": set })).await.is(200);
    for (name, value) in set.as_object().unwrap() {
        assert_eq!(changed["saml_options"][name], *value, "{name}");
    }
    let nulls: serde_json::Map<_, _> =
        set.as_object().unwrap().keys().map(|name| (name.clone(), Value::Null)).collect();
    let reset = app.patches(&path, json!({ "saml_options": nulls })).await.is(200);
    assert_eq!(reset, made, "null is the default");
    // The same at once, when it is made.
    let again = app.connection_with(&organization, &idp, &json!({ "saml_options": set })).await;
    for (name, value) in set.as_object().unwrap() {
        assert_eq!(again["saml_options"][name], *value, "{name}");
    }
}

#[tokio::test]
async fn every_option_at_fault_is_named_at_once() {
    let (kernia, app, idp, organization) = ready().await;
    let before = kernia.database().contents();
    let bad = json!({
        "acs_url": "ftp://x.test/", "acs_url_aliases": ["nonsense"], "sp_entity_id": "a b",
        "sp_entity_id_aliases": [""], "idp_initiated": "maybe", "idp_sso_binding": "artifact",
        "name_id_format": "a b", "idp_slo_url": "javascript:alert(1)",
        "idp_entity_id": "", "idp_sso_url": "x", "idp_signing_certs": ["y"],
        "sp_signing_key_pair": { "key": "planted", "cert": idp.certificate_pem() },
    });
    let body = json!({ "organization_id": organization, "saml_options": bad });
    let answer = app.posts("/connections", body).await;
    assert_eq!(answer.code(422), "invalid_request_parameters");
    assert!(!answer.body.contains("planted"), "{}", answer.body);
    let faults = answer.json()["errors"].clone();
    let mut fields: Vec<_> = faults
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["field"].as_str().unwrap().strip_prefix("saml_options.").unwrap())
        .collect();
    fields.sort_unstable();
    let mut expected: Vec<_> = bad.as_object().unwrap().keys().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(fields, expected);
    let many: Vec<_> = (0..11).map(|n| format!("urn:{n}")).collect();
    let many = json!({ "organization_id": organization, "saml_options": {
        "idp_metadata_xml": idp.metadata(), "sp_entity_id_aliases": many,
    } });
    assert_eq!(app.posts("/connections", many).await.code(422), "too_many_aliases");
    assert_eq!(kernia.database().contents(), before);
}

#[tokio::test]
async fn a_live_environment_takes_https_addresses_only() {
    let kernia = Kernia::start_with(|config| {
        config.environment.kind = kernia::kit::environment::Environment::Live;
    });
    let kernia = kernia.await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let organization = app.organization("acme.test").await;
    let made = app.connection(&organization, &idp).await;
    let path = format!("/connections/{}", text(&made, "id"));
    let plain = "http://plain.test/x";
    for options in [
        json!({ "acs_url": plain }),
        json!({ "acs_url_aliases": [plain] }),
        json!({ "idp_sso_url": plain }),
        json!({ "idp_slo_url": plain }),
    ] {
        let answer = app.patches(&path, json!({ "saml_options": options })).await;
        assert_eq!(answer.code(422), "url_not_https", "{options}");
    }
    // Of metadata only the logout service goes: signing in does not need it.
    let leaving = |more: &str| {
        let service = format!(
            "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" {more}/><md:SingleSignOnService "
        );
        let metadata = idp.metadata().replacen("<md:SingleSignOnService ", &service, 1);
        json!({ "saml_options": { "idp_metadata_xml": metadata } })
    };
    let good = "https://idp.acme.test/slo";
    for (more, taken) in [
        (format!("Location=\"{good}\""), json!(good)),
        (format!("Location=\"{plain}\""), json!(null)),
        (format!("Location=\"{good}\" ResponseLocation=\"{plain}\""), json!(null)),
    ] {
        let answer = app.patches(&path, leaving(&more)).await.is(200);
        assert_eq!(answer["saml_options"]["idp_slo_url"], taken, "{more}");
    }
    // What we are reached by ourselves is as good as it is.
    let own = json!({ "saml_options": { "acs_url": made["saml_options"]["acs_url"] } });
    app.patches(&path, own).await.is(200);
}
