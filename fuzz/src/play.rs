//! What all targets play with: one connection that trusts fresh keys, and the seeds for the fuzzer.

use std::{env, fs, path::PathBuf, sync::LazyLock};

use bergshamra::{
    c14n::{C14nMode, canonicalize_doc},
    xml::nodeset::NodeSet,
};

use crate::{
    corpus::{self, ENCRYPTED, GENUINE, Keys, Stage},
    idp::{Answer, Signer, form_value_of},
    kit::time::Timestamp,
    saml::{
        Certificate, Journal, KeyPair, Pending, Presented, Terms, Trust, Unsolicited, response,
    },
};

const IDP: &str = "https://idp.test/saml";
/// Where answers go, and log-outs.
pub const ACS: &str = "https://kernia.test/sso/saml/acs/k1";
const ENTITY: &str = "https://kernia.test/sso/saml/metadata/k1";
const REQUEST: &str = "_0123456789abcdef0123456789abcdef";
const NOW: &str = "2026-01-02T03:04:05Z";

/// A key pair of ours with its certificate in DER.
struct Ours {
    pair: KeyPair,
    certificate: Vec<u8>,
}

static OURS: LazyLock<Ours> = LazyLock::new(|| {
    let size = rcgen::RsaKeySize::_2048;
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size).unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    let pair = KeyPair::parse(&key.serialize_pem(), &certificate.pem()).unwrap();
    Ours { pair, certificate: certificate.der().to_vec() }
});

/// What the connection trusts.
pub static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let keys = Keys::usual();
    let certificates = [keys.rsa, keys.p256, keys.p384]
        .map(|key| Certificate::parse_der(key.certificate()).unwrap());
    Trust::new(Terms {
        identity_provider: IDP,
        certificates: &certificates,
        acs_urls: vec![ACS.to_owned()],
        entity_ids: vec![ENTITY.to_owned()],
        decryption_keys: std::slice::from_ref(&OURS.pair),
        allow_sha1: false,
        require_signed_assertion: false,
    })
    .unwrap()
});

/// The present time.
pub fn now() -> Timestamp {
    Timestamp::parse(NOW).unwrap()
}

/// A key of ours that signs.
pub fn signer() -> &'static KeyPair {
    &OURS.pair
}

fn stage() -> Stage<'static> {
    Stage::new((IDP, REQUEST, ACS, ENTITY), NOW, Keys::usual()).encrypting_to(&OURS.certificate)
}

/// Judges a form value. Whoever is believed has a name.
pub fn judge(form_value: &str) {
    let pending =
        [Pending { request_id: REQUEST.to_owned(), force_authn: false, issued_at: now() }];
    let unsolicited = Unsolicited::Accepted;
    let presented = Presented { form_value, pending: &pending, unsolicited, now: now() };
    let mut journal = Journal::start();
    if let Ok(verified) = response::verify(&TRUST, &presented, &mut journal) {
        assert!(journal.seen.verified && !verified.get().name_id.value.trim().is_empty());
        assert!(!verified.get().signed_by.is_empty());
    }
}

/// The form value of a document.
pub fn form_value(xml: &[u8]) -> String {
    form_value_of(xml)
}

/// The parts of an answer, a line each; the last has the rest.
fn parts(answer: &Answer) -> String {
    [
        &answer.destination,
        &answer.in_response_to,
        &answer.response_issuer,
        &answer.status,
        &answer.issue_instant,
        &answer.issuer,
        &answer.subject,
        &answer.conditions,
        &answer.statement,
        &answer.attributes,
    ]
    .map(|part| part.replace('\n', " "))
    .join("\n")
}

/// An answer of these parts, signed by the identity provider whatever it says, where it can be.
pub fn signed(parts: &str) -> String {
    let mut answer = stage().ada();
    let mut lines = parts.splitn(10, '\n');
    for part in [
        &mut answer.destination,
        &mut answer.in_response_to,
        &mut answer.response_issuer,
        &mut answer.status,
        &mut answer.issue_instant,
        &mut answer.issuer,
        &mut answer.subject,
        &mut answer.conditions,
        &mut answer.statement,
        &mut answer.attributes,
    ] {
        let Some(line) = lines.next() else { break };
        line.clone_into(part);
    }
    let assertion = answer.assertion();
    let signer = Signer::new(Keys::usual().p256);
    let signed = canonical(&assertion).and_then(|canonical| {
        let (head, tail) = assertion.split_once("</saml:Issuer>")?;
        let signature = signer.signature(&answer.assertion_id, &canonical);
        Some(format!("{head}</saml:Issuer>{signature}{tail}"))
    });
    answer.response(&signed.unwrap_or(assertion))
}

fn canonical(xml: &str) -> Option<String> {
    let doc = uppsala::Parser::new().with_forbid_dtd(true).parse(xml).ok()?;
    let set = NodeSet::tree_without_comments(doc.document_element()?, &doc);
    let prefixes: [&str; 0] = [];
    let bytes = canonicalize_doc(&doc, C14nMode::Exclusive, Some(&set), &prefixes).ok()?;
    String::from_utf8(bytes).ok()
}

/// Writes what the fuzzer begins with, where `KERNIA_FUZZ_SEEDS` says so. The documents are signed
/// by the keys of this very process.
pub fn plant(seeds: impl FnOnce() -> Vec<Vec<u8>>) {
    let Some(folder) = env::var_os("KERNIA_FUZZ_SEEDS").map(PathBuf::from) else { return };
    fs::create_dir_all(&folder).unwrap();
    for (nth, seed) in seeds().into_iter().enumerate() {
        fs::write(folder.join(format!("seed{nth}")), seed).unwrap();
    }
}

/// Every document of the corpora.
pub fn documents() -> Vec<Vec<u8>> {
    let stage = stage();
    let attacks = corpus::attacks(&stage).into_iter().map(|attack| attack.xml);
    let genuine = [GENUINE.concat(), ENCRYPTED.to_vec()].concat();
    let genuine = genuine.into_iter().map(|(_, make)| make(&stage).xml.into_bytes());
    attacks.chain(genuine).filter(|xml| !xml.is_empty() && xml.len() < 32_000).collect()
}

/// An honest answer, and the forger's, as parts.
pub fn answers() -> Vec<Vec<u8>> {
    let stage = stage();
    [stage.ada(), stage.eve()].iter().map(|answer| parts(answer).into_bytes()).collect()
}

/// Metadata of an identity provider, alone and among others.
pub fn metadata() -> Vec<Vec<u8>> {
    let certificate = Keys::usual().rsa.certificate_base64();
    let md = r#"xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata""#;
    let bindings = "urn:oasis:names:tc:SAML:2.0:bindings";
    let one = |entity_id: &str| {
        format!(
            r#"<md:EntityDescriptor {md} entityID="{entity_id}" validUntil="2036-01-01T00:00:00Z"><md:IDPSSODescriptor WantAuthnRequestsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleLogoutService Binding="{bindings}:HTTP-Redirect" Location="https://idp.test/slo" ResponseLocation="https://idp.test/slo2"/><md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat><md:SingleSignOnService Binding="{bindings}:HTTP-Redirect" Location="https://idp.test/sso"/><md:SingleSignOnService Binding="{bindings}:HTTP-POST" Location="https://idp.test/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>"#
        )
    };
    let several = format!(
        "<md:EntitiesDescriptor {md}>{}{}</md:EntitiesDescriptor>",
        one(IDP),
        one("https://other.test")
    );
    vec![one(IDP).into_bytes(), several.into_bytes(), b"<!DOCTYPE html><html></html>".to_vec()]
}
