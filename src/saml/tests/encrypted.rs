//! Encrypted assertions: what providers in order send is opened, and nothing else is.

use std::{fs, process::Command};

use proptest::prelude::*;

use super::{
    EVIL, IDP, P256, RSA, ada,
    encrypting::{MGF1P, OLD, OURS, Ours, Place, Sealer, THEIRS, XENC, XENC11, sha256},
    forged,
    idp::{Signer, form_value, with_signature},
    now, pending, replaced, signer, terms,
};
use crate::saml::{
    certificate::Certificate,
    journal::Journal,
    key_pair::KeyPair,
    rejected::Rejected,
    response::{self, Assertion, Presented, Terms, Trust, Unsolicited},
};

const GCM128: &str = "http://www.w3.org/2009/xmlenc11#aes128-gcm";
const GCM192: &str = "http://www.w3.org/2009/xmlenc11#aes192-gcm";
const GCM256: &str = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
const CBC128: &str = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
const CBC192: &str = "http://www.w3.org/2001/04/xmlenc#aes192-cbc";
const CBC256: &str = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";

fn opening(keys: &[&Ours], require_signed_assertion: bool) -> Trust {
    let keys: Vec<KeyPair> = keys.iter().map(|ours| ours.pair.clone()).collect();
    let certificates = [&RSA, &P256].map(|key| Certificate::parse_der(key.certificate()).unwrap());
    let decryption_keys = &keys;
    Trust::new(Terms { decryption_keys, require_signed_assertion, ..terms(&certificates) }).unwrap()
}

fn verify_by(trust: &Trust, xml: &str) -> (Result<Assertion, Rejected>, Journal) {
    let mut journal = Journal::start();
    let presented = Presented {
        form_value: &form_value(xml),
        pending: &pending(),
        unsolicited: Unsolicited::Refused,
        now: now(),
    };
    let verdict = response::verify(trust, &presented, &mut journal);
    (verdict.map(|it| it.get().clone()), journal)
}

fn verify(xml: &str) -> Result<Assertion, Rejected> {
    verify_by(&opening(&[&OLD, &OURS], false), xml).0
}

/// Ada's Assertion, signed by itself.
fn signed() -> String {
    signer().signed("_assertion", &ada().assertion())
}

fn response(inside: &str) -> String {
    ada().response(inside)
}

fn all_accepted(cases: &[(&str, String)]) {
    let mut wrong = Vec::new();
    for (name, xml) in cases {
        match verify(xml) {
            Ok(assertion) if assertion.name_id.value == "ada@acme.test" => {}
            Ok(assertion) => wrong.push(format!("{name}: {}", assertion.name_id.value)),
            Err(no) => wrong.push(format!("{name}: {no}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

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

#[test]
fn every_cipher_and_transport_that_is_taken() {
    let mut cases = Vec::new();
    for cipher in [GCM128, GCM192, GCM256, CBC128, CBC256] {
        cases.push((cipher, response(&Sealer::new(cipher).seal(&signed()))));
        cases.push((cipher, response(&sha256(cipher).seal(&signed()))));
    }
    let digest = r#"<ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"></ds:DigestMethod>"#;
    let with = |sealer: Sealer<'_>| response(&sealer.seal(&signed()));
    cases.push(("SHA-1 said", with(Sealer { parameters: digest, ..Sealer::new(GCM256) })));
    let label = r"<xenc:OAEPparams>a2VybmlhLWxhYmVs</xenc:OAEPparams>";
    cases.push((
        "a label",
        with(Sealer { parameters: label, label: Some(b"kernia-label"), ..Sealer::new(GCM128) }),
    ));
    all_accepted(&cases);
}

#[test]
fn as_the_products_of_the_field_nest_it() {
    let sealed = Sealer::new(GCM256).seal(&signed());
    let in_place = |place| response(&Sealer { place, ..Sealer::new(CBC256) }.seal(&signed()));
    // SimpleSAMLphp: other prefixes.
    let simplesamlphp = sealed.replace("ds:", "dsig:").replace("xmlns:ds=", "xmlns:dsig=");
    // ADFS and Entra: default namespaces, the key's certificate named by issuer and serial number.
    let named = r#"<KeyInfo><ds:X509Data xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509IssuerSerial><ds:X509IssuerName>CN=x</ds:X509IssuerName><ds:X509SerialNumber>1</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data></KeyInfo>"#;
    let behind = "</xenc:EncryptionMethod><xenc:CipherData>";
    let key = format!(r#"<e:EncryptedKey xmlns:e="{XENC}">"#);
    let adfs = sealed
        .replace("<ds:KeyInfo xmlns:ds=", "<KeyInfo xmlns=")
        .replace("</ds:KeyInfo>", "</KeyInfo>")
        .replace("<xenc:EncryptedKey Id=\"_key\">", &key)
        .replace("</xenc:EncryptedKey>", "</e:EncryptedKey>")
        .replacen(behind, &format!("</xenc:EncryptionMethod>{named}<xenc:CipherData>"), 1);
    let outside = replaced(&sealed, &format!(r#" xmlns:xenc="{XENC}""#), "")
        .replace(" xmlns:saml=", &format!(r#" xmlns:xenc="{XENC}" xmlns:saml="#));
    // Shibboleth: a recipient, a carried certificate.
    let shibboleth = sealed
        .replace(" Id=\"_key\"", " Id=\"_key\" Recipient=\"https://kernia.test/sso/saml/metadata/k1\"")
        .replacen("</xenc:EncryptionMethod><xenc:CipherData>", "</xenc:EncryptionMethod><ds:KeyInfo><ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data></ds:KeyInfo><xenc:CipherData>", 1);
    // pysaml2: a KeyName, and white space everywhere.
    let pysaml2 = sealed
        .replacen("</xenc:EncryptionMethod><xenc:CipherData>", "</xenc:EncryptionMethod>\n<ds:KeyInfo><ds:KeyName>my-rsa-key</ds:KeyName></ds:KeyInfo><xenc:CipherData>", 1)
        .replace("<xenc:CipherValue>", "<xenc:CipherValue>\n")
        .replace("><xenc:", ">\n  <xenc:");
    let folded = {
        let (head, rest) = sealed.split_once("<xenc:CipherValue>").unwrap();
        let (value, tail) = rest.split_once('<').unwrap();
        let lines: Vec<&str> =
            value.as_bytes().chunks(76).map(|it| std::str::from_utf8(it).unwrap()).collect();
        format!("{head}<xenc:CipherValue>{}\r\n<{tail}", lines.join("\r\n"))
    };
    all_accepted(&[
        ("SimpleSAMLphp", response(&simplesamlphp)),
        ("its namespace further out", response(&outside)),
        ("ADFS", response(&adfs)),
        ("Shibboleth", response(&shibboleth)),
        ("pysaml2", response(&pysaml2)),
        ("folded base64", response(&folded)),
        ("the key beside", in_place(Place::Beside)),
        ("the key beside, pointed to", in_place(Place::Retrieved)),
        ("no Type", response(&sealed.replace(&format!(" Type=\"{XENC}Element\""), ""))),
        ("white space around", response(&Sealer::new(GCM128).seal(&format!("\n {} \n", signed())))),
        (
            "for the key before",
            response(&Sealer { to: &OLD, ..Sealer::new(GCM256) }.seal(&signed())),
        ),
    ]);
}

#[test]
fn signed_outside_inside_or_both() {
    let plain = Sealer::new(GCM256).seal(&ada().assertion());
    let by = |signer: &Signer<'_>, inside: &str| signer.signed("_response", &response(inside));
    let both = by(&Signer::new(&P256), &Sealer::new(GCM256).seal(&signed()));
    all_accepted(&[("the Response alone", by(&signer(), &plain)), ("both", both.clone())]);
    let assertion = verify(&both).unwrap();
    let fingerprint =
        |key: &super::idp::Key| Certificate::parse_der(key.certificate()).unwrap().fingerprint();
    assert_eq!(assertion.signed_by, [fingerprint(&P256), fingerprint(&RSA)]);

    let strict = opening(&[&OURS], true);
    let no = verify_by(&strict, &by(&signer(), &plain)).0.unwrap_err();
    assert_eq!((no.code, no.got.as_str()), ("unsigned", "a signature of the Response alone"));
    assert!(verify_by(&strict, &both).0.is_ok());
}

#[test]
fn namespaces_that_stand_around_the_ciphertext() {
    // What libxml2 encrypts in place relies on declarations further out.
    let inherited =
        signed().replacen(r#" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion""#, "", 1);
    let around = Sealer::new(GCM128).seal(&inherited);
    all_accepted(&[("inherited", response(&around))]);
    // A prefix that nobody declares stays an error, and says nothing else.
    let undeclared = inherited.replace("saml:", "other:");
    all_refused(&[(
        "undeclared",
        response(&Sealer::new(GCM128).seal(&undeclared)),
        "decryption_failed",
    )]);
}

#[test]
fn a_foreign_encrypter_is_understood() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let template = format!(
        r#"<xenc:EncryptedData xmlns:xenc="{XENC}" Type="{XENC}Element"><xenc:EncryptionMethod Algorithm="{CBC256}"/><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="{MGF1P}"/><ds:KeyInfo><ds:KeyName/></ds:KeyInfo><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>"#
    );
    for cipher in [CBC128, CBC256, GCM128, GCM192, GCM256] {
        let bits = cipher.split("#aes").nth(1).unwrap().split('-').next().unwrap();
        fs::write(path("template.xml"), template.replace(CBC256, cipher)).unwrap();
        fs::write(path("plain.xml"), signed()).unwrap();
        fs::write(path("certificate.pem"), &OURS.certificate_pem).unwrap();
        let output = Command::new("xmlsec1")
            .args(["--encrypt", "--session-key", &format!("aes-{bits}"), "--pubkey-cert-pem"])
            .arg(path("certificate.pem"))
            .arg("--xml-data")
            .arg(path("plain.xml"))
            .arg("--output")
            .arg(path("sealed.xml"))
            .arg(path("template.xml"))
            .output()
            .expect("xmlsec1 is installed (Debian package xmlsec1)");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let sealed = fs::read_to_string(path("sealed.xml")).unwrap();
        let sealed = sealed.split_once("?>").map_or(sealed.as_str(), |(_, rest)| rest).trim();
        assert!(sealed.starts_with("<xenc:EncryptedData"), "{sealed}");
        let saml = "urn:oasis:names:tc:SAML:2.0:assertion";
        let verdict = verify(&response(&format!(
            r#"<saml:EncryptedAssertion xmlns:saml="{saml}">{sealed}</saml:EncryptedAssertion>"#
        )));
        assert!(verdict.is_ok(), "{cipher}: {verdict:?}");
    }
}

#[test]
fn attacks_on_what_was_encrypted() {
    let seal = |plain: &str| response(&Sealer::new(GCM256).seal(plain));
    let signed = signed();
    let evil = forged().assertion();
    let sealed = Sealer::new(GCM256).seal(&signed);
    let advice = |inside: &str| {
        replaced(
            &evil,
            "<saml:AuthnStatement",
            &format!("<saml:Advice>{inside}</saml:Advice><saml:AuthnStatement"),
        )
    };
    let one = "one_assertion";
    let evil_signed = Signer::new(&EVIL).signed("_evil", &evil);
    all_refused(&[
        ("encryption taken for authentication", seal(&evil), "unsigned"),
        ("signed by the attacker inside", seal(&evil_signed), "signature_invalid"),
        ("changed after signing", seal(&replaced(&signed, ">ada@", ">evil@")), "signature_invalid"),
        (
            "the signature of another",
            seal(&with_signature(&evil, &signer().signature("_assertion", &ada().assertion()))),
            "signature_misplaced",
        ),
        ("wrapped inside", seal(&advice(&signed)), one),
        ("the forged one before", seal(&format!("{evil}{signed}")), one),
        ("the forged one behind", seal(&format!("{signed}{evil}")), one),
        ("two signed", seal(&format!("{signed}{}", signer().signed("_evil", &evil))), one),
        ("encrypted again inside", seal(&sealed), one),
        ("the ciphertext in a forged one's Advice", response(&advice(&sealed)), one),
        ("a plain one beside", response(&format!("{evil}{sealed}")), one),
        (
            "two encrypted",
            response(&format!("{sealed}{}", sealed.replace("_data", "_d2").replace("_key", "_k2"))),
            one,
        ),
        ("text", seal("hello"), one),
        ("nothing", seal(""), one),
        ("text beside", seal(&format!("{signed}x")), one),
        ("a whole Response", seal(&response(&signed)), one),
        ("out of the wrapper", seal(&format!("</opened>{signed}<opened>")), "decryption_failed"),
        (
            "the ID of the Response",
            seal(
                &signer()
                    .signed("_response", &ada().assertion().replace("_assertion", "_response")),
            ),
            "duplicate_id",
        ),
        (
            "the ID of the data",
            seal(&signer().signed("_data", &ada().assertion().replace("_assertion", "_data"))),
            "duplicate_id",
        ),
        ("a document type", seal(&format!("<!DOCTYPE x>{signed}")), "dtd_forbidden"),
        (
            "a declaration",
            seal(&format!("<?xml version=\"1.0\"?>{signed}")),
            "processing_instruction",
        ),
        ("too deep", seal(&format!("{}{}", "<a>".repeat(60), "</a>".repeat(60))), "too_complex"),
        (
            "an encrypted name",
            seal(&signer().signed(
                "_assertion",
                &replaced(
                    &ada().assertion(),
                    "<saml:NameID ",
                    "<saml:EncryptedID></saml:EncryptedID><saml:NameID ",
                ),
            )),
            "encrypted_attribute",
        ),
    ]);
    // The signature around it is judged before anything is opened.
    let over = Signer::new(&EVIL).signed("_response", &response(&sealed));
    all_refused(&[("signed by the attacker outside", over, "signature_invalid")]);
}

#[test]
fn broken_ciphertext_is_one_refusal() {
    let sealed = Sealer::new(GCM256).seal(&signed());
    let cipher = bergshamra::crypto::cipher::from_uri(GCM256).unwrap();
    let content = cipher.encrypt(&[7; 32], signed().as_bytes()).unwrap();
    let gcm = Sealer::new(GCM256);
    let key = gcm.wrap(&[7; 32]);
    let around = |key: &[u8], content: &[u8]| response(&gcm.around(key, content));
    let mut flipped = content.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let cbc = Sealer::new(CBC128);
    let swap = |from: &str, to: &str| response(&replaced(&sealed, from, to));
    let no = "decryption_failed";
    all_refused(&[
        ("no content", around(&key, &[]), no),
        ("short content", around(&key, &content[..20]), no),
        ("a flipped tag", around(&key, &flipped), no),
        ("no key", around(&[], &content), no),
        ("a short key", around(&key[..255], &content), no),
        ("a long key", around(&[&key[..], &[0]].concat(), &content), no),
        ("a key of zeros", around(&[0; 256], &content), no),
        ("a key of ones", around(&[0xff; 256], &content), no),
        ("a session key of another length", around(&gcm.wrap(&[7; 16]), &content), no),
        ("an empty session key", around(&gcm.wrap(&[]), &content), no),
        ("another session key", around(&gcm.wrap(&[8; 32]), &content), no),
        ("CBC, one block", response(&cbc.around(&cbc.wrap(&[7; 16]), &[1; 16])), no),
        ("CBC, no block", response(&cbc.around(&cbc.wrap(&[7; 16]), &[1; 17])), no),
        ("CBC, garbage", response(&cbc.around(&cbc.wrap(&[7; 16]), &[1; 160])), no),
        ("for another service", response(&Sealer { to: &THEIRS, ..gcm }.seal(&signed())), no),
        ("RSA 1.5", swap("rsa-oaep-mgf1p", "rsa-1_5"), no),
        ("AES key wrap", swap(MGF1P, "http://www.w3.org/2001/04/xmlenc#kw-aes256"), no),
        ("3DES", swap(GCM256, "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"), no),
        ("AES-192 in CBC", response(&Sealer::new(CBC192).seal(&signed())), no),
        ("an unknown cipher", swap(GCM256, "urn:none"), no),
        ("no algorithm", swap(&format!(" Algorithm=\"{GCM256}\""), ""), no),
        ("content for an element", swap("#Element", "#Content"), no),
        (
            "an unknown hash",
            response(&replaced(
                &sha256(GCM256).seal(&signed()),
                "xmlenc#sha256",
                "xmldsig-more#md5",
            )),
            no,
        ),
        (
            "two hashes",
            response(&replaced(&sha256(GCM256).seal(&signed()), "mgf1sha256", "mgf1sha1")),
            no,
        ),
        (
            "a file",
            swap(
                "<xenc:CipherValue>",
                "<xenc:CipherReference URI=\"file:///etc/passwd\"></xenc:CipherReference><xenc:CipherValue>",
            ),
            no,
        ),
        (
            "a comment in the ciphertext",
            swap("<xenc:CipherValue>", "<xenc:CipherValue><!-- x -->"),
            no,
        ),
        ("no base64", swap("<xenc:CipherValue>", "<xenc:CipherValue>!"), no),
        (
            "empty",
            response(
                "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"></saml:EncryptedAssertion>",
            ),
            no,
        ),
        (
            "two keys",
            swap(
                "</ds:KeyInfo>",
                &format!("<xenc:EncryptedKey xmlns:xenc=\"{XENC}\"/></ds:KeyInfo>"),
            ),
            no,
        ),
        (
            "two data",
            swap(
                "</saml:EncryptedAssertion>",
                &format!("<xenc:EncryptedData xmlns:xenc=\"{XENC}\"/></saml:EncryptedAssertion>"),
            ),
            no,
        ),
        (
            "the key elsewhere",
            response(
                &replaced(
                    &Sealer { place: Place::Beside, ..gcm }.seal(&signed()),
                    "</xenc:EncryptedData><xenc:EncryptedKey",
                    "<x><xenc:EncryptedKey",
                )
                .replace("</xenc:EncryptedKey>", "</xenc:EncryptedKey></x></xenc:EncryptedData>"),
            ),
            no,
        ),
        ("another namespace", swap(&format!("\"{XENC}\""), &format!("\"{XENC11}\"")), no),
    ]);
    let keyless = verify_by(&opening(&[], false), &response(&sealed)).0.unwrap_err();
    assert_eq!(keyless.code, no);
    assert!(keyless.got.contains("no key of ours"), "{keyless}");
    let wrong = |xml: &str| verify(xml).unwrap_err();
    assert_eq!(wrong(&around(&key, &flipped)), wrong(&around(&[0; 256], &content)));
}

#[test]
fn the_journal_tells_what_was_opened() {
    let sealed = response(&Sealer::new(GCM256).seal(&signed()));
    let (verdict, journal) = verify_by(&opening(&[&OURS], false), &sealed);
    assert!(verdict.is_ok());
    let names: Vec<&str> = journal.steps.iter().map(|step| step.name).collect();
    let expected = [
        "decode",
        "parse",
        "shape",
        "signature shape",
        "signature",
        "decrypt",
        "parse opened",
        "shape opened",
        "signature opened",
        "claims",
        "conditions",
    ];
    assert_eq!(names, expected);
    assert!(journal.seen.encrypted && journal.seen.verified);
    assert_eq!(journal.seen.signed, ["assertion"]);
    assert_eq!(journal.seen.algorithms, ["aes256-gcm", "rsa-oaep-mgf1p", "rsa-sha256", "sha256"]);

    let unsigned = response(&Sealer::new(GCM256).seal(&forged().assertion()));
    let (verdict, journal) = verify_by(&opening(&[&OURS], false), &unsigned);
    assert_eq!(verdict.unwrap_err().code, "unsigned");
    assert!(!journal.seen.verified);
    assert_eq!(journal.seen.name_id.as_deref(), Some("evil@attacker.test"));
    assert_eq!(journal.seen.issuer.as_deref(), Some(IDP));
    assert!(!journal.steps.last().unwrap().ok);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// Changed, lost or doubled bytes of the message.
    #[test]
    fn a_changed_encrypted_response_never_names_another(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..3, 32_u8..127), 1..3),
        cbc in any::<bool>(),
    ) {
        let xml = response(&Sealer::new(if cbc { CBC256 } else { GCM256 }).seal(&signed()));
        let mut bytes = xml.into_bytes();
        for (at, what, byte) in changes {
            let at = at.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => _ = bytes.remove(at),
                _ => bytes.insert(at, byte),
            }
        }
        if let Ok(changed) = verify(&String::from_utf8(bytes).unwrap()) {
            prop_assert_eq!(changed.name_id.value, "ada@acme.test");
        }
    }

    /// Any bytes at all as key and as content: an answer, never a panic.
    #[test]
    fn no_ciphertext_makes_it_panic(
        key in prop::collection::vec(any::<u8>(), 0..300),
        content in prop::collection::vec(any::<u8>(), 0..200),
        which in 0_usize..5, good_key in any::<bool>(),
    ) {
        let (cipher, length) =
            [(GCM128, 16), (GCM192, 24), (GCM256, 32), (CBC128, 16), (CBC256, 32)][which];
        let sealer = Sealer::new(cipher);
        let key = if good_key { sealer.wrap(&vec![7; length]) } else { key };
        prop_assert!(verify(&response(&sealer.around(&key, &content))).is_err());
    }

    /// CBC binds nothing: whatever an attacker makes of the ciphertext, the signature decides.
    #[test]
    fn a_bent_cbc_ciphertext_never_names_another(at in any::<prop::sample::Index>(), mask in 1_u8..) {
        let cipher = bergshamra::crypto::cipher::from_uri(CBC128).unwrap();
        let mut content = cipher.encrypt(&[7; 16], signed().as_bytes()).unwrap();
        let at = at.index(content.len());
        content[at] ^= mask;
        let sealer = Sealer::new(CBC128);
        let verdict = verify(&response(&sealer.around(&sealer.wrap(&[7; 16]), &content)));
        if let Ok(changed) = verdict {
            prop_assert_eq!(changed.name_id.value, "ada@acme.test");
        }
    }
}
