//! The threads that own the connections: one that writes, with group commit, and some that read.
//! A lane takes calls through a bounded queue; when that is full, the answer is `Busy` at once.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    thread::{self, JoinHandle},
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    OpenFault, Options, Tx,
    folding::Folding,
    pragma,
    queue::{self, Next, Queue},
    writer::Writer,
};
use crate::kit::{
    chance::Chance,
    cpu::panic_message,
    error::{Error, Fault},
    time::{Clock, Timestamp},
};

/// What stands in a lane's queue.
pub(super) type Calls = Queue<Box<dyn Call>>;

/// One or more threads and the queue in front of them. Dropping it lets them finish and waits for
/// their end, so that a connection and the lock on the file are free afterwards.
pub(super) struct Lane {
    queue: Arc<Calls>,
    threads: Vec<JoinHandle<()>>,
}

impl Lane {
    fn new(options: &Options) -> Self {
        Self { queue: Arc::new(Queue::new(options.queue)), threads: Vec::new() }
    }

    /// Queues `work` and waits for its answer.
    pub(super) async fn call<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.queue.put(Box::new(Waiting { work, result: None, reply })).map_err(|refused| {
            match refused {
                queue::Refused::Full => Fault::Busy,
                queue::Refused::Closed => Fault::Closing,
            }
        })?;
        answer.await.unwrap_or_else(|_| Err(Fault::Closing.into()))
    }

    /// Adds a thread that runs `serve` until the queue is closed.
    fn spawn(
        &mut self,
        name: &str,
        path: &Path,
        mut serve: impl FnMut(&Calls) + Send + 'static,
    ) -> Result<(), OpenFault> {
        let queue = Arc::clone(&self.queue);
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                // Work is caught where it runs; this is for what nobody thought of. The calls in
                // hand are lost and say so, the lane lives.
                while catch_unwind(AssertUnwindSafe(|| serve(&queue))).is_err() {}
            })
            .map_err(|error| OpenFault::Io(path.to_owned(), error))?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            // The last handle may be dropped by work in this very lane; it ends by itself then.
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

/// A call in a lane, whatever it answers.
pub(super) trait Call: Send {
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
            .unwrap_or_else(|panic| Err(Fault::Panicked(panic_message(panic.as_ref())).into()))
            .and_then(|value| tx.sound().map(|()| value));
        let stays = result.is_ok();
        self.result = Some(result);
        stays
    }

    fn answer(self: Box<Self>, outcome: Result<(), Fault>) {
        let Self { work, result, reply } = *self;
        // What the work holds goes first: it may be a handle on this store, and whoever was answered
        // may open the file anew.
        drop(work);
        let result = match outcome {
            Ok(()) => result.unwrap_or_else(|| Err(Fault::Closing.into())),
            Err(fault) => Err(fault.into()),
        };
        // Nobody waits any more: the caller went away; what was committed stays.
        let _ = reply.send(result);
    }
}

/// The time as transactions see it: it stands when the system's clock goes back.
#[derive(Debug)]
pub(super) struct Watch {
    clock: Clock,
    last: AtomicI64,
}

impl Watch {
    /// A watch that goes by `clock`.
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, last: AtomicI64::new(0) }
    }

    /// The present instant, never earlier than what any transaction was told before.
    pub(super) fn now(&self) -> Timestamp {
        let now = self.clock.now().millis();
        Timestamp::from_millis(self.last.fetch_max(now, Ordering::SeqCst).max(now))
    }
}

/// Starts the thread that owns the writing connection and, with it, the lock on the file.
pub(super) fn start_writer(
    connection: Connection,
    lock: pragma::Lock,
    watch: &Arc<Watch>,
    options: &Options,
) -> Result<Lane, OpenFault> {
    let mut lane = Lane::new(options);
    let chance = options.chance.clone();
    let log = Arc::new(AtomicI64::new(0));
    let folding = Folding::start(&options.path, Arc::clone(&log))?;
    let mut writer = Writer::new((connection, lock), (folding, log), Arc::clone(watch), chance)
        .map_err(pragma::engine)?;
    lane.spawn("store-writer", &options.path, move |queue| writer.serve(queue))?;
    Ok(lane)
}

/// Starts the threads that read, fed by one queue.
pub(super) fn start_readers(watch: &Arc<Watch>, options: &Options) -> Result<Lane, OpenFault> {
    let mut lane = Lane::new(options);
    for nth in 0..options.readers.max(1) {
        let connection = pragma::open_reader(&options.path)?;
        let (watch, chance) = (Arc::clone(watch), options.chance.clone());
        lane.spawn(&format!("store-reader-{nth}"), &options.path, move |queue| {
            while let Next::One(mut call) = queue.take() {
                let outcome = on_a_snapshot(&connection, &chance, &watch, call.as_mut());
                call.answer(outcome);
            }
        })?;
    }
    Ok(lane)
}

fn on_a_snapshot(
    connection: &Connection,
    chance: &Chance,
    watch: &Watch,
    call: &mut dyn Call,
) -> Result<(), Fault> {
    execute(connection, "BEGIN")?;
    call.run(&Tx::new(connection, chance, watch.now()));
    let outcome = execute(connection, "COMMIT");
    if !connection.is_autocommit() {
        // Otherwise every read to come would find itself inside this one.
        let _ = connection.execute_batch("ROLLBACK");
    }
    outcome
}

/// Runs a statement of the lanes' own.
pub(super) fn execute(connection: &Connection, sql: &'static str) -> Result<(), Fault> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute([]))
        .map(drop)
        .map_err(|error| Fault::Store(error.to_string()))
}
