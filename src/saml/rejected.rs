//! Why a SAML message was refused: one code, what came, what was expected.
//! The table of all codes stands here, with advice for an administrator; nobody else words them.

use std::fmt;

/// The longest text that [`Rejected::got`] and [`Rejected::expected`] hold, in characters.
const MAX_TEXT: usize = 400;

/// A refusal of something SAML, for the operator's log and the administrator's trace.
///
/// The public answer shows none of it but an incident id (rule 33).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// A stable word of [`REASONS`].
    pub code: &'static str,
    /// The rule that failed, in the order in which a response is judged (1 to 33); 0 for what is
    /// no response.
    pub rule: u8,
    /// What came: an audience, a time, an address; never XML, never a key.
    pub got: String,
    /// What would have passed.
    pub expected: String,
}

impl Rejected {
    /// A refusal by `rule`, with `code` of [`REASONS`].
    #[must_use]
    pub fn new(
        rule: u8,
        code: &'static str,
        got: impl AsRef<str>,
        expected: impl AsRef<str>,
    ) -> Self {
        debug_assert!(reason(code).is_some(), "the code {code} is missing in REASONS");
        Self { code, rule, got: bounded(got.as_ref()), expected: bounded(expected.as_ref()) }
    }

    /// What the code means and what to do, for an administrator.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        reason(self.code).unwrap_or("the response was refused")
    }
}

/// `audience: got …; expected …`, in one line.
impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)?;
        if !self.got.is_empty() {
            write!(f, ": got {}", self.got)?;
        }
        if !self.expected.is_empty() {
            write!(
                f,
                "{} expected {}",
                if self.got.is_empty() { ":" } else { ";" },
                self.expected
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Rejected {}

/// A text of bounded length and in one line, as a log can bear it.
fn bounded(text: &str) -> String {
    let mut out: String =
        text.chars().take(MAX_TEXT).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MAX_TEXT).is_some() {
        out.push('…');
    }
    out
}

/// The sentence for `code`, when it is one of ours.
#[must_use]
pub fn reason(code: &str) -> Option<&'static str> {
    REASONS.iter().find(|(known, _)| *known == code).map(|(_, sentence)| *sentence)
}

/// Every code with one sentence: what happened, and what an administrator does about it.
pub const REASONS: &[(&str, &str)] = &[
    // Rules 1 to 3: the form and the bytes.
    (
        "bad_form",
        "The form had no SAMLResponse, or a field twice; the sign-in has to be started again.",
    ),
    (
        "too_large",
        "The response is larger than 256 kB; send fewer groups or attributes from the identity provider.",
    ),
    (
        "not_base64",
        "The SAMLResponse is not base64; something between the identity provider and Kernia changed it.",
    ),
    ("not_utf8", "The XML is not UTF-8; set the identity provider to send UTF-8."),
    ("bad_xml", "The XML is not well-formed; something cut or changed it on its way."),
    (
        "dtd_forbidden",
        "The XML has a document type declaration, which SAML never needs; no identity provider in order sends one.",
    ),
    (
        "processing_instruction",
        "The XML has a processing instruction inside; no identity provider in order sends one.",
    ),
    (
        "too_complex",
        "The XML is nested too deep or has too many elements; send fewer groups or attributes.",
    ),
    // Rules 4 to 10: the shape of the document and of its signatures.
    (
        "not_a_response",
        "The message is not a samlp:Response; check that the identity provider answers with SAML 2.0 by HTTP-POST.",
    ),
    ("unexpected_element", "The Response holds an element that does not belong there."),
    (
        "one_assertion",
        "There must be exactly one assertion, directly in the Response; anything else may be an attack.",
    ),
    ("bad_id", "An ID attribute is missing, malformed or too long."),
    ("duplicate_id", "Two elements carry the same ID; this may be an attack."),
    (
        "signature_misplaced",
        "A signature stands where none belongs, or belongs to another element; this may be an attack.",
    ),
    (
        "signature_shape",
        "A signature is not built as XML Signature demands; this may be an attack.",
    ),
    (
        "reference_not_parent",
        "A signature does not cover the element that carries it; this may be an attack.",
    ),
    (
        "transform_not_allowed",
        "A signature uses a transform other than enveloped signature and exclusive canonicalization; set the identity provider to the usual ones.",
    ),
    // Rules 11 to 16: the cryptography.
    (
        "algorithm_not_allowed",
        "The signature or digest algorithm is not accepted; set the identity provider to RSA or ECDSA with SHA-256.",
    ),
    (
        "signature_invalid",
        "The signature does not verify with any certificate of this connection; the identity provider may have changed its certificate: upload its present metadata.",
    ),
    (
        "no_certificate",
        "No certificate is kept for this connection; upload the identity provider's metadata.",
    ),
    (
        "unsigned",
        "The signature that this connection needs is missing; switch signing of the assertion on at the identity provider.",
    ),
    ("mixed_content", "A value that must be text holds other elements; this may be an attack."),
    (
        "encrypted_attribute",
        "A name or an attribute is encrypted on its own; switch that off at the identity provider.",
    ),
    (
        "decryption_failed",
        "The assertion could not be decrypted; the identity provider may use an old key of ours: give it our present metadata, and choose AES-GCM with RSA-OAEP there.",
    ),
    // Rules 17 to 31: what the response says.
    ("version", "The message is not of SAML version 2.0."),
    (
        "issuer",
        "The response comes from another identity provider than this connection's; compare the entity ID.",
    ),
    ("status", "The identity provider refused the sign-in itself; its own log says why."),
    (
        "destination",
        "The response is addressed to another assertion consumer service; compare the ACS URL at the identity provider.",
    ),
    (
        "confirmation",
        "There is no bearer subject confirmation with data; check the identity provider's profile.",
    ),
    (
        "recipient",
        "The assertion is for another recipient; compare the ACS URL at the identity provider.",
    ),
    (
        "in_response_to",
        "The response answers no sign-in that this browser started within the last 15 minutes; start the sign-in again.",
    ),
    (
        "unsolicited",
        "The identity provider started this sign-in itself, which this connection does not accept; start at the application.",
    ),
    ("expired", "The response came too late; compare both clocks, then try again."),
    ("not_yet_valid", "The response is dated in the future; compare both clocks."),
    (
        "audience",
        "The assertion is for another application; compare our entity ID (audience) at the identity provider.",
    ),
    (
        "unknown_condition",
        "The assertion carries a condition that Kernia does not know and may not ignore.",
    ),
    (
        "authn_statement",
        "The assertion does not say that the person signed in; check the identity provider's profile.",
    ),
    (
        "session_expired",
        "The person's session at the identity provider is over; sign in there again.",
    ),
    (
        "reauthentication",
        "The application demanded a fresh sign-in, and the identity provider answered with an old one.",
    ),
    ("bad_time", "A time is missing or is not a date with a time zone."),
    ("replay", "This assertion was used before; start the sign-in again."),
    (
        "name_id",
        "The assertion does not name exactly one person; check the NameID at the identity provider.",
    ),
    (
        "transient_name_id",
        "The NameID changes with each sign-in; choose a persistent NameID, or map an attribute that stays the same.",
    ),
    (
        "idp_id_missing",
        "The attribute that this connection takes as a person's id did not come, or has several values; let the identity provider send it for everybody, once.",
    ),
    (
        "email_missing",
        "Neither an attribute nor the NameID holds an email address; let the identity provider send the attribute `email`, or map the one that holds it.",
    ),
    ("attributes", "The assertion carries too many or too long attributes; send fewer groups."),
    // Certificates and metadata.
    (
        "private_key_given",
        "This holds a private key: it must never leave the identity provider. Make a new one there, and give only the certificate.",
    ),
    ("certificate_unreadable", "This is not an X.509 certificate in PEM or base64."),
    (
        "weak_key",
        "The certificate's RSA key has fewer than 2,048 bits; make a new certificate with a longer one.",
    ),
    ("key_unsupported", "The certificate's key is neither RSA nor ECDSA on P-256, P-384 or P-521."),
    (
        "metadata_is_html",
        "This is a web page, not metadata; open the metadata address in a browser and look whether it asks for a sign-in.",
    ),
    ("metadata_refused", "This is not the metadata of a SAML 2.0 identity provider."),
    (
        "metadata_several",
        "The metadata describes several identity providers; say which one by its entity ID.",
    ),
    (
        "metadata_no_sign_in_address",
        "The identity provider offers no sign-in by HTTP-Redirect or HTTP-POST; switch one of them on there.",
    ),
    (
        "metadata_no_certificate",
        "The metadata names no signing certificate; add one at the identity provider.",
    ),
    // Our own keys, requests, logout, and what a person wants explained.
    (
        "key_pair_unreadable",
        "This is not a private key in PEM (PKCS#8 or PKCS#1) without a passphrase, of RSA with at least 2,048 bits or of P-256, P-384 or P-521.",
    ),
    ("key_pair_mismatch", "The certificate does not belong to the private key."),
    ("request_unreadable", "The SAMLRequest could not be read."),
    (
        "logout_unreadable",
        "The message is not a LogoutRequest or LogoutResponse by HTTP-Redirect or HTTP-POST.",
    ),
    (
        "message_unreadable",
        "This is not a SAML message: give its XML, its base64, the form or the whole address that carried it.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_stands_once_and_its_sentence_ends() {
        for (nth, (code, sentence)) in REASONS.iter().enumerate() {
            assert!(REASONS[..nth].iter().all(|(earlier, _)| earlier != code), "{code} twice");
            assert!(sentence.ends_with('.'), "{code}");
        }
    }

    #[test]
    fn what_came_is_shown_in_one_bounded_line() {
        let no = Rejected::new(25, "audience", "a\nb".repeat(500), "https://kernia.test");
        assert_eq!(no.got.chars().count(), MAX_TEXT + 1);
        assert!(!no.to_string().contains('\n'));
        let no = Rejected::new(13, "unsigned", "", "a signature");
        assert_eq!(no.to_string(), "unsigned: expected a signature");
    }
}
