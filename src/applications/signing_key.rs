//! A client's signing keys: the private half is sealed, the public half is its JSON Web Key Set.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

use super::{Client, sql};
use crate::{
    kit::{
        digest::sha256,
        error::Error,
        id::{Id, Prefixed},
    },
    objects::{JsonWebKey, JsonWebKeys},
    store::{Row, Tx, params},
    vault::{self, Place, Vault},
};

/// Names the rows of `signing_keys`; the id is the `kid` in a token's header.
pub struct SigningKey;

impl Prefixed for SigningKey {
    const PREFIX: &'static str = "key_";
}

/// Gives the client a key that was made outside of the transaction.
pub fn store(
    tx: &Tx<'_>,
    vault: &Vault,
    client: &Id<Client>,
    key: &vault::signing_key::SigningKey,
) -> Result<Id<SigningKey>, Error> {
    let id = tx.id::<SigningKey>();
    let place = Place { table: "signing_keys", column: "private_key", row: id.as_str() };
    let sealed = vault.seal_bytes(&place, key.private_key.expose());
    let certificate = key.certificate.as_slice();
    tx.run(sql::SIGNING_KEY_INSERT, params![&id, client, sealed.as_bytes(), certificate, tx.now])?;
    Ok(id)
}

/// The public keys of a client, newest first.
pub fn public_keys(tx: &Tx<'_>, client: &Id<Client>) -> Result<JsonWebKeys, Error> {
    let keys = tx.list(sql::SIGNING_KEYS_OF_CLIENT, params![client], public_key)?;
    Ok(JsonWebKeys { keys })
}

fn public_key(row: &Row<'_>) -> Result<JsonWebKey, Error> {
    let certificate: Vec<u8> = row.get("certificate")?;
    let (modulus, exponent) = vault::signing_key::rsa_parts(&certificate)
        .ok_or_else(|| row.inconsistent("certificate"))?;
    let thumbprint = sha256(&certificate);
    Ok(JsonWebKey {
        alg: "RS256",
        kty: "RSA",
        usage: "sig",
        kid: row.get::<Id<SigningKey>>("id")?.to_string(),
        n: URL_SAFE_NO_PAD.encode(modulus),
        e: URL_SAFE_NO_PAD.encode(exponent),
        x5c: vec![STANDARD.encode(&certificate)],
        x5t_s256: URL_SAFE_NO_PAD.encode(thumbprint),
    })
}
