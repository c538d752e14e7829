//! A no in SCIM's dialect (RFC 7644 §3.12): a document, everywhere below the root.

use super::answer::CONTENT_TYPE;
use crate::{
    faces::{fault_text, status_of},
    http::{Response, Seen},
    kit::error::{Error, Kind},
    scim::{Rejected, ScimType},
};

/// The answer to an error.
#[must_use]
pub fn refuse(seen: &Seen, error: &Error) -> Response {
    let rejected = match error {
        Error::Refused(_) => rejected(error),
        Error::Fault(fault) => Rejected::status(status_of(error), fault_text(seen, fault)),
    };
    Response::bytes(rejected.status, CONTENT_TYPE, rejected.document().to_string())
}

/// A refusal in SCIM's words; a fault as one that says nothing.
pub(super) fn rejected(error: &Error) -> Rejected {
    match error {
        Error::Refused(refused) => match ScimType::parse(refused.code) {
            Some(word) => Rejected::new(word, &refused.detail),
            // What is readable and may not stand is a 400 here.
            None if refused.kind == Kind::Invalid => Rejected::invalid_value(&refused.detail),
            None => Rejected::status(status_of(error), &refused.detail),
        },
        Error::Fault(_) => Rejected::status(status_of(error), "something went wrong on our side"),
    }
}
