//! Where a finished sign-in goes on to: the one place where its purpose decides.

use super::{
    assertion::{self, Ending, How},
    authorize::answer_url,
    browser, openid,
};
use crate::{
    app::App,
    http::Response,
    kit::{error::Error, id::Id, secret::Secret, text::WebAddress},
    openid_provider::{self, request::Finished},
    sso::{
        SignIn, Statement,
        sign_in::{self, OpenIdRequest, Purpose},
    },
    store::Tx,
    vault::Digest,
};

/// What the application gets.
pub(super) enum Onward {
    /// A code of the WorkOS API's.
    Code(Secret),
    /// A code of OpenID Connect, and a session.
    OpenId(Box<Finished>),
}

/// Finishes a sign-in for its purpose.
pub(super) fn finish(
    tx: &Tx<'_>,
    sign_in: &SignIn,
    who: &Statement,
    session: Option<&Digest>,
) -> Result<Onward, Error> {
    match &sign_in.purpose {
        Purpose::OpenId(id) => openid_provider::request::finish(tx, (sign_in, id), who, session)
            .map(|finished| Onward::OpenId(Box::new(finished))),
        _ => sign_in::finish(tx, sign_in, who).map(Onward::Code),
    }
}

impl Onward {
    /// The answer to the application, through the browser.
    pub(super) fn response(
        self,
        app: &App,
        redirect_uri: &WebAddress,
        state: Option<&str>,
    ) -> Response {
        match self {
            Self::Code(code) => {
                let pairs = [("code", code.expose())];
                Response::redirect(303, &answer_url(redirect_uri, state, &pairs))
            }
            Self::OpenId(finished) => {
                let Finished { request, code, session } = *finished;
                let back = (redirect_uri, request.state.as_deref());
                let answer = openid::answer(app, 303, back, &[("code", code.expose())]);
                browser::with_session(app, answer, &session)
            }
        }
    }
}

/// A sign-in that the identity provider did not complete, as the application is told it.
pub(super) async fn not_completed(
    app: &App,
    sign_in: &SignIn,
    redirect_uri: &WebAddress,
    (code, description): (&str, &str),
) -> Result<Response, Error> {
    let Purpose::OpenId(id) = &sign_in.purpose else {
        let pairs = [("error", code), ("error_description", description)];
        let location = answer_url(redirect_uri, sign_in.state.as_deref(), &pairs);
        return Ok(Response::redirect(303, &location));
    };
    let state = state_of(app, id).await?;
    // RFC 6749 §4.1.2.1 has no word for a provider behind us that failed.
    let code = if code == "access_denied" { code } else { "server_error" };
    let pairs = [("error", code), ("error_description", description)];
    Ok(openid::answer(app, 303, (redirect_uri, state.as_deref()), &pairs))
}

/// The application's own word of a request.
async fn state_of(app: &App, id: &Id<OpenIdRequest>) -> Result<Option<String>, Error> {
    let id = id.clone();
    let request = app.store.read(move |tx| openid_provider::request::lookup(tx, &id)).await?;
    Ok(request.and_then(|request| request.state))
}

/// A refusal after verification, as the application is told it where it is.
pub(super) async fn turned_away(
    app: &App,
    sign_in: &SignIn,
    redirect_uri: &WebAddress,
    error: Error,
) -> Result<Ending, Error> {
    let Purpose::OpenId(id) = &sign_in.purpose else {
        return assertion::turned_away(error, redirect_uri, sign_in.state.as_deref());
    };
    let Error::Refused(refused) = error else { return Err(error) };
    let (code, why) = openid::told(&Error::Refused(refused.clone()));
    if !matches!(code, "access_denied" | "login_required") {
        return Err(refused.into());
    }
    let state = state_of(app, id).await?;
    let pairs = [("error", code), ("error_description", why.as_str())];
    let response = openid::answer(app, 303, (redirect_uri, state.as_deref()), &pairs);
    Ok(Ending { how: How::Refused(refused), response })
}
