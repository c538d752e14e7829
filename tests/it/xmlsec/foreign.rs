//! `xmlsec1`, the command line of Debian, with one pinned key and nothing else to believe in.

use std::{collections::BTreeMap, fs, path::PathBuf, process::Command};

use tempfile::TempDir;

use crate::{idp::Key, kernia::pem};

/// Which signature it is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// The one directly in the Response, over the Response.
    Response,
    /// The one directly in the Response's Assertion, over that Assertion.
    Assertion,
    /// The one in an Assertion that was encrypted, and that xmlsec1 has put back in its place.
    Opened,
    /// The first of the document, over whatever.
    First,
}

impl Place {
    /// Which of RSA, P-256 and P-384 its signature is by, as it says itself: the Response's stands
    /// before the Assertion's.
    fn key(self, xml: &[u8]) -> usize {
        let text = String::from_utf8_lossy(xml);
        let mark = "SignatureMethod ";
        let found = match self {
            Self::Assertion | Self::Opened => text.rsplit_once(mark),
            Self::Response | Self::First => text.split_once(mark),
        };
        let method = found.and_then(|(_, rest)| rest.split('>').next()).unwrap_or_default();
        let ecdsa = method.contains("#ecdsa-");
        usize::from(ecdsa) + usize::from(ecdsa && method.contains("sha384"))
    }

    /// Where libxml2 finds it: named by namespace and name, and its Reference names its parent.
    fn path(self) -> Option<String> {
        let named = |name: &str, namespace: &str| {
            format!("*[local-name()='{name}' and namespace-uri()='{namespace}']")
        };
        let ds = |name: &str| named(name, "http://www.w3.org/2000/09/xmldsig#");
        let response = named("Response", "urn:oasis:names:tc:SAML:2.0:protocol");
        let assertion = named("Assertion", "urn:oasis:names:tc:SAML:2.0:assertion");
        let parent = format!("[concat('#',../@ID)={}/{}/@URI]", ds("SignedInfo"), ds("Reference"));
        let signature = format!("{}{parent}", ds("Signature"));
        match self {
            Self::Response => Some(format!("/{response}/{signature}")),
            Self::Assertion => Some(format!("/{response}/{assertion}/{signature}")),
            Self::Opened => {
                let encrypted =
                    named("EncryptedAssertion", "urn:oasis:names:tc:SAML:2.0:assertion");
                Some(format!("/{response}/{encrypted}/{assertion}/{signature}"))
            }
            Self::First => None,
        }
    }
}

/// xmlsec1, and a folder to lay documents before it.
pub(super) struct Foreign {
    folder: TempDir,
    keys: Vec<PathBuf>,
}

/// How many documents it takes in one run.
const BATCH: usize = 500;

impl Foreign {
    /// With the three keys in the order RSA, P-256, P-384; one of them is told at a time.
    pub(super) fn new(keys: [&Key; 3]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys.iter().enumerate().map(|(nth, key)| {
            let path = folder.path().join(format!("{nth}.pem"));
            fs::write(&path, pem(&key.certificate_base64())).unwrap();
            path
        });
        Self { keys: keys.collect(), folder }
    }

    /// For each document, whether the signature at this place verifies with a key that fits the
    /// algorithm which it names.
    pub(super) fn verdicts(&self, asked: &[(Place, &[u8])]) -> Vec<bool> {
        let mut groups: BTreeMap<(Place, usize), Vec<usize>> = BTreeMap::new();
        for (nth, (place, xml)) in asked.iter().enumerate() {
            fs::write(self.file(nth), xml).unwrap();
            groups.entry((*place, place.key(xml))).or_default().push(nth);
        }
        let mut valid = vec![false; asked.len()];
        for ((place, key), documents) in groups {
            let mut rest = &documents[..];
            while !rest.is_empty() {
                let batch = &rest[..rest.len().min(BATCH)];
                let files: Vec<_> = batch.iter().map(|&nth| self.file(nth)).collect();
                let good = Self::run(&self.keys[key], place, &files);
                batch[..good].iter().for_each(|&nth| valid[nth] = true);
                // It stops at the first that does not verify.
                rest = &rest[batch.len().min(good + 1)..];
            }
        }
        valid
    }

    fn file(&self, nth: usize) -> PathBuf {
        self.folder.path().join(format!("{nth}.xml"))
    }

    /// The document with its `EncryptedData` decrypted in its place, when xmlsec1 can do that.
    pub(super) fn opens(&self, xml: &[u8], key: &str) -> Option<Vec<u8>> {
        let path = |name: &str| self.folder.path().join(name);
        let (pem, sealed, opened) = (path("key"), path("sealed"), path("opened"));
        fs::write(&pem, key).unwrap();
        fs::write(&sealed, xml).unwrap();
        let mut command = Command::new("xmlsec1");
        command.arg("--decrypt").arg("--privkey-pem").arg(pem).arg("--output").arg(&opened);
        for name in ["EncryptedKey", "EncryptedData"] {
            command.args(["--id-attr:Id", &format!("http://www.w3.org/2001/04/xmlenc#:{name}")]);
        }
        command.args(["--node-xpath", "//*[local-name()='EncryptedData']"]);
        let output = command.arg(sealed).output().unwrap();
        output.status.success().then(|| fs::read(opened).unwrap())
    }

    /// How many of these files verify before one does not.
    fn run(key: &PathBuf, place: Place, files: &[PathBuf]) -> usize {
        let mut command = Command::new("xmlsec1");
        command.arg("--verify").arg("--pubkey-cert-pem").arg(key);
        // Of KeyInfo no more than a name is read; keys, certificates and references in it are not.
        command.args(["--enabled-key-data", "key-name", "--enabled-reference-uris", "same-doc"]);
        for element in ["protocol:Response", "assertion:Assertion"] {
            command.args(["--id-attr:ID", &format!("urn:oasis:names:tc:SAML:2.0:{element}")]);
        }
        if let Some(path) = place.path() {
            command.args(["--node-xpath", &path]);
        }
        let output = command.args(files).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let good = said.lines().filter(|line| *line == "OK").count();
        assert!(good == files.len() || !output.status.success(), "{said}");
        good
    }
}

/// How many elements by the name of Signature a document has, seen as text.
pub(super) fn signatures(xml: &[u8]) -> usize {
    let mut text = String::from_utf8_lossy(xml).into_owned();
    for (open, close) in [("<!--", "-->"), ("<![CDATA[", "]]>")] {
        while let Some(from) = text.find(open) {
            let to = text[from..].find(close).map_or(text.len(), |to| from + to + close.len());
            text.replace_range(from..to, "");
        }
    }
    text.split('<')
        .filter(|tag| {
            let name = tag.split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next();
            name.and_then(|name| name.rsplit(':').next()) == Some("Signature")
        })
        .count()
}
