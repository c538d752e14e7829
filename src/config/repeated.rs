//! Sections that may stand any number of times (`[[openid_clients]]`). Each is looked over by itself,
//! key by key like any other, so that every fault is found; only a whole one without a fault is taken.

use figment::value::{Dict, Value};
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{
    Config,
    faults::Fault,
    file::{self, fault},
    keys::{KEYS, Key, Section},
    layers::{Layer, Refusal, refusal_of},
};

type Name<'a> = Spanned<DeString<'a>>;
type Item<'a> = Spanned<DeValue<'a>>;

/// Takes all tables of a repeated section.
pub(super) fn walk(section: &'static Section, name: &Name<'_>, item: &Item<'_>, layer: &mut Layer) {
    let tables = item.get_ref().as_array().map(|items| {
        items.iter().map(|item| item.get_ref().as_table().map(|table| (table, item.span())))
    });
    let tables = tables.and_then(Iterator::collect::<Option<Vec<_>>>);
    let Some(tables) = tables else {
        let label = format!("write `[[{}]]` on a line of its own", section.name);
        let title = format!("`{}` is a section that may stand many times", section.name);
        layer.faults.push(fault(title, name.span(), label));
        return;
    };
    for (table, span) in tables {
        let mut faults = Vec::new();
        let values = one(section, table, &mut faults);
        faults.extend(missing(section, table, &span));
        if faults.is_empty() {
            faults.extend(odds(section, &values, table, &span));
        }
        if faults.is_empty() {
            layer.repeated.push((section.name, values));
        }
        layer.faults.extend(faults);
    }
}

/// The values of one table, and what is wrong with each.
fn one(section: &'static Section, table: &DeTable<'_>, faults: &mut Vec<Fault>) -> Dict {
    let mut values = Dict::new();
    for (name, item) in table {
        match file::known(section.name, name, item) {
            Err(fault) => faults.push(*fault),
            Ok(key) => {
                let value = file::value(item.get_ref());
                match refusal(section, key, &value, file::found(item.get_ref())) {
                    None => _ = values.insert(key.name.to_owned(), value),
                    Some(why) => faults.push(fault(
                        format!("bad value for `{}`", key.path()),
                        item.span(),
                        why.label,
                    )),
                }
            }
        }
    }
    values
}

/// Why a key does not take a value, tried in a table in which all else is an example.
fn refusal(section: &Section, key: &'static Key, value: &Value, found: &str) -> Option<Refusal> {
    let mut example: Dict = keys_of(section)
        .filter(|key| key.is_required())
        .filter_map(|key| Some((key.name.to_owned(), example_of(key)?)))
        .collect();
    example.insert(key.name.to_owned(), value.clone());
    refusal_of(&merged(section.name, vec![example]), found)
}

/// An example is TOML like the rest.
fn example_of(key: &Key) -> Option<Value> {
    let text = format!("{} = {}", key.name, key.example);
    let (table, _) = DeTable::parse_recoverable(&text);
    table.get_ref().values().next().map(|item| file::value(item.get_ref()))
}

/// The defaults with these tables.
pub(super) fn merged(section: &'static str, tables: Vec<Dict>) -> figment::Figment {
    let tables: Vec<Value> = tables.into_iter().map(Value::from).collect();
    super::layers::defaults().merge((section, tables))
}

fn keys_of(section: &Section) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.section == section.name)
}

/// What must stand there and does not.
fn missing(
    section: &'static Section,
    table: &DeTable<'_>,
    span: &std::ops::Range<usize>,
) -> Vec<Fault> {
    let stands = |key: &Key| table.keys().any(|name| name.get_ref() == key.name);
    keys_of(section)
        .filter(|key| key.is_required() && !stands(key))
        .map(|key| {
            let title = format!("`{}` is missing", key.path());
            let label = format!("give it here: `{} = {}`", key.name, key.example);
            fault(title, span.clone(), label)
        })
        .collect()
}

/// What does not go together.
fn odds(
    section: &'static Section,
    values: &Dict,
    table: &DeTable<'_>,
    span: &std::ops::Range<usize>,
) -> Option<Fault> {
    let config = merged(section.name, vec![values.clone()]).extract::<Config>().ok()?;
    let client = config.openid_clients.first()?;
    let place = |name: &str| {
        let found = table.keys().find(|key| key.get_ref() == name);
        found.map_or(span.clone(), Spanned::span)
    };
    match (client.public, &client.client_secret_file) {
        (true, Some(_)) => Some(fault(
            format!("the client `{}` is public and has a secret", client.id),
            place("client_secret_file"),
            "a public client keeps no secret: leave one of both out".to_owned(),
        )),
        (false, None) => Some(fault(
            format!("the client `{}` has no secret", client.id),
            span.clone(),
            "give `client_secret_file`, or `public = true`".to_owned(),
        )),
        _ => None,
    }
}
