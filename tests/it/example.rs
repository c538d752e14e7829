//! `kernia.toml.example` is the table of keys, written out: every key, its default, its meaning.

use std::{fs, path::Path};

use kernia::config::{Config, KEYS, SECTIONS, written};

const EXAMPLE: &str = "kernia.toml.example";

#[test]
fn the_example_parses_and_equals_the_defaults() {
    let example =
        Config::load(Some(Path::new(EXAMPLE)), []).unwrap_or_else(|told| panic!("{told}"));
    assert_eq!(format!("{:#?}", example.config), format!("{:#?}", Config::default()));
}

#[test]
fn the_example_has_every_key_once_with_its_default() {
    let text = fs::read_to_string(EXAMPLE).unwrap();
    let mut keys = Vec::new();
    let mut section = "";
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        } else if let Some(name) = line.strip_prefix("# [[").and_then(|it| it.strip_suffix("]]")) {
            section = name;
        } else if let Some((name, value)) = line.trim_start_matches("# ").split_once(" = ") {
            keys.push((section, name, value));
        }
    }
    let table: Vec<_> = KEYS
        .iter()
        .map(|key| (key.section, key.name, key.default.unwrap_or(key.example)))
        .collect();
    assert_eq!(keys, table);
    assert!(KEYS.iter().all(|key| SECTIONS.iter().any(|section| section.name == key.section)));
}

#[test]
fn the_example_is_what_the_table_writes() {
    let text = fs::read_to_string(EXAMPLE).unwrap();
    assert!(text == written(&[]), "write this into {EXAMPLE}:\n\n{}", written(&[]));
}

#[test]
fn a_written_file_has_the_given_values() {
    let values = [
        ("server.base_url", "\"https://sso.example.com\"".to_owned()),
        ("environment.kind", "\"test\"".to_owned()),
    ];
    let text = written(&values);
    assert!(text.contains("\nbase_url = \"https://sso.example.com\"\n"), "{text}");
    assert!(text.contains("\nkind = \"test\"\n"), "{text}");
    assert!(text.contains("\nlisten = \"127.0.0.1:8080\"\n"), "{text}");
}
