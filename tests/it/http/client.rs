//! The client for outgoing requests, against listeners that say what they are told to.

use std::{sync::Arc, time::Duration};

use kernia::{
    http::{Client, FetchRefused, Fetched, Reach},
    kit::{network::Network, text::WebAddress},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use super::site::PATIENCE;

/// Someone who answers each connection with the same bytes and then holds it open or closes it.
async fn someone(answer: &'static str, closes: bool) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await.unwrap() > 0 {}
            assert!(head.starts_with(b"GET "));
            let _ = stream.write_all(answer.replace("PORT", &port.to_string()).as_bytes()).await;
            if !closes {
                open.push(stream);
            }
        }
    });
    port
}

async fn fetches(reach: Reach, url: &str, time: Duration) -> Result<Fetched, FetchRefused> {
    Client::new(reach).fetch(&WebAddress::parse(url).unwrap(), 1000, time).await
}

fn loopback() -> Reach {
    Reach::PublicAnd(vec![Network::parse("127.0.0.0/8").unwrap()])
}

fn code(fetched: Result<Fetched, FetchRefused>) -> &'static str {
    fetched.expect_err("it is refused").code
}

#[tokio::test]
async fn a_document_is_fetched_where_the_reach_allows_it() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>";
    let port = someone(answer, true).await;
    for reach in [loopback(), Reach::Anywhere] {
        let fetched = fetches(reach, &format!("http://127.0.0.1:{port}/a?b"), PATIENCE).await;
        let fetched = fetched.unwrap();
        assert_eq!((fetched.status, &*fetched.content_type), (200, "text/xml"));
        assert_eq!(&fetched.body[..], b"<a/>");
    }
}

#[tokio::test]
async fn addresses_of_our_own_network_are_refused() {
    let port = someone("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true).await;
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("https://0x7f.1:{port}/"),
        format!("https://0.0.0.0:{port}/"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "http://1.1.1.1/".to_owned(),
    ] {
        let fetched = fetches(Reach::PublicOnly, &url, PATIENCE).await;
        assert_eq!(code(fetched), "fetch_address_refused", "{url}");
    }
    let fetched = fetches(loopback(), &format!("http://[::1]:{port}/"), PATIENCE).await;
    assert_eq!(code(fetched), "fetch_address_refused");
}

#[tokio::test]
async fn what_is_too_big_is_refused() {
    let declared = "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n";
    let chunk = "0123456789".repeat(101);
    let chunked =
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3f2\r\n{chunk}\r\n0\r\n\r\n");
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{chunk}");
    for answer in [declared, chunked.leak(), endless.leak()] {
        let port = someone(answer, false).await;
        let fetched = fetches(loopback(), &format!("http://127.0.0.1:{port}/"), PATIENCE).await;
        assert_eq!(code(fetched), "fetch_too_large", "{answer}");
    }
}

#[tokio::test]
async fn what_is_too_slow_is_refused() {
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"] {
        let port = someone(answer, false).await;
        let time = Duration::from_millis(300);
        let fetched = fetches(loopback(), &format!("http://127.0.0.1:{port}/"), time).await;
        assert_eq!(code(fetched), "fetch_too_slow", "{answer}");
    }
}

#[tokio::test]
async fn what_is_broken_is_refused() {
    for answer in ["", "what?\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"] {
        let port = someone(answer, true).await;
        let fetched = fetches(loopback(), &format!("http://127.0.0.1:{port}/"), PATIENCE).await;
        assert_eq!(code(fetched), "fetch_broken", "{answer}");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let fetched = fetches(loopback(), &format!("http://127.0.0.1:{port}/"), PATIENCE).await;
    assert_eq!(code(fetched), "fetch_unreachable");
    let fetched = fetches(loopback(), "https://nobody.invalid/", PATIENCE).await;
    assert_eq!(code(fetched), "fetch_unresolved");
}

#[tokio::test]
async fn redirects_stay_on_their_host() {
    let there = someone("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true).await;
    for location in [
        format!("http://127.0.0.1:{there}/"),
        format!("http://127.0.0.2:{there}/"),
        "http://user:word@127.0.0.1:PORT/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "//elsewhere.test/".to_owned(),
        // To itself, for ever.
        "/again#part".to_owned(),
    ] {
        let answer = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n");
        let port = someone(answer.leak(), true).await;
        let fetched = fetches(loopback(), &format!("http://127.0.0.1:{port}/"), PATIENCE).await;
        assert_eq!(code(fetched), "fetch_redirect_refused", "{location}");
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let accepted = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        acceptor.accept(stream).await.is_ok()
    });
    let fetched = fetches(Reach::Anywhere, &format!("https://localhost:{port}/"), PATIENCE).await;
    let refused = fetched.expect_err("it is refused");
    assert_eq!(refused.code, "fetch_tls_failed");
    assert!(refused.detail.contains("certificate"), "{}", refused.detail);
    assert!(!accepted.await.unwrap(), "no handshake was completed");
}
