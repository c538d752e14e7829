//! What is kept for each sign-in, person, connection and organization is found through an index, so
//! that a full database is as quick as an empty one: no such table is walked and nothing of it is
//! sorted, but where a reason stands here. The sorting of one owner's few rows is no matter.

use rusqlite::Connection;

use crate::{
    source::{files, parts},
    sql::is_statement,
};

/// The tables that grow without end.
const GROWING: [&str; 26] = [
    "organizations",
    "organization_domains",
    "connections",
    "profiles",
    "sign_ins",
    "replay_ids",
    "codes",
    "traces",
    "held_answers",
    "consents",
    "sso_sessions",
    "logouts",
    "test_sign_ins",
    "openid_requests",
    "openid_sessions",
    "openid_codes",
    "openid_access_tokens",
    "openid_refresh_families",
    "openid_refresh_spent",
    "directories",
    "directory_tokens",
    "directory_users",
    "directory_user_blocks",
    "directory_user_emails",
    "directory_groups",
    "directory_members",
];

/// What looks slow: the statement's file, a part of the statement, and why it may stand.
const ALLOWED: [(&str, &str, &str); 8] = [
    ("directories/member/sql.rs", "SELECT group_id FROM above", "what was gathered on the way up"),
    (
        "organizations/domain/sql.rs",
        "WHERE organization_id = ?1 ORDER BY",
        "one organization has at most 200 domains",
    ),
    ("sso/notice/sql.rs", "s.not_after <= ?1", "once a day, the certificates and keys"),
    ("sso/sql.rs", "FROM sso_sessions WHERE profile_id = ?1", "one person has few sessions"),
    ("sso/sql.rs", "p.id = codes.profile_id", "those of some minutes; a deletion is rare"),
    (
        "sso/sql.rs",
        "DELETE FROM codes WHERE client_id",
        "those of some minutes; a deletion is rare",
    ),
    ("sso/sql.rs", "DELETE FROM codes WHERE profile_id IN", "those of some minutes; so rare"),
    ("sso/sql.rs", "p.id = held_answers.profile_id", "those of some minutes; a deletion is rare"),
];

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
        let walks = step.starts_with("SCAN ") && step != "SCAN CONSTANT ROW";
        // Rows that are alike in the index's columns are few.
        let sorts = step.contains("TEMP B-TREE") && !step.contains("RIGHT PART");
        if walks || sorts {
            slow.push(step);
        }
    }
    slow
}

fn is_about_a_growing_table(sql: &str) -> bool {
    sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| GROWING.contains(&word))
}

#[test]
fn every_statement_finds_its_rows_by_an_index() {
    let (schema, mut seen, mut wrong, mut used) = (schema(), 0, Vec::new(), 0);
    for file in files("src", ".rs") {
        for (line, sql) in parts(&file.text).strings {
            if !is_statement(&sql) || file.path.starts_with("store") {
                continue;
            }
            seen += 1;
            let slow = slow_steps(&schema, &sql);
            if slow.is_empty() || !is_about_a_growing_table(&sql) {
                continue;
            }
            if ALLOWED.iter().any(|(path, part, _)| file.path == *path && sql.contains(part)) {
                used += 1;
                continue;
            }
            wrong.push(format!("src/{}:{line}: {}", file.path, slow.join("; ")));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    assert_eq!(used, ALLOWED.len(), "what is allowed is needed");
    assert!(seen > 40, "only {seen} statements were found: is this test still reading them?");
}

#[test]
fn a_walk_and_a_sort_are_found() {
    let schema = schema();
    for (sql, step) in [
        ("SELECT id FROM profiles WHERE email = ?1", "SCAN profiles"),
        ("SELECT id FROM connections WHERE organization_id = ?1 ORDER BY name", "TEMP B-TREE"),
    ] {
        assert!(is_about_a_growing_table(sql), "{sql}");
        assert!(slow_steps(&schema, sql).iter().any(|found| found.contains(step)), "{sql}");
    }
    assert!(slow_steps(&schema, "SELECT email FROM profiles WHERE id = ?1").is_empty());
}
