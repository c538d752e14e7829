//! One request and its answer: headers, methods, paths, parameters, faults.

use kernia::{kit::network::Network, server::ServerLimits};

use super::site::{Running, body_of, header_of, status_of};

#[tokio::test]
async fn an_answer_has_its_id_and_the_headers_that_guard_it() {
    let server = Running::start(ServerLimits::default()).await;
    let answer = server.gets("/hello").await;
    assert_eq!((status_of(&answer), body_of(&answer)), (200, "hello"));
    assert!(header_of(&answer, "x-request-id").is_some_and(|id| id.starts_with("req_")));
    assert_eq!(header_of(&answer, "x-content-type-options"), Some("nosniff"));
    assert_eq!(header_of(&answer, "referrer-policy"), Some("no-referrer"));
    assert_eq!(header_of(&answer, "cache-control"), Some("no-store"));
    assert_eq!(header_of(&answer, "server"), None);
    let answer = server.gets("/cached").await;
    assert_eq!(header_of(&answer, "cache-control"), Some("max-age=60"));
}

#[tokio::test]
async fn a_callers_request_id_never_becomes_ours() {
    let server = Running::start(ServerLimits::default()).await;
    let request =
        "GET /hello HTTP/1.1\r\nHost: h\r\nX-Request-ID: theirs\r\nConnection: close\r\n\r\n";
    let answer = server.asks(request).await;
    assert!(header_of(&answer, "x-request-id").is_some_and(|id| id.starts_with("req_")));
    assert!(!answer.contains("theirs"));
}

#[tokio::test]
async fn a_refusal_shows_the_id_of_its_request() {
    let server = Running::start(ServerLimits::default()).await;
    let answer = server.gets("/nowhere").await;
    let id = header_of(&answer, "x-request-id").unwrap();
    assert_eq!((status_of(&answer), body_of(&answer)), (404, &*format!("nothing_here {id}")));
}

#[tokio::test]
async fn head_is_answered_as_get_without_a_body() {
    let server = Running::start(ServerLimits::default()).await;
    let answer = server.asks("HEAD /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert_eq!((status_of(&answer), body_of(&answer)), (200, ""));
    assert_eq!(header_of(&answer, "content-length"), Some("5"));
}

#[tokio::test]
async fn methods_that_are_not_here_are_refused_by_the_site() {
    let server = Running::start(ServerLimits::default()).await;
    for (method, code) in [("DELETE", "method_not_here"), ("BREW", "method_unknown")] {
        let request = format!("{method} /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        let answer = server.asks(&request).await;
        assert_eq!(status_of(&answer), 405, "{method}");
        assert!(body_of(&answer).starts_with(code), "{method}: {answer}");
    }
}

#[tokio::test]
async fn heads_that_may_not_stand_are_refused() {
    let server = Running::start(ServerLimits::default()).await;
    for request in [
        "GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /one?name=%ff HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /one?name=a%00b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /he\0llo HTTP/1.1\r\nHost: h\r\n\r\n",
        "\r\n\r\nwhat is this?\r\n\r\n",
        "POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 6\r\n\r\nhello",
        "POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        assert_eq!(status_of(&server.asks(request).await), 400, "{request:?}");
    }
}

#[tokio::test]
async fn http_1_0_and_absolute_targets_are_served() {
    let server = Running::start(ServerLimits::default()).await;
    for request in [
        "GET /hello HTTP/1.0\r\n\r\n",
        "GET http://h/hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    ] {
        assert_eq!(body_of(&server.asks(request).await), "hello", "{request:?}");
    }
}

#[tokio::test]
async fn garbage_behind_a_good_request_is_refused_and_ends_the_connection() {
    let server = Running::start(ServerLimits::default()).await;
    let heard =
        server.asks("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n\x01\x02\x03 what\r\n\r\n").await;
    let (good, bad) = heard.split_once("hello").expect("the good one is answered");
    assert_eq!((status_of(good), status_of(bad)), (200, 400));
}

#[tokio::test]
async fn a_parameter_of_the_path_is_decoded_once() {
    let server = Running::start(ServerLimits::default()).await;
    for (path, status, word) in [
        ("/echo/a%20b", 200, "a b"),
        ("/echo/a+b", 200, "a+b"),
        ("/echo/a%2Fb", 200, "a/b"),
        ("/echo/%252F", 200, "%2F"),
        ("/echo/%C3%BC", 200, "ü"),
        ("/echo/..", 200, ".."),
        ("/echo/%ff", 404, "nothing_here"),
        ("/echo/%zz", 404, "nothing_here"),
        ("/echo/%4", 404, "nothing_here"),
        ("/echo/", 404, "nothing_here"),
        ("/echo/a/", 404, "nothing_here"),
        ("/hello/", 404, "nothing_here"),
        ("/Hello", 404, "nothing_here"),
        ("/%68ello", 404, "nothing_here"),
        ("//hello", 404, "nothing_here"),
    ] {
        let answer = server.gets(path).await;
        assert_eq!(status_of(&answer), status, "{path}");
        assert!(body_of(&answer).starts_with(word), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_parameter_that_stands_twice_is_refused() {
    let server = Running::start(ServerLimits::default()).await;
    assert_eq!(body_of(&server.gets("/one?name=a+b%26").await), "a b&");
    assert_eq!(body_of(&server.gets("/one?other=1").await), "none");
    let answer = server.gets("/one?name=a&name=a").await;
    assert!(body_of(&answer).starts_with("duplicate_parameter"), "{answer}");
}

#[tokio::test]
async fn a_panic_is_answered_and_the_connection_lives_on() {
    let server = Running::start(ServerLimits::default()).await;
    let mut caller = server.caller().await;
    caller.says("GET /panic HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let answer = caller.hears_answer().await;
    let id = header_of(&answer, "x-request-id").unwrap();
    assert_eq!((status_of(&answer), body_of(&answer)), (500, &*format!("internal {id}")));
    caller.says("GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert_eq!(body_of(&caller.hears_all().await), "hello");
}

#[tokio::test]
async fn a_full_queue_asks_to_come_back() {
    let server = Running::start(ServerLimits::default()).await;
    let answer = server.gets("/busy").await;
    assert_eq!(status_of(&answer), 503);
    assert_eq!(header_of(&answer, "retry-after"), Some("1"));
}

#[tokio::test]
async fn only_a_trusted_proxy_says_who_asks() {
    let request = |forwarded: &str| {
        format!(
            "GET /peer HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: {forwarded}\r\nConnection: close\r\n\r\n"
        )
    };
    let server = Running::start(ServerLimits::default()).await;
    assert_eq!(body_of(&server.asks(&request("192.0.2.1")).await), "127.0.0.1");

    let trusted_proxies = ["127.0.0.1", "10.0.0.0/8"].map(|text| Network::parse(text).unwrap());
    let trusted_proxies = trusted_proxies.to_vec();
    let server = Running::start(ServerLimits { trusted_proxies, ..ServerLimits::default() }).await;
    for (forwarded, caller) in [
        ("192.0.2.1", "192.0.2.1"),
        ("198.51.100.9, 192.0.2.1, 10.0.0.7", "192.0.2.1"),
        ("198.51.100.9, 192.0.2.1\r\nX-Forwarded-For: 10.0.0.7", "192.0.2.1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("10.0.0.8", "10.0.0.8"),
        ("192.0.2.1, unknown", "127.0.0.1"),
        ("", "127.0.0.1"),
    ] {
        assert_eq!(body_of(&server.asks(&request(forwarded)).await), caller, "{forwarded:?}");
    }
}
