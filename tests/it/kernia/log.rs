//! What is logged on this thread, line by line as JSON.

use std::{
    io,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

/// What was logged.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    /// Every line.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }

    /// The line of this message under this request's id; there must be exactly one.
    pub(crate) fn line(&self, request_id: &str, message: &str) -> Value {
        let text = self.text();
        let lines = text.lines().filter(|line| line.contains(request_id));
        let lines = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut found: Vec<_> = lines
            .filter(|line| line["request_id"] == request_id && line["message"] == message)
            .collect();
        assert_eq!(found.len(), 1, "`{message}` of {request_id} in:\n{text}");
        found.remove(0)
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Logs everything that happens on this thread, for as long as the guard lives.
pub(crate) fn logging() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    (log, tracing::subscriber::set_default(subscriber))
}
