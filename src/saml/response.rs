//! The heart: a posted `SAMLResponse` becomes a [`Verified`] [`Assertion`] or a [`Rejected`].
//! [`verify`] is the list of all rules in their order; each is judged in its own file.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use uppsala::{Document, NodeId};

use super::{
    canonical,
    claims::{self, Claims},
    conditions, encryption,
    envelope::Envelope,
    journal::Journal,
    rejected::Rejected,
    shape::{self, Body, Shape},
    signature::{self, Proof},
    xml::{self, SAML},
};
pub use super::{
    claims::{Attribute, NameId},
    trust::{Terms, Trust, Verified},
};
use crate::kit::time::Timestamp;

/// The largest form value, in bytes of base64 (rule 1).
const MAX_FORM: usize = 512 * 1024;
/// The largest response, in bytes of XML (rule 1).
const MAX_XML: usize = 256 * 1024;

/// How much of a form value is read for its root tag, in bytes of base64, multiples of 4: nearly
/// always the first is enough.
const PEEKED: [usize; 2] = [2 * 1024, 16 * 1024];

/// A sign-in that this browser began at this connection and that nobody has finished (rule 22).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The ID of our `AuthnRequest`.
    pub request_id: String,
    /// Whether a fresh sign-in was demanded (`prompt=login`).
    pub force_authn: bool,
    /// When the request was made.
    pub issued_at: Timestamp,
}

/// What the connection does with an answer to no request of ours (rule 23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unsolicited {
    /// It is refused, with the code `unsolicited`.
    Refused,
    /// It is believed like any other. An answer to a request that we do not know never is.
    Accepted,
}

/// What is to be judged, and on what occasion.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    /// The value of the form field `SAMLResponse`.
    pub form_value: &'a str,
    /// The sign-ins that this browser began at this connection.
    pub pending: &'a [Pending],
    /// What happens to an answer that the identity provider began itself.
    pub unsolicited: Unsolicited,
    /// The present time.
    pub now: Timestamp,
}

/// What a verified Assertion says (SAML Core §2.3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// Its ID; used once and never again (rule 29).
    pub id: String,
    /// The identity provider's entity ID.
    pub issuer: String,
    /// Who it is about.
    pub name_id: NameId,
    /// The ID of the [`Pending`] request that it answers; none when it is unsolicited.
    pub in_response_to: Option<String>,
    /// When the person signed in at the identity provider.
    pub authn_instant: Timestamp,
    /// The identity provider's name for that session.
    pub session_index: Option<String>,
    /// When that session ends; ours ends no later.
    pub session_not_on_or_after: Option<Timestamp>,
    /// Until when its ID must be kept, skew included (rule 29).
    pub replayable_until: Timestamp,
    /// What the provider says about the person, each name once.
    pub attributes: Vec<Attribute>,
    /// The fingerprints of the pinned certificates whose keys verified its signatures.
    pub signed_by: Vec<String>,
    /// Whether a signature or digest with SHA-1 was among them, which deserves a warning.
    pub signed_with_sha1: bool,
}

impl Assertion {
    /// The values of the attribute of exactly this name.
    #[must_use]
    pub fn values(&self, name: &str) -> &[String] {
        self.attributes.iter().find(|it| it.name == name).map_or(&[], |it| &it.values)
    }
}

/// Judges a posted `SAMLResponse`, rule by rule; the first one broken is the one told.
///
/// `journal` is filled either way. Run it on a CPU worker. Left to the caller: one-time use of the
/// Assertion's ID and of the request (rule 29), the meaning of the `NameID`'s format (rule 30), and
/// the `RelayState` (rule 32).
pub fn verify(
    trust: &Trust,
    presented: &Presented<'_>,
    journal: &mut Journal,
) -> Result<Verified<Assertion>, Rejected> {
    let text = journal.step(("decode", (1, 2)), decode(presented.form_value))?;
    let doc = journal.step(("parse", (3, 3)), xml::parse(&text, xml::MAX_NODES))?;
    journal.seen.read_response(&doc);
    let outcome = judge(&doc, trust, presented, journal);
    if !journal.seen.verified {
        journal.seen.read_unverified(&doc);
    }
    outcome.map(Verified::new)
}

/// Rules 4 to 31.
fn judge(
    doc: &Document<'_>,
    trust: &Trust,
    presented: &Presented<'_>,
    journal: &mut Journal,
) -> Result<Assertion, Rejected> {
    let shape = journal.step(("shape", (4, 7)), shape::examine(doc))?;
    let signatures = signature::examine(doc, &shape.marks, trust.allow_sha1);
    let signatures = journal.step(("signature shape", (8, 11)), signatures)?;
    let proofs = signature::verify(doc, &signatures, &trust.pinned);
    let proofs = proofs.and_then(|proofs| match shape.body {
        Body::Plain(node) => covered(proofs, &[node, shape.response], trust),
        // Whether a signature is missing shows when it is open.
        Body::Encrypted(_) => Ok(proofs),
    });
    let proofs = journal.step(("signature", (12, 13)), proofs)?;
    let (claims, signed) = match shape.body {
        Body::Plain(_) => {
            let claims = journal.step(("claims", (14, 16)), signed_claims(&proofs))?;
            (claims, Signed::by(&proofs))
        }
        Body::Encrypted(node) => opened(doc, (node, &shape), (proofs, trust), journal)?,
    };
    journal.seen.read_claims(&claims, true);
    let envelope = Envelope::read(doc, shape.response, shape.marks.signs(shape.response))?;
    let believed = believe(&envelope, claims, signed, (trust, presented));
    journal.step(("conditions", (17, 31)), believed)
}

/// Who signed, and how.
struct Signed {
    by: Vec<String>,
    with_sha1: bool,
}

impl Signed {
    fn by(proofs: &[Proof<'_>]) -> Self {
        let mut by: Vec<String> = Vec::with_capacity(proofs.len());
        for proof in proofs {
            if by.iter().all(|known| known != proof.by) {
                by.push(proof.by.to_owned());
            }
        }
        Self { by, with_sha1: proofs.iter().any(|proof| proof.with_sha1) }
    }
}

/// Rule 13: a signature covers the Assertion, its own or the Response's; its own where the
/// connection demands that. The proof that covers it most closely comes first.
fn covered<'t>(
    mut proofs: Vec<Proof<'t>>,
    [assertion, response]: &[NodeId; 2],
    trust: &Trust,
) -> Result<Vec<Proof<'t>>, Rejected> {
    if let Some(own) = proofs.iter().position(|proof| proof.parent == *assertion) {
        proofs.swap(0, own);
        return Ok(proofs);
    }
    let by_response = proofs.iter().any(|proof| proof.parent == *response);
    enough(by_response, trust).map(|()| proofs)
}

/// Rule 13 for an Assertion without a signature of its own.
fn enough(by_response: bool, trust: &Trust) -> Result<(), Rejected> {
    match (by_response, trust.require_signed_assertion) {
        (true, false) => Ok(()),
        (true, true) => {
            let expected = "a signature of the assertion itself";
            Err(Rejected::new(13, "unsigned", "a signature of the Response alone", expected))
        }
        (false, _) => {
            let expected = "a signature on the Response or on the assertion";
            Err(Rejected::new(13, "unsigned", "no signature", expected))
        }
    }
}

/// Rules 14 to 16: the claims, from nothing but the bytes that the first of these covers.
fn signed_claims(proofs: &[Proof<'_>]) -> Result<Claims, Rejected> {
    let bytes = proofs.first().map_or("", |proof| proof.bytes.as_str());
    let doc = xml::parse(bytes, xml::MAX_NODES)?;
    let root = doc.document_element();
    let inside = || root.and_then(|root| xml::named(&doc, root, SAML, "Assertion").next());
    let assertion = root.filter(|&root| xml::is(&doc, root, SAML, "Assertion")).or_else(inside);
    claims::read(&doc, assertion)
}

/// Rule 15, and rules 3 to 16 again for what was encrypted.
fn opened(
    doc: &Document<'_>,
    (node, shape): (NodeId, &Shape<'_>),
    (mut proofs, trust): (Vec<Proof<'_>>, &Trust),
    journal: &mut Journal,
) -> Result<(Claims, Signed), Rejected> {
    let plain = encryption::open(doc, node, &trust.decryption_keys);
    let plain = journal.step(("decrypt", (15, 15)), plain)?;
    // A provider that signs first and encrypts afterwards signed it without our context.
    let alone = encryption::wrapped(doc, node, (&plain, false));
    let around = encryption::wrapped(doc, node, (&plain, true));
    let inner = xml::parse(&alone, xml::MAX_NODES).or_else(|no| match no.code {
        "bad_xml" => xml::parse(&around, xml::MAX_NODES),
        _ => Err(no),
    });
    let inner = inner.map_err(|no| if no.rule == 2 { encryption::unopened() } else { no });
    let inner = journal.step(("parse opened", (3, 3)), inner)?;
    journal.seen.read_opened(&inner);
    let examined = shape::examine_opened(&inner, &shape.marks.ids);
    let (assertion, marks) = journal.step(("shape opened", (5, 7)), examined)?;
    let own = signature::examine(&inner, &marks, trust.allow_sha1)
        .and_then(|own| signature::verify(&inner, &own, &trust.pinned));
    let own = own.and_then(|own| {
        if own.is_empty() {
            enough(!proofs.is_empty(), trust)?;
        }
        Ok(own)
    });
    let own = journal.step(("signature opened", (8, 13)), own)?;
    let claims = if own.is_empty() {
        // The Response's signature covers what was opened as it stands.
        let bytes = canonical::exclusive(&inner, assertion, None, &[]);
        bytes.and_then(|bytes| {
            let doc = xml::parse(&bytes, xml::MAX_NODES)?;
            claims::read(&doc, doc.document_element())
        })
    } else {
        signed_claims(&own)
    };
    proofs.extend(own);
    Ok((journal.step(("claims", (14, 16)), claims)?, Signed::by(&proofs)))
}

/// Rules 17 to 31: whether what the Assertion says may be believed, here and now.
fn believe(
    envelope: &Envelope,
    claims: Claims,
    signed: Signed,
    (trust, presented): (&Trust, &Presented<'_>),
) -> Result<Assertion, Rejected> {
    let now = presented.now;
    conditions::version(envelope, &claims)?; // 17
    conditions::issuer(envelope, &claims, trust)?; // 18
    conditions::succeeded(envelope)?; // 19
    conditions::destination(envelope, trust)?; // 20
    conditions::subject(&claims)?; // 30, as far as 21 needs it
    let confirmed = conditions::confirmation(envelope, &claims, trust, presented)?; // 21 to 23
    let conditions_end = conditions::conditions(&claims, trust, now)?; // 24 to 26
    let session = conditions::session(&claims, confirmed.pending, now)?; // 27
    let too_old = conditions::freshness(envelope, &claims, now)?; // 28
    let ends = [Some(confirmed.not_on_or_after), conditions_end, Some(too_old)];
    let replayable_until = conditions::replayable_until(ends); // 29
    let name_id = conditions::name_id(&claims)?.clone(); // 30
    conditions::attributes(&claims)?; // 31

    Ok(Assertion {
        issuer: trust.identity_provider().to_owned(),
        name_id,
        in_response_to: confirmed.pending.map(|pending| pending.request_id.clone()),
        authn_instant: session.authn_instant,
        session_index: session.index,
        session_not_on_or_after: session.not_on_or_after,
        replayable_until,
        id: claims.id,
        attributes: claims.attributes,
        signed_by: signed.by,
        signed_with_sha1: signed.with_sha1,
    })
}

/// Rules 1 and 2: bounded, base64 once white space is gone, UTF-8 without NUL. Nothing is inflated.
pub fn decode(saml_response: &str) -> Result<String, Rejected> {
    let too_large = |got: usize| {
        Rejected::new(1, "too_large", format!("{got} bytes"), format!("at most {MAX_XML} of XML"))
    };
    if saml_response.len() > MAX_FORM {
        return Err(too_large(saml_response.len()));
    }
    let compact = without_white_space(saml_response.as_bytes());
    let bytes = STANDARD.decode(&compact).map_err(|_| {
        Rejected::new(2, "not_base64", format!("{} bytes", compact.len()), "base64")
    })?;
    if bytes.len() > MAX_XML {
        return Err(too_large(bytes.len()));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Rejected::new(2, "not_utf8", "other bytes", "UTF-8"))?;
    if text.contains('\0') {
        return Err(Rejected::new(2, "bad_xml", "a NUL", "well-formed XML"));
    }
    Ok(text)
}

/// Most providers send one piece, which is not copied.
fn without_white_space(text: &[u8]) -> Cow<'_, [u8]> {
    let is_white = |byte: u8| matches!(byte, b' ' | b'\r' | b'\n' | b'\t');
    // Without a way out the loop looks at many bytes at once.
    if text.iter().fold(false, |found, byte| found | is_white(*byte)) {
        text.iter().copied().filter(|byte| !is_white(*byte)).collect()
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether something encrypted may stand in a response: cheap, and never a no where something does,
/// for a name can be written in one way only in XML.
#[must_use]
pub fn names_a_ciphertext(saml_response: &str) -> bool {
    decode(saml_response).is_ok_and(|text| text.contains("EncryptedAssertion"))
}

/// The request that a response says it answers, read from its root tag alone.
///
/// Nothing is verified: use it only as a key to look up a pending request, which [`verify`] then
/// compares itself.
#[must_use]
pub fn peek_in_response_to(saml_response: &str) -> Option<String> {
    PEEKED.into_iter().find_map(|most| in_response_to(saml_response, most))
}

fn in_response_to(saml_response: &str, most: usize) -> Option<String> {
    let start: Vec<u8> = saml_response
        .bytes()
        .filter(|byte| !matches!(byte, b' ' | b'\r' | b'\n' | b'\t'))
        .take(most)
        .collect();
    let bytes = STANDARD.decode(start).ok()?;
    let text = bytes.utf8_chunks().next()?.valid();
    let tag = xml::root_tag(text)?;
    let doc = xml::parse(&tag, 1).ok()?;
    let id = xml::attribute(&doc, doc.document_element()?, "InResponseTo")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    ((1..=256).contains(&id.len()) && id.chars().all(plain)).then(|| id.to_owned())
}
