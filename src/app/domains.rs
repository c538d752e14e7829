//! An organization's domain, asked about in DNS: at once when somebody waits for it, and from time to
//! time by the job.

use super::App;
use crate::{
    kit::{error::Error, id::Id},
    organizations::domain::{
        OrganizationDomain,
        verification::{self, Answers, Outcome},
    },
};

/// Asks DNS about a claim, and makes of it what was said.
pub async fn check(app: &App, id: &Id<OrganizationDomain>) -> Result<Outcome, Error> {
    let wanted = id.clone();
    let Some(plan) = app.store.read(move |tx| verification::plan(tx, &wanted)).await? else {
        return Ok(Outcome::Superseded);
    };
    let (at, below) = plan.names();
    let (at, below) = tokio::join!(app.dns.texts(&at), app.dns.texts(&below));
    let answers = Answers { at, below };
    let outcome = app.store.write(move |tx| verification::apply(tx, (&plan, &answers))).await?;
    log(id, &outcome);
    Ok(outcome)
}

/// Somebody waits for a check that is due: it is made soon, and nobody's answer waits for DNS.
pub fn check_soon(app: &App) {
    app.domain_waits.notify_one();
}

fn log(organization_domain: &Id<OrganizationDomain>, outcome: &Outcome) {
    match outcome {
        Outcome::Verified => tracing::info!(%organization_domain, "domain verified by DNS"),
        Outcome::Pending(why) => tracing::debug!(
            %organization_domain, code = why.code, reason = why.message, "domain not verified yet"
        ),
        Outcome::Failed(reason) => tracing::warn!(
            %organization_domain, code = reason.as_str(), "domain verification failed"
        ),
        Outcome::Superseded => tracing::debug!(%organization_domain, "domain checked in vain"),
    }
}
