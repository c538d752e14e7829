//! Organizations claim domains and prove them: over the API, with a name server that says what the
//! story wants, and a clock in its hand.

mod checks;
mod claims;
mod command;

use std::{sync::Arc, time::Duration};

use kernia::jobs::JOBS;
use serde_json::{Value, json};

use crate::kernia::{Answer, Application, Kernia, NameServer, Says};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// A Kernia that asks this name server, and an application.
struct Stage {
    kernia: Kernia,
    app: Application,
    dns: NameServer,
}

impl Stage {
    async fn set() -> Self {
        let dns = NameServer::start().await;
        let address = dns.address;
        let kernia = Kernia::start_with(|config| config.dns.servers = vec![address]).await;
        let app = kernia.application();
        Self { kernia, app, dns }
    }

    async fn claims(&self, organization: &str, domain: &str) -> Answer {
        let body = json!({ "organization_id": organization, "domain": domain });
        self.app.posts("/organization_domains", body).await
    }

    /// A claim of a new customer.
    async fn claim(&self, domain: &str) -> Value {
        let customer = self.app.customer().await;
        self.claims(&customer, domain).await.is(201)
    }

    async fn restarts(&self, claim: &Value) -> Answer {
        self.app.posts(&format!("{}/verify", path(claim)), json!({})).await
    }

    /// The claim as it is now.
    async fn sees(&self, claim: &Value) -> Value {
        self.app.gets(&path(claim)).await.is(200)
    }

    async fn state(&self, claim: &Value) -> String {
        text(&self.sees(claim).await, "state").to_owned()
    }

    /// The claim as Kernia's own API shows it.
    async fn verification(&self, claim: &Value) -> Value {
        self.app.gets(&admin(claim)).await.is(200)
    }

    /// The job, as `kernia serve` runs it at this moment.
    async fn checks(&self) {
        let job = JOBS.iter().find(|job| job.name == "verify_domains").unwrap();
        (job.run)(Arc::clone(self.kernia.app())).await.unwrap();
    }

    /// The job some time later.
    async fn checks_after(&self, span: Duration) {
        self.kernia.advance(span);
        self.checks().await;
    }
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_else(|| panic!("no {name} in {object}"))
}

fn path(claim: &Value) -> String {
    format!("/organization_domains/{}", text(claim, "id"))
}

fn admin(claim: &Value) -> String {
    format!("/kernia/v1{}", path(claim))
}

/// The TXT record that proves the claim.
fn record(claim: &Value) -> String {
    format!("{}={}", text(claim, "verification_prefix"), text(claim, "verification_token"))
}
