//! The ceiling: hyper, one `SQLite` writer with group commit and two reading lanes, nothing else.
//! No authentication, no JSON, no routing worth the name: what Kernia is measured against on the
//! same machine in the same run. `cargo bench --bench ceiling -- DIR` serves it alone.

#![expect(clippy::print_stdout, reason = "the address is this program's one answer")]

use std::{
    convert::Infallible,
    env,
    error::Error,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use rusqlite::{Connection, OptionalExtension as _, params};
use tokio::{net::TcpListener, sync::oneshot};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// As many writes as one commit may carry.
const BATCH: usize = 256;
const QUEUE: usize = 1024;
const READERS: usize = 2;

/// What one row holds: about what an organization does.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS organizations (
        id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, metadata TEXT NOT NULL,
        created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS organizations_by_time ON organizations (created_at, id);";

struct Insert {
    body: Bytes,
    answer: oneshot::Sender<String>,
}

struct Read {
    key: String,
    answer: oneshot::Sender<Option<String>>,
}

struct Lanes {
    writer: SyncSender<Insert>,
    readers: Vec<SyncSender<Read>>,
    turn: AtomicUsize,
}

/// Serves until it is killed; the first argument that is no option names the folder.
pub(crate) fn main() -> Outcome<()> {
    let folder = env::args().skip(1).find(|word| !word.starts_with("--") && word != "ceiling");
    let folder = folder.ok_or("ceiling: which folder?")?;
    let lanes = Arc::new(open(Path::new(&folder))?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("http://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let lanes = Arc::clone(&lanes);
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(Arc::clone(&lanes), request));
                // A client that hangs up ends its connection, and nothing else.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    })
}

async fn answer(
    lanes: Arc<Lanes>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let found = match (request.method(), request.uri().path()) {
        (&Method::GET, "/hello") => Some("hello".to_owned()),
        (&Method::POST, "/insert") => insert(&lanes, request).await,
        (&Method::GET, path) => read(&lanes, path).await,
        _ => None,
    };
    let status = if found.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let mut response = Response::new(Full::from(found.unwrap_or_default()));
    *response.status_mut() = status;
    Ok(response)
}

async fn insert(lanes: &Lanes, request: Request<Incoming>) -> Option<String> {
    let body = request.into_body().collect().await.ok()?.to_bytes();
    let (sender, receiver) = oneshot::channel();
    lanes.writer.try_send(Insert { body, answer: sender }).ok()?;
    receiver.await.ok()
}

async fn read(lanes: &Lanes, path: &str) -> Option<String> {
    let key = path.strip_prefix("/read/")?.to_owned();
    let (sender, receiver) = oneshot::channel();
    let turn = lanes.turn.fetch_add(1, Ordering::Relaxed) % lanes.readers.len();
    lanes.readers[turn].try_send(Read { key, answer: sender }).ok()?;
    receiver.await.ok()?
}

fn open(folder: &Path) -> Outcome<Lanes> {
    let file = folder.join("ceiling.db");
    let writing = connect(&file)?;
    writing.execute_batch(SCHEMA)?;
    let (writer, jobs) = sync_channel(QUEUE);
    thread::Builder::new().name("writer".into()).spawn(move || write_lane(&writing, &jobs))?;
    let readers = (0..READERS).map(|nth| {
        let reading = connect(&file)?;
        reading.execute_batch("PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0")?;
        let (reader, jobs) = sync_channel(QUEUE);
        thread::Builder::new()
            .name(format!("reader-{nth}"))
            .spawn(move || read_lane(&reading, &jobs))?;
        Ok(reader)
    });
    Ok(Lanes { writer, readers: readers.collect::<Outcome<_>>()?, turn: AtomicUsize::new(0) })
}

fn connect(file: &Path) -> Outcome<Connection> {
    let connection = Connection::open(file)?;
    connection.execute_batch(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;",
    )?;
    Ok(connection)
}

/// Takes what waits, runs it in one transaction, and answers everybody after the commit.
fn write_lane(connection: &Connection, jobs: &Receiver<Insert>) -> Outcome<()> {
    let mut nth = 0_i64;
    let mut batch = Vec::with_capacity(BATCH);
    while let Ok(first) = jobs.recv() {
        batch.extend([first].into_iter().chain(jobs.try_iter()).take(BATCH));
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut done = Vec::with_capacity(batch.len());
        for job in batch.drain(..) {
            nth += 1;
            let id = format!("org_{nth:026}");
            connection
                .prepare_cached("INSERT INTO organizations VALUES (?1, ?2, ?3, ?4, ?4)")?
                .execute(params![id, "Ceiling", String::from_utf8_lossy(&job.body), nth])?;
            done.push((job.answer, row(&id, "Ceiling", &String::from_utf8_lossy(&job.body), nth)));
        }
        connection.execute_batch("COMMIT")?;
        for (answer, body) in done {
            // Who hung up does not wait any more.
            let _ = answer.send(body);
        }
    }
    Ok(())
}

fn read_lane(connection: &Connection, jobs: &Receiver<Read>) -> Outcome<()> {
    while let Ok(job) = jobs.recv() {
        let found = connection
            .prepare_cached(
                "SELECT id, name, metadata, created_at FROM organizations WHERE id = ?1",
            )?
            .query_row([&job.key], |found| {
                let (id, name): (String, String) = (found.get(0)?, found.get(1)?);
                Ok(row(&id, &name, &found.get::<_, String>(2)?, found.get(3)?))
            })
            .optional()?;
        let _ = job.answer.send(found);
    }
    Ok(())
}

fn row(id: &str, name: &str, metadata: &str, at: i64) -> String {
    format!(r#"{{"id":"{id}","name":"{name}","metadata":{metadata},"created_at":{at}}}"#)
}
