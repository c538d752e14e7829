//! What a store promises, whatever its engine: a list of cases, and the engines that run them.
//! The next engine brings a [`Place`] and a line at the end of this file.

mod answers;
mod lanes;
mod values;

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::mpsc,
    task::Poll,
};

use kernia::{
    kit::{
        chance::Chance,
        error::{Error, Refused},
        id::Prefixed,
        time::{Clock, Timestamp},
    },
    store::{OpenFault, Options, Store, Tx, params},
};
use tokio::task::JoinHandle;

/// Where a store lives while a case runs; the data stays when the store is closed.
pub(crate) trait Place: Send + Sync {
    /// Opens the store.
    fn try_open(&self, shape: &Shape) -> Result<Store, OpenFault>;

    /// Opens the store, which nothing speaks against.
    fn open(&self, shape: &Shape) -> Store {
        self.try_open(shape).unwrap()
    }
}

/// What a case asks for when it opens a store.
#[derive(Clone)]
pub(crate) struct Shape {
    pub(crate) readers: usize,
    pub(crate) queue: usize,
    pub(crate) clock: Clock,
}

/// Two readers, room for all, the system's clock.
pub(crate) fn usual() -> Shape {
    Shape { readers: 2, queue: 1024, clock: Clock::system() }
}

/// A folder that goes with the case.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn database(&self) -> std::path::PathBuf {
        self.0.path().join("kernia.db")
    }
}

impl Place for Folder {
    fn try_open(&self, shape: &Shape) -> Result<Store, OpenFault> {
        Store::open(&Options {
            path: self.database(),
            readers: shape.readers,
            queue: shape.queue,
            clock: shape.clock.clone(),
            chance: Chance::system(),
        })
    }
}

/// What the ids of these cases name.
#[derive(Debug)]
pub(crate) struct Thing;

impl Prefixed for Thing {
    const PREFIX: &'static str = "thing_";
}

const ADD: &str = "INSERT INTO clients (id, name, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)";
const IDS: &str = "SELECT id FROM clients ORDER BY id";

/// Adds a client.
pub(crate) fn add(tx: &Tx<'_>, id: &str) -> Result<(), Error> {
    tx.run(ADD, params![id, "a client", tx.now]).map(drop)
}

/// The ids of all clients.
pub(crate) fn ids(tx: &Tx<'_>) -> Result<Vec<String>, Error> {
    tx.list(IDS, &[], |row| row.get("id"))
}

/// A refusal that is this case's own.
pub(crate) fn no() -> Error {
    Refused::conflict("no", "not this time")
}

/// Begins a call: it stands in its lane's queue when this returns.
pub(crate) async fn begun<F: Future>(call: F) -> Pin<Box<F>> {
    let mut call = Box::pin(call);
    poll_fn(|context| {
        assert!(call.as_mut().poll(context).is_pending(), "the lane was to be held");
        Poll::Ready(())
    })
    .await;
    call
}

/// A call that keeps its lane busy until it is let go.
pub(crate) struct Held {
    go: mpsc::Sender<()>,
    call: JoinHandle<Result<(), Error>>,
}

impl Held {
    /// Lets the lane go on.
    pub(crate) async fn let_go(self) {
        self.let_go_into_failure().await.unwrap();
    }

    /// Lets the lane go on, where its next commit may fail and this call's with it.
    pub(crate) async fn let_go_into_failure(self) -> Result<(), Error> {
        self.go.send(()).unwrap();
        self.call.await.unwrap()
    }
}

/// Holds the writing lane.
pub(crate) async fn hold_writer(store: &Store) -> Held {
    hold(store, |store, work| tokio::spawn(async move { store.write(work).await })).await
}

/// Holds one reading lane.
pub(crate) async fn hold_reader(store: &Store) -> Held {
    hold(store, |store, work| tokio::spawn(async move { store.read(work).await })).await
}

type Work = Box<dyn Fn(&Tx<'_>) -> Result<(), Error> + Send>;

async fn hold(
    store: &Store,
    call: impl FnOnce(Store, Work) -> JoinHandle<Result<(), Error>>,
) -> Held {
    let (entered, mut inside) = tokio::sync::mpsc::unbounded_channel();
    let (go, gone) = mpsc::channel();
    let call = call(
        store.clone(),
        Box::new(move |_| {
            // A call that is run again with its batch has nobody to tell and nothing to wait for.
            if entered.send(()).is_ok() {
                gone.recv().unwrap();
            }
            Ok(())
        }),
    );
    inside.recv().await.unwrap();
    Held { go, call }
}

/// A clock that stands in 2026.
pub(crate) fn standing() -> (Clock, Timestamp) {
    let now = Timestamp::from_millis(1_767_323_045_678);
    (Clock::standing_at(now), now)
}

/// Runs every case on one engine.
macro_rules! conformance {
    ($engine:ident, $place:expr) => {
        conformance! { @ $engine, $place,
            answers::a_write_is_seen_by_the_next_read,
            answers::a_refusal_leaves_nothing,
            answers::writes_that_share_a_commit_get_their_own_answers,
            answers::a_panic_is_a_fault_and_the_lanes_live,
            answers::a_failed_statement_cannot_be_passed_over,
            answers::what_is_there_already_is_no_failure,
            answers::a_reference_to_nothing_is_refused_however_it_is_written,
            answers::how_a_transaction_ends_is_not_for_its_work_to_say,
            answers::a_reader_cannot_write,
            answers::a_read_sees_one_snapshot,
            lanes::a_full_queue_is_busy_at_once_and_recovers,
            lanes::numbers_follow_the_order_of_commits,
            lanes::callers_who_go_away_do_no_harm,
            lanes::a_closed_store_is_free_to_be_opened,
            lanes::the_last_handle_may_go_inside_its_own_lane,
            values::time_never_goes_back,
            values::ids_are_fresh_in_each_run,
            values::values_come_back_as_they_went,
            values::text_with_nul_is_not_stored,
            values::a_stored_value_that_does_not_parse_says_where_it_stands,
        }
    };
    (@ $engine:ident, $place:expr, $($group:ident::$case:ident,)*) => {
        mod $engine {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$group::$case(&$place).await;
                }
            )*
        }
    };
}

conformance!(sqlite, super::Folder::new());
