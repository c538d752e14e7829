//! The access log: one line for each request, and nothing secret in any.

use kernia::server::ServerLimits;

use super::site::{Running, header_of, status_of};
use crate::kernia::logging;

#[tokio::test]
async fn a_request_is_one_line_without_its_secrets() {
    let (log, _guard) = logging();
    let server = Running::start(ServerLimits::default()).await;
    let answer = server
        .asks(
            "GET /echo/hush?code=hush HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer hush\r\n\
             Cookie: session=hush\r\nX-Request-ID: caller-7\r\nContent-Length: 4\r\n\
             Connection: close\r\n\r\nhush",
        )
        .await;
    assert_eq!(status_of(&answer), 200);
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(line["target"], "access");
    assert_eq!(line["request_id"].as_str(), header_of(&answer, "x-request-id"));
    assert_eq!(line["callers_id"], "caller-7");
    assert_eq!(line["method"], "GET");
    assert_eq!(line["route"], "/echo/{word}");
    assert_eq!(line["status"], 200);
    assert_eq!(line["bytes"], 4);
    assert_eq!(line["peer"], "127.0.0.1");
    assert!(line["ms"].is_number());
    assert!(!lines[0].contains("hush"), "{}", lines[0]);
}

#[tokio::test]
async fn what_a_caller_sends_cannot_forge_a_line() {
    let (log, _guard) = logging();
    let server = Running::start(ServerLimits::default()).await;
    server
        .asks(
            "GET /no%0Awhere HTTP/1.1\r\nHost: h\r\nX-Request-ID: a b\"c\r\n\
             Connection: close\r\n\r\n",
        )
        .await;
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    for line in &lines {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!((&line["route"], line.get("callers_id")), (&"-".into(), None), "{line}");
    }
}

#[tokio::test]
async fn a_fault_is_logged_once_with_its_reason_and_the_id_that_people_see() {
    let (log, _guard) = logging();
    let server = Running::start(ServerLimits::default()).await;
    let answer = server.gets("/panic").await;
    let lines = log.lines();
    let faults: Vec<_> = lines.iter().filter(|line| line.contains("a planted panic")).collect();
    assert_eq!(faults.len(), 1, "{lines:?}");
    assert!(faults[0].contains(r#""level":"ERROR""#), "{}", faults[0]);
    assert!(faults[0].contains(header_of(&answer, "x-request-id").unwrap()), "{}", faults[0]);
    assert!(!answer.contains("planted"));
}
