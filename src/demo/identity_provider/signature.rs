//! An enveloped signature over text that is canonical already: RSA-SHA256 (RFC 9231 §2.3.2), with
//! the enveloped-signature and exclusive c14n transforms.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::IdentityProvider;
use crate::kit::error::Error;

/// The `ds:Signature` of the element with this ID, whose canonical form without a signature is
/// `canonical`.
pub(super) fn over(idp: &IdentityProvider, id: &str, canonical: &str) -> Result<String, Error> {
    let digest = STANDARD.encode(digest(&SHA256, canonical.as_bytes()));
    // Inside ds:Signature the namespace is declared already; alone, as it is signed, it is not.
    let alone = signed_info(r#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#""#, id, &digest);
    let signature = idp.signature(alone.as_bytes())?;
    Ok(format!(
        r#"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{inside}<ds:SignatureValue>{signature}</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>"#,
        inside = signed_info("", id, &digest),
        signature = STANDARD.encode(&signature),
        certificate = STANDARD.encode(&idp.certificate),
    ))
}

fn signed_info(namespace: &str, id: &str, digest: &str) -> String {
    format!(
        r##"<ds:SignedInfo{namespace}><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod><ds:Reference URI="#{id}"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"##
    )
}
