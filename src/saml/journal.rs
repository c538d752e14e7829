//! What was seen on the way to a verdict, for traces: the steps with their times, and what the
//! message said. It is filled whether or not the message is believed, and believes nothing itself.

use std::time::Instant;

use uppsala::{Document, NodeId};

use super::{
    claims::{self, Attribute, Claims},
    encryption, envelope,
    rejected::Rejected,
    xml::{self, DS, SAML, SAMLP},
};

/// The record of one verification.
#[derive(Debug, Clone)]
pub struct Journal {
    /// The steps that were taken, the last of which is the one that failed, if one did.
    pub steps: Vec<Step>,
    /// What the message said.
    pub seen: Seen,
    /// When the step that is under way began. A stopwatch, not a clock: it tells spans only.
    since: Instant,
}

/// One step of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What was done: `decode`, `parse`, `shape`, `signature`, `decrypt`, `claims`, …
    pub name: &'static str,
    /// The first and the last rule that it judges.
    pub rules: (u8, u8),
    /// How long it took, in microseconds.
    pub micros: u64,
    /// Whether it passed.
    pub ok: bool,
}

/// What a response says of itself, as far as it could be read.
///
/// Until [`Seen::verified`] is set, all of it is a stranger's word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The ID of the Response.
    pub response_id: Option<String>,
    /// The issuer of the Assertion, else of the Response.
    pub issuer: Option<String>,
    /// Where the Response says it was sent.
    pub destination: Option<String>,
    /// The request that it says it answers.
    pub in_response_to: Option<String>,
    /// The status, short: `Success`, `Responder/AuthnFailed`.
    pub status: Option<String>,
    /// The ID of the Assertion.
    pub assertion_id: Option<String>,
    /// Who it is about.
    pub name_id: Option<String>,
    /// The format of that name.
    pub name_id_format: Option<String>,
    /// Every audience of every restriction.
    pub audiences: Vec<String>,
    /// From when its conditions hold.
    pub not_before: Option<String>,
    /// Until when its conditions hold.
    pub not_on_or_after: Option<String>,
    /// When the person signed in at the identity provider.
    pub authn_instant: Option<String>,
    /// The provider's name for that session.
    pub session_index: Option<String>,
    /// Whether the Assertion came encrypted.
    pub encrypted: bool,
    /// What carries a signature: `response`, `assertion`.
    pub signed: Vec<String>,
    /// The algorithms that it uses, short: `rsa-sha256`, `sha256`, `aes256-gcm`, each once.
    pub algorithms: Vec<String>,
    /// The attributes.
    pub attributes: Vec<Attribute>,
    /// Whether the claims above were read from bytes whose signature a pinned certificate verified.
    pub verified: bool,
}

impl Journal {
    /// A fresh record; its stopwatch starts.
    #[must_use]
    pub fn start() -> Self {
        Self { steps: Vec::with_capacity(8), seen: Seen::default(), since: Instant::now() }
    }

    /// Takes one step: whatever happened since the last one is its time.
    pub(super) fn step<T>(
        &mut self,
        (name, rules): (&'static str, (u8, u8)),
        outcome: Result<T, Rejected>,
    ) -> Result<T, Rejected> {
        let now = Instant::now();
        let micros = now.duration_since(self.since).as_micros();
        let micros = u64::try_from(micros).unwrap_or(u64::MAX);
        self.since = now;
        self.steps.push(Step { name, rules, micros, ok: outcome.is_ok() });
        outcome
    }
}

impl Default for Journal {
    fn default() -> Self {
        Self::start()
    }
}

impl Seen {
    /// What the Response around the Assertion says.
    pub(super) fn read_response(&mut self, doc: &Document<'_>) {
        let Some(root) = doc.document_element() else { return };
        let owned = |name| xml::attribute(doc, root, name).map(str::to_owned);
        self.response_id = owned("ID");
        self.destination = owned("Destination");
        self.in_response_to = owned("InResponseTo");
        self.issuer = xml::named(doc, root, SAML, "Issuer")
            .next()
            .and_then(|issuer| xml::text(doc, issuer).ok());
        self.status = xml::named(doc, root, SAMLP, "Status")
            .next()
            .and_then(|status| xml::named(doc, status, SAMLP, "StatusCode").next())
            .map(|code| envelope::short_status(doc, code));
        self.encrypted = xml::named(doc, root, SAML, "EncryptedAssertion").next().is_some();
        for method in encryption::methods(doc, root) {
            self.read_algorithm(doc, method);
        }
        self.read_signature(doc, root, "response");
        if let Some(assertion) = xml::named(doc, root, SAML, "Assertion").next() {
            self.read_signature(doc, assertion, "assertion");
        }
    }

    /// What the signature says that `node` carries, if it carries one.
    pub(super) fn read_signature(&mut self, doc: &Document<'_>, node: NodeId, name: &str) {
        let Some(signature) = xml::named(doc, node, DS, "Signature").next() else { return };
        self.signed.push(name.to_owned());
        let Some(info) = xml::named(doc, signature, DS, "SignedInfo").next() else { return };
        let reference = xml::named(doc, info, DS, "Reference").next();
        let method = xml::named(doc, info, DS, "SignatureMethod").next();
        let digest = reference.and_then(|it| xml::named(doc, it, DS, "DigestMethod").next());
        for node in [method, digest].into_iter().flatten() {
            self.read_algorithm(doc, node);
        }
    }

    /// The algorithm that `node` names, without what all have in common.
    pub(super) fn read_algorithm(&mut self, doc: &Document<'_>, node: NodeId) {
        let uri = xml::attribute(doc, node, "Algorithm").unwrap_or_default();
        let short = uri.rsplit(['#', '/']).next().unwrap_or_default();
        if !short.is_empty() && !self.algorithms.iter().any(|known| known == short) {
            self.algorithms.push(short.chars().take(64).collect());
        }
    }

    /// What an Assertion says.
    pub(super) fn read_claims(&mut self, claims: &Claims, verified: bool) {
        self.verified = verified;
        self.assertion_id = Some(claims.id.clone());
        if let Some(issuer) = claims.issuers.first() {
            self.issuer = Some(issuer.value.clone());
        }
        let name = claims.names.first();
        self.name_id = name.map(|name| name.value.clone());
        self.name_id_format = name.and_then(|name| name.format.clone());
        if self.in_response_to.is_none() {
            let mut confirmations = claims.confirmations.iter();
            self.in_response_to = confirmations.find_map(|it| it.in_response_to.clone());
        }
        let conditions = claims.conditions.first();
        self.audiences = conditions.map(|it| it.audiences.concat()).unwrap_or_default();
        self.not_before = conditions.and_then(|it| it.not_before.clone());
        self.not_on_or_after = conditions.and_then(|it| it.not_on_or_after.clone());
        let statement = claims.statements.first();
        self.authn_instant = statement.and_then(|it| it.instant.clone());
        self.session_index = statement.and_then(|it| it.session_index.clone());
        self.attributes.clone_from(&claims.attributes);
    }

    /// What a decrypted document says, whoever wrote it.
    pub(super) fn read_opened(&mut self, doc: &Document<'_>) {
        let Some(root) = doc.document_element() else { return };
        if let Some(assertion) = xml::named(doc, root, SAML, "Assertion").next() {
            self.read_signature(doc, assertion, "assertion");
        }
        self.read_unverified(doc);
    }

    /// What the first Assertion says that can be found anywhere: nobody vouches for it.
    pub(super) fn read_unverified(&mut self, doc: &Document<'_>) {
        let mut all = doc.descendants(doc.root()).into_iter();
        let assertion = all.find(|&node| xml::is(doc, node, SAML, "Assertion"));
        if let Ok(claims) = claims::read(doc, assertion) {
            self.read_claims(&claims, false);
        }
    }
}
