//! The `AuthnRequest` that starts a sign-in, and its way over HTTP-Redirect or HTTP-POST.
//! Reading one back is for an identity provider in a demonstration; it verifies nothing.

use base64::{Engine, engine::general_purpose::STANDARD};

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

    /// The request as canonical XML.
    fn xml(&self) -> String {
        let Self { id, acs_url, destination, .. } = self;
        let (id, instant) = (write::value(id), self.issued_at.to_seconds_text());
        let (acs_url, destination) = (write::value(acs_url), write::value(destination));
        let force = if self.force_authn { r#" ForceAuthn="true""# } else { "" };
        let issuer = write::text(&self.issuer);
        let subject = self.subject.as_deref().map_or_else(String::new, |subject| {
            let (format, name) = (self.name_id_format.as_deref(), write::text(subject));
            let format = write::optional("Format", format);
            format!(r#"<saml:Subject xmlns:saml="{SAML}"><saml:NameID{format}>{name}</saml:NameID></saml:Subject>"#)
        });
        let policy = self.name_id_format.as_deref().map_or_else(String::new, |format| {
            let format = write::value(format);
            format!(
                r#"<samlp:NameIDPolicy AllowCreate="true" Format="{format}"></samlp:NameIDPolicy>"#
            )
        });
        format!(
            r#"<samlp:AuthnRequest xmlns:samlp="{SAMLP}" AssertionConsumerServiceURL="{acs_url}" Destination="{destination}"{force} ID="{id}" IssueInstant="{instant}" ProtocolBinding="{HTTP_POST}" Version="2.0"><saml:Issuer xmlns:saml="{SAML}">{issuer}</saml:Issuer>{subject}{policy}</samlp:AuthnRequest>"#
        )
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
