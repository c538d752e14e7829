//! Answers that are looked at this moment: of two with one code, one alone is exchanged. It lives in
//! memory and can be lost, for no other process has the store.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use crate::vault::Digest;

/// An answer by the browser that brings it and the state that it names: who does not have the cookie
/// is in nobody's way.
type Answer = (Digest, String);

/// The answers that have their turn.
#[derive(Debug, Clone, Default)]
pub struct UnderWay(Arc<Mutex<HashSet<Answer>>>);

/// The turn of one answer, until it goes.
#[derive(Debug)]
pub struct Turn {
    all: UnderWay,
    answer: Answer,
}

impl UnderWay {
    /// The turn of an answer; nothing while another one of its kind has it.
    #[must_use]
    pub fn take(&self, browser: Digest, state: &str) -> Option<Turn> {
        let answer = (browser, state.to_owned());
        let is_first = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(answer.clone());
        is_first.then(|| Turn { all: self.clone(), answer })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::secret::Secret;

    #[test]
    fn one_answer_at_a_time_and_nobody_else_waits_for_it() {
        let browser = |name: &str| Digest::of(&Secret::new(name.to_owned()));
        let all = UnderWay::default();
        let first = all.take(browser("ada"), "one");
        assert!(first.is_some());
        assert!(all.take(browser("ada"), "one").is_none());
        assert!(all.take(browser("eve"), "one").is_some());
        assert!(all.take(browser("ada"), "another").is_some());
        drop(first);
        assert!(all.take(browser("ada"), "one").is_some());
    }
}
