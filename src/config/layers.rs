//! Defaults, file and environment, one upon the other, become one configuration.
//! Each given value is first tried alone upon the defaults, so that every fault is found, even that
//! of a value which another one hides.

use std::{fs, io, path::Path};

use figment::{
    Figment, Metadata, Profile, Provider,
    error::Kind as Reason,
    value::{Dict, Map, Value},
};

use super::{
    Config, Faults,
    faults::{Fault, Place},
    file,
    keys::{Key, SUPERSEDED, written},
    variables,
};
use crate::kit::{environment::Environment, secret::Secret};

/// A value for a key, and where it was given.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) key: &'static Key,
    /// The ways to read it, at least one; a file's value has one.
    pub(super) readings: Vec<Value>,
    /// When it is a list in the file: its items, so that a fault may point at one.
    pub(super) elements: Vec<(Value, &'static str, Place)>,
    /// What it is, in words: "text", "a list".
    pub(super) found: &'static str,
    pub(super) place: Place,
}

/// What one source gives.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) given: Vec<Given>,
    /// Whole sections that may stand many times, each without a fault.
    pub(super) repeated: Vec<(&'static str, Dict)>,
    pub(super) faults: Vec<Fault>,
}

/// The table's defaults.
pub(super) fn defaults() -> Figment {
    let layer = file::walk(&written(&[]));
    layer.given.iter().fold(Figment::new(), |figment, given| {
        figment.merge(Only { key: given.key, value: &given.readings[0] })
    })
}

/// Reads everything; `Err` has every fault.
pub(super) fn load(
    path: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, Faults> {
    let variables: Vec<(String, String)> = environment.into_iter().collect();
    let (source, from_file) = path.map_or_else(Default::default, read);
    let from_environment = variables::walk(&variables);

    let defaults = defaults();
    let mut faults = Vec::new();
    let mut merged = defaults.clone();
    let mut accepted = Vec::new();
    let mut refused = Vec::new();
    for layer in [from_file, from_environment] {
        faults.extend(layer.faults);
        merged = merged.admerge(Repeated(layer.repeated));
        for given in layer.given {
            match try_alone(&defaults, &given) {
                Ok(value) => {
                    merged = merged.merge(Only { key: given.key, value });
                    accepted.push((given.key, given.place));
                }
                Err(found) => {
                    faults.extend(found);
                    refused.push(given.key);
                }
            }
        }
    }
    let config = merged.extract::<Config>();
    match &config {
        Ok(config) => {
            faults.extend(check_public_address(config, &accepted, &refused));
            faults.extend(check_clients(config, &source));
        }
        // Each value was taken alone, so all are taken together; were it not so, it must be told.
        Err(error) => faults.push(Fault {
            title: error.to_string(),
            place: Place::WholeFile,
            label: String::new(),
            help: None,
        }),
    }
    match config {
        Ok(mut config) if faults.is_empty() => {
            config.notices = notices(&accepted);
            Ok(with_key_sources(config, variables))
        }
        _ => Err(Faults::new(path, &source, faults)),
    }
}

/// What an operator should know of a configuration that is good.
fn notices(accepted: &[(&'static Key, Place)]) -> Vec<String> {
    let former = |key: &Key| SUPERSEDED.iter().find(|it| it.key.path() == key.path());
    let told = accepted.iter().filter_map(|(key, _)| former(key)).map(|former| {
        let (old, now) = (former.key.path(), former.now);
        format!("`{old}` is called `{now}` now; the old name still works")
    });
    told.collect()
}

/// The text of the file and what it gives.
fn read(path: &Path) -> (String, Layer) {
    let fault = |title: String, help: Option<&str>| {
        let help = help.map(str::to_owned);
        let fault = Fault { title, place: Place::WholeFile, label: String::new(), help };
        (String::new(), Layer { faults: vec![fault], ..Layer::default() })
    };
    match fs::read(path).map(String::from_utf8) {
        Ok(Ok(source)) => {
            let layer = file::walk(&source);
            (source, layer)
        }
        Ok(Err(error)) => {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = good.split(|byte| *byte == b'\n').count();
            fault(format!("the file is not UTF-8: see line {line}"), None)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fault("there is no such file".to_owned(), Some("`kernia init` writes one"))
        }
        Err(error) => fault(format!("the file cannot be read: {error}"), None),
    }
}

/// The reading that the key takes, or the faults of the value.
fn try_alone<'a>(defaults: &Figment, given: &'a Given) -> Result<&'a Value, Vec<Fault>> {
    let mut why = None;
    for value in &given.readings {
        match refusal(defaults, given.key, value, given.found) {
            None => return Ok(value),
            // Of several refusals, the one that read the value tells more than "found text".
            Some(new) => match &why {
                Some(Refusal { of_type: false, .. }) => {}
                Some(_) if new.of_type => {}
                _ => why = Some(new),
            },
        }
    }
    let fault = |place: &Place, why: Refusal| Fault {
        title: format!("bad value for `{}`", given.key.path()),
        place: place.clone(),
        label: why.label,
        help: None,
    };
    let mut faults = Vec::new();
    for (value, found, place) in &given.elements {
        let alone = Value::from(vec![value.clone()]);
        if let Some(why) = refusal(defaults, given.key, &alone, found) {
            faults.push(fault(place, why));
        }
    }
    if faults.is_empty() {
        faults.extend(why.map(|why| fault(&given.place, why)));
    }
    Err(faults)
}

/// Why a key does not take a value.
pub(super) struct Refusal {
    pub(super) label: String,
    /// Whether it is of the wrong type, rather than of the right one and no good.
    of_type: bool,
}

fn refusal(defaults: &Figment, key: &'static Key, value: &Value, found: &str) -> Option<Refusal> {
    refusal_of(&defaults.clone().merge(Only { key, value }), found)
}

/// Why what was merged is no configuration.
pub(super) fn refusal_of(merged: &Figment, found: &str) -> Option<Refusal> {
    let (label, of_type) = match merged.extract::<Config>().err()?.kind {
        Reason::InvalidType(_, wanted) => {
            let wanted = match wanted.as_str() {
                "a boolean" => "`true` or `false`",
                "a sequence" => "a list",
                other => other,
            };
            (format!("expected {wanted}, found {found}"), true)
        }
        Reason::Message(sentence) => (sentence, false),
        other => (other.to_string(), false),
    };
    Some(Refusal { label, of_type })
}

/// Whole sections, as a source that figment merges: the tables of one name become a list.
struct Repeated(Vec<(&'static str, Dict)>);

impl Provider for Repeated {
    fn metadata(&self) -> Metadata {
        Metadata::named("kernia.toml")
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let mut lists: Map<String, Vec<Value>> = Map::new();
        for (section, table) in &self.0 {
            lists.entry((*section).to_owned()).or_default().push(Value::from(table.clone()));
        }
        let dict = lists.into_iter().map(|(name, list)| (name, Value::from(list))).collect();
        Ok(Map::from([(Profile::Default, dict)]))
    }
}

/// Two clients of one id would be one.
fn check_clients(config: &Config, source: &str) -> Option<Fault> {
    let mut ids: Vec<_> = config.openid_clients.iter().map(|client| client.id.as_str()).collect();
    ids.sort_unstable();
    let twice = ids.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])?;
    // The second one, wherever it is written in quotes.
    let written = format!("\"{twice}\"");
    let mut places = source.match_indices(&written).map(|(at, _)| at..at + written.len());
    let place = places.nth(1).map_or(Place::WholeFile, Place::File);
    Some(Fault {
        title: format!("two clients have the id `{twice}`"),
        place,
        label: "each has an id of its own".to_owned(),
        help: None,
    })
}

/// One value for one key, as a source that figment merges.
struct Only<'a> {
    key: &'static Key,
    value: &'a Value,
}

impl Provider for Only<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.key.path())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let section = Dict::from([(self.key.name.to_owned(), self.value.clone())]);
        let dict = Dict::from([(self.key.section.to_owned(), section.into())]);
        Ok(Map::from([(Profile::Default, dict)]))
    }
}

/// Whoever signs in reaches Kernia over https, unless it is on their own machine or for tests.
fn check_public_address(
    config: &Config,
    accepted: &[(&'static Key, Place)],
    refused: &[&'static Key],
) -> Option<Fault> {
    let concerned = ["server.base_url", "server.listen", "environment.kind"];
    if config.environment.kind == Environment::Test
        || refused.iter().any(|key| concerned.contains(&key.path().as_str()))
    {
        return None;
    }
    // The last one given is the one that counts.
    let given = |path: &str| accepted.iter().rfind(|(key, _)| key.path() == path);
    match &config.server.base_url {
        Some(address) if !address.is_https() && !address.is_loopback() => Some(Fault {
            title: "`server.base_url` is plain http in a live environment".to_owned(),
            place: given("server.base_url")?.1.clone(),
            label: "assertions and codes would travel in clear".to_owned(),
            help: Some(
                "use an `https` address, or set `kind = \"test\"` in `[environment]`".to_owned(),
            ),
        }),
        None if !config.server.listen.ip().is_loopback() => Some(Fault {
            title: "`server.base_url` is not set".to_owned(),
            place: given("server.listen")?.1.clone(),
            label: "others reach this address, by a name that Kernia must know".to_owned(),
            help: Some(
                "set `base_url = \"https://…\"` in `[server]`, or `kind = \"test\"` in \
                 `[environment]`"
                    .to_owned(),
            ),
        }),
        _ => None,
    }
}

/// Where a master key may come from besides its file; only the process's environment tells.
fn with_key_sources(mut config: Config, variables: Vec<(String, String)>) -> Config {
    for (name, value) in variables {
        match name.as_str() {
            "CREDENTIALS_DIRECTORY" => config.vault.credentials_directory = Some(value.into()),
            "KERNIA_MASTER_KEY" if !value.is_empty() => {
                config.vault.master_key = Some(Secret::new(value));
            }
            "KERNIA_GOOGLE_OAUTH_CLIENT_SECRET" if !value.is_empty() => {
                config.google_oauth.client_secret = Some(Secret::new(value));
            }
            "KERNIA_MICROSOFT_OAUTH_CLIENT_SECRET" if !value.is_empty() => {
                config.microsoft_oauth.client_secret = Some(Secret::new(value));
            }
            "KERNIA_GITHUB_OAUTH_CLIENT_SECRET" if !value.is_empty() => {
                config.github_oauth.client_secret = Some(Secret::new(value));
            }
            "KERNIA_APPLE_OAUTH_KEY" if !value.is_empty() => {
                config.apple_oauth.key = Some(Secret::new(value));
            }
            _ => {}
        }
    }
    config
}
