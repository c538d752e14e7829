//! A no in WorkOS's dialect: `{message, code, errors}`, and OAuth's where that is spoken (contract.md,
//! part 1). A top-level `error` stands only where OAuth wants it: the Node SDK tells them apart by it.

use serde_json::{Value, json};

use crate::{
    faces::{fault_text, status_of},
    http::{Response, Seen},
    kit::error::{Error, Kind, Refused},
};

/// The answer to an error.
#[must_use]
pub fn refuse(seen: &Seen, error: &Error) -> Response {
    let status = status_of(error);
    if let Error::Refused(refused) = error
        && speaks_oauth(&seen.path, refused)
    {
        return oauth(refused);
    }
    let body = match error {
        Error::Refused(refused) => shape(refused),
        Error::Fault(fault) => json!({ "message": fault_text(seen, fault) }),
    };
    Response::json(status, &body)
}

/// Where OAuth's dialect is spoken: everywhere on the one path, about connections on the other.
fn speaks_oauth(path: &str, refused: &Refused) -> bool {
    path == "/sso/token" || path == "/sso/logout/authorize" && refused.code == "connection_invalid"
}

fn shape(refused: &Refused) -> Value {
    if refused.kind == Kind::Unauthenticated {
        return json!({ "message": "Unauthorized" });
    }
    let mut body = json!({ "message": refused.detail, "code": refused.code });
    if !refused.fields.is_empty() {
        let errors: Vec<_> = refused
            .fields
            .iter()
            .map(|fault| json!({ "field": fault.field, "code": fault.code, "message": fault.message }))
            .collect();
        body["errors"] = errors.into();
    }
    body
}

/// RFC 6749 §5.2.
fn oauth(refused: &Refused) -> Response {
    let (status, code) = match refused.kind {
        Kind::TooLarge => (413, "invalid_request"),
        Kind::TooSlow => (408, "invalid_request"),
        Kind::TooMany => (429, "slow_down"),
        Kind::Method => (405, "invalid_request"),
        _ => match refused.code {
            "connection_invalid"
            | "invalid_grant"
            | "invalid_client"
            | "unauthorized_client"
            | "unsupported_grant_type" => (400, refused.code),
            _ => (400, "invalid_request"),
        },
    };
    Response::json(status, &json!({ "error": code, "error_description": refused.detail }))
}
