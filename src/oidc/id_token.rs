//! The heart: an ID token becomes [`Verified`] [`Claims`] or a [`Rejected`] (OIDC Core §3.1.3.7).
//! [`verify`] is the list of all rules in their order.

use std::time::Duration;

use aws_lc_rs::hmac;
use serde_json::{Map, Value as Json};

use super::{
    algorithm::Algorithm, conditions, journal::Journal, json, jws, keys::Keys, rejected::Rejected,
};
use crate::kit::{secret::Secret, time::Timestamp};

/// What one connection demands of an ID token, and on what occasion.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The provider's issuer, compared byte for byte; Entra's may hold `{tenantid}`.
    pub issuer: &'a str,
    /// Our name at the provider.
    pub client_id: &'a str,
    /// The algorithms that are taken. A symmetric one counts only where it is the only one.
    pub algorithms: &'a [Algorithm],
    /// The provider's keys.
    pub keys: &'a Keys,
    /// The secret that a symmetric signature is made with.
    pub client_secret: Option<&'a Secret>,
    /// The nonce of the sign-in that this browser began.
    pub nonce: &'a str,
    /// The access token that came with the ID token.
    pub access_token: Option<&'a Secret>,
    /// The code that was exchanged.
    pub code: Option<&'a Secret>,
    /// The Google domains that an account may belong to; with none, nobody asks.
    pub hosted_domains: &'a [String],
    /// How long ago the person may have signed in at the provider, where that was demanded.
    pub max_age: Option<Duration>,
    /// The present time.
    pub now: Timestamp,
}

/// What a verified ID token says (OIDC Core §2).
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    /// The issuer, the tenant's where several share a provider.
    pub issuer: String,
    /// Who it is about: the provider's own name for the person, the same for ever.
    pub subject: String,
    /// The provider's name for its session.
    pub session_id: Option<String>,
    /// When the person signed in at the provider, where it says so.
    pub auth_time: Option<Timestamp>,
    /// When the token was made.
    pub issued_at: Timestamp,
    /// Until when it holds.
    pub expires_at: Timestamp,
    /// What it is signed with.
    pub algorithm: Algorithm,
    /// The name of the key that signed it.
    pub key_id: Option<String>,
    /// Every claim, those above among them, and those of the userinfo endpoint once they came.
    pub all: Map<String, Json>,
}

/// Something that was verified against [`Terms`]; nothing outside of this kernel makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// Only what has passed every rule may be given.
    pub(super) fn new(what: T) -> Self {
        Self(what)
    }

    /// What was verified.
    #[must_use]
    pub fn get(&self) -> &T {
        &self.0
    }

    pub(super) fn into_inner(self) -> T {
        self.0
    }
}

/// Judges an ID token, rule by rule; the first one broken is the one told.
///
/// `journal` is filled either way. Run it on a CPU worker. A refusal with the code `kid_unknown`
/// is a reason to read the provider's keys anew, once, and to ask again.
pub fn verify(
    token: &str,
    terms: &Terms<'_>,
    journal: &mut Journal,
) -> Result<Verified<Claims>, Rejected> {
    let parts = journal.step("decode", jws::split(token))?;
    journal.seen.read_header(&parts.header.algorithm, parts.header.key_id.as_deref());
    let claims = json::object(&parts.payload).map_err(|why| {
        Rejected::new("id_token_malformed", format!("claims: {why}"), "a JSON object")
    });
    if let Ok(claims) = &claims {
        journal.seen.read_claims(claims);
        journal.seen.nonce_matched = conditions::nonce_matched(claims, terms);
    }
    let algorithm = journal.step("algorithm", algorithm(&parts.header.algorithm, terms))?;
    let signer = journal.step("signature", signature(&parts, algorithm, terms))?;
    journal.seen.verified = true;
    let all = journal.step("claims", claims)?;
    let believed = conditions::believe(all, (algorithm, parts.header.key_id), &signer, terms);
    journal.step("conditions", believed).map(Verified::new)
}

/// The algorithm, when this connection takes it.
fn algorithm(name: &str, terms: &Terms<'_>) -> Result<Algorithm, Rejected> {
    let allowed = || {
        let names: Vec<&str> = terms.algorithms.iter().map(|it| it.as_str()).collect();
        names.join(", ")
    };
    // Written in any case, as an attacker would.
    if name.eq_ignore_ascii_case("none") {
        return Err(Rejected::new("unsigned", name, allowed()));
    }
    let taken = Algorithm::parse(name).filter(|algorithm| {
        let named = terms.algorithms.contains(algorithm);
        named && (!algorithm.is_symmetric() || terms.algorithms == [*algorithm])
    });
    taken.ok_or_else(|| Rejected::new("algorithm_not_allowed", name, allowed()))
}

/// Who signed, as far as the key set says more than the key.
#[derive(Debug, Default)]
pub(super) struct Signer {
    /// The issuer that the key is bound to.
    pub(super) issuer: Option<String>,
}

fn signature(
    parts: &jws::Parts<'_>,
    algorithm: Algorithm,
    terms: &Terms<'_>,
) -> Result<Signer, Rejected> {
    let invalid = || Rejected::new("signature_invalid", algorithm.as_str(), "a signature");
    if algorithm.is_symmetric() {
        let secret = terms.client_secret.map(Secret::expose).filter(|it| !it.is_empty());
        let secret = secret.ok_or_else(|| {
            Rejected::new(
                "algorithm_not_allowed",
                algorithm.as_str(),
                "a client secret to check it",
            )
        })?;
        let hash = match algorithm {
            Algorithm::HS384 => hmac::HMAC_SHA384,
            Algorithm::HS512 => hmac::HMAC_SHA512,
            _ => hmac::HMAC_SHA256,
        };
        let key = hmac::Key::new(hash, secret.as_bytes());
        return hmac::verify(&key, parts.signed, &parts.signature)
            .map(|()| Signer::default())
            .map_err(|_| invalid());
    }
    let fitting = terms.keys.fitting(algorithm, parts.header.key_id.as_deref())?;
    let signer = fitting.iter().find(|key| key.verifies(parts.signed, &parts.signature));
    let signer = signer.ok_or_else(invalid)?;
    Ok(Signer { issuer: signer.issuer.map(str::to_owned) })
}
