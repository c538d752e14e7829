//! Metadata that has an address is read again: certificates roll over, what is bad changes nothing,
//! and what is too much waits for an operator.

mod bad;
mod proposals;
mod times;

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use kernia::jobs::JOBS;
use serde_json::{Value, json};

use crate::kernia::{Application, IdentityProvider, Kernia, MetadataServer, pem};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// Numbers the organizations, so that no two have one domain.
static NTH: AtomicU32 = AtomicU32::new(1);

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_else(|| panic!("no {name} in {object}"))
}

/// Metadata with everything that can change in it.
fn document(entity_id: &str, sso_url: &str, certificates: &[&str]) -> String {
    let mut keys = String::new();
    for certificate in certificates {
        write!(
            keys,
            r#"<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"#
        )
        .unwrap();
    }
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{keys}<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{sso_url}"/></md:IDPSSODescriptor></md:EntityDescriptor>"#
    )
}

/// Acme's metadata with these keys.
fn acme_with(providers: &[IdentityProvider]) -> String {
    let certificates: Vec<_> = providers.iter().map(|idp| idp.key.certificate_base64()).collect();
    let certificates: Vec<_> = certificates.iter().map(String::as_str).collect();
    document(IdentityProvider::acme().entity_id, IdentityProvider::SSO_URL, &certificates)
}

/// Acme with its next key.
fn acme_rolled() -> IdentityProvider {
    IdentityProvider { key: IdentityProvider::another().key, ..IdentityProvider::acme() }
}

/// A Kernia that may reach this machine's servers, and an application that is ready to sign in
/// through a connection whose metadata has an address.
struct Stage {
    kernia: Kernia,
    app: Application,
    server: MetadataServer,
    connection: String,
}

impl Stage {
    async fn set() -> Self {
        let kernia = Kernia::start_with(|config| config.saml.allow_private_metadata = true).await;
        let app = kernia.application();
        let server = MetadataServer::start(&acme_with(&[IdentityProvider::acme()])).await;
        let uri = json!({ "uri": Application::CALLBACK });
        app.posts("/user_management/redirect_uris", uri).await.is(201);
        let connection = connected(&app, &server).await;
        Self { kernia, app, server, connection }
    }

    /// As `kernia serve` runs it, at this moment.
    async fn refreshes(&self) {
        refreshes(&self.kernia).await;
    }

    async fn metadata(&self) -> Value {
        self.app.gets(&self.path("metadata")).await.is(200)
    }

    async fn says(&self, act: &str, body: Value) -> Value {
        self.app.posts(&self.path(&format!("metadata/{act}")), body).await.is(200)
    }

    fn path(&self, what: &str) -> String {
        format!("/kernia/v1/connections/{}/{what}", self.connection)
    }

    fn certificates_path(&self) -> String {
        format!("/connections/{}/saml_idp_signing_certs", self.connection)
    }

    async fn certificates(&self) -> Vec<Value> {
        let listed = self.app.gets(&self.certificates_path()).await.is(200);
        listed["data"].as_array().unwrap().clone()
    }

    /// Whether somebody gets in with an answer of this provider.
    async fn lets_in(&self, idp: &IdentityProvider) -> Result<(), String> {
        let mut ada = self.kernia.browser();
        let asked = ada.begins(&self.app, &[("connection", &self.connection)]).await;
        let answer = idp.vouches(&asked, "ada@acme.test", self.kernia.clock.now());
        let back = ada.returns(&asked, &answer).await;
        match back.status {
            303 => Ok(()),
            status => Err(format!("{status}")),
        }
    }
}

async fn connected(app: &Application, server: &MetadataServer) -> String {
    let nth = NTH.fetch_add(1, Ordering::Relaxed);
    let organization = app.organization(&format!("acme{nth}.test")).await;
    let allow = json!({ "allow_profiles_outside_organization": true });
    app.puts(&format!("/organizations/{organization}"), allow).await.is(200);
    let body = json!({
        "organization_id": organization, "saml_options": { "idp_metadata_url": server.url },
    });
    text(&app.posts("/connections", body).await.is(201), "id").to_owned()
}

async fn refreshes(kernia: &Kernia) {
    let job = JOBS.iter().find(|job| job.name == "refresh_metadata").unwrap();
    (job.run)(Arc::clone(kernia.app())).await.unwrap();
}

#[tokio::test]
async fn a_new_key_is_trusted_soon_and_the_old_one_a_week_longer() {
    let stage = Stage::set().await;
    let (acme, rolled) = (IdentityProvider::acme(), acme_rolled());
    stage.lets_in(&acme).await.unwrap();
    stage.server.says(&acme_with(&[rolled]));
    assert_eq!(stage.lets_in(&rolled).await, Err("400".to_owned()), "nobody knows it yet");
    // The failed signature asks for a refresh, but not within ten minutes of the last one.
    stage.refreshes().await;
    assert_eq!(stage.server.asked(), 1, "only when the connection was made");
    stage.kernia.advance(Duration::from_mins(10));
    stage.refreshes().await;
    assert_eq!(stage.server.asked(), 2);
    stage.lets_in(&rolled).await.unwrap();
    stage.lets_in(&acme).await.unwrap();
    let certificates = stage.certificates().await;
    assert_eq!(certificates.len(), 2);
    assert_eq!(text(&certificates[0], "value"), pem(&acme.key.certificate_base64()));
    assert_eq!(text(&certificates[0], "left_at"), stage.kernia.clock.now().to_string());
    assert_eq!(certificates[1]["left_at"], Value::Null);
    assert!(certificates.iter().all(|one| one["from_metadata"] == true));

    stage.kernia.advance(6 * DAY);
    stage.refreshes().await;
    stage.lets_in(&acme).await.unwrap();
    stage.kernia.advance(DAY + 2 * HOUR);
    stage.refreshes().await;
    assert_eq!(stage.server.asked(), 4);
    assert_eq!(stage.lets_in(&acme).await, Err("400".to_owned()));
    stage.lets_in(&rolled).await.unwrap();
    let certificates = stage.certificates().await;
    assert_eq!(certificates.len(), 1);
    assert_eq!(text(&certificates[0], "value"), pem(&rolled.key.certificate_base64()));
}

#[tokio::test]
async fn a_key_that_comes_back_stays_and_one_that_a_person_gave_never_goes() {
    let stage = Stage::set().await;
    let (acme, rolled) = (IdentityProvider::acme(), acme_rolled());
    let by_hand = json!({ "value": rolled.certificate_pem() });
    let given = stage.app.posts(&stage.certificates_path(), by_hand).await.is(201);
    assert_eq!(given["from_metadata"], false);
    for _ in 0..9 {
        stage.kernia.advance(DAY + 2 * HOUR);
        stage.refreshes().await;
    }
    assert_eq!(stage.server.asked(), 10);
    stage.lets_in(&rolled).await.unwrap();
    assert_eq!(stage.certificates().await.len(), 2);
    // The provider announces only the given one, for a while; then the other again.
    stage.server.says(&acme_with(&[rolled]));
    assert_eq!(stage.says("refresh", json!({})).await["outcome"], "changed");
    stage.kernia.advance(6 * DAY);
    stage.server.says(&acme_with(&[acme]));
    assert_eq!(stage.says("refresh", json!({})).await["outcome"], "unchanged");
    stage.kernia.advance(6 * DAY);
    stage.refreshes().await;
    let certificates = stage.certificates().await;
    assert_eq!(certificates.len(), 2);
    assert!(certificates.iter().all(|one| one["left_at"] == Value::Null));
    // Given by a person, an announced one is a person's too.
    let by_hand = json!({ "value": acme.certificate_pem() });
    let given = stage.app.posts(&stage.certificates_path(), by_hand).await.is(201);
    assert_eq!(given["from_metadata"], false);
    stage.server.says(&acme_with(&[rolled]));
    assert_eq!(stage.says("refresh", json!({})).await["outcome"], "unchanged");
    stage.kernia.advance(8 * DAY);
    stage.refreshes().await;
    stage.lets_in(&acme).await.unwrap();
}

#[tokio::test]
async fn what_moves_on_the_same_host_is_taken_over() {
    let stage = Stage::set().await;
    let acme = IdentityProvider::acme();
    let certificate = acme.key.certificate_base64();
    let moved = "https://idp.acme.test/sso/v2?tenant=7";
    stage.server.says(&document(acme.entity_id, moved, &[&certificate]));
    let answer = stage.says("refresh", json!({})).await;
    assert_eq!(answer["outcome"], "changed");
    assert_eq!(answer["addresses_changed"], true);
    assert_eq!(answer["certificates_added"], json!([]));
    assert_eq!(answer["metadata"]["failure"], Value::Null);
    let connection = stage.app.gets(&format!("/connections/{}", stage.connection)).await.is(200);
    assert_eq!(connection["saml_options"]["idp_sso_url"], moved);
    let mut ada = stage.kernia.browser();
    let asked = ada.begins(&stage.app, &[("connection", &stage.connection)]).await;
    assert!(asked.location.starts_with("https://idp.acme.test/sso/v2?"), "{}", asked.location);
}

#[tokio::test]
async fn how_the_provider_wants_to_be_asked_is_taken_over() {
    let stage = Stage::set().await;
    let acme = IdentityProvider::acme();
    let options = async || {
        let path = format!("/connections/{}", stage.connection);
        stage.app.gets(&path).await.is(200)["saml_options"].clone()
    };
    let before = options().await;
    assert_eq!(before["idp_sso_binding"], "redirect");
    assert_eq!((&before["sign_requests"], &before["idp_slo_url"]), (&json!(false), &Value::Null));
    let signer = format!("/connections/{}/saml_sp_signing_cert", stage.connection);
    assert_eq!(stage.app.gets(&signer).await.status, 404);
    let redirect = "Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\"";
    let post = "Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\"";
    let logout = format!(
        "<md:SingleLogoutService {redirect} Location=\"https://idp.acme.test/slo\"/><md:SingleSignOnService"
    );
    let demanding = acme
        .metadata()
        .replace(redirect, post)
        .replace("<md:SingleSignOnService", &logout)
        .replace("<md:IDPSSODescriptor", "<md:IDPSSODescriptor WantAuthnRequestsSigned=\"true\"");
    stage.server.says(&demanding);
    let answer = stage.says("refresh", json!({})).await;
    assert_eq!(
        (&answer["outcome"], &answer["addresses_changed"]),
        (&json!("changed"), &json!(true))
    );
    let after = options().await;
    assert_eq!(after["idp_sso_binding"], "post");
    assert_eq!(after["idp_slo_url"], "https://idp.acme.test/slo");
    assert_eq!(after["sign_requests"], true);
    assert_eq!(stage.app.gets(&signer).await.status, 200, "a key for it was made");
    let settled = stage.says("refresh", json!({})).await;
    assert_eq!(settled["outcome"], "unchanged", "{settled}");
    // The provider takes Redirect as well again: POST was good, and stays.
    stage.server.says(&acme.metadata());
    assert_eq!(stage.says("refresh", json!({})).await["outcome"], "changed");
    let after = options().await;
    assert_eq!(
        (&after["idp_sso_binding"], &after["sign_requests"]),
        (&json!("post"), &json!(false))
    );
}

#[tokio::test]
async fn a_certificate_says_when_it_was_used_to_a_day() {
    let mut stage = Stage::set().await;
    let acme = IdentityProvider::acme();
    let uses = async |stage: &Stage| {
        let one = stage.certificates().await.remove(0);
        (one["first_used_at"].clone(), one["last_used_at"].clone())
    };
    assert_eq!(uses(&stage).await, (Value::Null, Value::Null));
    stage.lets_in(&acme_rolled()).await.unwrap_err();
    assert_eq!(uses(&stage).await, (Value::Null, Value::Null), "what fails uses nothing");
    stage.lets_in(&acme).await.unwrap();
    let first = json!(stage.kernia.clock.now().to_string());
    assert_eq!(uses(&stage).await, (first.clone(), first.clone()));
    for hours in [5, 10] {
        stage.kernia.advance(hours * HOUR);
        stage.lets_in(&acme).await.unwrap();
        assert_eq!(uses(&stage).await, (first.clone(), first.clone()), "it is less than a day");
        // What a restart forgets is in the database.
        stage.kernia.restart().await;
    }
    stage.kernia.advance(10 * HOUR);
    stage.lets_in(&acme).await.unwrap();
    let last = json!(stage.kernia.clock.now().to_string());
    assert_eq!(uses(&stage).await, (first, last));
}

/// A P-256 certificate in base64, fast to make.
fn quick_certificate() -> String {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let parameters = rcgen::CertificateParams::new(vec!["idp.test".to_owned()]).unwrap();
    let pem = parameters.self_signed(&key).unwrap().pem();
    pem.lines().filter(|line| !line.contains('-')).collect()
}

#[tokio::test]
async fn a_connection_never_has_more_than_twenty_certificates_nor_none() {
    let stage = Stage::set().await;
    let acme = IdentityProvider::acme();
    let many: Vec<_> = (0..25).map(|_| quick_certificate()).collect();
    let say = |certificates: &[String]| {
        let certificates: Vec<_> = certificates.iter().map(String::as_str).collect();
        stage.server.says(&document(acme.entity_id, IdentityProvider::SSO_URL, &certificates));
    };
    // Twenty new ones: the one that left makes way at once.
    say(&many[..20]);
    let answer = stage.says("refresh", json!({})).await;
    assert_eq!(answer["certificates_added"].as_array().unwrap().len(), 20);
    assert_eq!(answer["certificates_removed"].as_array().unwrap().len(), 1);
    assert_eq!(stage.certificates().await.len(), 20);
    // Five more than there is room for: the present ones stay, and it is said.
    say(&many);
    let answer = stage.says("refresh", json!({})).await;
    assert_eq!(answer["metadata"]["failure"]["code"], "too_many_certificates");
    let before = stage.certificates().await;
    assert_eq!(before.len(), 20);
    // One alone: the others go a week later, and it stays whatever comes.
    say(&many[3..4]);
    assert_eq!(stage.says("refresh", json!({})).await["metadata"]["failure"], Value::Null);
    stage.kernia.advance(8 * DAY);
    stage.refreshes().await;
    let left = stage.certificates().await;
    assert_eq!(left.len(), 1);
    assert_eq!(text(&left[0], "value"), pem(&many[3]));
    assert!(before.iter().any(|one| one["id"] == left[0]["id"]), "it is the same one");
}
