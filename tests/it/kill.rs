//! `kill -9` under load, again and again on the same folder: what was acknowledged is there.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use kernia::{kit::chance::Chance, store};
use serde_json::{Value, json};
use tokio::{sync::Notify, task::JoinSet};

use crate::kernia::{Answer, Application, Program, encoded, from, hidden_fields, sends_from};

const ROUNDS: u32 = 25;
const WRITERS: u32 = 4;
const EMPLOYEES: u32 = 2;

/// What a server that may be gone answered; `None` when it is.
type Heard = Option<Answer>;

/// An organization as it was acknowledged, and as it may be: a change that was sent and not
/// answered may have happened or not.
#[derive(Debug, Clone)]
struct Kept {
    id: String,
    name: String,
    attempted: Option<String>,
}

/// A code that was given out.
#[derive(Debug, Clone, PartialEq)]
enum Code {
    /// Nobody has offered it.
    Fresh,
    /// It was offered, and no answer came.
    Offered,
    /// This token was given for it.
    Spent { token: String },
}

/// What the callers were told, and a bell that rings when enough of it was.
#[derive(Default)]
struct Told {
    organizations: Mutex<BTreeMap<String, Kept>>,
    codes: Mutex<BTreeMap<String, Code>>,
    until: AtomicU32,
    enough: Notify,
}

impl Told {
    /// One more acknowledgement.
    fn count(&self) {
        if self.until.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.enough.notify_one();
        }
    }

    fn keep(&self, kept: Kept, key: &str) {
        self.organizations.lock().unwrap().insert(key.to_owned(), kept);
    }

    fn know(&self, code: &str, state: Code) {
        self.codes.lock().unwrap().insert(code.to_owned(), state);
    }
}

/// The demo and its API key.
#[derive(Clone)]
struct Target {
    address: SocketAddr,
    app: Application,
    connection: String,
    callback: String,
}

impl Target {
    fn of(document: &Value) -> Self {
        let text = |name: &str| document[name].as_str().unwrap();
        let address = text("base_url").strip_prefix("http://").unwrap().parse().unwrap();
        Self {
            address,
            app: Application::new(address, text("client_id"), text("api_key")),
            connection: text("saml_connection_id").to_owned(),
            callback: text("redirect_uri").to_owned(),
        }
    }

    async fn api(&self, method: &str, path: &str, body: &Value) -> Heard {
        let key = format!("Bearer {}", self.app.api_key);
        let headers = [("authorization", key.as_str())];
        sends_from(self.address, method, path, &headers, body.to_string().as_bytes()).await.ok()
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)], cookie: &str) -> Heard {
        let form = "application/x-www-form-urlencoded";
        let headers = [("content-type", form), ("cookie", cookie)];
        sends_from(self.address, "POST", path, &headers, encoded(fields).as_bytes()).await.ok()
    }

    async fn gets(&self, path: &str) -> Heard {
        sends_from(self.address, "GET", path, &[], b"").await.ok()
    }

    fn path<'a>(&self, url: &'a str) -> &'a str {
        url.split_once(&self.address.to_string()).unwrap_or_else(|| panic!("{url}")).1
    }
}

/// Makes organizations and renames them until the server is gone.
async fn writes(target: Target, told: Arc<Told>, writer: String) {
    for nth in 0.. {
        let key = format!("{writer}-{nth}");
        let name = format!("Customer {key}");
        let body = json!({ "name": name, "external_id": key });
        let Some(made) = target.api("POST", "/organizations", &body).await else { return };
        let id = made.is(201)["id"].as_str().unwrap().to_owned();
        let renamed = format!("Renamed {key}");
        told.keep(Kept { id: id.clone(), name, attempted: Some(renamed.clone()) }, &key);
        told.count();
        let (path, body) = (format!("/organizations/{id}"), json!({ "name": renamed }));
        let Some(changed) = target.api("PUT", &path, &body).await else { return };
        changed.is(200);
        told.keep(Kept { id, name: renamed, attempted: None }, &key);
        told.count();
    }
}

/// Signs in through the demo's identity provider until the server is gone. Every other code is
/// kept for the time after the next start.
async fn signs_in(target: Target, told: Arc<Told>) {
    for nth in 0.. {
        let Some(code) = code(&target).await else { return };
        told.know(&code, Code::Fresh);
        told.count();
        if nth % 2 == 0 {
            continue;
        }
        told.know(&code, Code::Offered);
        let Some(answer) = offers(&target, &code).await else { return };
        let token = answer.is(200)["access_token"].as_str().unwrap().to_owned();
        told.know(&code, Code::Spent { token });
        told.count();
    }
}

/// One sign-in, up to its code.
async fn code(target: &Target) -> Option<String> {
    let query = encoded(&[
        ("client_id", &target.app.client_id),
        ("redirect_uri", &target.callback),
        ("response_type", "code"),
        ("connection", &target.connection),
        ("login_hint", "ada@example.com"),
    ]);
    let sent = target.gets(&format!("/sso/authorize?{query}")).await?;
    let cookie = sent.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let page = target.gets(target.path(sent.location())).await?;
    let (action, fields) = hidden_fields(&page.body);
    let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let back = target.form(target.path(&action), &fields, &cookie).await?;
    assert_eq!(back.status, 303, "{}", back.body);
    Some(from(back.location(), "code").unwrap())
}

async fn offers(target: &Target, code: &str) -> Heard {
    let fields = [
        ("client_id", target.app.client_id.as_str()),
        ("client_secret", &target.app.api_key),
        ("grant_type", "authorization_code"),
        ("code", code),
    ];
    target.form("/sso/token", &fields, "").await
}

/// Puts the server under load, and kills it after so many acknowledgements.
async fn round(demo: &mut Program, target: &Target, told: &Arc<Told>, (nth, until): (u32, u32)) {
    told.until.store(until, Ordering::SeqCst);
    let mut callers = JoinSet::new();
    for writer in 0..WRITERS {
        callers.spawn(writes(target.clone(), Arc::clone(told), format!("{nth}-{writer}")));
    }
    for _ in 0..EMPLOYEES {
        callers.spawn(signs_in(target.clone(), Arc::clone(told)));
    }
    tokio::select! {
        () = told.enough.notified() => {}
        ended = callers.join_next() => panic!("a caller ended before the kill: {ended:?}"),
    }
    demo.kill();
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
}

/// Everything that was ever acknowledged is there, as it was acknowledged.
async fn nothing_is_missing(target: &Target, told: &Told) {
    let mut there = BTreeMap::new();
    let mut after = String::new();
    loop {
        let path = format!("/organizations?order=asc&limit=100&after={after}");
        let page = target.api("GET", &path, &Value::Null).await.unwrap().is(200);
        for one in page["data"].as_array().unwrap() {
            there.insert(one["id"].as_str().unwrap().to_owned(), one.clone());
        }
        match page["list_metadata"]["after"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => break,
        }
    }
    for (key, kept) in told.organizations.lock().unwrap().iter_mut() {
        let one = there.get(&kept.id).unwrap_or_else(|| panic!("{key} is gone: {kept:?}"));
        assert_eq!(one["external_id"], *key);
        let name = one["name"].as_str().unwrap();
        assert!(name == kept.name || Some(name) == kept.attempted.as_deref(), "{kept:?}: {name}");
        // What it turned out to be, it must stay.
        *kept = Kept { id: kept.id.clone(), name: name.to_owned(), attempted: None };
    }
}

/// A code that was given works, a token that was given opens its profile, and what was spent stays
/// spent. Each is looked at once: offering a spent code takes its token back.
async fn nothing_is_forgotten(target: &Target, told: &Told) {
    let codes = std::mem::take(&mut *told.codes.lock().unwrap());
    for (code, state) in codes {
        if let Code::Spent { token } = &state {
            let profile = target.app.profile_by(token).await.is(200);
            assert_eq!(profile["email"], "ada@example.com");
        }
        let answer = offers(target, &code).await.unwrap();
        match state {
            Code::Fresh => assert_eq!(answer.is(200)["profile"]["email"], "ada@example.com"),
            Code::Offered => assert!(matches!(answer.status, 200 | 400), "{answer:?}"),
            Code::Spent { token } => {
                assert_eq!(answer.code(400), "invalid_grant");
                assert_eq!(target.app.profile_by(&token).await.status, 401);
            }
        }
        assert_eq!(offers(target, &code).await.unwrap().code(400), "invalid_grant");
    }
}

fn is_whole(database: &Path, round: u32) {
    let seen = store::inspect(database).unwrap_or_else(|fault| panic!("round {round}: {fault}"));
    assert_eq!(seen.faults, Vec::<String>::new(), "round {round}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("demo.db");
    let (chance, told) = (Chance::seeded(9), Arc::new(Told::default()));
    let (mut demo, document) = Program::demo(folder.path());
    for nth in 0..ROUNDS {
        let target = Target::of(&document);
        // From the first answers to the middle of a busy time.
        let [byte] = chance.bytes::<1>();
        round(&mut demo, &target, &told, (nth, 1 + u32::from(byte))).await;
        is_whole(&database, nth);
        let (next, again) = Program::demo(folder.path());
        assert_eq!(again, document);
        demo = next;
        nothing_is_missing(&target, &told).await;
        nothing_is_forgotten(&target, &told).await;
        is_whole(&database, nth);
    }
    assert!(told.organizations.lock().unwrap().len() > ROUNDS as usize, "there was load");
}
