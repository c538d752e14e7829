//! `id_token_hint`: an ID token of ours that a client brings back. It may be long over (RP-Initiated
//! Logout §2); only its signature says that it is ours.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::{Key, Session};
use crate::{applications::Client, kit::id::Id, sso::Profile};

/// The longest hint that is looked at, in bytes.
const MAX_LEN: usize = 64 * 1024;

/// What a hint says.
#[derive(Debug, Clone)]
pub struct Hint {
    /// For whom it was issued.
    pub client: Id<Client>,
    /// About whom.
    pub profile: Id<Profile>,
    /// In which session.
    pub session: Id<Session>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
}

impl Hint {
    /// Takes a token that one of these keys signed in the name of this issuer. It takes some
    /// microseconds of the processor, whoever brings it.
    #[must_use]
    pub fn parse(token: &str, issuer: &str, keys: &[Key]) -> Option<Self> {
        if token.len() > MAX_LEN {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
        let key = keys.iter().find(|key| key.id.as_str() == header.kid)?;
        if header.alg != "RS256" || !key.has_signed(message.as_bytes(), &decode(signature)?) {
            return None;
        }
        let claims: Claims = serde_json::from_slice(&decode(claims)?).ok()?;
        if claims.iss != issuer {
            return None;
        }
        Some(Self {
            client: Id::parse(&claims.aud).ok()?,
            profile: Id::parse(&claims.sub).ok()?,
            session: Id::parse(&claims.sid).ok()?,
        })
    }
}
