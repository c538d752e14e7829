//! Folding a long log into the file beside the writer, so that nobody's commit waits for it: some
//! thousand pages and two calls that wait for the disk. What came meanwhile is folded after it,
//! until it is little; that the writer folds itself, and the log begins anew then.

use std::{
    fs::File,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU8, Ordering},
        mpsc::{Sender, channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{OpenFault, pragma};

const RESTING: u8 = 0;
const FOLDING: u8 = 1;
const FOLDED: u8 = 2;

/// So little is left to the writer, in pages.
const LITTLE: i64 = 256;
/// How often it goes on for that: a writer that is quicker than the disk cannot be caught up with.
const ROUNDS: usize = 4;

/// A thread with a connection of its own that folds when it is asked to. Dropping it waits for its
/// end.
pub(super) struct Folding {
    state: Arc<AtomicU8>,
    ask: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Folding {
    /// Starts the thread for this file, whose log has `length` pages after each commit.
    pub(super) fn start(path: &Path, length: Arc<AtomicI64>) -> Result<Self, OpenFault> {
        let connection = pragma::open_writer(path)?;
        let io = |error| OpenFault::Io(path.to_owned(), error);
        // Open for as long as the thread lives: closing it takes this process's locks on the file.
        let file = File::open(path).map_err(io)?;
        let state = Arc::new(AtomicU8::new(RESTING));
        let (ask, asked) = channel::<()>();
        let told = Arc::clone(&state);
        let thread = thread::Builder::new()
            .name("store-folding".to_owned())
            .spawn(move || {
                while asked.recv().is_ok() {
                    for _ in 0..ROUNDS {
                        let passive = "PRAGMA wal_checkpoint(PASSIVE)";
                        let folded = pragma::fold(&connection, passive, Duration::ZERO);
                        let left = folded.map(|it| length.load(Ordering::Relaxed) - it);
                        if left.is_none_or(|left| left <= LITTLE) {
                            break;
                        }
                    }
                    // While more comes, the engine leaves this to whoever folds last: the writer.
                    if let Err(error) = file.sync_data() {
                        tracing::warn!(%error, "what was folded was not flushed");
                    }
                    told.store(FOLDED, Ordering::Release);
                }
            })
            .map_err(io)?;
        Ok(Self { state, ask: Some(ask), thread: Some(thread) })
    }

    /// Asks it to fold, unless it does so already.
    pub(super) fn begin(&self) {
        let free =
            self.state.compare_exchange(RESTING, FOLDING, Ordering::AcqRel, Ordering::Acquire);
        if free.is_ok() && self.ask.as_ref().is_none_or(|ask| ask.send(()).is_err()) {
            self.state.store(RESTING, Ordering::Release);
        }
    }

    /// Whether it has folded since this was asked last.
    pub(super) fn has_folded(&self) -> bool {
        let folded =
            self.state.compare_exchange(FOLDED, RESTING, Ordering::AcqRel, Ordering::Acquire);
        folded.is_ok()
    }
}

impl Drop for Folding {
    fn drop(&mut self) {
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
