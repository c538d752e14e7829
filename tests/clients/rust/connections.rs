//! Connections with every option that the SDK has, and their certificates.

use std::collections::HashMap;

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use workos::{
    Client,
    enums::{ConnectionState, ConnectionType, ConnectionsConnectionType},
    models::{
        Connection, CreateConnectionAttributeMaps, CreateConnectionKeyPair,
        CreateConnectionOidcOptions, CreateConnectionSAMLOptions,
        CreateConnectionStandardAttributes, CreateSAMLIdpSigningCertificate,
        PatchConnectionAttributeMaps, PatchConnectionSAMLOptions,
    },
    organizations::CreateOrganizationParams,
    sso::{
        CreateConnectionParams, CreateConnectionParamsBody,
        CreateConnectionSAMLIdpSigningCertParams, CreateProtocolOptions, ListConnectionsParams,
        PatchProtocolOptions, UpdateConnectionParams, UpdateConnectionParamsBody,
    },
};

use crate::{demo::Demo, organizations::named};

fn key_pair(name: &str) -> CreateConnectionKeyPair {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
    CreateConnectionKeyPair { key: key.serialize_pem().into(), cert: certificate.pem() }
}

/// What must be said of a provider by hand, and nothing else.
fn by_hand(certificate: &str) -> CreateConnectionSAMLOptions {
    CreateConnectionSAMLOptions {
        idp_metadata_url: None,
        acs_url: None,
        sp_entity_id: None,
        idp_entity_id: Some("https://idp.rust.test/saml".to_owned()),
        idp_sso_url: Some("https://idp.rust.test/sso".to_owned()),
        idp_signing_certs: Some(vec![certificate.to_owned()]),
        sp_signing_key_pair: None,
        sp_encryption_key_pairs: None,
    }
}

async fn create(client: &Client, saml_options: CreateConnectionSAMLOptions) -> Connection {
    let customer = client
        .organizations()
        .create_organization(CreateOrganizationParams::new(named("Customer")))
        .await
        .unwrap();
    let options = CreateProtocolOptions::SAML { saml_options };
    let standard_attributes = CreateConnectionStandardAttributes {
        idp_id: Some("uid".to_owned()),
        email: Some("mail".to_owned()),
        first_name: None,
        last_name: None,
        groups: Some("memberOf".to_owned()),
        name: None,
    };
    let maps = CreateConnectionAttributeMaps {
        standard_attributes: Some(standard_attributes),
        custom_attributes: Some(HashMap::from([("department".to_owned(), "ou".to_owned())])),
    };
    let body = CreateConnectionParamsBody {
        name: Some("Rust's".to_owned()),
        external_id: Some("theirs".to_owned()),
        connection_type: Some("OktaSAML".to_owned()),
        attribute_maps: Some(maps),
        ..CreateConnectionParamsBody::new(customer.id, options)
    };
    client.sso().create_connection(CreateConnectionParams::new(body)).await.unwrap()
}

#[tokio::test]
async fn connections_are_created_read_changed_listed_and_deleted() {
    let demo = Demo::start();
    let client = demo.workos();
    let made = create(&client, by_hand(&key_pair("idp").cert)).await;
    assert_eq!((made.object.as_str(), made.name.as_str()), ("connection", "Rust's"));
    assert_eq!(made.connection_type, ConnectionType::OktaSAML);
    assert_ne!(made.state, ConnectionState::Active, "nobody has signed in yet");
    assert!(made.domains.is_empty());

    let sso = client.sso();
    let read = sso.get_connection(&made.id).await.unwrap();
    assert_eq!(
        (&read.organization_id, &read.updated_at),
        (&made.organization_id, &made.updated_at)
    );
    let params = ListConnectionsParams {
        organization_id: made.organization_id.clone(),
        connection_type: Some(ConnectionsConnectionType::OktaSAML),
        search: Some("rust".to_owned()),
        ..ListConnectionsParams::default()
    };
    let listed = sso.list_connections(params).await.unwrap();
    assert_eq!(listed.data.iter().map(|one| &one.id).collect::<Vec<_>>(), [&made.id]);

    let saml_options = PatchConnectionSAMLOptions {
        idp_metadata_url: None,
        acs_url: Some("https://sso.old.test/acs".to_owned()),
        sp_entity_id: Some("https://sso.old.test/entity".to_owned()),
        idp_entity_id: None,
        idp_sso_url: Some("https://idp.rust.test/moved".to_owned()),
    };
    let body = UpdateConnectionParamsBody {
        name: Some("Renamed".to_owned()),
        attribute_maps: Some(PatchConnectionAttributeMaps {
            standard_attributes: None,
            custom_attributes: Some(HashMap::from([
                ("department".to_owned(), None),
                ("team".to_owned(), Some("team".to_owned())),
            ])),
        }),
        protocol_options: Some(PatchProtocolOptions::SAML { saml_options }),
        ..UpdateConnectionParamsBody::new()
    };
    let changed = sso.update_connection(&made.id, UpdateConnectionParams::new(body)).await.unwrap();
    assert_eq!((changed.id.as_str(), changed.name.as_str()), (made.id.as_str(), "Renamed"));

    sso.delete_connection(&made.id).await.unwrap();
    assert!(sso.get_connection(&made.id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn the_providers_certificates_come_and_go() {
    let demo = Demo::start();
    let client = demo.workos();
    let connection = create(&client, by_hand(&key_pair("first").cert)).await.id;
    let sso = client.sso();
    let value = key_pair("second").cert;
    let body = CreateSAMLIdpSigningCertificate { value: value.clone() };
    let added = sso
        .create_connection_saml_idp_signing_cert(
            &connection,
            CreateConnectionSAMLIdpSigningCertParams::new(body),
        )
        .await
        .unwrap();
    assert_eq!(
        (added.object.as_str(), added.value.trim()),
        ("saml_idp_signing_certificate", value.trim())
    );
    assert!(added.not_before < added.not_after && added.not_before.is_some());
    let listed = sso.list_connection_saml_idp_signing_certs(&connection).await.unwrap();
    assert_eq!((listed.data.len(), &listed.data[1].id), (2, &added.id));
    sso.delete_connection_saml_idp_signing_cert(&connection, &listed.data[0].id).await.unwrap();
    let last =
        sso.delete_connection_saml_idp_signing_cert(&connection, &added.id).await.unwrap_err();
    assert_eq!(last.status(), Some(400), "{last}");
}

#[tokio::test]
async fn our_own_certificates_are_made_and_deleted() {
    let demo = Demo::start();
    let client = demo.workos();
    let connection = create(&client, by_hand(&key_pair("idp").cert)).await.id;
    let sso = client.sso();

    let first = sso.create_connection_saml_sp_encryption_cert(&connection).await.unwrap();
    assert_eq!(first.object, "saml_sp_encryption_certificate");
    assert!(first.value.contains("BEGIN CERTIFICATE") && !first.value.contains("PRIVATE"));
    let second = sso.create_connection_saml_sp_encryption_cert(&connection).await.unwrap();
    let listed = sso.list_connection_saml_sp_encryption_certs(&connection).await.unwrap();
    assert_eq!((listed.object.as_str(), listed.data.len()), ("list", 2));
    sso.delete_connection_saml_sp_encryption_cert(&connection, &first.id).await.unwrap();
    let left = sso.list_connection_saml_sp_encryption_certs(&connection).await.unwrap().data;
    assert_eq!((left.len(), &left[0].id, &left[0].value), (1, &second.id, &second.value));

    assert!(
        sso.list_connection_saml_sp_signing_cert(&connection).await.unwrap_err().is_not_found()
    );
    let signing = sso.create_connection_saml_sp_signing_cert(&connection).await.unwrap();
    assert_eq!(signing.object, "saml_sp_signing_certificate");
    assert_eq!(sso.list_connection_saml_sp_signing_cert(&connection).await.unwrap().id, signing.id);
    let second = sso.create_connection_saml_sp_signing_cert(&connection).await.unwrap_err();
    assert_eq!(second.status(), Some(409), "{second}");
    sso.delete_connection_saml_sp_signing_cert(&connection, &signing.id).await.unwrap();
    assert!(
        sso.list_connection_saml_sp_signing_cert(&connection).await.unwrap_err().is_not_found()
    );
}

#[tokio::test]
async fn our_own_keys_can_be_given() {
    let demo = Demo::start();
    let client = demo.workos();
    let (signing, encryption) = (key_pair("signing"), key_pair("encryption"));
    let options = CreateConnectionSAMLOptions {
        sp_signing_key_pair: Some(signing.clone()),
        sp_encryption_key_pairs: Some(vec![encryption.clone()]),
        ..by_hand(&key_pair("idp").cert)
    };
    let connection = create(&client, options).await.id;
    let sso = client.sso();
    let shown = sso.list_connection_saml_sp_signing_cert(&connection).await.unwrap();
    assert_eq!(shown.value.trim(), signing.cert.trim());
    let shown = sso.list_connection_saml_sp_encryption_certs(&connection).await.unwrap().data;
    assert_eq!(
        shown.iter().map(|one| one.value.trim()).collect::<Vec<_>>(),
        [encryption.cert.trim()]
    );
}

#[tokio::test]
async fn oidc_connections_are_created_and_read() {
    let demo = Demo::start();
    let client = demo.workos();
    let customer = client
        .organizations()
        .create_organization(CreateOrganizationParams::new(named("OIDC")))
        .await
        .unwrap();
    let endpoint = format!("{}/demo/op/.well-known/openid-configuration", demo.said("base_url"));
    let oidc_options = CreateConnectionOidcOptions {
        discovery_endpoint: endpoint,
        client_id: "from-rust".to_owned(),
        client_secret: Some("planted-secret-of-rust".to_owned().into()),
        redirect_uri: None,
        pkce: None,
        token_authentication_method: None,
        jwt_signing_key_pair: None,
        id_token_signature_algorithm: None,
        fetch_user_info: None,
    };
    let options = CreateProtocolOptions::Oidc { oidc_options };
    let body = CreateConnectionParamsBody::new(customer.id, options);
    let made = client.sso().create_connection(CreateConnectionParams::new(body)).await.unwrap();
    assert_eq!(made.connection_type, ConnectionType::GenericOidc);
    let read = client.sso().get_connection(&made.id).await.unwrap();
    assert_eq!((read.organization_id, read.id), (made.organization_id, made.id));
}
