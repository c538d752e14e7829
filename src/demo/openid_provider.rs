//! The company's identity provider once more, speaking OpenID Connect: discovery, keys, codes, ID
//! tokens. It writes and signs its tokens itself and uses nothing of `oidc/`, so the two sides cannot
//! share a mistake.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use super::{employee::Employee, identity_provider::IdentityProvider};
use crate::kit::{chance::Chance, error::Error, secret::Secret, time::Timestamp};

/// Everything of the provider lies below this path; it is the end of its issuer.
pub const PATH: &str = "/demo/op";
/// Where it describes itself.
pub const DISCOVERY_PATH: &str = "/demo/op/.well-known/openid-configuration";
/// Where its keys are.
pub const JWKS_PATH: &str = "/demo/op/jwks";
/// Where people are sent to sign in.
pub const AUTHORIZE_PATH: &str = "/demo/op/authorize";
/// Where codes are exchanged.
pub const TOKEN_PATH: &str = "/demo/op/token";
/// Where an access token tells who somebody is.
pub const USER_INFO_PATH: &str = "/demo/op/userinfo";
/// Where people are sent to sign out.
pub const LOGOUT_PATH: &str = "/demo/op/logout";
/// Kernia's name there.
pub const CLIENT_ID: &str = "kernia-demo";

/// How long a code holds.
const CODE: Duration = Duration::from_mins(1);
/// How long a token holds.
const TOKEN: Duration = Duration::from_mins(10);
/// How many codes and how many tokens are remembered; the oldest goes first.
const KEPT: usize = 256;

/// The provider's memory: its one client's secret, and what it gave out. A restart forgets the rest.
pub struct OpenIdProvider {
    client_secret: Secret,
    codes: Mutex<VecDeque<Grant>>,
    tokens: Mutex<VecDeque<(Secret, String, Timestamp)>>,
}

/// What a code stands for.
pub(super) struct Grant {
    code: Secret,
    employee: String,
    asked: Asked,
    until: Timestamp,
}

/// What an authorization request says.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) code_challenge: Option<String>,
}

/// What a token request says.
pub(super) struct Presented<'a> {
    pub(super) authorization: &'a str,
    pub(super) code: &'a str,
    pub(super) redirect_uri: &'a str,
    pub(super) code_verifier: &'a str,
}

impl OpenIdProvider {
    /// A provider whose one client has this secret.
    #[must_use]
    pub fn new(client_secret: Secret) -> Self {
        Self { client_secret, codes: Mutex::default(), tokens: Mutex::default() }
    }

    /// The discovery document of the provider at this base URL (OIDC Discovery §3).
    #[must_use]
    pub fn document(base: &str) -> Value {
        let at = |path: &str| format!("{base}{path}");
        json!({
            "issuer": at(PATH),
            "authorization_endpoint": at(AUTHORIZE_PATH),
            "token_endpoint": at(TOKEN_PATH),
            "userinfo_endpoint": at(USER_INFO_PATH),
            "end_session_endpoint": at(LOGOUT_PATH),
            "jwks_uri": at(JWKS_PATH),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile", "email"],
            "claims_supported":
                ["sub", "email", "email_verified", "given_name", "family_name", "name", "groups"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    /// A code for this person.
    pub(super) fn grant(
        &self,
        who: &Employee,
        asked: Asked,
        (chance, now): (&Chance, Timestamp),
    ) -> Secret {
        let code = chance.token("");
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        if codes.len() == KEPT {
            codes.pop_front();
        }
        codes.push_back(Grant {
            code: code.clone(),
            employee: who.id.clone(),
            asked,
            until: now + CODE,
        });
        code
    }

    /// What the token endpoint answers (RFC 6749 §5.1), or its word for why not.
    pub(super) fn exchange(
        &self,
        (idp, employees): (&IdentityProvider, &[Employee]),
        base: &str,
        presented: &Presented<'_>,
        (chance, now): (&Chance, Timestamp),
    ) -> Result<Result<Value, &'static str>, Error> {
        if !self.is_client(presented.authorization) {
            return Ok(Err("invalid_client"));
        }
        // A code is good once, whatever comes of it.
        let Some(grant) = self.take(presented.code) else { return Ok(Err("invalid_grant")) };
        let bound = grant.asked.code_challenge.as_deref().is_none_or(|challenge| {
            URL_SAFE_NO_PAD.encode(digest(&SHA256, presented.code_verifier.as_bytes())) == challenge
        });
        if grant.until <= now || !bound || grant.asked.redirect_uri != presented.redirect_uri {
            return Ok(Err("invalid_grant"));
        }
        let Some(who) = employees.iter().find(|one| one.id == grant.employee) else {
            return Ok(Err("invalid_grant"));
        };
        let access_token = chance.token("");
        let mut claims = claims(who);
        claims["iss"] = format!("{base}{PATH}").into();
        claims["aud"] = CLIENT_ID.into();
        claims["iat"] = now.seconds().into();
        claims["auth_time"] = now.seconds().into();
        claims["exp"] = (now + TOKEN).seconds().into();
        let hash = digest(&SHA256, access_token.expose().as_bytes());
        claims["at_hash"] = URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]).into();
        if let Some(nonce) = grant.asked.nonce {
            claims["nonce"] = nonce.into();
        }
        let id_token = signed(idp, &claims)?;
        let answer = json!({
            "access_token": access_token.expose(), "token_type": "Bearer",
            "expires_in": TOKEN.as_secs(), "id_token": id_token, "scope": "openid profile email",
        });
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() == KEPT {
            tokens.pop_front();
        }
        tokens.push_back((access_token, who.id.clone(), now + TOKEN));
        Ok(Ok(answer))
    }

    /// Who the bearer of this token signed in as.
    pub(super) fn user_info(
        &self,
        employees: &[Employee],
        authorization: &str,
        now: Timestamp,
    ) -> Option<Value> {
        let token = authorization.strip_prefix("Bearer ")?;
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, id, _) =
            tokens.iter().find(|(held, _, until)| held.same_as(token) && now < *until)?;
        employees.iter().find(|one| one.id == *id).map(claims)
    }

    fn take(&self, code: &str) -> Option<Grant> {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let at = codes.iter().position(|grant| grant.code.same_as(code))?;
        codes.remove(at)
    }

    /// `client_secret_basic` (RFC 6749 §2.3.1). Neither name nor secret holds a letter that would be
    /// encoded.
    fn is_client(&self, authorization: &str) -> bool {
        let told = authorization.strip_prefix("Basic ").and_then(|text| STANDARD.decode(text).ok());
        let expected = format!("{CLIENT_ID}:{}", self.client_secret.expose());
        told.and_then(|told| String::from_utf8(told).ok())
            .is_some_and(|told| Secret::new(expected).same_as(&told))
    }
}

/// The keys as a set (RFC 7517 §5).
#[must_use]
pub fn jwks(idp: &IdentityProvider) -> Value {
    let (n, e) = idp.modulus_and_exponent();
    json!({ "keys": [{
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": key_id(idp),
        "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e),
    }] })
}

fn key_id(idp: &IdentityProvider) -> String {
    let (n, _) = idp.modulus_and_exponent();
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, &n).as_ref()[..12])
}

/// What the company says of somebody.
fn claims(who: &Employee) -> Value {
    json!({
        "sub": who.id, "email": who.email.as_str(), "email_verified": true,
        "given_name": who.first_name, "family_name": who.last_name,
        "name": format!("{} {}", who.first_name, who.last_name), "groups": who.groups,
    })
}

/// A JSON Web Signature in compact form (RFC 7515 §7.1), RS256.
fn signed(idp: &IdentityProvider, claims: &Value) -> Result<String, Error> {
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": key_id(idp) });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(claims));
    let signature = idp.signature(message.as_bytes())?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// Nothing of what it knows.
impl fmt::Debug for OpenIdProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenIdProvider(…)")
    }
}

#[cfg(test)]
mod tests;
