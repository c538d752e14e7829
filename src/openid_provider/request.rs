//! Authorization requests: what a client asked for, kept while its person is at their identity
//! provider, and answered with a code.

use super::{OpenIdClient, Scope, Session, client, code, session, sql};
use crate::{
    applications::Client,
    kit::{
        error::{Error, Refused},
        id::Id,
        secret::Secret,
    },
    sso::{
        Profile, SignIn, Statement,
        sign_in::{self, OpenIdRequest},
    },
    store::{Row, Tx, params},
    vault::Digest,
};

/// What a client asked for. It was looked over.
#[derive(Debug, Clone)]
pub struct AuthorizationRequest {
    /// Which client.
    pub client: Id<Client>,
    /// Where it is answered; one that it has listed.
    pub redirect_uri: String,
    /// Its own word, given back as it came.
    pub state: Option<String>,
    /// What ties the ID token to it.
    pub nonce: Option<String>,
    /// What it may learn.
    pub scope: Scope,
    /// The S256 challenge of PKCE (RFC 7636 §4.2).
    pub code_challenge: Option<String>,
    /// The only one about whom it may be answered (`id_token_hint`).
    pub about: Option<Id<Profile>>,
}

/// What a finished sign-in leaves.
#[derive(Debug)]
pub struct Finished {
    /// Where the client is answered, and its own word.
    pub request: AuthorizationRequest,
    /// The code for it.
    pub code: Secret,
    /// The browser's cookie from now on.
    pub session: Secret,
}

/// Keeps a request while its person signs in.
pub fn begin(tx: &Tx<'_>, request: &AuthorizationRequest) -> Result<Id<OpenIdRequest>, Error> {
    let id = tx.id();
    tx.run(
        sql::REQUEST_INSERT,
        params![
            &id,
            &request.client,
            &request.redirect_uri,
            request.state.as_deref(),
            request.nonce.as_deref(),
            request.scope.to_string(),
            request.code_challenge.as_deref(),
            request.about.as_ref(),
            tx.now
        ],
    )?;
    Ok(id)
}

/// The request `id`, as long as it is kept.
pub fn lookup(tx: &Tx<'_>, id: &Id<OpenIdRequest>) -> Result<Option<AuthorizationRequest>, Error> {
    tx.find(sql::REQUEST_BY_ID, params![id], from_row)
}

/// The identity provider has vouched for the person: a session in this browser, and the code for the
/// client. Refusals: `login_required`, for somebody else than the request is about (Core §3.1.2.1), and
/// those of [`sign_in::finish`].
pub fn finish(
    tx: &Tx<'_>,
    (sign_in, id): (&SignIn, &Id<OpenIdRequest>),
    who: &Statement,
    browser: Option<&Digest>,
) -> Result<Finished, Error> {
    let over = || Refused::malformed("in_response_to", "the client's request is not kept any more");
    let request = lookup(tx, id)?.ok_or_else(over)?;
    // The client may have been changed meanwhile.
    client::lookup(tx, &request.client)?
        .filter(|client: &OpenIdClient| client.redirect_uri(&request.redirect_uri).is_some())
        .ok_or_else(over)?;
    let signed_in = sign_in::vouch(tx, sign_in, who)?;
    if request.about.as_ref().is_some_and(|about| *about != signed_in.profile) {
        let why = "Somebody else signed in than the id_token_hint is about.";
        return Err(Refused::forbidden("login_required", why));
    }
    let (session, cookie) = session::begin(tx, &signed_in, browser)?;
    let code = code::issue(tx, &request, &session)?;
    Ok(Finished { request, code, session: cookie })
}

/// Answers a request out of a session that is there already.
pub fn answer(
    tx: &Tx<'_>,
    request: &AuthorizationRequest,
    session: &Session,
) -> Result<Secret, Error> {
    session::touch(tx, session)?;
    code::issue(tx, request, session)
}

fn from_row(row: &Row<'_>) -> Result<AuthorizationRequest, Error> {
    Ok(AuthorizationRequest {
        client: row.get("client_id")?,
        redirect_uri: row.get("redirect_uri")?,
        state: row.get("state")?,
        nonce: row.get("nonce")?,
        scope: row.parse("scope", |text| Scope::parse(text).ok())?,
        code_challenge: row.get("code_challenge")?,
        about: row.get("profile_id")?,
    })
}
