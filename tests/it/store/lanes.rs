//! Cases: queues that are full, callers that go away, stores that end.

use std::time::Duration;

use kernia::{
    kit::error::{Error, Fault},
    store::{Store, params},
};

use super::{ADD, Place, Shape, add, begun, hold_reader, hold_writer, ids, usual};

const LAST_NUMBER: &str = "SELECT COALESCE(MAX(created_at), 0) AS last FROM clients";
const NUMBERS: &str = "SELECT created_at FROM clients ORDER BY created_at";

pub(super) async fn a_full_queue_is_busy_at_once_and_recovers(place: &dyn Place) {
    let store = place.open(&Shape { readers: 1, queue: 3, ..usual() });
    for _ in 0..3 {
        let (writer, reader) = (hold_writer(&store).await, hold_reader(&store).await);
        let mut waiting = Vec::new();
        for _ in 0..3 {
            waiting.push(begun(store.write(|_| Ok(()))).await);
        }
        for _ in 0..5 {
            let answer = store.write(|_| Ok(())).await;
            assert!(matches!(answer, Err(Error::Fault(Fault::Busy))), "{answer:?}");
        }
        let mut reading = Vec::new();
        for _ in 0..3 {
            reading.push(begun(store.read(|_| Ok(()))).await);
        }
        for _ in 0..5 {
            let answer = store.read(|_| Ok(())).await;
            assert!(matches!(answer, Err(Error::Fault(Fault::Busy))), "{answer:?}");
        }
        writer.let_go().await;
        reader.let_go().await;
        for call in waiting {
            call.await.unwrap();
        }
        for call in reading {
            call.await.unwrap();
        }
    }
}

/// A reader that is at 10 has seen 9: there is no number that comes to light later.
pub(super) async fn numbers_follow_the_order_of_commits(place: &dyn Place) {
    const EACH: i64 = 150;
    let store = place.open(&usual());
    let mut writers = Vec::new();
    for writer in 0..2 {
        let store = store.clone();
        writers.push(tokio::spawn(async move {
            for nth in 0..EACH {
                let number = store.write(move |tx| {
                    let last = tx.find(LAST_NUMBER, &[], |row| row.get::<i64>("last"))?;
                    let number = last.unwrap_or(0) + 1;
                    if writer == 0 && nth % 10 == 0 {
                        // The slow one, between its number and its commit.
                        for _ in 0..200 {
                            ids(tx)?;
                        }
                    }
                    tx.run(ADD, params![format!("client_{writer}_{nth}"), "n", number])?;
                    Ok(number)
                });
                let number = number.await.unwrap();
                let seen = store.read(numbers).await.unwrap();
                assert!(seen.contains(&number), "what was acknowledged is seen");
            }
        }));
    }
    loop {
        let seen = store.read(numbers).await.unwrap();
        let last = i64::try_from(seen.len()).unwrap();
        assert_eq!(seen, (1..=last).collect::<Vec<_>>(), "a number is missing below the last");
        if last == 2 * EACH {
            break;
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
}

fn numbers(tx: &kernia::store::Tx<'_>) -> Result<Vec<i64>, Error> {
    tx.list(NUMBERS, &[], |row| row.get("created_at"))
}

pub(super) async fn callers_who_go_away_do_no_harm(place: &dyn Place) {
    let store = place.open(&usual());
    let held = hold_writer(&store).await;
    let mut staying = Vec::new();
    for nth in 0..20 {
        let gone = begun(store.write(move |tx| {
            add(tx, &format!("client_{nth}_a"))?;
            add(tx, &format!("client_{nth}_b"))
        }))
        .await;
        staying.push(begun(store.write(move |tx| add(tx, &format!("client_{nth}_c")))).await);
        drop(gone);
        drop(begun(store.write(|_| -> Result<(), Error> { panic!("alone") })).await);
    }
    held.let_go().await;
    for call in staying {
        call.await.unwrap();
    }
    let kept = store.read(ids).await.unwrap();
    for nth in 0..20 {
        let of = |part| kept.contains(&format!("client_{nth}_{part}"));
        assert_eq!(of("a"), of("b"), "all of it or nothing");
        assert!(of("c"));
    }
    let held = hold_reader(&store).await;
    let _second = hold_reader(&store).await.let_go().await;
    held.let_go().await;
    assert_eq!(store.read(ids).await.unwrap(), kept);
}

pub(super) async fn a_closed_store_is_free_to_be_opened(place: &dyn Place) {
    for nth in 0..20 {
        let store = place.open(&usual());
        let known = store.read(ids).await.unwrap();
        assert_eq!(known.len(), nth * 2, "what was acknowledged or given is there");
        store.write(move |tx| add(tx, &format!("client_{nth}_told"))).await.unwrap();
        let held = hold_writer(&store).await;
        drop(begun(store.write(move |tx| add(tx, &format!("client_{nth}_given")))).await);
        held.let_go().await;
        drop(store);
    }
}

pub(super) async fn the_last_handle_may_go_inside_its_own_lane(place: &dyn Place) {
    let store = place.open(&usual());
    let held = hold_writer(&store).await;
    let inner = store.clone();
    drop(
        begun(store.write(move |tx| {
            let _: &Store = &inner;
            add(tx, "client_a")
        }))
        .await,
    );
    drop(store);
    held.let_go().await;
    // The lane ends by itself; nothing tells when.
    let reopened = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            match place.try_open(&usual()) {
                Ok(store) => break store,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    });
    let store = reopened.await.unwrap();
    assert_eq!(store.read(ids).await.unwrap(), ["client_a"]);
}
