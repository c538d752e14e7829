//! What one connection trusts, ready for use, and the proof that something was verified by it.
//! Built once per revision of a connection and shared by every sign-in.

use std::fmt;

use super::{certificate::Certificate, key_pair::KeyPair, rejected::Rejected, signature::Pinned};
use crate::kit::time::Timestamp;

/// What a connection demands of a response.
#[derive(Debug, Clone)]
pub struct Terms<'a> {
    /// The identity provider's entity ID, compared byte for byte (rule 18).
    pub identity_provider: &'a str,
    /// The pinned certificates: their keys verify, and no others (rule 12).
    pub certificates: &'a [Certificate],
    /// Our addresses that a response may be sent to (rules 20 and 21).
    pub acs_urls: Vec<String>,
    /// Our names that an assertion may be meant for (rule 25).
    pub entity_ids: Vec<String>,
    /// Our keys that open encrypted assertions (rule 15).
    pub decryption_keys: &'a [KeyPair],
    /// Whether SHA-1 is taken, which an operator has to set (rule 11).
    pub allow_sha1: bool,
    /// Whether the Assertion must have a signature of its own (rule 13).
    pub require_signed_assertion: bool,
}

/// What one connection trusts: built once, shared by every sign-in.
pub struct Trust {
    identity_provider: String,
    acs_urls: Vec<String>,
    entity_ids: Vec<String>,
    pub(super) pinned: Vec<Pinned>,
    /// The fingerprint of each certificate, and when it ends.
    ends: Vec<(String, Timestamp)>,
    pub(super) decryption_keys: Vec<KeyPair>,
    pub(super) allow_sha1: bool,
    pub(super) require_signed_assertion: bool,
}

impl Trust {
    /// Makes the terms ready for use; refuses when no certificate is pinned (rule 12).
    pub fn new(terms: Terms<'_>) -> Result<Self, Rejected> {
        if terms.certificates.is_empty() {
            return Err(Rejected::new(12, "no_certificate", "none", "at least one certificate"));
        }
        let pinned = terms.certificates.iter().map(Pinned::new).collect::<Result<_, _>>()?;
        let ends = terms.certificates.iter().map(|it| (it.fingerprint(), it.not_after())).collect();
        Ok(Self {
            identity_provider: terms.identity_provider.to_owned(),
            acs_urls: terms.acs_urls,
            entity_ids: terms.entity_ids,
            pinned,
            ends,
            decryption_keys: terms.decryption_keys.to_vec(),
            allow_sha1: terms.allow_sha1,
            require_signed_assertion: terms.require_signed_assertion,
        })
    }

    /// The entity ID of the identity provider.
    #[must_use]
    pub fn identity_provider(&self) -> &str {
        &self.identity_provider
    }

    /// The certificates that are over, by their fingerprints, with their ends. They still verify,
    /// but deserve a warning (rule 12).
    #[must_use]
    pub fn expired(&self, now: Timestamp) -> Vec<(String, Timestamp)> {
        self.ends.iter().filter(|(_, end)| *end < now).cloned().collect()
    }

    /// Our addresses that a response may be sent to, the present one and those of before.
    #[must_use]
    pub fn acs_urls(&self) -> &[String] {
        &self.acs_urls
    }

    /// Our names that an assertion may be meant for, the present one and those of before.
    #[must_use]
    pub fn entity_ids(&self) -> &[String] {
        &self.entity_ids
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust")
            .field("identity_provider", &self.identity_provider)
            .field("acs_urls", &self.acs_urls)
            .field("entity_ids", &self.entity_ids)
            .finish_non_exhaustive()
    }
}

/// Something that was verified against a [`Trust`]; nothing outside of this kernel makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// Only what has passed every rule may be given.
    pub(super) fn new(what: T) -> Self {
        Self(what)
    }

    /// What was verified.
    #[must_use]
    pub fn get(&self) -> &T {
        &self.0
    }
}
