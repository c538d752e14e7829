//! Going down: what is in flight ends, what is idle goes, what is too slow is cut.

use std::time::Duration;

use kernia::server::ServerLimits;
use tokio::{net::TcpStream, time::timeout};

use super::site::{PATIENCE, Running, body_of, header_of, went_down};

#[tokio::test]
async fn a_request_in_flight_ends_and_new_ones_are_refused() {
    let server = Running::start(ServerLimits::default()).await;
    let (address, here) = (server.address, server.here.clone());
    let mut idle = server.caller().await;
    idle.says("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n").await;
    idle.hears_answer().await;
    let mut silent = server.caller().await;
    let mut caller = server.caller().await;
    caller.says("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n").await;
    here.arrived.notified().await;

    let down = server.stops();
    assert_eq!(idle.hears_all().await, "", "an idle connection is closed");
    assert_eq!(silent.hears_all().await, "", "a connection without a request is closed");
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    assert!(!down.is_finished());

    here.release.notify_one();
    let answer = caller.hears_all().await;
    assert_eq!(body_of(&answer), "at last");
    assert_eq!(header_of(&answer, "connection"), Some("close"));
    assert_eq!(went_down(down).await, 0);
}

#[tokio::test]
async fn what_does_not_end_in_time_is_cut_and_counted() {
    let limits = ServerLimits { drain: Duration::from_millis(100), ..ServerLimits::default() };
    let server = Running::start(limits).await;
    let here = server.here.clone();
    let mut caller = server.caller().await;
    caller.says("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n").await;
    here.arrived.notified().await;
    assert_eq!(went_down(server.stops()).await, 1);
    assert_eq!(caller.hears_all().await, "");
}

#[tokio::test]
async fn a_handler_ends_what_it_began_when_its_caller_is_gone() {
    let server = Running::start(ServerLimits::default()).await;
    let here = server.here.clone();
    let mut caller = server.caller().await;
    caller.says("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n").await;
    here.arrived.notified().await;
    drop(caller);
    // By the time that somebody else was answered, the server could know that the caller is gone.
    server.gets("/hello").await;
    here.release.notify_one();
    timeout(PATIENCE, here.ended.notified()).await.expect("the handler goes on");
    assert_eq!(went_down(server.stops()).await, 0);
}
