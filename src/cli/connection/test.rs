//! `kernia connection test`: an address to sign in at, patience, and an explanation.

use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::time::{Instant, interval};

use super::{Failure, Remote, pretty, text, traces};
use crate::cli::{complain, say};

/// How often the server is asked whether somebody signed in.
const PERIOD: Duration = Duration::from_millis(700);

pub(super) async fn run(
    server: &Remote,
    tests: &str,
    wait: u64,
    as_json: bool,
) -> Result<(), Failure> {
    let begun = server.post(tests, &json!({})).await?;
    complain("Open this address in a browser and sign in as an employee would:\n");
    complain(&format!("    {}\n", text(&begun, "url")));
    complain("Nobody is signed in to an application. Waiting… (Ctrl-C ends it)");
    let path = format!("{tests}/{}", text(&begun, "id"));
    let outcome = ended(server, &path, Duration::from_secs(wait)).await?;
    let state = text(&outcome, "state");
    say(&if as_json { pretty(&outcome) } else { explained(&state, &outcome) });
    if state == "succeeded" { Ok(()) } else { Err(Failure::new("")) }
}

/// The test, once it is no longer pending.
async fn ended(server: &Remote, path: &str, patience: Duration) -> Result<Json, Failure> {
    let until = Instant::now() + patience;
    let mut ticks = interval(PERIOD);
    loop {
        ticks.tick().await;
        let seen = server.get(path).await?;
        if seen["state"] != "pending" {
            return Ok(seen);
        }
        if Instant::now() >= until {
            return Err(Failure::new("nobody came back from the identity provider in time").hint(
                "if it showed a page of its own, that page says why; \
                 mostly the person is not assigned to the application there",
            ));
        }
    }
}

fn explained(state: &str, outcome: &Json) -> String {
    let headline = match state {
        "succeeded" => "It works.",
        "failed" => "The identity provider answered, and its answer was not accepted.",
        _ => "Nobody came back from the identity provider within 15 minutes.",
    };
    match &outcome["trace"] {
        Json::Null => headline.to_owned(),
        trace => format!("{headline}\n\n{}", traces::told(trace)),
    }
}
