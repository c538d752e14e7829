//! What is brought to a verifier: genuine answers in every dress that providers give them, and the
//! attacks of the field. Made for whoever asks, so that it fits the real server, the kernel alone, a
//! foreign verifier and the fuzzer alike. Like `idp`, it uses nothing of Kernia.

mod believing;
mod forging;
mod genuine;
mod parsing;
mod sealing;
mod signing;
mod wrapping;

use std::sync::{
    LazyLock,
    atomic::{AtomicU32, Ordering},
};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::idp::{Answer, Key, Question, Signer, form_value, form_value_of, with_signature};

pub(crate) use self::{
    genuine::{ENCRYPTED, GENUINE, Genuine, Person},
    sealing::public_key_of,
};

/// Who signs in.
pub(crate) const ADA: &str = "ada@acme.test";
/// Who would like to.
pub(crate) const EVE: &str = "eve@acme.test";

/// Who asks whom, and when.
pub(crate) struct Stage<'k> {
    pub(crate) identity_provider: String,
    pub(crate) request_id: String,
    pub(crate) acs_url: String,
    pub(crate) audience: String,
    /// Seconds since 1970.
    pub(crate) now: i64,
    /// Makes the IDs of this stage its own.
    pub(crate) nth: u32,
    pub(crate) keys: Keys<'k>,
    /// Our public key, where we can open assertions.
    pub(crate) recipient: Option<Vec<u8>>,
}

/// The keys that play.
#[derive(Clone, Copy)]
pub(crate) struct Keys<'k> {
    /// The identity provider's, each trusted.
    pub(crate) rsa: &'k Key,
    pub(crate) p256: &'k Key,
    pub(crate) p384: &'k Key,
    /// Nobody's that is trusted.
    pub(crate) stranger: &'k Key,
}

/// Keys take a while to make: all who play by the usual ones share them.
static RSA: LazyLock<Key> = LazyLock::new(Key::rsa);
static P256: LazyLock<Key> = LazyLock::new(Key::p256);
static P384: LazyLock<Key> = LazyLock::new(Key::p384);
static STRANGER: LazyLock<Key> = LazyLock::new(Key::rsa);
/// Numbers the stages, so that their IDs differ.
static NTH: AtomicU32 = AtomicU32::new(1);

impl Keys<'static> {
    /// Those that all share.
    pub(crate) fn usual() -> Self {
        Self { rsa: &RSA, p256: &P256, p384: &P384, stranger: &STRANGER }
    }
}

impl<'k> Stage<'k> {
    /// A stage at this time, for this provider, request, ACS URL and audience.
    pub(crate) fn new(
        (identity_provider, request_id, acs_url, audience): (&str, &str, &str, &str),
        now: &str,
        keys: Keys<'k>,
    ) -> Self {
        Self {
            identity_provider: identity_provider.to_owned(),
            request_id: request_id.to_owned(),
            acs_url: acs_url.to_owned(),
            audience: audience.to_owned(),
            now: OffsetDateTime::parse(now, &Rfc3339).unwrap().unix_timestamp(),
            nth: NTH.fetch_add(1, Ordering::Relaxed),
            keys,
            recipient: None,
        }
    }

    /// The same, where assertions can be encrypted for this certificate.
    pub(crate) fn encrypting_to(mut self, certificate: &[u8]) -> Self {
        self.recipient = Some(public_key_of(certificate));
        self
    }

    /// The time so many seconds from now.
    pub(crate) fn at(&self, seconds: i64) -> String {
        let instant = OffsetDateTime::from_unix_timestamp(self.now + seconds).unwrap();
        instant.format(&Rfc3339).unwrap()
    }

    /// An honest answer about Ada.
    pub(crate) fn ada(&self) -> Answer {
        self.answer(ADA)
    }

    /// What the forger would like to be believed: other IDs, another name.
    pub(crate) fn eve(&self) -> Answer {
        let mut answer = self.answer(EVE);
        answer.assertion_id = format!("_evil{}", self.nth);
        answer.response_id = format!("_evilresponse{}", self.nth);
        answer
    }

    fn answer(&self, name_id: &str) -> Answer {
        let mut answer = Answer::new(&Question {
            identity_provider: &self.identity_provider,
            request_id: &self.request_id,
            acs_url: &self.acs_url,
            audience: &self.audience,
            name_id,
            now: &self.at(0),
            until: &self.at(300),
        });
        answer.assertion_id = format!("_assertion{}", self.nth);
        answer.response_id = format!("_response{}", self.nth);
        answer
    }

    /// The identity provider, as most sign.
    pub(crate) fn signer(&self) -> Signer<'k> {
        Signer::new(self.keys.rsa)
    }

    /// Ada's answer, changed before its Assertion is signed.
    fn changed(&self, change: impl FnOnce(&mut Answer)) -> String {
        let mut answer = self.ada();
        change(&mut answer);
        answer.assertion_signed(&self.signer())
    }

    /// Ada's Assertion with its Signature, without, and that Signature.
    fn parts(&self) -> (String, String, String) {
        let answer = self.ada();
        let plain = answer.assertion();
        let signature = self.signer().signature(&answer.assertion_id, &plain);
        (with_signature(&plain, &signature), plain, signature)
    }
}

/// What must become of an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is refused by this code.
    Refused(&'static str),
    /// The person of exactly this name is signed in: the attack has changed nothing.
    SignedIn(&'static str),
}

/// One attempt.
pub(crate) struct Attack {
    /// The row of the table of attacks that it belongs to.
    pub(crate) row: &'static str,
    /// Which of that row's ways it goes.
    pub(crate) way: &'static str,
    pub(crate) outcome: Outcome,
    /// The document, or the bytes that pretend to be one.
    pub(crate) xml: Vec<u8>,
    /// What stands in the form.
    pub(crate) form: String,
}

/// Gathers the attempts of a row.
struct Row<'a> {
    attacks: &'a mut Vec<Attack>,
    name: &'static str,
    code: &'static str,
}

impl Row<'_> {
    /// One that the row's usual code refuses.
    fn add(&mut self, way: &'static str, xml: impl Into<Vec<u8>>) -> &mut Self {
        self.add_as(way, self.code, xml)
    }

    /// One that another code refuses.
    fn add_as(
        &mut self,
        way: &'static str,
        code: &'static str,
        xml: impl Into<Vec<u8>>,
    ) -> &mut Self {
        self.push(way, Outcome::Refused(code), xml.into())
    }

    /// One that changes nothing.
    fn harmless(
        &mut self,
        way: &'static str,
        name: &'static str,
        xml: impl Into<Vec<u8>>,
    ) -> &mut Self {
        self.push(way, Outcome::SignedIn(name), xml.into())
    }

    fn push(&mut self, way: &'static str, outcome: Outcome, xml: Vec<u8>) -> &mut Self {
        let form = form_value_of(&xml);
        self.attacks.push(Attack { row: self.name, way, outcome, xml, form });
        self
    }

    /// One whose form value is no base64 of a document.
    fn form(&mut self, way: &'static str, code: &'static str, form: String) -> &mut Self {
        let outcome = Outcome::Refused(code);
        self.attacks.push(Attack { row: self.name, way, outcome, xml: Vec::new(), form });
        self
    }
}

/// The attempts of all rows that one form value can make.
pub(crate) fn attacks(stage: &Stage<'_>) -> Vec<Attack> {
    let mut attacks = Vec::new();
    wrapping::attacks(stage, &mut attacks);
    signing::attacks(stage, &mut attacks);
    forging::attacks(stage, &mut attacks);
    parsing::attacks(stage, &mut attacks);
    believing::attacks(stage, &mut attacks);
    sealing::attacks(stage, &mut attacks);
    attacks
}

fn row<'a>(attacks: &'a mut Vec<Attack>, row: &'static str, code: &'static str) -> Row<'a> {
    Row { attacks, name: row, code }
}

/// Replaces the first place, which must be there: a case that no longer fits is a failure.
pub(crate) fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in {text}");
    text.replacen(from, to, 1)
}

fn swap(part: &mut String, from: &str, to: &str) {
    *part = replaced(part, from, to);
}

/// `inside` in Extensions before the Status.
fn extended(response: &str, inside: &str) -> String {
    let extensions = format!("<samlp:Extensions>{inside}</samlp:Extensions><samlp:Status>");
    replaced(response, "<samlp:Status>", &extensions)
}

/// The first element of this name with all that is in it, as it is written.
fn element<'t>(text: &'t str, name: &str) -> &'t str {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let from = text.find(&open).unwrap_or_else(|| panic!("no {name} in {text}"));
    let to = from + text[from..].find(&close).unwrap() + close.len();
    &text[from..to]
}

/// The document without what stands in the first element of this name.
fn emptied(text: &str, name: &str) -> String {
    let whole = element(text, name);
    let open = &whole[..=whole.find('>').unwrap()];
    replaced(text, whole, &format!("{open}</{name}>"))
}
