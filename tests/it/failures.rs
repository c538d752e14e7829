//! Somebody who fails again and again from one address has to wait; nobody else does.

use std::time::Duration;

use kernia::kit::network::Network;

use crate::kernia::{Answer, Kernia, sends};

/// A request from this address, as the proxy in front of Kernia tells it.
async fn asks(kernia: &Kernia, from: &str, key: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [("x-forwarded-for", from), ("authorization", bearer.as_str())];
    sends(kernia.address, "GET", "/organizations", &headers, b"").await
}

#[tokio::test]
async fn who_guesses_keys_waits_a_minute() {
    let kernia = Kernia::start_with(|config| {
        config.server.trusted_proxies = vec![Network::parse("127.0.0.0/8").unwrap()];
    })
    .await;
    let (culprit, other) = ("203.0.113.9", "203.0.113.10");
    let mut guesses = 0;
    let refused = loop {
        let answer = asks(&kernia, culprit, "sk_test_guess").await;
        guesses += 1;
        match answer.status {
            401 => assert!(guesses < 1000, "nobody stops them"),
            _ => break answer,
        }
    };
    assert_eq!(refused.code(429), "too_many_requests");
    assert_eq!(refused.header("retry-after"), Some("60"));
    assert!(guesses > 100, "a few mistakes are nothing: {guesses}");
    assert_eq!(asks(&kernia, other, "sk_test_guess").await.status, 401);
    asks(&kernia, other, &kernia.api_key).await.is(200);
    // Nobody can lock out whoever carries a live key, not even from the same address.
    asks(&kernia, culprit, &kernia.api_key).await.is(200);
    kernia.advance(Duration::from_mins(1));
    assert_eq!(asks(&kernia, culprit, "sk_test_guess").await.status, 401);
}
