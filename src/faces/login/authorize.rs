//! `GET /sso/authorize`: an application sends somebody to sign in (contract.md, parts 2 and 6).
//! Until client and redirect URI are known to belong together, a no is a page; after that it goes
//! back to the application. All of it is one transaction.

use super::{
    browser::Browser,
    request::{Hints, Question},
};
pub(super) use crate::faces::asker::answer_url;
use crate::{
    app::{App, openid},
    faces::{
        asker::Asker,
        door,
        selector::{Route, Selector},
    },
    http::{Method, Pairs, Request, Response},
    kit::error::{Error, Fault, Refused},
    sso::{
        Connection, Protocol,
        sign_in::{self, Asked, Purpose},
    },
    store::Tx,
    vault::Digest,
};

/// What an application asks for, once it is readable.
#[derive(Debug, Clone)]
struct Wish {
    selector: Selector,
    code_challenge: Option<String>,
    force_authn: bool,
}

/// What became of a request whose client has listed its redirect URI.
enum Outcome {
    /// The sign-in is begun: the identity provider is asked.
    Begun(Box<Question>),
    /// A page of ours asks the person first.
    Asks,
    /// What the provider publishes was never read yet.
    Unread(Box<Connection>),
    /// The application is told no.
    Refused(Refused),
}

pub(super) async fn authorize(app: &App, request: Request) -> Result<Response, Error> {
    if request.method == Method::Head {
        // Whoever only looks (a link preview) begins nothing.
        return Ok(Response::empty(200));
    }
    let query = &request.query;
    let told = |error: &Error| {
        if matches!(error, Error::Refused(_)) {
            Asker::unknown(&request.id, query, error);
        }
    };
    let asker = Asker::parse(app, query).inspect_err(told)?;
    let browser = Browser::known(app, &request).unwrap_or_else(|| Browser::fresh(app));
    let mut outcome = answer(app, query, (&asker, browser.digest())).await.inspect_err(told)?;
    if let Outcome::Unread(connection) = outcome {
        // One of the configuration, started without a network: the first who comes waits for that.
        outcome = match openid::ready(app, &connection).await {
            Ok(_) => answer(app, query, (&asker, browser.digest())).await.inspect_err(told)?,
            Err(Error::Refused(refused)) => Outcome::Refused(refused),
            Err(fault) => return Err(fault),
        };
    }
    match outcome {
        Outcome::Unread(_) => Err(Fault::internal("a provider that was read is unread")),
        Outcome::Begun(question) => {
            let hints = Hints::parse(query)?;
            Ok(browser.remember(app, question.send(app, (302, &browser), hints).await?))
        }
        Outcome::Asks => {
            Ok(Response::redirect(302, &door::SSO.asks(&app.base, &request.raw_query)))
        }
        Outcome::Refused(refused) => {
            tracing::info!(
                request_id = %request.id, client = %asker.client, code = refused.code,
                detail = refused.detail, "authorization request refused"
            );
            let pairs = [("error", refused.code), ("error_description", &refused.detail)];
            Ok(Response::redirect(302, &asker.answer_url(&pairs)))
        }
    }
}

/// Looks at the application and at what it asks for, and begins the sign-in.
async fn answer(
    app: &App,
    query: &Pairs,
    (asker, browser): (&Asker, Digest),
) -> Result<Outcome, Error> {
    let asker = asker.clone();
    let wish = match Wish::parse(query, &asker) {
        Ok(wish) if wish.selector.asks() => {
            app.store.read(move |tx| asker.verify(tx)).await?;
            return Ok(Outcome::Asks);
        }
        Ok(wish) => wish,
        Err(Error::Refused(refused)) => {
            app.store.read(move |tx| asker.verify(tx)).await?;
            return Ok(Outcome::Refused(refused));
        }
        Err(fault) => return Err(fault),
    };
    let shared = app.clone();
    app.store
        .write(move |tx| {
            asker.verify(tx)?;
            // Up to here nothing is written, so the application can be told no.
            let connection = match wish.selector.route(tx) {
                Ok(Route::To(connection)) => *connection,
                Ok(Route::Choose(_) | Route::Ask) => return Ok(Outcome::Asks),
                Err(Error::Refused(refused)) => return Ok(Outcome::Refused(refused)),
                Err(fault) => return Err(fault),
            };
            if is_unread(tx, &shared, &connection)? {
                return Ok(Outcome::Unread(Box::new(connection)));
            }
            let question = begin(tx, &shared, connection, (&asker, &wish, browser))?;
            Ok(Outcome::Begun(Box::new(question)))
        })
        .await
}

/// Whether it leads to a provider of the configuration that was never read.
pub(super) fn is_unread(tx: &Tx<'_>, app: &App, connection: &Connection) -> Result<bool, Error> {
    if connection.connection_type.protocol() == Protocol::Saml {
        return Ok(false);
    }
    match app.oidc_connections.of(tx, &app.vault, connection) {
        Ok(_) => Ok(false),
        Err(Error::Refused(refused)) if refused.code == "provider_not_read" => Ok(true),
        Err(error) => Err(error),
    }
}

fn begin(
    tx: &Tx<'_>,
    app: &App,
    connection: Connection,
    (asker, wish, browser): (&Asker, &Wish, Digest),
) -> Result<Question, Error> {
    let sought = Asked {
        connection: connection.id.clone(),
        client: asker.client.clone(),
        purpose: Purpose::Application,
        redirect_uri: Some(asker.redirect_uri.clone()),
        state: asker.state.clone(),
        code_challenge: wish.code_challenge.clone(),
        force_authn: wish.force_authn,
        browser,
    };
    let sign_in = sign_in::begin(tx, &sought)?;
    Question::of(tx, app, connection, sign_in)
}

impl Wish {
    /// Reads a request; what is wrong with it, the application is told.
    fn parse(query: &Pairs, asker: &Asker) -> Result<Self, Error> {
        let invalid = |why: &str| Refused::malformed("invalid_request", why.to_owned());
        if query.one("response_type")? != Some("code") {
            return Err(invalid("response_type must be `code`"));
        }
        if !asker.state_fits() {
            return Err(invalid("state is longer than 8 KiB"));
        }
        let selector = Selector::parse(query)?;
        let code_challenge = code_challenge(query)?;
        let force_authn = match query.one("prompt")? {
            None | Some("") => false,
            Some("login") => true,
            Some(_) => return Err(invalid("prompt can only be `login`")),
        };
        Hints::parse(query)?;
        Ok(Self { selector, code_challenge, force_authn })
    }
}

/// The S256 challenge of PKCE; `plain` is not taken (RFC 9700 §2.1.1).
pub(super) fn code_challenge(query: &Pairs) -> Result<Option<String>, Error> {
    let invalid = |why: &str| Refused::malformed("invalid_request", why.to_owned());
    let Some(challenge) = query.one("code_challenge")?.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if query.one("code_challenge_method")? != Some("S256") {
        return Err(invalid("code_challenge_method must be `S256`"));
    }
    let shaped = challenge.len() == 43
        && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if shaped {
        Ok(Some(challenge.to_owned()))
    } else {
        Err(invalid("code_challenge must be 43 characters of base64url"))
    }
}
