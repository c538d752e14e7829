//! A SAML identity provider for demonstrations: its own key, its own metadata, its own answers.
//! It writes XML that is canonical already and signs that text; of `saml/` it uses only what reads
//! a request, never what verifies, so the two sides cannot share a mistake.

use std::fmt;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa,
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, KeyUsagePurpose, RsaKeySize};
use time::{Duration, OffsetDateTime};

use self::canonical::{attribute, text};
use super::employee::Employee;
use crate::{
    kit::{
        chance::Chance,
        error::{Error, Fault},
        secret::Secret,
        time::Timestamp,
    },
    saml::request::AuthnRequest,
};

mod canonical;
mod response;
mod signature;

/// The name of the identity provider. It holds no address, so it outlives a change of port.
pub const ENTITY_ID: &str = "urn:kernia:demo:identity-provider";

/// The identity provider: a key and the certificate that shows its public half.
pub struct IdentityProvider {
    key: rsa::KeyPair,
    private_key: Secret,
    certificate: Vec<u8>,
}

impl IdentityProvider {
    /// A new one: RSA with 2048 bits, a self-signed certificate for ten years.
    pub fn generate(now: Timestamp) -> Result<Self, Error> {
        let failed = |error: rcgen::Error| Fault::internal(format!("demo certificate: {error}"));
        let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048);
        let key = key.map_err(failed)?;
        let today = OffsetDateTime::from_unix_timestamp(now.seconds()).map_err(Fault::internal)?;
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, "Kernia demo identity provider");
        let mut params = CertificateParams::default();
        params.distinguished_name = name;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.not_before = today - Duration::days(1);
        params.not_after = today + Duration::days(3650);
        let certificate = params.self_signed(&key).map_err(failed)?.der().to_vec();
        Self::of(Secret::new(key.serialize_pem()), certificate)
    }

    /// The one of before, from what [`Self::private_key`] and [`Self::certificate_pem`] gave.
    pub fn from_pem(private_key: Secret, certificate: &str) -> Result<Self, Error> {
        let (_, pem) = x509_parser::pem::parse_x509_pem(certificate.as_bytes())
            .map_err(|error| Fault::internal(format!("demo certificate: {error}")))?;
        Self::of(private_key, pem.contents)
    }

    fn of(private_key: Secret, certificate: Vec<u8>) -> Result<Self, Error> {
        // The reason may quote the key: it stays here.
        let failed = || Fault::internal("the demo's private key does not parse");
        let pkcs8 = KeyPair::from_pem(private_key.expose()).map_err(|_| failed())?;
        let key = rsa::KeyPair::from_pkcs8(pkcs8.serialized_der()).map_err(|_| failed())?;
        Ok(Self { key, private_key, certificate })
    }

    /// The private key in PEM (PKCS#8); the caller stores it sealed.
    #[must_use]
    pub fn private_key(&self) -> &Secret {
        &self.private_key
    }

    /// The certificate in PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        let base64 = STANDARD.encode(&self.certificate);
        let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
        for line in base64.as_bytes().chunks(64) {
            pem.extend(line.iter().copied().map(char::from));
            pem.push('\n');
        }
        pem + "-----END CERTIFICATE-----\n"
    }

    /// The metadata that a relying party is given.
    #[must_use]
    pub fn metadata(&self, sso_url: &str) -> String {
        format!(
            r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}"><md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{sso_url}"></md:SingleSignOnService></md:IDPSSODescriptor></md:EntityDescriptor>"#,
            entity_id = attribute(ENTITY_ID),
            certificate = text(&STANDARD.encode(&self.certificate)),
            sso_url = attribute(sso_url),
        )
    }

    /// An RSA signature over this, with SHA-256 (PKCS#1 v1.5).
    pub(super) fn signature(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Fault::internal("the demo's identity provider cannot sign"))?;
        Ok(signature)
    }

    /// The public half of its key, as big-endian numbers.
    #[must_use]
    pub(super) fn modulus_and_exponent(&self) -> (Vec<u8>, Vec<u8>) {
        let key = self.key.public_key();
        let (n, e) = (key.modulus(), key.exponent());
        (n.big_endian_without_leading_zero().to_vec(), e.big_endian_without_leading_zero().to_vec())
    }

    /// The answer to `request`: this is `employee`. In base64, as the form carries it.
    pub fn answer(
        &self,
        request: &AuthnRequest,
        employee: &Employee,
        now: Timestamp,
        chance: &Chance,
    ) -> Result<String, Error> {
        let xml = response::write(self, request, employee, now, chance)?;
        Ok(STANDARD.encode(xml))
    }
}

/// The public half only.
impl fmt::Debug for IdentityProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityProvider")
            .field("key", self.key.public_key())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
