//! A no in OAuth's dialect: `{error, error_description}` (RFC 6749 §5.2).

use serde_json::json;

use crate::{
    faces::{asker::plain, fault_text, status_of},
    http::{Response, Seen},
    kit::error::{Error, Fault, Kind, Refused},
};

/// The answer to an error that no handler has answered itself.
#[must_use]
pub fn refuse(seen: &Seen, error: &Error) -> Response {
    match error {
        Error::Refused(refused) => oauth(refused),
        Error::Fault(fault) => {
            let code = match fault {
                Fault::Busy | Fault::Closing => "temporarily_unavailable",
                _ => "server_error",
            };
            shown(status_of(error), code, &fault_text(seen, fault))
        }
    }
}

/// The answer to a refusal. A client that did not prove itself is told how it may (RFC 6749 §5.2).
pub(super) fn oauth(refused: &Refused) -> Response {
    let status = status_of(&Error::Refused(refused.clone()));
    let (status, code) = match refused.kind {
        Kind::Unauthenticated => {
            let response = shown(401, refused.code, &refused.detail);
            return response.with_header("www-authenticate", "Basic realm=\"kernia\"");
        }
        Kind::Missing => (404, "invalid_request"),
        Kind::TooMany => (429, "temporarily_unavailable"),
        Kind::TooLarge | Kind::TooSlow | Kind::Method => (status, "invalid_request"),
        _ => (400, known(refused.code)),
    };
    shown(status, code, &refused.detail)
}

/// What clients know; anything else is a request that is no good.
fn known(code: &'static str) -> &'static str {
    match code {
        "invalid_grant"
        | "invalid_scope"
        | "unsupported_grant_type"
        | "unauthorized_client"
        | "invalid_target" => code,
        _ => "invalid_request",
    }
}

fn shown(status: u16, code: &str, description: &str) -> Response {
    let body = json!({ "error": code, "error_description": plain(description) });
    no_store(Response::json(status, &body))
}

/// RFC 6749 §5.1.
pub(super) fn no_store(response: Response) -> Response {
    response.with_header("cache-control", "no-store").with_header("pragma", "no-cache")
}
