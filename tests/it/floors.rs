//! The house keeps its floors (ARCHITECTURE, Floors): reads the sources, and says in words what
//! stands where it may not.

use crate::source::{Source, files, parts};

/// The rooms, from the ground up. On one floor a room may use those that stand behind it in the
/// same row; rows of one floor do not know each other, nor do rooms that share a place.
const FLOORS: [&[&[&str]]; 7] = [
    &[&["kit"]],
    &[&["saml"], &["oidc"], &["scim"], &["dns"], &["http"], &["pages"], &["objects"], &["config"]],
    &[&["vault", "store"]],
    &[&["openid_provider", "sso directories", "organizations", "applications", "operators"]],
    &[&["app"]],
    &[&["faces"], &["demo"]],
    &[&["main", "cli", "server", "jobs"]],
];

/// Foreign names and the rooms that they are at home in.
const HOMES: [(&str, &[&str]); 19] = [
    ("hickory_resolver", &["dns"]),
    ("hyper", &["http", "server"]),
    ("hyper_util", &["http", "server"]),
    ("hyper_rustls", &["http"]),
    ("http_body_util", &["http", "server"]),
    ("rusqlite", &["store"]),
    ("refinery", &["store"]),
    ("samael", &["saml"]),
    ("bergshamra", &["saml"]),
    ("uppsala", &["saml"]),
    ("age", &["vault"]),
    ("argon2", &["vault"]),
    ("figment", &["config"]),
    ("toml", &["config"]),
    ("annotate_snippets", &["config"]),
    ("clap", &["cli"]),
    ("tracing_subscriber", &["cli", "config"]),
    ("aws_lc_rs", &["kit", "saml", "oidc", "demo", "vault", "http"]),
    ("aws_lc_rs::aead", &["vault"]),
];

/// The most lines of a file.
const WALL: usize = 600;

/// The room of a file; a face is a room of its own.
fn room(path: &str) -> String {
    let mut names = path.trim_end_matches(".rs").split('/');
    let first = names.next().unwrap_or_default();
    match names.next() {
        Some(face) if first == "faces" && is_face(face) => format!("faces/{face}"),
        _ => first.to_owned(),
    }
}

fn is_face(name: &str) -> bool {
    ["workos", "login", "admin", "openid", "scim", "portal", "console"].contains(&name)
}

/// Where a room stands: its floor, its row there, its place in the row.
fn place(room: &str) -> Option<(usize, usize, usize)> {
    let room = room.split('/').next().unwrap_or_default();
    FLOORS.iter().enumerate().find_map(|(floor, rows)| {
        rows.iter().enumerate().find_map(|(row, rooms)| {
            rooms
                .iter()
                .position(|known| known.split(' ').any(|one| one == room))
                .map(|at| (floor, row, at))
        })
    })
}

/// Why `from` may not use `to`, if it may not.
fn objection(from: &str, to: &str) -> Option<String> {
    if from == to {
        return None;
    }
    let (from_root, to_root) = (from.split('/').next()?, to.split('/').next()?);
    if from_root == "faces" && to_root == "faces" {
        // What all faces share stands in `faces` itself, which lists them and is used by them.
        return (from != "faces" && to != "faces").then(|| "faces never use each other".to_owned());
    }
    let (Some((floor, row, at)), Some((other, other_row, behind))) = (place(from), place(to))
    else {
        return Some("the floors do not know this room".to_owned());
    };
    if to_root == "demo" && from_root != "cli" {
        return Some("the demo is known to `cli` alone".to_owned());
    }
    if floor == other {
        let allowed = row == other_row && at < behind;
        return (!allowed).then(|| format!("neighbours on floor {floor} do not use each other"));
    }
    (floor < other).then(|| match (floor, to_root) {
        (3, "faces") => "nouns do not know the wire".to_owned(),
        _ => format!("floor {floor} does not use floor {other}"),
    })
}

/// The rooms that a file's code names: `crate::x`, `crate::{x, y::z}`, `crate::faces::x`.
fn used(code: &str) -> Vec<String> {
    let code: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `kernia::` in main.rs is the same; `$crate::` in a macro too.
        found.extend(branches(&code[at + "crate::".len()..]).into_iter().map(first_room));
    }
    for (at, _) in code.match_indices("kernia::") {
        found.extend(branches(&code[at + "kernia::".len()..]).into_iter().map(first_room));
    }
    // A macro of ours is at the root and at home in `store`.
    found.retain(|room| room != "params" && !room.is_empty());
    found.sort();
    found.dedup();
    found
}

/// The paths that begin here: one, or those between the braces.
fn branches(text: &str) -> Vec<&str> {
    let Some(inside) = text.strip_prefix('{') else { return vec![text] };
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                found.push(inside[start..at].trim());
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(inside[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

fn first_room(path: &str) -> String {
    let name = |text: &str| -> String {
        text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    };
    let room = name(path);
    match path[room.len()..].strip_prefix("::").map(name) {
        Some(face) if room == "faces" && is_face(&face) => format!("faces/{face}"),
        _ => room,
    }
}

/// Whether the code names a crate, and not something that only ends like it.
fn names(code: &str, krate: &str) -> bool {
    code.match_indices(krate).any(|(at, _)| {
        let before = code[..at].trim_end();
        let inner = before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.')
            && code[..at].len() == before.len();
        let path = before.ends_with("::") && before != "::" && !before.ends_with(" ::");
        let after = &code[at + krate.len()..];
        !inner
            && !path
            && (after.starts_with("::") || before.ends_with("use"))
            && !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// All that is wrong with a file.
fn faults(file: &Source) -> Vec<String> {
    let (path, code) = (&file.path, parts(&file.text).code);
    let mut wrong = Vec::new();
    let from = room(path);
    // The map lists every room.
    if path != "lib.rs" {
        for to in used(&code) {
            if let Some(why) = objection(&from, &to) {
                wrong.push(format!("`{path}` uses `{to}`: {why} (ARCHITECTURE, Floors)"));
            }
        }
    }
    let root = from.split('/').next().unwrap_or_default();
    // The tests beside the code may read a file with what a reader of it would use.
    let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    for (name, homes) in HOMES {
        if !homes.contains(&root) && names(code, name) {
            let homes = homes.join("` and `");
            wrong.push(format!("`{path}` names `{name}`: it stays home in `{homes}`"));
        }
    }
    if !file.text.starts_with("//! ") {
        wrong.push(format!("`{path}` does not say in a `//!` head what lives in it"));
    }
    let lines = file.text.lines().count();
    if lines > WALL {
        wrong.push(format!("`{path}` has {lines} lines; at {WALL} it is split by meaning"));
    }
    if path.ends_with("/mod.rs") {
        wrong.push(format!("`{path}`: a room is `name.rs` and `name/`, without `mod.rs`"));
    }
    wrong
}

#[test]
fn the_house_keeps_its_floors() {
    let files = files("src", ".rs");
    assert!(files.len() > 50, "is this test still reading the sources?");
    let wrong: Vec<String> = files.iter().flat_map(faults).collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_room_has_its_floor() {
    let mut unknown: Vec<String> =
        files("src", ".rs").iter().map(|file| room(&file.path)).collect();
    unknown.retain(|room| room != "lib" && place(room).is_none());
    assert_eq!(unknown, Vec::<String>::new());
}

/// What stands where it may not, and what is said of it.
const BROKEN: &[(&str, &str, &str)] = &[
    (
        "organizations/domain.rs",
        "use crate::faces::workos::shape;",
        "`organizations/domain.rs` uses `faces/workos`: nouns do not know the wire (ARCHITECTURE, \
         Floors)",
    ),
    (
        "applications.rs",
        "fn f() { crate::sso::connection::find() }",
        "`applications.rs` uses `sso`: neighbours on floor 3 do not use each other (ARCHITECTURE, \
         Floors)",
    ),
    (
        "directories/token.rs",
        "use crate::{organizations::Organization, scim, sso::Connection};",
        "`directories/token.rs` uses `sso`: neighbours on floor 3 do not use each other \
         (ARCHITECTURE, Floors)",
    ),
    (
        "kit/id.rs",
        "use crate::{\n    kit::{error::Error, time},\n    store::Row,\n};",
        "`kit/id.rs` uses `store`: floor 0 does not use floor 2 (ARCHITECTURE, Floors)",
    ),
    (
        "saml/xml.rs",
        "use crate::http::Request;",
        "`saml/xml.rs` uses `http`: neighbours on floor 1 do not use each other (ARCHITECTURE, \
         Floors)",
    ),
    (
        "store.rs",
        "use crate::vault::Sealed;",
        "`store.rs` uses `vault`: neighbours on floor 2 do not use each other (ARCHITECTURE, \
         Floors)",
    ),
    (
        "faces/login/authorize.rs",
        "use crate::faces::{workos::shape};use crate::faces::workos;",
        "`faces/login/authorize.rs` uses `faces/workos`: faces never use each other \
         (ARCHITECTURE, Floors)",
    ),
    (
        "server.rs",
        "use crate::demo::Demo;",
        "`server.rs` uses `demo`: the demo is known to `cli` alone (ARCHITECTURE, Floors)",
    ),
    (
        "sso/sql.rs",
        "use crate::attic::Box;",
        "`sso/sql.rs` uses `attic`: the floors do not know this room (ARCHITECTURE, Floors)",
    ),
    (
        "sso/sql.rs",
        "use rusqlite::Connection;",
        "`sso/sql.rs` names `rusqlite`: it stays home in `store`",
    ),
    (
        "faces/login.rs",
        "fn f() -> hyper::Response<()> { todo!() }",
        "`faces/login.rs` names `hyper`: it stays home in `http` and `server`",
    ),
    (
        "kit/secret.rs",
        "use aws_lc_rs::aead::Nonce;",
        "`kit/secret.rs` names `aws_lc_rs::aead`: it stays home in `vault`",
    ),
];

#[test]
fn what_breaks_the_floors_is_found() {
    let said = |path: &str, text: &str| {
        faults(&Source { path: path.to_owned(), text: format!("//! Head.\n{text}") })
    };
    for (path, text, found) in BROKEN {
        assert_eq!(said(path, text), [*found]);
    }
    for (path, text) in [
        (
            "sso/sign_in.rs",
            "use crate::{kit::id::Id, organizations::Organization, store::{Tx, params}};",
        ),
        ("sso/sign_in.rs", "// use rusqlite, as crate::faces does\nlet a = \"crate::faces\";"),
        (
            "kit/time.rs",
            "let age = now.since(then); let toml = file.toml::<Age>(); usage::of(age);",
        ),
        ("faces/login.rs", "use crate::faces::failures; use crate::{app::App, sso, saml};"),
        ("store/migrate.rs", "refinery::embed_migrations!(\"migrations/sqlite\");"),
        ("cli/demo.rs", "use crate::{demo, server::Server, jobs};"),
    ] {
        assert_eq!(said(path, text), Vec::<String>::new(), "{path}: {text}");
    }
    let bare = Source { path: "kit/id.rs".to_owned(), text: "use std::fmt;\n".repeat(601) };
    assert_eq!(
        faults(&bare),
        [
            "`kit/id.rs` does not say in a `//!` head what lives in it",
            "`kit/id.rs` has 601 lines; at 600 it is split by meaning"
        ]
    );
}
