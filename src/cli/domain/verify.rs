//! `kernia domain verify`: the record that is wanted, and patience until it is there.

use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::time::{Instant, interval};

use super::{Failure, Remote, admin, for_people, segment, show, state_of, string};
use crate::cli::{complain, connection::pretty, say};

/// How often the server is asked what it found.
const PERIOD: Duration = Duration::from_millis(500);
/// How often the server is asked to look at once: by itself it does so ever more rarely.
const ASKED_EVERY: Duration = Duration::from_mins(1);
/// How much longer than it was told to a command waits for the first check.
const GRACE: Duration = Duration::from_secs(15);

pub(super) async fn run(
    server: &Remote,
    id: &str,
    wait: u64,
    as_json: bool,
) -> Result<(), Failure> {
    begin(server, id).await?;
    let wanted = server.get(&admin(id)).await?;
    let domain = for_people(&string(&wanted["organization_domain"], "domain"));
    if !as_json {
        complain(&format!("To prove {domain}, its DNS needs this record:\n"));
        say(&zone_line(&wanted));
        complain("\nAsking DNS… (Ctrl-C ends it; the server goes on looking)");
    }
    let ended = ended(server, id, Duration::from_secs(wait)).await?;
    if as_json {
        say(&pretty(&ended));
    } else if state_of(&ended) == "verified" {
        show(&ended, false);
    }
    match state_of(&ended).as_str() {
        "verified" => Ok(()),
        "failed" => Err(Failure::new(format!("the verification of {domain} failed"))
            .hint("`kernia domain get` shows why")),
        _ => {
            let why = ended["finding"]["message"].as_str().unwrap_or("DNS has not answered yet");
            Err(Failure::new(format!("{domain} is not verified yet: {why}")).hint(format!(
                "a new record may take as long to be seen as the old one's time to live; the server \
                 looks for it until {}",
                string(&ended, "expires_at")
            )))
        }
    }
}

/// As it stands in a zone file.
fn zone_line(verification: &Json) -> String {
    let record = |name| string(&verification["record"], name);
    format!("{}. IN TXT \"{}\"", record("name"), record("value"))
}

async fn begin(server: &Remote, id: &str) -> Result<(), Failure> {
    let path = format!("/organization_domains/{}/verify", segment(id));
    server.post(&path, &json!({})).await.map(drop)
}

/// The claim, once it is no longer pending, or was looked for long enough and at least once. While
/// somebody waits, DNS is asked at least once a minute.
async fn ended(server: &Remote, id: &str, patience: Duration) -> Result<Json, Failure> {
    let until = Instant::now() + patience;
    // A server that checks nothing keeps nobody for ever.
    let at_last = until + GRACE;
    let (mut ticks, mut asked) = (interval(PERIOD), Instant::now());
    loop {
        ticks.tick().await;
        if asked.elapsed() >= ASKED_EVERY {
            begin(server, id).await?;
            asked = Instant::now();
        }
        let seen = server.get(&admin(id)).await?;
        let now = Instant::now();
        let is_checked = seen["checks"].as_i64().unwrap_or_default() > 0;
        if state_of(&seen) != "pending" || now >= until && is_checked || now >= at_last {
            return Ok(seen);
        }
    }
}
