//! The cast: a site with a handful of routes, a server for it, and a caller who speaks bytes.

use std::{future::ready, net::SocketAddr, sync::Arc, time::Duration};

use kernia::{
    http::{
        Admission, Answer, Found, Head, Request, Response, Route, Router, Seen, Site,
        route::{get, post},
    },
    kit::{
        chance::Chance,
        error::{Error, Fault, Kind, Refused},
        time::Clock,
    },
    server::{Server, ServerLimits},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::timeout,
};

/// Long enough for anything here; whoever waits longer has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

type Handler = fn(Arc<Here>, Request) -> Answer<'static, Result<Response, Error>>;

const ROUTES: &[Route<Handler>] = &[
    get("/hello", |_, _| answered(Response::text(200, "hello"))),
    get("/echo/{word}", |_, request| answered(Response::text(200, request.param("word")))),
    get("/peer", |_, request| answered(Response::text(200, request.peer.to_string()))),
    get("/one", |_, request| {
        let value = request.query.one("name").map(|value| value.unwrap_or("none").to_owned());
        Box::pin(ready(value.map(|value| Response::text(200, value))))
    }),
    get("/cached", |_, _| {
        answered(Response::text(200, "kept").with_header("cache-control", "max-age=60"))
    }),
    get("/big", |_, _| answered(Response::text(200, "x".repeat(32 * 1024 * 1024)))),
    get("/panic", |_, _| Box::pin(async { panic!("a planted panic") })),
    get("/busy", |_, _| Box::pin(ready(Err(Fault::Busy.into())))),
    get("/slow", |here, _| {
        Box::pin(async move {
            here.arrived.notify_one();
            here.release.notified().await;
            here.ended.notify_one();
            Ok(Response::text(200, "at last"))
        })
    }),
    post("/count", count as Handler).with_body(1000),
    post("/none", count as Handler).with_body(0),
];

fn count(_: Arc<Here>, request: Request) -> Answer<'static, Result<Response, Error>> {
    Box::pin(async move { Ok(Response::text(200, request.body.len().to_string())) })
}

fn answered(response: Response) -> Answer<'static, Result<Response, Error>> {
    Box::pin(ready(Ok(response)))
}

/// A site that answers in plain text; its refusals are `code` in a line.
pub(super) struct Here {
    router: Router<Handler>,
    /// `/slow` was asked.
    pub(super) arrived: Notify,
    /// `/slow` may answer.
    pub(super) release: Notify,
    /// `/slow` is done.
    pub(super) ended: Notify,
}

impl Site for Here {
    fn admit(self: Arc<Self>, mut head: Head) -> Answer<'static, Admission> {
        let admission = match self.router.find(head.method, &head.path) {
            Found::Route { route, params } => {
                head.params = params;
                let handler = route.handler;
                Admission::body(route.pattern, head, route.body, move |request| {
                    handler(self, request)
                })
            }
            Found::OtherMethods(_) => {
                let refused = Refused::new(Kind::Method, "method_not_here", "not with this method");
                Admission::refused("-", refused.into())
            }
            Found::Nothing => Admission::refused("-", Refused::missing("nothing_here", "nothing")),
        };
        Box::pin(ready(admission))
    }

    fn refuse(&self, seen: &Seen, error: &Error) -> Response {
        let (status, code) = match error {
            Error::Refused(refused) => (status(refused.kind), refused.code),
            Error::Fault(Fault::Busy) => (503, "busy"),
            Error::Fault(_) => (500, "internal"),
        };
        Response::text(status, format!("{code} {}", seen.id))
    }
}

fn status(kind: Kind) -> u16 {
    match kind {
        Kind::Missing => 404,
        Kind::Method => 405,
        Kind::TooSlow => 408,
        Kind::TooLarge => 413,
        _ => 400,
    }
}

/// A server that runs until it is told to stop.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) here: Arc<Here>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<usize>,
}

impl Running {
    pub(super) async fn start(limits: ServerLimits) -> Self {
        let router = Router::new(&[ROUTES]).unwrap();
        let here = Arc::new(Here {
            router,
            arrived: Notify::new(),
            release: Notify::new(),
            ended: Notify::new(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let site = Arc::clone(&here) as Arc<dyn Site>;
        let server = Server::new(site, limits, Clock::system(), Chance::seeded(1));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.serve(vec![listener.into()], async { drop(stopped.await) }));
        Self { address, here, stop, task }
    }

    pub(super) async fn caller(&self) -> Caller {
        Caller(TcpStream::connect(self.address).await.unwrap())
    }

    /// Sends one request on a connection of its own and reads until the server closes.
    pub(super) async fn asks(&self, request: &str) -> String {
        let mut caller = self.caller().await;
        caller.says(request).await;
        caller.hears_all().await
    }

    /// `GET path` with nothing but what it must have.
    pub(super) async fn gets(&self, path: &str) -> String {
        self.asks(&format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")).await
    }

    /// Tells the server to go down; [`Running::went_down`] waits for it.
    pub(super) fn stops(self) -> JoinHandle<usize> {
        self.stop.send(()).unwrap();
        self.task
    }
}

/// How many requests were cut when the server went down.
pub(super) async fn went_down(task: JoinHandle<usize>) -> usize {
    timeout(PATIENCE, task).await.expect("the server goes down").unwrap()
}

/// Someone at the other end of a connection.
pub(super) struct Caller(pub(super) TcpStream);

impl Caller {
    /// Sends bytes; a server that has closed already is noticed when reading.
    pub(super) async fn says(&mut self, text: &str) {
        let _ = self.0.write_all(text.as_bytes()).await;
    }

    /// Everything until the server closes. A reset ends it too.
    pub(super) async fn hears_all(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = timeout(PATIENCE, self.0.read_to_end(&mut bytes)).await;
        let _ = read.expect("the server closes");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// One answer, by its `Content-Length`; the connection stays open.
    pub(super) async fn hears_answer(&mut self) -> String {
        let mut heard = String::new();
        loop {
            let length = header_of(&heard, "content-length").and_then(|text| text.parse().ok());
            if length.is_some_and(|length: usize| body_of(&heard).len() == length) {
                return heard;
            }
            self.hears_more(&mut heard).await;
        }
    }

    /// Bytes until `end` was heard.
    pub(super) async fn hears(&mut self, end: &str) {
        let mut heard = String::new();
        while !heard.ends_with(end) {
            self.hears_more(&mut heard).await;
        }
    }

    async fn hears_more(&mut self, heard: &mut String) {
        let mut bytes = Vec::new();
        let read = timeout(PATIENCE, self.0.read_buf(&mut bytes)).await;
        let count = read.expect("the server answers").expect("the connection stands");
        assert_ne!(count, 0, "closed after {heard:?}");
        heard.push_str(&String::from_utf8_lossy(&bytes));
    }
}

/// The status of an answer; 0 when there is none.
pub(super) fn status_of(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The value of a header of an answer.
pub(super) fn header_of<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = answer.split_once("\r\n\r\n")?;
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find_map(|(key, value)| (key == name).then_some(value))
}

/// The body of an answer.
pub(super) fn body_of(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}
