//! Encrypting as identity providers do (XML Encryption 1.1), with AWS-LC alone; and the attacks on
//! what is encrypted.

use aws_lc_rs::{
    aead::{self, Aad, LessSafeKey, Nonce, UnboundKey},
    cipher::{self, PaddedBlockEncryptingKey, UnboundCipherKey},
    rsa::{
        OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey,
        Pkcs1PublicEncryptingKey, PublicEncryptingKey,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Attack, Stage, replaced, row};
use crate::corpus::Signer;

const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";
const XENC11: &str = "http://www.w3.org/2009/xmlenc11#";

/// How the content is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cipher {
    Gcm128,
    Gcm192,
    Gcm256,
    Cbc128,
    Cbc256,
}

/// How the key of the content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    /// OAEP with SHA-1, as XML Encryption 1.0 has it and most send it.
    Oaep,
    /// OAEP with SHA-256 in both places.
    Oaep256,
    /// PKCS#1 1.5, which is an oracle.
    Pkcs1,
}

/// Where the encrypted key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the `KeyInfo` of the data.
    Inside,
    /// Beside the data.
    Beside,
    /// Beside the data, which points to it.
    Retrieved,
}

/// How an Assertion is sealed, and for whom.
#[derive(Clone, Copy)]
pub(super) struct Sealer<'s> {
    pub(super) cipher: Cipher,
    pub(super) transport: Transport,
    pub(super) place: Place,
    /// The recipient's public key, as `SubjectPublicKeyInfo`.
    pub(super) recipient: &'s [u8],
}

impl Cipher {
    fn uri(self) -> String {
        match self {
            Self::Gcm128 => format!("{XENC11}aes128-gcm"),
            Self::Gcm192 => format!("{XENC11}aes192-gcm"),
            Self::Gcm256 => format!("{XENC11}aes256-gcm"),
            Self::Cbc128 => format!("{XENC}aes128-cbc"),
            Self::Cbc256 => format!("{XENC}aes256-cbc"),
        }
    }

    /// A key of the right length; nobody has to keep it from the tests.
    fn key(self) -> Vec<u8> {
        let length = match self {
            Self::Gcm128 | Self::Cbc128 => 16,
            Self::Gcm192 => 24,
            Self::Gcm256 | Self::Cbc256 => 32,
        };
        vec![7; length]
    }

    /// The initialization vector, what is encrypted, and the tag.
    fn encrypts(self, plain: &str) -> Vec<u8> {
        let (key, mut text) = (self.key(), plain.as_bytes().to_vec());
        let algorithm = match self {
            Self::Gcm128 => &aead::AES_128_GCM,
            Self::Gcm192 => &aead::AES_192_GCM,
            Self::Gcm256 => &aead::AES_256_GCM,
            Self::Cbc128 | Self::Cbc256 => {
                let algorithm = if key.len() == 16 { &cipher::AES_128 } else { &cipher::AES_256 };
                let key = UnboundCipherKey::new(algorithm, &key).unwrap();
                let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).unwrap();
                let context = key.encrypt(&mut text).unwrap();
                let vector: &[u8] = (&context).try_into().unwrap();
                return [vector, &text].concat();
            }
        };
        let key = LessSafeKey::new(UnboundKey::new(algorithm, &key).unwrap());
        let vector = [9; 12];
        let nonce = Nonce::assume_unique_for_key(vector);
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut text).unwrap();
        [&vector[..], &text].concat()
    }
}

impl<'s> Sealer<'s> {
    /// AES-256-GCM and OAEP.
    pub(super) fn new(recipient: &'s [u8]) -> Self {
        let (cipher, transport) = (Cipher::Gcm256, Transport::Oaep);
        Self { cipher, transport, place: Place::Inside, recipient }
    }

    fn wrap(&self, key: &[u8]) -> Vec<u8> {
        let public = PublicEncryptingKey::from_der(self.recipient).unwrap();
        let oaep = match self.transport {
            Transport::Oaep => &OAEP_SHA1_MGF1SHA1,
            Transport::Oaep256 => &OAEP_SHA256_MGF1SHA256,
            Transport::Pkcs1 => {
                let public = Pkcs1PublicEncryptingKey::new(public).unwrap();
                let mut room = vec![0; public.ciphertext_size()];
                return public.encrypt(key, &mut room).unwrap().to_vec();
            }
        };
        let public = OaepPublicEncryptingKey::new(public).unwrap();
        let mut room = vec![0; public.ciphertext_size()];
        public.encrypt(oaep, key, &mut room, None).unwrap().to_vec()
    }

    /// The `EncryptedAssertion` of this text.
    pub(super) fn seal(&self, plain: &str) -> String {
        self.around(&self.wrap(&self.cipher.key()), &self.cipher.encrypts(plain))
    }

    /// The `EncryptedAssertion` of these bytes, whatever they are.
    fn around(&self, key: &[u8], content: &[u8]) -> String {
        let (method, parameters) = match self.transport {
            Transport::Oaep => (format!("{XENC}rsa-oaep-mgf1p"), String::new()),
            Transport::Oaep256 => (
                format!("{XENC11}rsa-oaep"),
                format!(
                    r#"<ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="{XENC}sha256"></ds:DigestMethod><xenc11:MGF xmlns:xenc11="{XENC11}" Algorithm="{XENC11}mgf1sha256"></xenc11:MGF>"#
                ),
            ),
            Transport::Pkcs1 => (format!("{XENC}rsa-1_5"), String::new()),
        };
        let own = match self.place {
            Place::Inside => String::new(),
            Place::Beside | Place::Retrieved => format!(" xmlns:xenc=\"{XENC}\""),
        };
        let key = format!(
            r#"<xenc:EncryptedKey{own} Id="_key"><xenc:EncryptionMethod Algorithm="{method}">{parameters}</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>"#,
            STANDARD.encode(key)
        );
        let info = |inside: &str| {
            format!(
                r#"<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{inside}</ds:KeyInfo>"#
            )
        };
        let pointer = format!(
            r##"<ds:RetrievalMethod Type="{XENC}EncryptedKey" URI="#_key"></ds:RetrievalMethod>"##
        );
        let (info, beside) = match self.place {
            Place::Inside => (info(&key), String::new()),
            Place::Beside => (String::new(), key),
            Place::Retrieved => (info(&pointer), key),
        };
        format!(
            r#"<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="{XENC}" Id="_data" Type="{XENC}Element"><xenc:EncryptionMethod Algorithm="{}"></xenc:EncryptionMethod>{info}<xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>{beside}</saml:EncryptedAssertion>"#,
            self.cipher.uri(),
            STANDARD.encode(content)
        )
    }
}

/// The public key in a certificate, as `SubjectPublicKeyInfo`.
pub(crate) fn public_key_of(certificate: &[u8]) -> Vec<u8> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).unwrap();
    parsed.public_key().raw.to_vec()
}

/// What is tried where assertions can be opened; elsewhere nothing of it is.
pub(super) fn attacks(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    if let Some(recipient) = &stage.recipient {
        unsigned(stage, recipient, all);
        wrapped(stage, recipient, all);
        broken(stage, recipient, all);
        transported(stage, recipient, all);
    }
}

fn unsigned(stage: &Stage<'_>, recipient: &[u8], all: &mut Vec<Attack>) {
    let eve = stage.eve();
    let (signed, ..) = stage.parts();
    let seal = |plain: &str| stage.ada().response(&Sealer::new(recipient).seal(plain));
    let stranger = Signer::new(stage.keys.stranger).signed(&eve.assertion_id, &eve.assertion());
    let tampered = replaced(&signed, ">ada@", ">eve@");
    let over = Signer::new(stage.keys.stranger).signed(&stage.ada().response_id, &seal(&signed));
    row(all, "encrypted unsigned", "signature_invalid")
        .add_as("encryption taken for authentication", "unsigned", seal(&eve.assertion()))
        .add("signed by an attacker", seal(&stranger))
        .add("tampered with and encrypted anew", seal(&tampered))
        .add("an attacker's signature around it", over);
}

fn wrapped(stage: &Stage<'_>, recipient: &[u8], all: &mut Vec<Attack>) {
    let (ada, evil) = (stage.ada(), stage.eve().assertion());
    let (signed, ..) = stage.parts();
    let sealer = Sealer::new(recipient);
    let seal = |plain: &str| ada.response(&sealer.seal(plain));
    let ciphertext = sealer.seal(&signed);
    let advice = |inside: &str| {
        let advice = format!("<saml:Advice>{inside}</saml:Advice><saml:AuthnStatement");
        replaced(&evil, "<saml:AuthnStatement", &advice)
    };
    let nested = replaced(&evil, "</saml:Assertion>", &format!("{signed}</saml:Assertion>"));
    row(all, "XSW inside encryption", "one_assertion")
        .add("around the signed one", seal(&nested))
        .add("in its Advice", seal(&advice(&signed)))
        .add("before the signed one", seal(&format!("{evil}{signed}")))
        .add("behind the signed one", seal(&format!("{signed}{evil}")))
        .add("ciphertext in a forged one's Advice", ada.response(&advice(&ciphertext)))
        .add("encrypted twice", seal(&ciphertext))
        .add("a whole Response", seal(&ada.response(&signed)))
        .add("two encrypted", {
            let other = ciphertext.replace("\"_data\"", "\"_d\"").replace("\"_key\"", "\"_k\"");
            ada.response(&format!("{ciphertext}{other}"))
        });
    row(all, "plain beside encrypted", "one_assertion")
        .add("before a genuine one", ada.response(&format!("{evil}{ciphertext}")))
        .add("behind a genuine one", ada.response(&format!("{ciphertext}{evil}")));
}

fn broken(stage: &Stage<'_>, recipient: &[u8], all: &mut Vec<Attack>) {
    let ada = stage.ada();
    let (signed, ..) = stage.parts();
    let sealer = Sealer::new(recipient);
    let (key, content) = (sealer.wrap(&sealer.cipher.key()), sealer.cipher.encrypts(&signed));
    let around = |key: &[u8], content: &[u8]| ada.response(&sealer.around(key, content));
    let flipped = |at: usize| {
        let mut content = content.clone();
        content[at] ^= 1;
        around(&key, &content)
    };
    let cbc = Sealer { cipher: Cipher::Cbc128, ..sealer };
    let blocks =
        |length: usize| ada.response(&cbc.around(&cbc.wrap(&cbc.cipher.key()), &vec![1; length]));
    let named = |from: &str, to: &str| replaced(&ada.response(&sealer.seal(&signed)), from, to);
    let others = public_key_of(stage.keys.stranger.certificate());
    row(all, "broken ciphertext", "decryption_failed")
        .add("short", around(&key, &content[..20]))
        .add("empty", around(&key, &[]))
        .add("no key", around(&[], &content))
        .add("a short key", around(&key[..255], &content))
        .add("wrong key length", around(&sealer.wrap(&[7; 16]), &content))
        .add("another key", around(&sealer.wrap(&[8; 32]), &content))
        .add("flipped tag", flipped(content.len() - 1))
        .add("a flipped letter", flipped(100))
        .add("CBC, half a block", blocks(24))
        .add("CBC, garbage", blocks(160))
        .add("unknown algorithm", named("#aes256-gcm", "#chacha20-poly1305"))
        .add("3DES", named(&format!("{XENC11}aes256-gcm"), &format!("{XENC}tripledes-cbc")))
        .add("other SP's key", ada.response(&Sealer { recipient: &others, ..sealer }.seal(&signed)))
        .add("no EncryptedData", ada.response("<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"></saml:EncryptedAssertion>"));
}

fn transported(stage: &Stage<'_>, recipient: &[u8], all: &mut Vec<Attack>) {
    let ada = stage.ada();
    let (signed, ..) = stage.parts();
    let sealer = Sealer::new(recipient);
    let pkcs1 = Sealer { transport: Transport::Pkcs1, ..sealer };
    row(all, "RSA 1.5", "decryption_failed")
        .add("a good one", ada.response(&pkcs1.seal(&signed)))
        .add("a bad padding", ada.response(&pkcs1.around(&[1; 256], &[1; 64])))
        .add(
            "only by name",
            replaced(&ada.response(&sealer.seal(&signed)), "rsa-oaep-mgf1p", "rsa-1_5"),
        );
    let response = ada.response(&sealer.seal(&signed));
    let value = {
        let from = response.rfind("<xenc:CipherValue>").unwrap();
        let to = response.rfind("</xenc:CipherValue>").unwrap() + "</xenc:CipherValue>".len();
        response[from..to].to_owned()
    };
    let refers = |uri: &str| {
        replaced(
            &response,
            &value,
            &format!("<xenc:CipherReference URI=\"{uri}\"></xenc:CipherReference>"),
        )
    };
    let retrieved = ada.response(&Sealer { place: Place::Retrieved, ..sealer }.seal(&signed));
    row(all, "CipherReference", "decryption_failed")
        .add("a file", refers("file:///etc/passwd"))
        .add("http", refers("http://attacker.test/"))
        .add("in the document", refers("#_key"))
        .add(
            "a key that is elsewhere",
            replaced(&retrieved, "URI=\"#_key\"", "URI=\"http://attacker.test/\""),
        );
}
