//! One request and its answer over a connection of their own. Whatever is answered must carry the
//! request's id.

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Long enough for anything here; whoever waits longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// Sends one request and takes its answer.
pub(crate) async fn sends(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let answer = sends_from(address, method, path, headers, body).await;
    answer.unwrap_or_else(|why| panic!("{method} {path}: {why}"))
}

/// As [`sends`], to a server that may be gone at any moment.
pub(crate) async fn sends_from(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Answer, String> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        write!(head, "host: {address}\r\n").unwrap();
    }
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    if !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH") {
        write!(head, "content-length: {}\r\n", body.len()).unwrap();
    }
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        let all = [head.as_bytes(), b"\r\n", body].concat();
        // A server that refuses early closes before it has read all.
        let _ = stream.write_all(&all).await;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        Ok::<_, std::io::Error>(bytes)
    };
    let outcome = timeout(PATIENCE, exchange).await;
    let outcome = outcome.map_err(|_| "no answer in time".to_owned())?;
    Answer::parse(&outcome.map_err(|error| error.to_string())?)
}

impl Answer {
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or("no whole head")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let body = &bytes[end + 4..];
        let answer = Self {
            status: status.ok_or("no status")?,
            headers,
            body: String::from_utf8_lossy(body).into_owned(),
        };
        let length = answer.header("content-length").and_then(|text| text.parse::<usize>().ok());
        if length.is_some_and(|length| length != body.len()) {
            return Err("the answer was cut".to_owned());
        }
        assert!(answer.request_id().starts_with("req_"), "no request id: {answer:?}");
        Ok(answer)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn request_id(&self) -> &str {
        self.header("x-request-id").unwrap_or_default()
    }

    pub(crate) fn content_type(&self) -> &str {
        self.header("content-type").unwrap_or_default()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        assert!(self.content_type().contains("json"), "no JSON: {self:?}");
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body of an answer of this status.
    pub(crate) fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The code of a refusal of this status.
    pub(crate) fn code(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        let body = self.json();
        body["code"].as_str().or_else(|| body["error"].as_str()).unwrap_or_default().to_owned()
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location").unwrap_or_else(|| panic!("no redirect: {self:?}"))
    }

    /// A parameter of the address that the answer leads to.
    pub(crate) fn leads_with(&self, name: &str) -> Option<String> {
        from(self.location(), name)
    }
}

/// A parameter of an address's query.
pub(crate) fn from(address: &str, name: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// `a=b&c=d`.
pub(crate) fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
