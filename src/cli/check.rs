//! `kernia check`: the configuration, the master key and the database, every problem at once.

use std::{io::IsTerminal, path::Path};

use serde_json::json;

use super::{Failure, say};
use crate::{
    app,
    config::{self, Config, Faults},
    store,
};

pub(super) fn run(file: &Path, as_json: bool) -> Result<(), Failure> {
    let config = match Config::load(Some(file), config::system_environment()) {
        Ok(loaded) => loaded.config,
        Err(faults) => {
            if as_json {
                let report = json!({ "ok": false, "problems": [faults.to_string()] });
                say(&report.to_string());
            } else {
                super::complain(&rendered(&faults));
            }
            return Err(Failure::new("").code(3));
        }
    };
    let mut checks = vec![
        ("configuration", Ok(format!("`{}` is good", file.display()))),
        ("master key", master_key(&config)),
        ("database", database(&config)),
        ("providers", providers(&config)),
    ];
    if !config.openid_clients.is_empty() {
        checks.push(("OpenID clients", openid_clients(&config)));
    }
    let problems: Vec<_> =
        checks.iter().filter_map(|(_, outcome)| outcome.as_ref().err()).collect();
    if as_json {
        say(&json!({ "ok": problems.is_empty(), "problems": problems }).to_string());
    } else {
        for (name, outcome) in &checks {
            match outcome {
                Ok(seen) => say(&format!("ok       {name}: {seen}")),
                Err(why) => say(&format!("problem  {name}: {why}")),
            }
        }
        for notice in &config.notices {
            say(&format!("note     configuration: {notice}"));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure::new("")) }
}

fn master_key(config: &Config) -> Result<String, String> {
    let key = app::master_key(config).map_err(|fault| fault.to_string())?;
    if config.store.path.exists()
        && let Err(app::StartFault::Vault(fault)) = app::try_master_key(config, &key)
    {
        // What else may be wrong with the database is told beside, by its own check.
        return Err(fault.to_string());
    }
    Ok(format!("found, its recipient is {}", key.recipient()))
}

fn openid_clients(config: &Config) -> Result<String, String> {
    let clients =
        app::openid_clients::configured_clients(config).map_err(|fault| fault.to_string())?;
    Ok(format!("{}, each with what it needs", clients.len()))
}

fn database(config: &Config) -> Result<String, String> {
    let path = &config.store.path;
    if !path.exists() {
        return Err(format!(
            "`{}` is not there; `kernia init` or the first `kernia serve` makes it",
            path.display()
        ));
    }
    let seen = store::inspect(path).map_err(|fault| fault.to_string())?;
    if !seen.faults.is_empty() {
        return Err(format!("`{}` is damaged: {}", path.display(), seen.faults.join("; ")));
    }
    let upgrade = if seen.schema < seen.known {
        format!("; the next start upgrades it to {}", seen.known)
    } else {
        String::new()
    };
    Ok(format!("`{}` is whole, schema {}{upgrade}", path.display(), seen.schema))
}

/// The providers for everybody: what they need must be there.
fn providers(config: &Config) -> Result<String, String> {
    let found = app::providers::configured(config).map_err(|faults| faults.join("; "))?;
    let names: Vec<_> = found.iter().map(|it| it.connection_type.as_str()).collect();
    if names.is_empty() { Ok("none is set".to_owned()) } else { Ok(names.join(", ")) }
}

/// Faults as a person reads them, in colour on a terminal.
pub(super) fn rendered(faults: &Faults) -> String {
    let colours = std::io::stderr().is_terminal();
    if colours { faults.coloured() } else { faults.to_string() }
}
