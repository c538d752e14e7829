//! Keys of ours at a connection: what signs our requests and what decrypts, made here or brought
//! along, with overlap when they change.

use std::time::Duration;

use aws_lc_rs::{aead, encoding::AsDer as _, rsa, signature};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    idp::{Signer, form_value},
    kernia::{Application, IdentityProvider, Kernia, pem},
};

async fn ready() -> (Kernia, Application, Value) {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    let organization = app.organization("acme.test").await;
    let made = app.connection(&organization, &IdentityProvider::acme()).await;
    (kernia, app, made)
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_else(|| panic!("no {name} in {object}"))
}

fn path_of(connection: &Value) -> String {
    format!("/connections/{}", text(connection, "id"))
}

fn key_pairs_of(connection: &Value) -> String {
    format!("/kernia/v1/connections/{}/key_pairs", text(connection, "id"))
}

/// Our metadata for the connection.
async fn metadata(kernia: &Kernia, connection: &Value) -> String {
    let url = text(&connection["saml_options"], "sp_metadata_url");
    let path = url.strip_prefix(&kernia.base()).unwrap();
    kernia.anonymous("GET", path).await.body
}

/// The base64 of a certificate's PEM.
fn base64_of(certificate: &Value) -> String {
    text(certificate, "value").lines().filter(|line| !line.starts_with('-')).collect()
}

/// A customer's own key pair, both in PEM, the key on one line.
fn own_pair() -> (String, String) {
    let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
    let pkcs8: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
    in_pem(pkcs8.as_ref())
}

fn elliptic_pair() -> (String, String) {
    let random = aws_lc_rs::rand::SystemRandom::new();
    let signing = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    in_pem(signature::EcdsaKeyPair::generate_pkcs8(signing, &random).unwrap().as_ref())
}

fn in_pem(pkcs8: &[u8]) -> (String, String) {
    let key = rcgen::KeyPair::try_from(pkcs8).unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    let base64 = STANDARD.encode(pkcs8);
    let key = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
    (key, pem(&STANDARD.encode(certificate.der())))
}

#[tokio::test]
async fn encryption_certificates_come_beside_each_other() {
    let (kernia, app, made) = ready().await;
    let path = format!("{}/saml_sp_encryption_certs", path_of(&made));
    assert_eq!(
        app.gets(&path).await.is(200),
        json!({ "object": "list", "data": [], "list_metadata": { "before": null, "after": null } })
    );
    // As the SDKs ask: without a body.
    let first = app.asks("POST", &path, None).await.is(201);
    let id = text(&first, "id");
    assert!(id.starts_with("saml_key_"), "{id}");
    assert_eq!(first["object"], "saml_sp_encryption_certificate");
    assert_eq!(first["created_at"], "2026-01-02T03:04:05.678Z");
    assert!(text(&first, "not_before") < text(&first, "created_at"));
    assert!(text(&first, "not_after") > "2035", "{first}");
    let der = STANDARD.decode(base64_of(&first)).unwrap();
    let (_, parsed) = x509_parser::parse_x509_certificate(&der).unwrap();
    assert_eq!(parsed.subject().to_string(), "CN=127.0.0.1", "in the name of our host");
    kernia.advance(Duration::from_secs(1));
    let second = app.asks("POST", &path, None).await.is(201);
    assert_eq!(app.gets(&path).await.is(200)["data"], json!([first, second]), "oldest first");
    let ours = metadata(&kernia, &made).await;
    for certificate in [&first, &second] {
        assert!(ours.contains(&base64_of(certificate)), "{ours}");
    }
    assert_eq!(ours.matches("use=\"encryption\"").count(), 2);

    for certificate in [&first, &second] {
        let one = format!("{path}/{}", text(certificate, "id"));
        assert_eq!(app.deletes(&one).await.status, 204, "the last one may go too");
        assert_eq!(app.deletes(&one).await.code(404), "entity_not_found");
    }
    assert!(!metadata(&kernia, &made).await.contains("KeyDescriptor"));
    for method in ["GET", "POST"] {
        let nobody = app.asks(method, "/connections/conn_nobody/saml_sp_encryption_certs", None);
        assert_eq!(nobody.await.code(404), "entity_not_found");
    }
}

#[tokio::test]
async fn there_is_one_signing_certificate_at_a_time() {
    let (kernia, app, made) = ready().await;
    let path = format!("{}/saml_sp_signing_cert", path_of(&made));
    assert_eq!(app.gets(&path).await.code(404), "entity_not_found");
    assert_eq!(made["saml_options"]["sign_requests"], false);
    let first = app.asks("POST", &path, None).await.is(201);
    assert_eq!(first["object"], "saml_sp_signing_certificate");
    assert_eq!(app.gets(&path).await.is(200), first);
    assert_eq!(app.asks("POST", &path, None).await.code(409), "sp_signing_cert_exists");
    let shown = app.gets(&path_of(&made)).await.is(200);
    assert_eq!(shown["saml_options"]["sign_requests"], true, "it is there to be used");
    let ours = metadata(&kernia, &made).await;
    assert!(ours.contains("AuthnRequestsSigned=\"true\"") && ours.contains(&base64_of(&first)));

    let encryption = format!("{}/saml_sp_encryption_certs/{}", path_of(&made), text(&first, "id"));
    assert_eq!(app.deletes(&encryption).await.code(404), "entity_not_found");
    let one = format!("{path}/{}", text(&first, "id"));
    assert_eq!(app.deletes(&one).await.status, 204);
    assert_eq!(app.gets(&path).await.code(404), "entity_not_found");
    assert!(metadata(&kernia, &made).await.contains("AuthnRequestsSigned=\"false\""));
    let next = app.asks("POST", &path, None).await.is(201);
    assert_ne!(next["value"], first["value"]);
}

#[tokio::test]
async fn a_key_that_does_not_sign_requests_yet_is_put_to_work() {
    let (_kernia, app, made) = ready().await;
    let key = app.posts(&key_pairs_of(&made), json!({ "purpose": "signing" })).await.is(201);
    let shown = app.gets(&path_of(&made)).await.is(200);
    assert_eq!(shown["saml_options"]["sign_requests"], false);
    let path = format!("{}/saml_sp_signing_cert", path_of(&made));
    let certificate = app.asks("POST", &path, None).await.is(201);
    assert_eq!((&certificate["id"], &certificate["value"]), (&key["id"], &key["value"]));
    let shown = app.gets(&path_of(&made)).await.is(200);
    assert_eq!(shown["saml_options"]["sign_requests"], true);
    assert_eq!(app.asks("POST", &path, None).await.code(409), "sp_signing_cert_exists");
}

#[tokio::test]
async fn a_signing_key_rolls_over_with_overlap() {
    let (kernia, app, made) = ready().await;
    let path = key_pairs_of(&made);
    let present = app.posts(&path, json!({ "purpose": "signing" })).await.is(201);
    assert_eq!((text(&present, "object"), text(&present, "purpose")), ("saml_key_pair", "signing"));
    assert_eq!(present["active"], true, "the first one signs at once");
    kernia.advance(Duration::from_secs(1));
    let next = app.posts(&path, json!({ "purpose": "signing" })).await.is(201);
    assert_eq!(next["active"], false);
    let ours = metadata(&kernia, &made).await;
    assert!(ours.contains(&base64_of(&present)) && ours.contains(&base64_of(&next)), "both");
    let one = |pair: &Value| format!("{path}/{}", text(pair, "id"));
    assert_eq!(app.deletes(&one(&present)).await.code(409), "key_pair_signs");

    let active = app.posts(&format!("{}/activate", one(&next)), json!({})).await.is(200);
    assert_eq!((&active["id"], &active["active"]), (&next["id"], &json!(true)));
    let listed = app.gets(&path).await.is(200)["data"].clone();
    let signs: Vec<_> = listed.as_array().unwrap().iter().map(|pair| &pair["active"]).collect();
    assert_eq!(signs, [&json!(false), &json!(true)]);
    let certificate = app.gets(&format!("{}/saml_sp_signing_cert", path_of(&made))).await.is(200);
    assert_eq!(certificate["value"], next["value"], "WorkOS's face shows the one that signs");
    assert_eq!(app.deletes(&one(&present)).await.status, 204);
    assert!(!metadata(&kernia, &made).await.contains(&base64_of(&present)), "retired");

    let encrypts = app.posts(&path, json!({ "purpose": "encryption" })).await.is(201);
    let answer = app.posts(&format!("{}/activate", one(&encrypts)), json!({})).await;
    assert_eq!(answer.code(409), "key_pair_not_for_signing");
    for (body, code) in [
        (json!({}), "required"),
        (json!({ "purpose": "nothing" }), "invalid_purpose"),
        (json!({ "purpose": "signing", "key": "x" }), "required"),
        (json!({ "purpose": "signing", "cert": "x" }), "required"),
        (json!({ "purpose": "signing", "key": "x", "cert": "y" }), "certificate_unreadable"),
    ] {
        assert_eq!(app.posts(&path, body.clone()).await.code(422), code, "{body}");
    }
    let nobody = "/kernia/v1/connections/conn_nobody/key_pairs";
    let answer = app.posts(nobody, json!({ "purpose": "signing" })).await;
    assert_eq!(answer.code(404), "entity_not_found");
    assert_eq!(app.gets(nobody).await.code(404), "entity_not_found");
}

#[tokio::test]
async fn a_customers_own_keys_are_taken_sealed_and_never_shown() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let organization = app.organization("acme.test").await;
    let ((sign_key, sign_cert), (key, cert)) = (own_pair(), own_pair());
    let pair = |key: &str, cert: &str| json!({ "key": key, "cert": cert });
    let more = json!({ "saml_options": {
        "sp_signing_key_pair": pair(&sign_key, &sign_cert),
        "sp_encryption_key_pairs": [pair(&key, &cert)],
    } });
    let made = app.connection_with(&organization, &idp, &more).await;
    assert_eq!(made["saml_options"]["sign_requests"], true);
    let path = path_of(&made);
    let signing = app.gets(&format!("{path}/saml_sp_signing_cert")).await.is(200);
    assert_eq!(signing["value"], sign_cert);
    let encryption = app.gets(&format!("{path}/saml_sp_encryption_certs")).await.is(200);
    assert_eq!(encryption["data"][0]["value"], cert);
    // The next one comes beside it, and the same one does not come twice.
    let (next_key, next_cert) = own_pair();
    let mut next = pair(&next_key, &next_cert);
    next["purpose"] = json!("signing");
    let added = app.posts(&key_pairs_of(&made), next.clone()).await;
    assert_eq!(added.status, 201, "{}", added.body);
    assert_eq!(app.posts(&key_pairs_of(&made), next).await.code(409), "key_pair_exists");
    let answers = [
        added.body,
        app.gets(&key_pairs_of(&made)).await.body,
        app.gets(&path).await.body,
        metadata(&kernia, &made).await,
    ];
    let rows = format!("{:?}", kernia.database().contents());
    for pem in [&sign_key, &key, &next_key] {
        let secret = pem.lines().nth(1).unwrap();
        // What stands behind the public half of a PKCS #8 key.
        let bytes = format!("{:?}", &STANDARD.decode(secret).unwrap()[400..440]);
        assert!(!rows.contains(bytes.trim_matches(['[', ']'])), "a key is stored in clear");
        assert!(answers.iter().all(|answer| !answer.contains(&secret[600..640])), "shown");
    }
}

#[tokio::test]
async fn what_is_no_key_pair_is_refused_for_its_own_reason() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let organization = app.organization("acme.test").await;
    let ((key, cert), (_, other)) = (own_pair(), own_pair());
    let (elliptic_key, elliptic_cert) = elliptic_pair();
    let weak = include_str!("fixtures/weak.pem");
    let before = kernia.database().contents();
    for (name, value, code) in [
        ("sp_signing_key_pair", json!({ "key": key, "cert": other }), "key_pair_mismatch"),
        ("sp_signing_key_pair", json!({ "key": "nonsense", "cert": cert }), "key_pair_unreadable"),
        ("sp_signing_key_pair", json!({ "key": cert, "cert": cert }), "key_pair_unreadable"),
        ("sp_signing_key_pair", json!({ "key": key, "cert": key }), "private_key_given"),
        ("sp_signing_key_pair", json!({ "key": key, "cert": weak }), "weak_key"),
        ("sp_signing_key_pair", json!({ "key": key }), "required"),
        (
            "sp_encryption_key_pairs",
            json!([{ "key": elliptic_key, "cert": elliptic_cert }]),
            "key_unsupported",
        ),
        ("sp_encryption_key_pairs", json!([{ "key": key, "cert": other }]), "key_pair_mismatch"),
    ] {
        let mut body = json!({ "organization_id": organization, "saml_options": {
            "idp_metadata_xml": idp.metadata(),
        } });
        body["saml_options"][name] = value;
        let answer = app.posts("/connections", body).await;
        assert_eq!(answer.code(422), code, "{name}: {}", answer.body);
        assert!(!answer.body.contains("PRIVATE"), "{}", answer.body);
    }
    assert_eq!(kernia.database().contents(), before);
    // An elliptic key signs.
    let body = json!({ "saml_options": {
        "sp_signing_key_pair": { "key": elliptic_key, "cert": elliptic_cert },
    } });
    let made = app.connection_with(&organization, &idp, &body).await;
    let pair = json!({ "saml_options": { "sp_signing_key_pair": { "key": key, "cert": cert } } });
    let answer = app.patches(&path_of(&made), pair).await;
    assert_eq!(answer.code(422), "key_pairs_not_patchable");
}

#[tokio::test]
async fn a_key_is_made_at_once_where_requests_must_be_signed() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let organization = app.organization("acme.test").await;
    let wants = idp
        .metadata()
        .replace("<md:IDPSSODescriptor ", "<md:IDPSSODescriptor WantAuthnRequestsSigned=\"true\" ");
    let signing = |made: &Value| format!("{}/saml_sp_signing_cert", path_of(made));

    let more = json!({ "saml_options": { "idp_metadata_xml": wants } });
    let demanded = app.connection_with(&organization, &idp, &more).await;
    assert_eq!(demanded["saml_options"]["sign_requests"], true, "the provider demands it");
    let first = app.gets(&signing(&demanded)).await.is(200);
    let ours = metadata(&kernia, &demanded).await;
    assert!(ours.contains("AuthnRequestsSigned=\"true\"") && ours.contains(&base64_of(&first)));

    let made = app.connection(&organization, &idp).await;
    assert_eq!(app.gets(&signing(&made)).await.status, 404);
    let change = json!({ "saml_options": { "idp_metadata_xml": wants } });
    app.patches(&path_of(&made), change.clone()).await.is(200);
    let first = app.gets(&signing(&made)).await.is(200);
    app.patches(&path_of(&made), change).await.is(200);
    assert_eq!(app.gets(&signing(&made)).await.is(200), first, "once");

    let made = app.connection(&organization, &idp).await;
    let change = json!({ "saml_options": { "sign_requests": true } });
    let changed = app.patches(&path_of(&made), change).await.is(200);
    assert_eq!(changed["saml_options"]["sign_requests"], true);
    assert_eq!(app.gets(&signing(&made)).await.status, 200);

    // Shibboleth encrypts unless it is told not to: our metadata has a key from the start.
    let shibboleth = json!({ "connection_type": "ShibbolethSAML" });
    let made = app.connection_with(&organization, &idp, &shibboleth).await;
    assert!(metadata(&kernia, &made).await.contains("use=\"encryption\""));
}

/// An assertion, encrypted for the key in a certificate as a provider does it.
fn encrypted(assertion: &str, certificate: &Value) -> String {
    let der = STANDARD.decode(base64_of(certificate)).unwrap();
    let (_, parsed) = x509_parser::parse_x509_certificate(&der).unwrap();
    let key = rsa::PublicEncryptingKey::from_der(parsed.public_key().raw).unwrap();
    let key = rsa::OaepPublicEncryptingKey::new(key).unwrap();
    let mut wrapped = vec![0; key.ciphertext_size()];
    let session = [7; 32];
    let wrapped = key.encrypt(&rsa::OAEP_SHA1_MGF1SHA1, &session, &mut wrapped, None).unwrap();
    let cipher = aead::UnboundKey::new(&aead::AES_256_GCM, &session).unwrap();
    let mut sealed = assertion.as_bytes().to_vec();
    let nonce = aead::Nonce::assume_unique_for_key([1; 12]);
    aead::LessSafeKey::new(cipher)
        .seal_in_place_append_tag(nonce, aead::Aad::empty(), &mut sealed)
        .unwrap();
    let (wrapped, sealed) =
        (STANDARD.encode(wrapped), STANDARD.encode([&[1; 12][..], &sealed].concat()));
    let xenc = "http://www.w3.org/2001/04/xmlenc#";
    format!(
        r#"<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><x:EncryptedData xmlns:x="{xenc}" Type="{xenc}Element"><x:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm"></x:EncryptionMethod><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><x:EncryptedKey><x:EncryptionMethod Algorithm="{xenc}rsa-oaep-mgf1p"></x:EncryptionMethod><x:CipherData><x:CipherValue>{wrapped}</x:CipherValue></x:CipherData></x:EncryptedKey></ds:KeyInfo><x:CipherData><x:CipherValue>{sealed}</x:CipherValue></x:CipherData></x:EncryptedData></saml:EncryptedAssertion>"#
    )
}

#[tokio::test]
async fn every_live_encryption_key_decrypts_and_a_deleted_one_no_more() {
    let mut kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let id = app.is_ready_for(&idp).await;
    let path = format!("/connections/{id}/saml_sp_encryption_certs");
    let old = app.asks("POST", &path, None).await.is(201);
    let new = app.asks("POST", &path, None).await.is(201);
    // What is sealed opens again after a restart.
    kernia.restart().await;
    let statuses = async |certificates: [&Value; 2]| {
        let mut statuses = Vec::new();
        for certificate in certificates {
            let mut ada = kernia.browser();
            let asked = ada.begins(&app, &[("connection", &id)]).await;
            let spoken = idp.answer(&asked, "ada@acme.test", kernia.clock.now());
            let signer = Signer::new(idp.key);
            let assertion = signer.signed(&spoken.assertion_id, &spoken.assertion());
            let response = spoken.response(&encrypted(&assertion, certificate));
            statuses.push(ada.returns(&asked, &form_value(&response)).await.status);
        }
        statuses
    };
    assert_eq!(statuses([&old, &new]).await, [303, 303]);
    app.deletes(&format!("{path}/{}", text(&old, "id"))).await;
    assert_eq!(statuses([&old, &new]).await, [400, 303]);
}

#[tokio::test]
async fn a_connection_can_demand_that_the_assertion_itself_is_signed() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let id = app.is_ready_for(&idp).await;
    let status = async || {
        let mut ada = kernia.browser();
        let asked = ada.begins(&app, &[("connection", &id)]).await;
        let spoken = idp.answer(&asked, "ada@acme.test", kernia.clock.now());
        let response = form_value(&spoken.response_signed(&Signer::new(idp.key)));
        ada.returns(&asked, &response).await.status
    };
    assert_eq!(status().await, 303);
    let change = json!({ "saml_options": { "require_signed_assertion": true } });
    app.patches(&format!("/connections/{id}"), change).await.is(200);
    assert_eq!(status().await, 400);
    let change = json!({ "saml_options": { "require_signed_assertion": null } });
    app.patches(&format!("/connections/{id}"), change).await.is(200);
    assert_eq!(status().await, 303);
}
