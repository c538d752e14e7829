//! Every statement can move to another engine: what has bitten is refused, in words.

use crate::source::{files, parts};

/// Finds something in a statement in capitals, and says what to do instead.
type Rule = (fn(&str) -> bool, &'static str);

/// What may not stand in a statement.
const REFUSED: [Rule; 15] = [
    (|sql| has(sql, "INSERT OR "), "`INSERT OR …` is SQLite's alone: `ON CONFLICT (…) DO …`"),
    (
        |sql| has(sql, "REPLACE INTO"),
        "`REPLACE INTO` is SQLite's alone: `ON CONFLICT (…) DO UPDATE`",
    ),
    (|sql| after(sql, '$', |c| c.is_ascii_digit()), "`$1` is a name to SQLite: `?1`"),
    (
        |sql| after(sql, '?', |c| !c.is_ascii_digit()) || sql.ends_with('?'),
        "a parameter has its number: `?1`",
    ),
    (
        |sql| has(sql, "JSON_") || has(sql, "->"),
        "JSON is read in Rust; what is filtered by has a column",
    ),
    (|sql| word(sql, "ROWID") || word(sql, "_ROWID_"), "`rowid` is SQLite's alone: name a key"),
    (|sql| word(sql, "AUTOINCREMENT"), "`AUTOINCREMENT` is SQLite's alone"),
    (
        |sql| {
            ["DATE", "TIME", "DATETIME", "JULIANDAY", "UNIXEPOCH", "STRFTIME"]
                .iter()
                .any(|name| call(sql, name).is_some())
                || ["CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"]
                    .iter()
                    .any(|w| word(sql, w))
        },
        "the time is `tx.now`, in milliseconds",
    ),
    (|sql| call(sql, "IFNULL").is_some(), "`IFNULL` is SQLite's alone: `COALESCE`"),
    (
        |sql| {
            ["MAX", "MIN"]
                .iter()
                .any(|name| call(sql, name).is_some_and(|inside| commas(inside) > 0))
        },
        "`MAX(a, b)` is SQLite's alone: `CASE`, or compare in Rust",
    ),
    (
        |sql| has(sql, "SELECT *") || has(sql, "RETURNING *") || has(sql, ".*"),
        "columns are named, never `*`",
    ),
    (
        |sql| {
            sql.match_indices(" IS ").any(|(at, _)| {
                let before = sql[..at].trim_end_matches(|c: char| c.is_ascii_digit());
                let after = sql[at + 4..].trim_start_matches("NOT ");
                before.ends_with('?') && before.len() < at && after.starts_with("NULL")
            })
        },
        "`?1 IS NULL` has no type elsewhere: two statements, or `CAST(?1 AS …)`",
    ),
    (
        |sql| word(sql, "GLOB") || word(sql, "REGEXP") || has(sql, "COLLATE NOCASE"),
        "case is folded in Rust, into a column of its own",
    ),
    (|sql| sql.contains('`') || sql.contains('['), "names are not quoted"),
    (|sql| sql.trim_end().ends_with(';'), "one statement, without its `;`"),
];

/// What is wrong with a statement.
fn faults(sql: &str) -> Vec<&'static str> {
    let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let upper = without_texts(&sql).to_ascii_uppercase();
    REFUSED.iter().filter(|(found, _)| found(&upper)).map(|(_, why)| *why).collect()
}

/// A statement without the texts in it.
fn without_texts(sql: &str) -> String {
    sql.split('\'').step_by(2).collect::<Vec<_>>().join("''")
}

fn has(sql: &str, what: &str) -> bool {
    sql.contains(what)
}

fn after(sql: &str, mark: char, next: fn(char) -> bool) -> bool {
    sql.match_indices(mark).any(|(at, _)| sql[at + 1..].chars().next().is_some_and(next))
}

fn word(sql: &str, what: &str) -> bool {
    sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == what)
}

/// What stands between the parentheses of a call of `name`.
fn call<'a>(sql: &'a str, name: &str) -> Option<&'a str> {
    let (at, _) = sql
        .match_indices(&format!("{name}("))
        .find(|(at, _)| !sql[..*at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))?;
    let inside = &sql[at + name.len() + 1..];
    let mut depth = 1;
    let end = inside.find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    Some(&inside[..end.unwrap_or(inside.len())])
}

/// The commas that are in no further parentheses.
fn commas(inside: &str) -> usize {
    let mut depth = 0;
    inside
        .chars()
        .filter(|&c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            c == ',' && depth == 0
        })
        .count()
}

/// Whether a string of the sources is a statement that a noun runs.
pub(crate) fn is_statement(string: &str) -> bool {
    let mut words = string.split_ascii_whitespace();
    let verb = words.next().unwrap_or_default();
    words.next().is_some()
        && ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "REPLACE"].contains(&verb)
}

/// Whether a string is the engine's own business.
fn is_engine_talk(string: &str) -> bool {
    [
        "PRAGMA ",
        "ATTACH ",
        "VACUUM",
        "CREATE TABLE",
        "CREATE INDEX",
        "BEGIN IMMEDIATE",
        "SAVEPOINT ",
    ]
    .iter()
    .any(|word| string.trim_start().starts_with(word))
}

#[test]
fn every_statement_can_move() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for file in files("src", ".rs") {
        for (line, string) in parts(&file.text).strings {
            let place = format!("src/{}:{line}", file.path);
            if is_statement(&string) {
                seen += 1;
                wrong.extend(faults(&string).into_iter().map(|why| format!("{place}: {why}")));
            }
            if is_engine_talk(&string) && !file.path.starts_with("store") {
                wrong.push(format!("{place}: how the engine is set up is said in `store` alone"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    assert!(seen > 40, "only {seen} statements were found: is this test still reading them?");
}

/// What is wrong in a step of the schema.
fn schema_faults(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.split("--").next().unwrap_or_default());
    // How a table lies in the file is this engine's matter: each engine has its own folder of steps.
    let text = lines.collect::<Vec<_>>().join(" ").replace(") STRICT, WITHOUT ROWID", ") STRICT");
    let mut wrong = Vec::new();
    for statement in text.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
        let upper = statement.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_uppercase();
        let about: String = upper.chars().take(60).collect();
        wrong.extend(faults(statement).iter().map(|why| format!("{about} …: {why}")));
        if word(&upper, "DEFERRABLE") {
            wrong.push(format!("{about} …: references are checked at once, or strangers pay"));
        }
        let Some(table) = upper.strip_prefix("CREATE TABLE ") else { continue };
        if !table.ends_with(") STRICT") {
            wrong.push(format!("{about} …: a table is STRICT"));
        }
        let columns = table.split_once('(').map_or("", |(_, columns)| columns);
        for column in columns.split(',').map(str::trim) {
            let mut words = column.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let (name, kind) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let constraint = ["UNIQUE", "PRIMARY", "FOREIGN", "CHECK"].contains(&name);
            // What follows a comma inside a constraint's parentheses is no column.
            if constraint || kind.is_empty() {
                continue;
            }
            if !["TEXT", "INTEGER", "BLOB"].contains(&kind) {
                wrong
                    .push(format!("{about} …: {name} is {kind}; there are TEXT, INTEGER and BLOB"));
            }
            if column.contains("PRIMARY KEY") && !column.contains("NOT NULL") {
                wrong.push(format!("{about} …: {name} is a key and may not be NULL"));
            }
        }
    }
    wrong
}

#[test]
fn every_table_is_strict_and_can_move() {
    let steps = files("migrations/sqlite", ".sql");
    assert!(steps.len() >= 3, "is this test still reading the schema?");
    for step in steps {
        assert_eq!(schema_faults(&step.text), Vec::<String>::new(), "{}", step.path);
    }
}

#[test]
fn what_has_bitten_is_found() {
    for (sql, why) in [
        ("INSERT OR IGNORE INTO a (b) VALUES (?1)", "INSERT OR"),
        ("insert or replace into a (b) values (?1)", "INSERT OR"),
        ("SELECT b FROM a WHERE c = $1", "a name to SQLite"),
        ("SELECT b FROM a WHERE c = ?", "has its number"),
        ("SELECT b FROM a WHERE c IN (?, ?2)", "has its number"),
        ("SELECT json_extract(b, '$.c') FROM a", "JSON"),
        ("SELECT b ->> 'c' FROM a", "JSON"),
        ("DELETE FROM a WHERE rowid = ?1", "rowid"),
        ("SELECT b FROM a WHERE c < datetime('now')", "tx.now"),
        ("SELECT strftime('%s', b) FROM a", "tx.now"),
        ("SELECT IFNULL(b, 0) FROM a", "COALESCE"),
        ("UPDATE a SET b = MAX(b, ?1)", "CASE"),
        ("UPDATE a SET b = max(coalesce(b, 0), ?1)", "CASE"),
        ("SELECT * FROM a", "never `*`"),
        ("SELECT a.* FROM a", "never `*`"),
        ("DELETE FROM a RETURNING *", "never `*`"),
        ("SELECT b FROM a WHERE (?1 IS NULL OR c = ?1)", "no type"),
        ("SELECT b FROM a WHERE ?12 IS NOT NULL", "no type"),
        ("SELECT b FROM a WHERE c GLOB ?1", "folded"),
        ("SELECT [b] FROM a", "quoted"),
        ("SELECT b FROM a;", "one statement"),
    ] {
        assert!(faults(sql).iter().any(|found| found.contains(why)), "{sql}: {:?}", faults(sql));
    }
    for sql in [
        "SELECT MAX(b) AS most, MIN(c) FROM a WHERE (d, e) < (?1, ?2) ORDER BY d, e LIMIT ?3",
        "INSERT INTO a (b) VALUES (?1) ON CONFLICT (b) DO UPDATE SET c = excluded.c RETURNING b",
        "SELECT COALESCE(MAX(COALESCE(b, 0)), 0) FROM a WHERE c IS NULL AND updated_at < ?1",
        "SELECT COUNT(id) FROM a WHERE b = 'what? json_ * $1 rowid'",
        "SELECT b FROM a WHERE CAST(?1 AS BIGINT) IS NULL",
    ] {
        assert_eq!(faults(sql), Vec::<&str>::new(), "{sql}");
    }
}

#[test]
fn a_schema_that_cannot_move_is_found() {
    for (sql, why) in [
        ("CREATE TABLE a (id TEXT NOT NULL PRIMARY KEY);", "STRICT"),
        ("CREATE TABLE a (id TEXT PRIMARY KEY) STRICT;", "may not be NULL"),
        ("CREATE TABLE a (id TEXT NOT NULL PRIMARY KEY, b REAL) STRICT;", "B is REAL"),
        (
            "CREATE TABLE a (b TEXT REFERENCES c (d) DEFERRABLE INITIALLY DEFERRED) STRICT;",
            "at once",
        ),
        ("CREATE TABLE a (b INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT) STRICT;", "AUTOINCREMENT"),
        ("CREATE TABLE a (b INTEGER NOT NULL DEFAULT CURRENT_TIMESTAMP) STRICT;", "tx.now"),
    ] {
        let found = schema_faults(sql);
        assert!(found.iter().any(|found| found.contains(why)), "{sql}: {found:?}");
    }
    let good = "-- A comment; with a semicolon, and b REAL.\nCREATE TABLE a (id TEXT NOT NULL PRIMARY \
         KEY, b TEXT REFERENCES c (d), e INTEGER, f BLOB NOT NULL UNIQUE, UNIQUE (b, e)) STRICT;\n\
         CREATE INDEX a_b ON a (b, e);";
    assert_eq!(schema_faults(good), Vec::<String>::new());
}
