//! Every statement finds its rows through an index, so that a full database is as quick as an empty
//! one: no table is walked and nothing is sorted, but where a reason stands here.

use rusqlite::Connection;

use crate::{
    source::{files, parts},
    sql::is_statement,
};

/// Steps that look slow, by the statement's file and a part of the plan, and why they may.
const ALLOWED: &[(&str, &str, &str)] =
    &[("app/open.rs", "TABLE data_keys", "one row, read once at the start")];

/// The schema as an empty database has it.
fn schema() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    for step in files("migrations/sqlite", ".sql") {
        connection.execute_batch(&step.text).unwrap();
    }
    connection
}

/// The steps of the engine's plan that walk a table or sort.
fn slow_steps(schema: &Connection, sql: &str) -> Vec<String> {
    let mut plan = schema.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    // Its parameters have no values; the plan does not depend on them.
    let (mut rows, mut slow) = (plan.raw_query(), Vec::new());
    while let Some(row) = rows.next().unwrap() {
        let step: String = row.get("detail").unwrap();
        if step.starts_with("SCAN ") || step.contains("TEMP B-TREE") {
            slow.push(step);
        }
    }
    slow
}

#[test]
fn every_statement_finds_its_rows_by_an_index() {
    let (schema, mut seen, mut wrong) = (schema(), 0, Vec::new());
    for file in files("src", ".rs") {
        for (line, sql) in parts(&file.text).strings {
            if !is_statement(&sql) || file.path.starts_with("store") {
                continue;
            }
            seen += 1;
            for step in slow_steps(&schema, &sql) {
                let known = |(path, part, _): &&(&str, &str, &str)| {
                    file.path == *path && step.contains(part)
                };
                if ALLOWED.iter().find(known).is_none() {
                    wrong.push(format!("src/{}:{line}: {step}", file.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    assert!(seen > 40, "only {seen} statements were found: is this test still reading them?");
}

#[test]
fn a_walk_and_a_sort_are_found() {
    let schema = schema();
    for (sql, step) in [
        ("SELECT id FROM profiles WHERE email = ?1", "SCAN profiles"),
        ("SELECT id FROM connections WHERE organization_id = ?1 ORDER BY name", "TEMP B-TREE"),
    ] {
        assert!(slow_steps(&schema, sql).iter().any(|found| found.contains(step)), "{sql}");
    }
    assert!(slow_steps(&schema, "SELECT email FROM profiles WHERE id = ?1").is_empty());
}
