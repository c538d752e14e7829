//! `/oauth2/userinfo` (OpenID Connect Core §5.3): an access token opens the claims of its person.

use serde_json::json;

use super::{cross_origin, refuse};
use crate::{
    app::App,
    http::{Request, Response},
    kit::{
        error::{Error, Refused},
        secret::Secret,
    },
    openid_provider::token,
};

pub(super) async fn show(app: &App, request: Request) -> Result<Response, Error> {
    let response = match brought(&request) {
        Ok(Some(access_token)) => {
            let found = app.store.read(move |tx| token::user_info(tx, &access_token)).await?;
            match found {
                Some(claims) => refuse::no_store(Response::json(200, &claims)),
                None => challenge(
                    "Bearer error=\"invalid_token\", \
                     error_description=\"The access token has expired or is invalid.\"",
                ),
            }
        }
        Ok(None) => challenge("Bearer"),
        // RFC 6750 §3: whatever is wrong with a request for what is protected, it is told how to ask.
        Err(Error::Refused(refused)) => refuse::oauth(&refused)
            .with_header("www-authenticate", "Bearer error=\"invalid_request\""),
        Err(fault) => return Err(fault),
    };
    cross_origin::readable(app, &request, response).await
}

/// The token, in the header or in a form (RFC 6750 §2), not in both and never in the address.
fn brought(request: &Request) -> Result<Option<Secret>, Error> {
    let invalid = |why: &str| Refused::malformed("invalid_request", why.to_owned());
    if request.query.entries().any(|(name, _)| name == "access_token") {
        return Err(invalid("An access token never stands in an address."));
    }
    let in_form = if request.is_form() {
        request.form()?.one("access_token")?.map(|text| Secret::new(text.to_owned()))
    } else {
        None
    };
    match (request.bearer(), in_form) {
        (Some(_), Some(_)) => Err(invalid("The access token stands in two places.")),
        (in_header, in_form) => Ok(in_header.or(in_form)),
    }
}

/// RFC 6750 §3.
fn challenge(how: &str) -> Response {
    let body = json!({ "error": "invalid_token" });
    refuse::no_store(Response::json(401, &body)).with_header("www-authenticate", how)
}
