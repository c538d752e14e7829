//! A customer's identity provider: metadata, and answers to our requests, signed by its key.

use std::sync::{
    LazyLock,
    atomic::{AtomicU32, Ordering},
};

use kernia::kit::time::Timestamp;
use serde_json::Value;

use super::Asked;
use crate::idp::{Answer, Key, Question, Signer, form_value};

/// Keys take a while to make: all tests share two.
static FIRST: LazyLock<Key> = LazyLock::new(Key::rsa);
static SECOND: LazyLock<Key> = LazyLock::new(Key::rsa);
/// Numbers the answers, for each has an ID of its own.
static NTH: AtomicU32 = AtomicU32::new(1);

/// A company's identity provider.
#[derive(Clone, Copy)]
pub(crate) struct IdentityProvider {
    pub(crate) key: &'static Key,
    pub(crate) entity_id: &'static str,
}

impl IdentityProvider {
    /// The address that employees are sent to.
    pub(crate) const SSO_URL: &str = "https://idp.acme.test/sso";

    /// Acme's.
    pub(crate) fn acme() -> Self {
        Self { key: &FIRST, entity_id: "https://idp.acme.test/metadata" }
    }

    /// Somebody else's, with another key.
    pub(crate) fn another() -> Self {
        Self { key: &SECOND, entity_id: "https://idp.other.test/metadata" }
    }

    pub(crate) fn certificate_pem(&self) -> String {
        pem(&self.key.certificate_base64())
    }

    pub(crate) fn metadata(&self) -> String {
        metadata(self.entity_id, &self.key.certificate_base64())
    }

    /// An honest answer for this person, to be signed or spoiled.
    pub(crate) fn answer(&self, asked: &Asked, who: &str, now: Timestamp) -> Answer {
        let until = now + std::time::Duration::from_mins(5);
        let mut answer = Answer::new(&Question {
            identity_provider: self.entity_id,
            request_id: &asked.id,
            acs_url: &asked.acs_url,
            audience: &asked.issuer,
            name_id: who,
            now: &now.to_seconds_text(),
            until: &until.to_seconds_text(),
        });
        let nth = NTH.fetch_add(1, Ordering::Relaxed);
        answer.response_id = format!("_response{nth}");
        answer.assertion_id = format!("_assertion{nth}");
        answer
    }

    /// An honest answer that nobody asked for, at this connection: without `InResponseTo`.
    pub(crate) fn unasked(&self, connection: &Value, who: &str, now: Timestamp) -> Answer {
        let mut answer = self.answer(&Asked::unasked(connection), who, now);
        answer.in_response_to = String::new();
        answer.subject = answer.subject.replace(" InResponseTo=\"\"", "");
        answer
    }

    /// The form value of an answer with a signed assertion.
    pub(crate) fn signs(&self, answer: &Answer) -> String {
        form_value(&answer.assertion_signed(&Signer::new(self.key)))
    }

    /// An honest, signed answer.
    pub(crate) fn vouches(&self, asked: &Asked, who: &str, now: Timestamp) -> String {
        self.signs(&self.answer(asked, who, now))
    }
}

/// Metadata with this certificate.
pub(crate) fn metadata(entity_id: &str, certificate: &str) -> String {
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{}"/></md:IDPSSODescriptor></md:EntityDescriptor>"#,
        IdentityProvider::SSO_URL
    )
}

/// PEM around the base64 of a certificate.
pub(crate) fn pem(base64: &str) -> String {
    let mut text = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in base64.as_bytes().chunks(64) {
        text.push_str(std::str::from_utf8(line).unwrap());
        text.push('\n');
    }
    text + "-----END CERTIFICATE-----\n"
}
