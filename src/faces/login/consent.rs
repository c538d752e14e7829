//! The page that asks whether somebody means to sign in whom their identity provider sent by itself,
//! and `POST /sso/saml/consent`, their answer (rule 23).

use super::{authorize::answer_url, browser::Browser, page};
use crate::{
    app::App,
    http::{Request, Response},
    kit::{
        error::{Error, Refused},
        secret::Secret,
    },
    pages::Consent,
    sso::{
        Connection,
        consent::{self, Held},
        sign_in::Target,
        trace,
    },
};

/// Where the answer goes.
const PATH: &str = "/sso/saml/consent";

/// Asks the person.
pub(super) fn ask(
    app: &App,
    connection: &Connection,
    target: &Target,
    held: &Held,
) -> Result<Response, Error> {
    let host = connection.idp_sso_url.url().host_str().unwrap_or_default();
    let consent = Consent {
        application: held.application.clone(),
        email: held.email.clone(),
        identity_provider: host.to_owned(),
        action: format!("{}{PATH}", app.base.as_str()),
        token: held.token.expose().to_owned(),
    };
    page::shown(&consent, page::onward_targets(!target.redirect_uri.is_https()))
}

/// The person's answer. The code is made only now, and only after a yes.
pub(super) async fn answer(app: &App, request: Request) -> Result<Response, Error> {
    let over = || Refused::malformed("consent_over", "no consent is asked of this browser");
    if !request.is_form() {
        return Err(over());
    }
    let form = request.form()?;
    let token = Secret::new(form.one("token")?.ok_or_else(over)?.to_owned());
    let yes = match form.one("answer")? {
        Some("yes") => true,
        Some("no") => false,
        _ => return Err(over()),
    };
    let browser = Browser::known(app, &request).ok_or_else(over)?.digest();
    let remembered = yes.then(|| {
        Browser::consenting(app, &request).unwrap_or_else(|| Browser::fresh_consenting(app))
    });
    let remember = remembered.as_ref().map(Browser::digest);
    let answered = app
        .store
        .write(move |tx| {
            let trace = trace::of_held(tx, &token)?;
            let answered = consent::answer(tx, (&token, &browser), remember.as_ref())?;
            if let Some(trace) = &trace {
                trace::answered(tx, trace, answered.code.is_some())?;
            }
            Ok(answered)
        })
        .await
        .inspect_err(|error| {
            tracing::warn!(request_id = %request.id, reason = %error, "consent refused");
        })?;
    let (client, request_id) = (&answered.client, &request.id);
    let response = |pairs: &[(&str, &str)]| {
        Response::redirect(303, &answer_url(&answered.redirect_uri, None, pairs))
    };
    if let (Some(code), Some(browser)) = (&answered.code, remembered) {
        tracing::info!(%request_id, %client, "signed in after consent");
        return Ok(browser.remember(app, response(&[("code", code.expose())])));
    }
    tracing::info!(%request_id, %client, "sign-in not consented to");
    Ok(response(&[
        ("error", "signin_consent_denied"),
        ("error_description", "User cancelled the authentication request"),
    ]))
}
