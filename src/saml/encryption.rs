//! Rule 15: an `EncryptedAssertion` is opened with a key of ours (XML Encryption 1.1).
//! Whatever the cryptography says is one refusal at one cost; nothing outside the message is read.

use std::fmt::Write as _;

use aws_lc_rs::{
    rand::{SecureRandom as _, SystemRandom},
    rsa::{
        OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
        OaepAlgorithm, OaepPrivateDecryptingKey,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::{core::algorithm as uri, crypto::cipher};
use uppsala::{Document, NodeId, NodeKind};
use zeroize::Zeroizing;

use super::{
    canonical,
    key_pair::KeyPair,
    rejected::Rejected,
    write,
    xml::{self, DS, SAML, XENC, XENC11},
};

/// The ciphers that are taken, with the length of their keys in bytes. CBC is for the providers
/// that know nothing else; our metadata asks for GCM.
const CIPHERS: [(&str, usize); 5] = [
    (uri::AES128_GCM, 16),
    (uri::AES192_GCM, 24),
    (uri::AES256_GCM, 32),
    (uri::AES128_CBC, 16),
    (uri::AES256_CBC, 32),
];
/// What `Type` may say: that an element was encrypted.
const ELEMENT: &str = "http://www.w3.org/2001/04/xmlenc#Element";
/// The longest `OAEPparams`, in bytes of base64.
const MAX_LABEL: usize = 1024;

/// What the message says about its encryption, in order.
struct Envelope<'d> {
    cipher: &'d str,
    key_length: usize,
    ciphertext: Vec<u8>,
    transport: &'static OaepAlgorithm,
    label: Option<Vec<u8>>,
    wrapped_key: Vec<u8>,
}

/// The text that was encrypted in this `EncryptedAssertion`.
pub(super) fn open(
    doc: &Document<'_>,
    encrypted: NodeId,
    keys: &[KeyPair],
) -> Result<Zeroizing<String>, Rejected> {
    let keys: Vec<_> = keys.iter().filter_map(KeyPair::opens).collect();
    if keys.is_empty() {
        let expected = "a key of ours that opens it, or encryption switched off";
        return Err(failed("an encrypted assertion, and no key of ours", expected));
    }
    let envelope = Envelope::read(doc, encrypted)?;
    let cipher = cipher::from_uri(envelope.cipher).map_err(|_| unopened())?;
    let key = envelope.session_key(&keys)?;
    let plain = cipher.decrypt(&key, &envelope.ciphertext).map_err(|_| unopened())?;
    String::from_utf8(plain).map(Zeroizing::new).map_err(|_| unopened())
}

impl<'d> Envelope<'d> {
    /// One `EncryptedData`, one `EncryptedKey` inside or beside it, all of it in the message.
    fn read(doc: &'d Document<'_>, encrypted: NodeId) -> Result<Self, Rejected> {
        let all = doc.descendants(encrypted);
        let named = |name: &str| -> Vec<NodeId> {
            all.iter().copied().filter(|&node| xml::is(doc, node, XENC, name)).collect()
        };
        if !named("CipherReference").is_empty() {
            return Err(failed("a CipherReference", "the ciphertext in the message"));
        }
        let elsewhere = |node: &NodeId| {
            let uri = xml::attribute(doc, *node, "URI").unwrap_or_default();
            xml::is(doc, *node, DS, "RetrievalMethod") && !uri.starts_with('#')
        };
        if all.iter().any(elsewhere) {
            return Err(failed("a key that is elsewhere", "the key in the message"));
        }
        let expected = "one EncryptedData with one EncryptedKey, inside or beside it";
        let ([data], [key]) = (&named("EncryptedData")[..], &named("EncryptedKey")[..]) else {
            return Err(failed("another number of them", expected));
        };
        let (data, key) = (*data, *key);
        let inside = |child: NodeId| doc.parent(child) == Some(encrypted);
        let info = doc.parent(key).filter(|&it| xml::is(doc, it, DS, "KeyInfo"));
        let in_data = info.is_some_and(|info| doc.parent(info) == Some(data));
        if !inside(data) || !inside(key) && !in_data {
            return Err(failed("one in another place", expected));
        }
        if xml::attribute(doc, data, "Type").is_some_and(|it| it != ELEMENT) {
            return Err(failed("another Type", ELEMENT));
        }
        let (cipher, _) = method(doc, data)?;
        let length = CIPHERS.iter().find(|(known, _)| *known == cipher);
        let &(_, key_length) = length.ok_or_else(|| failed(cipher, "AES-GCM or AES-CBC"))?;
        let (transport, transport_node) = method(doc, key)?;
        Ok(Self {
            cipher,
            key_length,
            ciphertext: cipher_value(doc, data)?,
            transport: padding(doc, transport, transport_node)?,
            label: label(doc, transport_node)?,
            wrapped_key: cipher_value(doc, key)?,
        })
    }

    /// The key of the cipher. Every key of ours is tried, whether or not an earlier one fits; when
    /// none does, a random one takes its place and the cipher fails like for any other fault.
    fn session_key(
        &self,
        keys: &[&OaepPrivateDecryptingKey],
    ) -> Result<Zeroizing<Vec<u8>>, Rejected> {
        let mut session = Zeroizing::new(vec![0; self.key_length]);
        SystemRandom::new().fill(&mut session).map_err(|_| unopened())?;
        for key in keys {
            let mut room = Zeroizing::new(vec![0; key.min_output_size()]);
            let label = self.label.as_deref();
            let opened = key.decrypt(self.transport, &self.wrapped_key, &mut room, label);
            if let Ok(opened) = opened
                && opened.len() == session.len()
            {
                session.copy_from_slice(opened);
            }
        }
        Ok(session)
    }
}

/// What is wrong can be read in the message itself.
fn failed(got: &str, expected: &str) -> Rejected {
    Rejected::new(15, "decryption_failed", got, expected)
}

/// The one answer of the cryptography.
pub(super) fn unopened() -> Rejected {
    failed("one that does not open", "an assertion that was encrypted for a live key of ours")
}

/// The one `EncryptionMethod` of `node` with its algorithm.
fn method<'d>(doc: &'d Document<'_>, node: NodeId) -> Result<(&'d str, NodeId), Rejected> {
    let mut methods = xml::named(doc, node, XENC, "EncryptionMethod");
    match (methods.next(), methods.next()) {
        (Some(only), None) => {
            Ok((xml::attribute(doc, only, "Algorithm").unwrap_or("no algorithm"), only))
        }
        _ => Err(failed("another number of EncryptionMethod", "one")),
    }
}

/// How the session key is padded. RSA 1.5 never is: its padding is an oracle. MGF1 has to use the
/// hash of the padding itself, as all providers do by default.
fn padding(
    doc: &Document<'_>,
    transport: &str,
    method: NodeId,
) -> Result<&'static OaepAlgorithm, Rejected> {
    let of = |namespace, name, absent| {
        let node = xml::named(doc, method, namespace, name).next();
        node.map_or(absent, |node| xml::attribute(doc, node, "Algorithm").unwrap_or_default())
    };
    let digest = of(DS, "DigestMethod", uri::SHA1);
    if ![uri::RSA_OAEP, uri::RSA_OAEP_ENC11].contains(&transport) {
        return Err(failed(transport, "RSA-OAEP"));
    }
    let generator = of(XENC11, "MGF", uri::MGF1_SHA1);
    match (digest, generator) {
        (uri::SHA1, uri::MGF1_SHA1) => Ok(&OAEP_SHA1_MGF1SHA1),
        (uri::SHA256, uri::MGF1_SHA256) => Ok(&OAEP_SHA256_MGF1SHA256),
        (uri::SHA384, uri::MGF1_SHA384) => Ok(&OAEP_SHA384_MGF1SHA384),
        (uri::SHA512, uri::MGF1_SHA512) => Ok(&OAEP_SHA512_MGF1SHA512),
        _ => {
            let expected = "RSA-OAEP with one hash for both, SHA-1 or SHA-256";
            Err(failed(&format!("RSA-OAEP with {digest} and {generator}"), expected))
        }
    }
}

/// The `OAEPparams`, when there are any.
fn label(doc: &Document<'_>, method: NodeId) -> Result<Option<Vec<u8>>, Rejected> {
    let Some(node) = xml::named(doc, method, XENC, "OAEPparams").next() else { return Ok(None) };
    let label = base64(doc, node).filter(|label| label.len() <= MAX_LABEL);
    label.map(Some).ok_or_else(|| failed("other OAEPparams", "base64"))
}

/// The one `CipherValue` of `node`, a single run of text.
fn cipher_value(doc: &Document<'_>, node: NodeId) -> Result<Vec<u8>, Rejected> {
    let bad = || failed("other CipherData", "one CipherValue in base64");
    let mut data = xml::named(doc, node, XENC, "CipherData");
    let (Some(data), None) = (data.next(), data.next()) else { return Err(bad()) };
    let mut values = xml::elements(doc, data);
    match (values.next(), values.next()) {
        (Some(value), None) if xml::is(doc, value, XENC, "CipherValue") => {
            base64(doc, value).ok_or_else(bad)
        }
        _ => Err(bad()),
    }
}

fn base64(doc: &Document<'_>, node: NodeId) -> Option<Vec<u8>> {
    let mut children = doc.children_iter(node);
    match (children.next().and_then(|child| doc.node_kind(child)), children.next()) {
        (Some(NodeKind::Text(text)), None) => {
            STANDARD.decode(text.split_ascii_whitespace().collect::<String>()).ok()
        }
        _ => None,
    }
}

/// What was opened, inside of an element of ours that declares the namespaces around `encrypted`
/// when `declared` is set: some providers encrypt an element that relies on those.
pub(super) fn wrapped(
    doc: &Document<'_>,
    encrypted: NodeId,
    (plain, declared): (&str, bool),
) -> Zeroizing<String> {
    let mut declarations = String::new();
    if declared {
        let inside = xml::elements(doc, encrypted).next().unwrap_or(encrypted);
        let scope = canonical::in_scope(doc, inside);
        for (nth, (prefix, namespace)) in scope.iter().enumerate() {
            let again = scope[nth + 1..].iter().any(|(later, _)| later == prefix);
            if again || namespace.is_empty() {
                continue;
            }
            let colon = if prefix.is_empty() { "" } else { ":" };
            let namespace = write::value(namespace);
            // Writing to memory does not fail.
            _ = write!(declarations, " xmlns{colon}{prefix}=\"{namespace}\"");
        }
    }
    Zeroizing::new(format!("<opened{declarations}>{plain}</opened>"))
}

/// The names of the algorithms that `encrypted` uses, for a trace.
pub(super) fn methods(doc: &Document<'_>, response: NodeId) -> Vec<NodeId> {
    xml::named(doc, response, SAML, "EncryptedAssertion")
        .flat_map(|encrypted| doc.descendants(encrypted))
        .filter(|&node| xml::is(doc, node, XENC, "EncryptionMethod"))
        .take(4)
        .collect()
}
