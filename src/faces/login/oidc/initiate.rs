//! `/sso/oidc/initiate/{key}`: a provider begins by itself (OIDC Core §4). Nothing of what it says is
//! believed but whom to expect: it is asked at once, as if the application had.

use crate::{
    app::App,
    faces::login::{
        browser::Browser,
        request::{Hints, Question},
    },
    http::{Method, Pairs, Request, Response},
    kit::{
        error::{Error, Refused},
        text::WebAddress,
    },
    sso::{IdpInitiated, sign_in},
};

pub(in crate::faces::login) async fn initiate(
    app: &App,
    request: Request,
) -> Result<Response, Error> {
    if request.method == Method::Head {
        return Ok(Response::empty(200));
    }
    let posted = request.method == Method::Post && request.is_form();
    let asked = if posted { request.form()? } else { request.query.clone() };
    let issuer = asked.one("iss")?.unwrap_or_default().to_owned();
    let wished = wished(&asked)?;
    let browser = Browser::known(app, &request).unwrap_or_else(|| Browser::fresh(app));
    let (digest, shared) = (browser.digest(), app.clone());
    let (key, path) = (request.param("key").to_owned(), request.path.clone());
    let question = app
        .store
        .write(move |tx| {
            let connection = super::at(tx, &key, &path)?;
            if connection.settings.idp_initiated == IdpInitiated::Refuse {
                let why = "sign-ins that the identity provider begins are switched off";
                return Err(Refused::malformed("unsolicited", why));
            }
            let oidc = shared.oidc_connections.of(tx, &shared.vault, &connection)?;
            if !oidc.provider.is_issuer(&issuer) {
                let why = "the `iss` is not the issuer of this connection";
                return Err(Refused::malformed("callback_issuer", why));
            }
            let connection = sign_in::enabled(tx, &connection.id)?;
            let sign_in = sign_in::restart(tx, &connection.id, (&wished, &digest))?;
            Question::of(tx, &shared, connection, sign_in)
        })
        .await?;
    let hints = Hints::of_login(asked.one("login_hint")?);
    let status = if posted { 303 } else { 302 };
    Ok(browser.remember(app, question.send(app, (status, &browser), hints).await?))
}

/// Where the provider would have the person go: somewhere that an application has listed, or nowhere.
fn wished(asked: &Pairs) -> Result<Vec<WebAddress>, Error> {
    let target = asked.one("target_link_uri")?;
    Ok(target.and_then(|text| WebAddress::parse(text).ok()).into_iter().collect())
}
