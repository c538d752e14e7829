//! The writing lane's work: group commit, and folding the log into the file.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::{Connection, hooks::Wal};

use super::{
    Tx,
    folding::Folding,
    lanes::{Call, Calls, Watch, execute},
    pragma,
    queue::Next,
};
use crate::kit::{chance::Chance, error::Fault};

/// The most writes that share one commit.
const BATCH: usize = 256;
/// How long a batch may take in further writes before it commits.
const GATHER: Duration = Duration::from_millis(4);
/// When the writer has had nothing to do for so long, it folds the log into the file.
const IDLE: Duration = Duration::from_secs(2);
/// A log of so many pages is folded beside the writer (16 MiB), as far as readers allow; at four
/// times its length the writer folds it itself and waits a moment for them. The longer it is, the
/// longer a commit may wait for the disk while it is flushed.
const LOG_PAGES: i64 = 4096;
/// How much further a log grows before that is tried again (1 MiB).
const LOG_STEP: i64 = 256;
/// How long the writer waits for readers of a log that is too long.
const LOG_PATIENCE: Duration = Duration::from_millis(100);

/// What a refused call has left in the transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Nothing, or the call was not refused and all of it may stay.
    Nothing,
    /// Something that must go.
    Something,
}

/// The connection that writes, and what it learned from the last batch.
pub(super) struct Writer {
    /// Goes before the connection: the one that is closed last leaves the file without a log.
    folding: Folding,
    connection: Connection,
    watch: Arc<Watch>,
    chance: Chance,
    /// How many callers seem to write at the same time.
    crowd: usize,
    /// How long the last commit took.
    commit: Duration,
    /// The length of the log after the last commit, in pages; the engine says it.
    log: Arc<AtomicI64>,
    /// The length of the log when it was last folded.
    folded: i64,
    /// Keeps others away; the last field, so that it goes after the connection.
    _lock: pragma::Lock,
}

impl Writer {
    /// Takes the connection over, and the lock on its file.
    pub(super) fn new(
        (mut connection, lock): (Connection, pragma::Lock),
        (folding, log): (Folding, Arc<AtomicI64>),
        watch: Arc<Watch>,
        chance: Chance,
    ) -> rusqlite::Result<Self> {
        let length = Arc::clone(&log);
        connection.wal_hook(Some(move |_: &mut Wal, pages| {
            length.store(i64::from(pages), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self {
            folding,
            connection,
            watch,
            chance,
            crowd: 1,
            commit: Duration::ZERO,
            log,
            folded: 0,
            _lock: lock,
        })
    }

    /// Serves the queue until it is closed.
    pub(super) fn serve(&mut self, queue: &Calls) {
        while let Next::One(first) = queue.take() {
            self.serve_until_idle(first, queue);
            pragma::fold(&self.connection, "PRAGMA wal_checkpoint(TRUNCATE)", Duration::ZERO);
            self.folded = 0;
        }
    }

    fn serve_until_idle(&mut self, first: Box<dyn Call>, queue: &Calls) {
        let mut next = Next::One(first);
        while let Next::One(call) = next {
            self.batch(call, queue);
            self.fold_when_long();
            next = queue.take_until(Instant::now() + IDLE);
        }
    }

    /// Runs what waits together in one transaction and answers after its commit.
    fn batch(&mut self, first: Box<dyn Call>, queue: &Calls) {
        let mut calls = vec![first];
        let outcome = self.transact(&mut calls, queue);
        if !self.connection.is_autocommit() {
            // Nothing of it was told as done; the next batch begins afresh.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        if let Err(fault) = &outcome {
            tracing::error!(fault = %fault, calls = calls.len(), "a batch of writes failed");
        }
        self.crowd = calls.len() + queue.len();
        for call in calls {
            call.answer(outcome.clone());
        }
    }

    fn transact(&mut self, calls: &mut Vec<Box<dyn Call>>, queue: &Calls) -> Result<(), Fault> {
        let began = Instant::now();
        execute(&self.connection, "BEGIN IMMEDIATE")?;
        let mut apart = false;
        while let Some(call) = calls.last_mut() {
            if apart {
                self.run_in_savepoint(call.as_mut())?;
            } else if self.run(call.as_mut())? == Left::Something {
                self.take_back(calls)?;
                apart = true;
            }
            match self.another(calls.len(), began, queue) {
                Some(next) => calls.push(next),
                None => break,
            }
        }
        let ready = Instant::now();
        execute(&self.connection, "COMMIT")?;
        self.commit = ready.elapsed();
        Ok(())
    }

    /// The next call for this batch. Those who were just answered come back in a moment: to wait
    /// for them a part of what a commit costs is cheaper than to make two. Who writes alone is
    /// never made to wait.
    fn another(&self, gathered: usize, began: Instant, queue: &Calls) -> Option<Box<dyn Call>> {
        if gathered >= BATCH || began.elapsed() >= GATHER {
            return None;
        }
        if gathered >= self.crowd {
            return queue.take_now();
        }
        match queue.take_until(began + GATHER.min(self.commit / 2)) {
            Next::One(call) => Some(call),
            Next::Nothing | Next::Closed => None,
        }
    }

    /// Runs a call. Those that are refused have mostly changed nothing, so that nobody needs a
    /// savepoint to be safe from them. A full disk or an I/O error may have ended the whole
    /// transaction: then nothing of the batch may be told as done.
    fn run(&self, call: &mut dyn Call) -> Result<Left, Fault> {
        let tx = Tx::new(&self.connection, &self.chance, self.watch.now());
        let stays = call.run(&tx);
        if self.connection.is_autocommit() {
            let why = tx.sound().map_or_else(|fault| fault.to_string(), |()| String::new());
            return Err(Fault::Store(format!("the engine ended the transaction: {why}")));
        }
        Ok(if stays || !tx.has_changed() { Left::Nothing } else { Left::Something })
    }

    /// The last call was refused and has changed something: all begins anew, each in a savepoint of
    /// its own. Who was alone has had its answer.
    fn take_back(&self, calls: &mut [Box<dyn Call>]) -> Result<(), Fault> {
        execute(&self.connection, "ROLLBACK")?;
        execute(&self.connection, "BEGIN IMMEDIATE")?;
        if calls.len() > 1 {
            calls.iter_mut().try_for_each(|call| self.run_in_savepoint(call.as_mut()))?;
        }
        Ok(())
    }

    /// A refusal rolls back its own savepoint.
    fn run_in_savepoint(&self, call: &mut dyn Call) -> Result<(), Fault> {
        execute(&self.connection, "SAVEPOINT call")?;
        if self.run(call)? == Left::Something {
            execute(&self.connection, "ROLLBACK TO call")?;
        }
        execute(&self.connection, "RELEASE call")
    }

    /// Has a long log folded. What a reader still needs stays in it; once all is folded and nobody
    /// reads from it, the log begins again at its start.
    fn fold_when_long(&mut self) {
        let log = self.log.load(Ordering::Relaxed);
        if log < self.folded {
            self.folded = 0;
        }
        if self.folding.has_folded() {
            pragma::fold(&self.connection, "PRAGMA wal_checkpoint(PASSIVE)", Duration::ZERO);
            self.folded = log;
        }
        if log < LOG_PAGES || log - self.folded < LOG_STEP {
            return;
        }
        if log < 4 * LOG_PAGES {
            self.folding.begin();
        } else {
            pragma::fold(&self.connection, "PRAGMA wal_checkpoint(RESTART)", LOG_PATIENCE);
            self.folded = log;
        }
    }
}
