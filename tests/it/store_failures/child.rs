//! What the children of these tests do, until they are killed or the disk is full.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::Command,
};

use kernia::{
    kit::error::{Error, Fault},
    store::{Store, params},
};

use super::{KEYS, PUT_KEY, options};
use crate::store::{add, begun, hold_writer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "its parents start it, with a task on its standard input"]
async fn child() {
    let mut line = String::new();
    io::stdin().read_line(&mut line).unwrap();
    let Some((task, path)) = line.trim_end().split_once(' ') else { return };
    let store = Store::open(&options(&PathBuf::from(path))).unwrap();
    match task {
        "write" => write_until_killed(&store).await,
        "fill" => fill(&store).await,
        _ => panic!("no task `{task}`"),
    }
}

fn say(word: &str, what: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "{word} {what}").and_then(|()| out.flush()).unwrap();
}

/// Eight writers; each says what was acknowledged to it.
async fn write_until_killed(store: &Store) {
    let mut writers = Vec::new();
    for writer in 0..8_usize {
        let store = store.clone();
        writers.push(tokio::spawn(async move {
            for nth in 0..100_000_usize {
                let id = format!("client_{}_{writer}_{nth}", std::process::id());
                let (row, size) = (id.clone(), if nth % 4 == 0 { 100_000 } else { 100 });
                let write = move |tx: &kernia::store::Tx<'_>| {
                    add(tx, &row)?;
                    tx.run(PUT_KEY, params![&row, vec![7; size], tx.now])
                };
                store.write(write).await.unwrap();
                say("told", &id);
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
}

async fn fill(store: &Store) {
    let faults = fill_by_batches(store, 0, 8_000).await;
    // All of these fit into memory, so it was the commit that found no room.
    assert!(faults >= 2, "{faults}: those who shared the commit share its fate");
    say("saw", "a failed commit");

    let faults = fill_by_batches(store, 1, 16_000_000).await;
    assert!(faults >= 1);
    say("saw", "a failed statement");

    let made_room = Command::new("prlimit")
        .args(["--pid", &std::process::id().to_string(), "--fsize=unlimited:"])
        .status();
    assert!(made_room.unwrap().success());
    assert_eq!(fill_batch(store, "after", 8_000).await, [None, None, None, None, None, None]);
    say("saw", "room again");
}

/// Writes batch after batch until one fails; answers how many callers it failed.
async fn fill_by_batches(store: &Store, phase: usize, size: usize) -> usize {
    for batch in 0..2_000 {
        let faults = fill_batch(store, &format!("{phase}_{batch}"), size).await;
        let failed = faults.iter().flatten().count();
        if failed > 0 {
            return failed;
        }
    }
    panic!("the disk is never full");
}

/// Six writes that wait together. Whoever is told a fault finds nothing of its own.
async fn fill_batch(store: &Store, name: &str, size: usize) -> [Option<String>; 6] {
    let held = hold_writer(store).await;
    let mut calls = Vec::new();
    for nth in 0..6 {
        let id = format!("key_{name}_{nth}");
        let row = id.clone();
        let call = store.write(move |tx| {
            // What was changed before the statement that fails has to go with it.
            tx.run(PUT_KEY, params![format!("{row}_first"), vec![7; 10], tx.now])?;
            tx.run(PUT_KEY, params![&row, vec![7; size], tx.now])
        });
        calls.push((id, begun(call).await));
    }
    let _ = held.let_go_into_failure().await;
    let mut faults = [const { None }; 6];
    for (fault, (id, call)) in faults.iter_mut().zip(calls) {
        let answer = call.await;
        let kept =
            store.read(|tx| tx.list(KEYS, &[], |row| row.get::<String>("id"))).await.unwrap();
        for row in [id.clone(), format!("{id}_first")] {
            assert_eq!(kept.contains(&row), answer.is_ok(), "{row} was told {answer:?}");
        }
        match answer {
            Ok(_) => {
                say("told", &id);
                say("told", &format!("{id}_first"));
            }
            Err(Error::Fault(Fault::Store(what))) => {
                say("fault", &what);
                *fault = Some(what);
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    faults
}
