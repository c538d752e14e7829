//! Configuration from the text of `kernia.toml`: what it gives and what is wrong, each with its
//! place in the text.

use std::ops::Range;

use figment::value::{Dict, Value};
use toml::{
    Spanned,
    de::{DeInteger, DeString, DeTable, DeValue, Error},
};

use super::{
    faults::{Fault, Place},
    keys::{KEYS, Key, SECTIONS, SUPERSEDED, find},
    layers::{Given, Layer},
    mask::{AGE_KEY, is_secret},
    nearest::nearest,
    repeated,
};

type Name<'a> = Spanned<DeString<'a>>;
type Item<'a> = Spanned<DeValue<'a>>;

/// What the text gives, and all its faults.
pub(super) fn walk(source: &str) -> Layer {
    let (document, errors) = DeTable::parse_recoverable(source);
    let broken: Vec<Range<usize>> =
        errors.iter().map(|error| lines_of(source, &error.span().unwrap_or_default())).collect();
    let mut walked = Layer::default();
    // After a broken header nobody knows whose keys follow.
    if !broken.iter().any(|lines| source[lines.clone()].trim_start().starts_with('[')) {
        for (name, item) in document.get_ref() {
            top_level(name, item, &mut walked);
        }
    }
    // What was made of a line that does not parse says nothing.
    let whole = |place: &Place| match place {
        Place::File(span) => !broken.iter().any(|lines| lines.contains(&span.start)),
        _ => true,
    };
    walked.faults.retain(|fault| whole(&fault.place));
    walked.given.retain(|given| whole(&given.place));
    walked.faults.extend(errors.iter().map(|error| syntax(source, error)));
    walked
}

/// A section, or something that should not stand outside of one.
fn top_level(name: &Name<'_>, item: &Item<'_>, layer: &mut Layer) {
    let typed: &str = name.get_ref();
    let section = SECTIONS.iter().find(|section| section.name == typed);
    let known = section.is_some() || SUPERSEDED.iter().any(|former| former.key.section == typed);
    let repeated = section.filter(|section| section.is_repeated());
    match item.get_ref() {
        _ if repeated.is_some() => {
            if let Some(section) = repeated {
                repeated::walk(section, name, item, layer);
            }
        }
        DeValue::Table(table) if known => {
            for (key, item) in table {
                in_section(typed, key, item, layer);
            }
        }
        value if is_section(value) && !known => {
            let near = nearest(typed, SECTIONS.iter().map(|section| section.name));
            let label = near.map_or_else(|| elsewhere(typed), did_you_mean);
            layer.faults.push(fault(format!("unknown section `{typed}`"), name.span(), label));
        }
        _ if known => {
            let label = format!("write `[{typed}]` on a line of its own");
            layer.faults.push(fault(format!("`{typed}` is a section"), name.span(), label));
        }
        value if is_secret(typed) || holds_secret(value) => layer.faults.push(secret(name, value)),
        _ => {
            let title = format!("unknown key `{typed}`");
            layer.faults.push(fault(title, name.span(), elsewhere(typed)));
        }
    }
}

/// Whether it is written as a section, once or many times.
fn is_section(value: &DeValue<'_>) -> bool {
    let is_table = |value: &DeValue<'_>| matches!(value, DeValue::Table(_));
    let mut items = value.as_array().into_iter().flatten();
    is_table(value) || items.any(|item| is_table(item.get_ref()))
}

/// A key in a known section.
fn in_section(section: &str, name: &Name<'_>, item: &Item<'_>, layer: &mut Layer) {
    let key = match known(section, name, item) {
        Ok(key) => key,
        Err(fault) => return layer.faults.push(*fault),
    };
    let elements = item.get_ref().as_array().into_iter().flatten();
    layer.given.push(Given {
        key,
        readings: vec![value(item.get_ref())],
        elements: elements
            .map(|item| (value(item.get_ref()), found(item.get_ref()), Place::File(item.span())))
            .collect(),
        found: found(item.get_ref()),
        place: Place::File(item.span()),
    });
}

/// The key of this name in this section, unless it holds a secret or there is none.
pub(super) fn known(
    section: &str,
    name: &Name<'_>,
    item: &Item<'_>,
) -> Result<&'static Key, Box<Fault>> {
    let typed: &str = name.get_ref();
    if is_secret(typed) || holds_secret(item.get_ref()) {
        return Err(Box::new(secret(name, item.get_ref())));
    }
    if let Some(key) = find(section, typed) {
        return Ok(key);
    }
    let here = KEYS.iter().filter(|key| key.section == section).map(|key| key.name);
    let near = nearest(typed, here);
    let label = near.map_or_else(|| elsewhere(typed), did_you_mean);
    let title = format!("unknown key `{typed}` in `[{section}]`");
    Err(Box::new(fault(title, name.span(), label)))
}

fn did_you_mean(near: &str) -> String {
    format!("did you mean `{near}`?")
}

/// Where a key of this name, or nearly so, has its place.
fn elsewhere(typed: &str) -> String {
    let near = nearest(typed, KEYS.iter().map(|key| key.name));
    match KEYS.iter().find(|key| Some(key.name) == near) {
        Some(key) if key.name == typed => format!("`{typed}` belongs in `[{}]`", key.section),
        Some(key) => format!("did you mean `{}` in `[{}]`?", key.name, key.section),
        None => "there is nothing of this name".to_owned(),
    }
}

pub(super) fn fault(title: String, span: Range<usize>, label: String) -> Fault {
    Fault { title, place: Place::File(span), label, help: None }
}

/// A secret in the file, whatever its key is called.
fn secret(name: &Name<'_>, value: &DeValue<'_>) -> Fault {
    let help = if name.get_ref().contains("client_secret") {
        "the secret of a provider comes from the file that `client_secret_file` names (mode 0600), \
         from a systemd credential or from a variable; `kernia.toml.example` says which"
    } else if name.get_ref().contains("key") || holds_secret(value) {
        "the master key comes from the file that `vault.master_key_file` names (mode 0600), the \
         systemd credential `kernia.key` or the variable `KERNIA_MASTER_KEY`"
    } else {
        "Kernia keeps the secrets of applications and connections in its database, encrypted"
    };
    Fault {
        title: format!("`{}` is a secret", name.get_ref()),
        place: Place::File(name.span()),
        label: "no secret belongs in this file".to_owned(),
        help: Some(help.to_owned()),
    }
}

fn syntax(source: &str, error: &Error) -> Fault {
    let span = error.span().unwrap_or_default();
    let message = error.message();
    if message == "duplicate key" {
        let title = format!("`{}` stands here a second time", &source[span.clone()]);
        return fault(title, span, "once is enough".to_owned());
    }
    // A value without quotes is read as far as it looks like a number.
    let unquoted = ["invalid float", "invalid integer", "string values must be quoted"];
    let help = unquoted
        .iter()
        .any(|start| message.starts_with(start))
        .then(|| "text stands in quotes: `listen = \"127.0.0.1:8080\"`".to_owned());
    Fault { help, ..fault("this is not TOML".to_owned(), span, message.to_owned()) }
}

/// The whole lines that a span touches.
fn lines_of(source: &str, span: &Range<usize>) -> Range<usize> {
    let start = source[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let end = source[span.end..].find('\n').map_or(source.len(), |at| span.end + at + 1);
    start..end
}

fn holds_secret(value: &DeValue<'_>) -> bool {
    value.as_str().is_some_and(|text| text.contains(AGE_KEY))
}

/// A value of the file as figment takes it.
pub(super) fn value(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Integer(number) => Value::from(integer(number)),
        DeValue::Float(number) => Value::from(number.as_str().parse::<f64>().unwrap_or(f64::NAN)),
        DeValue::Boolean(truth) => Value::from(*truth),
        // No key wants a date; as a table it is refused by every type.
        DeValue::Datetime(_) => Value::from(Dict::new()),
        DeValue::Array(items) => {
            Value::from(items.iter().map(|item| self::value(item.get_ref())).collect::<Vec<_>>())
        }
        DeValue::Table(table) => Value::from(
            table
                .iter()
                .map(|(name, item)| (name.get_ref().to_string(), self::value(item.get_ref())))
                .collect::<Dict>(),
        ),
    }
}

/// One that is too large for the type is too large for every key, so the largest stands for it.
fn integer(number: &DeInteger<'_>) -> i64 {
    i64::from_str_radix(number.as_str(), number.radix()).unwrap_or(i64::MAX)
}

/// What a value is, in words.
pub(super) fn found(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
