//! A small identity provider for tests: writes its XML already canonical and signs it with aws-lc-rs.
//! It uses nothing of Kernia, so that neither side can repeat the other's mistake.

use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    rsa,
    signature::{self as algorithms, KeyPair as _},
};
use base64::{Engine, engine::general_purpose::STANDARD};

pub(crate) const EXC_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
pub(crate) const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const SAMLP: &str = "urn:oasis:names:tc:SAML:2.0:protocol";

/// A signing key with its certificate.
pub(crate) struct Key {
    kind: Kind,
    certificate: Vec<u8>,
}

enum Kind {
    Rsa(algorithms::RsaKeyPair),
    P256(algorithms::EcdsaKeyPair),
    P384(algorithms::EcdsaKeyPair),
}

/// The hash of a signature or of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Key {
    /// A fresh RSA key of 2,048 bits.
    pub(crate) fn rsa() -> Self {
        use aws_lc_rs::encoding::AsDer;
        let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
        let pkcs8: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let certificate = self_signed(pkcs8.as_ref(), &rcgen::PKCS_RSA_SHA256);
        let pair = algorithms::RsaKeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        Self { kind: Kind::Rsa(pair), certificate }
    }

    /// A fresh key on P-256.
    pub(crate) fn p256() -> Self {
        let (pair, certificate) =
            elliptic(&algorithms::ECDSA_P256_SHA256_FIXED_SIGNING, &rcgen::PKCS_ECDSA_P256_SHA256);
        Self { kind: Kind::P256(pair), certificate }
    }

    /// A fresh key on P-384.
    pub(crate) fn p384() -> Self {
        let (pair, certificate) =
            elliptic(&algorithms::ECDSA_P384_SHA384_FIXED_SIGNING, &rcgen::PKCS_ECDSA_P384_SHA384);
        Self { kind: Kind::P384(pair), certificate }
    }

    /// The self-signed certificate in DER.
    pub(crate) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The self-signed certificate in base64, as metadata and `KeyInfo` carry it.
    pub(crate) fn certificate_base64(&self) -> String {
        STANDARD.encode(&self.certificate)
    }

    /// The public key in the encoding of its kind: what everybody may know.
    pub(crate) fn public_key(&self) -> Vec<u8> {
        match &self.kind {
            Kind::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Kind::P256(pair) | Kind::P384(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    /// Modulus and exponent of an RSA key, as `RSAKeyValue` carries them.
    pub(crate) fn rsa_numbers(&self) -> (String, String) {
        let Kind::Rsa(pair) = &self.kind else { panic!("no RSA key") };
        let key = pair.public_key();
        let text = |number: &[u8]| STANDARD.encode(number);
        (
            text(key.modulus().big_endian_without_leading_zero()),
            text(key.exponent().big_endian_without_leading_zero()),
        )
    }

    /// The `SignatureMethod` of this key with `hash`.
    pub(crate) fn method(&self, hash: Hash) -> String {
        let family = if matches!(self.kind, Kind::Rsa(_)) { "rsa" } else { "ecdsa" };
        match hash {
            Hash::Sha1 => format!("{DS}{family}-sha1"),
            Hash::Sha256 => format!("http://www.w3.org/2001/04/xmldsig-more#{family}-sha256"),
            Hash::Sha384 => format!("http://www.w3.org/2001/04/xmldsig-more#{family}-sha384"),
            Hash::Sha512 => format!("http://www.w3.org/2001/04/xmldsig-more#{family}-sha512"),
        }
    }

    /// The signature of `message` in the form that XML carries.
    pub(crate) fn sign(&self, hash: Hash, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.kind {
            Kind::P256(pair) | Kind::P384(pair) => {
                pair.sign(&random, message).unwrap().as_ref().to_vec()
            }
            Kind::Rsa(pair) => {
                let padding: &dyn algorithms::RsaEncoding = match hash {
                    // aws-lc-rs signs no SHA-1; the verifier must refuse before it looks.
                    Hash::Sha1 | Hash::Sha256 => &algorithms::RSA_PKCS1_SHA256,
                    Hash::Sha384 => &algorithms::RSA_PKCS1_SHA384,
                    Hash::Sha512 => &algorithms::RSA_PKCS1_SHA512,
                };
                let mut out = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut out).unwrap();
                out
            }
        }
    }
}

fn elliptic(
    signing: &'static algorithms::EcdsaSigningAlgorithm,
    certified: &'static rcgen::SignatureAlgorithm,
) -> (algorithms::EcdsaKeyPair, Vec<u8>) {
    let pkcs8 = algorithms::EcdsaKeyPair::generate_pkcs8(signing, &SystemRandom::new()).unwrap();
    let pair = algorithms::EcdsaKeyPair::from_pkcs8(signing, pkcs8.as_ref()).unwrap();
    (pair, self_signed(pkcs8.as_ref(), certified))
}

fn self_signed(pkcs8: &[u8], algorithm: &'static rcgen::SignatureAlgorithm) -> Vec<u8> {
    let key = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8.into(), algorithm).unwrap();
    let parameters = rcgen::CertificateParams::new(vec!["idp.test".to_owned()]).unwrap();
    parameters.self_signed(&key).unwrap().der().to_vec()
}

fn hashed(hash: Hash, message: &[u8]) -> (&'static str, String) {
    let (uri, algorithm) = match hash {
        Hash::Sha1 => ("http://www.w3.org/2000/09/xmldsig#sha1", &digest::SHA1_FOR_LEGACY_USE_ONLY),
        Hash::Sha256 => ("http://www.w3.org/2001/04/xmlenc#sha256", &digest::SHA256),
        Hash::Sha384 => ("http://www.w3.org/2001/04/xmldsig-more#sha384", &digest::SHA384),
        Hash::Sha512 => ("http://www.w3.org/2001/04/xmlenc#sha512", &digest::SHA512),
    };
    (uri, STANDARD.encode(digest::digest(algorithm, message)))
}

/// How an element is signed; `new` is what most providers do.
#[derive(Clone, Copy)]
pub(crate) struct Signer<'k> {
    pub(crate) key: &'k Key,
    pub(crate) hash: Hash,
    pub(crate) digest: Hash,
    /// An `InclusiveNamespaces` with this list stands in the reference's transform.
    pub(crate) prefix_list: Option<&'k str>,
    /// `SignedInfo` is canonicalized inclusively; the in-scope declarations, sorted.
    pub(crate) inclusive: Option<&'k str>,
    /// What the `KeyInfo` holds.
    pub(crate) key_info: Option<&'k str>,
    /// `SHA1` and others: another `SignatureMethod` than the key's own.
    pub(crate) method: Option<&'k str>,
    /// Another transform list than the usual one.
    pub(crate) transforms: Option<&'k str>,
    /// Another `Reference` URI than `#` and the element's ID.
    pub(crate) uri: Option<&'k str>,
}

impl<'k> Signer<'k> {
    pub(crate) fn new(key: &'k Key) -> Self {
        Self {
            key,
            hash: Hash::Sha256,
            digest: Hash::Sha256,
            prefix_list: None,
            inclusive: None,
            key_info: None,
            method: None,
            transforms: None,
            uri: None,
        }
    }

    /// The `ds:Signature` over `canonical`, the element of this ID without its Signature.
    pub(crate) fn signature(&self, id: &str, canonical: &str) -> String {
        let (digest_uri, digest) = hashed(self.digest, canonical.as_bytes());
        let prefixes = self.prefix_list.map_or(String::new(), |list| {
            format!(
                r#"<ec:InclusiveNamespaces xmlns:ec="{EXC_C14N}" PrefixList="{list}"></ec:InclusiveNamespaces>"#
            )
        });
        let transforms = self.transforms.map_or_else(
            || {
                format!(
                    r#"<ds:Transform Algorithm="{DS}enveloped-signature"></ds:Transform><ds:Transform Algorithm="{EXC_C14N}">{prefixes}</ds:Transform>"#
                )
            },
            str::to_owned,
        );
        let c14n = if self.inclusive.is_some() {
            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
        } else {
            EXC_C14N
        };
        let method = self.method.map_or_else(|| self.key.method(self.hash), str::to_owned);
        let uri = self.uri.map_or_else(|| format!("#{id}"), str::to_owned);
        let info = format!(
            r#"<ds:CanonicalizationMethod Algorithm="{c14n}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod><ds:Reference URI="{uri}"><ds:Transforms>{transforms}</ds:Transforms><ds:DigestMethod Algorithm="{digest_uri}"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"#
        );
        let ds = format!(r#"xmlns:ds="{DS}""#);
        let declared = self.inclusive.unwrap_or(&ds);
        let value =
            self.key.sign(self.hash, format!("<ds:SignedInfo {declared}>{info}").as_bytes());
        let key_info = self
            .key_info
            .map_or(String::new(), |inner| format!("<ds:KeyInfo>{inner}</ds:KeyInfo>"));
        format!(
            "<ds:Signature {ds}><ds:SignedInfo>{info}<ds:SignatureValue>{}</ds:SignatureValue>{key_info}</ds:Signature>",
            STANDARD.encode(value)
        )
    }

    /// A Signature in the default namespace whose `SignedInfo` was changed: its value is made anew.
    pub(crate) fn resigned(&self, signature: &str) -> String {
        let (open, close) = ("<SignedInfo>", "</SignedInfo>");
        let from = signature.find(open).unwrap() + open.len();
        let to = signature.find(close).unwrap();
        let info = format!("<SignedInfo xmlns=\"{DS}\">{}{close}", &signature[from..to]);
        let value = STANDARD.encode(self.key.sign(self.hash, info.as_bytes()));
        let (head, rest) = signature.split_once("<SignatureValue>").unwrap();
        let (_, tail) = rest.split_once("</SignatureValue>").unwrap();
        format!("{head}<SignatureValue>{value}</SignatureValue>{tail}")
    }

    /// `element` with its Signature behind the first Issuer, where the schema wants it.
    pub(crate) fn signed(&self, id: &str, element: &str) -> String {
        with_signature(element, &self.signature(id, element))
    }
}

/// Puts a Signature behind the first Issuer of `element`.
pub(crate) fn with_signature(element: &str, signature: &str) -> String {
    let (head, tail) = element.split_once("</saml:Issuer>").unwrap();
    format!("{head}</saml:Issuer>{signature}{tail}")
}

/// An answer to a sign-in, part by part; each part is canonical XML, or text that needs no escape.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) response_id: String,
    pub(crate) assertion_id: String,
    pub(crate) issue_instant: String,
    /// ` Destination="…"`, or nothing.
    pub(crate) destination: String,
    /// ` InResponseTo="…"` of the Response, or nothing.
    pub(crate) in_response_to: String,
    pub(crate) response_issuer: String,
    pub(crate) status: String,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) conditions: String,
    pub(crate) statement: String,
    pub(crate) attributes: String,
    /// Declarations on the Assertion behind `xmlns:saml`, for a `PrefixList`.
    pub(crate) declarations: String,
}

/// What an answer is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'q> {
    pub(crate) identity_provider: &'q str,
    pub(crate) request_id: &'q str,
    pub(crate) acs_url: &'q str,
    pub(crate) audience: &'q str,
    pub(crate) name_id: &'q str,
    /// The present time, and when the answer expires, as `xs:dateTime`.
    pub(crate) now: &'q str,
    pub(crate) until: &'q str,
}

impl Answer {
    pub(crate) fn new(question: &Question<'_>) -> Self {
        let Question { identity_provider, request_id, acs_url, audience, name_id, now, until } =
            question;
        let issuer = format!("{identity_provider}</saml:Issuer>");
        Self {
            response_id: "_response".to_owned(),
            assertion_id: "_assertion".to_owned(),
            issue_instant: (*now).to_owned(),
            destination: format!(r#" Destination="{acs_url}""#),
            in_response_to: format!(r#" InResponseTo="{request_id}""#),
            response_issuer: format!(r#"<saml:Issuer xmlns:saml="{SAML}">{issuer}"#),
            status: r#"<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status>"#.to_owned(),
            issuer: format!("<saml:Issuer>{issuer}"),
            subject: format!(
                r#"<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">{name_id}</saml:NameID>{}</saml:Subject>"#,
                confirmation(BEARER, &format!(r#" InResponseTo="{request_id}" NotOnOrAfter="{until}" Recipient="{acs_url}""#))
            ),
            conditions: format!(
                r#"<saml:Conditions NotBefore="{now}" NotOnOrAfter="{until}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"#
            ),
            statement: format!(
                r#"<saml:AuthnStatement AuthnInstant="{now}" SessionIndex="_session"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"#
            ),
            attributes: attribute("email", &[name_id]),
            declarations: String::new(),
        }
    }

    /// The Assertion, unsigned and canonical.
    pub(crate) fn assertion(&self) -> String {
        let Self { assertion_id, issue_instant, issuer, subject, conditions, statement, .. } = self;
        let attributes = if self.attributes.is_empty() {
            String::new()
        } else {
            format!("<saml:AttributeStatement>{}</saml:AttributeStatement>", self.attributes)
        };
        format!(
            r#"<saml:Assertion xmlns:saml="{SAML}"{} ID="{assertion_id}" IssueInstant="{issue_instant}" Version="2.0">{issuer}{subject}{conditions}{statement}{attributes}</saml:Assertion>"#,
            self.declarations
        )
    }

    /// The Response around `inside`, unsigned and canonical.
    pub(crate) fn response(&self, inside: &str) -> String {
        let Self { response_id, issue_instant, destination, in_response_to, .. } = self;
        format!(
            r#"<samlp:Response xmlns:samlp="{SAMLP}"{destination} ID="{response_id}"{in_response_to} IssueInstant="{issue_instant}" Version="2.0">{}{}{inside}</samlp:Response>"#,
            self.response_issuer, self.status
        )
    }

    /// The usual answer: only the Assertion is signed.
    pub(crate) fn assertion_signed(&self, signer: &Signer<'_>) -> String {
        self.response(&signer.signed(&self.assertion_id, &self.assertion()))
    }

    /// Only the Response is signed, as Google does.
    pub(crate) fn response_signed(&self, signer: &Signer<'_>) -> String {
        signer.signed(&self.response_id, &self.response(&self.assertion()))
    }

    /// Both are signed, as Okta does.
    pub(crate) fn both_signed(&self, signer: &Signer<'_>) -> String {
        signer.signed(&self.response_id, &self.assertion_signed(signer))
    }
}

/// A `SubjectConfirmation` with these attributes on its data.
pub(crate) fn confirmation(method: &str, data: &str) -> String {
    format!(
        r#"<saml:SubjectConfirmation Method="{method}"><saml:SubjectConfirmationData{data}></saml:SubjectConfirmationData></saml:SubjectConfirmation>"#
    )
}

/// An Attribute with these values.
pub(crate) fn attribute(name: &str, values: &[&str]) -> String {
    let (open, close) = ("<saml:AttributeValue>", "</saml:AttributeValue>");
    let values = format!("{open}{}{close}", values.join(&format!("{close}{open}")));
    format!(r#"<saml:Attribute Name="{name}">{values}</saml:Attribute>"#)
}

/// The value of the form field.
pub(crate) fn form_value(xml: &str) -> String {
    form_value_of(xml.as_bytes())
}

/// As [`form_value`], of what may be no text.
pub(crate) fn form_value_of(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
