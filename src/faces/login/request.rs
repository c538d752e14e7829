//! Our question to an identity provider on its way through the browser, in the provider's protocol: a
//! redirect, or a page that posts itself. Nothing is fetched for it.

mod oidc;
mod saml;

use std::sync::Arc;

pub(super) use self::oidc::{code_verifier, nonce};

use super::browser::Browser;
use crate::{
    app::App,
    http::{Pairs, Response},
    kit::error::{Error, Refused},
    saml::KeyPair,
    sso::{Connection, OidcConnection, Protocol, SignIn, key_pair, preset},
    store::Tx,
};

/// The longest hint that is passed on, in bytes.
const MAX_HINT: usize = 320;
/// The most scopes of an application's, and the most parameters.
const MAX_WISHES: usize = 20;
/// The longest name and the longest value among them, in bytes.
const MAX_WISH: (usize, usize) = (64, 512);

/// A sign-in that was begun, and what its question is made of.
pub(super) struct Question {
    connection: Connection,
    sign_in: SignIn,
    means: Means,
}

/// What a question needs beside the connection.
enum Means {
    /// What signs it, where it is signed.
    Saml(Option<KeyPair>),
    /// What is known of the provider.
    Oidc(Arc<OidcConnection>),
}

/// What the application knows about the person, and wishes of the provider.
#[derive(Debug, Clone, Default)]
pub(super) struct Hints<'a> {
    login: Option<&'a str>,
    domain: Option<&'a str>,
    /// More that is asked for, where that is OAuth's to ask.
    scopes: Vec<&'a str>,
    /// More that the provider understands.
    parameters: Vec<(&'a str, &'a str)>,
}

impl<'a> Hints<'a> {
    /// What stands in an authorization request.
    pub(super) fn parse(query: &'a Pairs) -> Result<Self, Error> {
        let invalid = |why: String| Refused::malformed("invalid_request", why);
        let short =
            |hint: Option<&'a str>| hint.filter(|hint| !hint.is_empty() && hint.len() <= MAX_HINT);
        let scopes: Vec<_> =
            query.all("provider_scopes").into_iter().flat_map(str::split_whitespace).collect();
        if scopes.len() > MAX_WISHES || !scopes.iter().all(|scope| is_scope(scope)) {
            let why = format!("provider_scopes takes at most {MAX_WISHES} scopes (RFC 6749 §3.3)");
            return Err(invalid(why));
        }
        let parameters: Vec<_> = query.map("provider_query_params").collect();
        let fits = |(name, value): &(&str, &str)| {
            (1..=MAX_WISH.0).contains(&name.len()) && value.len() <= MAX_WISH.1
        };
        if parameters.len() > MAX_WISHES || !parameters.iter().all(fits) {
            let why = format!("provider_query_params takes at most {MAX_WISHES} short parameters");
            return Err(invalid(why));
        }
        let (login, domain) = (query.one("login_hint")?, query.one("domain_hint")?);
        Ok(Self { login: short(login), domain: short(domain), scopes, parameters })
    }

    /// Whom somebody said to expect.
    pub(super) fn new(login: Option<&'a str>, domain: Option<&'a str>) -> Self {
        let short =
            |hint: Option<&'a str>| hint.filter(|it| !it.is_empty() && it.len() <= MAX_HINT);
        Self { login: short(login), domain: short(domain), ..Self::default() }
    }

    /// Whom a provider said to expect.
    pub(super) fn of_login(login: Option<&'a str>) -> Self {
        Self { login: login.filter(|hint| hint.len() <= MAX_HINT), ..Self::default() }
    }
}

/// RFC 6749 §3.3.
fn is_scope(text: &str) -> bool {
    text.len() <= 256 && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'))
}

impl Question {
    /// The question of this sign-in.
    pub(super) fn of(
        tx: &Tx<'_>,
        app: &App,
        connection: Connection,
        sign_in: SignIn,
    ) -> Result<Self, Error> {
        let means = match connection.connection_type.protocol() {
            Protocol::Saml if connection.settings.signs_requests() => {
                Means::Saml(key_pair::signer(tx, &app.vault, &connection.id)?)
            }
            Protocol::Saml => Means::Saml(None),
            Protocol::Oidc | Protocol::OAuth => {
                Means::Oidc(app.oidc_connections.of(tx, &app.vault, &connection)?)
            }
        };
        Ok(Self { connection, sign_in, means })
    }

    /// Sends the browser on: with `status` where that is a redirect.
    pub(super) async fn send(
        self,
        app: &App,
        (status, browser): (u16, &Browser),
        hints: Hints<'_>,
    ) -> Result<Response, Error> {
        let Self { connection, sign_in, means } = self;
        match means {
            Means::Saml(signer) => {
                saml::send(app, status, (connection, sign_in, signer), &hints).await
            }
            Means::Oidc(oidc) => {
                let location = oidc::location(app, browser, (&connection, &sign_in, &oidc), &hints);
                Ok(Response::redirect(status, &location))
            }
        }
    }
}

/// The domain of the person by the name that the provider has for it, if it has one.
fn domain_hint<'a>(connection: &Connection, hints: &Hints<'a>) -> Option<(&'static str, &'a str)> {
    preset::of(connection.connection_type).domain_hint.zip(hints.domain)
}
