//! The `AuthnRequest` that starts a sign-in, and its way over HTTP-Redirect or HTTP-POST.
//! Reading one back is for an identity provider in a demonstration; it verifies nothing.

use base64::{Engine, engine::general_purpose::STANDARD};
use samael::{schema, traits::ToXml};

use super::{
    binding::{self, HTTP_POST},
    key_pair::KeyPair,
    rejected::Rejected,
    signing::{self, Message},
    write,
    xml::{self, SAML, SAMLP},
};
use crate::kit::time::Timestamp;

/// Our question to an identity provider: who is this (SAML Core §3.4.1)?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthnRequest {
    /// A fresh ID; see [`request_id`].
    pub id: String,
    /// When it was made; sent in whole seconds.
    pub issued_at: Timestamp,
    /// The identity provider's address; it may have a query already.
    pub destination: String,
    /// Where the response is to be posted.
    pub acs_url: String,
    /// Our entity ID.
    pub issuer: String,
    /// Whether the person must sign in anew (`prompt=login`).
    pub force_authn: bool,
    /// The name format that is asked for. Only where it must be: ADFS and Entra refuse others than
    /// their own.
    pub name_id_format: Option<String>,
    /// Whom we expect to sign in, for providers that take the hint from here.
    pub subject: Option<String>,
}

/// The ID of a request: `_` and 128 random bits in hex. It never starts with a digit, which Entra
/// and XML refuse.
#[must_use]
pub fn request_id(random: [u8; 16]) -> String {
    format!("_{:032x}", u128::from_be_bytes(random))
}

impl AuthnRequest {
    /// The address to send the browser to (SAML Bindings §3.4.4), signed over its exact bytes where
    /// a key is given. An empty `relay_state` is left out; `extra_query` is for a provider's own
    /// parameters, such as a login hint, and stands outside of the signature.
    pub fn redirect_url(
        &self,
        relay_state: &str,
        extra_query: &[(&str, &str)],
        signer: Option<&KeyPair>,
    ) -> Result<String, Rejected> {
        let message = Message { parameter: "SAMLRequest", xml: &self.xml(), relay_state };
        message.redirect_url(&self.destination, extra_query, signer)
    }

    /// The value of the form field `SAMLRequest` (SAML Bindings §3.5.4), with an enveloped
    /// signature where a key is given.
    pub fn post_form(&self, signer: Option<&KeyPair>) -> Result<String, Rejected> {
        Ok(STANDARD.encode(signing::enveloped(&self.xml(), &self.id, signer)?))
    }

    /// The request as XML.
    #[expect(clippy::expect_used, reason = "our own values are written to memory")]
    fn xml(&self) -> String {
        let instant = self.issued_at.to_seconds_text();
        let request = schema::AuthnRequest {
            id: self.id.clone(),
            version: "2.0".to_owned(),
            issue_instant: instant.parse().expect("a time of our own can be read"),
            destination: Some(self.destination.clone()),
            issuer: Some(schema::Issuer {
                // The writer escapes attributes, but takes texts as they are.
                value: Some(write::text(&self.issuer).into_owned()),
                ..schema::Issuer::default()
            }),
            force_authn: self.force_authn.then_some(true),
            assertion_consumer_service_url: Some(self.acs_url.clone()),
            protocol_binding: Some(HTTP_POST.to_owned()),
            subject: self.subject.as_deref().map(|name| schema::Subject {
                name_id: Some(schema::SubjectNameID {
                    format: self.name_id_format.clone(),
                    value: write::text(name).into_owned(),
                }),
                subject_confirmations: None,
            }),
            name_id_policy: self.name_id_format.clone().map(|format| schema::NameIdPolicy {
                format: Some(format),
                sp_name_qualifier: None,
                allow_create: Some(true),
            }),
            consent: None,
            signature: None,
            conditions: None,
            requested_authn_context: None,
            is_passive: None,
            assertion_consumer_service_index: None,
            attribute_consuming_service_index: None,
            provider_name: None,
        };
        let xml = request.to_string().expect("a request of our own can be written");
        // The writer adds milliseconds, of which there are none.
        xml.replacen(&instant.replace('Z', ".000Z"), &instant, 1)
    }

    /// Reads the `SAMLRequest` of a redirect, percent-decoded already. It is not verified, and
    /// inflated to 64 kB at most.
    pub fn parse_redirect(saml_request: &str) -> Result<Self, Rejected> {
        let text =
            binding::inflated(saml_request).ok_or_else(|| unreadable("no deflated base64"))?;
        let doc = xml::parse(&text, 1_000)?;
        let root = doc.document_element().filter(|&it| xml::is(&doc, it, SAMLP, "AuthnRequest"));
        let root = root.ok_or_else(|| unreadable("another message"))?;
        let needed = |name: &str| {
            let value = xml::attribute(&doc, root, name).map(str::to_owned);
            value.ok_or_else(|| unreadable(&format!("no {name}")))
        };
        let issuer = xml::named(&doc, root, SAML, "Issuer").next();
        let issuer = issuer.ok_or_else(|| unreadable("no Issuer"))?;
        let force = xml::attribute(&doc, root, "ForceAuthn");
        let policy = xml::named(&doc, root, SAMLP, "NameIDPolicy").next();
        let format = policy.and_then(|policy| xml::attribute(&doc, policy, "Format"));
        let subject = xml::named(&doc, root, SAML, "Subject").next();
        let name = subject.and_then(|it| xml::named(&doc, it, SAML, "NameID").next());
        Ok(Self {
            id: needed("ID")?,
            issued_at: Timestamp::parse(&needed("IssueInstant")?)
                .ok_or_else(|| unreadable("a time without a zone"))?,
            destination: needed("Destination")?,
            acs_url: needed("AssertionConsumerServiceURL")?,
            issuer: xml::text(&doc, issuer)?,
            force_authn: matches!(force, Some("true" | "1")),
            name_id_format: format.map(str::to_owned),
            subject: name.map(|name| xml::text(&doc, name)).transpose()?,
        })
    }
}

fn unreadable(got: &str) -> Rejected {
    Rejected::new(0, "request_unreadable", got, "a samlp:AuthnRequest")
}
