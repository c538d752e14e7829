//! The SQLite store when things go wrong: a disk that is full, a process that is killed, a file that
//! is held by somebody else. A child of this very program does what the parent could not survive.

mod child;

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::{Child, Command, Stdio},
};

use kernia::store::{self, OpenFault, Options, Store, params};

use crate::store::{Folder, Place, Shape, add, begun, hold_writer, ids, usual};

const PUT_KEY: &str = "INSERT INTO data_keys (id, wrapped, created_at) VALUES (?1, ?2, ?3)";
const KEYS: &str = "SELECT id FROM data_keys ORDER BY id";

/// Starts this program again as [`child::child`] with a task; `shell` is what runs before it.
fn start_child(shell: &str, task: &str, database: &Path) -> Child {
    let mut child = Command::new("sh")
        .args(["-c", &format!("{shell} exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "store_failures::child::child", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{task} {}", database.display()).unwrap();
    child
}

/// What a child said: whole lines that begin with one of its words.
fn said(line: &str) -> Option<(&str, &str)> {
    let (word, rest) = line.strip_suffix('\n')?.split_once(' ')?;
    ["told", "fault", "saw"].contains(&word).then_some((word, rest))
}

#[tokio::test]
async fn what_was_acknowledged_outlives_kill_9() {
    let folder = Folder::new();
    let mut told = BTreeSet::new();
    for round in 0..24_usize {
        let mut child = start_child("", "write", &folder.database());
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (enough, mut heard, mut line) = (1 + round * 29 % 211, 0, String::new());
        while output.read_line(&mut line).unwrap() > 0 {
            if let Some(("told", id)) = said(&line) {
                told.insert(id.to_owned());
                heard += 1;
                if heard == enough {
                    // SIGKILL. What it managed to say before is still in the pipe.
                    child.kill().unwrap();
                }
            }
            line.clear();
        }
        child.wait().unwrap();
        assert!(heard >= enough, "the child ended by itself after {heard}");

        let seen = store::inspect(&folder.database()).unwrap();
        assert_eq!((seen.schema, seen.faults), (seen.known, Vec::new()), "round {round}");
        let store = folder.open(&usual());
        let kept: BTreeSet<String> = store.read(ids).await.unwrap().into_iter().collect();
        let lost: Vec<_> = told.difference(&kept).collect();
        assert!(lost.is_empty(), "round {round}: acknowledged and gone: {lost:?}");
        let keys: BTreeSet<String> = store
            .read(|tx| tx.list(KEYS, &[], |row| row.get("id")))
            .await
            .unwrap()
            .into_iter()
            .collect();
        assert_eq!(keys, kept, "each transaction is there as a whole or not at all");
        assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_full_disk_makes_nobody_a_liar() {
    let folder = Folder::new();
    // No file may grow beyond 4 MiB (8 where `sh` counts in kilobytes); the refused write is an
    // error instead of a signal.
    let limit = "trap '' XFSZ; ulimit -S -f 8192;";
    let mut child = start_child(limit, "fill", &folder.database());
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let (mut told, mut faults, mut saw, mut line) =
        (BTreeSet::new(), Vec::new(), Vec::new(), String::new());
    while output.read_line(&mut line).unwrap() > 0 {
        match said(&line) {
            Some(("told", id)) => drop(told.insert(id.to_owned())),
            Some(("fault", what)) => faults.push(what.to_owned()),
            Some((_, what)) => saw.push(what.to_owned()),
            None => {}
        }
        line.clear();
    }
    assert!(child.wait().unwrap().success(), "{saw:?} {faults:?}");
    assert_eq!(saw, ["a failed commit", "a failed statement", "room again"], "{faults:?}");
    let ended = faults.iter().filter(|what| what.contains("the engine ended the transaction"));
    assert!((1..faults.len()).contains(&ended.count()), "one of each kind: {faults:?}");

    let store = folder.open(&usual());
    let kept: BTreeSet<String> = store
        .read(|tx| tx.list(KEYS, &[], |row| row.get("id")))
        .await
        .unwrap()
        .into_iter()
        .collect();
    assert_eq!(kept, told, "what was told is there, what was refused is not");
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
}

/// The commits in a log, by the frames that end one.
fn commits(database: &Path) -> usize {
    let log = fs::read(format!("{}-wal", database.display())).unwrap();
    let word = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let (page, salts) = (usize::try_from(word(8)).unwrap(), (word(16), word(20)));
    (32..log.len().saturating_sub(23 + page))
        .step_by(24 + page)
        .take_while(|frame| (word(frame + 8), word(frame + 12)) == salts)
        .filter(|frame| word(frame + 4) != 0)
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lone_write_is_one_commit_and_many_that_wait_share() {
    let folder = Folder::new();
    let store = folder.open(&usual());
    store.write(|tx| add(tx, "client")).await.unwrap();
    let before = commits(&folder.database());
    for nth in 0..10 {
        store.write(move |tx| add(tx, &format!("client_{nth}"))).await.unwrap();
    }
    assert_eq!(commits(&folder.database()) - before, 10);
    let held = hold_writer(&store).await;
    let mut calls = Vec::new();
    for nth in 10..74 {
        calls.push(begun(store.write(move |tx| add(tx, &format!("client_{nth}")))).await);
    }
    held.let_go().await;
    for call in calls {
        call.await.unwrap();
    }
    let shared = commits(&folder.database()) - before - 10;
    assert!((1..=32).contains(&shared), "64 writes that waited together made {shared} commits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_does_not_grow_for_ever_and_goes_at_the_end() {
    let folder = Folder::new();
    let store = folder.open(&usual());
    let mut writers = Vec::new();
    for writer in 0..8 {
        let store = store.clone();
        writers.push(tokio::spawn(async move {
            for nth in 0..80 {
                let write = move |tx: &store::Tx<'_>| {
                    tx.run(PUT_KEY, params![format!("{writer}-{nth}"), vec![7; 300_000], tx.now])
                };
                store.write(write).await.unwrap();
                store.read(|tx| tx.list(KEYS, &[], |_| Ok(()))).await.unwrap();
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let log = folder.database().with_extension("db-wal");
    let length = fs::metadata(&log).unwrap().len();
    assert!(length < 150 << 20, "192 MB were written; the log has {length} bytes");
    drop(store);
    assert!(!log.exists(), "a closed store is one file");
    assert_eq!(store::inspect(&folder.database()).unwrap().faults, Vec::<String>::new());
}

fn options(path: &Path) -> Options {
    let Shape { readers, queue, clock } = usual();
    let chance = kernia::kit::chance::Chance::system();
    Options { path: path.to_owned(), readers, queue, clock, chance }
}

#[tokio::test]
async fn one_file_has_one_kernia_whatever_it_is_called() {
    let folder = Folder::new();
    let database = folder.database();
    let other_name = database.with_file_name("link.db");
    symlink("kernia.db", &other_name).unwrap();
    let store = Store::open(&options(&other_name)).unwrap();
    assert_eq!(store.path(), fs::canonicalize(&database).unwrap());
    for path in [&database, &other_name, &database.with_file_name("./kernia.db")] {
        match Store::open(&options(path)) {
            Err(OpenFault::InUse(named)) => assert_eq!(named, fs::canonicalize(&database).unwrap()),
            other => panic!("{}: {other:?}", path.display()),
        }
    }
    assert_eq!(
        Store::open(&options(&database)).unwrap_err().to_string(),
        format!(
            "the database `{}` is in use by another kernia; stop that one first",
            fs::canonicalize(&database).unwrap().display()
        )
    );
    store.write(|tx| add(tx, "client_a")).await.unwrap();
    let seen = store::inspect(&database).unwrap();
    assert_eq!(seen.faults, Vec::<String>::new(), "looking is no opening");
    drop(store);
    let store = Store::open(&options(&database)).unwrap();
    assert_eq!(store.read(ids).await.unwrap(), ["client_a"]);
}

#[tokio::test]
async fn only_the_owner_can_read_any_of_the_files() {
    let folder = Folder::new();
    let database = folder.database();
    fs::write(&database, b"").unwrap();
    fs::set_permissions(&database, fs::Permissions::from_mode(0o644)).unwrap();
    let store = folder.open(&usual());
    store.write(|tx| add(tx, "client_a")).await.unwrap();
    let mut names = Vec::new();
    for entry in fs::read_dir(database.parent().unwrap()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        names.push(name);
    }
    names.sort();
    assert_eq!(names, ["kernia.db", "kernia.db-shm", "kernia.db-wal", "kernia.db.lock"]);
}

#[test]
fn a_place_that_cannot_hold_a_database_is_refused_with_its_name() {
    let folder = Folder::new();
    let nowhere = folder.database().join("kernia.db");
    match Store::open(&options(&nowhere)) {
        Err(OpenFault::Io(path, _)) => assert_eq!(path, nowhere),
        other => panic!("{other:?}"),
    }
    fs::write(folder.database(), b"this is no database, but it is long enough to look at").unwrap();
    let refused = folder.try_open(&usual()).unwrap_err().to_string();
    assert_eq!(refused, "the database did not open: file is not a database");
}
