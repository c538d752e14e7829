//! Tokens that were looked up, so that a request need not ask the store. What is remembered is
//! exact: a change of any token is felt before whoever asked for it is answered.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use super::Provisioner;
use crate::{kit::time::Timestamp, vault::Digest};

/// How many tokens are remembered; beyond that the memory is emptied and fills again.
const KEPT: usize = 16_384;

/// What a token opens.
#[derive(Debug, Clone)]
pub struct LiveToken {
    /// Whom it makes of its bearer.
    pub(super) provisioner: Provisioner,
    pub(super) expires_at: Option<Timestamp>,
    /// Whether nobody had come to the directory when it was read.
    pub(super) is_first: bool,
}

impl LiveToken {
    /// The proof, for the directory that has this key in its address, at this instant.
    #[must_use]
    pub fn opens(&self, key: &str, now: Timestamp) -> Option<Provisioner> {
        let is_live = self.expires_at.is_none_or(|expires| now < expires);
        (is_live && self.provisioner.key.as_str() == key).then(|| self.provisioner.clone())
    }

    /// Whether nobody had come to the directory when it was read.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.is_first
    }
}

/// What was looked up so far, by digest: how long that takes tells nothing about a token.
#[derive(Debug, Clone, Default)]
pub struct LiveTokens(Arc<RwLock<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// Goes up with each change of any token.
    generation: u64,
    tokens: HashMap<Digest, LiveToken>,
}

/// The state of the memory when a look-up in the store began.
#[derive(Debug, Clone, Copy)]
pub struct Since(u64);

/// Held by a write that ends tokens: when it is dropped, everything is forgotten. A store drops what
/// a write holds after its commit and before its answer, whether or not anybody waits for that; so
/// no answer ever comes while an ended token is still remembered.
#[derive(Debug)]
pub struct Forgetting(LiveTokens);

impl LiveTokens {
    /// What this token opens, if that is remembered.
    #[must_use]
    pub fn find(&self, digest: &Digest) -> Option<LiveToken> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).tokens.get(digest).cloned()
    }

    /// To be asked before the store is.
    #[must_use]
    pub fn since(&self) -> Since {
        Since(self.0.read().unwrap_or_else(PoisonError::into_inner).generation)
    }

    /// Remembers what the store said, unless a token was changed since it was asked: the answer may
    /// be older than that change.
    pub fn keep(&self, since: Since, digest: Digest, token: LiveToken) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.generation != since.0 {
            return;
        }
        if known.tokens.len() >= KEPT {
            known.tokens.clear();
        }
        known.tokens.insert(digest, token);
    }

    /// For the closure of a write that ends tokens.
    #[must_use]
    pub fn forgetting(&self) -> Forgetting {
        Forgetting(self.clone())
    }
}

impl Drop for Forgetting {
    fn drop(&mut self) {
        let mut known = self.0.0.write().unwrap_or_else(PoisonError::into_inner);
        known.generation += 1;
        known.tokens.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::{external_key::ExternalKey, id::Id, secret::Secret};

    fn token(expires_at: Option<Timestamp>) -> (Digest, LiveToken) {
        let provisioner = Provisioner {
            directory: Id::parse("directory_1").unwrap(),
            token: Id::parse("directory_token_1").unwrap(),
            key: ExternalKey::parse("key").unwrap(),
        };
        let digest = Digest::of(&Secret::new("scim_1".to_owned()));
        (digest, LiveToken { provisioner, expires_at, is_first: false })
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept() {
        let tokens = LiveTokens::default();
        let (digest, token) = token(None);
        let before = tokens.since();
        drop(tokens.forgetting());
        tokens.keep(before, digest, token.clone());
        assert!(tokens.find(&digest).is_none());
        tokens.keep(tokens.since(), digest, token);
        assert!(tokens.find(&digest).is_some());
        let write = tokens.forgetting();
        assert!(tokens.find(&digest).is_some(), "the write is not done yet");
        drop(write);
        assert!(tokens.find(&digest).is_none());
    }

    #[test]
    fn a_token_opens_its_own_directory_until_it_expires() {
        let end = Timestamp::from_millis(10);
        let (_, token) = token(Some(end));
        assert!(token.opens("key", Timestamp::from_millis(9)).is_some());
        assert!(token.opens("key", end).is_none());
        assert!(token.opens("other", Timestamp::from_millis(9)).is_none());
    }

    #[test]
    fn the_memory_is_bounded() {
        let tokens = LiveTokens::default();
        let (_, token) = token(None);
        for nth in 0..=KEPT {
            let digest = Digest::of(&Secret::new(nth.to_string()));
            tokens.keep(tokens.since(), digest, token.clone());
        }
        assert_eq!(tokens.0.read().unwrap().tokens.len(), 1);
    }
}
