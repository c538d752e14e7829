//! The threads that own the connections: one that writes, with group commit, and some that read.
//! A lane takes calls through a bounded queue; when that is full, the answer is `Busy` at once.

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{OpenFault, Options, Tx, pragma};
use crate::kit::{
    chance::Chance,
    cpu::panic_message,
    error::{Error, Fault},
    time::{Clock, Timestamp},
};

/// The most writes that share one commit.
const BATCH: usize = 256;
/// How long a batch may take in further writes before it commits.
const GATHER: Duration = Duration::from_millis(4);
/// When the writer has had nothing to do for so long, it folds the log into the file.
const IDLE: Duration = Duration::from_secs(2);
/// A log of more pages than this is folded in between batches too (16 MiB at 4 KiB a page).
const LOG_PAGES: i64 = 4096;

/// The queue in front of one or more threads.
pub(super) struct Lane(mpsc::SyncSender<Box<dyn Call>>);

impl Lane {
    /// Queues `work` and waits for its answer.
    pub(super) async fn call<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.0.try_send(Box::new(Waiting { work, result: None, reply })).map_err(|error| {
            match error {
                mpsc::TrySendError::Full(_) => Fault::Busy,
                mpsc::TrySendError::Disconnected(_) => Fault::Closing,
            }
        })?;
        answer.await.unwrap_or_else(|_| Err(Fault::Closing.into()))
    }
}

/// A call in a lane, whatever it answers.
trait Call: Send {
    /// Runs the work; says whether what it did may stay.
    fn run(&mut self, tx: &Tx<'_>) -> bool;
    /// Tells the caller its result, or the fault that made it void.
    fn answer(self: Box<Self>, outcome: Result<(), Fault>);
}

struct Waiting<T, F> {
    work: F,
    result: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<T, F> Call for Waiting<T, F>
where
    T: Send,
    F: Fn(&Tx<'_>) -> Result<T, Error> + Send,
{
    fn run(&mut self, tx: &Tx<'_>) -> bool {
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(tx)))
            .unwrap_or_else(|panic| Err(Fault::Panicked(panic_message(panic.as_ref())).into()));
        let stays = result.is_ok();
        self.result = Some(result);
        stays
    }

    fn answer(self: Box<Self>, outcome: Result<(), Fault>) {
        let result = match outcome {
            Ok(()) => self.result.unwrap_or_else(|| Err(Fault::Closing.into())),
            Err(fault) => Err(fault.into()),
        };
        // Nobody waits any more: the caller went away; what was committed stays.
        let _ = self.reply.send(result);
    }
}

/// Starts the thread that owns the writing connection and, with it, the lock on the file.
pub(super) fn start_writer(
    connection: Connection,
    lock: File,
    options: &Options,
) -> Result<Lane, OpenFault> {
    let (sender, receiver) = mpsc::sync_channel(options.queue);
    let mut writer = Writer {
        connection,
        clock: options.clock.clone(),
        chance: options.chance.clone(),
        last: Timestamp::default(),
    };
    spawn("store-writer", &options.path, move || {
        writer.serve(&receiver);
        drop(writer);
        drop(lock);
    })?;
    Ok(Lane(sender))
}

/// Starts the threads that read, fed by one queue.
pub(super) fn start_readers(options: &Options) -> Result<Lane, OpenFault> {
    let (sender, receiver) = mpsc::sync_channel::<Box<dyn Call>>(options.queue);
    let receiver = Arc::new(Mutex::new(receiver));
    for nth in 0..options.readers.max(1) {
        let connection = pragma::open_reader(&options.path)?;
        let (receiver, clock) = (Arc::clone(&receiver), options.clock.clone());
        let chance = options.chance.clone();
        spawn(&format!("store-reader-{nth}"), &options.path, move || {
            loop {
                let call = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(mut call) = call else { return };
                let outcome = on_a_snapshot(&connection, |connection| {
                    call.run(&Tx::new(connection, &chance, clock.now()));
                });
                call.answer(outcome);
            }
        })?;
    }
    Ok(Lane(sender))
}

fn on_a_snapshot(connection: &Connection, work: impl FnOnce(&Connection)) -> Result<(), Fault> {
    connection.execute_batch("BEGIN").map_err(store)?;
    work(connection);
    connection.execute_batch("COMMIT").map_err(store)
}

fn spawn(
    name: &str,
    path: &std::path::Path,
    work: impl FnOnce() + Send + 'static,
) -> Result<(), OpenFault> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map(drop)
        .map_err(|error| OpenFault::Io(path.to_owned(), error))
}

struct Writer {
    connection: Connection,
    clock: Clock,
    chance: Chance,
    last: Timestamp,
}

impl Writer {
    fn serve(&mut self, queue: &mpsc::Receiver<Box<dyn Call>>) {
        let mut folded = true;
        loop {
            match queue.recv_timeout(IDLE) {
                Ok(first) => {
                    self.batch(first, queue);
                    folded = false;
                }
                Err(mpsc::RecvTimeoutError::Timeout) if folded => {}
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    self.fold("PRAGMA wal_checkpoint(TRUNCATE)");
                    folded = true;
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    self.fold("PRAGMA wal_checkpoint(TRUNCATE)");
                    return;
                }
            }
        }
    }

    /// Runs what waits together in one transaction and answers after its commit.
    fn batch(&mut self, first: Box<dyn Call>, queue: &mpsc::Receiver<Box<dyn Call>>) {
        let mut calls = Vec::new();
        let outcome = self.transact(first, queue, &mut calls);
        if outcome.is_err() && !self.connection.is_autocommit() {
            // What cannot be undone is gone with the connection's transaction; nothing was told.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        if let Err(fault) = &outcome {
            tracing::error!(fault = %fault, calls = calls.len(), "a batch of writes failed");
        }
        for call in calls {
            call.answer(outcome.clone());
        }
        self.fold_when_long();
    }

    fn transact(
        &mut self,
        first: Box<dyn Call>,
        queue: &mpsc::Receiver<Box<dyn Call>>,
        calls: &mut Vec<Box<dyn Call>>,
    ) -> Result<(), Fault> {
        calls.push(first);
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(store)?;
        let began = Instant::now();
        loop {
            if let Some(call) = calls.last_mut() {
                self.run_in_savepoint(call.as_mut())?;
            }
            if calls.len() >= BATCH || began.elapsed() >= GATHER {
                break;
            }
            match queue.try_recv() {
                Ok(next) => calls.push(next),
                Err(_) => break,
            }
        }
        self.connection.execute_batch("COMMIT").map_err(store)
    }

    /// A refusal rolls back its own savepoint. A full disk or an I/O error may have ended the whole
    /// transaction: then nothing of the batch may be told as done.
    fn run_in_savepoint(&mut self, call: &mut dyn Call) -> Result<(), Fault> {
        self.last = self.last.max(self.clock.now());
        self.connection
            .prepare_cached("SAVEPOINT call")
            .and_then(|mut s| s.execute([]))
            .map_err(store)?;
        let stays = call.run(&Tx::new(&self.connection, &self.chance, self.last));
        if self.connection.is_autocommit() {
            return Err(Fault::Store("the engine ended the transaction".to_owned()));
        }
        if !stays {
            self.connection
                .prepare_cached("ROLLBACK TO call")
                .and_then(|mut s| s.execute([]))
                .map_err(store)?;
        }
        self.connection
            .prepare_cached("RELEASE call")
            .and_then(|mut s| s.execute([]))
            .map(drop)
            .map_err(store)
    }

    fn fold_when_long(&self) {
        let pages = self
            .connection
            .query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get::<_, i64>(1))
            .unwrap_or(0);
        if pages > LOG_PAGES {
            self.fold("PRAGMA wal_checkpoint(PASSIVE)");
        }
    }

    fn fold(&self, pragma: &str) {
        let outcome = self.connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
        if let Err(error) = outcome {
            tracing::warn!(%error, "the log was not folded into the file");
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn store(error: rusqlite::Error) -> Fault {
    Fault::Store(error.to_string())
}
