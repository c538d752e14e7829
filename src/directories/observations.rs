//! What is only observed of a directory: its last request, the last use of each token, tokens that
//! were refused. It is gathered in memory and written in batches; a crash loses a few seconds of it.

mod sql;

use std::{
    collections::{HashMap, hash_map::Entry},
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Directory, DirectoryToken, Provisioner};
use crate::{
    kit::{error::Error, id::Id, time::Timestamp},
    store::{Tx, params},
};

/// How many directories are gathered at most between two batches; what goes beyond is not observed.
const GATHERED: usize = 100_000;

/// What was observed and is not written yet.
#[derive(Debug, Clone, Default)]
pub struct Observations(Arc<Mutex<HashMap<Id<Directory>, Observed>>>);

/// What was observed of one directory.
#[derive(Debug, Clone, Default)]
struct Observed {
    last_request_at: Option<Timestamp>,
    refused_tokens: i64,
    uses: HashMap<Id<DirectoryToken>, Timestamp>,
}

/// What was taken to be written.
#[derive(Debug, Clone)]
pub struct Batch(HashMap<Id<Directory>, Observed>);

impl Observations {
    /// Somebody came with a live token.
    pub fn request(&self, provisioner: &Provisioner, now: Timestamp) {
        self.of(&provisioner.directory, |observed| {
            observed.last_request_at = observed.last_request_at.max(Some(now));
            if let Some(used) = observed.uses.get_mut(&provisioner.token) {
                *used = now.max(*used);
            } else {
                observed.uses.insert(provisioner.token.clone(), now);
            }
        });
    }

    /// Somebody came to this directory with a token that does not open it.
    pub fn refused_token(&self, directory: &Id<Directory>) {
        self.of(directory, |observed| observed.refused_tokens += 1);
    }

    fn of(&self, directory: &Id<Directory>, note: impl FnOnce(&mut Observed)) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(observed) = all.get_mut(directory) {
            note(observed);
        } else if all.len() < GATHERED {
            note(all.entry(directory.clone()).or_default());
        }
    }

    /// Takes what is to be written; nothing, where nothing was observed.
    #[must_use]
    pub fn take(&self) -> Option<Batch> {
        let taken = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        (!taken.is_empty()).then_some(Batch(taken))
    }

    /// Gives back what could not be written.
    pub fn give_back(&self, batch: Batch) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (directory, older) in batch.0 {
            match all.entry(directory) {
                Entry::Vacant(entry) => _ = entry.insert(older),
                Entry::Occupied(mut entry) => {
                    let newer = entry.get_mut();
                    newer.last_request_at = newer.last_request_at.max(older.last_request_at);
                    newer.refused_tokens += older.refused_tokens;
                    for (token, used) in older.uses {
                        newer.uses.entry(token).or_insert(used);
                    }
                }
            }
        }
    }
}

impl Batch {
    /// Writes it. The first request of a directory makes it `validating`.
    pub fn write(&self, tx: &Tx<'_>) -> Result<(), Error> {
        for (directory, observed) in &self.0 {
            if let Some(at) = observed.last_request_at {
                tx.run(sql::REQUEST, params![directory, at])?;
                tx.run(sql::FIRST_REQUEST, params![directory, tx.now])?;
            }
            if observed.refused_tokens > 0 {
                tx.run(sql::REFUSED_TOKENS, params![directory, observed.refused_tokens])?;
            }
            for (token, at) in &observed.uses {
                tx.run(sql::USED, params![token, *at])?;
            }
        }
        Ok(())
    }
}
