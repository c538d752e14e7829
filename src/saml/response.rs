//! The heart: a posted `SAMLResponse` becomes a [`Verified`] [`Assertion`] or a [`Rejected`].
//! [`verify`] is the list of all rules in their order; each is judged in its own file.

use std::{borrow::Cow, fmt};

use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::{DsigContext, KeysManager, keys::loader};
use uppsala::Document;

pub use super::claims::{Attribute, NameId};
use super::{
    certificate::Certificate,
    claims::{self, Claims},
    conditions::{self, Envelope},
    rejected::Rejected,
    shape::{self, Body, Shape},
    signature, xml,
};
use crate::kit::time::Timestamp;

/// The largest form value, in bytes of base64 (rule 1).
const MAX_FORM: usize = 512 * 1024;
/// The largest response, in bytes of XML (rule 1).
const MAX_XML: usize = 256 * 1024;

/// How much of a form value is read for its root tag, in bytes of base64; a multiple of 4.
const PEEKED: usize = 16 * 1024;

/// What one connection trusts: built once, shared by every sign-in.
pub struct Trust {
    identity_provider: String,
    acs_urls: Vec<String>,
    entity_ids: Vec<String>,
    keys: DsigContext,
}

impl Trust {
    /// Trusts the identity provider of this entity ID, with these certificates and no others
    /// (rule 12), for responses sent to one of `acs_urls` and meant for one of `entity_ids`.
    pub fn new(
        identity_provider: &str,
        certificates: &[Certificate],
        acs_urls: Vec<String>,
        entity_ids: Vec<String>,
    ) -> Result<Self, Rejected> {
        if certificates.is_empty() {
            return Err(Rejected::new(12, "no_certificate", "none", "at least one certificate"));
        }
        let mut keys = KeysManager::new();
        for certificate in certificates {
            let key = loader::load_x509_cert_der(certificate.der()).map_err(|_| {
                Rejected::new(12, "certificate_unreadable", certificate.subject(), "X.509")
            })?;
            keys.add_key(key);
        }
        let keys = DsigContext::new(keys);
        Ok(Self { identity_provider: identity_provider.to_owned(), acs_urls, entity_ids, keys })
    }

    /// The entity ID of the identity provider.
    #[must_use]
    pub fn identity_provider(&self) -> &str {
        &self.identity_provider
    }

    /// Our addresses that a response may be sent to, the present one and those of before.
    #[must_use]
    pub fn acs_urls(&self) -> &[String] {
        &self.acs_urls
    }

    /// Our names that an assertion may be meant for, the present one and those of before.
    #[must_use]
    pub fn entity_ids(&self) -> &[String] {
        &self.entity_ids
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust")
            .field("identity_provider", &self.identity_provider)
            .field("acs_urls", &self.acs_urls)
            .field("entity_ids", &self.entity_ids)
            .finish_non_exhaustive()
    }
}

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

/// Something that [`verify`] has verified; nothing else makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// What was verified.
    #[must_use]
    pub fn get(&self) -> &T {
        &self.0
    }
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
    /// The ID of the [`Pending`] request that it answers.
    pub in_response_to: String,
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
/// `pending` holds the sign-ins that this browser began at this connection. Run it on a CPU worker.
/// Left to the caller: one-time use of the Assertion's ID and of the request (rule 29), the
/// meaning of the `NameID`'s format (rule 30), and the `RelayState` (rule 32).
pub fn verify(
    saml_response: &str,
    trust: &Trust,
    pending: &[Pending],
    now: Timestamp,
) -> Result<Verified<Assertion>, Rejected> {
    let text = decode(saml_response)?; // Rules 1 and 2
    let doc = xml::parse(&text, xml::MAX_NODES)?; // 3
    let shape = shape::examine(&doc)?; // 4 to 7
    signature::examine(&doc, &shape)?; // 7 to 11
    signature::verify(&doc, &shape, &trust.keys)?; // 12 and 13
    let claims = signed_claims(&doc, &shape)?; // 14 to 16

    let envelope = Envelope::read(&doc, shape.response, shape.signs(shape.response))?;
    conditions::version(&envelope, &claims)?; // 17
    conditions::issuer(&envelope, &claims, trust)?; // 18
    conditions::status(&doc, shape.response)?; // 19
    conditions::destination(&envelope, trust)?; // 20
    conditions::subject(&claims)?; // 30, as far as 21 needs it
    let confirmed = conditions::confirmation(&envelope, &claims, trust, pending, now)?; // 21 to 23
    let conditions_end = conditions::conditions(&claims, trust, now)?; // 24 to 26
    let session = conditions::session(&claims, confirmed.pending, now)?; // 27
    let too_old = conditions::freshness(&envelope, &claims, now)?; // 28
    let ends = [Some(confirmed.not_on_or_after), conditions_end, Some(too_old)];
    let replayable_until = conditions::replayable_until(ends); // 29
    let name_id = conditions::name_id(&claims)?.clone(); // 30
    conditions::attributes(&claims)?; // 31

    Ok(Verified(Assertion {
        issuer: trust.identity_provider.clone(),
        name_id,
        in_response_to: confirmed.pending.request_id.clone(),
        authn_instant: session.authn_instant,
        session_index: session.index,
        session_not_on_or_after: session.not_on_or_after,
        replayable_until,
        id: claims.id,
        attributes: claims.attributes,
    }))
}

/// Rules 14 to 16: the claims, from nothing but the canonical bytes of the signed Assertion.
fn signed_claims(doc: &Document<'_>, shape: &Shape<'_>) -> Result<Claims, Rejected> {
    let assertion = match shape.body {
        Body::Plain(assertion) => assertion,
        Body::Encrypted(_) => {
            let expected = "a plain Assertion";
            return Err(Rejected::new(15, "encrypted_unsupported", "EncryptedAssertion", expected));
        }
    };
    let canonical = signature::canonical(doc, assertion)?;
    claims::read(&xml::parse(&canonical, xml::MAX_NODES)?)
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

/// The request that a response says it answers, read from its root tag alone.
///
/// Nothing is verified: use it only as a key to look up a pending request, which [`verify`] then
/// compares itself.
#[must_use]
pub fn peek_in_response_to(saml_response: &str) -> Option<String> {
    let start: Vec<u8> = saml_response
        .bytes()
        .filter(|byte| !matches!(byte, b' ' | b'\r' | b'\n' | b'\t'))
        .take(PEEKED)
        .collect();
    let bytes = STANDARD.decode(start).ok()?;
    let text = bytes.utf8_chunks().next()?.valid();
    let tag = xml::root_tag(text)?;
    let doc = xml::parse(&tag, 1).ok()?;
    let id = xml::attribute(&doc, doc.document_element()?, "InResponseTo")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    ((1..=256).contains(&id.len()) && id.chars().all(plain)).then(|| id.to_owned())
}
