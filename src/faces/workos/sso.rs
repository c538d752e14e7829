//! `/sso/token`, `/sso/profile`, `/sso/jwks/{client}`: how an application learns who signed in.

use serde::Deserialize;
use serde_json::json;

use super::shape::id_of;
use crate::{
    app::App,
    applications::{Caller, api_key, client, signing_key},
    http::{Pairs, Request, Response},
    kit::{
        error::{Error, Refused},
        id::Id,
        secret::Secret,
        text::WebAddress,
    },
    objects,
    sso::{
        Profile,
        access::{self, Exchange, Offer, TOKEN_LIFETIME},
    },
};

/// The body as JSON; forms and queries have the same names (contract.md, part 2).
#[derive(Deserialize, Default)]
struct Asked {
    client_id: Option<String>,
    client_secret: Option<String>,
    grant_type: Option<String>,
    code: Option<String>,
    code_verifier: Option<String>,
    redirect_uri: Option<String>,
}

impl Asked {
    fn parse(request: &Request) -> Result<Self, Error> {
        if request.is_form() {
            return Self::from_pairs(&request.form()?);
        }
        if request.body.is_empty() {
            return Self::from_pairs(&request.query);
        }
        request.json()
    }

    fn from_pairs(pairs: &Pairs) -> Result<Self, Error> {
        let one = |name| Ok::<_, Error>(pairs.one(name)?.map(str::to_owned));
        Ok(Self {
            client_id: one("client_id")?,
            client_secret: one("client_secret")?,
            grant_type: one("grant_type")?,
            code: one("code")?,
            code_verifier: one("code_verifier")?,
            redirect_uri: one("redirect_uri")?,
        })
    }
}

/// `POST /sso/token` (RFC 6749 §4.1.3).
pub(super) async fn token(app: &App, request: Request) -> Result<Response, Error> {
    let mut asked = Asked::parse(&request)?;
    if let Some((client, secret)) = request.basic() {
        // RFC 6749 §2.3.1: how general OAuth clients authenticate.
        asked.client_id.get_or_insert(client);
        asked.client_secret.get_or_insert_with(|| secret.expose().to_owned());
    }
    if asked.grant_type.as_deref() != Some("authorization_code") {
        let why = "The grant_type is not supported; use authorization_code.";
        return Err(Refused::invalid("unsupported_grant_type", why));
    }
    let missing = |name: &str| Refused::invalid("invalid_request", format!("{name} is missing."));
    let client_id = asked.client_id.ok_or_else(|| missing("client_id"))?;
    let client = Id::parse(&client_id).map_err(|_| unknown_client())?;
    let secret = asked.client_secret.map(Secret::new).or_else(|| request.bearer());
    let offer = Offer {
        client,
        authenticated: secret.is_some(),
        code: Secret::new(asked.code.ok_or_else(|| missing("code"))?),
        code_verifier: asked.code_verifier.map(Secret::new),
        redirect_uri: asked.redirect_uri.map(|uri| WebAddress::parse(&uri)).transpose()?,
    };
    let exchanged = app
        .store
        .write(move |tx| {
            let caller = secret.as_ref().map(|key| api_key::authenticate(tx, key)).transpose()?;
            let caller = caller.flatten();
            // A key of the client's own is proof enough that there is such a client.
            if caller.as_ref().is_none_or(|caller| caller.client != offer.client) {
                client::lookup(tx, &offer.client)?.ok_or_else(unknown_client)?;
            }
            if secret.is_some() {
                authorized(&offer, caller)?;
            }
            access::exchange(tx, &offer)
        })
        .await?;
    match exchanged {
        Exchange::Granted { token, profile } => Ok(Response::json(
            200,
            &objects::Token {
                token_type: "Bearer",
                access_token: token.expose(),
                expires_in: TOKEN_LIFETIME.as_secs(),
                profile: profile.published(),
            },
        )),
        Exchange::Reused => Err(access::reused()),
    }
}

/// A key that is given must be one of the client's.
fn authorized(offer: &Offer, caller: Option<Caller>) -> Result<(), Error> {
    match caller {
        Some(caller) if caller.client == offer.client => Ok(()),
        Some(_) => {
            let why = "The API key belongs to another client.";
            Err(Refused::invalid("unauthorized_client", why))
        }
        None => Err(Refused::invalid("invalid_client", "Invalid client secret.")),
    }
}

fn unknown_client() -> Error {
    Refused::invalid("invalid_client", "Invalid client ID.")
}

/// `GET /sso/profile`: the access token opens one profile and nothing else.
pub(super) async fn profile(app: &App, request: Request) -> Result<Response, Error> {
    let found = match request.bearer() {
        Some(token) => app.store.read(move |tx| access::profile_of(tx, &token)).await?,
        None => None,
    };
    Ok(match found.map(Profile::published) {
        Some(profile) => Response::json(200, &profile),
        None => Response::json(401, &json!({ "error": "Unauthorized" })),
    })
}

/// `GET /sso/jwks/{client}` (RFC 7517 §5).
pub(super) async fn jwks(app: &App, request: Request) -> Result<Response, Error> {
    let client = id_of(request.param("client"), "Client")?;
    let keys = app
        .store
        .read(move |tx| {
            client::find(tx, &client)?;
            signing_key::public_keys(tx, &client)
        })
        .await?;
    Ok(Response::json(200, &keys).with_header("cache-control", "public, max-age=300"))
}
