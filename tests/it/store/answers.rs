//! Cases: what a caller is told, and what stands afterwards.

use kernia::{
    kit::error::{Error, Fault},
    store::params,
};

use super::{ADD, Place, add, begun, hold_writer, ids, no, usual};

const ADD_UNLESS_THERE: &str = "INSERT INTO clients (id, name, created_at, updated_at) \
     VALUES (?1, ?2, ?3, ?3) ON CONFLICT (id) DO NOTHING RETURNING id";
const ADD_ADDRESS: &str = "INSERT INTO redirect_uris (id, client_id, uri, is_default, created_at, updated_at) \
     VALUES (?1, ?2, ?3, 0, ?4, ?4)";
const ADD_ADDRESS_AND_SAY: &str = "INSERT INTO redirect_uris (id, client_id, uri, is_default, created_at, updated_at) \
     VALUES (?1, ?2, ?3, 0, ?4, ?4) RETURNING id";
const ADDRESSES: &str = "SELECT id FROM redirect_uris ORDER BY id";
const REMOVE: &str = "DELETE FROM clients WHERE id = ?1";
const REMOVE_AND_SAY: &str = "DELETE FROM clients WHERE id = ?1 RETURNING id";

pub(super) async fn a_write_is_seen_by_the_next_read(place: &dyn Place) {
    let store = place.open(&usual());
    for nth in 0..200 {
        let id = format!("client_{nth:03}");
        let written = id.clone();
        store.write(move |tx| add(tx, &written)).await.unwrap();
        let last = store.read(|tx| Ok(ids(tx)?.pop())).await.unwrap();
        assert_eq!(last, Some(id));
    }
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
}

pub(super) async fn a_refusal_leaves_nothing(place: &dyn Place) {
    let store = place.open(&usual());
    store.write(|tx| add(tx, "client_a")).await.unwrap();
    let answer = store
        .write(|tx| {
            add(tx, "client_b")?;
            tx.run(REMOVE, params!["client_a"])?;
            assert_eq!(ids(tx)?, ["client_b"], "the work sees its own doing");
            Err::<(), _>(no())
        })
        .await;
    assert!(matches!(&answer, Err(Error::Refused(refused)) if refused.code == "no"), "{answer:?}");
    assert_eq!(store.read(ids).await.unwrap(), ["client_a"]);
}

pub(super) async fn writes_that_share_a_commit_get_their_own_answers(place: &dyn Place) {
    let store = place.open(&usual());
    let held = hold_writer(&store).await;
    let mut calls = Vec::new();
    for nth in 0..60_usize {
        let call = store.write(move |tx| {
            add(tx, &format!("client_{nth:02}"))?;
            match nth % 3 {
                0 => Ok(nth),
                1 => Err(no()),
                _ => panic!("number {nth}"),
            }
        });
        calls.push(begun(call).await);
    }
    held.let_go().await;
    for (nth, call) in calls.into_iter().enumerate() {
        let answer = call.await;
        let fits = match (nth % 3, &answer) {
            (0, Ok(told)) => *told == nth,
            (1, Err(Error::Refused(refused))) => refused.code == "no",
            (2, Err(Error::Fault(Fault::Panicked(what)))) => *what == format!("number {nth}"),
            _ => false,
        };
        assert!(fits, "number {nth} was told {answer:?}");
    }
    let kept: Vec<String> = (0..60).step_by(3).map(|nth| format!("client_{nth:02}")).collect();
    assert_eq!(store.read(ids).await.unwrap(), kept);
}

pub(super) async fn a_panic_is_a_fault_and_the_lanes_live(place: &dyn Place) {
    let store = place.open(&super::Shape { readers: 1, ..usual() });
    for _ in 0..3 {
        let answer = store
            .write(|tx| -> Result<(), Error> {
                add(tx, "client_a")?;
                panic!("oh dear")
            })
            .await;
        let fault = answer.unwrap_err();
        assert!(matches!(&fault, Error::Fault(Fault::Panicked(what)) if what == "oh dear"));
        let answer = store
            .read(|tx| tx.list(super::IDS, &[], |_| -> Result<(), Error> { panic!("oh dear") }))
            .await;
        assert!(answer.is_ok_and(|rows| rows.is_empty()), "there is no row to panic at");
        let answer = store.read(|_| -> Result<(), Error> { panic!("{}", "oh dear") }).await;
        let fault = answer.unwrap_err();
        assert!(matches!(&fault, Error::Fault(Fault::Panicked(what)) if what == "oh dear"));
    }
    store.write(|tx| add(tx, "client_b")).await.unwrap();
    // In the middle of a statement.
    let answer = store
        .read(|tx| tx.list(super::IDS, &[], |_| -> Result<(), Error> { panic!("a row") }))
        .await;
    assert!(matches!(answer, Err(Error::Fault(Fault::Panicked(_)))));
    assert_eq!(store.read(ids).await.unwrap(), ["client_b"]);
}

pub(super) async fn a_failed_statement_cannot_be_passed_over(place: &dyn Place) {
    let store = place.open(&usual());
    store.write(|tx| add(tx, "client_a")).await.unwrap();
    let answer = store
        .write(|tx| {
            add(tx, "client_b")?;
            let twice = add(tx, "client_a");
            assert!(matches!(twice, Err(Error::Fault(Fault::Store(_)))), "{twice:?}");
            assert!(ids(tx).is_err(), "nothing more runs in this transaction");
            Ok(())
        })
        .await;
    assert!(matches!(answer, Err(Error::Fault(Fault::Store(_)))), "{answer:?}");
    assert_eq!(store.read(ids).await.unwrap(), ["client_a"]);
    store.write(|tx| add(tx, "client_c")).await.unwrap();
}

pub(super) async fn what_is_there_already_is_no_failure(place: &dyn Place) {
    let store = place.open(&usual());
    for (first, name) in [(true, "new"), (false, "newer")] {
        let added = store
            .write(move |tx| {
                let row = tx.find(ADD_UNLESS_THERE, params!["client_a", name, tx.now], |row| {
                    row.get::<String>("id")
                })?;
                tx.run(ADD, params![format!("client_{name}"), name, tx.now])?;
                Ok(row)
            })
            .await
            .unwrap();
        assert_eq!(added.is_some(), first);
    }
    assert_eq!(store.read(ids).await.unwrap(), ["client_a", "client_new", "client_newer"]);
}

pub(super) async fn a_reference_to_nothing_is_refused_however_it_is_written(place: &dyn Place) {
    let store = place.open(&usual());
    let held = hold_writer(&store).await;
    let good = begun(store.write(|tx| {
        add(tx, "client_a")?;
        tx.run(ADD_ADDRESS, params!["redirect_a", "client_a", "https://a.test/", tx.now])
    }))
    .await;
    let bad = ["redirect_b", "client_nobody", "https://b.test/"];
    let run =
        begun(store.write(move |tx| tx.run(ADD_ADDRESS, params![bad[0], bad[1], bad[2], tx.now])))
            .await;
    let find = begun(store.write(move |tx| {
        let params = params![bad[0], bad[1], bad[2], tx.now];
        tx.find(ADD_ADDRESS_AND_SAY, params, |row| row.get::<String>("id"))
    }))
    .await;
    let list = begun(store.write(move |tx| {
        let params = params![bad[0], bad[1], bad[2], tx.now];
        tx.list(ADD_ADDRESS_AND_SAY, params, |_| Err::<(), _>(no())).or(Ok(Vec::new()))
    }))
    .await;
    let remove = begun(store.write(|tx| tx.run(REMOVE, params!["client_a"]))).await;
    let remove_and_say =
        begun(store.write(|tx| {
            tx.find(REMOVE_AND_SAY, params!["client_a"], |row| row.get::<String>("id"))
        }))
        .await;
    held.let_go().await;
    assert_eq!(good.await.unwrap(), 1);
    for answer in [
        run.await.map(drop),
        find.await.map(drop),
        list.await.map(drop),
        remove.await.map(drop),
        remove_and_say.await.map(drop),
    ] {
        assert!(matches!(answer, Err(Error::Fault(Fault::Store(_)))), "{answer:?}");
    }
    let addresses = store.read(|tx| tx.list(ADDRESSES, &[], |row| row.get::<String>("id"))).await;
    assert_eq!(addresses.unwrap(), ["redirect_a"]);
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
}

pub(super) async fn how_a_transaction_ends_is_not_for_its_work_to_say(place: &dyn Place) {
    const WORDS: [&str; 9] = [
        "COMMIT",
        "commit",
        " END",
        "ROLLBACK",
        "ROLLBACK TO call",
        "RELEASE call",
        "BEGIN IMMEDIATE",
        "PRAGMA synchronous=OFF",
        "ATTACH ':memory:' AS other",
    ];
    let store = place.open(&usual());
    let held = hold_writer(&store).await;
    let mut calls = Vec::new();
    for (nth, word) in WORDS.into_iter().enumerate() {
        let neighbour = store.write(move |tx| add(tx, &format!("client_{nth}_neighbour")));
        let neighbour = begun(neighbour).await;
        let call = store.write(move |tx| {
            add(tx, &format!("client_{nth}"))?;
            // Passed over, as a careless noun might.
            let _ = tx.run(word, &[]);
            let _ = tx.find(word, &[], |_| Ok(()));
            let _ = add(tx, &format!("client_{nth}_after"));
            Ok(())
        });
        calls.push((word, neighbour, begun(call).await));
    }
    held.let_go().await;
    for (word, neighbour, call) in calls {
        let answer = call.await;
        assert!(matches!(answer, Err(Error::Fault(Fault::Store(_)))), "`{word}`: {answer:?}");
        neighbour.await.unwrap();
    }
    let kept = store.read(ids).await.unwrap();
    assert_eq!(kept.len(), WORDS.len());
    assert!(kept.iter().all(|id| id.ends_with("_neighbour")), "{kept:?}");
}

pub(super) async fn a_reader_cannot_write(place: &dyn Place) {
    let store = place.open(&super::Shape { readers: 1, ..usual() });
    store.write(|tx| add(tx, "client_a")).await.unwrap();
    let run = store.read(|tx| add(tx, "client_b")).await;
    let find = store
        .read(|tx| {
            let params = params!["client_b", "b", tx.now];
            tx.find(ADD_UNLESS_THERE, params, |row| row.get::<String>("id"))
        })
        .await;
    let remove = store.read(|tx| tx.run(REMOVE, params!["client_a"])).await;
    for answer in [run, find.map(drop), remove.map(drop)] {
        assert!(matches!(answer, Err(Error::Fault(Fault::Store(_)))), "{answer:?}");
    }
    assert_eq!(store.read(ids).await.unwrap(), ["client_a"]);
}

pub(super) async fn a_read_sees_one_snapshot(place: &dyn Place) {
    let store = place.open(&usual());
    store.write(|tx| add(tx, "client_a")).await.unwrap();
    let (looked, mut first_look) = tokio::sync::mpsc::unbounded_channel();
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let reader = store.clone();
    let reading = tokio::spawn(async move {
        reader
            .read(move |tx| {
                let before = ids(tx)?;
                looked.send(()).unwrap();
                gone.recv().unwrap();
                Ok((before, ids(tx)?))
            })
            .await
    });
    first_look.recv().await.unwrap();
    store.write(|tx| add(tx, "client_b")).await.unwrap();
    assert_eq!(store.read(ids).await.unwrap(), ["client_a", "client_b"], "others see it");
    go.send(()).unwrap();
    let (before, after) = reading.await.unwrap().unwrap();
    assert_eq!(before, ["client_a"]);
    assert_eq!(after, before);
}
