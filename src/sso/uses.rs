//! Which certificates were lately noted as used, so that a sign-in need not ask the store.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Connection, certificate::NOTED_EVERY};
use crate::kit::{id::Id, time::Timestamp};

/// How many certificates are remembered; beyond that the memory is emptied and fills again.
const KEPT: usize = 16_384;

/// When each certificate's use was last noted: by connection and fingerprint.
type Noted = HashMap<(Id<Connection>, String), Timestamp>;

/// What was noted so far. It can be lost at any time: then it is noted once more.
#[derive(Debug, Clone, Default)]
pub struct Uses(Arc<Mutex<Noted>>);

impl Uses {
    /// Those of `fingerprints` whose use is to be noted with
    /// [`certificate::used`](super::certificate::used): nearly always none.
    #[must_use]
    pub fn to_note(
        &self,
        connection: &Id<Connection>,
        fingerprints: &[String],
        now: Timestamp,
    ) -> Vec<String> {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut to_note = Vec::new();
        for fingerprint in fingerprints {
            let key = (connection.clone(), fingerprint.clone());
            if noted.get(&key).is_some_and(|at| now.since(*at) < NOTED_EVERY) {
                continue;
            }
            if noted.len() >= KEPT {
                noted.clear();
            }
            // Noted here before it is written: when the write fails, a day's use goes unnoted, and
            // a thousand sign-ins at once are still one write.
            noted.insert(key, now);
            to_note.push(fingerprint.clone());
        }
        to_note
    }
}
