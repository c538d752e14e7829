//! `kernia serve`: the server.

use std::{path::Path, sync::Arc};

use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, instance, log};
use crate::{
    app::{self, Opening, StartFault},
    config::{self, Config},
    faces::Faces,
    kit::{chance::Chance, time::Clock},
};

pub(super) fn run(file: &Path) -> Result<(), Failure> {
    let config = load(file)?;
    let level = log::start(config.log.level.as_str(), config.log.format)?;
    for notice in &config.notices {
        tracing::warn!("{notice}");
    }
    let runtime = instance::runtime()?;
    let outcome = runtime.block_on(serve(&config, file, level));
    runtime.shutdown_timeout(instance::LAST_WORDS);
    outcome
}

/// The configuration, or all its faults on stderr and exit code 3.
pub(super) fn load(file: &Path) -> Result<Config, Failure> {
    match Config::load(Some(file), config::system_environment()) {
        Ok(loaded) => Ok(loaded.config),
        Err(faults) => {
            super::complain(&super::check::rendered(&faults));
            Err(Failure::new("").code(3))
        }
    }
}

async fn serve(config: &Config, file: &Path, level: log::Level) -> Result<(), Failure> {
    let ending = instance::Ending::catch()?;
    let (listener, base) =
        instance::listen(config.server.listen, config.server.base_url.as_ref()).await?;
    let opening = Opening {
        config,
        base,
        clock: Clock::system(),
        chance: Chance::system(),
        loopback_allowed: false,
    };
    let app = Arc::new(app::open(opening).await.map_err(start_failure)?);
    let site = Arc::new(Faces::new(Arc::clone(&app))?);
    reload_on_hangup(file, level)?;
    let address = listener.local_addr()?;
    let listeners = instance::listeners(listener, config);
    tracing::info!(
        %address, base_url = app.base.as_str(),
        version = env!("CARGO_PKG_VERSION"), "listening"
    );
    instance::serve(app, site, listeners, config, ending).await
}

/// Why an instance did not start, with what to do.
pub(super) fn start_failure(fault: StartFault) -> Failure {
    let hint = match &fault {
        StartFault::Vault(_) => Some("`kernia init` makes a master key; see docs/operate.md"),
        StartFault::Store(_) => Some("`kernia check` looks at the database without changing it"),
        _ => None,
    };
    let failure = Failure::from(fault);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// SIGHUP: the log level is read anew; a bad file changes nothing.
fn reload_on_hangup(file: &Path, level: log::Level) -> Result<(), Failure> {
    let mut hangup = signal(SignalKind::hangup())?;
    let file = file.to_owned();
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match Config::load(Some(&file), config::system_environment()) {
                Ok(loaded) => {
                    let directives = loaded.config.log.level.as_str().to_owned();
                    match level.set(&directives) {
                        Ok(()) => tracing::info!(level = directives, "log level read anew"),
                        Err(failure) => tracing::error!(reason = failure.message, "not reloaded"),
                    }
                }
                Err(faults) => {
                    tracing::error!(faults = faults.count(), "not reloaded; run `kernia check`");
                }
            }
        }
    });
    Ok(())
}
