//! Signing what we send: the query of a redirect over its exact bytes (SAML Bindings §3.4.4.1), or
//! an enveloped signature directly behind the Issuer (SAML Core §5.4).

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::core::algorithm as uri;

use super::{
    binding, canonical,
    key_pair::KeyPair,
    rejected::Rejected,
    xml::{self, DS},
};

/// What one message is sent with: its parameter's name, its XML, and a relay state or nothing.
pub(super) struct Message<'m> {
    pub(super) parameter: &'static str,
    pub(super) xml: &'m str,
    pub(super) relay_state: &'m str,
}

impl Message<'_> {
    /// The address that carries the message, signed where a key is given. `extra` is not signed:
    /// it is the provider's own.
    pub(super) fn redirect_url(
        &self,
        destination: &str,
        extra: &[(&str, &str)],
        signer: Option<&KeyPair>,
    ) -> Result<String, Rejected> {
        let deflated = binding::deflated(self.xml);
        let mut query =
            binding::query(&[(self.parameter, &deflated), ("RelayState", self.relay_state)]);
        if let Some(signer) = signer {
            query = format!("{query}&{}", binding::query(&[("SigAlg", signer.algorithm())]));
            let signature = STANDARD.encode(signer.sign(query.as_bytes())?);
            query = format!("{query}&{}", binding::query(&[("Signature", &signature)]));
        }
        if !extra.is_empty() {
            query = format!("{query}&{}", binding::query(extra));
        }
        Ok(binding::with_query(destination, &query))
    }
}

/// `xml`, whose root has this ID, with a signature behind its Issuer where a key is given.
pub(super) fn enveloped(xml: &str, id: &str, signer: Option<&KeyPair>) -> Result<String, Rejected> {
    let Some(signer) = signer else { return Ok(xml.to_owned()) };
    let doc = xml::parse(xml, xml::MAX_NODES)?;
    // What is sent is the canonical form itself.
    let xml = match doc.document_element() {
        Some(root) => canonical::exclusive(&doc, root, None, &[])?,
        None => String::new(),
    };
    // The Issuer stands first in every message, and ends before anything else does.
    let end = xml.find("</").and_then(|at| Some(at + xml[at..].find('>')? + 1)).unwrap_or_default();
    let (head, tail) = xml.split_at(end);
    let digest = STANDARD.encode(digest(&SHA256, xml.as_bytes()));
    let (exclusive, enveloped, sha256) = (uri::EXC_C14N, uri::ENVELOPED_SIGNATURE, uri::SHA256);
    let algorithm = signer.algorithm();
    let info = format!(
        r##"<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{exclusive}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="{algorithm}"></ds:SignatureMethod><ds:Reference URI="#{id}"><ds:Transforms><ds:Transform Algorithm="{enveloped}"></ds:Transform><ds:Transform Algorithm="{exclusive}"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="{sha256}"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"##
    );
    let value = STANDARD.encode(signer.sign(info.as_bytes())?);
    let certificate = STANDARD.encode(signer.certificate().der());
    Ok(format!(
        r#"{head}<ds:Signature xmlns:ds="{DS}">{info}<ds:SignatureValue>{value}</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>{tail}"#
    ))
}
