//! Our own metadata for one connection (SAML Metadata §2.4.4).
//! It has no `validUntil`: it stays good as long as the address that serves it.

use std::fmt::Write as _;

use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::core::algorithm as uri;

use super::{
    binding::{Binding, HTTP_POST},
    certificate::Certificate,
    write,
    xml::{DS, MD, SAMLP, XENC11},
};

/// What a key is for.
const SIGNING: &str = "signing";
const ENCRYPTION: &str = "encryption";
/// What is offered for encryption, best first: the session's ciphers, then its key's transports.
/// Those say their hashes: a provider that mixed two would not be understood.
const ENCRYPTION_METHODS: [(&str, Option<&str>, Option<&str>); 4] = [
    (uri::AES256_GCM, None, None),
    (uri::AES128_GCM, None, None),
    (uri::RSA_OAEP_ENC11, Some(uri::SHA256), Some(uri::MGF1_SHA256)),
    // The older transport knows one generator alone and has no word for it.
    (uri::RSA_OAEP, Some(uri::SHA1), None),
];
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
    let mut xml = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="{MD}" entityID="{}"><md:SPSSODescriptor AuthnRequestsSigned="{}" WantAssertionsSigned="true" protocolSupportEnumeration="{SAMLP}">"#,
        write::value(of.entity_id),
        of.sign_requests,
    );
    for certificate in of.signing {
        key_descriptor(&mut xml, SIGNING, certificate);
    }
    for certificate in of.encryption {
        key_descriptor(&mut xml, ENCRYPTION, certificate);
    }
    if let Some(url) = of.logout_url {
        for binding in [Binding::Redirect, Binding::Post] {
            let (uri, url) = (binding.uri(), write::value(url));
            push(
                &mut xml,
                format_args!(
                    r#"<md:SingleLogoutService Binding="{uri}" Location="{url}"></md:SingleLogoutService>"#
                ),
            );
        }
    }
    let one = of.name_id_format.as_slice();
    for format in if one.is_empty() { &NAME_ID_FORMATS[..] } else { one } {
        push(&mut xml, format_args!("<md:NameIDFormat>{}</md:NameIDFormat>", write::text(format)));
    }
    for (index, url) in of.acs_urls.iter().enumerate() {
        let (default, url) =
            (if index == 0 { r#" isDefault="true""# } else { "" }, write::value(url));
        push(
            &mut xml,
            format_args!(
                r#"<md:AssertionConsumerService Binding="{HTTP_POST}" Location="{url}" index="{index}"{default}></md:AssertionConsumerService>"#
            ),
        );
    }
    xml.push_str("</md:SPSSODescriptor></md:EntityDescriptor>");
    xml
}

fn key_descriptor(xml: &mut String, usage: &str, certificate: &Certificate) {
    let base64 = STANDARD.encode(certificate.der());
    push(
        xml,
        format_args!(
            r#"<md:KeyDescriptor use="{usage}"><ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>{base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"#
        ),
    );
    if usage == ENCRYPTION {
        for method in &ENCRYPTION_METHODS {
            encryption_method(xml, method);
        }
    }
    xml.push_str("</md:KeyDescriptor>");
}

fn encryption_method(xml: &mut String, method: &(&str, Option<&str>, Option<&str>)) {
    let (algorithm, digest, generator) = method;
    push(xml, format_args!(r#"<md:EncryptionMethod Algorithm="{algorithm}">"#));
    if let Some(it) = digest {
        let ds = format!(r#"xmlns:ds="{DS}""#);
        push(xml, format_args!(r#"<ds:DigestMethod {ds} Algorithm="{it}"></ds:DigestMethod>"#));
    }
    if let Some(it) = generator {
        let xenc11 = format!(r#"xmlns:xenc11="{XENC11}""#);
        push(xml, format_args!(r#"<xenc11:MGF {xenc11} Algorithm="{it}"></xenc11:MGF>"#));
    }
    xml.push_str("</md:EncryptionMethod>");
}

fn push(xml: &mut String, more: std::fmt::Arguments<'_>) {
    // Writing to memory does not fail.
    _ = xml.write_fmt(more);
}
