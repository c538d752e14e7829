//! Configuration from `KERNIA_SECTION__KEY` variables. Only the double underscore makes a variable
//! configuration: `KERNIA_URL` and `KERNIA_API_KEY` belong to the client commands.

use figment::value::Value;

use super::{
    faults::{Fault, Place},
    keys::{KEYS, SECTIONS, find},
    layers::{Given, Layer},
    nearest::nearest,
};

/// The variables of this process, as [`Config::load`](super::Config::load) takes them.
pub fn system() -> impl Iterator<Item = (String, String)> {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(move |(name, value)| (text(name), text(value)))
}

/// What the variables give. An empty one counts as unset.
pub(super) fn walk(variables: &[(String, String)]) -> Layer {
    let mut layer = Layer::default();
    for (variable, value) in variables {
        let Some((section, name)) =
            variable.strip_prefix("KERNIA_").and_then(|rest| rest.split_once("__"))
        else {
            continue;
        };
        if value.is_empty() {
            continue;
        }
        let section = section.to_ascii_lowercase();
        let key = find(&section, &name.to_ascii_lowercase());
        match key.filter(|key| key.variable() == *variable && !is_repeated(&section)) {
            Some(key) => layer.given.push(Given {
                key,
                readings: readings(value),
                elements: Vec::new(),
                found: "text",
                place: Place::Variable { name: variable.clone(), value: Some(value.clone()) },
            }),
            None => layer.faults.push(unknown(variable)),
        }
    }
    layer
}

/// What may stand many times stands in the file alone.
fn is_repeated(section: &str) -> bool {
    SECTIONS.iter().any(|known| known.name == section && known.is_repeated())
}

/// A variable is text, and what type its key has is not known here: it is read as text, else as a
/// truth value, a number or a list with commas. The first reading that the key takes is meant.
fn readings(text: &str) -> Vec<Value> {
    let boolean = text.parse::<bool>().ok().map(Value::from);
    let number = text.parse::<i64>().ok().map(Value::from);
    let list: Vec<Value> = text.split(',').map(|item| Value::from(item.trim())).collect();
    [Some(Value::from(text)), boolean, number, Some(Value::from(list))]
        .into_iter()
        .flatten()
        .collect()
}

/// The value of an unknown variable is not shown: nobody knows what it is.
fn unknown(variable: &str) -> Fault {
    let names = KEYS.iter().filter(|key| !is_repeated(key.section));
    let names: Vec<String> = names.map(super::Key::variable).collect();
    let (label, help) = if variable == "KERNIA_VAULT__MASTER_KEY" {
        ("the master key is not configuration".to_owned(), Some("set `KERNIA_MASTER_KEY`"))
    } else if variable.ends_with("_OAUTH__CLIENT_SECRET") {
        let meant = "the same name with one `_` before `CLIENT_SECRET`";
        ("a secret is not configuration".to_owned(), Some(meant))
    } else if let Some(near) = nearest(variable, names.iter().map(String::as_str)) {
        (format!("did you mean `{near}`?"), None)
    } else {
        ("no key has this name".to_owned(), Some("`kernia.toml.example` has every key"))
    };
    Fault {
        title: format!("unknown variable `{variable}`"),
        place: Place::Variable { name: variable.to_owned(), value: None },
        label,
        help: help.map(str::to_owned),
    }
}
