//! Where log lines go and what they look like: stderr, for people on a terminal, else JSON lines.

use std::io::IsTerminal;

use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt, layer::SubscriberExt, reload, util::SubscriberInitExt,
};

use super::Failure;
use crate::config::LogFormat;

/// Changes what is logged while the program runs.
pub(super) struct Level(reload::Handle<EnvFilter, Registry>);

impl Level {
    /// Takes other directives.
    pub(super) fn set(&self, directives: &str) -> Result<(), Failure> {
        self.0.reload(EnvFilter::try_new(directives)?).map_err(Failure::from)
    }
}

/// Starts logging.
pub(super) fn start(directives: &str, format: LogFormat) -> Result<Level, Failure> {
    let (filter, handle) = reload::Layer::new(EnvFilter::try_new(directives)?);
    let terminal = std::io::stderr().is_terminal();
    let human = match format {
        LogFormat::Auto => terminal,
        LogFormat::Human => true,
        LogFormat::Json => false,
    };
    let lines = if human {
        fmt::layer().with_writer(std::io::stderr).with_ansi(terminal).boxed()
    } else {
        fmt::layer().json().flatten_event(true).with_writer(std::io::stderr).boxed()
    };
    tracing_subscriber::registry().with(filter).with(lines).try_init()?;
    Ok(Level(handle))
}
