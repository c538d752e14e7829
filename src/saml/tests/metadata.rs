//! Metadata and certificates, as administrators paste them.

use super::{ACS, ENTITY, EVIL, IDP, P256, P384, RSA, encrypting::OURS, idp::Key};
use crate::{
    kit::time::Timestamp,
    saml::{
        certificate::Certificate,
        metadata::{
            Binding, IdentityProvider, MAX_BYTES, ServiceProvider, service_provider_metadata,
        },
    },
};

/// RSA of 1,024 bits, and Ed25519: nobody has their keys any more.
const WEAK: &str = "-----BEGIN CERTIFICATE-----
MIIB+jCCAWOgAwIBAgIUGc+EyF53z1CnX0LcilTEassO3REwDQYJKoZIhvcNAQEL
BQAwDzENMAsGA1UEAwwEd2VhazAeFw0yNjExMjQwNTIwMjBaFw0zNjExMjEwNTIw
MjBaMA8xDTALBgNVBAMMBHdlYWswgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGB
AOKQukjBWN+QfdNGn2bQp5ImNaBrF0FCEXug9P/r+ZOXpAZM4T9x8BSspTHZieya
nKwfOfr92VixT+sbD232yD1BKSEIIrcEH/XE1YhpryqUdqayNrCl4oMPYrYT3hi4
Gn6C57mE6x61g5e3lyQvGkbO7Ve5t0x3f1iTO0k0qaKxAgMBAAGjUzBRMB0GA1Ud
DgQWBBQhwH4cSVl0CsEdbE9Xg/r8IazF8jAfBgNVHSMEGDAWgBQhwH4cSVl0CsEd
bE9Xg/r8IazF8jAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA4GBAMwZ
ny+nnFLFopAcVVZuVDTrtMvykrqrGiORDOY9V0L4h3Y/RAwKlMbYO19RxzszdTBz
fUyS8tIKFFUWYVY4swx4FPpm2MRUtyswTH6jf/qiFOM03TfOLBlayNOQKkxs42p0
xJ5pS2gm6AxfX54QnuznN7cVYTAl3GyhBv4VSOwB
-----END CERTIFICATE-----
";
const ED25519: &str = "-----BEGIN CERTIFICATE-----
MIIBLjCB4aADAgECAhRlvnJrLfxi1yG0cQE0wJhlvHgjCDAFBgMrZXAwDTELMAkG
A1UEAwwCZWQwHhcNMjYxMTI0MDUyMDIwWhcNMzYxMTIxMDUyMDIwWjANMQswCQYD
VQQDDAJlZDAqMAUGAytlcAMhAAAS2iKZpKF33AhsnFx++cz3u3Q40BsaYYmFXU0I
qtxvo1MwUTAdBgNVHQ4EFgQUwtHy2yWa/sPVqNtFtIpo5VBbrV8wHwYDVR0jBBgw
FoAUwtHy2yWa/sPVqNtFtIpo5VBbrV8wDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXAD
QQALdfqPpeb7RMGQd2UZ08QDzD+JUx1rGd+ptuIsg2THOjILRB6eReU85IrsDqlC
YgU2bUwR5uSmsPJp4ruYncUE
-----END CERTIFICATE-----
";

const REDIRECT: &str = r#"<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.test/sso?a=1&amp;b=2"/>"#;
const POST: &str = r#"<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.test/post"/>"#;

fn descriptor(usage: &str, certificate: &str) -> String {
    format!(
        r#"<md:KeyDescriptor{usage}><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>
            {certificate}
        </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"#
    )
}

fn key(usage: &str, key: &Key) -> String {
    descriptor(usage, &key.certificate_base64())
}

fn entity(entity_id: &str, inside: &str) -> String {
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}" cacheDuration="PT6H" validUntil="2027-01-01T00:00:00Z"><md:IDPSSODescriptor WantAuthnRequestsSigned="true" cacheDuration="PT6H" protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol urn:oasis:names:tc:SAML:2.0:protocol">{inside}</md:IDPSSODescriptor></md:EntityDescriptor>"#
    )
}

fn parse(xml: &str) -> Result<IdentityProvider, crate::saml::Rejected> {
    IdentityProvider::parse(xml.as_bytes(), None)
}

#[test]
fn an_identity_provider_is_read() {
    let keys = [
        key(" use=\"signing\"", &RSA),
        key(" use=\"encryption\"", &EVIL),
        key("", &P256),
        key(" use=\"signing\"", &RSA),
    ];
    let xml = entity(IDP, &format!("{}{POST}{REDIRECT}", keys.concat()));
    let read = parse(&format!("\u{feff}<?xml version=\"1.0\"?>{xml}")).unwrap();
    assert_eq!(read.entity_id, IDP);
    assert_eq!(read.sso_url.as_str(), "https://idp.test/sso?a=1&b=2");
    assert_eq!((read.sso_binding, read.logout), (Binding::Redirect, None));
    let certificates: Vec<&[u8]> = read.signing_certificates.iter().map(Certificate::der).collect();
    assert_eq!(certificates, [RSA.certificate(), P256.certificate()]);
    assert!(read.want_authn_requests_signed);
    assert_eq!(read.valid_until, Timestamp::parse("2027-01-01T00:00:00Z"));
    assert!(!parse(&xml.replace("\"true\"", "\"false\"")).unwrap().want_authn_requests_signed);
}

#[test]
fn one_of_a_federation_is_picked_by_its_name() {
    let one = |id: &str| entity(id, &format!("{}{REDIRECT}", key("", &RSA)));
    let several = format!(
        r#"<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"><md:EntitiesDescriptor>{}</md:EntitiesDescriptor>{}<md:EntityDescriptor entityID="https://sp.test"><md:SPSSODescriptor/></md:EntityDescriptor></md:EntitiesDescriptor>"#,
        one("https://a.test"),
        one("https://b.test")
    );
    let no = parse(&several).unwrap_err();
    assert_eq!((no.code, no.got.as_str()), ("metadata_several", "https://a.test, https://b.test"));
    let pick = |id: &str| IdentityProvider::parse(several.as_bytes(), Some(id));
    assert_eq!(pick("https://b.test").unwrap().entity_id, "https://b.test");
    assert_eq!(pick("https://sp.test").unwrap_err().code, "metadata_refused");
    assert_eq!(
        IdentityProvider::parse(one("https://a.test").as_bytes(), Some("x")).unwrap_err().code,
        "metadata_refused"
    );
}

#[test]
fn both_bindings_and_the_logout_service_are_read() {
    let good = key("", &RSA);
    let read = parse(&entity(IDP, &format!("{good}{POST}"))).unwrap();
    assert_eq!(read.sso_binding, Binding::Post);
    assert_eq!(read.sso_url.as_str(), "https://idp.test/post");
    let logout = |binding: &str, more: &str| {
        format!(
            r#"<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:{binding}" Location="https://idp.test/{binding}"{more}/>"#
        )
    };
    let of = |services: &str| parse(&entity(IDP, &format!("{good}{services}{REDIRECT}"))).unwrap();
    let both = of(&format!("{}{}", logout("HTTP-POST", ""), logout("HTTP-Redirect", "")));
    let both = both.logout.unwrap();
    assert_eq!((both.binding, both.response_url), (Binding::Redirect, None));
    assert_eq!(both.url.as_str(), "https://idp.test/HTTP-Redirect");
    let other = of(&logout("HTTP-POST", r#" ResponseLocation="https://idp.test/done""#));
    let other = other.logout.unwrap();
    assert_eq!(other.binding, Binding::Post);
    assert_eq!(other.response_url.unwrap().as_str(), "https://idp.test/done");
    assert_eq!(of(&logout("SOAP", "")).logout, None);
    assert_eq!(of(&logout("HTTP-POST", "").replace("https:", "javascript:")).logout, None);
}

#[test]
fn a_federation_of_hundreds_is_read() {
    let one = |nth: usize| {
        let id = format!("https://idp{nth}.test/saml");
        entity(&id, &format!("{}{REDIRECT}", key("", &P256)))
            .replace(r#" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata""#, "")
    };
    let all: String = (0..600).map(one).collect();
    let federation = format!(
        r#"<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">{all}</md:EntitiesDescriptor>"#
    );
    assert!(federation.len() < MAX_BYTES, "{}", federation.len());
    let wanted = "https://idp599.test/saml";
    let read = IdentityProvider::parse(federation.as_bytes(), Some(wanted)).unwrap();
    assert_eq!(read.entity_id, wanted);
    assert_eq!(parse(&federation).unwrap_err().code, "metadata_several");
}

#[test]
fn what_is_no_metadata_gets_a_clear_word() {
    let good = format!("{}{REDIRECT}", key("", &RSA));
    let weak = WEAK.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let code = |xml: &str| parse(xml).unwrap_err().code;
    let refused = "metadata_refused";
    assert_eq!(code("<!DOCTYPE html><html></html>"), "metadata_is_html");
    assert_eq!(code("\n <HTML><p>sign in</HTML>"), "metadata_is_html");
    assert_eq!(code("{\"error\":404}"), refused);
    assert_eq!(code(""), refused);
    assert_eq!(code("<a"), refused);
    assert_eq!(code(&format!("<!DOCTYPE x>{}", entity(IDP, &good))), refused);
    assert_eq!(code(&entity(IDP, &good).replace("EntityDescriptor", "Response")), refused);
    assert_eq!(code(&entity(IDP, &good).replace("SAML:2.0:metadata", "SAML:2.0:meta")), refused);
    assert_eq!(code(&entity(IDP, &good).replace("IDPSSO", "SPSSO")), refused);
    assert_eq!(
        code(&entity(IDP, &good).replace(" urn:oasis:names:tc:SAML:2.0:protocol", "")),
        refused
    );
    assert_eq!(code(&entity("", &good)), refused);
    assert_eq!(code(&entity("a b", &good)), refused);
    assert_eq!(code(&entity(IDP, &good.replace("https://idp", "javascript:idp"))), refused);
    let soap = POST.replace("HTTP-POST", "SOAP");
    assert_eq!(
        code(&entity(IDP, &format!("{}{soap}", key("", &RSA)))),
        "metadata_no_sign_in_address"
    );
    assert_eq!(code(&entity(IDP, REDIRECT)), "metadata_no_certificate");
    assert_eq!(
        code(&entity(IDP, &format!("{}{REDIRECT}", key(" use=\"encryption\"", &RSA)))),
        "metadata_no_certificate"
    );
    assert_eq!(code(&entity(IDP, &format!("{}{REDIRECT}", descriptor("", &weak)))), "weak_key");
    assert!(parse(&entity(IDP, &format!("{}{good}", descriptor("", &weak)))).is_ok());
    let private = OURS.key_pem.lines().filter(|it| !it.starts_with('-')).collect::<String>();
    for kept in [private.as_str(), OURS.key_pem.as_str()] {
        let by_mistake = entity(IDP, &format!("{good}{}", descriptor("", kept)));
        let no = parse(&by_mistake).unwrap_err();
        assert_eq!(no.code, "private_key_given");
        assert!(!format!("{no:?}").contains(&private[..40]));
        assert_eq!(Certificate::parse(kept).unwrap_err().code, "private_key_given");
    }
    assert_eq!(code(&" ".repeat(MAX_BYTES + 1)), refused);
    assert_eq!(IdentityProvider::parse(b"<\xff", None).unwrap_err().code, refused);
}

#[test]
fn our_own_metadata() {
    let plain = ServiceProvider {
        entity_id: ENTITY,
        acs_urls: &[format!("{ACS}?a&b")],
        logout_url: None,
        signing: &[],
        encryption: &[],
        sign_requests: false,
        name_id_format: None,
    };
    let xml = service_provider_metadata(&plain);
    insta::assert_snapshot!(xml.replace("><", ">\n<"), @r##"
    <?xml version="1.0" encoding="UTF-8"?>
    <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi" xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute" xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:idpdisc="urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol" entityID="https://kernia.test/sso/saml/metadata/k1">
    <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" WantAssertionsSigned="true" AuthnRequestsSigned="false">
    <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>
    <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://kernia.test/sso/saml/acs/k1?a&amp;b" index="0" isDefault="true">
    </md:AssertionConsumerService>
    </md:SPSSODescriptor>
    </md:EntityDescriptor>
    "##);
}

#[test]
fn our_own_metadata_with_everything() {
    let certificate = OURS.pair.certificate();
    let acs_urls = [ACS.to_owned(), "https://old.test/acs".to_owned()];
    let xml = service_provider_metadata(&ServiceProvider {
        entity_id: "https://kernia.test/?a=1&b=<2>",
        acs_urls: &acs_urls,
        logout_url: Some("https://kernia.test/slo"),
        signing: &[certificate, certificate],
        encryption: &[certificate],
        sign_requests: true,
        name_id_format: Some("urn:oasis:names:tc:SAML:2.0:nameid-format:transient"),
    });
    let base64 = certificate.pem().lines().filter(|it| !it.starts_with('-')).collect::<String>();
    insta::assert_snapshot!(xml.replace(&base64, "…").replace("><", ">\n<"), @r##"
    <?xml version="1.0" encoding="UTF-8"?>
    <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi" xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute" xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:idpdisc="urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol" entityID="https://kernia.test/?a=1&amp;b=&lt;2&gt;">
    <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" WantAssertionsSigned="true" AuthnRequestsSigned="true">
    <md:KeyDescriptor use="signing">
    <ds:KeyInfo>
    <ds:X509Data>
    <ds:X509Certificate>…</ds:X509Certificate>
    </ds:X509Data>
    </ds:KeyInfo>
    </md:KeyDescriptor>
    <md:KeyDescriptor use="signing">
    <ds:KeyInfo>
    <ds:X509Data>
    <ds:X509Certificate>…</ds:X509Certificate>
    </ds:X509Data>
    </ds:KeyInfo>
    </md:KeyDescriptor>
    <md:KeyDescriptor use="encryption">
    <ds:KeyInfo>
    <ds:X509Data>
    <ds:X509Certificate>…</ds:X509Certificate>
    </ds:X509Data>
    </ds:KeyInfo>
    <md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm">
    </md:EncryptionMethod>
    <md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes128-gcm">
    </md:EncryptionMethod>
    <md:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p">
    </md:EncryptionMethod>
    </md:KeyDescriptor>
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://kernia.test/slo">
    </md:SingleLogoutService>
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://kernia.test/slo">
    </md:SingleLogoutService>
    <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat>
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://kernia.test/sso/saml/acs/k1" index="0" isDefault="true">
    </md:AssertionConsumerService>
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://old.test/acs" index="1">
    </md:AssertionConsumerService>
    </md:SPSSODescriptor>
    </md:EntityDescriptor>
    "##);
}

#[test]
fn certificates_in_every_dress() {
    for (key, bits) in [(&*RSA, "RSA"), (&*P256, "P-256"), (&*P384, "P-384")] {
        let certificate = Certificate::parse_der(key.certificate()).unwrap();
        let pem = certificate.pem();
        assert!(pem.lines().all(|line| line.len() <= 64), "{bits}");
        assert_eq!(Certificate::parse_pem(&format!("subject: x\n{pem}\n")).unwrap(), certificate);
        assert_eq!(Certificate::parse(&pem).unwrap(), certificate);
        assert_eq!(Certificate::parse(&key.certificate_base64()).unwrap(), certificate);
        assert_eq!(Certificate::parse_pem(&pem).unwrap().pem(), pem);
        assert_eq!(certificate.fingerprint().len(), 95);
        assert!(certificate.not_before() < certificate.not_after());
    }
}

#[test]
fn certificates_that_may_not_be_taken() {
    let pem = Certificate::parse_der(RSA.certificate()).unwrap().pem();
    let code = |text: &str| Certificate::parse(text).unwrap_err().code;
    let weak = Certificate::parse(WEAK).unwrap_err();
    assert_eq!((weak.code, weak.got.as_str()), ("weak_key", "RSA of 1024 bits"));
    assert_eq!(code(ED25519), "key_unsupported");
    for kind in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
        let both = format!("{pem}-----BEGIN {kind}-----\nAAAA\n-----END {kind}-----\n");
        assert_eq!(code(&both), "private_key_given", "{kind}");
    }
    let unreadable = "certificate_unreadable";
    assert_eq!(code(""), unreadable);
    assert_eq!(code("AAAA"), unreadable);
    assert_eq!(code(&pem[..200]), unreadable);
    assert_eq!(code(&pem.repeat(2)), unreadable);
    assert_eq!(code("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"), unreadable);
    let mut longer = RSA.certificate().to_vec();
    longer.push(0);
    assert_eq!(Certificate::parse_der(&longer).unwrap_err().code, unreadable);
}
