//! An identity provider's metadata, fetched: for whoever sets up a connection, and for refreshing
//! those that there are.

use std::time::Duration;

use super::App;
use crate::{
    kit::{environment::Environment, error::Error, id::Id, text::WebAddress},
    saml::{
        Rejected,
        metadata::{IdentityProvider, MAX_BYTES},
    },
    sso::{
        Connection, certificate,
        key_pair::{NewKeyPair, Purpose},
        refresh::{self, Described, Failure, Outcome, Plan, Proposal, Reading},
    },
    store::Tx,
};

/// How long metadata may take, redirects included.
const FETCH_TIME: Duration = Duration::from_secs(5);

/// Why metadata was not served.
#[derive(Debug, Clone)]
pub struct NotServed {
    /// A stable word in snake case.
    pub code: &'static str,
    /// One sentence for a person.
    pub detail: String,
}

/// The document at this address, whatever it is.
pub async fn fetched(app: &App, address: &WebAddress) -> Result<Vec<u8>, NotServed> {
    let fetched = app.fetch.fetch(address, MAX_BYTES, FETCH_TIME).await;
    let fetched = fetched.map_err(|no| NotServed { code: no.code, detail: no.detail })?;
    if fetched.status != 200 {
        let detail = format!("`{address}` answered with status {}", fetched.status);
        return Err(NotServed { code: "metadata_not_served", detail });
    }
    Ok(fetched.body.to_vec())
}

/// Reads the metadata of a connection again and takes over what may be.
pub async fn refresh(app: &App, id: &Id<Connection>) -> Result<Outcome, Error> {
    let id = id.clone();
    let plan = app.store.read(move |tx| refresh::plan(tx, &id)).await?;
    let described = read(app, &plan).await?.map(Described::from);
    let lacks_key = described.as_ref().is_ok_and(|it| it.lacks_key(plan.has_signer));
    let read = Reading { described, fresh_key: fresh_key(app, lacks_key).await? };
    let (vault, connection) = (app.vault.clone(), plan.connection.clone());
    let outcome = app.store.write(move |tx| refresh::apply(tx, &vault, (&plan, &read))).await?;
    log(&connection, &outcome);
    Ok(outcome)
}

/// An operator's yes to what a connection's metadata proposes.
pub async fn confirm(app: &App, id: &Id<Connection>, proposal: &Id<Proposal>) -> Result<(), Error> {
    let (vault, wanted) = (app.vault.clone(), (id.clone(), proposal.clone()));
    let lacks_key = move |tx: &Tx<'_>| refresh::lacks_key(tx, &vault, (&wanted.0, &wanted.1));
    let fresh_key = fresh_key(app, app.store.read(lacks_key).await?).await?;
    let (vault, wanted) = (app.vault.clone(), (id.clone(), proposal.clone()));
    app.store
        .write(move |tx| refresh::confirm(tx, &vault, (&wanted.0, &wanted.1), fresh_key.as_ref()))
        .await
}

async fn fresh_key(app: &App, is_lacking: bool) -> Result<Option<NewKeyPair>, Error> {
    if !is_lacking {
        return Ok(None);
    }
    app.fresh_key_pair(Purpose::Signing).await.map(Some)
}

/// After an answer was verified: a signature by an unknown key asks for the metadata, which the job
/// reads soon. Nothing else is noted of an answer that is not believed; and that this cannot be noted
/// now is no reason to tell the person anything.
pub async fn judged<T>(app: &App, id: &Id<Connection>, verified: &Result<T, Rejected>) {
    if verified.as_ref().is_err_and(|rejected| rejected.code == "signature_invalid")
        && let Err(error) = hasten(app, id).await
    {
        tracing::warn!(connection = %id, %error, "refreshing metadata was not hastened");
    }
}

/// After a sign-in: the certificates that verified it are in use. That is written once a day; nearly
/// always there is nothing to do.
pub async fn believed(app: &App, id: &Id<Connection>, fingerprints: &[String]) {
    if let Err(error) = note_use(app, id, fingerprints).await {
        tracing::warn!(connection = %id, %error, "the use of a certificate was not noted");
    }
}

async fn note_use(app: &App, id: &Id<Connection>, fingerprints: &[String]) -> Result<(), Error> {
    let to_note = app.uses.to_note(id, fingerprints, app.clock.now());
    if to_note.is_empty() {
        return Ok(());
    }
    let id = id.clone();
    app.store.write(move |tx| certificate::used(tx, &id, &to_note)).await
}

async fn hasten(app: &App, id: &Id<Connection>) -> Result<(), Error> {
    let (known, id) = (id.clone(), id.clone());
    if app.store.read(move |tx| refresh::can_be_hastened(tx, &known)).await? {
        app.store.write(move |tx| refresh::hasten(tx, &id)).await?;
    }
    Ok(())
}

/// What the provider says; the error within is its, the one around it ours.
async fn read(app: &App, plan: &Plan) -> Result<Result<IdentityProvider, Failure>, Error> {
    let body = match fetched(app, &plan.url).await {
        Ok(body) => body,
        Err(no) => return Ok(Err(Failure::new(no.code, no.detail))),
    };
    let wanted = plan.entity_id.clone();
    let parse = move || {
        // A document that describes one provider only may have renamed it: that is seen, and then
        // not taken over by itself.
        IdentityProvider::parse(&body, Some(&wanted))
            .or_else(|no| IdentityProvider::parse(&body, None).map_err(|_| no))
    };
    let parsed = app.cpu.run(parse).await?;
    Ok(match parsed {
        Err(no) => Err(Failure::new(no.code, format!("{} ({no})", no.reason()))),
        Ok(found) if !found.sso_url.is_https() && app.environment != Environment::Test => {
            let why = format!("the sign-in address `{}` is not https", found.sso_url);
            Err(Failure::new("url_not_https", why))
        }
        Ok(found) => {
            if let Some(until) = found.valid_until.filter(|until| *until < app.clock.now()) {
                let connection = &plan.connection;
                tracing::warn!(%connection, valid_until = %until, "metadata has expired");
            }
            Ok(match app.environment {
                Environment::Test => found,
                Environment::Live => found.without_logout_in_clear(),
            })
        }
    })
}

fn log(connection: &Id<Connection>, outcome: &Outcome) {
    match outcome {
        Outcome::Unchanged => tracing::debug!(%connection, "metadata read, nothing changed"),
        Outcome::Superseded => tracing::debug!(%connection, "metadata read in vain"),
        Outcome::Changed(changes) => tracing::info!(
            %connection, added = ?changes.added, left = ?changes.left,
            removed = ?changes.removed, addresses = changes.addresses, "metadata taken over"
        ),
        Outcome::Proposed(why) | Outcome::Failed(why) => tracing::warn!(
            %connection, code = why.code, reason = why.message, "metadata not taken over"
        ),
    }
}
