//! Tokens by which a client proves who it is, judged as a strict provider does.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// The claims of a token that the key of its name signed.
pub(super) fn signed_by(keys: &[Value], token: &str) -> Option<Value> {
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>().try_into().ok()?;
    let head: Value = serde_json::from_slice(&bytes(header)?).ok()?;
    let key = keys.iter().find(|key| key["kid"] == head["kid"] && key["alg"] == head["alg"])?;
    let part = |name: &str| bytes(key[name].as_str()?);
    let (signed, signature) = (format!("{header}.{payload}"), bytes(signature)?);
    let verified = if key["kty"] == "RSA" {
        let key = RsaPublicKeyComponents { n: part("n")?, e: part("e")? };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
    } else {
        let point = [&[4], part("x")?.as_slice(), part("y")?.as_slice()].concat();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        key.verify(signed.as_bytes(), &signature)
    };
    verified.ok()?;
    serde_json::from_slice(&bytes(payload)?).ok()
}
