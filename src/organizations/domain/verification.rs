//! The proof by DNS: which record is wanted, when it is looked for, and what becomes of what is
//! found. Nothing is asked here.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Checks, DomainState, OrganizationDomain, PERIOD, Reason, Strategy, lookup, move_to, sql,
    verified_owner,
};
use crate::{
    dns::Answer,
    kit::{
        error::{Error, Fault},
        id::Id,
        text::Domain,
        time::Timestamp,
    },
    objects,
    store::{Row, Tx, params},
};

/// From the first check to the second; each further one doubles it.
const AFTER_THE_FIRST: Duration = Duration::from_mins(1);
/// The longest from one check to the next.
const AT_MOST: Duration = Duration::from_hours(6);
/// Where the record may stand as well: a name that is a CNAME cannot have one (RFC 1034 §3.6.2).
/// Nobody can register a name with an underscore, so whoever sets it has the domain.
const BELOW: &str = "_kernia";
/// How many records of others are shown to whoever looks why theirs is not found.
const SHOWN: usize = 3;

/// What is to be asked about a claim.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Which claim.
    pub id: Id<OrganizationDomain>,
    domain: Domain,
    record: Record,
}

/// The record that proves a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Record {
    token: String,
    prefix: String,
}

/// What DNS said to a plan.
#[derive(Debug, Clone)]
pub struct Answers {
    /// Of the domain itself.
    pub at: Answer,
    /// Of the name below it.
    pub below: Answer,
}

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The record is there: the organization owns the domain.
    Verified,
    /// It is not there yet.
    Pending(Finding),
    /// It will not be looked for again.
    Failed(Reason),
    /// Meanwhile the claim went, or is no longer pending.
    Superseded,
}

/// Why a check did not prove the domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable word in snake case.
    pub code: String,
    /// One sentence for a person.
    pub message: String,
}

impl Plan {
    /// The names to ask about: the domain itself, and the one below it.
    #[must_use]
    pub fn names(&self) -> (String, String) {
        (self.domain.to_string(), below(&self.domain))
    }
}

fn below(domain: &Domain) -> String {
    format!("{BELOW}.{domain}")
}

impl Record {
    fn of(claim: &OrganizationDomain) -> Self {
        Self { token: claim.token.clone(), prefix: claim.prefix.clone() }
    }

    /// The form that is shown.
    fn value(&self) -> String {
        format!("{}={}", self.prefix, self.token)
    }

    /// The form of WorkOS's guide, which is taken as well.
    fn other_value(&self) -> String {
        format!("verification_token={}", self.token)
    }

    /// Whether this text is the record; some put it into their zone with its quotation marks.
    fn is(&self, text: &str) -> bool {
        let text = text.trim().trim_matches('"').trim();
        text == self.value() || text == self.other_value()
    }

    fn is_in(&self, answer: &Answer) -> bool {
        matches!(answer, Answer::Texts(texts) if texts.iter().any(|text| self.is(text)))
    }

    /// Why it is not proved, for whoever waits for it.
    fn finding(&self, name: &str, answers: &Answers) -> Finding {
        let (code, message) = match &answers.at {
            Answer::Texts(texts) => ("record_missing", self.missing_among(name, texts)),
            Answer::NoSuchName => ("name_missing", format!("there is no name `{name}` in DNS")),
            Answer::Failed(why) => {
                ("server_failed", format!("the name servers of `{name}` fail: {why}"))
            }
            Answer::Silent => {
                ("no_answer", format!("no name server answered about `{name}` in time"))
            }
            Answer::Unreachable(why) => {
                ("resolver_unreachable", format!("no name server could be asked: {why}"))
            }
        };
        Finding { code: code.to_owned(), message }
    }

    fn missing_among(&self, name: &str, texts: &[String]) -> String {
        if texts.is_empty() {
            return format!("`{name}` has no TXT record");
        }
        let mut shown: Vec<_> = texts.iter().map(|text| shortened(text)).collect();
        // A record that nearly is it tells more than that of the domain's mail server.
        shown.sort_by_key(|text| !text.contains(&*self.prefix) && !text.contains("verif"));
        shown.truncate(SHOWN);
        let more = if texts.len() > SHOWN { ", …" } else { "" };
        format!(
            "none of the TXT records of `{name}` is `{}`; there are {}: `{}`{more}",
            self.value(),
            texts.len(),
            shown.join("`, `")
        )
    }
}

fn shortened(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control() && *c != '`').take(81).collect();
    match plain.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain,
    }
}

impl Finding {
    pub(super) fn from_row(row: &Row<'_>) -> Result<Option<Self>, Error> {
        let stored: Option<String> = row.get("finding")?;
        let finding = stored.map(|text| serde_json::from_str(&text)).transpose();
        finding.map_err(|_| row.inconsistent("finding"))
    }
}

/// The claims that are to be checked now: first those for which somebody waits, then those that
/// wait longest.
pub fn due(tx: &Tx<'_>, limit: u32) -> Result<Vec<Id<OrganizationDomain>>, Error> {
    tx.list(sql::DUE, params![tx.now, limit], |row| row.get("id"))
}

/// What to ask about a claim; nothing, when it is no longer pending.
pub fn plan(tx: &Tx<'_>, id: &Id<OrganizationDomain>) -> Result<Option<Plan>, Error> {
    let pending = lookup(tx, id)?.filter(|claim| claim.state == DomainState::Pending);
    Ok(pending.map(|claim| Plan { record: Record::of(&claim), id: claim.id, domain: claim.domain }))
}

/// Makes of the claim what DNS said, or notes what is missing.
pub fn apply(tx: &Tx<'_>, (plan, answers): (&Plan, &Answers)) -> Result<Outcome, Error> {
    let pending = lookup(tx, &plan.id)?.filter(|claim| claim.state == DomainState::Pending);
    let Some(mut claim) = pending else { return Ok(Outcome::Superseded) };
    if claim.domain != plan.domain || Record::of(&claim) != plan.record {
        return Ok(Outcome::Superseded);
    }
    if verified_owner(tx, &claim.domain)?.is_some() {
        return fail(tx, &mut claim, Reason::OtherOrganization);
    }
    if plan.record.is_in(&answers.at) || plan.record.is_in(&answers.below) {
        move_to(tx, &mut claim, DomainState::Verified, Strategy::Dns)?;
        return Ok(Outcome::Verified);
    }
    let expires_at = claim.checks.expires_at.unwrap_or(tx.now + PERIOD);
    if expires_at <= tx.now {
        return fail(tx, &mut claim, Reason::Expired);
    }
    let finding = plan.record.finding(claim.domain.as_str(), answers);
    let count = claim.checks.count.saturating_add(1);
    let next_at = soon(tx, patience(count)).min(expires_at);
    claim.checks = Checks {
        count,
        last_at: Some(tx.now),
        finding: Some(finding.clone()),
        next_at: Some(next_at),
        expires_at: Some(expires_at),
    };
    note(tx, &claim)?;
    Ok(Outcome::Pending(finding))
}

fn fail(tx: &Tx<'_>, claim: &mut OrganizationDomain, reason: Reason) -> Result<Outcome, Error> {
    move_to(tx, claim, DomainState::Failed(reason), Strategy::Dns)?;
    Ok(Outcome::Failed(reason))
}

fn note(tx: &Tx<'_>, claim: &OrganizationDomain) -> Result<(), Error> {
    let Checks { count, last_at, finding, next_at, expires_at } = &claim.checks;
    let finding = finding.as_ref().map(serde_json::to_string).transpose();
    let finding = finding.map_err(Fault::internal)?;
    tx.run(sql::CHECKED, params![&claim.id, *count, *last_at, finding, *next_at, *expires_at])
        .map(drop)
}

/// How long until the next check, after so many.
fn patience(checks: i64) -> Duration {
    let doublings = u32::try_from(checks.saturating_sub(1)).unwrap_or(u32::MAX).min(9);
    (AFTER_THE_FIRST * 2_u32.pow(doublings)).min(AT_MOST)
}

/// `span` from now, and up to a sixteenth of it later: who began together does not go on together.
fn soon(tx: &Tx<'_>, span: Duration) -> Timestamp {
    let spread = u64::try_from((span / 16).as_millis()).unwrap_or(u64::MAX).max(1);
    let more = u64::from_be_bytes(tx.chance().bytes()) % spread;
    tx.now + span + Duration::from_millis(more)
}

/// As Kernia's own API shows a claim: with the record that proves it, and how it went so far.
#[must_use]
pub fn published(claim: OrganizationDomain) -> objects::DomainVerification {
    let record = Record::of(&claim);
    let Checks { count, last_at, finding, next_at, expires_at } = claim.checks.clone();
    objects::DomainVerification {
        record: objects::DomainRecord {
            record_type: "TXT",
            name: claim.domain.to_string(),
            value: record.value(),
            other_names: vec![below(&claim.domain)],
            other_values: vec![record.other_value()],
        },
        failure_reason: claim.state.reason().map(Reason::as_str),
        checks: count,
        checked_at: last_at,
        finding: finding.map(|Finding { code, message }| objects::DomainFinding { code, message }),
        // At once is as soon as it was asked for.
        next_check_at: next_at.map(|at| at.max(claim.updated_at)),
        expires_at,
        organization_domain: claim.published(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_become_rarer_up_to_four_a_day() {
        let minutes: Vec<_> = (1..=12).map(|checks| patience(checks).as_secs() / 60).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]);
        assert_eq!(patience(i64::MAX), AT_MOST);
    }

    #[test]
    fn either_form_is_the_record_and_nothing_else_is() {
        let record = Record { token: "Tok3n".to_owned(), prefix: "kernia-x".to_owned() };
        for good in
            ["kernia-x=Tok3n", "verification_token=Tok3n", " kernia-x=Tok3n ", "\"kernia-x=Tok3n\""]
        {
            assert!(record.is(good), "{good}");
        }
        for bad in [
            "",
            "Tok3n",
            "kernia-x=tok3n",
            "kernia-y=Tok3n",
            "kernia-x=Tok3n2",
            "kernia-x=Tok3n verification_token=Tok3n",
            "verification_token=",
            "v=spf1 include:kernia-x=Tok3n",
        ] {
            assert!(!record.is(bad), "{bad}");
        }
    }
}
