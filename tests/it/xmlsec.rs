//! Kernia's engine beside `xmlsec1`, which shares nothing with it: wherever Kernia says that a
//! signature is valid, so does xmlsec1, with the same key and of the same element. What xmlsec1
//! would take and Kernia refuses is told by class.

mod foreign;
mod mutations;

use std::collections::BTreeMap;

use kernia::{
    kit::time::Timestamp,
    saml::{
        Certificate, Journal, KeyPair, Pending, Presented, Terms, Trust, Unsolicited, response,
    },
};

use self::foreign::{Foreign, Place};
use crate::corpus::{self, ADA, Attack, ENCRYPTED, EVE, GENUINE, Genuine, Keys, Outcome, Stage};

const IDP: &str = "https://idp.test/saml";
const ACS: &str = "https://kernia.test/sso/saml/acs/k1";
const ENTITY: &str = "https://kernia.test/sso/saml/metadata/k1";
const REQUEST: &str = "_0123456789abcdef0123456789abcdef";
const NOW: &str = "2026-01-02T03:04:05Z";

/// How many mutations are made of the genuine documents.
const MUTATIONS: usize = 10_400;
/// Of those that Kernia refuses, how many xmlsec1 is asked about, at most, for each code.
const SAMPLE: usize = 24;

/// Where Kernia refuses what xmlsec1 finds well signed: stricter by design, and why.
const STRICTER: &[(&str, &str)] = &[
    ("algorithm_not_allowed", "rule 11: xmlsec1 1.2 still takes SHA-1 digests"),
    ("bad_id", "rule 6: xmlsec1 is told of ID on Response and Assertion, and looks at no others"),
    (
        "bad_xml",
        "libxml2 goes on after an undeclared prefix, a wrong xmlns or a second declaration of XML; \
         Kernia does not",
    ),
    ("dtd_forbidden", "rule 3: a document type is of no interest to a signature"),
    (
        "duplicate_id",
        "rule 6: the first ID wins in libxml2, and only on elements that it was told of",
    ),
    ("not_a_response", "rule 4: xmlsec1 does not know SAML"),
    ("not_utf8", "rule 2: libxml2 reads other encodings"),
    (
        "one_assertion",
        "rule 5: xmlsec1 does not know SAML; this is what signature wrapping lives on",
    ),
    ("processing_instruction", "rule 3: instructions outside of what is signed change no digest"),
    (
        "reference_not_parent",
        "rule 9: xmlsec1 verifies whatever is referred to, wherever it stands",
    ),
    ("signature_misplaced", "rule 7: xmlsec1 verifies a signature wherever it stands"),
    (
        "signature_shape",
        "rule 8: xmlsec1 takes Objects, comments and attributes that the signature does not cover",
    ),
    ("too_complex", "rule 3: xmlsec1 has other limits"),
    ("too_large", "rule 1: xmlsec1 has other limits"),
    ("transform_not_allowed", "rule 10: xmlsec1 takes further canonicalizations and transforms"),
    ("unexpected_element", "rule 4: xmlsec1 does not know SAML"),
];

type Known = fn(&str) -> bool;

/// Where Kernia takes what xmlsec1 does not: how it is known, and why nothing follows from it.
const LAXER: &[(Known, &str)] = &[(
    declares_no_address,
    "a namespace that is a relative address, or none at all, on a prefix that nobody signs: libxml2 \
     canonicalizes no document that has one (C14N 1.0 §1.3); Kernia signs and reads the same bytes \
     with or without it",
)];

/// Whether a namespace is declared that is no absolute address, as libxml2 reads it.
fn declares_no_address(xml: &str) -> bool {
    let mut values = xml.split("xmlns").skip(1).filter_map(|declaration| {
        let (_, value) = declaration.split_once('=')?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        value[1..].split(quote).next()
    });
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$()*+,;=%".contains(c);
    let address = |value: &str| value.contains(':') && value.chars().all(plain);
    values.any(|value| !value.is_empty() && !address(value))
}

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
    fn new(keys: &Keys<'_>, decryption_keys: &[KeyPair]) -> Self {
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
            decryption_keys,
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
    /// Whom alone it may name; an attack, anybody but the forger.
    who: Option<String>,
}

/// Both sides' verdicts about these documents, compared; what is wrong, and how many Kernia took.
fn compare(documents: &[Document]) -> (Vec<String>, usize) {
    let keys = Keys::usual();
    let (kernel, foreign) =
        (Kernel::new(&keys, &[]), Foreign::new([keys.rsa, keys.p256, keys.p384]));
    let mut valid = Vec::new();
    let mut refused: BTreeMap<&str, Vec<&Document>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for document in documents {
        match kernel.judges(&document.xml) {
            Verdict::Valid(places, name) => {
                let right = |name: &String| match &document.who {
                    Some(who) => name == who,
                    None => name != EVE,
                };
                if let Some(name) = name.filter(|name| !right(name)) {
                    wrong.push(format!("{}: {name} is signed in", document.name));
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
        let agreed = verified == there && there == places.len() && there > 0;
        let xml = String::from_utf8_lossy(&document.xml);
        if !agreed && !LAXER.iter().any(|(known, _)| known(&xml)) {
            let name = &document.name;
            wrong.push(format!(
                "{name}: of {there} signatures Kernia takes {places:?}, xmlsec1 {verified}:\n{xml}"
            ));
        }
    }
    wrong
}

/// What Kernia refuses and xmlsec1 would take is in the table, by the code of the refusal.
fn refused_by_design(foreign: &Foreign, refused: &BTreeMap<&str, Vec<&Document>>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (code, documents) in refused {
        let taken = taken(foreign, documents, *code == "signature_invalid");
        let known = STRICTER.iter().any(|(known, _)| known == code);
        for document in taken.into_iter().filter(|_| !known) {
            let (name, xml) = (&document.name, String::from_utf8_lossy(&document.xml));
            wrong.push(format!("{name}: xmlsec1 takes what Kernia refuses by {code}:\n{xml}"));
        }
    }
    wrong
}

/// Those that xmlsec1 takes: by their first signature, or only where all of them verify.
fn taken<'d>(foreign: &Foreign, documents: &[&'d Document], all: bool) -> Vec<&'d Document> {
    let ask = |place| {
        let asked: Vec<_> = documents.iter().map(|it| (place, &*it.xml)).collect();
        foreign.verdicts(&asked)
    };
    let verdicts = if all {
        let (response, assertion) = (ask(Place::Response), ask(Place::Assertion));
        let counts = response.iter().zip(assertion).map(|(a, b)| usize::from(*a) + usize::from(b));
        let there = documents.iter().map(|it| foreign::signatures(&it.xml));
        counts.zip(there).map(|(verified, there)| verified == there).collect()
    } else {
        ask(Place::First)
    };
    documents.iter().zip(verdicts).filter(|(_, taken)| *taken).map(|(it, _)| *it).collect()
}

/// Up to ten disagreements, none longer than a page.
fn none_is(wrong: &[String]) {
    let shown = wrong.iter().take(10).map(|it| it.chars().take(6_000).collect::<String>());
    let shown = shown.collect::<Vec<_>>().join("\n\n");
    assert!(wrong.is_empty(), "{} disagreements\n{shown}", wrong.len());
}

#[test]
fn the_corpora() {
    let stage = stage();
    let attacks = corpus::attacks(&stage).into_iter().filter(|attack| !attack.xml.is_empty());
    let mut documents: Vec<Document> = attacks
        .map(|Attack { row, way, outcome, xml, .. }| {
            let who = match outcome {
                Outcome::SignedIn(who) => Some(who.to_owned()),
                Outcome::Refused(_) => None,
            };
            Document { name: format!("{row}: {way}"), xml, who }
        })
        .collect();
    documents.extend(genuine(&stage));
    let (wrong, valid) = compare(&documents);
    none_is(&wrong);
    assert!(valid >= GENUINE.concat().len(), "{valid}");
}

fn genuine(stage: &Stage<'_>) -> Vec<Document> {
    let made = GENUINE.concat().into_iter().map(|(name, make)| (name, make(stage)));
    made.map(|(name, Genuine { xml, who, .. })| Document {
        name: name.to_owned(),
        xml: xml.into_bytes(),
        who: Some(who.idp_id),
    })
    .collect()
}

#[test]
fn mutations_of_the_genuine() {
    let mut bases = genuine(&stage());
    bases.retain(|base| base.xml.len() < 16_000);
    let documents: Vec<Document> = (0..MUTATIONS)
        .map(|nth| {
            let Document { name, xml, who } = &bases[nth % bases.len()];
            let xml = std::str::from_utf8(xml).unwrap();
            let (how, xml) = mutations::mutated(xml, nth as u64);
            let name = format!("mutation {nth} of `{name}`, {how}");
            Document { name, xml: xml.into_bytes(), who: who.clone() }
        })
        .collect();
    let (wrong, valid) = compare(&documents);
    none_is(&wrong);
    assert!(valid > MUTATIONS / 10, "too few mutations keep their signature: {valid}");
}

/// What xmlsec1 1.2 cannot open.
const UNOPENED: &[(&str, &str)] = &[
    ("OAEP with SHA-256", "it does not know the OAEP of XML Encryption 1.1"),
    ("OAEP with SHA-256, AES-256-CBC", "it does not know the OAEP of XML Encryption 1.1"),
    ("the key beside the data", "it follows a RetrievalMethod to the key, and looks nowhere else"),
];

#[test]
fn what_was_encrypted() {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048);
    let key = key.unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    let ours = KeyPair::parse(&key.serialize_pem(), &certificate.pem()).unwrap();
    let (stage, keys) = (stage().encrypting_to(certificate.der()), Keys::usual());
    let kernel = Kernel::new(&keys, &[ours]);
    let foreign = Foreign::new([keys.rsa, keys.p256, keys.p384]);
    for (name, make) in ENCRYPTED {
        let xml = make(&stage).xml.into_bytes();
        let Verdict::Valid(places, Some(who)) = kernel.judges(&xml) else { panic!("{name}") };
        assert_eq!(who, ADA, "{name}");
        let opened = foreign.opens(&xml, &key.serialize_pem());
        let unopened = UNOPENED.iter().any(|(known, _)| known == name);
        assert_eq!(opened.is_none(), unopened, "{name}: xmlsec1 opens it, or does not");
        let Some(opened) = opened else { continue };
        assert!(!places.is_empty(), "{name}");
        for place in places {
            let asked = match place {
                Place::Assertion => (Place::Opened, &*opened),
                other => (other, &*xml),
            };
            assert_eq!(foreign.verdicts(&[asked]), [true], "{name}: {place:?}");
        }
    }
    // What Kernia refuses to open is never taken for signed.
    for Attack { row, way, outcome, xml, .. } in corpus::attacks(&stage) {
        if let Verdict::Valid(_, Some(who)) = kernel.judges(&xml) {
            let right = matches!(outcome, Outcome::SignedIn(right) if right == who);
            assert!(right || who != EVE, "{row}: {way} names {who}");
        }
    }
}
