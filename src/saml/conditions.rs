//! Rules 17 to 31: whether what a verified Assertion says may be believed, here and now.
//! Each rule is one function; `response.rs` calls them in order.

use std::time::Duration;

use super::{
    claims::{BEARER, Claims, Confirmation, Issuer, MAX_ATTRIBUTES, NameId, Statement},
    envelope::Envelope,
    rejected::Rejected,
    response::{Pending, Presented, Unsolicited},
    trust::Trust,
};
use crate::kit::time::Timestamp;

/// How far two clocks may be apart (rules 24, 28).
const SKEW: Duration = Duration::from_mins(3);
/// How old a response may be (rule 28).
const MAX_AGE: Duration = Duration::from_hours(1);
/// How long a sign-in may take between our request and the response (rule 22).
pub(super) const MAX_PENDING: Duration = Duration::from_mins(15);
/// The longest `NameID`, in characters (rule 30).
const MAX_NAME: usize = 256;
/// The most values of all attributes, the longest value in bytes (rule 31).
const MAX_VALUES: (usize, usize) = (2_000, 4_096);

const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";

/// Rule 17: both are of version 2.0 (SAML Core §4.1).
pub(super) fn version(envelope: &Envelope, claims: &Claims) -> Result<(), Rejected> {
    for version in [&envelope.version, &claims.version] {
        if version.as_deref() != Some("2.0") {
            let got = version.as_deref().unwrap_or("none");
            return Err(Rejected::new(17, "version", got, "2.0"));
        }
    }
    Ok(())
}

/// Rule 18: both come from the connection's identity provider, byte for byte.
pub(super) fn issuer(envelope: &Envelope, claims: &Claims, trust: &Trust) -> Result<(), Rejected> {
    // A Response need not say it, but if it does, it says the same.
    if !envelope.issuers.is_empty() {
        from_provider(&envelope.issuers, trust)?;
    }
    from_provider(&claims.issuers, trust)
}

/// Rule 18 for one message: exactly one Issuer, the connection's identity provider.
pub(super) fn from_provider(issuers: &[Issuer], trust: &Trust) -> Result<(), Rejected> {
    let refused = |got: &str| Rejected::new(18, "issuer", got, trust.identity_provider());
    if issuers.len() != 1 {
        return Err(refused(&format!("{} issuers", issuers.len())));
    }
    for issuer in issuers {
        if issuer.value != trust.identity_provider() {
            return Err(refused(&issuer.value));
        }
        if issuer.format.as_deref().is_some_and(|format| format != ENTITY) {
            return Err(refused("a name of another format than entity"));
        }
    }
    Ok(())
}

/// Rule 19, as [`Envelope::read`] found it.
pub(super) fn succeeded(envelope: &Envelope) -> Result<(), Rejected> {
    envelope.refusal.clone().map_or(Ok(()), Err)
}

/// Rule 20: a Destination is one of our addresses; a signed Response must have one.
pub(super) fn destination(envelope: &Envelope, trust: &Trust) -> Result<(), Rejected> {
    match &envelope.destination {
        Some(destination) if trust.acs_urls().contains(destination) => Ok(()),
        None if !envelope.signed => Ok(()),
        other => {
            let got = other.as_deref().unwrap_or("none on a signed response");
            Err(Rejected::new(20, "destination", got, trust.acs_urls().join(", ")))
        }
    }
}

/// What rules 21 to 23 found.
pub(super) struct Confirmed<'p> {
    /// The request that is answered, if one is.
    pub(super) pending: Option<&'p Pending>,
    /// When the last of all bearer confirmations ends: until then another one may still pass.
    pub(super) not_on_or_after: Timestamp,
}

/// Rules 21 to 23: at least one bearer confirmation passes all of them. When none does, the one
/// that came furthest tells the reason.
pub(super) fn confirmation<'p>(
    envelope: &Envelope,
    claims: &Claims,
    trust: &Trust,
    presented: &Presented<'p>,
) -> Result<Confirmed<'p>, Rejected> {
    let now = presented.now;
    let none = envelope.in_response_to.is_none()
        && claims.confirmations.iter().all(|it| it.in_response_to.is_none());
    let mut worst = Rejected::new(21, "confirmation", "none", "a bearer confirmation with data");
    let mut furthest = 0;
    for confirmation in bearers(claims) {
        let outcome = presented_here(confirmation, trust)
            .and_then(|()| in_time(confirmation, now))
            .and_then(|until| {
                let pending = match presented.unsolicited {
                    Unsolicited::Accepted if none => None,
                    Unsolicited::Refused if none => return Err((9, unsolicited())),
                    _ => Some(answers(envelope, confirmation, presented).map_err(|no| (8, no))?),
                };
                let ends = bearers(claims).filter_map(|it| it.not_on_or_after.as_deref());
                let ends = ends.filter_map(|text| time(21, text).ok());
                Ok(Confirmed { pending, not_on_or_after: ends.fold(until, Timestamp::max) })
            });
        match outcome {
            Ok(confirmed) => return Ok(confirmed),
            Err((step, no)) if step > furthest => (furthest, worst) = (step, no),
            Err(_) => {}
        }
    }
    Err(worst)
}

/// The bearer confirmations that say anything.
fn bearers(claims: &Claims) -> impl Iterator<Item = &Confirmation> {
    let all = claims.confirmations.iter();
    all.filter(|it| it.has_data && it.method.as_deref() == Some(BEARER))
}

/// Rule 23: an answer to no request at all, where the connection accepts none.
fn unsolicited() -> Rejected {
    Rejected::new(23, "unsolicited", "no InResponseTo", "a response to a request of ours")
}

/// How far a confirmation came, and why not further.
type Step = (u8, Rejected);

/// Rule 21: the Recipient is one of our addresses.
fn presented_here(confirmation: &Confirmation, trust: &Trust) -> Result<(), Step> {
    let recipient = confirmation.recipient.as_ref();
    if recipient.is_some_and(|it| trust.acs_urls().contains(it)) {
        return Ok(());
    }
    let got = recipient.map_or("none", String::as_str);
    Err((1, Rejected::new(21, "recipient", got, trust.acs_urls().join(", "))))
}

/// Rule 21: the confirmation has an end that is not past; answers that end.
fn in_time(confirmation: &Confirmation, now: Timestamp) -> Result<Timestamp, Step> {
    let until = confirmation.not_on_or_after.as_deref();
    let Some(until) = until else {
        return Err((2, Rejected::new(21, "expired", "no NotOnOrAfter", "an expiry")));
    };
    let until = time(21, until).map_err(|no| (2, no))?;
    not_past(21, "expired", until, now).map_err(|no| (3, no))?;
    if let Some(from) = &confirmation.not_before {
        let from = time(21, from).map_err(|no| (4, no))?;
        not_ahead(21, from, now).map_err(|no| (5, no))?;
    }
    Ok(until)
}

/// Rule 22: Response and confirmation name the same request, which is pending here and young.
fn answers<'p>(
    envelope: &Envelope,
    confirmation: &Confirmation,
    presented: &Presented<'p>,
) -> Result<&'p Pending, Rejected> {
    let refused = |got: &str, expected: &str| Rejected::new(22, "in_response_to", got, expected);
    let named = [envelope.in_response_to.as_deref(), confirmation.in_response_to.as_deref()];
    let (Some(outer), Some(inner)) = (named[0], named[1]) else {
        return Err(refused("one of the two missing", "it on Response and confirmation"));
    };
    if outer != inner {
        return Err(refused(&format!("{outer} and {inner}"), "the same request twice"));
    }
    let found = presented.pending.iter().find(|it| it.request_id == outer);
    let found = found.ok_or_else(|| refused(outer, "a request that this browser started"))?;
    if presented.now.since(found.issued_at) > MAX_PENDING {
        return Err(refused(outer, "a request of the last 15 minutes"));
    }
    Ok(found)
}

/// Rules 24 to 26: one Conditions within its times; each of its `AudienceRestrictions`, of which
/// there is at least one, names us; no condition that we do not know. Answers its end.
pub(super) fn conditions(
    claims: &Claims,
    trust: &Trust,
    now: Timestamp,
) -> Result<Option<Timestamp>, Rejected> {
    let expected = || trust.entity_ids().join(", ");
    let [conditions] = &claims.conditions[..] else {
        let got = format!("{} Conditions", claims.conditions.len());
        return Err(Rejected::new(24, "audience", got, expected()));
    };
    if let Some(from) = &conditions.not_before {
        not_ahead(24, time(24, from)?, now)?;
    }
    let until = conditions.not_on_or_after.as_deref().map(|text| time(24, text)).transpose()?;
    if let Some(until) = until {
        not_past(24, "expired", until, now)?;
    }
    if conditions.audiences.is_empty() {
        return Err(Rejected::new(25, "audience", "none", expected()));
    }
    for audiences in &conditions.audiences {
        if !audiences.iter().any(|audience| trust.entity_ids().contains(audience)) {
            return Err(Rejected::new(25, "audience", audiences.join(", "), expected()));
        }
    }
    match &conditions.unknown {
        None => Ok(until),
        Some(name) => {
            let known = "AudienceRestriction, OneTimeUse, ProxyRestriction";
            Err(Rejected::new(26, "unknown_condition", name, known))
        }
    }
}

/// What rule 27 found about the sign-in at the identity provider.
pub(super) struct Session {
    pub(super) authn_instant: Timestamp,
    pub(super) index: Option<String>,
    pub(super) not_on_or_after: Option<Timestamp>,
}

/// Rule 27: the person signed in, that session is not over, and it is fresh where that was asked.
pub(super) fn session(
    claims: &Claims,
    pending: Option<&Pending>,
    now: Timestamp,
) -> Result<Session, Rejected> {
    let mut found: Option<Session> = None;
    for statement in &claims.statements {
        let this = one_session(statement, now)?;
        found = Some(match found {
            None => this,
            Some(earlier) => Session {
                authn_instant: earlier.authn_instant.max(this.authn_instant),
                index: earlier.index.or(this.index),
                not_on_or_after: match (earlier.not_on_or_after, this.not_on_or_after) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                },
            },
        });
    }
    let found = found.ok_or_else(|| {
        Rejected::new(27, "authn_statement", "none", "at least one AuthnStatement")
    })?;
    if let Some(pending) = pending
        && pending.force_authn
        && found.authn_instant + SKEW < pending.issued_at
    {
        let (got, after) = (found.authn_instant.to_string(), pending.issued_at);
        return Err(Rejected::new(27, "reauthentication", got, format!("a sign-in after {after}")));
    }
    Ok(found)
}

fn one_session(statement: &Statement, now: Timestamp) -> Result<Session, Rejected> {
    let authn_instant = time(27, statement.instant.as_deref().unwrap_or_default())?;
    let until = statement.session_not_on_or_after.as_deref();
    let not_on_or_after = until.map(|text| time(27, text)).transpose()?;
    if let Some(until) = not_on_or_after {
        not_past(27, "session_expired", until, now)?;
    }
    not_ahead(27, authn_instant, now)?;
    Ok(Session { authn_instant, index: statement.session_index.clone(), not_on_or_after })
}

/// Rule 28: both were issued within the last hour. Answers when the Assertion grows too old.
pub(super) fn freshness(
    envelope: &Envelope,
    claims: &Claims,
    now: Timestamp,
) -> Result<Timestamp, Rejected> {
    let mut too_old = now;
    for text in [&envelope.issue_instant, &claims.issue_instant] {
        let issued = time(28, text.as_deref().unwrap_or_default())?;
        not_ahead(28, issued, now)?;
        too_old = issued + MAX_AGE;
        if now > too_old {
            let expected = format!("after {}", now - MAX_AGE);
            return Err(Rejected::new(28, "expired", issued.to_string(), expected));
        }
    }
    Ok(too_old)
}

/// Rule 29: until when the Assertion could be presented again, and its ID must be kept.
pub(super) fn replayable_until(ends: [Option<Timestamp>; 3]) -> Timestamp {
    ends.into_iter().flatten().min().unwrap_or_default() + SKEW
}

/// Rule 30, its first half: exactly one Subject. Asked before its confirmation is, because without
/// one the provider's administrator has to look at the name, not at a confirmation.
pub(super) fn subject(claims: &Claims) -> Result<(), Rejected> {
    match claims.subjects {
        1 => Ok(()),
        some => {
            let got = format!("{some} Subjects");
            Err(Rejected::new(30, "name_id", got, "one Subject with one NameID"))
        }
    }
}

/// Rule 30: exactly one `NameID`: non-empty, bounded, without control characters.
pub(super) fn name_id(claims: &Claims) -> Result<&NameId, Rejected> {
    let refused = |got: &str| Rejected::new(30, "name_id", got, "one Subject with one NameID");
    let [name] = &claims.names[..] else {
        return Err(refused(&format!("{} NameIDs", claims.names.len())));
    };
    good_name(name)?;
    Ok(name)
}

/// Rule 30 for one name.
pub(super) fn good_name(name: &NameId) -> Result<(), Rejected> {
    let refused = |got: &str| Rejected::new(30, "name_id", got, "a name of a person");
    if name.value.trim().is_empty() {
        return Err(refused("an empty one"));
    }
    if name.value.chars().count() > MAX_NAME || name.value.chars().any(char::is_control) {
        return Err(refused("one that is too long or holds control characters"));
    }
    Ok(())
}

/// Rule 31: a bounded number of attributes and values.
pub(super) fn attributes(claims: &Claims) -> Result<(), Rejected> {
    let (most_values, longest) = MAX_VALUES;
    let values: usize = claims.attributes.iter().map(|it| it.values.len()).sum();
    let too_long = claims.attributes.iter().flat_map(|it| &it.values).any(|it| it.len() > longest);
    if claims.attributes.len() > MAX_ATTRIBUTES || values > most_values || too_long {
        let got = format!("{} attributes, {values} values", claims.attributes.len());
        let expected =
            format!("at most {MAX_ATTRIBUTES}, {most_values}, and {longest} bytes a value");
        return Err(Rejected::new(31, "attributes", got, expected));
    }
    Ok(())
}

/// An `xs:dateTime` with a time zone (rule 28).
pub(super) fn time(rule: u8, text: &str) -> Result<Timestamp, Rejected> {
    Timestamp::parse(text.trim_matches([' ', '\t', '\r', '\n'])).ok_or_else(|| {
        let got = if text.is_empty() { "none" } else { text };
        Rejected::new(rule, "bad_time", got, "a time such as 2026-01-02T03:04:05Z")
    })
}

/// `end` is exclusive, and gets the skew on top.
pub(super) fn not_past(
    rule: u8,
    code: &'static str,
    end: Timestamp,
    now: Timestamp,
) -> Result<(), Rejected> {
    if now < end + SKEW {
        return Ok(());
    }
    Err(Rejected::new(rule, code, format!("until {end}"), format!("it at {now}")))
}

pub(super) fn not_ahead(rule: u8, start: Timestamp, now: Timestamp) -> Result<(), Rejected> {
    if start <= now + SKEW {
        return Ok(());
    }
    Err(Rejected::new(rule, "not_yet_valid", format!("from {start}"), format!("it at {now}")))
}
