//! A bounded pool for work that takes the processor: signatures, XML, argon2.
//! It is neither the async runtime nor its blocking pool; when its queue is full, the answer is
//! [`Fault::Busy`] at once.

use std::{
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use tokio::sync::oneshot;

use super::error::{Error, Fault};

type Job = Box<dyn FnOnce() + Send>;

/// As many threads as cores, fed by one queue.
#[derive(Clone, Debug)]
pub struct CpuPool(mpsc::SyncSender<Job>);

impl CpuPool {
    /// Starts the threads; `queue` jobs may wait.
    pub fn start(queue: usize) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::sync_channel::<Job>(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        for nth in 0..thread::available_parallelism().map_or(2, NonZero::get) {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new().name(format!("cpu-{nth}")).spawn(move || {
                loop {
                    let job = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    match job {
                        Ok(job) => job(),
                        Err(mpsc::RecvError) => return,
                    }
                }
            })?;
        }
        Ok(Self(sender))
    }

    /// Runs `work` on a thread of the pool. A panic inside becomes [`Fault::Panicked`].
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move || {
            let outcome = catch_unwind(AssertUnwindSafe(work));
            // Nobody waits any more: the connection went away, and so does the result.
            let _ = sender.send(outcome.map_err(|panic| panic_message(panic.as_ref())));
        });
        self.0.try_send(job).map_err(|full| match full {
            mpsc::TrySendError::Full(_) => Fault::Busy,
            mpsc::TrySendError::Disconnected(_) => Fault::Closing,
        })?;
        match receiver.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(message)) => Err(Fault::Panicked(message).into()),
            Err(_) => Err(Fault::Closing.into()),
        }
    }
}

/// The message of a caught panic.
#[must_use]
pub fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
