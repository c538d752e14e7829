//! [`Wire`]: a stream that keeps the time. It knows whether its caller is idle, sends a head or
//! waits for an answer, and gives up on callers that are too slow at it.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use super::{limits::ServerLimits, stream::Stream};

/// Connected; nothing came yet.
const FRESH: u8 = 0;
/// Bytes of a head came.
const HEAD: u8 = 1;
/// A request is being handled; its body and its handler have limits of their own.
const BUSY: u8 = 2;
/// Answered; the idle time begins.
const RESTED: u8 = 3;
/// The idle time runs.
const IDLE: u8 = 4;

/// The most bytes that are thrown away after an answer.
const MAX_LINGER: usize = 2 * 1024 * 1024;

/// What a connection is doing, told by the exchange to its wire.
#[derive(Debug, Default)]
pub(super) struct Pace {
    phase: AtomicU8,
    /// The last body was not read to its end: what still comes of it must be thrown away before
    /// the connection is closed.
    unread: AtomicBool,
}

impl Pace {
    /// A head is here.
    pub(super) fn begin(&self) {
        self.set(BUSY);
    }

    /// The answer is made; `read` says whether the body was read to its end.
    pub(super) fn end(&self, read: bool) {
        self.unread.store(!read, Ordering::Relaxed);
        self.set(RESTED);
    }

    fn set(&self, phase: u8) {
        self.phase.store(phase, Ordering::Relaxed);
    }

    /// Whether it rests between two requests.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.get(), RESTED | IDLE)
    }

    /// Whether the caller may still be sending.
    fn is_cut_short(&self) -> bool {
        self.get() == HEAD || self.unread.load(Ordering::Relaxed)
    }

    fn get(&self) -> u8 {
        self.phase.load(Ordering::Relaxed)
    }
}

/// A stream that gives up on slow callers.
pub(super) struct Wire {
    stream: TokioIo<Stream>,
    pace: Arc<Pace>,
    times: Times,
    reading: Deadline,
    writing: Deadline,
    /// How much was thrown away since the sending side was shut; none while it is open.
    thrown_away: Option<usize>,
}

struct Times {
    head: Duration,
    idle: Duration,
    stall: Duration,
    linger: Duration,
}

impl Wire {
    pub(super) fn new(stream: Stream, pace: Arc<Pace>, limits: &ServerLimits) -> Self {
        let times = Times {
            head: limits.head_time,
            idle: limits.idle_time,
            stall: limits.stall_time,
            linger: limits.linger_time,
        };
        let reading = Deadline { due: Some(Instant::now() + times.head), sleep: None };
        let writing = Deadline::default();
        Self { stream: TokioIo::new(stream), pace, times, reading, writing, thrown_away: None }
    }

    /// Passes on a write; the caller must take some of it in time.
    fn in_time<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.writing.due = None;
        } else {
            self.writing.due.get_or_insert_with(|| Instant::now() + self.times.stall);
            if self.writing.has_passed(cx) {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        written
    }

    /// Throws away what still comes, until the caller closes, for a while. Closing at once would
    /// reset the connection, and the caller might never read the answer.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut room = [0; 8192];
        while self.thrown_away.is_some_and(|bytes| bytes < MAX_LINGER) {
            let mut room = ReadBuf::new(&mut room);
            match Pin::new(self.stream.inner_mut()).poll_read(cx, &mut room) {
                Poll::Ready(Ok(())) if !room.filled().is_empty() => {
                    self.thrown_away = self.thrown_away.map(|bytes| bytes + room.filled().len());
                }
                Poll::Ready(_) => break,
                Poll::Pending if self.reading.has_passed(cx) => break,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    }
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let read = Pin::new(&mut this.stream).poll_read(cx, room);
        let phase = this.pace.get();
        if read.is_ready() {
            if matches!(phase, FRESH | RESTED | IDLE) {
                this.pace.set(HEAD);
                this.reading.due = Some(Instant::now() + this.times.head);
            }
            return read;
        }
        match phase {
            BUSY => return Poll::Pending,
            RESTED => {
                this.pace.set(IDLE);
                this.reading.due = Some(Instant::now() + this.times.idle);
            }
            _ => {}
        }
        if this.reading.has_passed(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.in_time(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.in_time(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.in_time(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.thrown_away.is_none() {
            let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
            ready!(self.in_time(cx, shut))?;
            if !self.pace.is_cut_short() {
                return Poll::Ready(Ok(()));
            }
            self.thrown_away = Some(0);
            self.reading.due = Some(Instant::now() + self.times.linger);
        }
        self.poll_linger(cx).map(Ok)
    }
}

/// An instant to be done by. The timer behind is only moved when it fires early, because most
/// deadlines are met.
#[derive(Default)]
struct Deadline {
    due: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    /// Whether it has passed; if not, the task is woken no later than then.
    fn has_passed(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(due) = self.due else { return false };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if sleep.deadline() > due {
            sleep.as_mut().reset(due);
        }
        while sleep.as_mut().poll(cx).is_ready() {
            if Instant::now() >= due {
                return true;
            }
            sleep.as_mut().reset(due);
        }
        false
    }
}
