//! Kernia's engine beside `xmlsec1`, which shares nothing with it: wherever Kernia says that a
//! signature is valid, so does xmlsec1, with the same key and of the same element. What xmlsec1
//! would take and Kernia refuses is told by class.

mod foreign;
mod mutations;

use std::collections::BTreeMap;

use kernia::{
    kit::time::Timestamp,
    saml::{
        Certificate,
        response::{self, Pending, Trust},
    },
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
const SAMPLE: usize = 150;

/// Where Kernia refuses what xmlsec1 finds well signed: stricter by design, and why.
const STRICTER: &[(&str, &str)] = &[
];

/// What Kernia says to a document.
enum Verdict {
    /// The signature is valid; the person, when all the rest is right too.
    Valid(Option<String>),
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
        let (acs_urls, entity_ids) = (vec![ACS.to_owned()], vec![ENTITY.to_owned()]);
        let now = Timestamp::parse(NOW).unwrap();
        let request_id = REQUEST.to_owned();
        Self {
            trust: Trust::new(IDP, &certificates, acs_urls, entity_ids).unwrap(),
            pending: vec![Pending { request_id, force_authn: false, issued_at: now }],
            now,
        }
    }

    fn judges(&self, xml: &[u8]) -> Verdict {
        let form = crate::idp::form_value_of(xml);
        match response::verify(&form, &self.trust, &self.pending, self.now) {
            Ok(verified) => Verdict::Valid(Some(verified.get().name_id.value.clone())),
            // What fails later was verified.
            Err(no) if no.rule >= 14 => Verdict::Valid(None),
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
    let (kernel, foreign) = (Kernel::new(&keys), Foreign::new(&[keys.rsa, keys.p256, keys.p384]));
    let (mut valid, mut refused): (Vec<&Document>, BTreeMap<&str, Vec<&Document>>) = Default::default();
    let mut wrong = Vec::new();
    for document in documents {
        match kernel.judges(&document.xml) {
            Verdict::Valid(name) => {
                if name.is_some_and(|name| name != ADA) && document.name.starts_with("mutation") {
                    wrong.push(format!("{}: somebody else is signed in", document.name));
                }
                valid.push(document);
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
fn valid_for_both(foreign: &Foreign, documents: &[&Document]) -> Vec<String> {
    let xml: Vec<&[u8]> = documents.iter().map(|it| it.xml.as_slice()).collect();
    let places = [Place::Response, Place::Assertion].map(|place| foreign.verdicts(place, &xml));
    let mut wrong = Vec::new();
    for (nth, document) in documents.iter().enumerate() {
        let verified = places.iter().filter(|verdicts| verdicts[nth]).count();
        let there = foreign::signatures(&document.xml);
        if verified != there || there == 0 {
            wrong.push(format!(
                "{}: xmlsec1 verifies {verified} of {there} signatures that Kernia takes:\n{}",
                document.name,
                String::from_utf8_lossy(&document.xml)
            ));
        }
    }
    wrong
}

/// What Kernia refuses and xmlsec1 would take is in the table, by the code of the refusal.
fn refused_by_design(
    foreign: &Foreign,
    refused: &BTreeMap<&str, Vec<&Document>>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (code, documents) in refused {
        let xml: Vec<&[u8]> = documents.iter().map(|it| it.xml.as_slice()).collect();
        let verdicts = foreign.verdicts(Place::First, &xml);
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
    let genuine: Vec<String> =
        GENUINE.concat().into_iter().map(|(_, make)| make(&stage).xml).filter(|xml| xml.len() < 16_000).collect();
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
