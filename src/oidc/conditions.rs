//! Whether what a signed ID token says may be believed, here and now (OIDC Core §3.1.3.7).
//! Each rule is one function; [`believe`] calls them in order.

use std::time::Duration;

use serde_json::{Map, Value as Json};

use super::{
    algorithm::Algorithm,
    hashes,
    id_token::{Claims, Signer, Terms},
    json, metadata,
    rejected::Rejected,
};
use crate::kit::{secret::Secret, time::Timestamp};

/// How far two clocks may be apart.
const SKEW: Duration = Duration::from_mins(2);
/// The longest subject, in characters (OIDC Core §2).
const MAX_SUBJECT: usize = 255;
/// The last second of the year 9999: whatever lies behind is no time.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// Every rule about the claims, in order.
pub(super) fn believe(
    all: Map<String, Json>,
    (algorithm, key_id): (Algorithm, Option<String>),
    signer: &Signer,
    terms: &Terms<'_>,
) -> Result<Claims, Rejected> {
    let issuer = issuer(&all, signer, terms)?;
    audience(&all, terms)?;
    nonce(&all, terms)?;
    let (issued_at, expires_at) = times(&all, terms)?;
    let subject = subject(&all)?;
    let auth_time = auth_time(&all, terms)?;
    hosted_domain(&all, terms)?;
    let bound = [
        ("at_hash", terms.access_token.map(Secret::expose)),
        ("c_hash", terms.code.map(Secret::expose)),
    ];
    for (claim, value) in bound {
        hash(&all, claim, value, algorithm)?;
    }
    let session_id = json::text(&all, "sid").map(str::to_owned);
    Ok(Claims {
        issuer,
        subject,
        session_id,
        auth_time,
        issued_at,
        expires_at,
        algorithm,
        key_id,
        all,
    })
}

/// The token is the provider's. Where many tenants share one, it is the token's own tenant that
/// must have issued it, and that its key must belong to, if the key set says so.
fn issuer(all: &Map<String, Json>, signer: &Signer, terms: &Terms<'_>) -> Result<String, Rejected> {
    let got = json::text(all, "iss").unwrap_or("none");
    let expected = if metadata::is_template(terms.issuer) {
        let tenant = json::text(all, "tid").filter(|tenant| metadata::is_tenant(tenant));
        let tenant =
            tenant.ok_or_else(|| Rejected::new("issuer", "no tenant (`tid`)", terms.issuer))?;
        let bound = signer.issuer.as_deref().map(|it| metadata::for_tenant(it, tenant));
        if let Some(bound) = bound.filter(|bound| bound != got) {
            return Err(Rejected::new("issuer", got, format!("{bound}, whose key signed")));
        }
        metadata::for_tenant(terms.issuer, tenant)
    } else {
        terms.issuer.to_owned()
    };
    if got == expected { Ok(expected) } else { Err(Rejected::new("issuer", got, expected)) }
}

/// The token is for us. Others may be named beside us only where it was issued to us.
fn audience(all: &Map<String, Json>, terms: &Terms<'_>) -> Result<(), Rejected> {
    let us = terms.client_id;
    let audiences: Vec<&str> = match all.get("aud") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(several)) => several
            .iter()
            .map(|it| it.as_str().ok_or_else(|| Rejected::new("audience", "no text", us)))
            .collect::<Result<_, _>>()?,
        _ => Vec::new(),
    };
    if !audiences.contains(&us) {
        let got = if audiences.is_empty() { "none".to_owned() } else { audiences.join(", ") };
        return Err(Rejected::new("audience", got, us));
    }
    match all.get("azp") {
        Some(Json::String(party)) if party == us => Ok(()),
        None | Some(Json::Null) if audiences.iter().all(|it| *it == us) => Ok(()),
        None | Some(Json::Null) => {
            let got = format!("none, with the audiences {}", audiences.join(", "));
            Err(Rejected::new("authorized_party", got, us))
        }
        Some(other) => {
            Err(Rejected::new("authorized_party", other.as_str().unwrap_or("no text"), us))
        }
    }
}

/// Whether the nonce is ours; none when there is none.
pub(super) fn nonce_matched(all: &Map<String, Json>, terms: &Terms<'_>) -> Option<bool> {
    all.get("nonce").map(|nonce| {
        nonce.as_str().is_some_and(|it| !it.is_empty() && hashes::same(it, terms.nonce))
    })
}

fn nonce(all: &Map<String, Json>, terms: &Terms<'_>) -> Result<(), Rejected> {
    match nonce_matched(all, terms) {
        Some(true) => Ok(()),
        Some(false) => Err(Rejected::new("nonce", "another one", "that of this sign-in")),
        None => Err(Rejected::new("nonce", "none", "that of this sign-in")),
    }
}

/// When it was made and until when it holds. How old it may be is for its end to say.
fn times(all: &Map<String, Json>, terms: &Terms<'_>) -> Result<(Timestamp, Timestamp), Rejected> {
    let now = terms.now;
    let missing = |claim: &str| Rejected::new("bad_time", format!("no `{claim}`"), "seconds");
    let expires_at = time(all, "exp")?.ok_or_else(|| missing("exp"))?;
    let issued_at = time(all, "iat")?.ok_or_else(|| missing("iat"))?;
    if expires_at + SKEW <= now {
        return Err(Rejected::new("expired", expires_at.to_string(), format!("after {now}")));
    }
    if issued_at > now + SKEW {
        let got = issued_at.to_string();
        return Err(Rejected::new("issued_in_future", got, format!("not after {now}")));
    }
    if let Some(begins) = time(all, "nbf")?.filter(|begins| *begins > now + SKEW) {
        return Err(Rejected::new("not_yet_valid", begins.to_string(), format!("not after {now}")));
    }
    Ok((issued_at, expires_at))
}

/// A claim that is a number of seconds since 1970 (RFC 7519 §2), whole or not.
fn time(all: &Map<String, Json>, claim: &str) -> Result<Option<Timestamp>, Rejected> {
    let bad = |got: &str| Rejected::new("bad_time", format!("`{claim}`: {got}"), "seconds");
    let seconds = match all.get(claim) {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Number(number)) => number.as_f64().unwrap_or(f64::NAN),
        Some(_) => return Err(bad("no number")),
    };
    if !(0.0..=LAST_SECOND).contains(&seconds) {
        return Err(bad("a number that is no time"));
    }
    // In range, so nothing is lost but fractions of a millisecond.
    #[expect(clippy::cast_possible_truncation, reason = "between 1970 and 9999")]
    Ok(Some(Timestamp::from_millis((seconds * 1000.0) as i64)))
}

fn subject(all: &Map<String, Json>) -> Result<String, Rejected> {
    let refused = |got: &str| Rejected::new("subject", got, "1 to 255 characters");
    let subject = json::text(all, "sub").ok_or_else(|| refused("none"))?;
    let length = subject.chars().take(MAX_SUBJECT + 1).count();
    if subject.trim().is_empty() || length > MAX_SUBJECT {
        return Err(refused(if length > MAX_SUBJECT { "a longer one" } else { "an empty one" }));
    }
    if subject.chars().any(char::is_control) {
        return Err(refused("control characters"));
    }
    Ok(subject.to_owned())
}

/// When the person signed in, which must be known and recent where that was demanded.
fn auth_time(all: &Map<String, Json>, terms: &Terms<'_>) -> Result<Option<Timestamp>, Rejected> {
    let auth_time = time(all, "auth_time")?;
    let Some(max_age) = terms.max_age else { return Ok(auth_time) };
    let expected = || format!("not before {}", terms.now - max_age);
    match auth_time {
        Some(at) if at + max_age + SKEW >= terms.now => Ok(auth_time),
        Some(at) => Err(Rejected::new("reauthentication", at.to_string(), expected())),
        None => Err(Rejected::new("reauthentication", "no `auth_time`", expected())),
    }
}

/// The Google account belongs to one of the domains, where some are set.
fn hosted_domain(all: &Map<String, Json>, terms: &Terms<'_>) -> Result<(), Rejected> {
    if terms.hosted_domains.is_empty() {
        return Ok(());
    }
    let got = json::text(all, "hd");
    let is = |domain: &String| got.is_some_and(|got| domain.eq_ignore_ascii_case(got));
    if terms.hosted_domains.iter().any(is) {
        return Ok(());
    }
    let expected = terms.hosted_domains.join(", ");
    Err(Rejected::new("hosted_domain", got.unwrap_or("none"), expected))
}

/// A hash fits what it was made of, where both are there.
fn hash(
    all: &Map<String, Json>,
    claim: &'static str,
    value: Option<&str>,
    algorithm: Algorithm,
) -> Result<(), Rejected> {
    let (Some(hash), Some(value)) = (all.get(claim), value) else { return Ok(()) };
    let expected = hashes::half_hash(algorithm, value);
    let fits = hash.as_str().is_some_and(|hash| hashes::same(hash, &expected));
    if fits {
        Ok(())
    } else {
        Err(Rejected::new(claim, "another hash", "that of what came with it"))
    }
}
