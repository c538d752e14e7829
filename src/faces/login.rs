//! What an employee's browser meets: the way to the identity provider, the way back, and calm
//! pages when that fails. The reason stands in the operator's log, under the incident id.

mod assertion;
mod assets;
mod authorize;
mod browser;
mod metadata;
mod refuse;
mod traced;

pub use self::refuse::refuse;
use super::{Handler, Pace, paced, public};
use crate::http::{
    Route,
    route::{get, post},
};

/// Every path that begins so is answered with pages.
pub const ROOTS: &[&str] = &["/sso/authorize", "/sso/saml/", "/assets/"];

/// The most bytes of a posted response: 512 kB of base64, and what a form adds (rule 1).
const RESPONSE_BODY: usize = 800 * 1024;

/// The whole table.
pub const ROUTES: &[Route<Handler>] = &[
    get("/sso/authorize", paced!(Pace::All, authorize::authorize)),
    post("/sso/saml/acs/{key}", paced!(Pace::Failures, assertion::consume))
        .with_body(RESPONSE_BODY),
    get("/sso/saml/metadata/{key}", public!(metadata::show)),
    get("/assets/{name}", public!(assets::show)),
];
