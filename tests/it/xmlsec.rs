//! Kernia's engine beside `xmlsec1`, which shares nothing with it: wherever Kernia says that a
//! signature is valid, so does xmlsec1, with the same key and of the same element. What xmlsec1
//! would take and Kernia refuses is told by class.

mod foreign;
mod mutations;

use std::collections::BTreeMap;

use kernia::{
    kit::time::Timestamp,
    saml::{Certificate, Journal, Pending, Presented, Terms, Trust, Unsolicited, response},
};

use self::foreign::{Foreign, Place};
use crate::corpus::{self, ADA, GENUINE, Keys, Stage};

const IDP: &str = "https://idp.test/saml";
const ACS: &str = "https://kernia.test/sso/saml/acs/k1";
const ENTITY: &str = "https://kernia.test/sso/saml/metadata/k1";
const REQUEST: &str = "_0123456789abcdef0123456789abcdef";
const NOW: &str = "2026-01-02T03:04:05Z";

/// How many mutations are made of the genuine documents.
const MUTATIONS: usize = 12_000;
/// Of those that Kernia refuses, how many xmlsec1 is asked about, at most, for each code.
const SAMPLE: usize = 60;

/// Where Kernia refuses what xmlsec1 finds well signed: stricter by design, and why.
const STRICTER: &[(&str, &str)] = &[];

/// What Kernia says to a document.
enum Verdict {
    /// Every signature is valid, at these places; the person, when all the rest is right too.
    Valid(Vec<Place>, Option<String>),
    /// It does not come so far.
    Refused(&'static str),
}

struct Kernel {
    trust: Trust,
    pending: Vec<Pending>,
    now: Timestamp,
}

impl Kernel {
    fn new(keys: &Keys<'_>) -> Self {
        let certificates: Vec<_> = [keys.rsa, keys.p256, keys.p384]
            .map(|key| Certificate::parse_der(key.certificate()).unwrap())
            .to_vec();
        let now = Timestamp::parse(NOW).unwrap();
        let request_id = REQUEST.to_owned();
        let terms = Terms {
            identity_provider: IDP,
            certificates: &certificates,
            acs_urls: vec![ACS.to_owned()],
            entity_ids: vec![ENTITY.to_owned()],
            decryption_keys: &[],
            allow_sha1: false,
            require_signed_assertion: false,
        };
        Self {
            trust: Trust::new(terms).unwrap(),
            pending: vec![Pending { request_id, force_authn: false, issued_at: now }],
            now,
        }
    }

    fn judges(&self, xml: &[u8]) -> Verdict {
        let (form, mut journal) = (crate::idp::form_value_of(xml), Journal::start());
        let presented = Presented {
            form_value: &form,
            pending: &self.pending,
            unsolicited: Unsolicited::Refused,
            now: self.now,
        };
        let verdict = response::verify(&self.trust, &presented, &mut journal);
        let verified = journal.steps.iter().any(|step| step.name == "signature" && step.ok);
        let places = journal.seen.signed.iter().map(|place| match place.as_str() {
            "response" => Place::Response,
            _ => Place::Assertion,
        });
        match verdict {
            Ok(verified) => {
                Verdict::Valid(places.collect(), Some(verified.get().name_id.value.clone()))
            }
            // What fails later was verified.
            Err(_) if verified && places.len() > 0 => Verdict::Valid(places.collect(), None),
            Err(no) => Verdict::Refused(no.code),
        }
    }
}

fn stage() -> Stage<'static> {
    Stage::new((IDP, REQUEST, ACS, ENTITY), NOW, Keys::usual())
}

/// A document and what is told of it when both disagree.
struct Document {
    name: String,
    xml: Vec<u8>,
}

/// Both sides' verdicts about these documents, compared; what is wrong, and how many Kernia took.
fn compare(documents: &[Document]) -> (Vec<String>, usize) {
    let keys = Keys::usual();
    let (kernel, foreign) = (Kernel::new(&keys), Foreign::new([keys.rsa, keys.p256, keys.p384]));
    let mut valid = Vec::new();
    let mut refused: BTreeMap<&str, Vec<&Document>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for document in documents {
        match kernel.judges(&document.xml) {
            Verdict::Valid(places, name) => {
                if name.is_some_and(|name| name != ADA) && document.name.starts_with("mutation") {
                    wrong.push(format!("{}: somebody else is signed in", document.name));
                }
                valid.push((document, places));
            }
            Verdict::Refused(code) => {
                let sample = refused.entry(code).or_default();
                if sample.len() < SAMPLE {
                    sample.push(document);
                }
            }
        }
    }
    wrong.extend(valid_for_both(&foreign, &valid));
    wrong.extend(refused_by_design(&foreign, &refused));
    (wrong, valid.len())
}

/// Every signature of what Kernia takes is valid for xmlsec1 too, and of the element around it.
fn valid_for_both(foreign: &Foreign, documents: &[(&Document, Vec<Place>)]) -> Vec<String> {
    let asked: Vec<(Place, &[u8])> = documents
        .iter()
        .flat_map(|(document, places)| places.iter().map(|place| (*place, &*document.xml)))
        .collect();
    let mut verdicts = foreign.verdicts(&asked).into_iter();
    let mut wrong = Vec::new();
    for (document, places) in documents {
        let verified = verdicts.by_ref().take(places.len()).filter(|valid| *valid).count();
        let there = foreign::signatures(&document.xml);
        if verified != there || there != places.len() || there == 0 {
            wrong.push(format!(
                "{}: of {there} signatures Kernia takes {places:?}, xmlsec1 {verified}:\n{}",
                document.name,
                String::from_utf8_lossy(&document.xml)
            ));
        }
    }
    wrong
}

/// What Kernia refuses and xmlsec1 would take is in the table, by the code of the refusal.
fn refused_by_design(foreign: &Foreign, refused: &BTreeMap<&str, Vec<&Document>>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (code, documents) in refused {
        let asked: Vec<_> = documents.iter().map(|it| (Place::First, &*it.xml)).collect();
        let verdicts = foreign.verdicts(&asked);
        let taken: Vec<_> = documents.iter().zip(&verdicts).filter(|(_, valid)| **valid).collect();
        println!("{code}: {} asked, xmlsec1 takes {}", documents.len(), taken.len());
        if let Some((document, _)) = taken.first()
            && !STRICTER.iter().any(|(known, _)| known == code)
        {
            wrong.push(format!(
                "{}: xmlsec1 takes what Kernia refuses by {code}:\n{}",
                document.name,
                String::from_utf8_lossy(&document.xml)
            ));
        }
    }
    wrong
}

#[test]
fn the_corpora() {
    let stage = stage();
    let mut documents: Vec<Document> = corpus::attacks(&stage)
        .into_iter()
        .filter(|attack| !attack.xml.is_empty())
        .map(|attack| Document { name: format!("{}: {}", attack.row, attack.way), xml: attack.xml })
        .collect();
    for (name, make) in GENUINE.concat() {
        documents.push(Document { name: name.to_owned(), xml: make(&stage).xml.into_bytes() });
    }
    let (wrong, valid) = compare(&documents);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(valid >= GENUINE.concat().len(), "{valid}");
}

#[test]
fn mutations_of_the_genuine() {
    let stage = stage();
    let genuine: Vec<String> = GENUINE
        .concat()
        .into_iter()
        .map(|(_, make)| make(&stage).xml)
        .filter(|xml| xml.len() < 16_000)
        .collect();
    let documents: Vec<Document> = (0..MUTATIONS)
        .map(|nth| {
            let (how, xml) = mutations::mutated(&genuine[nth % genuine.len()], nth as u64);
            Document { name: format!("mutation {nth}, {how}"), xml: xml.into_bytes() }
        })
        .collect();
    let (wrong, valid) = compare(&documents);
    let shown: Vec<_> = wrong.iter().take(10).cloned().collect();
    assert!(wrong.is_empty(), "{} disagreements\n{}", wrong.len(), shown.join("\n\n"));
    println!("{valid} of {MUTATIONS} mutations are still well signed");
    assert!(valid > MUTATIONS / 10, "too few mutations keep their signature: {valid}");
}
