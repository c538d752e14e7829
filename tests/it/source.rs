//! Reads the project's own sources for the tests that watch over them: code without its comments
//! and strings, and the strings by themselves.

use std::{fs, path::Path};

/// One source file.
pub(crate) struct Source {
    /// Where it lies, from `src/` on: `store/lanes.rs`.
    pub(crate) path: String,
    /// All of it.
    pub(crate) text: String,
}

/// The project's folder.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under `folder` that ends so, in order.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<Source> {
    let root = project().join(folder);
    let (mut folders, mut found) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_str().is_some_and(|name| name.ends_with(ending)) {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                found.push(Source { path, text });
            }
        }
    }
    found.sort_by_cached_key(|found| (step(&found.path), found.path.clone()));
    found
}

/// The number of a step of the schema: the tenth comes after the second.
fn step(path: &str) -> Option<u32> {
    path.strip_prefix('V')?.split_once("__")?.0.parse().ok()
}

/// What stands in a file of Rust.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    /// The code, without comments; each string is `""` in it.
    pub(crate) code: String,
    /// The strings, with their simple escapes read, and the line on which each begins.
    pub(crate) strings: Vec<(usize, String)>,
}

/// Takes a file of Rust apart, as far as these tests need.
pub(crate) fn parts(text: &str) -> Parts {
    let (mut parts, mut rest) = (Parts::default(), text);
    while let Some(first) = rest.chars().next() {
        let line = 1 + text[..text.len() - rest.len()].matches('\n').count();
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if rest.starts_with("/*") {
            rest = after_comment(rest);
        } else if let Some((string, after)) = string(rest, parts.code.chars().next_back()) {
            parts.strings.push((line, string));
            parts.code.push_str("\"\"");
            rest = after;
        } else if let Some(length) = character(rest) {
            parts.code.push_str("' '");
            rest = &rest[length..];
        } else {
            parts.code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    parts
}

fn after_comment(text: &str) -> &str {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let here = &text.as_bytes()[at..];
        if here.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return &text[at..];
            }
        } else {
            at += 1;
        }
    }
    ""
}

/// A string at the beginning of `text`, and what follows it.
fn string(text: &str, before: Option<char>) -> Option<(String, &str)> {
    let word_before = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let raw = if word_before { None } else { text.strip_prefix("br").or(text.strip_prefix('r')) };
    if let Some(raw) = raw {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let end = format!("\"{}", &raw[..hashes]);
        if let Some(body) = raw[hashes..].strip_prefix('"') {
            let length = body.find(&end)?;
            return Some((body[..length].to_owned(), &body[length + end.len()..]));
        }
    }
    let mut rest = text.strip_prefix('"')?.chars();
    let mut string = String::new();
    loop {
        match rest.next()? {
            '"' => return Some((string, rest.as_str())),
            '\\' => match rest.next()? {
                '\n' => rest = rest.as_str().trim_start().chars(),
                'n' => string.push('\n'),
                other => string.push(other),
            },
            other => string.push(other),
        }
    }
}

/// The length of a character literal at the beginning of `text`; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let mut inside = text.strip_prefix('\'')?.chars();
    match inside.next()? {
        '\\' => {
            inside.next()?;
            inside.as_str().find('\'').map(|end| text.len() - inside.as_str().len() + end + 1)
        }
        _ => inside.as_str().starts_with('\'').then(|| text.len() - inside.as_str().len() + 1),
    }
}

#[test]
fn code_and_strings_are_told_apart() {
    let text = "// crate::a \"x\"\nlet a = \"SELECT \\\n  1 // no\"; /* b /* \"c\" */ */ use d::e;\n\
         let f: &'static str = r#\"g \"h\" \\\"#; let i = ('\"', '\\'', b'/'); var\"j\"";
    assert_eq!(
        parts(text),
        Parts {
            code: "\nlet a = \"\";  use d::e;\nlet f: &'static str = \"\"; \
                   let i = (' ', ' ', b' '); var\"\""
                .to_owned(),
            strings: vec![
                (2, "SELECT 1 // no".to_owned()),
                (4, "g \"h\" \\".to_owned()),
                (4, "j".to_owned())
            ],
        }
    );
}
