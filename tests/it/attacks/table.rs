//! The table of attacks, row by row, with the codes that each may meet; and a look at whether every
//! row, in each of its ways, has an attempt in the corpus or a story here.

use std::collections::BTreeMap;

use super::{brought, others};
use crate::corpus::{self, Keys, Outcome, Stage};

/// A row: its name, the codes of its refusals, and the ways that it must at least be tried in.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

/// Those that one document in a form can be.
const DOCUMENTS: &[Row] = &[
    ("XSW1, XSW2", &["one_assertion"], &["XSW1", "XSW2"]),
    ("XSW3", &["one_assertion"], &["before"]),
    ("XSW4", &["one_assertion"], &["a child"]),
    ("XSW5, XSW6", &["one_assertion"], &["XSW5", "XSW6"]),
    ("XSW7", &["one_assertion"], &["in Extensions"]),
    ("XSW8", &["one_assertion"], &["in an Object"]),
    ("after", &["one_assertion"], &["behind"]),
    (
        "hidden original",
        &["one_assertion"],
        &["Advice", "StatusDetail", "AttributeValue", "an unknown wrapper"],
    ),
    ("whole response inside", &["one_assertion"], &["in a forged Response", "in its Extensions"]),
    ("moved signature", &["signature_misplaced"], &["under the Response"]),
    ("duplicate ID", &["duplicate_id", "bad_id"], &["ID", "id", "Id", "xml:id"]),
    ("two signed", &["one_assertion"], &["for two people"]),
    (
        "plain beside encrypted",
        &["one_assertion"],
        &["before", "behind", "before a genuine one", "behind a genuine one"],
    ),
    ("look-alike namespace", &["unexpected_element"], &["beside", "alone"]),
    ("bare Assertion, SOAP", &["not_a_response"], &["bare Assertion", "SOAP"]),
    ("unsigned, stripped", &["unsigned"], &["unsigned", "stripped"]),
    (
        "tampered",
        &["signature_invalid", "signature_shape"],
        &["NameID", "attribute", "SignatureValue"],
    ),
    (
        "empty signature",
        &["signature_shape"],
        &["Signature", "SignatureValue", "SignedInfo", "no Reference"],
    ),
    (
        "KeyInfo trust",
        &["signature_invalid"],
        &["certificate", "KeyValue", "after the genuine one"],
    ),
    (
        "HMAC confusion",
        &["algorithm_not_allowed"],
        &["the certificate", "the public key", "nothing"],
    ),
    ("SHA-1", &["algorithm_not_allowed", "signature_invalid"], &["RSA-SHA1", "a SHA-1 digest"]),
    ("two SignedInfo", &["signature_shape"], &["the genuine one first", "the forged one first"]),
    ("digest comment", &["signature_shape"], &["comment", "two DigestValues"]),
    ("many references", &["signature_shape", "reference_not_parent"], &["two", "not the parent"]),
    (
        "partial",
        &["reference_not_parent", "signature_shape"],
        &["Conditions", "an Object", "an XPointer to the Subject"],
    ),
    ("external reference", &["reference_not_parent"], &["file", "http", "missing"]),
    ("transforms", &["transform_not_allowed"], &["XPath", "XSLT", "base64", "2,000"]),
    ("void c14n", &["signature_invalid"], &["a relative namespace"]),
    ("reused signature", &["signature_misplaced"], &["of metadata", "of a LogoutResponse"]),
    ("1,000 signatures", &["too_large", "signature_misplaced"], &["150", "1,000"]),
    (
        "DTD",
        &["dtd_forbidden"],
        &[
            "XXE, file",
            "XXE, http",
            "parameter entity",
            "external subset",
            "ATTLIST defaults",
            "prefix redeclared",
        ],
    ),
    ("entity blow-up", &["dtd_forbidden"], &["billion laughs", "quadratic"]),
    ("comment in NameID", &["mixed_content"], &["before signing", "after signing"]),
    (
        "PI, CDATA, child in NameID",
        &["processing_instruction", "mixed_content"],
        &["PI", "CDATA", "child"],
    ),
    (
        "not base64, not XML, cut, empty",
        &["not_base64", "bad_xml"],
        &["not base64", "not XML", "cut", "empty"],
    ),
    (
        "second root, duplicate attribute, undeclared prefix",
        &["bad_xml"],
        &["second root", "duplicate attribute", "undeclared prefix"],
    ),
    ("NUL, overlong UTF-8, UTF-16", &["bad_xml", "not_utf8"], &["NUL", "overlong UTF-8", "UTF-16"]),
    (
        "deep, wide, huge",
        // What is deflated is no text: nothing is inflated to find out.
        &["too_large", "too_complex", "not_utf8"],
        &["200,000 levels", "50,000 attributes", "5,000 namespaces", "a DEFLATE bomb"],
    ),
    (
        "token forwarding",
        &["audience"],
        &["another SP", "none", "empty", "ours plus a suffix", "one of two restrictions"],
    ),
    (
        "wrong ACS",
        &["recipient", "destination"],
        &["Recipient", "Destination", "no Recipient", "no Destination on a signed Response"],
    ),
    (
        "stale",
        &["expired", "session_expired", "bad_time"],
        &["conditions", "confirmation", "session", "no expiry"],
    ),
    ("early", &["not_yet_valid"], &["NotBefore", "IssueInstant"]),
    ("confirmation", &["confirmation"], &["none", "no data", "holder-of-key", "sender-vouches"]),
    (
        "other request",
        &["in_response_to"],
        &["unknown", "only the Response's right", "only the confirmation's right"],
    ),
    ("other IdP", &["issuer"], &["another", "missing", "a suffix"]),
    ("status", &["status"], &["Responder", "nested Success", "missing", "other case"]),
    ("version", &["version"], &["the Response's", "the Assertion's"]),
    (
        "name",
        &["name_id", "transient_name_id", "email_missing", "encrypted_attribute"],
        &["no Subject", "no NameID", "an empty one", "two NameIDs"],
    ),
    (
        "condition",
        &["unknown_condition", "audience", "authn_statement"],
        &["an unknown one", "no Conditions"],
    ),
    (
        "encrypted unsigned",
        &["unsigned", "signature_invalid"],
        &["encryption taken for authentication", "signed by an attacker"],
    ),
    (
        "XSW inside encryption",
        &["one_assertion"],
        &["around the signed one", "ciphertext in a forged one's Advice"],
    ),
    (
        "broken ciphertext",
        &["decryption_failed"],
        &[
            "short",
            "empty",
            "wrong key length",
            "flipped tag",
            "unknown algorithm",
            "other SP's key",
        ],
    ),
    ("RSA 1.5", &["decryption_failed"], &["a good one", "a bad padding"]),
    ("CipherReference", &["decryption_failed"], &["a file", "http"]),
    ("too much", &["attributes", "unexpected_element"], &["257 attributes"]),
];

/// Those that are more than a document; each is a story, which the compiler looks for.
const STORIES: &[(&str, fn())] = &[
    ("deep, wide, huge: 20 MB", brought::what_is_no_form_with_one_answer),
    ("other request: of another browser", others::an_answer_for_a_request_of_another_browser),
    ("unsolicited", others::an_answer_that_nobody_asked_for),
    ("login CSRF", others::login_csrf),
    ("other IdP: another tenant's connection", others::an_answer_for_another_tenant),
    ("replay", brought::replayed),
    ("replay: in parallel", brought::replayed_eight_times_at_once),
    ("two fields", brought::what_is_no_form_with_one_answer),
    ("open redirect", others::a_relay_state_leads_nowhere),
    ("metadata swap", others::metadata_of_somebody_else),
];

#[test]
fn every_row_is_tried_in_each_of_its_ways() {
    let now = "2026-01-02T03:04:05Z";
    let stage =
        Stage::new(("https://idp.test", "_r", "https://k.test", "urn:k"), now, Keys::usual())
            .encrypting_to(Keys::usual().rsa.certificate());
    let mut tried: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for attack in corpus::attacks(&stage) {
        tried.entry(attack.row).or_default().push((attack.way, attack.outcome));
    }
    let mut wrong = Vec::new();
    for (row, codes, ways) in DOCUMENTS {
        let attempts = tried.remove(row).unwrap_or_default();
        for way in *ways {
            if !attempts.iter().any(|(tried, _)| tried == way) {
                wrong.push(format!("{row}: `{way}` is not tried"));
            }
        }
        for (nth, (way, outcome)) in attempts.iter().enumerate() {
            if let Outcome::Refused(code) = outcome
                && !codes.contains(code)
            {
                wrong.push(format!("{row}: `{way}` expects {code}, which is not the row's"));
            }
            if attempts[..nth].iter().any(|(earlier, _)| earlier == way) {
                wrong.push(format!("{row}: `{way}` stands twice"));
            }
        }
    }
    wrong.extend(tried.keys().map(|row| format!("the table has no row `{row}`")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(STORIES.iter().all(|(name, _)| !name.is_empty()));
}
