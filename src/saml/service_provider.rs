//! Our own metadata for one connection (SAML Metadata §2.4.4).
//! It has no `validUntil`: it stays good as long as the address that serves it.

use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::core::algorithm as uri;
use samael::{
    key_info::{KeyInfo, X509Data},
    metadata::{
        EncryptionMethod, Endpoint, EntityDescriptor, IndexedEndpoint, KeyDescriptor,
        SpSsoDescriptor,
    },
    traits::ToXml,
};

use super::{
    binding::{Binding, HTTP_POST},
    certificate::Certificate,
    xml::SAMLP,
};

/// What is offered for encryption, best first: the session's ciphers, then its key's transport,
/// whose hashes are those of its definition.
const ENCRYPTION_METHODS: [&str; 3] = [uri::AES256_GCM, uri::AES128_GCM, uri::RSA_OAEP];
/// The name formats that are asked for where the connection has no wish of its own.
const NAME_ID_FORMATS: [&str; 2] = [
    "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
    "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
];

/// What a connection tells its identity provider about us.
#[derive(Debug, Clone, Copy)]
pub struct ServiceProvider<'a> {
    /// Our entity ID.
    pub entity_id: &'a str,
    /// Where responses may be posted; the first is the default.
    pub acs_urls: &'a [String],
    /// Where logout messages may be sent, by either binding.
    pub logout_url: Option<&'a str>,
    /// The certificates of every live key that signs our requests.
    pub signing: &'a [&'a Certificate],
    /// The certificates of every live key that assertions may be encrypted for.
    pub encryption: &'a [&'a Certificate],
    /// Whether our requests are signed.
    pub sign_requests: bool,
    /// The only name format that is asked for, where there is a wish.
    pub name_id_format: Option<&'a str>,
}

/// Our metadata for one connection, as `application/samlmetadata+xml`.
#[must_use]
pub fn service_provider_metadata(of: &ServiceProvider<'_>) -> String {
    let signing = of.signing.iter().map(|it| key_descriptor("signing", it, &[]));
    let encryption =
        of.encryption.iter().map(|it| key_descriptor("encryption", it, &ENCRYPTION_METHODS));
    let logout_services = of.logout_url.map(|url| {
        let endpoint = |binding: Binding| Endpoint {
            binding: binding.uri().to_owned(),
            location: url.to_owned(),
            response_location: None,
        };
        [Binding::Redirect, Binding::Post].map(endpoint).to_vec()
    });
    let one = of.name_id_format.as_slice();
    let formats = if one.is_empty() { &NAME_ID_FORMATS[..] } else { one };
    let role = SpSsoDescriptor {
        protocol_support_enumeration: Some(SAMLP.to_owned()),
        authn_requests_signed: Some(of.sign_requests),
        want_assertions_signed: Some(true),
        key_descriptors: Some(signing.chain(encryption).collect()),
        single_logout_services: logout_services,
        name_id_formats: Some(formats.iter().map(|&it| it.to_owned()).collect()),
        assertion_consumer_services: of
            .acs_urls
            .iter()
            .enumerate()
            .map(|(index, url)| IndexedEndpoint {
                binding: HTTP_POST.to_owned(),
                location: url.clone(),
                index,
                is_default: (index == 0).then_some(true),
                response_location: None,
            })
            .collect(),
        ..SpSsoDescriptor::default()
    };
    let entity = EntityDescriptor {
        entity_id: Some(of.entity_id.to_owned()),
        sp_sso_descriptors: Some(vec![role]),
        ..EntityDescriptor::default()
    };
    // Writing our own values to memory does not fail.
    entity.to_string().unwrap_or_default()
}

fn key_descriptor(usage: &str, certificate: &Certificate, methods: &[&str]) -> KeyDescriptor {
    let methods = methods.iter().map(|&it| EncryptionMethod { algorithm: it.to_owned() });
    KeyDescriptor {
        key_use: Some(usage.to_owned()),
        key_info: KeyInfo {
            id: None,
            x509_data: Some(X509Data { certificates: vec![STANDARD.encode(certificate.der())] }),
        },
        encryption_methods: Some(methods.collect()),
    }
}
