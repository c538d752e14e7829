//! `kernia domain …`: what an operator does with the domains of organizations, asked of the running
//! server.

mod verify;

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::{
    Failure,
    connection::{pretty, segment},
    remote::{Remote, Where},
    say, table,
};
use crate::kit::text;

/// A noun's command: where the server is, how to answer, and the verb.
#[derive(Debug, Args)]
pub(super) struct Domain {
    #[command(flatten)]
    server: Where,
    /// Print one JSON document
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the domains that organizations claim, newest first
    List {
        /// Only those of this organization
        #[arg(long, value_name = "ORG")]
        organization: Option<String>,
        /// Only those in this state: `pending`, `verified` or `failed`
        #[arg(long)]
        state: Option<String>,
    },
    /// Show one, with the DNS record that proves it and what was found so far
    Get {
        /// Its id, `org_domain_…`, or the domain itself
        domain: String,
    },
    /// Let an organization claim a domain
    ///
    /// Prints the TXT record that its owner sets. DNS is asked at once and from then on for 30 days,
    /// at first every minute and in the end four times a day.
    Create {
        /// Who claims it
        #[arg(long, value_name = "ORG")]
        organization: String,
        /// Such as `acme.com`
        domain: String,
    },
    /// Start the verification again and wait for the record
    ///
    /// Prints the TXT record that is wanted and has DNS asked at once, after a minute, and ever more
    /// rarely from then on. Exits with 1 when it was not found in time; the server goes on looking for
    /// 30 days.
    Verify {
        /// Its id, `org_domain_…`, or the domain itself
        domain: String,
        /// How long to wait, in seconds; 0 asks once
        #[arg(long, value_name = "SECONDS", default_value_t = 300)]
        wait: u64,
        /// Take your word in place of DNS; it is logged
        #[arg(long, conflicts_with = "wait")]
        manual: bool,
    },
    /// Delete a claim; a domain that was owned through it is free then
    Delete {
        /// Its id, `org_domain_…`, or the domain itself
        domain: String,
    },
}

pub(super) fn run(command: Domain) -> Result<(), Failure> {
    let server = command.server.server()?;
    super::instance::runtime()?.block_on(obey(&server, command.verb, command.json))
}

async fn obey(server: &Remote, verb: Verb, as_json: bool) -> Result<(), Failure> {
    match verb {
        Verb::List { organization, state } => {
            list(server, (organization.as_deref(), state.as_deref()), as_json).await
        }
        Verb::Get { domain } => {
            show(&found(server, &domain).await?, as_json);
            Ok(())
        }
        Verb::Create { organization, domain } => {
            let body = json!({ "organization_id": organization, "domain": domain });
            let made = server.post("/organization_domains", &body).await?;
            let id = string(&made, "id");
            show(&server.get(&admin(&id)).await?, as_json);
            if !as_json {
                super::complain(&format!(
                    "\nSet the record at the domain's DNS provider; `kernia domain verify {id}` \
                     waits for it."
                ));
            }
            Ok(())
        }
        Verb::Verify { domain, wait, manual } => {
            let claim = found(server, &domain).await?;
            let id = string(&claim["organization_domain"], "id");
            if manual {
                let path = format!("{}/verify", admin(&id));
                show(&server.post(&path, &json!({})).await?, as_json);
                return Ok(());
            }
            if state_of(&claim) == "verified" {
                show(&claim, as_json);
                return Ok(());
            }
            verify::run(server, &id, wait, as_json).await
        }
        Verb::Delete { domain } => {
            let claim = found(server, &domain).await?;
            let id = string(&claim["organization_domain"], "id");
            server.delete(&format!("/organization_domains/{}", segment(&id))).await?;
            super::complain(&format!("deleted {id}"));
            Ok(())
        }
    }
}

/// The claim of this id, or the only one of this domain.
async fn found(server: &Remote, named: &str) -> Result<Json, Failure> {
    if named.is_empty() {
        return Err(Failure::new("the domain's id is empty").code(2));
    }
    if !named.contains('.') {
        return server.get(&admin(named)).await;
    }
    let path = format!("/kernia/v1/organization_domains?limit=100&domain={}", segment(named));
    let mut claims = match server.get(&path).await?["data"].take() {
        Json::Array(claims) => claims,
        _ => Vec::new(),
    };
    // Who has proved it is meant, whoever else claimed it.
    if let Some(owned) = claims.iter().position(|one| state_of(one) == "verified") {
        return Ok(claims.swap_remove(owned));
    }
    match claims.len() {
        0 => Err(Failure::new(format!("no organization claims the domain `{named}`"))
            .hint("`kernia domain create --organization ORG DOMAIN` makes a claim")
            .code(4)),
        1 => Ok(claims.swap_remove(0)),
        several => {
            let ids: Vec<_> =
                claims.iter().map(|one| describe(&one["organization_domain"])).collect();
            Err(Failure::new(format!("{several} organizations claim the domain `{named}`"))
                .hint(format!("name one of them by its id: {}", ids.join(", ")))
                .code(2))
        }
    }
}

fn describe(claim: &Json) -> String {
    format!("{} ({})", string(claim, "id"), string(claim, "organization_id"))
}

async fn list(
    server: &Remote,
    (organization, state): (Option<&str>, Option<&str>),
    as_json: bool,
) -> Result<(), Failure> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let mut query = vec!["limit=100".to_owned()];
        query.extend(organization.map(|id| format!("organization_id={}", segment(id))));
        query.extend(state.map(|state| format!("state={}", segment(state))));
        query.extend(after.map(|id: String| format!("after={}", segment(&id))));
        let path = format!("/kernia/v1/organization_domains?{}", query.join("&"));
        let mut page = server.get(&path).await?;
        if let Json::Array(data) = page["data"].take() {
            found.extend(data);
        }
        after = page["list_metadata"]["after"].as_str().map(str::to_owned);
        if after.is_none() {
            break;
        }
    }
    if as_json {
        say(&pretty(&found.into()));
        return Ok(());
    }
    let rows: Vec<_> = found
        .iter()
        .map(|one| {
            let claim = &one["organization_domain"];
            vec![
                string(claim, "id"),
                for_people(&string(claim, "domain")),
                string(claim, "state"),
                string(claim, "verification_strategy"),
                string(claim, "organization_id"),
            ]
        })
        .collect();
    table::print(&["id", "domain", "state", "by", "organization"], &rows);
    Ok(())
}

fn show(verification: &Json, as_json: bool) {
    if as_json {
        say(&pretty(verification));
        return;
    }
    let claim = &verification["organization_domain"];
    let mut rows = vec![
        vec!["id".to_owned(), string(claim, "id")],
        vec!["domain".to_owned(), for_people(&string(claim, "domain"))],
        vec!["state".to_owned(), string(claim, "state")],
        vec!["verification_strategy".to_owned(), string(claim, "verification_strategy")],
        vec!["organization_id".to_owned(), string(claim, "organization_id")],
    ];
    if state_of(verification) != "verified" {
        for name in ["type", "name", "value"] {
            rows.push(vec![format!("record {name}"), string(&verification["record"], name)]);
        }
    }
    for name in ["failure_reason", "checked_at", "next_check_at", "expires_at"] {
        if let Some(value) = verification[name].as_str() {
            rows.push(vec![name.to_owned(), value.to_owned()]);
        }
    }
    if let Some(message) = verification["finding"]["message"].as_str() {
        rows.push(vec!["last found".to_owned(), message.to_owned()]);
    }
    table::print(&["field", "value"], &rows);
}

fn state_of(verification: &Json) -> String {
    string(&verification["organization_domain"], "state")
}

/// `bücher.example (xn--bcher-kva.example)`: both, for the first can look like another.
fn for_people(domain: &str) -> String {
    match text::Domain::parse(domain).map(|parsed| parsed.for_people()) {
        Ok(name) if name != domain => format!("{name} ({domain})"),
        _ => domain.to_owned(),
    }
}

fn admin(id: &str) -> String {
    format!("/kernia/v1/organization_domains/{}", segment(id))
}

fn string(one: &Json, name: &str) -> String {
    one[name].as_str().unwrap_or_default().to_owned()
}
