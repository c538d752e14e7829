//! A customer's name server: it answers questions for TXT records over UDP and TCP (RFC 1035), with
//! whatever it is told to say.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    sync::watch,
    time::timeout,
};

use super::wire::PATIENCE;

/// What is said about one name.
#[derive(Debug, Clone)]
pub(crate) enum Says {
    /// These TXT records, each of its strings.
    Texts(Vec<Vec<String>>),
    /// The name is another name for this one.
    Alias(String),
    /// Nothing but a code: 2 is SERVFAIL, 5 REFUSED.
    Code(u8),
    /// Nothing at all.
    Nothing,
}

/// One server on a port of its own, until the test ends. Names that it knows nothing of do not
/// exist.
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    zone: Arc<Zone>,
}

struct Zone {
    names: Mutex<BTreeMap<String, Says>>,
    /// How often it was asked over UDP, and over TCP.
    asked: watch::Sender<(usize, usize)>,
}

impl NameServer {
    pub(crate) async fn start() -> Self {
        let (tcp, udp) = loop {
            let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
            // The same port may be taken there.
            if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
                break (tcp, udp);
            }
        };
        let address = udp.local_addr().unwrap();
        let zone = Arc::new(Zone { names: Mutex::default(), asked: watch::Sender::default() });
        tokio::spawn(Arc::clone(&zone).serve_udp(udp));
        tokio::spawn(Arc::clone(&zone).serve_tcp(tcp));
        Self { address, zone }
    }

    /// From now on this is said about the name.
    pub(crate) fn says(&self, name: &str, what: Says) {
        self.zone.names.lock().unwrap().insert(name.to_owned(), what);
    }

    /// From now on the name has these TXT records, of one string each.
    pub(crate) fn has(&self, name: &str, texts: &[&str]) {
        let texts = texts.iter().map(|text| vec![(*text).to_owned()]).collect();
        self.says(name, Says::Texts(texts));
    }

    /// How often it was asked over UDP, and over TCP.
    pub(crate) fn asked(&self) -> (usize, usize) {
        *self.zone.asked.borrow()
    }

    /// Returns once it was asked so often over UDP.
    pub(crate) async fn is_asked(&self, times: usize) {
        let mut asked = self.zone.asked.subscribe();
        timeout(PATIENCE, asked.wait_for(|(udp, _)| *udp >= times)).await.unwrap().unwrap();
    }
}

impl Zone {
    async fn serve_udp(self: Arc<Self>, socket: UdpSocket) {
        let mut question = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut question).await {
            let answer = self.answer(&question[..length]);
            self.asked.send_modify(|(udp, _)| *udp += 1);
            let Some(mut answer) = answer else { continue };
            if answer.len() > 512 {
                // Truncated: the question alone, to be asked again over TCP.
                let end = end_of_question(&answer);
                answer.truncate(end);
                answer[2] |= 0x02;
                answer[6..8].fill(0);
            }
            let _ = socket.send_to(&answer, from).await;
        }
    }

    async fn serve_tcp(self: Arc<Self>, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(Arc::clone(&self).serve_stream(stream));
        }
    }

    async fn serve_stream(self: Arc<Self>, mut stream: TcpStream) {
        while let Ok(length) = stream.read_u16().await {
            let mut question = vec![0; usize::from(length)];
            if stream.read_exact(&mut question).await.is_err() {
                return;
            }
            self.asked.send_modify(|(_, tcp)| *tcp += 1);
            let Some(answer) = self.answer(&question) else { continue };
            let length = u16::try_from(answer.len()).unwrap();
            let framed = [&length.to_be_bytes()[..], &answer].concat();
            if stream.write_all(&framed).await.is_err() {
                return;
            }
        }
    }

    fn answer(&self, question: &[u8]) -> Option<Vec<u8>> {
        let end = end_of_question(question);
        let mut name = name_in(&question[12..end - 4]);
        let (mut records, mut code) = (Vec::new(), 0);
        // The first name stands in the question, at byte 12.
        let mut owner = vec![0xc0, 12];
        let names = self.names.lock().unwrap();
        loop {
            match names.get(&name) {
                None => code = 3,
                Some(Says::Nothing) => return None,
                Some(Says::Code(said)) => code = *said,
                Some(Says::Texts(texts)) => {
                    records.extend(texts.iter().map(|text| record(&owner, 16, &strings(text))));
                }
                Some(Says::Alias(other)) => {
                    records.push(record(&owner, 5, &labels(other)));
                    (owner, name) = (labels(other), other.clone());
                    continue;
                }
            }
            break;
        }
        let mut answer = question[..end].to_vec();
        // An answer with authority; recursion was desired and is available.
        answer[2] = 0x85;
        answer[3] = 0x80 | code;
        answer[6..8].copy_from_slice(&u16::try_from(records.len()).unwrap().to_be_bytes());
        // What else stood in the question is not repeated.
        answer[8..12].fill(0);
        answer.extend(records.concat());
        Some(answer)
    }
}

/// Where the one question of a message ends.
fn end_of_question(message: &[u8]) -> usize {
    let mut at = 12;
    while message[at] != 0 {
        at += usize::from(message[at]) + 1;
    }
    at + 5
}

fn name_in(mut labels: &[u8]) -> String {
    let mut name = Vec::new();
    while let Some((length, rest)) = labels.split_first().filter(|(length, _)| **length > 0) {
        let (label, rest) = rest.split_at(usize::from(*length));
        name.push(String::from_utf8_lossy(label).to_lowercase());
        labels = rest;
    }
    name.join(".")
}

fn labels(name: &str) -> Vec<u8> {
    let labels = name.split('.').map(|label| strings(&[label.to_owned()]));
    [labels.collect::<Vec<_>>().concat(), vec![0]].concat()
}

fn strings(texts: &[String]) -> Vec<u8> {
    let one = |text: &String| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    texts.iter().map(one).collect::<Vec<_>>().concat()
}

fn record(owner: &[u8], kind: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    // Class IN, a minute to live.
    [owner, &[0, kind, 0, 1, 0, 0, 0, 60], &length, data].concat()
}
