//! The web server of a customer's provider: it serves metadata, or whatever it is told to say.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};

use super::wire::PATIENCE;

/// One server on a port of its own, until the test ends.
pub(crate) struct MetadataServer {
    pub(crate) url: String,
    inner: Arc<Inner>,
}

struct Inner {
    answer: Mutex<Vec<u8>>,
    asked: watch::Sender<usize>,
    is_open: watch::Sender<bool>,
}

impl MetadataServer {
    /// A server that says this document.
    pub(crate) async fn start(document: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/metadata", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            answer: Mutex::default(),
            asked: watch::Sender::new(0),
            is_open: watch::Sender::new(true),
        });
        let server = Self { url, inner: Arc::clone(&inner) };
        server.says(document);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&inner).serve(stream));
            }
        });
        server
    }

    /// From now on it says this document.
    pub(crate) fn says(&self, document: &str) {
        let length = document.len();
        self.answers(&format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/samlmetadata+xml\r\nContent-Length: {length}\r\n\r\n{document}"
        ));
    }

    /// From now on it sends just this.
    pub(crate) fn answers(&self, bytes: &str) {
        *self.inner.answer.lock().unwrap() = bytes.as_bytes().to_vec();
    }

    /// From now on it takes requests and keeps silent.
    pub(crate) fn holds_back(&self) {
        self.inner.is_open.send_replace(false);
    }

    /// It answers again, those who wait too.
    pub(crate) fn lets_go(&self) {
        self.inner.is_open.send_replace(true);
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        *self.inner.asked.borrow()
    }

    /// Returns once it was asked so often.
    pub(crate) async fn is_asked(&self, times: usize) {
        let mut asked = self.inner.asked.subscribe();
        timeout(PATIENCE, asked.wait_for(|asked| *asked >= times)).await.unwrap().unwrap();
    }
}

impl Inner {
    async fn serve(self: Arc<Self>, mut stream: TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await.unwrap_or(0) > 0 {}
        self.asked.send_modify(|asked| *asked += 1);
        self.is_open.subscribe().wait_for(|open| *open).await.unwrap();
        let answer = self.answer.lock().unwrap().clone();
        // Who has heard enough hangs up.
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
    }
}
