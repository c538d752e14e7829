//! A client's signing key: RSA, sealed; the public half is its JSON Web Key Set.

use aws_lc_rs::{
    encoding::AsDer,
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

use super::{Client, sql};
use crate::{
    kit::{
        error::{Error, Fault},
        id::{Id, Prefixed},
    },
    objects::{JsonWebKey, JsonWebKeys},
    store::{Row, Tx, params},
    vault::{Place, Vault},
};

/// A key that was made and is not stored yet. Making one takes a good part of a second of
/// processor time: on the CPU pool, never in a transaction.
pub struct Fresh {
    private_key: zeroize::Zeroizing<Vec<u8>>,
    certificate: Vec<u8>,
}

/// Names the rows of `signing_keys`.
pub struct SigningKey;

impl Prefixed for SigningKey {
    const PREFIX: &'static str = "key_";
}
