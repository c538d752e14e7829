//! Keys that sign in Kernia's name: RSA-2048 with a certificate of their own.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize, PublicKeyComponents},
    signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair},
};
use x509_parser::{prelude::FromDer, public_key::PublicKey, x509::SubjectPublicKeyInfo};

use crate::kit::{
    error::{Error, Fault},
    secret::SecretBytes,
    time::Timestamp,
};

/// How long a certificate of ours says that it is good.
const DAYS: i64 = 3650;

/// A fresh key pair. Making one takes a good part of a second: on the CPU pool only.
pub struct SigningKey {
    /// PKCS #8, DER.
    pub private_key: SecretBytes,
    /// X.509, DER: self-signed over the public key.
    pub certificate: Vec<u8>,
}

impl SigningKey {
    /// Makes an RSA-2048 key and a certificate for `common_name`, good from `now` for ten years.
    pub fn generate(common_name: &str, now: Timestamp) -> Result<Self, Error> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(Fault::internal)?;
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(Fault::internal)?;
        let private_key = SecretBytes::new(pkcs8.as_ref().to_vec());
        let certificate = certify(common_name, now, &private_key)?;
        Ok(Self { private_key, certificate })
    }
}

/// A private key, ready to sign.
pub struct Signer(RsaKeyPair);

impl Signer {
    /// Takes a key in PKCS #8, DER.
    pub fn open(private_key: &SecretBytes) -> Result<Self, Error> {
        RsaKeyPair::from_pkcs8(private_key.expose()).map(Self).map_err(Fault::internal)
    }

    /// The RS256 signature of a message (RFC 7518 §3.3). It takes a millisecond: on the CPU pool.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(Fault::internal)?;
        Ok(signature)
    }
}

/// Whether the key in a certificate made this RS256 signature of the message.
#[must_use]
pub fn is_signed(certificate: &[u8], message: &[u8], signature: &[u8]) -> bool {
    rsa_parts(certificate).is_some_and(|(n, e)| {
        PublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    })
}

fn certify(common_name: &str, now: Timestamp, key: &SecretBytes) -> Result<Vec<u8>, Error> {
    let key = rcgen::KeyPair::try_from(key.expose()).map_err(Fault::internal)?;
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, common_name);
    let today =
        time::OffsetDateTime::from_unix_timestamp(now.seconds()).map_err(Fault::internal)?;
    params.not_before = today - time::Duration::days(1);
    params.not_after = today + time::Duration::days(DAYS);
    let certificate = params.self_signed(&key).map_err(Fault::internal)?;
    Ok(certificate.der().to_vec())
}

/// The RSA modulus and exponent in a certificate, as unsigned big-endian integers without leading
/// zeros (RFC 7518 §6.3.1).
#[must_use]
pub fn rsa_parts(certificate: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (_, certificate) = x509_parser::certificate::X509Certificate::from_der(certificate).ok()?;
    let info: &SubjectPublicKeyInfo<'_> = &certificate.tbs_certificate.subject_pki;
    match info.parsed().ok()? {
        PublicKey::RSA(rsa) => Some((trimmed(rsa.modulus), trimmed(rsa.exponent))),
        _ => None,
    }
}

fn trimmed(integer: &[u8]) -> Vec<u8> {
    integer.iter().copied().skip_while(|byte| *byte == 0).collect()
}
