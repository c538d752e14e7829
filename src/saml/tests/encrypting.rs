//! The encrypting side of an identity provider, written after what the field's products send.
//! Content is encrypted by `bergshamra` and keys by AWS-LC: neither is Kernia's opening side.

use std::sync::LazyLock;

use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPublicEncryptingKey,
    PublicEncryptingKey,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::crypto::cipher;

use crate::{kit::secret::SecretBytes, saml::key_pair::KeyPair};

pub(super) const MGF1P: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
pub(super) const OAEP11: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
pub(super) const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";
pub(super) const XENC11: &str = "http://www.w3.org/2009/xmlenc11#";

/// A key pair of ours, and what somebody else knows of it.
pub(super) struct Ours {
    pub(super) pair: KeyPair,
    pub(super) key_pem: String,
    pub(super) certificate_pem: String,
    spki: Vec<u8>,
}

pub(super) static OURS: LazyLock<Ours> = LazyLock::new(Ours::fresh);
/// The one before; it still opens.
pub(super) static OLD: LazyLock<Ours> = LazyLock::new(Ours::fresh);
/// Nobody's here.
pub(super) static THEIRS: LazyLock<Ours> = LazyLock::new(Ours::fresh);

impl Ours {
    fn fresh() -> Self {
        use rcgen::PublicKeyData as _;
        let size = rcgen::RsaKeySize::_2048;
        let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size).unwrap();
        let parameters = rcgen::CertificateParams::new(vec!["kernia.test".to_owned()]).unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let private = SecretBytes::new(key.serialize_der());
        Self {
            pair: KeyPair::from_der(private, certificate.der()).unwrap(),
            key_pem: key.serialize_pem(),
            certificate_pem: certificate.pem(),
            spki: key.subject_public_key_info(),
        }
    }
}

/// Where the encrypted key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the `KeyInfo` of the data.
    Inside,
    /// Beside the data.
    Beside,
    /// Beside the data, which points to it.
    Retrieved,
}

/// How an Assertion is encrypted; `new` is what most providers do.
#[derive(Clone, Copy)]
pub(super) struct Sealer<'s> {
    pub(super) cipher: &'s str,
    pub(super) transport: &'s str,
    /// What stands in the transport's `EncryptionMethod`.
    pub(super) parameters: &'s str,
    pub(super) oaep: &'static OaepAlgorithm,
    pub(super) label: Option<&'s [u8]>,
    pub(super) place: Place,
    pub(super) to: &'s Ours,
}

impl Sealer<'_> {
    pub(super) fn new(cipher: &'static str) -> Self {
        Self {
            cipher,
            transport: MGF1P,
            parameters: "",
            oaep: &OAEP_SHA1_MGF1SHA1,
            label: None,
            place: Place::Inside,
            to: &OURS,
        }
    }

    /// The wrapped form of a session key.
    pub(super) fn wrap(&self, session: &[u8]) -> Vec<u8> {
        let key = PublicEncryptingKey::from_der(&self.to.spki).unwrap();
        let key = OaepPublicEncryptingKey::new(key).unwrap();
        let mut room = vec![0; key.ciphertext_size()];
        key.encrypt(self.oaep, session, &mut room, self.label).unwrap().to_vec()
    }

    /// The `EncryptedAssertion` of this text.
    pub(super) fn seal(&self, plain: &str) -> String {
        let cipher = cipher::from_uri(self.cipher).unwrap();
        let session = vec![7; cipher.key_size()];
        self.around(&self.wrap(&session), &cipher.encrypt(&session, plain.as_bytes()).unwrap())
    }

    /// The `EncryptedAssertion` of these bytes, whatever they are.
    pub(super) fn around(&self, wrapped_key: &[u8], ciphertext: &[u8]) -> String {
        let Self { cipher, transport, parameters, place, .. } = self;
        let (wrapped_key, ciphertext) = (STANDARD.encode(wrapped_key), STANDARD.encode(ciphertext));
        // Canonical as it stands: each namespace is declared where it is used first.
        let own = if *place == Place::Inside {
            String::new()
        } else {
            format!(r#" xmlns:xenc="{XENC}""#)
        };
        let key = format!(
            r#"<xenc:EncryptedKey{own} Id="_key"><xenc:EncryptionMethod Algorithm="{transport}">{parameters}</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>{wrapped_key}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>"#
        );
        let pointer = format!(
            r##"<ds:RetrievalMethod Type="{XENC}EncryptedKey" URI="#_key"></ds:RetrievalMethod>"##
        );
        let ds = r#"xmlns:ds="http://www.w3.org/2000/09/xmldsig#""#;
        let (info, beside) = match place {
            Place::Inside => (format!("<ds:KeyInfo {ds}>{key}</ds:KeyInfo>"), String::new()),
            Place::Beside => (String::new(), key),
            Place::Retrieved => (format!("<ds:KeyInfo {ds}>{pointer}</ds:KeyInfo>"), key),
        };
        format!(
            r#"<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="{XENC}" Id="_data" Type="{XENC}Element"><xenc:EncryptionMethod Algorithm="{cipher}"></xenc:EncryptionMethod>{info}<xenc:CipherData><xenc:CipherValue>{ciphertext}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>{beside}</saml:EncryptedAssertion>"#
        )
    }
}

/// OAEP with SHA-256 on both places, as XML Encryption 1.1 writes it.
pub(super) fn sha256(cipher: &'static str) -> Sealer<'static> {
    Sealer {
        transport: OAEP11,
        parameters: r#"<ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><xenc11:MGF xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" Algorithm="http://www.w3.org/2009/xmlenc11#mgf1sha256"></xenc11:MGF>"#,
        oaep: &OAEP_SHA256_MGF1SHA256,
        ..Sealer::new(cipher)
    }
}
