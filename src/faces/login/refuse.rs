//! A no as a calm page: what happened, what to do next, an id to quote, and no internals.

use crate::{
    faces::status_of,
    http::{Response, Seen},
    kit::{
        error::{Error, Kind},
        time::Timestamp,
    },
    pages::{self, Problem},
};

/// The answer to an error.
#[must_use]
pub fn refuse(seen: &Seen, error: &Error) -> Response {
    page(seen.id.as_str(), error, seen.received)
}

/// The page for an error under this incident.
pub(super) fn page(incident: &str, error: &Error, at: Timestamp) -> Response {
    let (title, message, next_step) = words(error);
    let problem = Problem {
        application: None,
        title: title.to_owned(),
        message: message.to_owned(),
        next_step: next_step.to_owned(),
        link: None,
        incident: incident.to_owned(),
        at,
    };
    let status = match status_of(error) {
        // What a browser posted was refused; to a person all of these are the same.
        409 | 422 => 400,
        status => status,
    };
    let mut response = Response::html(status, pages::html(&problem).unwrap_or_default());
    for (name, value) in pages::headers("'none'") {
        response = response.with_header(name, value);
    }
    response
}

/// Title, message and next step.
fn words(error: &Error) -> (&'static str, &'static str, &'static str) {
    const ASK: &str = "Go back to the application and try again. If it happens again, give the \
                       incident id to your IT team.";
    const SUPPORT: &str = "Give the incident id to the people who run the application.";
    let Error::Refused(refused) = error else {
        return (
            "Sign-in is not available right now",
            "Something went wrong on our side; it is not your fault.",
            "Wait a minute and try again. If it happens again, give the incident id to the people \
             who run the application.",
        );
    };
    if let Some(words) = words_of_ends(refused.code) {
        return words;
    }
    match (refused.kind, refused.code) {
        (_, "client_unknown" | "redirect_uri_not_allowed" | "duplicate_parameter") => (
            "This sign-in link does not work",
            "The application sent you here with a request that is not set up.",
            SUPPORT,
        ),
        (_, "connection_invalid" | "connection_unlinked") => (
            "This sign-in is not set up",
            "The address belongs to a sign-in that does not exist or was switched off.",
            SUPPORT,
        ),
        (Kind::Conflict, "unsolicited") => (
            "Please start at the application",
            "Your company’s sign-in sent you here by itself again, right after we had asked it.",
            "Open the application and sign in with your company from there. If that ends here too, \
             give the incident id to your IT team.",
        ),
        (Kind::Forbidden, "unsolicited") => (
            "Please allow cookies",
            "Your browser did not keep the cookie that a sign-in needs.",
            "Allow cookies for this site, then open the application and sign in from there.",
        ),
        (_, "unsolicited") => (
            "Please start at the application",
            "A sign-in that begins at your company’s own dashboard is not switched on here.",
            "Open the application and sign in with your company from there.",
        ),
        (_, "in_response_to" | "replay" | "state") => (
            "This sign-in has ended",
            "It took too long, was used already, or began in another browser.",
            "Go back to the application and sign in again.",
        ),
        (Kind::Missing | Kind::Method, _) => (
            "There is nothing here",
            "This address does not lead to a page.",
            "Go back to the application.",
        ),
        (Kind::TooMany, _) => {
            ("Please wait a moment", "Too many sign-ins came from here.", "Try again in a minute.")
        }
        _ => (
            "We could not sign you in",
            "Your company’s sign-in answered, but its answer was not accepted.",
            ASK,
        ),
    }
}

/// Title, message and next step where something is over that could be opened once.
fn words_of_ends(code: &str) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match code {
        "consent_over" => (
            "This sign-in has ended",
            "It waited too long for your answer, was answered already, or began in another browser.",
            "Go back to your company’s page, or to the application, and sign in again.",
        ),
        "no_application" => (
            "Please start at the application",
            "This page does not know where you want to sign in.",
            "Open the application and sign in from there.",
        ),
        "form_from_elsewhere" => (
            "Please start at the application",
            "Another site sent your browser here with a form that is ours.",
            "Open the application and sign in from there.",
        ),
        "test_over" => (
            "This test has ended",
            "Its address works for an hour, and until somebody has come back from the sign-in.",
            "Make another test of the connection.",
        ),
        "logout_over" => (
            "This sign-out link has ended",
            "It was used already, or is too old.",
            "Sign out in the application.",
        ),
        "logout_link_refused" => (
            "This sign-out link does not work",
            "The application sent you here with a request that is not set up.",
            "Sign out in the application, and close your browser to be sure.",
        ),
        "logout_refused" => (
            "We could not sign you out",
            "Your company’s sign-in asked for it in a way that was not accepted.",
            "Sign out in the application, and close your browser to be sure.",
        ),
        _ => return None,
    })
}
