//! Our question to the identity provider: how it travels, who signs it, what stands in it.

use aws_lc_rs::signature::{self, RsaPublicKeyComponents};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernia::{saml::Certificate, vault::signing_key::rsa_parts};
use serde_json::{Value, json};

use crate::kernia::{Answer, Application, Asked, Browser, IdentityProvider, Kernia, from};

const ADA: &str = "ada@acme.test";
const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

/// A connection with these options, and everything that a sign-in needs.
async fn ready(options: Value) -> (Kernia, Application, IdentityProvider, String) {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let connection = app.is_ready_for(&idp).await;
    let path = format!("/connections/{connection}");
    app.patches(&path, json!({ "saml_options": options })).await.is(200);
    (kernia, app, idp, connection)
}

async fn finishes(kernia: &Kernia, app: &Application, ada: &mut Browser, asked: &Asked) {
    let idp = IdentityProvider::acme();
    let back = ada.returns(asked, &idp.vouches(asked, ADA, kernia.clock.now())).await;
    assert_eq!(back.status, 303, "{}", back.body);
    let profile = app.exchanges(&back.leads_with("code").unwrap()).await.profile;
    assert_eq!(profile["email"], ADA);
}

/// What signs at the connection, as the customer's administrator gets it.
async fn signing_key(app: &Application, connection: &str) -> RsaPublicKeyComponents<Vec<u8>> {
    let path = format!("/connections/{connection}/saml_sp_signing_cert");
    let pem = app.gets(&path).await.is(200)["value"].as_str().unwrap().to_owned();
    let (n, e) = rsa_parts(Certificate::parse(&pem).unwrap().der()).unwrap();
    RsaPublicKeyComponents { n, e }
}

#[tokio::test]
async fn by_post_where_the_connection_says_so() {
    let (kernia, app, _, connection) = ready(json!({ "idp_sso_binding": "post" })).await;
    let mut ada = kernia.browser();
    let more = [("connection", connection.as_str()), ("prompt", "login"), ("login_hint", ADA)];
    let page: Answer = ada.goes(&app.authorize(&more)).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("Signing you in") && page.body.contains("<button"), "{}", page.body);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.ends_with("form-action https://idp.acme.test https:"), "{policy}");
    let asked = Asked::posted(&page.body);
    assert!(asked.location.starts_with(IdentityProvider::SSO_URL), "{}", asked.location);
    assert_eq!(from(&asked.location, "login_hint").as_deref(), Some(ADA));
    assert!(asked.xml.contains("ForceAuthn=\"true\""), "{}", asked.xml);
    assert!(asked.xml.contains(&format!("Destination=\"{}\"", IdentityProvider::SSO_URL)));
    assert!(asked.relay_state.starts_with("sign_in_"));
    assert!(!asked.xml.contains("Signature"), "{}", asked.xml);
    finishes(&kernia, &app, &mut ada, &asked).await;
}

#[tokio::test]
async fn a_signed_redirect_is_signed_over_its_bytes() {
    let (kernia, app, _, connection) = ready(json!({ "sign_requests": true })).await;
    let mut ada = kernia.browser();
    let asked = ada.begins(&app, &[("connection", &connection), ("login_hint", ADA)]).await;
    let (_, query) = asked.location.split_once('?').unwrap();
    let (signed, rest) = query.split_once("&Signature=").unwrap();
    assert!(signed.contains("&RelayState=") && signed.contains("&SigAlg="), "{signed}");
    assert!(rest.contains("&login_hint="), "the hint is not signed: {query}");
    let value = STANDARD.decode(from(&asked.location, "Signature").unwrap()).unwrap();
    let key = signing_key(&app, &connection).await;
    let scheme = &signature::RSA_PKCS1_2048_8192_SHA256;
    key.verify(scheme, signed.as_bytes(), &value).unwrap();
    finishes(&kernia, &app, &mut ada, &asked).await;
}

#[tokio::test]
async fn a_signed_post_has_its_signature_inside() {
    let options = json!({ "sign_requests": true, "idp_sso_binding": "post" });
    let (kernia, app, _, connection) = ready(options).await;
    let mut ada = kernia.browser();
    let page = ada.goes(&app.authorize(&[("connection", &connection)])).await;
    let asked = Asked::posted(&page.body);
    let behind_the_issuer = "</saml2:Issuer><ds:Signature";
    assert!(asked.xml.contains(behind_the_issuer), "{}", asked.xml);
    assert!(asked.xml.contains(&format!("URI=\"#{}\"", asked.id)), "{}", asked.xml);
    finishes(&kernia, &app, &mut ada, &asked).await;
}

#[tokio::test]
async fn a_provider_that_demands_signed_requests_gets_them() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let metadata = idp
        .metadata()
        .replace("<md:IDPSSODescriptor ", "<md:IDPSSODescriptor WantAuthnRequestsSigned=\"true\" ");
    app.is_ready_for(&idp).await;
    let organization = app.organization("wants.test").await;
    let body = json!({
        "organization_id": organization, "saml_options": { "idp_metadata_xml": metadata },
    });
    let made = app.posts("/connections", body).await.is(201);
    let mut ada = kernia.browser();
    let asked = ada.begins(&app, &[("connection", made["id"].as_str().unwrap())]).await;
    assert!(from(&asked.location, "Signature").is_some(), "{}", asked.location);
}

#[tokio::test]
async fn a_name_format_and_another_address_stand_in_the_request() {
    let (kernia, app, idp, connection) = ready(json!({ "name_id_format": EMAIL })).await;
    let mut ada = kernia.browser();
    let asked = ada.begins(&app, &[("connection", &connection)]).await;
    assert!(asked.xml.contains("NameIDPolicy") && asked.xml.contains(EMAIL), "{}", asked.xml);
    let known = "https://auth.before.test/sso/saml/acs/wz5SpShhRIcSEyMM";
    let path = format!("/connections/{connection}");
    let options = json!({ "saml_options": { "acs_url": known, "name_id_format": null } });
    app.patches(&path, options).await.is(200);
    let asked = ada.begins(&app, &[("connection", &connection)]).await;
    assert_eq!(asked.acs_url, known);
    assert!(!asked.xml.contains("NameIDPolicy"), "{}", asked.xml);
    // The same key in the path leads here, whoever's host stood before it.
    let response = idp.vouches(&asked, ADA, kernia.clock.now());
    let fields = [("SAMLResponse", response.as_str()), ("RelayState", asked.relay_state.as_str())];
    let here = format!("{}/sso/saml/acs/wz5SpShhRIcSEyMM", kernia.base());
    let back = ada.posts(&here, &fields).await;
    assert!(back.leads_with("code").is_some(), "{}", back.location());
}

#[tokio::test]
async fn hints_go_where_each_provider_takes_them() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    app.is_ready_for(&idp).await;
    let organization = app.organization("hints.test").await;
    let hints = [("login_hint", ADA), ("domain_hint", "acme.test")];
    for (kind, in_query, in_subject) in [
        ("GenericSAML", vec![("login_hint", ADA)], false),
        ("AzureSAML", vec![("login_hint", ADA), ("whr", "acme.test")], false),
        ("KeycloakSAML", vec![], true),
    ] {
        let more = json!({ "connection_type": kind });
        let made = app.connection_with(&organization, &idp, &more).await;
        let connection = ("connection", made["id"].as_str().unwrap());
        let asked = kernia.browser().begins(&app, &[&[connection][..], &hints].concat()).await;
        let (_, query) = asked.location.split_once('?').unwrap();
        let extra: Vec<_> = form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| !matches!(name.as_ref(), "SAMLRequest" | "RelayState"))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let expected: Vec<_> =
            in_query.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        assert_eq!(extra, expected, "{kind}");
        assert_eq!(asked.xml.contains("Subject"), in_subject, "{kind}: {}", asked.xml);
    }
}
