//! One kept-alive HTTP/1.1 connection, as thin as it can be: the client shares the two cores with
//! the server it measures, so every cycle here is one that the figures lack.

use std::io::ErrorKind::WouldBlock;

use tokio::net::TcpStream;

use crate::Outcome;

/// A connection and what was read from it.
pub(crate) struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// How much of the buffer is read.
    filled: usize,
}

/// One answer, still lying in the connection's buffer.
pub(crate) struct Answer<'wire> {
    pub(crate) status: u16,
    head: &'wire [u8],
    body: &'wire [u8],
}

impl Wire {
    /// Connects to `authority`, such as `127.0.0.1:8080`.
    pub(crate) async fn connect(authority: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(authority).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 16 * 1024], filled: 0 })
    }

    /// Sends one whole request and reads one whole answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Outcome<Answer<'_>> {
        self.send(request).await?;
        self.filled = 0;
        let begin = loop {
            self.fill().await?;
            if let Some(at) = find(&self.buffer[..self.filled], b"\r\n\r\n") {
                break at + 4;
            }
        };
        let head = &self.buffer[..begin];
        let status = head.get(9..12).and_then(number).ok_or("an answer without a status")?;
        let length = match header(head, b"content-length").and_then(number::<usize>) {
            Some(length) => length,
            None if status == 204 || status == 304 => 0,
            None => return Err("an answer without a length".into()),
        };
        while self.filled < begin + length {
            self.fill().await?;
        }
        let (head, body) = self.buffer[..begin + length].split_at(begin);
        Ok(Answer { status, head, body })
    }

    async fn send(&self, mut rest: &[u8]) -> Outcome<()> {
        while !rest.is_empty() {
            match self.stream.try_write(rest) {
                Ok(sent) => rest = &rest[sent..],
                Err(error) if error.kind() == WouldBlock => self.stream.writable().await?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Reads what is there, at least one byte.
    async fn fill(&mut self) -> Outcome<()> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.filled * 2, 0);
        }
        loop {
            self.stream.readable().await?;
            match self.stream.try_read(&mut self.buffer[self.filled..]) {
                Ok(0) => return Err("the server closed the connection".into()),
                Ok(read) => {
                    self.filled += read;
                    return Ok(());
                }
                Err(error) if error.kind() == WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl<'wire> Answer<'wire> {
    /// The body as text.
    pub(crate) fn text(&self) -> Outcome<&'wire str> {
        Ok(std::str::from_utf8(self.body)?)
    }

    /// The first header of that name (in lower case).
    pub(crate) fn header(&self, name: &str) -> Option<&'wire str> {
        header(self.head, name.as_bytes()).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The `name=value` of every cookie that the answer sets.
    pub(crate) fn cookies(&self) -> impl Iterator<Item = &'wire str> {
        headers(self.head)
            .filter(|(name, _)| name.eq_ignore_ascii_case(b"set-cookie"))
            .filter_map(|(_, value)| std::str::from_utf8(value).ok()?.split(';').next())
    }

    /// The answer itself when it has this status, else an error that shows it.
    pub(crate) fn expect(self, status: u16) -> Outcome<Self> {
        if self.status == status {
            return Ok(self);
        }
        let said = String::from_utf8_lossy(&self.body[..self.body.len().min(400)]).into_owned();
        Err(format!("expected {status}, got {}: {said}", self.status).into())
    }
}

/// A whole GET request.
pub(crate) fn get(authority: &str, target: &str, more: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: {authority}\r\n{more}\r\n").into_bytes()
}

/// A whole POST request; `more` holds further header lines, each with its end of line.
pub(crate) fn post(authority: &str, target: &str, kind: &str, more: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {target} HTTP/1.1\r\nhost: {authority}\r\ncontent-type: {kind}\r\n\
         content-length: {}\r\n{more}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}

fn number<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    std::str::from_utf8(digits).ok()?.trim().parse().ok()
}

fn header<'head>(head: &'head [u8], name: &[u8]) -> Option<&'head [u8]> {
    headers(head).find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn headers(head: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    head.split(|byte| *byte == b'\n').skip(1).filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        Some((&line[..colon], line[colon + 1..].trim_ascii()))
    })
}
