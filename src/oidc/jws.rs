//! Compact JSON Web Signatures (RFC 7515 §7.1): the three parts and the header, before anything is
//! believed.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Map, Value as Json};

use super::{json, rejected::Rejected};

/// The largest token, in bytes.
pub(super) const MAX_TOKEN: usize = 64 * 1024;
/// The largest header, in bytes of base64url.
const MAX_HEADER: usize = 8 * 1024;

/// base64url without padding, and nothing beside it (RFC 7515 §2).
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// A token taken apart; nothing of it is verified.
pub(super) struct Parts<'a> {
    pub(super) header: Header,
    /// What the signature covers.
    pub(super) signed: &'a [u8],
    pub(super) payload: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

/// The members of a header that anything is made of. All others are ignored, the keys and
/// addresses of keys among them: `jwk`, `jku`, `x5c`, `x5u`.
pub(super) struct Header {
    pub(super) algorithm: String,
    pub(super) key_id: Option<String>,
}

/// What a token's header says, before anything is verified: good for asking whether its key is
/// known, and for nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peeked {
    /// The algorithm.
    pub alg: String,
    /// The name of the key.
    pub kid: Option<String>,
}

/// Looks at a token's header without verifying anything; none when it has none.
#[must_use]
pub fn peek(token: &str) -> Option<Peeked> {
    if token.len() > MAX_TOKEN {
        return None;
    }
    let header = Header::parse(token.split('.').next()?).ok()?;
    Some(Peeked { alg: header.algorithm, kid: header.key_id })
}

/// Takes a token apart.
pub(super) fn split(token: &str) -> Result<Parts<'_>, Rejected> {
    if token.len() > MAX_TOKEN {
        let got = format!("{} bytes", token.len());
        return Err(Rejected::new("id_token_too_large", got, "at most 65,536"));
    }
    let mut pieces = [""; 3];
    let mut count = 0;
    for piece in token.split('.') {
        if let Some(place) = pieces.get_mut(count) {
            *place = piece;
        }
        count += 1;
    }
    if count == 5 {
        return Err(Rejected::new("id_token_encrypted", "five parts", "a signed token"));
    }
    if count != 3 {
        return Err(malformed(format!("{count} parts")));
    }
    let [header, payload, signature] = pieces;
    let signed = &token.as_bytes()[..header.len() + 1 + payload.len()];
    Ok(Parts {
        header: Header::parse(header)?,
        signed,
        payload: decode(payload, "payload")?,
        signature: decode(signature, "signature")?,
    })
}

fn decode(piece: &str, name: &str) -> Result<Vec<u8>, Rejected> {
    BASE64URL.decode(piece).map_err(|_| malformed(format!("a {name} that is not base64url")))
}

impl Header {
    fn parse(piece: &str) -> Result<Self, Rejected> {
        if piece.len() > MAX_HEADER {
            return Err(malformed("a header of more than 8 kB".to_owned()));
        }
        let bytes = decode(piece, "header")?;
        let map = json::object(&bytes).map_err(|why| malformed(format!("a header: {why}")))?;
        if map.contains_key("enc") {
            return Err(Rejected::new("id_token_encrypted", "`enc`", "a signed token"));
        }
        if let Some(critical) = map.get("crit") {
            let got = names(critical);
            return Err(Rejected::new("critical_header", got, "no `crit`"));
        }
        // Detached or unencoded payloads (RFC 7797) have to be listed in `crit`, and never are here.
        let algorithm = json::text(&map, "alg")
            .ok_or_else(|| malformed("a header without `alg`".to_owned()))?
            .to_owned();
        Ok(Self { algorithm, key_id: key_id(&map)? })
    }
}

fn key_id(map: &Map<String, Json>) -> Result<Option<String>, Rejected> {
    match map.get("kid") {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(kid)) => Ok(Some(kid.clone())),
        Some(_) => Err(malformed("a `kid` that is no text".to_owned())),
    }
}

fn names(critical: &Json) -> String {
    let list = critical.as_array().map(Vec::as_slice).unwrap_or_default();
    let names: Vec<&str> = list.iter().filter_map(Json::as_str).collect();
    format!("`crit`: {}", names.join(", "))
}

fn malformed(got: String) -> Rejected {
    Rejected::new("id_token_malformed", got, "a signed token in compact form")
}
