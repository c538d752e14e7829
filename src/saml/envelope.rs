//! What the Response around an Assertion says, and how a provider says no itself (rule 19).
//! It is signed only where its own signature says so; each of its words can only refuse.

use uppsala::{Document, NodeId};

use super::{
    claims::{self, Issuer},
    rejected::Rejected,
    xml::{self, SAMLP},
};

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

/// What the Response around the Assertion says. It is signed only when `signed` is set; each of
/// its words can therefore only refuse, never allow.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) version: Option<String>,
    pub(super) issue_instant: Option<String>,
    pub(super) issuers: Vec<Issuer>,
    pub(super) destination: Option<String>,
    pub(super) in_response_to: Option<String>,
    /// Why the provider says no itself, if it does.
    pub(super) refusal: Option<Rejected>,
    pub(super) signed: bool,
}

impl Envelope {
    /// Reads the attributes and the Issuer of the Response.
    pub(super) fn read(
        doc: &Document<'_>,
        response: NodeId,
        signed: bool,
    ) -> Result<Self, Rejected> {
        let owned = |name| xml::attribute(doc, response, name).map(str::to_owned);
        Ok(Self {
            version: owned("Version"),
            issue_instant: owned("IssueInstant"),
            issuers: claims::issuers(doc, response)?,
            destination: owned("Destination"),
            in_response_to: owned("InResponseTo"),
            refusal: status(doc, response).err(),
            signed,
        })
    }
}

/// Rule 19: one Status with one top-level `StatusCode`, exactly Success (SAML Core §3.2.2.2).
pub(super) fn status(doc: &Document<'_>, response: NodeId) -> Result<(), Rejected> {
    let refused = |got: String| Rejected::new(19, "status", got, "Success");
    let Some(status) = xml::named(doc, response, SAMLP, "Status").next() else {
        return Err(refused("no status".to_owned()));
    };
    let codes: Vec<NodeId> = xml::named(doc, status, SAMLP, "StatusCode").collect();
    let [code] = codes[..] else {
        return Err(refused(format!("{} status codes", codes.len())));
    };
    if xml::attribute(doc, code, "Value") == Some(SUCCESS) {
        return Ok(());
    }
    let mut got = short_status(doc, code);
    let message = xml::named(doc, status, SAMLP, "StatusMessage").next();
    if let Some(Ok(message)) = message.map(|node| xml::text(doc, node)) {
        got = format!("{got}: {}", message.trim());
    }
    Err(refused(got))
}

/// A status code with the one inside it, without what all have in common: `Responder/AuthnFailed`.
pub(super) fn short_status(doc: &Document<'_>, code: NodeId) -> String {
    let short = |node| {
        let uri = xml::attribute(doc, node, "Value").unwrap_or("no value");
        uri.rsplit(':').next().unwrap_or_default().to_owned()
    };
    match xml::named(doc, code, SAMLP, "StatusCode").next() {
        Some(inner) => format!("{}/{}", short(code), short(inner)),
        None => short(code),
    }
}
