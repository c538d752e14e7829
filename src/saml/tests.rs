//! The kernel against a small identity provider that shares no code with it.
#![expect(clippy::too_many_lines, reason = "each of these tests is one table of cases")]

mod attacks;
mod believing;
mod canonical;
mod encrypted;
mod encrypting;
mod explain;
mod foreign;
mod genuine;
mod keys;
mod logout;
mod metadata;
mod mutations;
mod request;

#[path = "../../tests/it/idp.rs"]
#[expect(dead_code, reason = "the tests at the wire use more of it")]
mod idp;

use std::sync::LazyLock;

use idp::{Answer, Key, Question, Signer, form_value};

use super::{
    certificate::Certificate,
    journal::Journal,
    rejected::Rejected,
    response::{self, Assertion, Pending, Presented, Terms, Trust, Unsolicited},
};
use crate::kit::time::Timestamp;

const IDP: &str = "https://idp.test/saml";
const ACS: &str = "https://kernia.test/sso/saml/acs/k1";
const OLD_ACS: &str = "https://old.test/acs";
const ENTITY: &str = "https://kernia.test/sso/saml/metadata/k1";
const OLD_ENTITY: &str = "urn:old:sp";
const NOW: &str = "2026-01-02T03:04:05Z";
const UNTIL: &str = "2026-01-02T03:09:05Z";
const REQUEST: &str = "_0123456789abcdef0123456789abcdef";

/// The identity provider's keys, and the attacker's.
static RSA: LazyLock<Key> = LazyLock::new(Key::rsa);
static P256: LazyLock<Key> = LazyLock::new(Key::p256);
static P384: LazyLock<Key> = LazyLock::new(Key::p384);
static EVIL: LazyLock<Key> = LazyLock::new(Key::rsa);
static TRUST: LazyLock<Trust> = LazyLock::new(|| trust(&[&RSA, &P256, &P384]));

fn trust(keys: &[&Key]) -> Trust {
    let certificates: Vec<Certificate> =
        keys.iter().map(|key| Certificate::parse_der(key.certificate()).unwrap()).collect();
    Trust::new(terms(&certificates)).unwrap()
}

/// What the connection of these tests demands.
fn terms(certificates: &[Certificate]) -> Terms<'_> {
    Terms {
        identity_provider: IDP,
        certificates,
        acs_urls: vec![ACS.to_owned(), OLD_ACS.to_owned()],
        entity_ids: vec![ENTITY.to_owned(), OLD_ENTITY.to_owned()],
        decryption_keys: &[],
        allow_sha1: false,
        require_signed_assertion: false,
    }
}

fn now() -> Timestamp {
    Timestamp::parse(NOW).unwrap()
}

fn pending() -> Vec<Pending> {
    let of = |id: &str| Pending {
        request_id: id.to_owned(),
        force_authn: false,
        issued_at: Timestamp::parse("2026-01-02T03:03:00Z").unwrap(),
    };
    vec![of("_another"), of(REQUEST)]
}

fn answer(name_id: &str) -> Answer {
    Answer::new(&Question {
        identity_provider: IDP,
        request_id: REQUEST,
        acs_url: ACS,
        audience: ENTITY,
        name_id,
        now: NOW,
        until: UNTIL,
    })
}

fn ada() -> Answer {
    answer("ada@acme.test")
}

/// The forger's: other IDs, another name.
fn forged() -> Answer {
    let mut answer = answer("evil@attacker.test");
    "_evil".clone_into(&mut answer.assertion_id);
    "_evilresponse".clone_into(&mut answer.response_id);
    answer
}

fn signer() -> Signer<'static> {
    Signer::new(&RSA)
}

fn verify(xml: &str) -> Result<Assertion, Rejected> {
    verify_form(&form_value(xml))
}

fn verify_form(form: &str) -> Result<Assertion, Rejected> {
    judged(form, &TRUST, &pending(), now())
}

/// The verdict on a form value, where nothing unsolicited is accepted.
fn judged(
    form: &str,
    trust: &Trust,
    pending: &[Pending],
    now: Timestamp,
) -> Result<Assertion, Rejected> {
    let unsolicited = Unsolicited::Refused;
    let presented = Presented { form_value: form, pending, unsolicited, now };
    response::verify(trust, &presented, &mut Journal::start()).map(|it| it.get().clone())
}

/// Whether `bergshamra`'s own verification, which Kernia does not use, says the same of every
/// signature of a document that Kernia believes.
fn second_opinion(xml: &str) -> bool {
    use bergshamra::{DsigContext, KeysManager, VerifyResult, keys::loader};
    let mut keys = KeysManager::new();
    for key in [&*RSA, &*P256, &*P384] {
        keys.add_key(loader::load_x509_cert_der(key.certificate()).unwrap());
    }
    let results =
        bergshamra::verify_all(&DsigContext::new(keys), xml.trim_start_matches('\u{feff}'));
    results.is_ok_and(|all| all.iter().all(VerifyResult::is_valid))
}

/// Each case is refused with exactly its code; all that are not are told at once.
fn all_refused(cases: &[(&str, String, &str)]) {
    let mut wrong = Vec::new();
    for (name, xml, code) in cases {
        match verify(xml) {
            Ok(assertion) => wrong.push(format!("{name}: accepted {}", assertion.name_id.value)),
            Err(no) if no.code != *code => wrong.push(format!("{name}: {no} instead of {code}")),
            Err(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Replaces exactly one place, so that a case that no longer fits is a failure and not a pass.
fn replaced(xml: &str, from: &str, to: &str) -> String {
    assert!(xml.contains(from), "{from} is not in {xml}");
    xml.replacen(from, to, 1)
}
