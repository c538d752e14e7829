//! Keys of ours at a connection that the customer brings along, in PEM.

use serde::Deserialize;

use super::name;
use crate::{
    faces::workos::shape::{Faults, field},
    kit::{
        error::{Error, Refused},
        secret::Secret,
    },
    saml::{Certificate, KeyPair, Rejected},
    sso::key_pair::{NewKeyPair, Purpose},
};

/// The most encryption keys that come at once.
const MOST: usize = 10;

/// A private key and its certificate, both in PEM.
#[derive(Deserialize)]
pub(in crate::faces::workos) struct PemPair {
    #[serde(deserialize_with = "secret")]
    key: Secret,
    cert: String,
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

fn refused(of: &str, no: &Rejected) -> Error {
    Refused::field(of, no.code, format!("{} ({no})", no.reason()))
}

/// A certificate under the field's name.
pub(in crate::faces::workos) fn certificate(of: &str, text: &str) -> Result<Certificate, Error> {
    Certificate::parse(text).map_err(|no| refused(of, &no))
}

/// A key that a customer brings along, for a purpose, under the field's name.
pub(in crate::faces::workos) fn brought_pair(
    of: &str,
    purpose: Purpose,
    pair: &PemPair,
) -> Result<NewKeyPair, Error> {
    KeyPair::parse(pair.key.expose(), &pair.cert)
        .map_err(|no| refused(of, &no))
        .and_then(|pair| field(of, NewKeyPair::new(purpose, pair)))
}

/// The pairs that were given, or every one that may not stand.
pub(super) fn given(
    signing: Option<&PemPair>,
    encryption: &[PemPair],
    faults: &mut Faults,
) -> Result<Vec<NewKeyPair>, Error> {
    if encryption.len() > MOST {
        let why = format!("there are at most {MOST}");
        let no = Refused::field(&name("sp_encryption_key_pairs"), "too_many_key_pairs", why);
        faults.note::<()>(Err(no))?;
        return Ok(Vec::new());
    }
    let signing = signing.map(|pair| ("sp_signing_key_pair", Purpose::Signing, pair));
    let encryption =
        encryption.iter().map(|pair| ("sp_encryption_key_pairs", Purpose::Encryption, pair));
    let mut taken = Vec::new();
    for (of, purpose, pair) in signing.into_iter().chain(encryption) {
        taken.extend(faults.note(brought_pair(&name(of), purpose, pair))?);
    }
    Ok(taken)
}
