//! The question in OpenID Connect (Core §3.1.2.1): one address. The state is kept; the nonce and the
//! code verifier follow from what the browser's cookie holds, so that neither is at rest, and a code
//! that was stolen is of no use elsewhere.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Hints, domain_hint};
use crate::{
    app::App,
    faces::login::browser::Browser,
    kit::{digest::sha256, secret::Secret, text::WebAddress},
    oidc::AuthorizationRequest,
    sso::{Connection, OidcConnection, SignIn},
};

/// The one provider that answers with a form as soon as a name or an address is asked for.
const ANSWERS_WITH_A_FORM: &str = "AppleOAuth";

/// What the ID token must repeat.
pub(in crate::faces::login) fn nonce(browser: &Browser, sign_in: &SignIn) -> Secret {
    browser.derived("oidc nonce", &sign_in.request_id)
}

/// What the challenge is made of, where PKCE is used.
pub(in crate::faces::login) fn code_verifier(
    browser: &Browser,
    sign_in: &SignIn,
    oidc: &OidcConnection,
) -> Option<Secret> {
    oidc.settings.pkce.then(|| browser.derived("oidc code verifier", &sign_in.request_id))
}

/// Where the browser goes.
pub(super) fn location(
    app: &App,
    browser: &Browser,
    (connection, sign_in, oidc): (&Connection, &SignIn, &OidcConnection),
    hints: &Hints<'_>,
) -> String {
    let challenge = code_verifier(browser, sign_in, oidc)
        .map(|verifier| URL_SAFE_NO_PAD.encode(sha256(verifier.expose().as_bytes())));
    let mut extra = Vec::from_iter(domain_hint(connection, hints));
    extra.extend_from_slice(&hints.parameters);
    let anew = sign_in.force_authn;
    AuthorizationRequest {
        endpoint: &endpoint(connection, oidc),
        client_id: &oidc.settings.client_id,
        redirect_uri: &oidc.callback_url(app.base.as_str()),
        scope: &scope(oidc, hints),
        state: &sign_in.request_id,
        nonce: nonce(browser, sign_in).expose(),
        code_challenge: challenge.as_deref(),
        prompt: anew.then_some("login"),
        login_hint: hints.login,
        max_age: (anew && oidc.person_api().is_none()).then_some(Duration::ZERO),
        extra: &extra,
    }
    .url()
}

fn endpoint(connection: &Connection, oidc: &OidcConnection) -> WebAddress {
    let endpoint = &oidc.provider.authorization_endpoint;
    let mut url = endpoint.url().clone();
    if connection.connection_type.as_str() == ANSWERS_WITH_A_FORM {
        url.query_pairs_mut().append_pair("response_mode", "form_post");
    }
    WebAddress::parse(url.as_str()).unwrap_or_else(|_| endpoint.clone())
}

/// What is set, and what the application wishes beside it.
fn scope(oidc: &OidcConnection, hints: &Hints<'_>) -> String {
    let mut scope = oidc.settings.scope();
    for more in &hints.scopes {
        if !scope.split(' ').any(|known| known == *more) {
            scope = format!("{scope} {more}");
        }
    }
    scope
}
