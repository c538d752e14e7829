//! Answers that the identity provider sends by itself (rule 23), by the connection's policy: asked
//! anew, refused, or held until the person says yes.

use super::{
    assertion::{Ending, How, refused, turned_away},
    authorize::answer_url,
    browser::Browser,
    consent,
    request::{Hints, Question},
};
use crate::{
    app::{App, metadata},
    faces::Beginner,
    http::{Pairs, Request, Response},
    kit::{
        environment::Environment,
        error::{Error, Refused},
        text::WebAddress,
    },
    sso::{
        Connection, IdpInitiated, Rejection, Statement,
        consent::{self as consents, Accepted, Browsers},
        sign_in::{self, Target},
        trace::{self, Attempt},
    },
};

/// The one provider that is known to invent an `InResponseTo`.
const INVENTS: &str = "RipplingSAML";

/// An answer to no sign-in of this browser.
pub(super) struct Unasked {
    pub(super) relay_state: Option<String>,
    /// Whether it says that it answers a request which was never ours.
    pub(super) invented: bool,
    /// Whether its relay state is one of ours: the provider was asked, and forgot the request.
    pub(super) forgotten: bool,
    /// The browser, unless it keeps no cookies.
    pub(super) browser: Option<Browser>,
    pub(super) beginner: Beginner,
}

/// Whether such answers are believed at this connection.
pub(super) fn accepts(connection: &Connection) -> bool {
    connection.settings.idp_initiated == IdpInitiated::Accept
}

/// Whether the sign-in goes on in this browser when the answer comes unasked, which one that names
/// some request only does where the provider invents them.
pub(super) fn goes_on(connection: &Connection, names_a_request: bool) -> bool {
    match connection.settings.idp_initiated {
        IdpInitiated::Restart => !names_a_request || invents(connection),
        IdpInitiated::Accept => !names_a_request,
        IdpInitiated::Refuse => false,
    }
}

fn invents(connection: &Connection) -> bool {
    connection.connection_type.as_str() == INVENTS
}

/// Whether the next address may be a plain one: the provider's own, or one that an application has
/// listed, which a live instance refuses.
pub(super) fn may_lead_to_http(app: &App, connection: &Connection) -> bool {
    app.environment == Environment::Test || !connection.idp_sso_url.is_https()
}

/// Ends an attempt that no sign-in of this browser belongs to.
pub(super) async fn conclude(
    app: &App,
    request: &Request,
    (connection, unasked): (&Connection, Unasked),
    (outcome, attempt): (Result<Statement, Rejection>, &mut Attempt),
) -> Result<Ending, Error> {
    let rejected = match outcome {
        Ok(statement) => {
            return accept(app, request, (connection, unasked), (statement, attempt)).await;
        }
        Err(rejected) => rejected,
    };
    // Both codes say that everything before was in order: the signature, the issuer, the address.
    let unsolicited = rejected.code == "unsolicited";
    let invented = rejected.code == "in_response_to" && unasked.invented && invents(connection);
    match connection.settings.idp_initiated {
        IdpInitiated::Restart | IdpInitiated::Accept if unsolicited && unasked.forgotten => {
            attempt.rejected(&rejected);
            Err(Refused::conflict(
                "unsolicited",
                "rule 23: the relay state is of a sign-in that we began, but the answer has no \
                 InResponseTo; the identity provider must put the ID of our request into its answer",
            ))
        }
        IdpInitiated::Restart if unsolicited || invented => restart(app, connection, unasked).await,
        IdpInitiated::Refuse if unsolicited => {
            let why = refused(attempt, &rejected);
            refuse(app, connection, unasked, why).await
        }
        _ => Err(refused(attempt, &rejected)),
    }
}

/// Asks the identity provider at once; nothing of its own answer is believed.
async fn restart(app: &App, connection: &Connection, unasked: Unasked) -> Result<Ending, Error> {
    let wished = wished(unasked.relay_state.as_deref());
    let browser = unasked.browser.ok_or_else(without_cookies)?;
    unasked.beginner.begin()?;
    let (id, digest, shared) = (connection.id.clone(), browser.digest(), app.clone());
    let question = app
        .store
        .write(move |tx| {
            let connection = sign_in::enabled(tx, &id)?;
            let sign_in = sign_in::restart(tx, &id, (&wished, &digest))?;
            Question::of(tx, &shared, connection, sign_in)
        })
        .await?;
    let response = question.send(app, (303, &browser), Hints::default()).await?;
    Ok(Ending { how: How::Restarted, response: browser.remember(app, response) })
}

/// Whoever cannot be recognized would be sent to and fro for ever.
fn without_cookies() -> Error {
    let why =
        "rule 23: the browser keeps no cookies, so that it could not be recognized afterwards";
    Refused::forbidden("unsolicited", why)
}

/// Where an application has said where such people go, it is told, so that it can begin by itself.
async fn refuse(
    app: &App,
    connection: &Connection,
    unasked: Unasked,
    why: Error,
) -> Result<Ending, Error> {
    let wished = wished(unasked.relay_state.as_deref());
    let target = app.store.read(move |tx| Target::lookup(tx, &wished)).await?;
    let (Some(target), Error::Refused(why)) = (target, why.clone()) else { return Err(why) };
    let pairs = [
        ("error", "idp_initiated_sso_disabled"),
        ("error_description", "Sign-in that the identity provider begins is switched off."),
        ("connection_id", connection.id.as_str()),
        ("organization_id", connection.organization.as_ref().map_or("", |id| id.as_str())),
    ];
    let response = Response::redirect(303, &answer_url(&target.redirect_uri, None, &pairs));
    Ok(Ending { how: How::Refused(why), response })
}

/// Takes the answer; whoever said yes before in this browser goes on at once.
async fn accept(
    app: &App,
    request: &Request,
    (connection, unasked): (&Connection, Unasked),
    (statement, attempt): (Statement, &mut Attempt),
) -> Result<Ending, Error> {
    let browser = unasked.browser.ok_or_else(without_cookies)?;
    let browsers = Browsers {
        signing_in: browser.digest(),
        consenting: Browser::consenting(app, request).map(|browser| browser.digest()),
    };
    let wished = wished(unasked.relay_state.as_deref());
    let target = app.store.read(move |tx| Target::lookup(tx, &wished)).await?;
    let target = target.ok_or_else(|| {
        let why = "rule 23: no application has a default redirect URI to go on to";
        Refused::malformed("unsolicited", why)
    })?;
    let (id, to) = (connection.id.clone(), target.clone());
    let signed_by = statement.signed_by().to_vec();
    attempt.leads_to(&target.client);
    let now = app.clock.now();
    let (held, succeeded) = (app.traces.held(attempt, now)?, app.traces.succeeded(attempt, now)?);
    let accepted = app
        .store
        .write(move |tx| {
            let accepted = consents::accept(tx, &id, (&to, &browsers), &statement)?;
            match &accepted {
                Accepted::Known(_) => trace::insert(tx, &succeeded)?,
                Accepted::Held(answer) => trace::insert_held(tx, &held, &answer.token)?,
            }
            Ok(accepted)
        })
        .await;
    if accepted.is_ok() {
        metadata::believed(app, &connection.id, &signed_by).await;
    }
    match accepted {
        Ok(Accepted::Known(code)) => {
            let pairs = [("code", code.expose())];
            let location = answer_url(&target.redirect_uri, None, &pairs);
            let response = Response::redirect(303, &location);
            Ok(Ending { how: How::SignedIn(target.client), response })
        }
        Ok(Accepted::Held(held)) => {
            let response = consent::ask(app, connection, &target, &held)?;
            let response = browser.remember(app, response);
            Ok(Ending { how: How::Held(target.client), response })
        }
        Err(error) => turned_away(error, &target.redirect_uri, None),
    }
}

/// The addresses that a relay state may stand for: `redirect_uri=…` or the address alone, as it is or
/// encoded. Whether a client has listed one is for the store to say (rule 32).
fn wished(relay_state: Option<&str>) -> Vec<WebAddress> {
    let Some(text) = relay_state.map(str::trim) else { return Vec::new() };
    let bare = text.strip_prefix("redirect_uri=").unwrap_or(text);
    let encoded = Pairs::parse(text.as_bytes()).ok();
    let encoded = encoded.as_ref().and_then(|pairs| pairs.one("redirect_uri").ok().flatten());
    [Some(bare), encoded]
        .into_iter()
        .flatten()
        .filter_map(|it| WebAddress::parse(it).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_state_names_an_address_in_three_ways() {
        let named = |text| wished(Some(text)).iter().map(WebAddress::to_string).collect::<Vec<_>>();
        let address = "https://app.test/cb?a=1";
        assert_eq!(named("https://app.test/cb?a=1"), [address]);
        assert_eq!(named("redirect_uri=https://app.test/cb?a=1")[0], address);
        assert_eq!(named("redirect_uri=https%3A%2F%2Fapp.test%2Fcb%3Fa%3D1"), [address]);
        assert_eq!(named("redirect_uri=javascript:alert(1)"), Vec::<String>::new());
        assert_eq!(named("sign_in_01JD0000000000000000000001"), Vec::<String>::new());
        assert_eq!(wished(None), []);
    }
}
