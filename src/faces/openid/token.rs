//! `POST /oauth2/token` (RFC 6749 §3.2): a code or a refresh token becomes tokens.

use serde_json::{Value, json};

use super::{client_authentication, cross_origin, refuse};
use crate::{
    app::{self, App},
    faces::asker::shown,
    http::{Pairs, Request, Response},
    kit::{
        error::{Error, Refused},
        secret::Secret,
    },
    openid_provider::{
        Credentials, code, refresh,
        token::{self, Exchange, Granted},
    },
};

pub(super) async fn token(app: &App, request: Request) -> Result<Response, Error> {
    let response = match granted(app, &request).await {
        Ok(body) => refuse::no_store(Response::json(200, &body)),
        Err(Error::Refused(refused)) => {
            tracing::info!(
                request_id = %request.id, client = client_authentication::claimed(&request),
                code = refused.code, reason = refused.detail, "no tokens given"
            );
            refuse::oauth(&refused)
        }
        Err(fault) => return Err(fault),
    };
    cross_origin::readable(app, &request, response).await
}

async fn granted(app: &App, request: &Request) -> Result<Value, Error> {
    let form = form(request)?;
    let credentials = client_authentication::credentials(request, &form)?;
    let exchange = match form.one("grant_type")? {
        Some("authorization_code") => by_code(app, credentials, &form).await?,
        Some("refresh_token") => by_refresh_token(app, credentials, &form).await?,
        Some(_) => {
            let why = "The grant_type is not supported; use authorization_code or refresh_token.";
            return Err(Refused::malformed("unsupported_grant_type", why));
        }
        None => return Err(missing("grant_type")),
    };
    let Exchange::Granted(granted) = exchange else {
        let why = "It was used before; what it gave is no longer valid.";
        return Err(Refused::malformed("invalid_grant", why));
    };
    let (granted, id_token) = signed(app, granted).await?;
    let mut body = json!({
        "token_type": "Bearer",
        "access_token": granted.access_token.expose(),
        "expires_in": token::LIFETIME.as_secs(),
        "scope": granted.scope.to_string(),
        "id_token": id_token,
    });
    if let Some(refresh_token) = &granted.refresh_token {
        body["refresh_token"] = refresh_token.expose().into();
    }
    Ok(body)
}

/// The form, each name once. What stands in an address ends up in logs, and is no request.
fn form(request: &Request) -> Result<Pairs, Error> {
    let invalid = |why: &str| Refused::malformed("invalid_request", why.to_owned());
    if request.query.entries().next().is_some() {
        return Err(invalid("Parameters belong in the body, never in the address."));
    }
    if !request.is_form() {
        return Err(invalid("The body must be application/x-www-form-urlencoded."));
    }
    let form = request.form()?;
    if let Some(name) = form.repeated() {
        return Err(invalid(&format!("{} may be given only once.", shown(name))));
    }
    let form = form.with_values();
    for unsupported in ["resource", "audience"] {
        if form.one(unsupported)?.is_some() {
            let why = "Access tokens are for the userinfo endpoint alone.";
            return Err(Refused::malformed("invalid_target", why));
        }
    }
    Ok(form)
}

async fn by_code(app: &App, credentials: Credentials, form: &Pairs) -> Result<Exchange, Error> {
    let required = |name| form.one(name)?.ok_or_else(|| missing(name));
    let offer = code::Offer {
        code: Secret::new(required("code")?.to_owned()),
        redirect_uri: required("redirect_uri")?.to_owned(),
        code_verifier: form.one("code_verifier")?.map(|text| Secret::new(text.to_owned())),
    };
    app.store.write(move |tx| token::exchange(tx, &credentials, &offer)).await
}

async fn by_refresh_token(
    app: &App,
    credentials: Credentials,
    form: &Pairs,
) -> Result<Exchange, Error> {
    let token = form.one("refresh_token")?.ok_or_else(|| missing("refresh_token"))?;
    let offer = refresh::Offer {
        refresh_token: Secret::new(token.to_owned()),
        scope: form.one("scope")?.map(str::to_owned),
    };
    app.store.write(move |tx| refresh::exchange(tx, &credentials, &offer)).await
}

async fn signed(app: &App, granted: Box<Granted>) -> Result<(Box<Granted>, String), Error> {
    let key = app::openid_clients::signing_key(app).await?;
    let issuer = app.base.as_str().to_owned();
    let work = move || {
        let id_token = granted.id_token(&issuer, &key)?;
        Ok((granted, id_token))
    };
    app.cpu.run(work).await?
}

fn missing(name: &str) -> Error {
    Refused::malformed("invalid_request", format!("The {name} is missing."))
}
