//! What is too much and what is too slow.

use std::time::Duration;

use kernia::server::ServerLimits;
use tokio::{io::AsyncWriteExt, time::timeout};

use super::site::{Running, body_of, header_of, status_of, went_down};

const SHORT: Duration = Duration::from_millis(200);
const NEVER: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_head_may_not_be_too_big() {
    let server = Running::start(ServerLimits::default()).await;
    let head = |bytes| format!("GET /hello HTTP/1.1\r\nHost: h\r\nA: {}\r\n", "a".repeat(bytes));
    let answer = server.asks(&format!("{}Connection: close\r\n\r\n", head(15_000))).await;
    assert_eq!(status_of(&answer), 200);
    for bytes in [17_000, 1_000_000] {
        assert_eq!(status_of(&server.asks(&head(bytes)).await), 431, "{bytes}");
    }
}

#[tokio::test]
async fn a_body_may_have_what_its_route_takes_and_no_more() {
    let server = Running::start(ServerLimits::default()).await;
    for (bytes, status) in [(0, 200), (1000, 200), (1001, 413), (1_500_000, 413)] {
        let body = "x".repeat(bytes);
        let declared = format!(
            "POST /count HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {bytes}\r\n\r\n{body}"
        );
        assert_eq!(status_of(&server.asks(&declared).await), status, "{bytes} declared");
        let chunk = if bytes == 0 { String::new() } else { format!("{bytes:x}\r\n{body}\r\n") };
        let chunked = format!(
            "POST /count HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n"
        );
        let answer = server.asks(&chunked).await;
        assert_eq!(status_of(&answer), status, "{bytes} in chunks");
        if status == 200 {
            assert_eq!(body_of(&answer), bytes.to_string());
        }
    }
}

#[tokio::test]
async fn a_declared_body_that_is_too_large_is_refused_before_it_is_sent() {
    let server = Running::start(ServerLimits::default()).await;
    let head = "POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999999\r\n\r\n";
    let expecting =
        "POST /count HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n";
    for head in [head, expecting] {
        let answer = server.asks(head).await;
        assert_eq!(status_of(&answer), 413);
        assert!(body_of(&answer).starts_with("body_too_large"), "{answer}");
    }
}

#[tokio::test]
async fn a_caller_who_is_refused_may_still_send_for_a_while_and_read_the_answer() {
    let limits = ServerLimits { linger_time: NEVER, ..ServerLimits::default() };
    let server = Running::start(limits).await;
    let mut caller = server.caller().await;
    caller.says("POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 1500000\r\n\r\n").await;
    let answer = caller.hears_all().await;
    assert_eq!(status_of(&answer), 413);
    // A caller who keeps connections must know that this one is gone.
    assert_eq!(header_of(&answer, "connection"), Some("close"));
    // The server's side is shut; were it closed, the first of these would be answered by a reset.
    for _ in 0..20 {
        caller.0.write_all(&vec![b'x'; 50_000]).await.expect("it is taken");
    }
}

#[tokio::test]
async fn a_connection_is_kept_when_the_body_was_read_and_given_up_aloud_when_not() {
    let server = Running::start(ServerLimits::default()).await;
    let mut caller = server.caller().await;
    let head = "POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n";
    for _ in 0..2 {
        caller.says(&format!("{head}abcd")).await;
        let answer = caller.hears_answer().await;
        assert_eq!((status_of(&answer), header_of(&answer, "connection")), (200, None));
    }
    caller.says("POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n").await;
    let answer = caller.hears_answer().await;
    assert_eq!((status_of(&answer), header_of(&answer, "connection")), (200, None));
    caller.says("POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n").await;
    let answer = caller.hears_answer().await;
    assert_eq!((status_of(&answer), header_of(&answer, "connection")), (404, Some("close")));
}

#[tokio::test]
async fn a_route_without_a_body_takes_none() {
    let server = Running::start(ServerLimits::default()).await;
    for (bytes, status) in [(0, 200), (1, 413)] {
        let request = format!(
            "POST /none HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {bytes}\r\n\r\n{}",
            "x".repeat(bytes)
        );
        assert_eq!(status_of(&server.asks(&request).await), status);
    }
}

#[tokio::test]
async fn bodies_of_all_requests_together_are_bounded() {
    let limits = ServerLimits { bodies_bytes: 600, ..ServerLimits::default() };
    let server = Running::start(limits).await;
    let half = "x".repeat(400);
    let head = "POST /count HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 400\r\n";
    let mut first = server.caller().await;
    // 100 Continue says that the server reads the body, so what follows is read too.
    first.says(&format!("{head}Expect: 100-continue\r\n\r\n")).await;
    first.hears("HTTP/1.1 100 Continue\r\n\r\n").await;
    let one = server.asks(&format!("{head}\r\n{half}")).await;
    assert_eq!(status_of(&one), 200);
    let big = server
        .asks(&format!(
            "POST /count HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 700\r\n\r\n{}",
            "x".repeat(700)
        ))
        .await;
    assert_eq!(status_of(&big), 503);
    first.says(&half).await;
    assert_eq!(body_of(&first.hears_all().await), "400");
}

#[tokio::test]
async fn a_slow_head_is_given_up() {
    let server = Running::start(ServerLimits { head_time: SHORT, ..ServerLimits::default() }).await;
    let mut silent = server.caller().await;
    assert_eq!(silent.hears_all().await, "");
    let mut halting = server.caller().await;
    halting.says("GET /hello HTTP/1.1\r\nHo").await;
    assert!(matches!(status_of(&halting.hears_all().await), 0 | 408));
}

#[tokio::test]
async fn a_slow_head_is_given_up_on_a_connection_that_was_idle() {
    let limits = ServerLimits { head_time: SHORT, idle_time: NEVER, ..Default::default() };
    let server = Running::start(limits).await;
    let mut caller = server.caller().await;
    caller.says("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n").await;
    caller.hears_answer().await;
    caller.says("GET /hello HTTP/1.1\r\nA: ").await;
    // One more byte now and then wins no time.
    for _ in 0..100 {
        if timeout(SHORT / 4, caller.hears_all()).await.is_ok() {
            return;
        }
        caller.says("a").await;
    }
    panic!("the server waits for ever");
}

#[tokio::test]
async fn a_connection_may_rest_longer_than_a_head_may_take() {
    let limits = ServerLimits { head_time: SHORT, idle_time: NEVER, ..Default::default() };
    let server = Running::start(limits).await;
    let mut caller = server.caller().await;
    caller.says("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n").await;
    caller.hears_answer().await;
    timeout(SHORT * 3, caller.hears_all()).await.expect_err("it rests");
    caller.says("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(body_of(&caller.hears_answer().await), "hello");
}

#[tokio::test]
async fn a_connection_may_not_rest_for_ever() {
    let limits = ServerLimits { head_time: NEVER, idle_time: SHORT, ..Default::default() };
    let server = Running::start(limits).await;
    let mut caller = server.caller().await;
    caller.says("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n").await;
    caller.hears_answer().await;
    caller.says("POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi").await;
    assert_eq!(body_of(&caller.hears_answer().await), "2");
    assert_eq!(caller.hears_all().await, "");
}

#[tokio::test]
async fn a_slow_body_is_given_up() {
    let limits = ServerLimits { body_time: SHORT, ..ServerLimits::default() };
    let server = Running::start(limits).await;
    let answer =
        server.asks("POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc").await;
    assert_eq!(status_of(&answer), 408);
    assert!(body_of(&answer).starts_with("body_too_slow"), "{answer}");
}

#[tokio::test]
async fn a_cut_body_is_never_handled() {
    let server = Running::start(ServerLimits::default()).await;
    let mut caller = server.caller().await;
    caller.says("POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc").await;
    caller.0.shutdown().await.unwrap();
    assert_ne!(status_of(&caller.hears_all().await), 200);
}

#[tokio::test]
async fn who_does_not_take_its_answer_is_given_up() {
    let limits = ServerLimits { stall_time: SHORT, drain: NEVER, ..Default::default() };
    let server = Running::start(limits).await;
    let mut caller = server.caller().await;
    caller.says("GET /big HTTP/1.1\r\nHost: h\r\n\r\n").await;
    caller.0.readable().await.unwrap();
    // Nothing is read any more: the server is not held up by it.
    assert_eq!(went_down(server.stops()).await, 0);
}

#[tokio::test]
async fn a_crowded_server_closes_idle_connections_for_new_ones() {
    let server = Running::start(ServerLimits { connections: 2, ..Default::default() }).await;
    let mut idle = [server.caller().await, server.caller().await];
    for caller in &mut idle {
        caller.says("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n").await;
        caller.hears_answer().await;
    }
    assert_eq!(body_of(&server.gets("/hello").await), "hello");
    assert_eq!(idle[0].hears_all().await, "");
}
