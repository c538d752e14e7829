//! Old files: they are copied beside first, then brought up to date, or refused with a reason.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use kernia::store::{self, Inspection, OpenFault};
use rusqlite::Connection;

use crate::store::{Folder, Place, ids, usual};

const HISTORY: &str = "CREATE TABLE refinery_schema_history (version INTEGER PRIMARY KEY, \
     name TEXT, applied_on TEXT, checksum TEXT)";

/// The newest schema, by what a new file gets.
fn newest() -> i64 {
    let folder = Folder::new();
    drop(folder.open(&usual()));
    store::inspect(&folder.database()).unwrap().known
}

/// A file as the first Kernia would have made it: only the first step, with a client in it.
fn old_file(folder: &Folder) -> Connection {
    let made = Folder::new();
    drop(made.open(&usual()));
    let new = Connection::open(made.database()).unwrap();
    let (name, checksum): (String, String) = new
        .query_row(
            "SELECT name, checksum FROM refinery_schema_history WHERE version = 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    let old = Connection::open(folder.database()).unwrap();
    old.execute_batch(include_str!("../../migrations/sqlite/V1__applications.sql")).unwrap();
    old.execute_batch(HISTORY).unwrap();
    old.execute(
        "INSERT INTO refinery_schema_history VALUES (1, ?1, '2026-01-02T03:04:05Z', ?2)",
        [&name, &checksum],
    )
    .unwrap();
    old.execute("INSERT INTO clients VALUES ('client_old', 'old', 1, 1)", []).unwrap();
    old
}

/// A row for every table of the schema before OIDC connections.
const ROWS: &str = "
    INSERT INTO data_keys VALUES ('key_1', x'01', 1);
    INSERT INTO clients VALUES ('client_1', 'Acme', 1, 1);
    INSERT INTO redirect_uris VALUES ('ru_1', 'client_1', 'https://a.example/cb', 1, 1, 1);
    INSERT INTO signing_keys VALUES ('sk_1', 'client_1', x'01', x'02', 1);
    INSERT INTO api_keys VALUES ('ak_1', 'client_1', 'n', 'abcd', x'01', 1);
    INSERT INTO organizations VALUES ('org_1', 'Acme', 'acme', 'ext', NULL, 0, '{}', 1, 1);
    INSERT INTO organization_domains
        VALUES ('org_domain_1', 'org_1', 'acme.test', 'verified', 'manual', 't', 'p', 1, 1);
    INSERT INTO connections VALUES ('conn_1', 'org_1', 'Key1', 'ext', 'Acme', 'acme', 'OktaSAML',
        'active', 'sp', 'idp', 'https://idp.test/sso', 'https://idp.test/metadata', 3, 1, 1, 2,
        '{\"allow_sha1\":true}', NULL);
    INSERT INTO connections VALUES ('conn_2', 'org_1', 'Key2', NULL, 'Old', 'old', 'GenericSAML',
        'validating', 'sp2', 'idp2', 'https://idp.test/sso', NULL, 1, 0, 1, 2, '{}', 5);
    INSERT INTO connection_keys VALUES ('Key3', 'conn_1');
    INSERT INTO saml_certificates VALUES ('cert_1', 'conn_1', 'f', 1, 2, x'01', 1, 1, NULL, 1, 1);
    INSERT INTO saml_key_pairs
        VALUES ('saml_key_1', 'conn_1', 'signing', 'f', 1, 2, x'01', x'02', 1, 1);
    INSERT INTO metadata_refreshes VALUES ('conn_1', 1, 1, 1, NULL, 0, NULL, NULL);
    INSERT INTO certificate_notices
        VALUES ('notice_1', 'conn_1', 'RequestSigning', 'f', 30, 2, NULL, 1);
    INSERT INTO sign_ins VALUES ('sign_in_1', 'conn_1', 'client_1', '_r', x'01',
        'https://a.example/cb', 's', NULL, 0, 1, NULL, 'application');
    INSERT INTO test_sign_ins VALUES ('test_1', 'conn_1', 'client_1', x'01', NULL, NULL, NULL, 1);
    INSERT INTO traces VALUES ('trace_1', 'conn_1', 'sign_in_1', 'failed', 'issuer', NULL, x'01', 1);
    INSERT INTO replay_ids VALUES ('conn_1', '_a', 9);
    INSERT INTO profiles VALUES ('prof_1', 'conn_1', 'ada', 'ada@acme.test', NULL, NULL, '[]', '{}',
        1, 1, NULL, '{}');
    INSERT INTO codes VALUES (x'01', 'client_1', 'prof_1', 'https://a.example/cb', NULL, 1, NULL);
    INSERT INTO access_tokens VALUES (x'01', 'client_1', 'prof_1', x'01', 9);
    INSERT INTO held_answers
        VALUES (x'01', x'02', 'client_1', 'prof_1', 'https://a.example/cb', NULL, 1);
    INSERT INTO consents VALUES ('prof_1', 'client_1', x'02', 1);
    INSERT INTO sso_sessions VALUES ('sess_1', 'conn_1', 'prof_1', 'ada', NULL, NULL, 9, 1);
    INSERT INTO logouts VALUES (x'01', 'conn_1', 'prof_1', '_l', NULL, 1);
    INSERT INTO it_contacts VALUES ('it_1', 'org_1', 'It@acme.test', 'it@acme.test', 1, 1);
";

/// A file of the schema before OIDC connections, with rows everywhere.
fn file_before_oidc(folder: &Folder) -> Connection {
    let old = file_of_schema(folder, 4);
    old.execute_batch(ROWS).unwrap();
    old
}

/// The tables of a file with the names of their columns.
fn tables(file: &Connection) -> BTreeMap<String, BTreeSet<String>> {
    let listed = "SELECT m.name, c.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c \
         WHERE m.type = 'table' AND m.name <> 'refinery_schema_history'";
    let mut statement = file.prepare(listed).unwrap();
    let mut found = BTreeMap::<_, BTreeSet<_>>::new();
    for row in statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap() {
        let (table, column): (String, String) = row.unwrap();
        found.entry(table).or_default().insert(column);
    }
    found
}

/// All that stands in these columns of a table, as text, in some fixed order.
fn rows(file: &Connection, table: &str, columns: &BTreeSet<String>) -> Vec<String> {
    let quoted: Vec<_> = columns.iter().map(|column| format!("quote({column})")).collect();
    let sql = format!("SELECT {} AS line FROM {table} ORDER BY line", quoted.join(" || ', ' || "));
    let mut statement = file.prepare(&sql).unwrap();
    let lines = statement.query_map([], |row| row.get(0)).unwrap();
    lines.collect::<Result<_, _>>().unwrap()
}

fn copy_of(database: &Path) -> PathBuf {
    database.with_extension("db.schema-1")
}

/// What lies in the folder; a log and its index may be left by who only looked.
fn names(database: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(database.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm"))
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn an_empty_file_is_brought_up_without_a_copy() {
    let folder = Folder::new();
    let store = folder.open(&usual());
    assert_eq!(store.read(ids).await.unwrap(), Vec::<String>::new());
    drop(store);
    let newest = newest();
    let seen = store::inspect(&folder.database()).unwrap();
    assert_eq!(seen, Inspection { schema: newest, known: newest, faults: Vec::new() });
    assert_eq!(names(&folder.database()), ["kernia.db", "kernia.db.lock"]);
    drop(folder.open(&usual()));
    assert_eq!(
        names(&folder.database()),
        ["kernia.db", "kernia.db.lock"],
        "nor at the second time"
    );
}

#[tokio::test]
async fn an_older_file_is_copied_beside_and_brought_up() {
    let folder = Folder::new();
    drop(old_file(&folder));
    let seen = store::inspect(&folder.database()).unwrap();
    assert_eq!((seen.schema, seen.known), (1, newest()));
    // What an upgrade that was cut off left behind is in nobody's way.
    fs::write(folder.database().with_extension("db.schema-1.part"), b"half a copy").unwrap();

    let store = folder.open(&usual());
    assert_eq!(store.read(ids).await.unwrap(), ["client_old"]);
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    drop(store);
    assert_eq!(store::inspect(&folder.database()).unwrap().schema, newest());

    let copy = copy_of(&folder.database());
    assert_eq!(names(&folder.database()), ["kernia.db", "kernia.db.lock", "kernia.db.schema-1"]);
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let seen = store::inspect(&copy).unwrap();
    assert_eq!((seen.schema, seen.faults), (1, Vec::new()));

    // Going back is putting the copy in its place.
    let back = Folder::new();
    fs::copy(&copy, back.database()).unwrap();
    assert_eq!(back.open(&usual()).read(ids).await.unwrap(), ["client_old"]);
}

#[tokio::test]
async fn a_table_that_is_made_anew_keeps_its_rows_and_what_refers_to_them() {
    let folder = Folder::new();
    let old = file_before_oidc(&folder);
    let before = tables(&old);
    let kept = |file: &Connection, columns: &BTreeMap<String, BTreeSet<String>>| -> Vec<_> {
        columns.iter().map(|(table, names)| (table.clone(), rows(file, table, names))).collect()
    };
    let mut wanted = kept(&old, &before);
    assert!(wanted.iter().all(|(_, rows)| !rows.is_empty()), "a row in every table: {wanted:?}");
    drop(old);

    let store = folder.open(&usual());
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    drop(store);
    let new = Connection::open(folder.database()).unwrap();
    let after = tables(&new);
    // Codes and their tokens live for minutes, and are found otherwise since.
    let is_kept = |table: &str| !["codes", "access_tokens"].contains(&table);
    for (table, columns) in before.iter().filter(|(table, _)| is_kept(table)) {
        assert!(after[table].is_superset(columns), "{table} lost a column");
    }
    // Whether a domain is verified anew is that step's own business.
    wanted.retain(|(table, _)| is_kept(table) && table != "organization_domains");
    let mut compared = before.clone();
    compared.retain(|table, _| is_kept(table) && table != "organization_domains");
    let found = kept(&new, &compared);
    assert_eq!(found, wanted);

    // What refers to a connection refers to the new table, and that is watched again.
    new.execute_batch("PRAGMA foreign_keys=ON").unwrap();
    assert!(new.execute("DELETE FROM connections WHERE id = 'conn_1'", []).is_err());
    assert!(new.execute("UPDATE profiles SET connection_id = 'conn_9'", []).is_err());
    let nobodys = "UPDATE connections SET organization_id = NULL WHERE id = 'conn_2'";
    assert_eq!(new.execute(nobodys, []).unwrap(), 1, "an organization can be missing");
}

#[test]
fn an_upgrade_that_would_leave_a_row_without_its_connection_changes_nothing() {
    let folder = Folder::new();
    let old = file_before_oidc(&folder);
    old.execute_batch("PRAGMA foreign_keys=OFF; DELETE FROM connections WHERE id = 'conn_1'")
        .unwrap();
    let before = schema(&old);
    drop(old);
    let refused = folder.try_open(&usual()).unwrap_err().to_string();
    assert!(refused.contains("the schema upgrade failed, nothing was changed"), "{refused}");
    assert!(refused.contains("orphans = 0"), "{refused}");
    assert_eq!(schema(&Connection::open(folder.database()).unwrap()), before);
}

/// A file as a Kernia of that schema would have left it.
fn file_of_schema(folder: &Folder, version: i64) -> Connection {
    let made = Folder::new();
    drop(made.open(&usual()));
    let old = Connection::open(folder.database()).unwrap();
    for step in crate::source::files("migrations/sqlite", ".sql") {
        let (number, _) = step.path.trim_start_matches('V').split_once("__").unwrap();
        if number.parse::<i64>().unwrap() <= version {
            old.execute_batch(&step.text).unwrap();
        }
    }
    old.execute_batch(HISTORY).unwrap();
    let new = made.database();
    old.execute("ATTACH ?1 AS new", [new.to_str().unwrap()]).unwrap();
    let history = "INSERT INTO refinery_schema_history SELECT * FROM new.refinery_schema_history \
                   WHERE version <= ?1";
    old.execute(history, [version]).unwrap();
    old.execute_batch("DETACH new").unwrap();
    old
}

#[tokio::test]
async fn claims_of_domains_come_along_and_the_open_ones_are_checked() {
    let folder = Folder::new();
    let old = file_of_schema(&folder, 4);
    old.execute_batch(
        "INSERT INTO organizations (id, name, name_folded, allow_profiles_outside_organization, \
            metadata, created_at, updated_at) VALUES ('org_1', 'Acme', 'acme', 0, '{}', 1, 1);
         INSERT INTO organization_domains VALUES \
            ('org_domain_1', 'org_1', 'acme.com', 'verified', 'manual', 'T1', 'p1', 2, 3), \
            ('org_domain_2', 'org_1', 'acme.test', 'pending', 'dns', 'T2', 'p2', 4, 5);",
    )
    .unwrap();
    drop(old);
    drop(folder.open(&usual()));
    let new = Connection::open(folder.database()).unwrap();
    let row = |id: &str| -> (String, String, Option<i64>, Option<i64>, i64, i64) {
        let sql = "SELECT domain, state, next_check_at, expires_at, created_at, updated_at \
                   FROM organization_domains WHERE id = ?1";
        let get = |row: &rusqlite::Row<'_>| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        };
        new.query_row(sql, [id], get).unwrap()
    };
    // When the open one fails is counted from its first check.
    let (acme, test) = ("acme.com".to_owned(), "acme.test".to_owned());
    assert_eq!(row("org_domain_1"), (acme, "verified".to_owned(), None, None, 2, 3));
    assert_eq!(row("org_domain_2"), (test, "pending".to_owned(), Some(0), None, 4, 5));
    let faults: Vec<String> = new
        .prepare("PRAGMA foreign_key_check")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(faults, Vec::<String>::new());
    // A domain may be claimed twice, and owned once.
    new.execute_batch(
        "INSERT INTO organizations SELECT 'org_2', name, name_folded, external_id, \
        stripe_customer_id, allow_profiles_outside_organization, metadata, created_at, updated_at \
        FROM organizations",
    )
    .unwrap();
    let claim = |id: &str, state: &str| {
        let sql = "INSERT INTO organization_domains (id, organization_id, domain, state, \
                   verification_strategy, verification_token, verification_prefix, checks, \
                   created_at, updated_at) VALUES (?1, 'org_2', 'acme.com', ?2, 'dns', 'T', 'p', 0, 1, 1)";
        new.execute(sql, [id, state])
    };
    assert!(claim("org_domain_3", "verified").is_err());
    assert!(claim("org_domain_4", "pending").is_ok());
    assert!(claim("org_domain_5", "failed").is_err(), "one organization claims it once");
}

#[test]
fn a_copy_is_at_no_instant_readable_for_others() {
    let folder = Folder::new();
    let old = old_file(&folder);
    let filler = vec![7_u8; 1 << 20];
    for nth in 0..24 {
        let put = "INSERT INTO data_keys VALUES (?1, ?2, 1)";
        old.execute(put, (format!("key_{nth}"), &filler)).unwrap();
    }
    drop(old);
    let copy = copy_of(&folder.database());
    let part = copy.with_extension("schema-1.part");
    let done = AtomicBool::new(false);
    let (looks, wide) = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let (mut looks, mut wide) = (0, Vec::new());
            while !done.load(Ordering::SeqCst) {
                for name in [&part, &copy] {
                    if let Ok(file) = fs::metadata(name) {
                        looks += 1;
                        if file.permissions().mode() & 0o077 != 0 {
                            wide.push(file.permissions().mode());
                        }
                    }
                }
            }
            (looks, wide)
        });
        drop(folder.open(&usual()));
        done.store(true, Ordering::SeqCst);
        watch.join().unwrap()
    });
    assert_eq!(wide, Vec::<u32>::new());
    assert!(looks > 0, "the watch saw the copy");
}

#[tokio::test]
async fn an_upgrade_that_fails_changes_nothing() {
    let folder = Folder::new();
    let old = old_file(&folder);
    // The last of the steps to come finds its table's name taken.
    old.execute_batch("CREATE TABLE profiles (id TEXT) STRICT").unwrap();
    let before: String = schema(&old);
    drop(old);
    let refused = folder.try_open(&usual()).unwrap_err().to_string();
    assert!(
        refused.starts_with(
            "the database did not open: the schema upgrade failed, nothing was changed"
        ),
        "{refused}"
    );
    assert!(refused.contains("profiles"), "{refused}");
    assert_eq!(schema(&Connection::open(folder.database()).unwrap()), before);
    assert_eq!(store::inspect(&copy_of(&folder.database())).unwrap().schema, 1);

    // Mended, it goes on.
    let file = Connection::open(folder.database()).unwrap();
    file.execute_batch("DROP TABLE profiles").unwrap();
    drop(file);
    assert_eq!(folder.open(&usual()).read(ids).await.unwrap(), ["client_old"]);
}

fn schema(connection: &Connection) -> String {
    let text = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)";
    connection.query_row(text, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_newer_file_is_refused_and_left_alone() {
    let folder = Folder::new();
    drop(folder.open(&usual()));
    let known = newest();
    let file = Connection::open(folder.database()).unwrap();
    file.execute(
        "INSERT INTO refinery_schema_history VALUES (?1, 'later', '2030-01-02T03:04:05Z', '7')",
        [known + 1],
    )
    .unwrap();
    drop(file);
    for refused in
        [folder.try_open(&usual()).unwrap_err(), store::inspect(&folder.database()).unwrap_err()]
    {
        assert!(matches!(refused, OpenFault::Newer { found, .. } if found == known + 1));
        assert_eq!(
            refused.to_string(),
            format!(
                "the database has schema {}, this kernia knows up to {known}; run the newer kernia \
                 that wrote it, or restore the copy made before its upgrade",
                known + 1
            )
        );
    }
    assert_eq!(names(&folder.database()), ["kernia.db", "kernia.db.lock"]);
}

#[test]
fn a_file_made_by_other_steps_is_refused_before_anything_is_done_to_it() {
    for upgraded in [false, true] {
        let folder = Folder::new();
        drop(old_file(&folder));
        if upgraded {
            drop(folder.open(&usual()));
            fs::remove_file(copy_of(&folder.database())).unwrap();
        }
        let file = Connection::open(folder.database()).unwrap();
        file.execute("UPDATE refinery_schema_history SET checksum = '7' WHERE version = 1", [])
            .unwrap();
        drop(file);
        for refused in [
            folder.try_open(&usual()).unwrap_err(),
            store::inspect(&folder.database()).unwrap_err(),
        ] {
            assert_eq!(
                refused.to_string(),
                "the database did not open: its schema was made by another step 1 \
                 (`applications`) than this kernia has; run the kernia that made it"
            );
        }
        assert!(!copy_of(&folder.database()).exists());
    }
}

#[test]
fn a_stranger_s_database_is_left_alone() {
    let folder = Folder::new();
    let file = Connection::open(folder.database()).unwrap();
    file.execute_batch("CREATE TABLE orders (id TEXT)").unwrap();
    let before = schema(&file);
    drop(file);
    let refused = folder.try_open(&usual()).unwrap_err().to_string();
    assert_eq!(refused, "the database did not open: it holds tables that are not kernia's");
    assert_eq!(schema(&Connection::open(folder.database()).unwrap()), before);
}

/// Without an index a deletion looks at every row of every table that could refer to it.
#[test]
fn whatever_refers_to_another_row_has_an_index() {
    let folder = Folder::new();
    drop(folder.open(&usual()));
    let file = Connection::open(folder.database()).unwrap();
    let all = |sql: &str, column: usize| -> Vec<String> {
        let mut statement = file.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(column)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let mut references = 0;
    for table in all("SELECT name FROM sqlite_master WHERE type = 'table'", 0) {
        let indexes = all(&format!("PRAGMA index_list({table})"), 1);
        let first = |index: &String| all(&format!("PRAGMA index_info({index})"), 2)[0].clone();
        let led: Vec<String> = indexes.iter().map(first).collect();
        for column in all(&format!("PRAGMA foreign_key_list({table})"), 3) {
            references += 1;
            assert!(led.contains(&column), "no index begins with {table}.{column}");
        }
    }
    assert!(references > 10, "the schema was read");
}
